//! A login by openidconnect, as the documentation of the crate shows "Getting started: Authorization Code Grant w/ PKCE".

use std::time::Duration;

use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreErrorResponseType, CoreIdTokenClaims, CoreJsonWebKeySet,
    CoreJwsSigningAlgorithm, CoreProviderMetadata, CoreResponseType, CoreSubjectIdentifierType, CoreTokenResponse,
    CoreUserInfoClaims,
};
use openidconnect::{
    AccessTokenHash, AuthType, AuthUrl, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret, CsrfToken,
    DiscoveryError, EmptyAdditionalProviderMetadata, EndpointMaybeSet, EndpointNotSet, EndpointSet, IssuerUrl,
    JsonWebKeySetUrl, Nonce, OAuth2TokenResponse as _, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl,
    RequestTokenError, ResponseTypes, Scope, SignatureVerificationError, StandardErrorResponse, TokenResponse as _,
    TokenUrl, UserInfoError, UserInfoUrl, reqwest, url,
};
use protocol::{Client, Refused, chain, is_openid, server, text, transport, unimplemented};
use serde_json::{Value, json};

type Server =
    CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

struct Shim {
    config: Value,
    http: reqwest::Client,
    runtime: tokio::runtime::Runtime,
    servers: std::collections::HashMap<String, Server>,
}

struct Login {
    server: Server,
    tokens: CoreTokenResponse,
    claims: CoreIdTokenClaims,
}

impl Client for Shim {
    type Session = (Server, CsrfToken, Nonce, PkceCodeVerifier);
    type Login = Login;

    fn connect(config: &Value, timeout: Duration) -> Result<Self, Refused> {
        // It asks for `openid` by itself, takes no leeway, and leaves `acr` and `auth_time` to functions of the application.
        let unfit = ["provider", "resource", "metadata_url", "now", "max_age", "acr_values"]
            .iter()
            .any(|name| !config[*name].is_null());
        if !is_openid(config) || unfit || config["skew"].as_u64() != Some(0) {
            return Err(unimplemented("config"));
        }
        // "Security Warning": do not follow redirects.
        let mut http = reqwest::ClientBuilder::new().redirect(reqwest::redirect::Policy::none()).timeout(timeout);
        http = http.https_only(config["allow_http_loopback"] == false);
        if let Some(pem) = config["ca_pem"].as_str() {
            http = http.tls_built_in_root_certs(false);
            for certificate in reqwest::Certificate::from_pem_bundle(pem.as_bytes()).map_err(configured)? {
                http = http.add_root_certificate(certificate);
            }
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(configured)?;
        let http = http.build().map_err(configured)?;
        Ok(Self { config: config.clone(), http, runtime, servers: Default::default() })
    }

    fn begin(&mut self, issuer: &str) -> Result<(String, Self::Session), Refused> {
        if !self.servers.contains_key(issuer) {
            self.servers.insert(issuer.to_owned(), self.server(issuer)?);
        }
        let server = self.servers[issuer].clone();
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let scope = text(&self.config["scope"]);
        let request = server
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
            .add_scopes(
                scope.split_whitespace().filter(|scope| *scope != "openid").map(|scope| Scope::new(scope.to_owned())),
            )
            .set_pkce_challenge(challenge);
        let (url, state, nonce) = request.url();
        Ok((url.to_string(), (server, state, nonce, verifier)))
    }

    fn callback(&mut self, session: Self::Session, url: &str) -> Result<(Value, Self::Login), Refused> {
        let (server, state, nonce, verifier) = session;
        let (code, state_of_callback) = read(url)?;
        // "your code should verify that the `state` parameter returned by the server matches `csrf_state`".
        if state_of_callback.as_deref() != Some(state.secret().as_str()) {
            return Err(Refused("callback", "state", None, "state".into()));
        }
        let code = code.ok_or_else(|| Refused("callback", "callback_malformed", None, "no code".into()))?;
        let request =
            server.exchange_code(AuthorizationCode::new(code)).map_err(configured)?.set_pkce_verifier(verifier);
        let tokens =
            self.runtime.block_on(request.request_async(&self.http)).map_err(|error| refused("token", &error))?;
        let claims = self.claims(&server, &tokens, &nonce)?;
        Ok((self.result(&tokens, &claims), Login { server, tokens, claims }))
    }

    fn later(&mut self, what: &str, login: &mut Login) -> Result<Value, Refused> {
        match what {
            "userinfo" => {
                let subject = login.claims.subject().clone();
                let token = login.tokens.access_token().clone();
                let request = login.server.user_info(token, Some(subject)).map_err(configured)?;
                let asked: Result<CoreUserInfoClaims, _> = self.runtime.block_on(request.request_async(&self.http));
                match asked {
                    Ok(claims) => Ok(json!({"claims": claims})),
                    Err(UserInfoError::ClaimsVerification(ClaimsVerificationError::InvalidSubject(_))) => {
                        Err(Refused("userinfo", "userinfo_sub", None, "subject".into()))
                    }
                    Err(UserInfoError::Request(error)) => {
                        Err(Refused("userinfo", transport(&error), None, chain(&error)))
                    }
                    Err(UserInfoError::Response(status, ..)) => {
                        Err(Refused("userinfo", by(status.as_u16()), None, status.to_string()))
                    }
                    Err(_) => Err(Refused("userinfo", "token_malformed", None, "user info".into())),
                }
            }
            _ => Err(unimplemented(what)),
        }
    }
}

impl Shim {
    fn server(&self, issuer: &str) -> Result<Server, Refused> {
        let (at, client) = server(&self.config, issuer);
        let issuer = IssuerUrl::new(issuer.to_owned()).map_err(configured)?;
        let metadata = if at["discovery"] == true {
            self.runtime
                .block_on(CoreProviderMetadata::discover_async(issuer, &self.http))
                .map_err(|error| discovery(&error))?
        } else {
            let endpoint = |name: &str| text(&at["endpoints"][name]);
            let keys = JsonWebKeySetUrl::new(endpoint("jwks")).map_err(configured)?;
            let fetched = self.runtime.block_on(CoreJsonWebKeySet::fetch_async(&keys, &self.http));
            CoreProviderMetadata::new(
                issuer,
                AuthUrl::new(endpoint("authorization")).map_err(configured)?,
                keys,
                vec![ResponseTypes::new(vec![CoreResponseType::Code])],
                vec![CoreSubjectIdentifierType::Public],
                self.algorithms()?,
                EmptyAdditionalProviderMetadata {},
            )
            .set_token_endpoint(Some(TokenUrl::new(endpoint("token")).map_err(configured)?))
            .set_userinfo_endpoint(Some(UserInfoUrl::new(endpoint("userinfo")).map_err(configured)?))
            .set_jwks(fetched.map_err(|error| keys_of(&error))?)
        };
        let secret = client["secret"].as_str().map(|secret| ClientSecret::new(secret.to_owned()));
        let mut server = CoreClient::from_provider_metadata(metadata, ClientId::new(text(&client["id"])), secret)
            .set_redirect_uri(RedirectUrl::new(text(&self.config["redirect_uri"])).map_err(configured)?);
        if client["auth"] == "post" {
            server = server.set_auth_type(AuthType::RequestBody);
        }
        Ok(server)
    }

