//! The errors of a login, by step.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use proofkey_authorize::{AuthorizationRequestError, CallbackError, Deviations, DiscoveryError, InvalidValue};
use proofkey_jwt::{HmacKeyError, IdTokenError};
use proofkey_token::{
    ClientCredentialsError, DeviceAuthorizationError, DeviceTokenError, ErrorResponse, ExchangeError, PushError,
    RefreshError, RevocationError, TokenSet, TransportError, UserInfoError,
};

use crate::keys::KeysError;

/// The error of a login, or of an operation after it.
///
/// Each description begins with the step at which the error usually arises. No variant shows a secret.
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
    /// Beginning: the server gave no codes for a device login.
    DeviceAuthorization(DeviceAuthorizationError),
    /// Device: the user refused, the codes expired, or the tokens could not be read.
    Device(DeviceTokenError),
    /// Client credentials: the server gave no tokens to the program itself.
    ClientCredentials(ClientCredentialsError),
    /// Beginning or finishing a login without `openid` in its scope (`login_openid_missing`): without it
    /// there is no ID token, and so no identity. [`Login::authorization`] and [`Login::exchange`] are
    /// for plain OAuth.
    ///
    /// [`Login::authorization`]: crate::Login::authorization
    /// [`Login::exchange`]: crate::Login::exchange
    OpenIdMissing,
    /// Beginning or exchanging a plain OAuth authorization with `openid` in its scope
    /// (`login_openid_unexpected`): its tokens may be used only after the ID token was validated, which
    /// [`Login::finish`] does.
    ///
    /// [`Login::finish`]: crate::Login::finish
    OpenIdUnexpected,
    /// Callback: it was refused, or it reports an error of the server.
    Callback(CallbackError),
    /// Callback or exchange: the pending login or the grant belongs to another issuer or client than
    /// this [`Login`](crate::Login) (`login_another`). Nothing was sent.
    AnotherLogin,
    /// Exchange: the token endpoint returned no usable tokens.
    Exchange(ExchangeError),
    /// Exchange: an earlier run was cancelled after the code may have been sent (`login_interrupted`). It
    /// is not sent again: begin a new login.
    Interrupted,
    /// Exchange, or any other operation: the steps have already ended (`login_finished`), with a result or
    /// with an error that is not retryable.
    Finished,
    /// ID token: the response has none although `openid` was in the scope (`login_id_token_missing`).
    IdTokenMissing {
        /// The tokens that were received: see [`into_rejected_tokens`](Self::into_rejected_tokens).
        tokens: Option<Box<TokenSet>>,
    },
    /// ID token: the issuer's keys are not available.
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
    /// Userinfo: the response is a signed JWT (`login_userinfo_signed`), which this crate does not
    /// validate. `token::UserInfo::receive` hands out its text.
    UserInfoSigned,
    /// Revocation: it failed, so the token counts as valid.
    Revocation(RevocationError),
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
    /// `client_credentials`: the login of a program as itself.
    ClientCredentials,
    /// `exchange`: the code.
    Exchange,
    /// `id_token`: its presence, its keys, its validation.
    IdToken,
    /// `refresh`
    Refresh,
    /// `userinfo`
    UserInfo,
    /// `revocation`
    Revocation,
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
            Self::OpenIdMissing => "login_openid_missing",
            Self::OpenIdUnexpected => "login_openid_unexpected",
            Self::Callback(error) => error.code(),
            Self::AnotherLogin => "login_another",
            Self::Push(error) => error.code(),
            Self::DeviceAuthorization(error) => error.code(),
            Self::Device(error) => error.code(),
            Self::ClientCredentials(error) => error.code(),
            Self::Exchange(error) => error.code(),
            Self::Interrupted => "login_interrupted",
            Self::Finished => "login_finished",
            Self::IdTokenMissing { .. } => "login_id_token_missing",
            Self::Keys(error) => error.code(),
            Self::IdToken { error, .. } => error.code(),
            Self::Refresh(error) => error.code(),
            Self::UserInfo(error) => error.code(),
            Self::UserInfoSigned => "login_userinfo_signed",
            Self::Revocation(error) => error.code(),
        }
    }

    /// Returns the step at which the error usually arises.
    #[must_use]
    pub fn stage(&self) -> Stage {
        match self {
            Self::Invalid(_) | Self::Hmac(_) => Stage::Setup,
            Self::DiscoveryTransport(_) | Self::Discovery(_) => Stage::Discovery,
            Self::Entropy(_) | Self::Request(_) | Self::OpenIdMissing | Self::OpenIdUnexpected => Stage::Begin,
            Self::Push(_) | Self::DeviceAuthorization(_) => Stage::Begin,
            Self::Device(_) => Stage::Device,
            Self::ClientCredentials(_) => Stage::ClientCredentials,
            Self::Callback(_) | Self::AnotherLogin => Stage::Callback,
            Self::Exchange(_) | Self::Interrupted | Self::Finished => Stage::Exchange,
            Self::IdTokenMissing { .. } | Self::Keys(_) | Self::IdToken { .. } => Stage::IdToken,
            Self::Refresh(_) => Stage::Refresh,
            Self::UserInfo(_) | Self::UserInfoSigned => Stage::UserInfo,
            Self::Revocation(_) => Stage::Revocation,
        }
    }

    /// Returns whether trying again can help: driving the same [`Steps`](crate::Steps) again, or calling
    /// the same method again. Never true for a code that may have been sent.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::DiscoveryTransport(error) => error.is_transient(),
            Self::Push(error) => error.is_retryable(),
            Self::DeviceAuthorization(error) => error.is_retryable(),
            Self::Device(error) => error.is_retryable(),
            Self::ClientCredentials(error) => error.is_retryable(),
            Self::Exchange(error) => error.is_retryable(),
            Self::Keys(error) => error.is_retryable(),
            Self::Refresh(error) => error.is_retryable(),
            Self::UserInfo(error) => error.is_retryable(),
            Self::Revocation(error) => error.is_retryable(),
            _ => false,
        }
    }

    /// Returns how long the server asks to wait, at most a day.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Push(error) => error.retry_after(),
            Self::DeviceAuthorization(error) => error.retry_after(),
            Self::Device(error) => error.retry_after(),
            Self::ClientCredentials(error) => error.retry_after(),
            Self::Exchange(error) => error.retry_after(),
            Self::Refresh(error) => error.retry_after(),
            Self::UserInfo(error) => error.retry_after(),
            Self::Revocation(error) => error.retry_after(),
            _ => None,
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

    /// Returns the deviations that were used to read the server's error response, of those that its
    /// [`Compat`](proofkey_authorize::Compat) tolerates. Empty if there is no error response.
    #[must_use]
    pub fn deviations(&self) -> Deviations {
        self.error_response().map_or(Deviations::NONE, ErrorResponse::deviations)
    }

    /// The server's error document.
    fn error_response(&self) -> Option<&ErrorResponse> {
        match self {
            Self::Push(error) => error.error_response(),
            Self::DeviceAuthorization(error) => error.error_response(),
            Self::Device(error) => error.error_response(),
            Self::ClientCredentials(error) => error.error_response(),
            Self::Exchange(error) => error.error_response(),
            Self::Refresh(error) => error.error_response(),
            Self::UserInfo(error) => error.error_response(),
            Self::Revocation(error) => error.error_response(),
            _ => None,
        }
    }

    /// Returns the tokens of a response whose ID token was refused or missing, so that they can be
    /// revoked, or, after a refresh, so that the only refresh token that still works is not lost.
    ///
    /// # Security
    ///
    /// Nothing vouches for these tokens: they may be another user's. Do not use the access token, and
    /// do not sign anyone in.
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

    /// Whether newer keys could validate the ID token.
    pub(crate) fn is_key_not_found(&self) -> bool {
        matches!(self, Self::IdToken { error, .. } if error.is_key_not_found())
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
                | Self::Refresh(_)
                | Self::UserInfo(_)
                | Self::Revocation(_)
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
            Self::Revocation(error) => Some(error),
            Self::OpenIdMissing
            | Self::OpenIdUnexpected
            | Self::AnotherLogin
            | Self::Interrupted
            | Self::Finished
            | Self::UserInfoSigned
            | Self::IdTokenMissing { .. } => None,
        }
    }
}

impl fmt::Display for LoginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.inner() {
            // These say themselves at which step they arose.
            Some(inner) if self.names_its_step() => return write!(f, "login failed: {inner}"),
            Some(inner) => return write!(f, "login failed at {}: {inner}", self.stage().as_str()),
            None => {}
        }
        f.write_str(match self {
            Self::OpenIdMissing => {
                "a login asks for the scope openid: add it, or use `authorization` and `exchange` for plain OAuth"
            }
            Self::OpenIdUnexpected => {
                "with the scope openid the ID token must be validated: use `request` and `finish`"
            }
            Self::AnotherLogin => "this belongs to the login at another issuer or of another client: nothing was sent",
            Self::Interrupted => {
                "an earlier run was cancelled when the code may have been sent already; it is not sent again: begin a \
                 new login"
            }
            Self::Finished => "this run has ended before: begin a new login",
            Self::UserInfoSigned => "the userinfo response is a signed JWT, which is not validated here",
            _ => "openid was asked for and the response has no id_token: this is no login",
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
}

impl From<IdTokenError> for LoginError {
    fn from(error: IdTokenError) -> Self {
        Self::IdToken { error: Box::new(error), tokens: None }
    }
}
