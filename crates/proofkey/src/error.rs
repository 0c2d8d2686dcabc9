//! The errors of a login, by step.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use proofkey_authorize::{
    AuthorizationRequestError, CallbackError, Deviations, DiscoveryError, InvalidValue, LogoutRequestError,
};
use proofkey_jwt::{HmacKeyError, IdTokenError, LogoutTokenError, SignedUserInfoError};
use proofkey_token::{
    AccessToken, ApiCallError, ClientCredentialsError, DeviceAuthorizationError, DeviceTokenError, ErrorResponse,
    ExchangeError, PushError, RefreshError, RefreshToken, ResponseError, RevocationError, TokenSet, TransportError,
    UserInfoError,
};

use crate::keys::KeysError;
use crate::validation::TokenError;

/// The error of a login, or of an operation after it.
///
/// The description of each variant begins with the step at which the error usually arises, or the variant has a field
/// for the step. No variant shows a secret.
#[derive(Debug)]
#[non_exhaustive]
pub enum LoginError {
    /// Set-up: a value such as the client identifier or the scope is invalid.
    Invalid(InvalidValue),
    /// Set-up: the client secret is too short for the HMAC algorithm of the ID tokens.
    Hmac(HmacKeyError),
    /// Discovery: no complete response arrived.
    DiscoveryTransport(TransportError),
    /// Discovery: the response is not valid metadata of the expected issuer.
    Discovery(DiscoveryError),
    /// Beginning: the system returned no entropy (`login_entropy`).
    Entropy(std::io::Error),
    /// Beginning: the authorization request cannot be built.
    Request(AuthorizationRequestError),
    /// Beginning: the authorization request could not be pushed. It is never put into a URL instead.
    Push(PushError),
    /// Beginning: the device authorization request failed.
    DeviceAuthorization(DeviceAuthorizationError),
    /// Device: the user refused, the codes expired, or the tokens could not be read.
    Device(DeviceTokenError),
    /// Client credentials: the client credentials request failed.
    ClientCredentials(ClientCredentialsError),
    /// A login without `openid` in its scope is begun or finished (`login_openid_missing`): without it there is
    /// no ID token, and so no identity. [`Login::authorization`] and [`Login::exchange`] are for plain OAuth.
    ///
    /// [`Login::authorization`]: crate::Login::authorization
    /// [`Login::exchange`]: crate::Login::exchange
    OpenIdMissing {
        /// Where it arose.
        stage: Stage,
    },
    /// Beginning or exchanging a plain OAuth authorization with `openid` in its scope
    /// (`login_openid_unexpected`): its tokens may be used only after the ID token was validated, which
    /// [`Login::finish`] does.
    ///
    /// [`Login::finish`]: crate::Login::finish
    OpenIdUnexpected {
        /// Where it arose.
        stage: Stage,
    },
    /// Callback: it was refused, or it reports an error of the server.
    Callback(CallbackError),
    /// The pending login, the grant or the identity belongs to another issuer or client than this
    /// [`Login`](crate::Login) (`login_another`). Nothing was sent.
    AnotherLogin {
        /// Where it arose.
        stage: Stage,
    },
    /// Exchange: the token endpoint returned no usable tokens.
    Exchange(ExchangeError),
    /// Exchange: an earlier run was cancelled after the code may have been sent (`login_interrupted`). It
    /// is not sent again: begin a new login.
    Interrupted,
    /// The steps have already ended (`login_finished`), with a result or with an error that is not
    /// retryable.
    Finished {
        /// Where it arose.
        stage: Stage,
    },
    /// ID token: the response has none although `openid` was in the scope (`login_id_token_missing`).
    IdTokenMissing {
        /// The tokens that were received: see [`into_rejected_tokens`](Self::into_rejected_tokens).
        tokens: Option<Box<TokenSet>>,
    },
    /// ID token, signed userinfo, or logout token: the issuer's keys are not available.
    Keys(KeysError),
    /// ID token: it was refused.
    IdToken {
        /// The rule that it breaks.
        error: Box<IdTokenError>,
        /// The tokens that came with it: see [`into_rejected_tokens`](Self::into_rejected_tokens).
        tokens: Option<Box<TokenSet>>,
    },
    /// Refresh: there are no new tokens; the old ones are unchanged.
    Refresh(RefreshError),
    /// Userinfo: there are no usable claims.
    UserInfo(UserInfoError),
    /// Userinfo: the signed response was refused.
    SignedUserInfo(Box<SignedUserInfoError>),
    /// Revocation: it failed, so the token counts as valid.
    Revocation(RevocationError),
    /// Logout: the request cannot be built. A return that was refused is [`Callback`](Self::Callback).
    Logout(LogoutRequestError),
    /// Logout: the logout token was refused.
    LogoutToken(Box<LogoutTokenError>),
    /// API: there is no response of it.
    Api(ApiCallError),
}

