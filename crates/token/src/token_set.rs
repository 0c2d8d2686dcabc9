//! The tokens of a grant (RFC 6749 section 5.1).

use std::fmt;
use std::time::{Duration, SystemTime};

use proofkey_authorize::{
    AuthorizationDetails, Deviation, Deviations, InvalidAuthorizationDetails, InvalidValueKind, Scope,
};
use serde_json::{Map, Value};

use crate::access_token_type::AccessTokenType;
use crate::error::{Malformed, MalformedKind, ResponseErrorKind};
use crate::response::{Answer, BODY_LIMIT, Members};
use crate::rules::Rules;
use crate::secret::{AccessToken, IdTokenText, InvalidSecret, RefreshToken};
use crate::shown::shown_without_secrets;

/// Maximum lifetime of an access token: ten years. A longer `expires_in` counts as this, so that the
/// time of expiry can always be computed.
pub const MAX_LIFETIME: Duration = Duration::from_secs(10 * 365 * 86_400);

/// The tokens of one grant. The access token is a bearer token, or is bound to a key if that was requested
/// ([`token_type`](Self::token_type)): a response with another type is an error.
///
/// Store them with [`to_json`](Self::to_json), and read them back with
/// [`from_json`](Self::from_json). `Debug` shows no token. There is no `Clone`, because a copy of a
/// rotating refresh token is invalid after the first refresh.
pub struct TokenSet {
    pub(crate) access_token: Option<AccessToken>,
    pub(crate) token_type: AccessTokenType,
    pub(crate) expires_in: Option<Duration>,
    pub(crate) received_at: SystemTime,
    pub(crate) refresh_token: Option<RefreshToken>,
    pub(crate) scope: Option<Scope>,
    pub(crate) resources: Vec<String>,
    pub(crate) id_token: Option<IdTokenText>,
    pub(crate) further: Map<String, Value>,
    pub(crate) deviations: Deviations,
}

impl TokenSet {
    /// Returns the access token, for the `Authorization` header of requests to the API: by
    /// [`AccessToken::authorization`], or by [`Dpop::authorize`](crate::Dpop::authorize) if it is bound to a key
    /// ([`token_type`](Self::token_type)).
    ///
    /// `None` only if the server may leave it out, by the deviation
    /// [`AccessTokenMissing`](Deviation::AccessTokenMissing).
    #[must_use]
    pub fn access_token(&self) -> Option<&AccessToken> {
        self.access_token.as_ref()
    }

    /// Returns how the access token is presented to the API.
    #[must_use]
    pub fn token_type(&self) -> AccessTokenType {
        self.token_type
    }

    /// Returns the lifetime of the access token, counted from [`received_at`](Self::received_at);
    /// `None` when the server did not say. At most [`MAX_LIFETIME`].
    #[must_use]
    pub fn expires_in(&self) -> Option<Duration> {
        self.expires_in
    }

    /// Returns the time at which the response with the access token arrived.
    #[must_use]
    pub fn received_at(&self) -> SystemTime {
        self.received_at
    }

    /// Returns the time at which the access token expires; `None` when the server did not say.
    ///
    /// If `SystemTime` cannot represent that time, this is [`received_at`](Self::received_at): the token
    /// counts as expired, never as valid for ever.
    #[must_use]
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.expires_in.map(|life| self.received_at.checked_add(life).unwrap_or(self.received_at))
    }

    /// Returns whether the access token has expired at `now`. A token whose lifetime the server did not state counts as
    /// valid until an API rejects it.
    ///
    /// A request takes time, and clocks differ: ask with a `now` that is some seconds ahead.
    #[must_use]
    pub fn is_expired(&self, now: SystemTime) -> bool {
        self.expires_at().is_some_and(|at| now >= at)
    }

    /// Returns the refresh token, if there is one.
    #[must_use]
    pub fn refresh_token(&self) -> Option<&RefreshToken> {
        self.refresh_token.as_ref()
    }

    /// Returns the granted scope: that of the response, or the requested one if the response has none
    /// (RFC 6749 section 5.1). `None` when an empty scope was granted, or no scope was requested.
    #[must_use]
    pub fn scope(&self) -> Option<&Scope> {
        self.scope.as_ref()
    }

    /// Returns the requested `resource` values: the APIs that the access token is for (RFC 8707).
    #[must_use]
    pub fn resources(&self) -> &[String] {
        &self.resources
    }

    /// Returns the ID token, not validated; `None` when the response has none.
    #[must_use]
    pub fn id_token(&self) -> Option<&IdTokenText> {
        self.id_token.as_ref()
    }

    /// Returns the granted `authorization_details` (RFC 9396 section 7); `None` when the response has none.
    /// It is among [`further`](Self::further) as well.
    ///
    /// # Errors
    ///
    /// [`InvalidAuthorizationDetails`] when the member is not an array of objects with a type each.
    pub fn authorization_details(&self) -> Result<Option<AuthorizationDetails>, InvalidAuthorizationDetails> {
        self.further.get("authorization_details").map(AuthorizationDetails::from_value).transpose()
    }

    /// Returns the other members of the response.
    #[must_use]
    pub fn further(&self) -> &Map<String, Value> {
        &self.further
    }

    /// Returns the tolerated deviations that these tokens needed: in the metadata, the requests and the
    /// responses, refreshes included. Empty when the server follows the specifications.
    #[must_use]
    pub fn deviations(&self) -> Deviations {
        self.deviations
    }
}

