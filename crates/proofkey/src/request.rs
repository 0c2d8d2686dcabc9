//! The start of a login.

use std::time::{Duration, SystemTime};

use proofkey_authorize::{
    AuthorizationDetails, AuthorizationRequest, AuthorizationRequestError, Pending, ResponseMode, Scope,
};

use crate::entropy::entropy;
use crate::error::{LoginError, Stage};
use crate::login::Login;

impl Login {
    /// Starts a login: OpenID Connect, which ends with a validated [`Identity`](crate::Identity). The default scope is
    /// `openid`.
    pub fn request(&self) -> LoginRequest<'_> {
        LoginRequest::for_login(self)
    }

    /// Starts plain OAuth: access to an API without signing in a user, which ends with tokens
    /// ([`exchange`](Self::exchange)). The scope must not have `openid`.
    pub fn authorization(&self) -> LoginRequest<'_> {
        LoginRequest::authorization(self)
    }
}

/// The start of a login or of a plain OAuth authorization, created by [`Login::request`] or
/// [`Login::authorization`] and finished by [`begin`](Self::begin).
///
/// An invalid value is reported by `begin`, so that the calls form one chain.
#[derive(Debug)]
#[must_use = "a request does nothing before `begin`"]
pub struct LoginRequest<'a> {
    login: &'a Login,
    request: Result<AuthorizationRequest<'a>, LoginError>,
    is_login: bool,
    asks_openid: bool,
    asks_push: bool,
}

impl<'a> LoginRequest<'a> {
    fn for_login(login: &'a Login) -> Self {
        let request = Self::authorization(login);
        let acr = login.acr.join(" ");
        Self { is_login: true, ..request }.acr_values(&acr).scope("openid")
    }

    fn authorization(login: &'a Login) -> Self {
        let request =
            AuthorizationRequest::new(login.server(), login.client_id().clone(), login.redirect_uri().clone());
        // The key is bound to the code as well.
        let request = match login.authentication().dpop() {
            Some(dpop) => request.dpop_jkt(dpop.thumbprint()),
            None => request,
        };
        Self { login, request: Ok(request), is_login: false, asks_openid: false, asks_push: false }
    }

