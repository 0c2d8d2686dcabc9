//! What a client knows before it looks at an ID token.

use std::fmt;
use std::time::{Duration, SystemTime};

use crate::algorithm::Algorithm;
use crate::hmac_key::HmacKey;
use crate::id_token::IdToken;
use crate::secret::Secret;

/// What the ID token must say: everything [`IdToken::validate`] compares with.
///
/// Strict until told otherwise: RS256 only, no audience beside the client, no nonce unless one was
/// sent, 60 seconds of leeway. `Debug` shows neither nonce nor tokens nor secret.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use proofkey_jwt::Expected;
///
/// let expected = Expected::new("https://as.example", "client-id")
///     .nonce("the nonce of this login")
///     .now(SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000));
/// ```
#[derive(Debug)]
#[must_use]
pub struct Expected {
    pub(crate) issuer: String,
    pub(crate) issuer_alias: Option<String>,
    pub(crate) issuer_template: Option<String>,
    pub(crate) tenants: Option<Tenants>,
    pub(crate) text_claims: TextClaims,
    pub(crate) client_id: String,
    pub(crate) trusted_audiences: Vec<String>,
    pub(crate) algorithms: Vec<Algorithm>,
    pub(crate) hmac_key: Option<HmacKey>,
    pub(crate) now: Option<SystemTime>,
    pub(crate) leeway: Duration,
    pub(crate) max_issued_age: Option<Duration>,
    pub(crate) max_age: Option<Duration>,
    pub(crate) nonce: Nonce,
    pub(crate) acr: Vec<String>,
    pub(crate) access_token: Option<Secret>,
    pub(crate) code: Option<Secret>,
    pub(crate) front_channel: bool,
    pub(crate) before: Option<Before>,
}

impl Expected {
    /// Expects a token of `issuer` for `client_id`. Both are compared octet for octet.
    pub fn new(issuer: impl Into<String>, client_id: impl Into<String>) -> Self {
        Self {
            issuer: issuer.into(),
            issuer_alias: None,
            issuer_template: None,
            tenants: None,
            text_claims: TextClaims::default(),
            client_id: client_id.into(),
            trusted_audiences: Vec::new(),
            algorithms: vec![Algorithm::Rs256],
            hmac_key: None,
            now: None,
            leeway: Duration::from_secs(60),
            max_issued_age: None,
            max_age: None,
            nonce: Nonce::None,
            acr: Vec::new(),
            access_token: None,
            code: None,
            front_channel: false,
            before: None,
        }
    }

    /// Another name that the issuer goes by: `iss` may be this, octet for octet, in place of the
    /// issuer. The trace then says [`Outcome::HeldByAlias`](crate::Outcome::HeldByAlias).
    pub fn issuer_alias(mut self, alias: impl Into<String>) -> Self {
        self.issuer_alias = Some(alias.into());
        self
    }

    /// The tenants whose people are accepted: a token with `tid` is refused unless `permits` it.
    pub fn tenants(mut self, permits: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        self.tenants = Some(Tenants(Box::new(permits)));
        self
    }

    /// The issuer has many tenants, each an issuer of its own: in place of the issuer of
    /// [`Expected::new`], `iss` must be `template` with `tid` where it has `{tenantid}`. `tid` is then
    /// due, must be letters, digits and hyphens, and one that `permits` it. A key that names an
    /// `issuer` must name this very one, or `template`. The trace then says
    /// [`Outcome::HeldByTemplate`](crate::Outcome::HeldByTemplate).
    ///
    /// A subject is unique within its own issuer only: keep [`IdToken::issuer`] beside it.
    ///
    /// ```
    /// use proofkey_jwt::Expected;
    ///
    /// let tenants = ["8eaef023-2b34-4da1-9baa-8bc8c9d6a490"];
    /// let expected = Expected::new("https://login.example/common/v2.0", "client-id")
    ///     .issuer_template("https://login.example/{tenantid}/v2.0", move |tenant| tenants.contains(&tenant));
    /// ```
    pub fn issuer_template(
        mut self,
        template: impl Into<String>,
        permits: impl Fn(&str) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.issuer_template = Some(template.into());
        self.tenants(permits)
    }

    /// Reads the claim `updated_at` also when it is an RFC 3339 text
    /// ([`Claims::updated_at`](crate::Claims::updated_at)).
    pub fn updated_at_text(mut self) -> Self {
        self.text_claims.updated_at = true;
        self
    }

    /// Reads the claim `email_verified` also when it is the text `true` or `false`
    /// ([`Claims::email_verified`](crate::Claims::email_verified)).
    pub fn email_verified_text(mut self) -> Self {
        self.text_claims.email_verified = true;
        self
    }

