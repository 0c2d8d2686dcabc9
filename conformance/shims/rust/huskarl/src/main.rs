//! A login by huskarl, as its guide "Authorization code grant" shows it.

use std::time::Duration;

use huskarl::core::client_auth::{ClientSecret, NoAuth};
use huskarl::core::secrets::{ProvidedSecret, SecretString};
use huskarl::core::server_metadata::AuthorizationServerMetadata;
use huskarl::core::{EndpointUrl, Error};
use huskarl::grant::authorization_code::{AuthorizationCodeGrant, CompleteInput, PendingState, StartInput};
use huskarl_reqwest::ReqwestClient;
use protocol::{Client, Refused, is_openid, server, text, unimplemented};
use serde_json::{Value, json};

struct Shim {
    config: Value,
    http: ReqwestClient,
    runtime: tokio::runtime::Runtime,
    grants: std::collections::HashMap<String, AuthorizationCodeGrant>,
}

impl Client for Shim {
    type Session = (AuthorizationCodeGrant, PendingState);
    type Login = ();

    fn connect(config: &Value, timeout: Duration) -> Result<Self, Refused> {
        // No shared secret is a key of ID tokens.
        let hmac = config["id_token_algs"].to_string().contains("HS");
        let unfit = hmac
            || ["provider", "metadata_url", "now", "trusted_audiences"].iter().any(|name| !config[*name].is_null());
        if unfit || config["skew"].as_u64() != Some(0) {
            return Err(unimplemented("config"));
        }
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|_| unimplemented("a runtime"))?;
        let https_only = config["allow_http_loopback"] == false;
        let certificates = config["ca_pem"].as_str().map(|pem| reqwest::Certificate::from_pem_bundle(pem.as_bytes()));
        let certificates = certificates.transpose().map_err(|_| unimplemented("a certificate"))?;
        let http = ReqwestClient::builder()
            .timeout(Some(timeout))
            .maybe_root_certificates(certificates)
            .configure_builder(Box::new(move |builder| builder.https_only(https_only)))
            .build();
        let http = runtime.block_on(http).map_err(|error| refused("authorize", &error))?;
        Ok(Self { config: config.clone(), http, runtime, grants: Default::default() })
    }

    fn begin(&mut self, issuer: &str) -> Result<(String, Self::Session), Refused> {
        if !self.grants.contains_key(issuer) {
            let grant = self.runtime.block_on(self.grant(issuer))?;
            self.grants.insert(issuer.to_owned(), grant);
        }
        let grant = self.grants[issuer].clone();
        let scope = text(&self.config["scope"]).split_whitespace().map(str::to_owned).collect();
        let start = StartInput::builder()
            .scope(scope)
            .maybe_max_age(self.config["max_age"].as_u64().map(Duration::from_secs))
            .maybe_acr_values(
                self.config["acr_values"].as_str().map(|values| values.split(' ').map(str::to_owned).collect()),
            )
            .maybe_resource(self.config["resource"].as_str().map(|resource| vec![resource.to_owned()]))
            .build();
        let started = self.runtime.block_on(grant.start(start)).map_err(|error| refused("authorize", &error))?;
        Ok((started.authorization_url.to_string(), (grant, started.pending_state)))
    }

    fn callback(&mut self, (grant, pending): Self::Session, url: &str) -> Result<(Value, ()), Refused> {
        let malformed = |error: &dyn std::error::Error| {
            let words = error.to_string();
            let class = if words.ends_with("parameter: state") { "state" } else { "callback_malformed" };
            Refused("callback", class, None, words)
        };
        let input: CompleteInput = CompleteInput::builder_from_callback(url)
            .map_err(|error| malformed(&error))?
            .maybe_resource(self.config["resource"].as_str().map(|resource| vec![resource.to_owned()]))
            .build();
        let completed =
            self.runtime.block_on(grant.complete(&pending, input)).map_err(|error| refused("token", &error))?;
        let tokens = completed.token_response.raw_token_response();
        let mut result = json!({
            "token_type": tokens.token_type,
            "scope": tokens.scope.clone().unwrap_or_else(|| text(&self.config["scope"])),
            "expires_in": tokens.expires_in,
        });
        if let Some(token) = completed.id_token {
            result["id_token_verified"] = true.into();
            result["sub"] = token.sub.clone().into();
            result["claims"] = json!(token.claims);
        }
        Ok((result, ()))
    }
}

