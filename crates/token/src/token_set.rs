//! What the token endpoint gives (RFC 6749 section 5.1).

use std::fmt;
use std::time::{Duration, SystemTime};

use proofkey_authorize::{AuthorizationServer, ClientId, Deviations, InvalidValueKind, Scope};
use serde_json::{Map, Value};

use crate::error::{FailedCheck, Malformed, Problem, RequestError, Unusable};
use crate::refresh::{RefreshRequest, Refreshed};
use crate::response::Members;
use crate::rules::Rules;
use crate::secret::{AccessToken, IdTokenText, InvalidSecret, RefreshToken};

/// The longest life of an access token that is believed: ten years. A server that says more, in up
/// to any number of digits, means "long", and an instant ten years from now can be computed.
pub const LONGEST_LIFE: Duration = Duration::from_secs(10 * 365 * 86_400);

/// The tokens of one grant. The access token is a bearer token; no other type gets this far.
///
/// `Debug` shows no token. There is no `Clone`: with two copies of a rotating refresh token, one
/// of them is wrong after the first refresh.
pub struct TokenSet {
    access_token: AccessToken,
    expires_in: Option<Duration>,
    refresh_token: Option<RefreshToken>,
    scope: Option<Scope>,
    resources: Vec<String>,
    id_token: Option<IdTokenText>,
    further: Map<String, Value>,
    deviations: Deviations,
}

impl TokenSet {
    /// The access token, for the `Authorization` header of requests to the API.
    #[must_use]
    pub fn access_token(&self) -> &AccessToken {
        &self.access_token
    }

    /// How long the access token is good for, counted from the response; `None` when the server did
    /// not say. At most [`LONGEST_LIFE`].
    #[must_use]
    pub fn expires_in(&self) -> Option<Duration> {
        self.expires_in
    }

    /// When the access token ends, if the response came at `received`; `None` when the server did
    /// not say. An instant that the clock cannot hold is `received` itself: the token counts as
    /// expired, never as good for ever.
    #[must_use]
    pub fn expires_at(&self, received: SystemTime) -> Option<SystemTime> {
        self.expires_in.map(|life| received.checked_add(life).unwrap_or(received))
    }

    /// The refresh token, if there is one.
    #[must_use]
    pub fn refresh_token(&self) -> Option<&RefreshToken> {
        self.refresh_token.as_ref()
    }

    /// What was granted: what the response says, or what was asked for when it says nothing
    /// (RFC 6749 section 5.1). `None` when an empty scope was granted, or neither names one.
    #[must_use]
    pub fn scope(&self) -> Option<&Scope> {
        self.scope.as_ref()
    }

    /// The APIs that were asked for by `resource` (RFC 8707).
    #[must_use]
    pub fn resources(&self) -> &[String] {
        &self.resources
    }

    /// The ID token as it came, not validated.
    #[must_use]
    pub fn id_token(&self) -> Option<&IdTokenText> {
        self.id_token.as_ref()
    }

    /// The other members of the response, as they came.
    #[must_use]
    pub fn further(&self) -> &Map<String, Value> {
        &self.further
    }

    /// What had to be gone along with to get these tokens, of what
    /// [`Compat`](proofkey_authorize::Compat) allows: in the metadata, in the requests and in the
    /// responses, those of refreshes included. Empty when the server kept to the specifications.
    #[must_use]
    pub fn deviations(&self) -> Deviations {
        self.deviations
    }

    /// Starts a refresh: with this refresh token, for this scope and these resources.
    ///
    /// # Errors
    ///
    /// [`RequestError::NoRefreshToken`] when there is none.
    pub fn refresh_request<'a>(
        &'a self,
        server: &'a AuthorizationServer,
        client_id: &'a ClientId,
    ) -> Result<RefreshRequest<'a>, RequestError> {
        let token = self.refresh_token().ok_or(RequestError::NoRefreshToken)?;
        let request = RefreshRequest::new(server, client_id, token).granted(self.scope.as_ref());
        Ok(self.resources.iter().fold(request, |request, resource| request.resource(resource)))
    }

    /// Takes over what a refresh gave: the new access token, its life and its scope; the new
    /// refresh token in place of the old one, which is kept when none came (RFC 6749 section 6); the
    /// new ID token, if there is one.
    pub fn update(&mut self, newer: Refreshed) {
        let newer = newer.received.or_as_granted(newer.granted.as_ref(), &newer.resources);
        let refresh_token = newer.refresh_token.or(self.refresh_token.take());
        let id_token = newer.id_token.or(self.id_token.take());
        let deviations = self.deviations.or(newer.deviations);
        *self = Self { refresh_token, id_token, deviations, ..newer };
    }
}

