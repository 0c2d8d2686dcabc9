//! What one login asked for.

use std::fmt;
use std::time::Duration;

use crate::secret::Secret;

/// The expectations of one login: what its authorization request asked for, and the code and access token that came with
/// the ID token. What holds for every login of a client is [`RelyingParty`](crate::RelyingParty).
///
/// The default expects a token without a nonce. `Debug` does not show the nonce, the code or the access token.
///
/// ```
/// use std::time::Duration;
/// use proofkey_jwt::Expected;
///
/// let expected = Expected::new().nonce("the nonce of this login").max_age(Duration::from_secs(3600));
/// ```
#[derive(Debug, Default)]
#[must_use]
pub struct Expected {
    pub(crate) nonce: Nonce,
    pub(crate) max_age: Option<Duration>,
    pub(crate) acr: Vec<String>,
    pub(crate) access_token: Option<Secret>,
    pub(crate) code: Option<Secret>,
    pub(crate) front_channel: bool,
    pub(crate) before: Option<Box<Before>>,
}

impl Expected {
    /// Expects a token without a nonce, and nothing else.
    pub fn new() -> Self {
        Self::default()
    }

    /// Expects the nonce that the authorization request sent. It is compared in constant time.
    pub fn nonce(mut self, nonce: impl Into<String>) -> Self {
        self.nonce = Nonce::Sent(Secret::new(nonce));
        self
    }

    /// Accepts a token with any nonce, and one without. This is for a server behind the login, which does not know the
    /// authorization request. By default a token with a nonce is refused if none was sent, since it belongs to another
    /// login.
    pub fn accept_any_nonce(mut self) -> Self {
        self.nonce = Nonce::Any;
        self
    }

    /// Expects that the user was authenticated at most `max_age` ago: the `max_age` that the authorization request sent.
    /// The token must then have `auth_time`.
    pub fn max_age(mut self, max_age: Duration) -> Self {
        self.max_age = Some(max_age);
        self
    }

    /// Expects `acr` to be one of `values`. The token must then have `acr`.
    pub fn acr<S: Into<String>>(mut self, values: impl IntoIterator<Item = S>) -> Self {
        self.acr = values.into_iter().map(Into::into).collect();
        self
    }

    /// Expects `at_hash`, if the token has it, to be the hash of this access token, which came with the ID token.
    pub fn access_token(mut self, access_token: impl Into<String>) -> Self {
        self.access_token = Some(Secret::new(access_token));
        self
    }

    /// Expects `c_hash`, if the token has it, to be the hash of this authorization code.
    pub fn code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(Secret::new(code));
        self
    }

    /// Expects a token that was returned through the browser. The token must then have `at_hash`, if an access token is
    /// expected, and `c_hash`, if a code is expected (OpenID Connect Core sections 3.2.2.9 and 3.3.2.11).
    pub fn front_channel(mut self) -> Self {
        self.front_channel = true;
        self
    }
}

/// What is known of the nonce.
#[derive(Default)]
pub(crate) enum Nonce {
    #[default]
    None,
    Sent(Secret),
    Any,
    /// That of the token before, if it had one.
    Before,
}

impl fmt::Debug for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Sent(_) => "Sent(..)",
            Self::Any => "Any",
            Self::Before => "Before",
        })
    }
}

/// What a refreshed token is compared with.
pub(crate) struct Before {
    pub(crate) issuer: String,
    pub(crate) subject: Secret,
    pub(crate) audience: Vec<String>,
    pub(crate) issued_at: f64,
    pub(crate) auth_time: Option<f64>,
    pub(crate) authorized_party: Option<String>,
    pub(crate) nonce: Option<Secret>,
}

impl fmt::Debug for Before {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Before(..)")
    }
}