    fn algorithms(&self) -> Result<Vec<CoreJwsSigningAlgorithm>, Refused> {
        serde_json::from_value(self.config["id_token_algs"].clone()).map_err(|_| unimplemented("an algorithm"))
    }

    /// The claims of the ID token, and then its `at_hash` as the documentation has it.
    fn claims(&self, server: &Server, tokens: &CoreTokenResponse, nonce: &Nonce) -> Result<CoreIdTokenClaims, Refused> {
        let malformed = |what: &str| Refused("id_token", "jwt_malformed", None, what.to_owned());
        let token = tokens.id_token().ok_or_else(|| malformed("Server did not return an ID token"))?;
        let trusted: Vec<String> = serde_json::from_value(self.config["trusted_audiences"].clone()).unwrap_or_default();
        let verifier = server
            .id_token_verifier()
            .set_allowed_algs(self.algorithms()?)
            .set_other_audience_verifier_fn(move |audience| trusted.iter().any(|trusted| trusted == audience.as_str()));
        let claims = token.claims(&verifier, nonce).map_err(|error| claim(&error))?;
        if let Some(expected) = claims.access_token_hash() {
            let algorithm = token.signing_alg().map_err(|error| malformed(&error.to_string()))?;
            let key = token.signing_key(&verifier).map_err(|error| signature(&error))?;
            let actual = AccessTokenHash::from_token(tokens.access_token(), algorithm, key)
                .map_err(|error| malformed(&error.to_string()))?;
            if actual != *expected {
                return Err(Refused("id_token", "at_hash", None, "Invalid access token".into()));
            }
        }
        Ok(claims.clone())
    }

    fn result(&self, tokens: &CoreTokenResponse, claims: &CoreIdTokenClaims) -> Value {
        let scopes =
            tokens.scopes().map(|scopes| scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" "));
        json!({
            "token_type": tokens.token_type().as_ref(),
            "scope": scopes.unwrap_or_else(|| text(&self.config["scope"])),
            "expires_in": tokens.expires_in().map(|life| life.as_secs()),
            "id_token_verified": true, "sub": claims.subject().as_str(), "claims": claims,
        })
    }
}