    /// The time of the validation. Without one, [`IdToken::validate`] refuses; a server that keeps
    /// one `Expected` for many tokens uses [`IdToken::validate_at`] instead.
    pub fn now(mut self, now: SystemTime) -> Self {
        self.now = Some(now);
        self
    }

    /// How far two clocks may differ, for `exp`, `nbf`, `iat` and `auth_time`. 60 seconds unless set.
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway;
        self
    }

    /// The nonce that was sent with the authorization request. Compared in constant time.
    pub fn nonce(mut self, nonce: impl Into<String>) -> Self {
        self.nonce = Nonce::Sent(Secret::new(nonce));
        self
    }

    /// Accepts a nonce that this caller knows nothing of. Without this, a token with a nonce where
    /// none was sent is refused: it belongs to another login. For a server behind the login, which
    /// never saw the request.
    pub fn nonce_of_another(mut self) -> Self {
        self.nonce = Nonce::OfAnother;
        self
    }

    /// The algorithms accepted instead of RS256: those that the client registered
    /// (`id_token_signed_response_alg`). The header of a token cannot widen them. An empty list
    /// leaves only what [`Expected::client_secret`] allows.
    pub fn algorithms(mut self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        self.algorithms = algorithms.into_iter().collect();
        self
    }

    /// Accepts the HMAC algorithm of `key` as well, with that key.
    pub fn client_secret(mut self, key: HmacKey) -> Self {
        self.hmac_key = Some(key);
        self
    }

    /// Audiences that may stand in `aud` beside the client. Any other makes the token refused.
    pub fn trusted_audiences<S: Into<String>>(mut self, audiences: impl IntoIterator<Item = S>) -> Self {
        self.trusted_audiences = audiences.into_iter().map(Into::into).collect();
        self
    }

    /// The `max_age` that was sent: `auth_time` must be there and no older.
    pub fn max_age(mut self, max_age: Duration) -> Self {
        self.max_age = Some(max_age);
        self
    }

    /// The longest time since `iat`. No limit unless set; `iat` in the future, beyond the leeway, is always refused.
    pub fn max_issued_age(mut self, age: Duration) -> Self {
        self.max_issued_age = Some(age);
        self
    }

    /// The contexts of authentication of which `acr` must be one.
    pub fn acr<S: Into<String>>(mut self, values: impl IntoIterator<Item = S>) -> Self {
        self.acr = values.into_iter().map(Into::into).collect();
        self
    }

    /// The access token that came along: `at_hash`, if there, must be its hash.
    pub fn access_token(mut self, access_token: impl Into<String>) -> Self {
        self.access_token = Some(Secret::new(access_token));
        self
    }

    /// The authorization code that was received: `c_hash`, if there, must be its hash.
    pub fn code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(Secret::new(code));
        self
    }

    /// The token came through the browser: `at_hash` (with an access token) and `c_hash` (with a
    /// code) must be there (OpenID Connect Core sections 3.2.2.9 and 3.3.2.11).
    pub fn front_channel(mut self) -> Self {
        self.front_channel = true;
        self
    }

    /// The token came with a refresh, and `before` is that of the login: the rules of OpenID
    /// Connect Core section 12.2 hold as well, and the nonce is compared with the one before.
    pub fn refreshed_from(mut self, before: &IdToken) -> Self {
        self.nonce = Nonce::Before;
        self.before = Some(Before::from(before));
        self
    }
}

/// The claims that are also read as a text.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct TextClaims {
    pub(crate) updated_at: bool,
    pub(crate) email_verified: bool,
}

/// Which tenants are accepted.
pub(crate) struct Tenants(Box<dyn Fn(&str) -> bool + Send + Sync>);

impl Tenants {
    pub(crate) fn permit(&self, tenant: &str) -> bool {
        let is_name = |octet: u8| octet.is_ascii_alphanumeric() || octet == b'-';
        !tenant.is_empty() && tenant.bytes().all(is_name) && (self.0)(tenant)
    }
}

impl fmt::Debug for Tenants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tenants(..)")
    }
}

/// What is known of the nonce.
pub(crate) enum Nonce {
    None,
    Sent(Secret),
    OfAnother,
    Before,
}

impl fmt::Debug for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Sent(_) => "Sent(..)",
            Self::OfAnother => "OfAnother",
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

impl From<&IdToken> for Before {
    fn from(token: &IdToken) -> Self {
        let claims = token.claims();
        Self {
            issuer: token.issuer().to_owned(),
            subject: Secret::new(token.subject()),
            audience: token.audience().map(str::to_owned).collect(),
            issued_at: token.issued_at().as_secs_f64(),
            auth_time: claims.auth_time().map(|time| time.as_secs_f64()),
            authorized_party: claims.authorized_party().map(str::to_owned),
            nonce: claims.nonce().map(Secret::new),
        }
    }
}

impl fmt::Debug for Before {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Before(..)")
    }
}