/// The step of a login at which an error arose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// `setup`: making the [`Login`](crate::Login).
    Setup,
    /// `discovery`
    Discovery,
    /// `begin`: the authorization request.
    Begin,
    /// `callback`
    Callback,
    /// `device`: the wait for the user of a device.
    Device,
    /// `client_credentials`: the request for tokens of the client itself.
    ClientCredentials,
    /// `exchange`: the exchange of the code.
    Exchange,
    /// `id_token`: its presence, its keys, its validation.
    IdToken,
    /// `refresh`
    Refresh,
    /// `userinfo`
    UserInfo,
    /// `revocation`
    Revocation,
    /// `logout`
    Logout,
    /// `api`: a request with an access token.
    Api,
}

impl Stage {
    /// Returns a stable name: the word at the head of each variant's description.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Setup => "setup",
            Self::Discovery => "discovery",
            Self::Begin => "begin",
            Self::Callback => "callback",
            Self::Device => "device",
            Self::ClientCredentials => "client_credentials",
            Self::Exchange => "exchange",
            Self::IdToken => "id_token",
            Self::Refresh => "refresh",
            Self::UserInfo => "userinfo",
            Self::Revocation => "revocation",
            Self::Logout => "logout",
            Self::Api => "api",
        }
    }
}

impl LoginError {
    /// Returns the stable code: the word in the variant's description, or the code of the error in the
    /// variant.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Invalid(error) => error.code(),
            Self::Hmac(error) => error.code(),
            Self::DiscoveryTransport(error) => error.code(),
            Self::Discovery(error) => error.code(),
            Self::Entropy(_) => "login_entropy",
            Self::Request(error) => error.code(),
            Self::OpenIdMissing { .. } => "login_openid_missing",
            Self::OpenIdUnexpected { .. } => "login_openid_unexpected",
            Self::Callback(error) => error.code(),
            Self::AnotherLogin { .. } => "login_another",
            Self::Push(error) => error.code(),
            Self::DeviceAuthorization(error) => error.code(),
            Self::Device(error) => error.code(),
            Self::ClientCredentials(error) => error.code(),
            Self::Exchange(error) => error.code(),
            Self::Interrupted => "login_interrupted",
            Self::Finished { .. } => "login_finished",
            Self::IdTokenMissing { .. } => "login_id_token_missing",
            Self::Keys(error) => error.code(),
            Self::IdToken { error, .. } => error.code(),
            Self::Refresh(error) => error.code(),
            Self::UserInfo(error) => error.code(),
            Self::SignedUserInfo(error) => error.code(),
            Self::Revocation(error) => error.code(),
            Self::Logout(error) => error.code(),
            Self::LogoutToken(error) => error.code(),
            Self::Api(error) => error.code(),
        }
    }

    /// Returns the step at which the error arose. [`Entropy`](Self::Entropy) and [`Keys`](Self::Keys) can also arise at
    /// a logout and at userinfo, and name the step where they usually do.
    #[must_use]
    pub fn stage(&self) -> Stage {
        match self {
            Self::Invalid(_) | Self::Hmac(_) => Stage::Setup,
            Self::DiscoveryTransport(_) | Self::Discovery(_) => Stage::Discovery,
            Self::Entropy(_) | Self::Request(_) => Stage::Begin,
            Self::Push(_) | Self::DeviceAuthorization(_) => Stage::Begin,
            Self::Device(_) => Stage::Device,
            Self::ClientCredentials(_) => Stage::ClientCredentials,
            Self::Callback(_) => Stage::Callback,
            Self::Exchange(_) | Self::Interrupted => Stage::Exchange,
            Self::IdTokenMissing { .. } | Self::Keys(_) | Self::IdToken { .. } => Stage::IdToken,
            Self::Refresh(_) => Stage::Refresh,
            Self::UserInfo(_) | Self::SignedUserInfo(_) => Stage::UserInfo,
            Self::Revocation(_) => Stage::Revocation,
            Self::Logout(_) | Self::LogoutToken(_) => Stage::Logout,
            Self::Api(_) => Stage::Api,
            Self::OpenIdMissing { stage }
            | Self::OpenIdUnexpected { stage }
            | Self::AnotherLogin { stage }
            | Self::Finished { stage } => *stage,
        }
    }

    /// Returns whether trying again can help: driving the same [`Steps`](crate::Steps) again, or calling
    /// the same method again. [`Login::finish`](crate::Login::finish) and
    /// [`Login::exchange`](crate::Login::exchange) have consumed the grant: keep
    /// [`finish_steps`](crate::Login::finish_steps) or [`exchange_steps`](crate::Login::exchange_steps) to try
    /// again. Never true for a code that may have been sent.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::DiscoveryTransport(error) => error.is_transient(),
            Self::Discovery(error) => error.is_retryable(),
            Self::Push(error) => error.is_retryable(),
            Self::DeviceAuthorization(error) => error.is_retryable(),
            Self::Device(error) => error.is_retryable(),
            Self::ClientCredentials(error) => error.is_retryable(),
            Self::Exchange(error) => error.is_retryable(),
            Self::Keys(error) => error.is_retryable(),
            Self::Refresh(error) => error.is_retryable(),
            Self::UserInfo(error) => error.is_retryable(),
            Self::Revocation(error) => error.is_retryable(),
            Self::Api(error) => error.is_retryable(),
            _ => false,
        }
    }

    /// Returns how long the server asks to wait, at most a day, at any step. A date in `Retry-After` is
    /// not read.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Discovery(DiscoveryError::Status { retry_after, .. })
            | Self::Keys(KeysError::Status { retry_after, .. }) => *retry_after,
            _ => self.response().and_then(ResponseError::retry_after),
        }
    }

    /// Returns the status of the response that was refused, at any step; `None` if there is no response, and for
    /// metadata or keys that were refused for another reason than their status.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Discovery(DiscoveryError::Status { status, .. }) | Self::Keys(KeysError::Status { status, .. }) => {
                Some(*status)
            }
            _ => self.response().map(ResponseError::status),
        }
    }

    /// Returns the `error` code from the authorization server, at any step: `access_denied`,
    /// `invalid_grant` and so on, bounded and printable.
    #[must_use]
    pub fn server_error(&self) -> Option<&str> {
        match self {
            Self::Callback(CallbackError::Refused(refusal)) => Some(refusal.error()),
            _ => self.error_response().map(ErrorResponse::error),
        }
    }

    /// Returns the `error_description` that came with [`server_error`](Self::server_error): text of the
    /// server for a developer, printable and at most 1024 characters. Escape it before it goes into a
    /// page.
    #[must_use]
    pub fn server_description(&self) -> Option<&str> {
        match self {
            Self::Callback(CallbackError::Refused(refusal)) => refusal.description(),
            _ => self.error_response()?.description(),
        }
    }

    /// Returns the server's error document, of any endpoint: token, push, device authorization, revocation or
    /// userinfo. An error on the callback is no document: see [`server_error`](Self::server_error).
    #[must_use]
    pub fn error_response(&self) -> Option<&ErrorResponse> {
        self.response()?.error_response()
    }

    /// Returns the beginning of the body that was refused. It can hold secrets: see
    /// [`ResponseError::excerpt`](proofkey_token::ResponseError::excerpt). No `Display` and no `Debug` shows it.
    #[must_use]
    pub fn excerpt(&self) -> Option<&str> {
        self.response()?.excerpt()
    }

    /// Returns the tolerated deviations that the server's error response needed. Empty if there is no error response.
    #[must_use]
    pub fn deviations(&self) -> Deviations {
        self.error_response().map_or(Deviations::NONE, ErrorResponse::deviations)
    }

    /// The response of a token, userinfo or revocation endpoint that was refused.
    fn response(&self) -> Option<&ResponseError> {
        match self {
            Self::Push(error) => error.response(),
            Self::DeviceAuthorization(error) => error.response(),
            Self::Device(error) => error.response(),
            Self::ClientCredentials(error) => error.response(),
            Self::Exchange(error) => error.response(),
            Self::Refresh(error) => error.response(),
            Self::UserInfo(error) => error.response(),
            Self::Revocation(error) => error.response(),
            _ => None,
        }
    }

    /// Returns the access token of a response that was refused, as a whole or because of its ID token,
    /// so that it can be revoked. See [`into_rejected_tokens`](Self::into_rejected_tokens) for what it
    /// must not be used for.
    #[must_use]
    pub fn rejected_access_token(&self) -> Option<&AccessToken> {
        match self.rejected_tokens() {
            Some(tokens) => tokens.access_token(),
            None => self.response()?.tokens().access_token(),
        }
    }

    /// Returns the refresh token of a response that was refused, as a whole or because of its ID token,
    /// so that it can be revoked, or stored: after a refresh it is most likely the only one that still
    /// works.
    #[must_use]
    pub fn rejected_refresh_token(&self) -> Option<&RefreshToken> {
        match self.rejected_tokens() {
            Some(tokens) => tokens.refresh_token(),
            None => self.response()?.tokens().refresh_token(),
        }
    }

    fn rejected_tokens(&self) -> Option<&TokenSet> {
        match self {
            Self::IdToken { tokens, .. } | Self::IdTokenMissing { tokens } => tokens.as_deref(),
            _ => None,
        }
    }

    /// Returns the tokens of a response whose ID token was refused or missing, so that they can be revoked, or, after a
    /// refresh, so that the only refresh token that still works is not lost.
    /// [`rejected_refresh_token`](Self::rejected_refresh_token) also returns that of a response which was refused as a
    /// whole.
    ///
    /// # Security
    ///
    /// These tokens are not validated and may be another user's. Do not use the access token, and do not sign anyone
    /// in.
    #[must_use]
    pub fn into_rejected_tokens(self) -> Option<TokenSet> {
        match self {
            Self::IdToken { tokens, .. } | Self::IdTokenMissing { tokens } => tokens.map(|tokens| *tokens),
            _ => None,
        }
    }

    pub(crate) fn with_rejected(mut self, rejected: impl Into<Option<TokenSet>>) -> Self {
        if let Self::IdToken { tokens, .. } | Self::IdTokenMissing { tokens } = &mut self {
            *tokens = rejected.into().map(Box::new);
        }
        self
    }

    fn names_its_step(&self) -> bool {
        matches!(
            self,
            Self::Discovery(_)
                | Self::Callback(_)
                | Self::Push(_)
                | Self::DeviceAuthorization(_)
                | Self::Device(_)
                | Self::ClientCredentials(_)
                | Self::Exchange(_)
                | Self::Keys(_)
                | Self::Refresh(_)
                | Self::UserInfo(_)
                | Self::Revocation(_)
                | Self::Logout(_)
        )
    }

    /// The error that a variant holds.
    fn inner(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Invalid(error) => Some(error),
            Self::Hmac(error) => Some(error),
            Self::DiscoveryTransport(error) => Some(error),
            Self::Discovery(error) => Some(error),
            Self::Entropy(error) => Some(error),
            Self::Request(error) => Some(error),
            Self::Callback(error) => Some(error),
            Self::Push(error) => Some(error),
            Self::DeviceAuthorization(error) => Some(error),
            Self::Device(error) => Some(error),
            Self::ClientCredentials(error) => Some(error),
            Self::Exchange(error) => Some(error),
            Self::Keys(error) => Some(error),
            Self::IdToken { error, .. } => Some(&**error),
            Self::Refresh(error) => Some(error),
            Self::UserInfo(error) => Some(error),
            Self::SignedUserInfo(error) => Some(&**error),
            Self::Revocation(error) => Some(error),
            Self::Logout(error) => Some(error),
            Self::LogoutToken(error) => Some(&**error),
            Self::Api(error) => Some(error),
            Self::OpenIdMissing { .. }
            | Self::OpenIdUnexpected { .. }
            | Self::AnotherLogin { .. }
            | Self::Interrupted
            | Self::Finished { .. }
            | Self::IdTokenMissing { .. } => None,
        }
    }
}