/// Reads the callback as the examples of the crate do: the first `code` and the first `state` of the query.
fn read(url: &str) -> Result<(Option<String>, Option<String>), Refused> {
    let url =
        url::Url::parse(url).map_err(|error| Refused("callback", "callback_malformed", None, error.to_string()))?;
    let first = |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    Ok((first("code"), first("state")))
}

fn configured(error: impl std::error::Error) -> Refused {
    Refused("authorize", "config", None, error.to_string())
}

fn by(status: u16) -> &'static str {
    if (300..400).contains(&status) { "redirect" } else { "token_http" }
}

fn discovery<E: std::error::Error + 'static>(error: &DiscoveryError<E>) -> Refused {
    let class = match error {
        DiscoveryError::Validation(words) if words.contains("issuer") => "issuer",
        DiscoveryError::Request(error) if transport(error) != "token_http" => transport(error),
        _ => "discovery",
    };
    Refused("discovery", class, None, error.to_string())
}

fn keys_of<E: std::error::Error + 'static>(error: &DiscoveryError<E>) -> Refused {
    Refused("id_token", "key", None, error.to_string())
}

fn claim(error: &ClaimsVerificationError) -> Refused {
    let class = match error {
        ClaimsVerificationError::Expired(_) => "claim_exp",
        ClaimsVerificationError::InvalidAudience(_) => "claim_aud",
        ClaimsVerificationError::InvalidAuthContext(_) => "claim_acr",
        ClaimsVerificationError::InvalidAuthTime(_) => "claim_auth_time",
        ClaimsVerificationError::InvalidIssuer(_) => "claim_iss",
        ClaimsVerificationError::InvalidNonce(_) => "claim_nonce",
        ClaimsVerificationError::InvalidSubject(_) => "claim_sub",
        ClaimsVerificationError::SignatureVerification(error) => return signature(error),
        ClaimsVerificationError::Unsupported(words) if words.contains("crit") => "crit",
        ClaimsVerificationError::Unsupported(words) if words.contains("typ") || words.contains("type") => "typ",
        _ => "other",
    };
    Refused("id_token", class, None, error.to_string())
}

fn signature(error: &SignatureVerificationError) -> Refused {
    let class = match error {
        SignatureVerificationError::CryptoError(_) => "signature",
        SignatureVerificationError::DisallowedAlg(_)
        | SignatureVerificationError::UnsupportedAlg(_)
        | SignatureVerificationError::NoSignature => "alg",
        SignatureVerificationError::AmbiguousKeyId(_)
        | SignatureVerificationError::InvalidKey(_)
        | SignatureVerificationError::NoMatchingKey => "key",
        _ => "other",
    };
    Refused("id_token", class, None, error.to_string())
}

type Failure<E> = RequestTokenError<E, StandardErrorResponse<CoreErrorResponseType>>;

fn refused<E: std::error::Error + 'static>(stage: &'static str, error: &Failure<E>) -> Refused {
    match error {
        RequestTokenError::ServerResponse(answer) => {
            Refused(stage, "token_error", Some(answer.error().as_ref().to_owned()), answer.error().as_ref().to_owned())
        }
        RequestTokenError::Request(error) => Refused(stage, transport(error), None, chain(error)),
        // An ID token is read together with the response, and what is wrong with it then has no path.
        RequestTokenError::Parse(error, _) if error.path().to_string() == "." => malformed(&error.inner().to_string()),
        // Never with the body that stands in the error, which may have tokens in it.
        RequestTokenError::Parse(error, _) => Refused(stage, "token_malformed", None, error.path().to_string()),
        RequestTokenError::Other(words) => Refused(stage, "token_http", None, words.clone()),
    }
}

fn malformed(words: &str) -> Refused {
    const CLASSES: &[(&str, &str, &str)] = &[
        ("missing field `access_token`", "token", "token_malformed"),
        ("missing field `token_type`", "token", "token_malformed"),
        ("missing field `iss`", "id_token", "claim_iss"),
        ("relative URL without a base", "id_token", "claim_iss"),
        ("EOF while parsing", "token", "token_malformed"),
        ("expected value at line", "token", "token_malformed"),
    ];
    let known = CLASSES.iter().find(|(part, ..)| words.contains(part));
    let (stage, class) = known.map_or(("id_token", "jwt_malformed"), |(_, stage, class)| (*stage, *class));
    Refused(stage, class, None, "the response or its ID token cannot be read".into())
}

fn main() {
    let can = [
        "code",
        "pkce_s256",
        "oidc",
        "openid_always",
        "discovery",
        "secret_basic",
        "secret_post",
        "trusted_audiences",
        "refresh",
        "userinfo",
    ];
    protocol::serve::<Shim>("openidconnect", "4.1.0", &can);
}
