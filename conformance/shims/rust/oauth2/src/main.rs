//! A login by oauth2, as the documentation of the crate shows "Authorization Code Grant with PKCE".

use std::time::Duration;

use oauth2::basic::{BasicClient, BasicErrorResponse, BasicTokenResponse};
use oauth2::{
    AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointNotSet, EndpointSet,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RefreshToken, RequestTokenError, Scope, TokenResponse as _,
    TokenUrl, reqwest, url,
};
use protocol::{Client, Refused, chain, is_openid, server, text, transport, unimplemented};
use serde_json::{Value, json};

type Server = BasicClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>;

struct Shim {
    config: Value,
    http: reqwest::Client,
    runtime: tokio::runtime::Runtime,
}

impl Client for Shim {
    type Session = (Server, CsrfToken, PkceCodeVerifier);
    type Login = (Server, BasicTokenResponse);

    fn connect(config: &Value, timeout: Duration) -> Result<Self, Refused> {
        if is_openid(config)
            || config["discovery"] == true
            || !config["provider"].is_null()
            || !config["resource"].is_null()
        {
            return Err(unimplemented("config"));
        }
        // Its "Security Warning": do not follow redirects.
        let mut http = reqwest::ClientBuilder::new().redirect(reqwest::redirect::Policy::none()).timeout(timeout);
        http = http.https_only(config["allow_http_loopback"] == false);
        if let Some(pem) = config["ca_pem"].as_str() {
            http = http.tls_built_in_root_certs(false);
            for certificate in reqwest::Certificate::from_pem_bundle(pem.as_bytes()).map_err(configured)? {
                http = http.add_root_certificate(certificate);
            }
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(configured)?;
        Ok(Self { config: config.clone(), http: http.build().map_err(configured)?, runtime })
    }

    fn begin(&mut self, issuer: &str) -> Result<(String, Self::Session), Refused> {
        let (at, client) = server(&self.config, issuer);
        let mut server = BasicClient::new(ClientId::new(text(&client["id"])))
            .set_auth_uri(AuthUrl::new(text(&at["endpoints"]["authorization"])).map_err(configured)?)
            .set_token_uri(TokenUrl::new(text(&at["endpoints"]["token"])).map_err(configured)?)
            .set_redirect_uri(RedirectUrl::new(text(&self.config["redirect_uri"])).map_err(configured)?);
        if let Some(secret) = client["secret"].as_str() {
            server = server.set_client_secret(ClientSecret::new(secret.to_owned()));
        }
        if client["auth"] == "post" {
            server = server.set_auth_type(AuthType::RequestBody);
        }
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let scopes = text(&self.config["scope"]);
        let (url, state) = server
            .authorize_url(CsrfToken::new_random)
            .add_scopes(scopes.split_whitespace().map(|scope| Scope::new(scope.to_owned())))
            .set_pkce_challenge(challenge)
            .url();
        Ok((url.to_string(), (server, state, verifier)))
    }

    fn callback(
        &mut self,
        (server, state, verifier): Self::Session,
        url: &str,
    ) -> Result<(Value, Self::Login), Refused> {
        let (code, state_of_callback) = read(url)?;
        // "you should verify that the `state` parameter returned by the server matches `csrf_token`".
        if state_of_callback.as_deref() != Some(state.secret().as_str()) {
            return Err(Refused("callback", "state", None, "state".into()));
        }
        let code = code.ok_or_else(|| Refused("callback", "callback_malformed", None, "no code".into()))?;
        let request = server.exchange_code(AuthorizationCode::new(code)).set_pkce_verifier(verifier);
        let tokens =
            self.runtime.block_on(request.request_async(&self.http)).map_err(|error| refused("token", &error))?;
        Ok((self.result(&tokens), (server, tokens)))
    }

    fn later(&mut self, what: &str, (server, tokens): &mut Self::Login) -> Result<Value, Refused> {
        if what != "refresh" {
            return Err(unimplemented(what));
        }
        let token = RefreshToken::new(tokens.refresh_token().map(|token| token.secret().clone()).unwrap_or_default());
        let request = server.exchange_refresh_token(&token);
        let fresh =
            self.runtime.block_on(request.request_async(&self.http)).map_err(|error| refused("refresh", &error))?;
        Ok(self.result(&fresh))
    }
}

impl Shim {
    fn result(&self, tokens: &BasicTokenResponse) -> Value {
        let scopes =
            tokens.scopes().map(|scopes| scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" "));
        json!({
            "token_type": tokens.token_type().as_ref(),
            "scope": scopes.unwrap_or_else(|| text(&self.config["scope"])),
            "expires_in": tokens.expires_in().map(|life| life.as_secs()),
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

type Failure<E> = RequestTokenError<E, BasicErrorResponse>;

fn refused<E: std::error::Error + 'static>(stage: &'static str, error: &Failure<E>) -> Refused {
    match error {
        RequestTokenError::ServerResponse(answer) => {
            Refused(stage, "token_error", Some(answer.error().as_ref().to_owned()), answer.error().as_ref().to_owned())
        }
        RequestTokenError::Request(error) => Refused(stage, transport(error), None, chain(error)),
        // Never with the body that stands in the error, which may have tokens in it.
        RequestTokenError::Parse(error, _) => Refused(stage, "token_malformed", None, error.path().to_string()),
        RequestTokenError::Other(words) => Refused(stage, "token_http", None, words.clone()),
    }
}

fn main() {
    protocol::serve::<Shim>("oauth2", "5.0.0", &["code", "pkce_s256", "secret_basic", "secret_post", "refresh"]);
}