impl fmt::Display for LoginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Entropy(error) = self {
            return write!(f, "{}: the system has no random numbers: {error}", self.stage().as_str());
        }
        match self.inner() {
            // These say themselves at which step they arose.
            Some(inner) if self.names_its_step() => return fmt::Display::fmt(inner, f),
            Some(inner) => return write!(f, "{}: {inner}", self.stage().as_str()),
            None => write!(f, "{}: ", self.stage().as_str())?,
        }
        f.write_str(match self {
            Self::OpenIdMissing { .. } => {
                "a login needs the scope openid: add it, or use `authorization` and `exchange` for plain OAuth"
            }
            Self::OpenIdUnexpected { .. } => {
                "with the scope openid the ID token must be validated: use `request` and `finish`"
            }
            Self::AnotherLogin { .. } => {
                "this belongs to a login at another issuer, or of another client; nothing was sent"
            }
            Self::Interrupted => {
                "an earlier run was cancelled after the code may have been sent; it is not sent again: begin a \
                 new login"
            }
            Self::Finished { .. } => "these steps have already ended: begin again with new ones",
            _ => "the scope openid was requested and the response has no id_token, so no user is signed in",
        })
    }
}

impl Error for LoginError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        // What a variant holds is shown by `Display` already; what is behind it is not.
        self.inner().and_then(Error::source)
    }
}

