//! The client of one authorization server.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use proofkey_authorize::{AuthorizationServer, ClientId, CodeGrant, Deviation, Pending, RedirectUri};
use proofkey_jwt::{Algorithm, Expected, HmacKey, MacAlgorithm};
use proofkey_token::{ClientAuthentication, ClientSecret, TokenSet, Transport};
use zeroize::Zeroizing;

use crate::error::LoginError;
use crate::finish::{Finish, Redeem};
use crate::identity::Identity;
use crate::keys::{Keys, Source};
use crate::request::LoginRequest;

/// A client registered at one authorization server, and the keys of that server.
///
/// Make one for each server, keep it for the life of the application (in an [`Arc`], say), and share
/// it: all logins use the same cached keys, and however many need them at once, they are fetched
/// once.
///
/// A second server is a second `Login`. The code of one is never sent to the other.
pub struct Login {
    server: AuthorizationServer,
    client_id: ClientId,
    redirect_uri: RedirectUri,
    pub(crate) authentication: ClientAuthentication,
    algorithms: Vec<Algorithm>,
    hmac: Option<(MacAlgorithm, Zeroizing<Vec<u8>>)>,
    trusted_audiences: Vec<String>,
    acr: Vec<String>,
    leeway: Duration,
    clock: Clock,
    pub(crate) keys: Keys,
}

type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

impl Login {
    /// A public client: no secret, ID tokens signed with RS256, 60 seconds of leeway between clocks.
    ///
    /// # Errors
    ///
    /// [`LoginError::Invalid`] for a client identifier or a redirect URI that cannot be one.
    pub fn new(
        server: AuthorizationServer,
        client_id: impl AsRef<str>,
        redirect_uri: impl AsRef<str>,
    ) -> Result<Self, LoginError> {
        Ok(Self {
            server,
            client_id: ClientId::new(client_id)?,
            redirect_uri: RedirectUri::new(redirect_uri)?,
            authentication: ClientAuthentication::none(),
            algorithms: vec![Algorithm::Rs256],
            hmac: None,
            trusted_audiences: Vec::new(),
            acr: Vec::new(),
            leeway: Duration::from_secs(60),
            clock: Arc::new(SystemTime::now),
            keys: Keys::default(),
        })
    }

    /// How the client proves who it is. PKCE is used either way.
    #[must_use]
    pub fn client_authentication(mut self, authentication: ClientAuthentication) -> Self {
        self.authentication = authentication;
        self
    }

    /// The algorithms of ID tokens that are accepted instead of RS256: those that the client is
    /// registered for. A server's announcement does not widen them.
    #[must_use]
    pub fn id_token_algorithms(mut self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        self.algorithms = algorithms.into_iter().collect();
        self
    }

    /// Also accepts ID tokens with an HMAC keyed with the client secret, if the client is registered
    /// for that.
    ///
    /// # Errors
    ///
    /// [`LoginError::Hmac`] when the secret has fewer octets than the hash.
    pub fn id_token_hmac(mut self, algorithm: MacAlgorithm, secret: &ClientSecret) -> Result<Self, LoginError> {
        let octets = secret.expose().as_bytes();
        HmacKey::new(algorithm, octets)?;
        self.hmac = Some((algorithm, Zeroizing::new(octets.to_vec())));
        Ok(self)
    }

    /// Audiences that may stand in an ID token beside this client.
    #[must_use]
    pub fn trusted_audiences<S: Into<String>>(mut self, audiences: impl IntoIterator<Item = S>) -> Self {
        self.trusted_audiences = audiences.into_iter().map(Into::into).collect();
        self
    }

    /// Asks every login for one of these authentication context classes, the best first
    /// (`acr_values`), and refuses an ID token whose `acr` is none of them.
    #[must_use]
    pub fn required_acr<S: Into<String>>(mut self, values: impl IntoIterator<Item = S>) -> Self {
        self.acr = values.into_iter().map(Into::into).collect();
        self
    }