/// Not the scope: it is the server's text, and a server can put a secret there.
impl fmt::Debug for TokenSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenSet")
            .field("access_token", &self.access_token)
            .field("expires_in", &self.expires_in)
            .field("refresh_token", &self.refresh_token)
            .field("id_token", &self.id_token)
            .field("deviations", &self.deviations)
            .finish_non_exhaustive()
    }
}

/// What a response itself says, before what was asked for fills the gaps.
pub(crate) struct Received {
    access_token: AccessToken,
    expires_in: Option<Duration>,
    refresh_token: Option<RefreshToken>,
    /// `None`: not named. `Some(None)`: named, and empty.
    scope: Option<Option<Scope>>,
    id_token: Option<IdTokenText>,
    further: Map<String, Value>,
    deviations: Deviations,
}

impl TokenSet {
    /// Reads the members of a success, each rule in turn.
    pub(crate) fn read(members: &Members<'_>, rules: &Rules) -> Result<Received, Unusable> {
        let token_type = members.word("token_type")?;
        if !rules.is_bearer(token_type.as_deref()) {
            return Err(match token_type {
                None => FailedCheck::TokenTypeMissing.into(),
                Some(name) => FailedCheck::TokenTypeUnknown { bytes: name.len() }.into(),
            });
        }
        let access_token = members.required("access_token")?;
        let access_token = AccessToken::from_text(access_token).map_err(unfit)?;
        let refresh_token = match members.text("refresh_token")? {
            Some(text) => Some(RefreshToken::from_text(text).map_err(unfit)?),
            None => None,
        };
        let id_token = match members.text("id_token")? {
            Some(text) if text.is_empty() => {
                return Err(Malformed::new("id_token", Problem::Empty, 0).into());
            }
            text => text.map(IdTokenText::new),
        };
        Ok(Received {
            access_token,
            expires_in: expires_in(members, rules)?,
            refresh_token,
            scope: scope(members, rules)?,
            id_token,
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
}

impl Received {
    pub(crate) fn id_token(&self) -> Option<&IdTokenText> {
        self.id_token.as_ref()
    }

    pub(crate) fn access_token(&self) -> &AccessToken {
        &self.access_token
    }

    /// A scope that is not named is the one that was asked for; one that is named, even the empty
    /// one, stands (RFC 6749 section 3.3).
    pub(crate) fn or_as_granted(self, asked: Option<&Scope>, resources: &[String]) -> TokenSet {
        TokenSet {
            access_token: self.access_token,
            expires_in: self.expires_in,
            refresh_token: self.refresh_token,
            scope: self.scope.unwrap_or_else(|| asked.cloned()),
            resources: resources.to_vec(),
            id_token: self.id_token,
            further: self.further,
            deviations: self.deviations,
        }
    }

    /// The same, with what had to be gone along with before there was a response.
    pub(crate) fn after(self, noted: Deviations) -> Self {
        Self { deviations: self.deviations.or(noted), ..self }
    }

    /// Keeps `used`, the refresh token that was sent, unless a new one came.
    pub(crate) fn or_keep(mut self, used: RefreshToken) -> Self {
        self.refresh_token.get_or_insert(used);
        self
    }
}

/// A number of seconds in digits. Absent is absent; anything else is an error, since a token whose
/// end was stated and could not be read must not pass for one without end.
fn expires_in(members: &Members<'_>, rules: &Rules) -> Result<Option<Duration>, Malformed> {
    let seconds = match members.number("expires_in") {
        Some(seconds) => seconds,
        None => {
            let Some(json) = members.raw("expires_in") else { return Ok(None) };
            let problem = Problem::WrongType { expected: "a number of seconds without a fraction" };
            rules.seconds(&json).ok_or_else(|| Malformed::new("expires_in", problem, json.len()))?
        }
    };
    Ok(Some(Duration::from_secs(seconds).min(LONGEST_LIFE)))
}

fn scope(members: &Members<'_>, rules: &Rules) -> Result<Option<Option<Scope>>, Malformed> {
    let text = match members.word("scope") {
        Err(error) => Some(members.raw("scope").and_then(|json| rules.scope_array(&json)).ok_or(error)?.into()),
        text => text?,
    };
    let Some(text) = text else { return Ok(None) };
    let text = rules.scope(&text);
    if text.trim_matches(' ').is_empty() {
        return Ok(Some(None));
    }
    let scope = Scope::new(&text).map_err(|invalid| {
        let problem = match invalid.kind() {
            InvalidValueKind::BadCharacter { position } => Problem::BadCharacter { position },
            _ => Problem::Empty,
        };
        Malformed::new("scope", problem, text.len())
    })?;
    Ok(Some(Some(scope)))
}

fn unfit((invalid, bytes): (InvalidSecret, usize)) -> Malformed {
    let problem = match invalid.position() {
        None => Problem::Empty,
        Some(position) => Problem::BadCharacter { position },
    };
    Malformed::new(invalid.name(), problem, bytes)
}
