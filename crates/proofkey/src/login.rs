//! The client of one authorization server.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use proofkey_authorize::{AuthorizationServer, ClientId, CodeGrant, Pending, RedirectUri};
use proofkey_jwt::{Algorithm, HmacKey, MacAlgorithm};
use proofkey_token::{ClientAuthentication, ClientSecret};
use zeroize::Zeroizing;

use crate::error::{LoginError, Stage};
use crate::issuer_keys::IssuerKeys;
use crate::renewal::{Registration, Renewal};

/// A client registered at one authorization server, and the cached keys of that server.
///
/// Create one for each server, keep it for the life of the application (for instance in an [`Arc`]) and share it: all
/// logins use the same cached keys, and concurrent logins share one key fetch.
///
/// A second server needs a second `Login`. The code of one is never sent to the other.
pub struct Login {
    server: Arc<AuthorizationServer>,
    client_id: ClientId,
    redirect_uri: RedirectUri,
    authentication: Arc<ClientAuthentication>,
    /// `None`: RS256, unless the client is registered for an HMAC.
    pub(crate) algorithms: Option<Vec<Algorithm>>,
    pub(crate) hmac: Option<(MacAlgorithm, Zeroizing<Vec<u8>>)>,
    /// `None`: those of ID tokens.
    pub(crate) userinfo_algorithms: Option<Vec<Algorithm>>,
    pub(crate) trusted_audiences: Vec<String>,
    pub(crate) trusted_audiences_by: Option<Predicate>,
    pub(crate) trusted_parties: Vec<String>,
    pub(crate) acr: Vec<String>,
    pub(crate) leeway: Duration,
    /// Also has the clock.
    keys: IssuerKeys,
}

type Predicate = Arc<dyn Fn(&str) -> bool + Send + Sync>;

impl Login {
    /// Creates a public client: no secret, ID tokens signed with RS256, 60 seconds of leeway between
    /// clocks.
    ///
    /// # Errors
    ///
    /// [`LoginError::Invalid`] for an invalid client identifier or redirect URI.
    pub fn new(
        server: AuthorizationServer,
        client_id: impl AsRef<str>,
        redirect_uri: impl AsRef<str>,
    ) -> Result<Self, LoginError> {
        Ok(Self {
            keys: IssuerKeys::new(&server),
            server: Arc::new(server),
            client_id: ClientId::new(client_id)?,
            redirect_uri: RedirectUri::new(redirect_uri)?,
            authentication: Arc::new(ClientAuthentication::none()),
            algorithms: None,
            hmac: None,
            userinfo_algorithms: None,
            trusted_audiences: Vec::new(),
            trusted_audiences_by: None,
            trusted_parties: Vec::new(),
            acr: Vec::new(),
            leeway: Duration::from_secs(60),
        })
    }

    /// Replaces the redirect URI by a [`RedirectUri`]: one with the port of a listener, for instance, or with an
    /// application's own scheme ([`RedirectUri::with_scheme`]).
    #[must_use]
    pub fn with_redirect_uri(mut self, redirect_uri: RedirectUri) -> Self {
        self.redirect_uri = redirect_uri;
        self
    }

    /// Sets how the client authenticates at the token, revocation, pushed authorization request and device
    /// authorization endpoints. PKCE is used as well.
    ///
    /// With [a DPoP key](ClientAuthentication::with_dpop), the authorization request names the key
    /// (`dpop_jkt`), every token is bound to it, and userinfo is requested with a proof of it.
    #[must_use]
    pub fn with_client_authentication(mut self, authentication: ClientAuthentication) -> Self {
        self.authentication = Arc::new(authentication);
        self
    }

    /// Sets the algorithms of ID tokens that are accepted: those that the client is registered for. The default is
    /// RS256. What the server announces does not extend it.
    #[must_use]
    pub fn with_id_token_algorithms(mut self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        self.algorithms = Some(algorithms.into_iter().collect());
        self
    }

    /// Accepts ID tokens with an HMAC whose key is the client secret (OpenID Connect Core 3.1.3.7,
    /// rule 8), for a client that is registered for that.
    ///
    /// No other algorithm is then accepted, and the issuer's keys are not fetched, unless
    /// [`with_id_token_algorithms`](Self::with_id_token_algorithms) names more.
    ///
    /// # Errors
    ///
    /// [`LoginError::Hmac`] if the secret has fewer bytes than the hash.
    pub fn with_id_token_hmac(mut self, algorithm: MacAlgorithm, secret: &ClientSecret) -> Result<Self, LoginError> {
        let bytes = secret.expose().as_bytes();
        HmacKey::new(algorithm, bytes)?;
        self.hmac = Some((algorithm, Zeroizing::new(bytes.to_vec())));
        Ok(self)
    }