/// Without the scope: it is the server's text, and a server can put a secret there.
impl fmt::Debug for TokenSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenSet")
            .field("access_token", &self.access_token)
            .field("token_type", &self.token_type)
            .field("expires_in", &self.expires_in)
            .field("received_at", &self.received_at)
            .field("refresh_token", &self.refresh_token)
            .field("id_token", &self.id_token)
            .field("deviations", &self.deviations)
            .finish_non_exhaustive()
    }
}

/// What a response itself says, before what was asked for fills the gaps.
pub(crate) struct Received {
    pub(crate) access_token: Option<AccessToken>,
    token_type: AccessTokenType,
    pub(crate) refresh_token: Option<RefreshToken>,
    pub(crate) id_token: Option<IdTokenText>,
    expires_in: Option<Duration>,
    at: SystemTime,
    /// `None`: not named. `Some(None)`: named, and empty.
    scope: Option<Option<Scope>>,
    further: Map<String, Value>,
    deviations: Deviations,
}

impl Received {
    /// Reads a success, each rule in turn.
    pub(crate) fn read(answer: &Answer<'_>, rules: &Rules<'_>, at: SystemTime) -> Result<Self, ResponseErrorKind> {
        let members = answer.success()?;
        let id_token = optional(&members, "id_token")?.map(IdTokenText::new);
        let has_only_id_token = id_token.is_some() && !members.has("access_token");
        let (access_token, token_type) = if has_only_id_token && rules.tolerates(Deviation::AccessTokenMissing) {
            (None, AccessTokenType::Bearer)
        } else {
            let token_type = rules.token_type(members.word("token_type")?.as_deref())?;
            (Some(AccessToken::from_text(members.required("access_token")?).map_err(unfit)?), token_type)
        };
        Ok(Self {
            access_token,
            token_type,
            refresh_token: optional(&members, "refresh_token")?
                .map(RefreshToken::from_text)
                .transpose()
                .map_err(unfit)?,
            id_token,
            expires_in: expires_in(&members, rules)?,
            at,
            scope: scope(&members, rules)?,
            further: members.further(&[
                "access_token",
                "token_type",
                "expires_in",
                "refresh_token",
                "scope",
                "id_token",
            ]),
            deviations: rules.used(),
        })
    }

    /// A scope that is not named is the one that was asked for; one that is named, even the empty one,
    /// stands (RFC 6749 section 3.3).
    pub(crate) fn or_as_granted(self, asked: Option<&Scope>, resources: &[String]) -> TokenSet {
        TokenSet {
            access_token: self.access_token,
            token_type: self.token_type,
            expires_in: self.expires_in,
            received_at: self.at,
            refresh_token: self.refresh_token,
            scope: self.scope.unwrap_or_else(|| asked.cloned()),
            resources: resources.to_vec(),
            id_token: self.id_token,
            further: self.further,
            deviations: self.deviations,
        }
    }

    /// The same, with the deviations that were needed before there was a response.
    pub(crate) fn after(self, noted: Deviations) -> Self {
        Self { deviations: self.deviations.union(noted), ..self }
    }
}

/// An optional secret. An empty one counts as absent, as parameters without a value do (RFC 6749
/// section 3.2).
pub(crate) fn optional(members: &Members<'_>, name: &'static str) -> Result<Option<crate::secret::Text>, Malformed> {
    Ok(members.text(name)?.filter(|text| !text.is_empty()))
}

/// A number of seconds in digits. Absent and empty are absent; anything else is an error, since a
/// token whose lifetime was stated and could not be read must not count as unlimited.
pub(crate) fn expires_in(members: &Members<'_>, rules: &Rules<'_>) -> Result<Option<Duration>, Malformed> {
    let Some(value) = members.stated("expires_in") else { return Ok(None) };
    let kind = MalformedKind::WrongType { expected: "a number of seconds without a fraction" };
    let seconds = rules.seconds(value).ok_or_else(|| Malformed::new("expires_in", kind, value.as_str().len()))?;
    Ok(Some(Duration::from_secs(seconds).min(MAX_LIFETIME)))
}

/// The granted scope. An empty one is not absent: it says that nothing was granted (GitHub sends that).
pub(crate) fn scope(members: &Members<'_>, rules: &Rules<'_>) -> Result<Option<Option<Scope>>, Malformed> {
    let text = match members.word("scope") {
        Err(error) => Some(members.raw("scope").and_then(|value| rules.scope_array(value)).ok_or(error)?.into()),
        text => text?,
    };
    let Some(text) = text else { return Ok(None) };
    let text = rules.scope(text);
    let kind = match Scope::new(&text).map_err(|invalid| invalid.kind()) {
        Ok(scope) => return Ok(Some(Some(scope))),
        Err(InvalidValueKind::Empty) => return Ok(Some(None)),
        Err(InvalidValueKind::BadCharacter { position }) => MalformedKind::BadCharacter { position },
        Err(_) => MalformedKind::TooLong { limit: BODY_LIMIT },
    };
    Err(Malformed::new("scope", kind, text.len()).showing(shown_without_secrets(&text, 128)))
}

pub(crate) fn unfit((invalid, length): (InvalidSecret, usize)) -> Malformed {
    let kind = match invalid.position() {
        None => MalformedKind::Empty,
        Some(position) => MalformedKind::BadCharacter { position },
    };
    Malformed::new(invalid.name(), kind, length)
}