impl Shim {
    async fn grant(&self, issuer: &str) -> Result<AuthorizationCodeGrant, Refused> {
        let (at, client) = server(&self.config, issuer);
        let secret = client["secret"].as_str().map(|secret| ProvidedSecret::new(SecretString::new(secret)));
        let basic = client["auth"] == "basic";
        let built = |secret| ClientSecret::builder().client_secret(secret).prefer_basic_auth(basic).build();
        let algorithms: Option<std::collections::HashSet<String>> =
            serde_json::from_value(self.config["id_token_algs"].clone()).ok();
        let failed = |error: Error| refused("discovery", &error);
        if at["discovery"] == true {
            let fetch = AuthorizationServerMetadata::oidc_fetch().http_client(&self.http).issuer(issuer).call();
            let metadata = fetch.await.map_err(failed)?;
            let builder = AuthorizationCodeGrant::builder_from_metadata(&metadata).map_err(failed)?;
            let builder = builder
                .client_id(text(&client["id"]))
                .http_client(self.http.clone())
                .redirect_uri(text(&self.config["redirect_uri"]));
            return match secret {
                Some(secret) => builder.client_auth(built(secret)).build().await,
                None => builder.client_auth(NoAuth).build().await,
            }
            .map_err(failed);
        }
        let endpoint = |name: &str| {
            text(&at["endpoints"][name])
                .parse::<EndpointUrl>()
                .map_err(|error| Refused("authorize", "config", None, error.to_string()))
        };
        let method = if basic { "client_secret_basic" } else { "client_secret_post" };
        let builder = AuthorizationCodeGrant::builder()
            .issuer(issuer)
            .authorization_endpoint(endpoint("authorization")?)
            .token_endpoint(endpoint("token")?)
            .maybe_jwks_uri(is_openid(&self.config).then(|| endpoint("jwks")).transpose()?)
            .token_endpoint_auth_methods_supported(vec![method.to_owned()])
            .maybe_allowed_id_token_signed_response_algs(algorithms)
            .client_id(text(&client["id"]))
            .http_client(self.http.clone())
            .redirect_uri(text(&self.config["redirect_uri"]));
        match secret {
            Some(secret) => builder.client_auth(built(secret)).build().await,
            None => builder.client_auth(NoAuth).build().await,
        }
        .map_err(failed)
    }
}

/// The class of an error by its words: the types below `Error` are not public.
fn refused(stage: &'static str, error: &Error) -> Refused {
    let words = error.chain().map(ToString::to_string).collect::<Vec<_>>().join(": ");
    let says = |part: &str| words.contains(part);
    let code = error.verdict().map(|verdict| verdict.code().as_str().to_owned());
    let (stage, class) = if says("the authorization endpoint returned") {
        ("callback", "as_error")
    } else if code.is_some() {
        (stage, "token_error")
    } else if says("state mismatch") {
        ("callback", "state")
    } else if says("issuer mismatch: original") || says("no issuer returned") {
        ("callback", "iss")
    } else if says("JARM") {
        ("callback", "callback_malformed")
    } else if stage == "discovery" && says("issuer") {
        ("discovery", "issuer")
    } else if says("ID token") || says("the token ") || says("' claim") {
        ("id_token", id_token(&words))
    } else if says("invalid token type") {
        (stage, "token_type")
    } else if says("timed out") {
        (stage, "timeout")
    } else if says("certificate") || says("URL scheme is not allowed") || says("UnknownIssuer") {
        (stage, "tls")
    } else if stage == "discovery" {
        (stage, "discovery")
    } else if says("HTTP 3") || says("status=3") {
        (stage, "redirect")
    } else if says("successful response") || says("byte limit") {
        (stage, "token_malformed")
    } else {
        (stage, "token_http")
    };
    // Its own words, but not those of a body that it could not read.
    Refused(stage, class, code, words.split("body=").next().unwrap_or_default().to_owned())
}

fn id_token(words: &str) -> &'static str {
    const CLASSES: &[(&str, &str)] = &[
        ("'nonce'", "claim_nonce"),
        ("'auth_time'", "claim_auth_time"),
        ("end-user authenticated", "claim_auth_time"),
        ("'sub'", "claim_sub"),
        ("untrusted audience", "claim_aud"),
        ("'acr'", "claim_acr"),
        ("'azp'", "claim_azp"),
        ("'iss'", "claim_iss"),
        ("'aud'", "claim_aud"),
        ("'exp'", "claim_exp"),
        ("'iat'", "claim_iat"),
        ("'nbf'", "claim_nbf"),
        ("'at_hash'", "at_hash"),
        ("expired at", "claim_exp"),
        ("not valid before", "claim_nbf"),
        ("was issued at", "claim_iat"),
        ("'typ'", "typ"),
        ("critical header", "crit"),
        ("unsigned", "alg"),
        ("disallowed algorithm", "alg"),
        ("matching key", "key"),
        ("no keys available", "key"),
        ("ambiguous key", "key"),
        ("malformed signature", "signature"),
        ("signature mismatch", "signature"),
    ];
    CLASSES.iter().find(|(part, _)| words.contains(part)).map_or("jwt_malformed", |(_, class)| class)
}

fn main() {
    let can = ["code", "pkce_s256", "iss", "oidc", "discovery", "secret_basic", "secret_post", "resource"];
    protocol::serve::<Shim>("huskarl", "0.11.10", &can);
}
