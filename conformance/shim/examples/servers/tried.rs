//! Each feature, as our client uses it.

use std::error::Error;
use std::time::{Duration, SystemTime};

use proofkey::authorize::{AuthorizationServer, form};
use proofkey::jwt::{Required, ResourceServer, SigningAlgorithm, SigningKey};
use proofkey::token::{
    AccessToken, AccessTokenType, ClientAuthentication, ClientSecret, Http, IntrospectionRequest, TokenSet, Transport,
};
use proofkey::{Identity, IssuerKeys, KeySigner, Login, MachineLogin, discover, fresh};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::browser::Browser;
use crate::fapi;

/// Where browsers come back to, after a login and after a logout. Nothing listens there.
pub(crate) const REDIRECT_URI: &str = "http://localhost:8091/callback";

/// The secret of the client that has one.
pub(crate) const CLIENT_SECRET: &str = "secretofthistest";

/// The API that access tokens are for.
pub(crate) const API: &str = "https://api.example/";

type Failure = Box<dyn Error + Send + Sync>;
type Outcome = Result<String, Failure>;

pub(crate) struct Tried {
    http: Http,
    server: AuthorizationServer,
    /// The key of all clients that have one.
    key: SigningKey,
    /// Where logout tokens arrive.
    logouts: TcpListener,
}

/// A new key for the clients that have one.
pub(crate) fn key() -> Result<SigningKey, Failure> {
    Ok(SigningKey::generate(SigningAlgorithm::Es256)?.with_key_id("client-key"))
}

impl Tried {
    pub(crate) async fn new(http: Http, issuer: &str, key: SigningKey, logouts: TcpListener) -> Result<Self, Failure> {
        Ok(Self { server: discover(&http, issuer).await?, http, key, logouts })
    }

    pub(crate) fn has(&self, member: &str) -> bool {
        self.server.member(member).is_some()
    }

    pub(crate) fn lists(&self, member: &str, value: &str) -> bool {
        self.server.member(member).and_then(|list| list.as_array()).is_some_and(|list| list.contains(&value.into()))
    }

    pub(crate) fn can_fapi(&self) -> bool {
        self.has("pushed_authorization_request_endpoint")
            && self.has("dpop_signing_alg_values_supported")
            && self.server.authorization_response_iss_parameter_supported()
    }

    fn by_key(&self) -> Result<ClientAuthentication, Failure> {
        let key = SigningKey::from_pkcs8_der(SigningAlgorithm::Es256, self.key.to_pkcs8_der()?.expose())?;
        Ok(ClientAuthentication::private_key_jwt(KeySigner::new(key.with_key_id("client-key"))?, fresh))
    }

    fn login(&self, client_id: &str, authentication: ClientAuthentication) -> Result<Login, Failure> {
        let login = Login::new(self.server.clone(), client_id, REDIRECT_URI)?;
        Ok(login.with_client_authentication(authentication))
    }

    /// A client with a key, or with a secret where the server's endpoints for tokens take nothing else.
    fn confidential(&self) -> Result<(Login, ClientAuthentication), Failure> {
        let methods = "introspection_endpoint_auth_methods_supported";
        let has_secret = self.has(methods) && !self.lists(methods, "private_key_jwt");
        let (client_id, authentication) = match has_secret {
            true => ("secret", ClientAuthentication::basic(ClientSecret::new(CLIENT_SECRET)?)),
            false => ("key", self.by_key()?),
        };
        Ok((self.login(client_id, authentication.clone())?, authentication))
    }

    fn public(&self) -> Result<Login, Failure> {
        self.login("public", ClientAuthentication::none())
    }

    async fn sign_in(&self, login: &Login) -> Result<Identity, Failure> {
        self.sign_in_by(login, &mut Browser::new(&self.http)).await
    }

    async fn sign_in_by(&self, login: &Login, browser: &mut Browser<'_>) -> Result<Identity, Failure> {
        let (url, pending) = login.request().scope("openid").begin()?;
        let grant = login.receive(pending, browser.open(&url, REDIRECT_URI).await?)?;
        Ok(login.finish(&self.http, grant).await?)
    }