macro_rules! from {
    ($($variant:ident($error:ty)),* $(,)?) => {
        $(impl From<$error> for LoginError {
            fn from(error: $error) -> Self {
                Self::$variant(error)
            }
        })*
    };
}

from! {
    Invalid(InvalidValue),
    Hmac(HmacKeyError),
    Discovery(DiscoveryError),
    Request(AuthorizationRequestError),
    Callback(CallbackError),
    Push(PushError),
    DeviceAuthorization(DeviceAuthorizationError),
    Device(DeviceTokenError),
    ClientCredentials(ClientCredentialsError),
    Exchange(ExchangeError),
    Keys(KeysError),
    Refresh(RefreshError),
    UserInfo(UserInfoError),
    Revocation(RevocationError),
    Logout(LogoutRequestError),
    Api(ApiCallError),
}

impl TokenError for LoginError {
    fn is_key_not_found(&self) -> bool {
        match self {
            Self::IdToken { error, .. } => error.is_key_not_found(),
            Self::SignedUserInfo(error) => error.is_key_not_found(),
            Self::LogoutToken(error) => error.is_key_not_found(),
            _ => false,
        }
    }
}

impl From<LogoutTokenError> for LoginError {
    fn from(error: LogoutTokenError) -> Self {
        Self::LogoutToken(Box::new(error))
    }
}

impl From<SignedUserInfoError> for LoginError {
    fn from(error: SignedUserInfoError) -> Self {
        Self::SignedUserInfo(Box::new(error))
    }
}

impl From<IdTokenError> for LoginError {
    fn from(error: IdTokenError) -> Self {
        Self::IdToken { error: Box::new(error), tokens: None }
    }
}