    fn with(
        mut self,
        step: impl FnOnce(AuthorizationRequest<'a>) -> Result<AuthorizationRequest<'a>, LoginError>,
    ) -> Self {
        self.request = self.request.and_then(step);
        self
    }

    /// Sets the `scope`: scope tokens separated by one space. A login needs `openid` among them.
    pub fn scope(mut self, scope: &str) -> Self {
        let scope = Scope::new(scope);
        self.asks_openid = scope.as_ref().is_ok_and(|scope| scope.contains("openid"));
        self.with(|request| Ok(request.scope(scope?)))
    }

    /// Sets `prompt`, such as `login`, `consent`, `select_account` or `none`.
    pub fn prompt(self, prompt: &str) -> Self {
        self.with(|request| Ok(request.prompt(prompt)))
    }

    /// Sets `login_hint`: the user who is expected to log in, such as an e-mail address.
    pub fn login_hint(self, hint: &str) -> Self {
        self.with(|request| Ok(request.login_hint(hint)))
    }

    /// Sets `max_age`: the maximum authentication age, in seconds. An ID token without `auth_time`, or
    /// with an older one, is refused.
    pub fn max_age(self, seconds: u64) -> Self {
        self.with(|request| Ok(request.max_age(seconds)))
    }

    /// Sets `acr_values`: preferred authentication context classes, separated by a space. The server
    /// may choose another; [`Login::with_required_acr`] enforces them.
    pub fn acr_values(self, values: &str) -> Self {
        self.with(|request| Ok(request.acr_values(values)))
    }

    /// Sets `ui_locales`: preferred languages, separated by a space, the best first.
    pub fn ui_locales(self, locales: &str) -> Self {
        self.with(|request| Ok(request.ui_locales(locales)))
    }

    /// Sets `display`: `page`, `popup`, `touch` or `wap`.
    pub fn display(self, display: &str) -> Self {
        self.with(|request| Ok(request.display(display)))
    }

    /// Sets `id_token_hint`: an ID token of an earlier login. It ends up in the browser's history; prefer
    /// [`login_hint`](Self::login_hint).
    pub fn id_token_hint(self, id_token: &str) -> Self {
        self.with(|request| Ok(request.id_token_hint(id_token)))
    }

    /// Sets `audience`: the API that the access token is for, at servers such as Auth0.
    pub fn audience(self, audience: &str) -> Self {
        self.with(|request| Ok(request.audience(audience)))
    }

    /// Adds a `resource`: an API that the access token is for (RFC 8707). Call it again for another
    /// one.
    pub fn resource(self, resource: &str) -> Self {
        self.with(|request| Ok(request.resource(resource)))
    }

    /// Sets `response_mode`. Without it the server uses the query.
    pub fn response_mode(self, mode: ResponseMode) -> Self {
        self.with(|request| Ok(request.response_mode(mode)))
    }

    /// Adds a parameter that is specific to this server, such as `connection` or `access_type`. The names that this
    /// crate sets are refused.
    pub fn parameter(self, name: &'a str, value: &str) -> Self {
        self.with(|request| Ok(request.parameter(name, value)))
    }

    /// Sets `authorization_details` (RFC 9396).
    pub fn authorization_details(self, details: &AuthorizationDetails) -> Self {
        self.with(|request| Ok(request.authorization_details(details)))
    }

    /// Pushes the request to the server before the browser is redirected (RFC 9126), even if the server does not
    /// require it. Finish with [`start`](Self::start).
    pub fn push(mut self) -> Self {
        self.asks_push = true;
        self
    }

    /// Sets how long the login may take; the default is 10 minutes. A later callback is refused.
    pub fn expires_in(self, lifetime: Duration) -> Self {
        self.with(|request| Ok(request.expires_in(lifetime)))
    }

    /// Refuses to begin unless the server's metadata announces S256.
    pub fn require_announced_pkce(self) -> Self {
        self.with(|request| Ok(request.require_announced_pkce()))
    }

    /// Builds the URL for the browser, and the pending login, which must be kept in the session of that
    /// browser until the callback. `code_verifier`, `state` and `nonce` are generated from one read of
    /// the system's entropy.
    ///
    /// # Errors
    ///
    /// [`LoginError::Invalid`], [`LoginError::Request`] (also for a request that has to be pushed),
    /// [`LoginError::OpenIdMissing`], [`LoginError::OpenIdUnexpected`] or [`LoginError::Entropy`].
    pub fn begin(self) -> Result<(String, Pending), LoginError> {
        let (entropy, now) = (entropy()?, self.login.now());
        self.begin_with(&entropy, now)
    }

    /// [`begin`](Self::begin) with 96 bytes of a cryptographic random source, fresh for this call, at
    /// the time `now`.
    ///
    /// # Errors
    ///
    /// As [`begin`](Self::begin), without [`LoginError::Entropy`].
    pub fn begin_with(self, entropy: &[u8; 96], now: SystemTime) -> Result<(String, Pending), LoginError> {
        if self.is_pushed() {
            return Err(AuthorizationRequestError::PushRequired.into());
        }
        Ok(self.checked()?.begin(entropy, now)?)
    }

    /// Whether the request goes to the server before the browser does.
    pub(crate) fn is_pushed(&self) -> bool {
        self.asks_push || self.login.server().require_pushed_authorization_requests()
    }

    /// The request, if its scope is right for what was started.
    pub(crate) fn checked(self) -> Result<AuthorizationRequest<'a>, LoginError> {
        let request = self.request?;
        match (self.is_login, self.asks_openid) {
            (true, false) => Err(LoginError::OpenIdMissing { stage: Stage::Begin }),
            (false, true) => Err(LoginError::OpenIdUnexpected { stage: Stage::Begin }),
            _ => Ok(request),
        }
    }

    pub(crate) fn login(&self) -> &'a Login {
        self.login
    }
}