    async fn introspect(&self, token: &AccessToken) -> Result<bool, Failure> {
        let (login, authentication) = self.confidential()?;
        let request = IntrospectionRequest::new(token, API, &self.server, login.client_id()).accept_any_audience();
        let (request, introspection) = request.accept_bound().build(&authentication)?;
        let response = self.http.send(request).await?;
        match introspection.receive(&response, SystemTime::now()) {
            Ok(_) => Ok(true),
            Err(error) if error.code() == "token_inactive" => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    pub(crate) async fn code(&self) -> Outcome {
        let identity = self.sign_in(&self.public()?).await?;
        let iss = self.server.authorization_response_iss_parameter_supported();
        Ok(format!("ok: {}, {}", identity.subject(), if iss { "`iss` compared" } else { "no `iss`" }))
    }

    pub(crate) async fn userinfo(&self) -> Outcome {
        let login = self.public()?;
        let claims = login.userinfo(&self.http, &self.sign_in(&login).await?).await?;
        Ok(format!("ok: {}", claims.subject()))
    }

    pub(crate) async fn refresh(&self) -> Outcome {
        let login = self.public()?;
        let mut identity = self.sign_in(&login).await?;
        let text = |tokens: &TokenSet| tokens.refresh_token().map(|token| token.expose().to_owned());
        let before = text(identity.tokens()).ok_or("no refresh token")?;
        login.refresh(&self.http, &mut identity).await?;
        let is_rotated = text(identity.tokens()).as_ref() != Some(&before);
        Ok(if is_rotated { "ok, rotated" } else { "ok, not rotated" }.to_owned())
    }

    pub(crate) async fn revocation(&self) -> Outcome {
        let (login, _) = self.confidential()?;
        let mut identity = self.sign_in(&login).await?;
        login.revoke(&self.http, identity.tokens().refresh_token().ok_or("no refresh token")?).await?;
        let error = login.refresh(&self.http, &mut identity).await.err().ok_or("a revoked token was refreshed")?;
        Ok(format!("ok, then {}", error.server_error().unwrap_or(error.code())))
    }

    pub(crate) async fn introspection(&self) -> Outcome {
        let (login, _) = self.confidential()?;
        let identity = self.sign_in(&login).await?;
        let token = identity.tokens().access_token().ok_or("no access token")?;
        let before = self.introspect(token).await?;
        let unknown = self.introspect(&AccessToken::new("unknown")?).await?;
        if before && !unknown { Ok("ok: active, unknown inactive".to_owned()) } else { Err("wrong state".into()) }
    }

    pub(crate) async fn private_key_jwt(&self) -> Outcome {
        let login = self.login("key", self.by_key()?)?;
        let mut identity = self.sign_in(&login).await?;
        login.refresh(&self.http, &mut identity).await?;
        Ok("ok: code and refresh".to_owned())
    }

    fn machine(&self) -> Result<MachineLogin, Failure> {
        let machine = MachineLogin::new(self.server.clone(), "machine", self.by_key()?)?;
        Ok(machine.with_scope("notes.read")?.with_resource(API))
    }

    pub(crate) async fn client_credentials(&self) -> Outcome {
        let tokens = self.machine()?.tokens(&self.http).await?;
        Ok(format!("ok: {}", tokens.scope().map_or("no scope", |scope| scope.as_str())))
    }

    pub(crate) async fn access_token(&self) -> Outcome {
        let tokens = self.machine()?.tokens(&self.http).await?;
        let token = tokens.access_token().ok_or("no access token")?.expose();
        let (keys, api) = (IssuerKeys::new(&self.server), ResourceServer::new(self.server.issuer().as_str(), API));
        let access = keys.validate(&self.http, token, &api, &Required::new().scope("notes.read")).await?;
        Ok(format!("ok: {}, strict RFC 9068", access.client_id()))
    }

    pub(crate) async fn pushed(&self) -> Outcome {
        let (login, _) = self.confidential()?;
        let (url, pending) = login.request().scope("openid").push().start(&self.http).await?.into_parts();
        let callback = Browser::new(&self.http).open(&url, REDIRECT_URI).await?;
        login.finish(&self.http, login.receive(pending, callback)?).await?;
        Ok("ok".to_owned())
    }

    pub(crate) async fn dpop(&self) -> Outcome {
        let login = self.login("public", ClientAuthentication::none().with_dpop(fapi::dpop()?))?;
        let mut identity = self.sign_in(&login).await?;
        login.refresh(&self.http, &mut identity).await?;
        login.userinfo(&self.http, &identity).await?;
        match identity.tokens().token_type() {
            AccessTokenType::Dpop => Ok("ok: bound".to_owned()),
            _ => Err("a bearer token".into()),
        }
    }

    pub(crate) async fn device(&self) -> Outcome {
        let login = self.login("device", ClientAuthentication::none())?;
        let mut device = login.device().scope("openid").start(&self.http).await?;
        let complete = device.verification_uri_complete().ok_or("no verification_uri_complete")?.to_owned();
        Browser::new(&self.http).open(&complete, REDIRECT_URI).await?;
        let identity = device.finish(&self.http, tokio::time::sleep).await?;
        Ok(format!("ok: {}", identity.subject()))
    }

    pub(crate) async fn logout(&self) -> Outcome {
        let (login, mut browser) = (self.public()?, Browser::new(&self.http));
        let identity = self.sign_in_by(&login, &mut browser).await?;
        let (url, pending) = login.logout(&identity).begin(REDIRECT_URI)?;
        login.receive_logout(pending, browser.open(&url, REDIRECT_URI).await?)?;
        Ok("ok: came back with `state`".to_owned())
    }

    pub(crate) async fn backchannel_logout(&self) -> Outcome {
        let (login, mut browser) = (self.login("key", self.by_key()?)?, Browser::new(&self.http));
        let identity = self.sign_in_by(&login, &mut browser).await?;
        let (url, _) = login.logout(&identity).begin(REDIRECT_URI)?;
        let logout = tokio::time::timeout(Duration::from_secs(10), self.receive_logout());
        let (_, body) = tokio::try_join!(browser.open(&url, REDIRECT_URI), async { logout.await? })?;
        let (_, token) = form::raw_pairs(&body).find(|(name, _)| *name == "logout_token").ok_or("no logout_token")?;
        let logout = login.validate_logout_token(&self.http, token).await?;
        if logout.subject() != Some(identity.subject()) {
            return Err("another subject".into());
        }
        Ok(format!("ok: `sub`{}", if logout.session_id().is_some() { " and `sid`" } else { "" }))
    }

    /// The body of the next request with a logout token.
    async fn receive_logout(&self) -> Result<String, Failure> {
        loop {
            let (mut connection, _) = self.logouts.accept().await?;
            let mut request = Vec::new();
            while !has_body(&request) && connection.read_buf(&mut request).await? > 0 {}
            connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await?;
            let text = String::from_utf8(request)?;
            if let Some((_, body)) = text.split_once("\r\n\r\n").filter(|(_, body)| body.contains("logout_token=")) {
                return Ok(body.to_owned());
            }
        }
    }

    pub(crate) async fn fapi(&self) -> Outcome {
        let (dpop, issuer) = (fapi::dpop()?, self.server.issuer().as_str());
        let key = SigningKey::from_pkcs8_der(SigningAlgorithm::Es256, self.key.to_pkcs8_der()?.expose())?;
        let login = fapi::login_at(&self.http, issuer, "fapi", key.with_key_id("client-key"), &dpop).await?;
        let callback = async |url: &str| Browser::new(&self.http).open(url, REDIRECT_URI).await;
        let identity = fapi::sign_in(&self.http, &login, callback).await?;
        let userinfo = self.server.userinfo_endpoint().ok_or("no userinfo")?.as_str();
        let api = proofkey::token::Api::allowing_http_loopback(userinfo)?.with_dpop(dpop);
        fapi::call(&self.http, &api, &identity, userinfo).await?;
        Ok("ok: signed in, API called".to_owned())
    }
}

/// Whether the request is whole, by its `Content-Length`.
fn has_body(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length =
        head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
    body.len() >= length.unwrap_or(0)
}