    /// Sets the accepted algorithms of signed userinfo, for a client whose `userinfo_signed_response_alg` is not an
    /// algorithm of its ID tokens. The default is the algorithms of ID tokens.
    #[must_use]
    pub fn with_userinfo_algorithms(mut self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        self.userinfo_algorithms = Some(algorithms.into_iter().collect());
        self
    }

    /// Sets the audiences that an ID token may have besides this client. Any other is refused.
    #[must_use]
    pub fn with_trusted_audiences<S: Into<String>>(mut self, audiences: impl IntoIterator<Item = S>) -> Self {
        self.trusted_audiences = audiences.into_iter().map(Into::into).collect();
        self
    }

    /// Also trusts every audience for which `trusts` returns true, for an issuer whose audiences cannot be listed
    /// beforehand (Zitadel adds each new project). `trusts` is called for each audience of each ID token, so it should
    /// compare values and not make requests.
    #[must_use]
    pub fn with_trusted_audiences_by(mut self, trusts: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        self.trusted_audiences_by = Some(Arc::new(trusts));
        self
    }

    /// Sets the clients that the authorized party (`azp`) of an ID token may be besides this one, such as
    /// the mobile app of the same operator. Any other is refused.
    #[must_use]
    pub fn with_trusted_parties<S: Into<String>>(mut self, parties: impl IntoIterator<Item = S>) -> Self {
        self.trusted_parties = parties.into_iter().map(Into::into).collect();
        self
    }

    /// Requests one of these authentication context classes, the best first (`acr_values`), at every login, and refuses
    /// an ID token whose `acr` is none of them.
    #[must_use]
    pub fn with_required_acr<S: Into<String>>(mut self, values: impl IntoIterator<Item = S>) -> Self {
        self.acr = values.into_iter().map(Into::into).collect();
        self
    }

    /// Sets how much the clocks of this machine and of the issuer may differ. The default is 60 seconds.
    #[must_use]
    pub fn with_leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway;
        self
    }

    /// Sets the clock. The default is the system's clock.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.keys = self.keys.with_clock(clock);
        self
    }

    /// Returns the authorization server.
    #[must_use]
    pub fn server(&self) -> &AuthorizationServer {
        &self.server
    }

    /// Returns the client identifier.
    #[must_use]
    pub fn client_id(&self) -> &ClientId {
        &self.client_id
    }

    /// Returns the issuer's keys, for an application that also validates access tokens of the same issuer.
    #[must_use]
    pub fn keys(&self) -> &IssuerKeys {
        &self.keys
    }

    /// Returns the redirect URI, at which callbacks arrive.
    #[must_use]
    pub fn redirect_uri(&self) -> &RedirectUri {
        &self.redirect_uri
    }

    /// Checks the callback of a pending login: its query (with or without `?`), a path with a query, whose
    /// path is not compared, the whole URL at which it arrived, or the body of a form POST.
    ///
    /// The checks are made in this order, without a network call: size, address, `state` in constant
    /// time, age, repeated parameters, `iss`, `error`, `code`. `pending` must come from the session of
    /// the browser that sent the callback. It is consumed, since one request has one response.
    /// A listener on loopback, which any page can reach, calls [`Pending::check`] first.
    ///
    /// # Errors
    ///
    /// [`LoginError::Callback`], or [`LoginError::AnotherLogin`] if `pending` is a login at another
    /// issuer.
    pub fn receive(&self, pending: Pending, callback: impl AsRef<str>) -> Result<CodeGrant, LoginError> {
        self.receive_at(pending, callback, self.now())
    }

    /// [`receive`](Self::receive) at the time `now`.
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
            return Err(LoginError::AnotherLogin { stage: Stage::Callback });
        }
        Ok(pending.receive(callback.as_ref(), now)?)
    }

    pub(crate) fn now(&self) -> SystemTime {
        self.keys.now()
    }

    pub(crate) fn authentication(&self) -> &ClientAuthentication {
        &self.authentication
    }

    /// What makes the authentication of a request anew.
    pub(crate) fn renewal(&self) -> Renewal {
        Renewal::Server(Registration {
            server: Arc::clone(&self.server),
            client_id: self.client_id.clone(),
            authentication: Arc::clone(&self.authentication),
        })
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
