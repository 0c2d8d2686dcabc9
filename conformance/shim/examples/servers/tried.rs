//! Each feature, as our client uses it.

use std::time::{Duration, SystemTime};

use proofkey::authorize::{AuthorizationServer, Scope, form};
use proofkey::jwt::{Required, ResourceServer, SigningAlgorithm, SigningKey};
use proofkey::token::{
    AccessToken, AccessTokenType, ClientAuthentication, ClientSecret, Http, IntrospectionRequest, TokenSet, Transport,
};
use proofkey::{Identity, IssuerKeys, KeySigner, Login, MachineLogin, fresh};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::browser::Browser;
use crate::server::Server;
use crate::{Failure, fapi};

/// Where browsers come back to, after a login and after a logout. Nothing listens there.
pub(crate) const REDIRECT_URI: &str = "http://localhost:8091/callback";

/// The secret of the client that has one.
pub(crate) const CLIENT_SECRET: &str = "secretofthistest";

/// The API that access tokens are for.
pub(crate) const API: &str = "https://api.example/";

type Outcome = Result<String, Failure>;

pub(crate) struct Tried {
    http: Http,
    server: AuthorizationServer,
    is_openid: bool,
    has_public_clients: bool,
    scope: String,
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
    pub(crate) async fn new(
        http: Http,
        server: &Server,
        key: SigningKey,
        logouts: TcpListener,
    ) -> Result<Self, Failure> {
        Ok(Self {
            server: server.metadata(&http).await?,
            is_openid: server.is_openid(),
            has_public_clients: server.has_public_clients(),
            scope: server.scope().to_owned(),
            http,
            key,
            logouts,
        })
    }

    pub(crate) fn can_revoke(&self) -> bool {
        self.server.revocation_endpoint().is_some()
    }

    pub(crate) fn can_introspect(&self) -> bool {
        self.server.introspection_endpoint().is_some()
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

    fn by_secret() -> Result<ClientAuthentication, Failure> {
        Ok(ClientAuthentication::basic(ClientSecret::new(CLIENT_SECRET)?))
    }

    /// Whether a key is good at the endpoints for tokens, too.
    fn takes_keys(&self) -> bool {
        let (token, introspection) =
            ("token_endpoint_auth_methods_supported", "introspection_endpoint_auth_methods_supported");
        let key = "private_key_jwt";
        self.lists(token, key) && (!self.has(introspection) || self.lists(introspection, key))
    }

    /// A client with a key, or with a secret where the server takes nothing else.
    fn confidential(&self) -> Result<(Login, ClientAuthentication), Failure> {
        let (client_id, authentication) = match self.takes_keys() {
            true => ("key", self.by_key()?),
            false => ("secret", Self::by_secret()?),
        };
        Ok((self.login(client_id, authentication.clone())?, authentication))
    }

    /// A client without a secret, if the server has such clients.
    fn public(&self) -> Result<Login, Failure> {
        match self.has_public_clients {
            true => self.login("public", ClientAuthentication::none()),
            false => Ok(self.confidential()?.0),
        }
    }

    async fn sign_in(&self, login: &Login) -> Result<Identity, Failure> {
        self.sign_in_by(login, &mut Browser::new(&self.http)).await
    }

    async fn sign_in_by(&self, login: &Login, browser: &mut Browser<'_>) -> Result<Identity, Failure> {
        let (url, pending) = login.request().scope(&self.scope).begin()?;
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
        if !self.is_openid {
            let tokens = self.authorize(&self.public()?).await?;
            return Ok(format!("ok: {}, no ID token", tokens.scope().map_or("no scope", Scope::as_str)));
        }
        self.sign_in(&self.public()?).await?;
        let iss = self.server.authorization_response_iss_parameter_supported();
        Ok(if iss { "ok, `iss` compared" } else { "ok, no `iss`" }.to_owned())
    }

    /// Access without an identity.
    async fn authorize(&self, login: &Login) -> Result<TokenSet, Failure> {
        let (url, pending) = login.authorization().scope("notes.read").begin()?;
        let grant = login.receive(pending, Browser::new(&self.http).open(&url, REDIRECT_URI).await?)?;
        Ok(login.exchange(&self.http, grant).await?)
    }

    pub(crate) async fn userinfo(&self) -> Outcome {
        let login = self.public()?;
        login.userinfo(&self.http, &self.sign_in(&login).await?).await?;
        Ok("ok".to_owned())
    }

    pub(crate) async fn refresh(&self) -> Outcome {
        let login = self.public()?;
        let text = |tokens: &TokenSet| tokens.refresh_token().map(|token| token.expose().to_owned());
        let (before, after) = if self.is_openid {
            let mut identity = self.sign_in(&login).await?;
            let before = text(identity.tokens());
            login.refresh(&self.http, &mut identity).await?;
            (before, text(identity.tokens()))
        } else {
            let mut tokens = self.authorize(&login).await?;
            let before = text(&tokens);
            login.refresh_tokens(&self.http, &mut tokens).await?;
            (before, text(&tokens))
        };
        Ok(if before == after { "ok, not rotated" } else { "ok, rotated" }.to_owned())
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
        let authentication = if self.takes_keys() { self.by_key()? } else { Self::by_secret()? };
        let machine = MachineLogin::new(self.server.clone(), "machine", authentication)?;
        Ok(machine.with_scope("notes.read")?.with_resource(API))
    }

    pub(crate) async fn client_credentials(&self) -> Outcome {
        let tokens = self.machine()?.tokens(&self.http).await?;
        Ok(format!("ok: {}", tokens.scope().map_or("no scope", Scope::as_str)))
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
        let (url, pending) = login.request().scope(&self.scope).push().start(&self.http).await?.into_parts();
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
        let mut device = login.device().scope(&self.scope).start(&self.http).await?;
        let complete = device.verification_uri_complete().ok_or("no verification_uri_complete")?.to_owned();
        Browser::new(&self.http).open(&complete, REDIRECT_URI).await?;
        device.finish(&self.http, tokio::time::sleep).await?;
        Ok("ok".to_owned())
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
