//! The end of the user's session at the authorization server.

use std::time::{Duration, SystemTime};

use proofkey_authorize::{LogoutRequest, PendingLogout, RedirectUri};

use crate::entropy::entropy;
use crate::error::{LoginError, Stage};
use crate::identity::Identity;
use crate::login::Login;

impl Login {
    /// Starts the logout of `identity` at the authorization server (OpenID Connect RP-Initiated Logout
    /// 1.0), with its ID token as `id_token_hint`. End the application's own session first, since the user may
    /// never come back; begin a new, anonymous one, and keep the pending logout there. Tokens stay valid:
    /// [`revoke`](Self::revoke) them.
    ///
    /// ```
    /// # fn example(login: &proofkey::Login, identity: &proofkey::Identity) -> Result<(), proofkey::LoginError> {
    /// // GET /logout: end the session, keep `pending` in a new one, and redirect the browser to `url`.
    /// let (url, pending) = login.logout(identity).begin("https://app.example/goodbye")?;
    ///
    /// // GET /goodbye
    /// # let query = "";
    /// login.receive_logout(pending, query)?;
    /// # drop(url);
    /// # Ok(())
    /// # }
    /// ```
    pub fn logout(&self, identity: &Identity) -> Logout<'_> {
        let request = LogoutRequest::new(self.server()).client_id(self.client_id());
        let id_token = identity.tokens().id_token().map_or("", |id_token| id_token.expose());
        let owner = self.check_owner(identity, Stage::Logout);
        Logout { login: self, request: request.id_token_hint(id_token), owner }
    }

    /// Checks that the user came back from a logout: the address, `state` and age. The specification has
    /// no response that says whether the session at the server has ended.
    ///
    /// # Errors
    ///
    /// [`LoginError::Callback`].
    pub fn receive_logout(&self, pending: PendingLogout, callback: impl AsRef<str>) -> Result<(), LoginError> {
        Ok(pending.receive(callback.as_ref(), self.now())?)
    }
}

/// A logout, created by [`Login::logout`] and finished by [`begin`](Self::begin) or [`url`](Self::url).
#[derive(Debug)]
#[must_use = "a logout does nothing before `begin` or `url`"]
pub struct Logout<'a> {
    login: &'a Login,
    request: LogoutRequest<'a>,
    /// Whether the identity is of this issuer and client.
    owner: Result<(), LoginError>,
}

impl Logout<'_> {
    /// Leaves the ID token out of the URL, which ends up in the browser's history and in logs. Many servers then ask
    /// the user to confirm. Servers that identify the client by the ID token alone then do not send the browser back.
    pub fn without_id_token(self) -> Self {
        Self { request: self.request.id_token_hint(""), ..self }
    }

    /// Sets `logout_hint`: the user, as the server identifies them.
    pub fn logout_hint(self, hint: &str) -> Self {
        Self { request: self.request.logout_hint(hint), ..self }
    }

    /// Sets `ui_locales`: preferred languages, separated by a space, the best first.
    pub fn ui_locales(self, locales: &str) -> Self {
        Self { request: self.request.ui_locales(locales), ..self }
    }

    /// Sets how long the logout may take; the default is 10 minutes. A later return is refused.
    pub fn expires_in(self, lifetime: Duration) -> Self {
        Self { request: self.request.expires_in(lifetime), ..self }
    }

    /// Builds the URL for the browser, and the pending logout, which must be kept in the session of that
    /// browser until it comes back to `post_logout_redirect_uri`. That URI must be registered.
    ///
    /// # Errors
    ///
    /// [`LoginError::Invalid`] for an invalid URI, [`LoginError::Logout`] if the server has no
    /// `end_session_endpoint`, [`LoginError::AnotherLogin`] for the identity of another issuer or client, or
    /// [`LoginError::Entropy`].
    pub fn begin(self, post_logout_redirect_uri: impl AsRef<str>) -> Result<(String, PendingLogout), LoginError> {
        let (entropy, now) = (entropy()?, self.login.now());
        self.begin_with(RedirectUri::new(post_logout_redirect_uri)?, &entropy, now)
    }

    /// [`begin`](Self::begin) with 32 bytes of a cryptographic random source, fresh for this call, at
    /// the time `now`.
    ///
    /// # Errors
    ///
    /// [`LoginError::Logout`] or [`LoginError::AnotherLogin`].
    pub fn begin_with(
        self,
        post_logout_redirect_uri: RedirectUri,
        entropy: &[u8; 32],
        now: SystemTime,
    ) -> Result<(String, PendingLogout), LoginError> {
        self.owner?;
        Ok(self.request.begin(post_logout_redirect_uri, entropy, now)?)
    }

    /// Builds the URL for a browser that does not come back: the server shows a page of its own.
    ///
    /// # Errors
    ///
    /// [`LoginError::Logout`] or [`LoginError::AnotherLogin`].
    pub fn url(self) -> Result<String, LoginError> {
        self.owner?;
        Ok(self.request.url()?)
    }
}