    /// How far this machine's clock and the issuer's may differ. 60 seconds unless set.
    #[must_use]
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway;
        self
    }

    /// Reads the time by this function in place of the system's clock.
    #[must_use]
    pub fn clock(mut self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// The authorization server.
    #[must_use]
    pub fn server(&self) -> &AuthorizationServer {
        &self.server
    }

    /// The client.
    #[must_use]
    pub fn client_id(&self) -> &ClientId {
        &self.client_id
    }

    /// Where callbacks arrive.
    #[must_use]
    pub fn redirect_uri(&self) -> &RedirectUri {
        &self.redirect_uri
    }

    /// Starts a login: OpenID Connect, with a validated [`Identity`] at its end. The scope is
    /// `openid` unless set.
    pub fn request(&self) -> LoginRequest<'_> {
        LoginRequest::login(self)
    }

    /// Starts plain OAuth: access to an API, with tokens at its end ([`exchange`](Self::exchange)) and
    /// nobody's identity. The scope must not have `openid`.
    pub fn authorization(&self) -> LoginRequest<'_> {
        LoginRequest::authorization(self)
    }

    /// Takes the callback of a pending login: the query (with or without `?`), the whole URL on which
    /// it arrived, or the body of a form POST.
    ///
    /// The checks come in this order, and before any network call: size, encoding, repeated
    /// parameters, age, `state`, `iss`, `error`, `code`. `pending` must come out of the session of
    /// the very browser that brought the callback; it is used up.
    ///
    /// # Errors
    ///
    /// [`LoginError::Callback`], or [`LoginError::AnotherLogin`] when `pending` was begun at another
    /// issuer.
    pub fn receive(&self, pending: Pending, callback: impl AsRef<str>) -> Result<CodeGrant, LoginError> {
        self.receive_at(pending, callback, self.now())
    }

    /// [`receive`](Self::receive) at this time.
    ///
    /// # Errors
    ///
    /// As [`receive`](Self::receive).
    pub fn receive_at(
        &self,
        pending: Pending,
        callback: impl AsRef<str>,
        now: SystemTime,
    ) -> Result<CodeGrant, LoginError> {
        if pending.issuer() != self.server.issuer() {
            return Err(LoginError::AnotherLogin);
        }
        Ok(pending.receive(callback.as_ref(), now)?)
    }

    /// Exchanges the code and validates the ID token: the end of a login.
    ///
    /// In this order: the issuer's keys, when the cache has none (nothing is lost if that fails); the
    /// code with its verifier, once; the ID token with nonce, `max_age`, `acr` and `at_hash`, after one
    /// more look at the issuer's keys if it names an unknown one. No token is handed out before all
    /// of that.
    ///
    /// Dropping the future loses the grant. Where that can happen (a time-out, a `select`), use
    /// [`finishing`](Self::finishing).
    ///
    /// # Errors
    ///
    /// [`LoginError`], by step.
    pub async fn finish(&self, http: &impl Transport, grant: CodeGrant) -> Result<Identity, LoginError> {
        self.finishing(grant)?.run(http).await
    }

    /// [`finish`](Self::finish) as a value that survives cancellation.
    ///
    /// # Errors
    ///
    /// [`LoginError::OpenIdMissing`] for the grant of a plain OAuth authorization,
    /// [`LoginError::AnotherLogin`] or [`LoginError::Exchange`] for a grant that must not be sent to
    /// this server.
    pub fn finishing(&self, grant: CodeGrant) -> Result<Finish<'_>, LoginError> {
        if grant.nonce().is_none() {
            return Err(LoginError::OpenIdMissing);
        }
        Ok(Finish::new(self, Redeem::new(self, grant)?))
    }

    /// Exchanges the code of a plain OAuth authorization.
    ///
    /// # Errors
    ///
    /// [`LoginError::OpenIdUnexpected`] for the grant of a login, whose tokens may be used only after
    /// the ID token was validated; otherwise [`LoginError`], by step.
    pub async fn exchange(&self, http: &impl Transport, grant: CodeGrant) -> Result<TokenSet, LoginError> {
        if grant.nonce().is_some() {
            return Err(LoginError::OpenIdUnexpected);
        }
        Redeem::new(self, grant)?.run(http).await.map(|(tokens, _)| tokens)
    }

    pub(crate) fn now(&self) -> SystemTime {
        (self.clock)()
    }

    pub(crate) fn required_acr_values(&self) -> &[String] {
        &self.acr
    }

    pub(crate) fn key_source<'a, T>(&'a self, http: &'a T) -> Source<'a, T> {
        Source { http, jwks_uri: self.server.jwks_uri(), now: &*self.clock }
    }

    /// What every ID token of this client must say.
    pub(crate) fn expected(&self) -> Result<Expected, LoginError> {
        let expected = Expected::new(self.server.issuer().as_str(), self.client_id.as_str())
            .now(self.now())
            .leeway(self.leeway)
            .algorithms(self.algorithms.iter().copied())
            .trusted_audiences(&self.trusted_audiences)
            .acr(&self.acr);
        let expected = self.go_along(expected);
        Ok(match &self.hmac {
            Some((algorithm, secret)) => expected.client_secret(HmacKey::new(*algorithm, secret)?),
            None => expected,
        })
    }

    /// What the server's [`Compat`](proofkey_authorize::Compat) allows in an ID token.
    fn go_along(&self, mut expected: Expected) -> Expected {
        let compat = self.server.compat();
        if let Some(alias) = compat.issuer_alias() {
            expected = expected.issuer_alias(alias);
        }
        if let Some(tenancy) = compat.tenancy().cloned() {
            let permits = move |tenant: &str| tenancy.permits(tenant);
            expected = match self.server.issuer_template() {
                Some(template) => expected.issuer_template(template, permits),
                None => expected.tenants(permits),
            };
        }
        if compat.allows(Deviation::UpdatedAtText) {
            expected = expected.updated_at_text();
        }
        if compat.allows(Deviation::EmailVerifiedText) {
            expected = expected.email_verified_text();
        }
        expected
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login")
            .field("issuer", self.server.issuer())
            .field("client_id", &self.client_id)
            .field("redirect_uri", &self.redirect_uri)
            .field("authentication", &self.authentication)
            .field("compat", self.server.compat())
            .finish_non_exhaustive()
    }
}
