use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use proofkey_authorize::{Deviations, Scope};
use serde_json::{Map, Value};

use crate::error::Malformed;
use crate::response::Members;

/// A token that gives access: active, of the issuer that was asked, for the API that asked, and with the
/// scope that was demanded.
///
/// `Debug` does not show what it says about the user.
pub struct ActiveToken {
    pub(super) key: [u8; 32],
    pub(super) expires_at: Option<SystemTime>,
    subject: Option<String>,
    client_id: Option<String>,
    audiences: Vec<String>,
    scope: Option<Scope>,
    further: Map<String, Value>,
    deviations: Deviations,
}

impl ActiveToken {
    pub(super) fn new(
        key: [u8; 32],
        members: &Members<'_>,
        audiences: Vec<String>,
        scope: Option<Scope>,
        expires_at: Option<SystemTime>,
        deviations: Deviations,
    ) -> Result<Self, Malformed> {
        let text = |name| Ok(members.word(name)?.map(|text| text.into_owned()));
        Ok(Self {
            key,
            expires_at,
            subject: text("sub")?,
            client_id: text("client_id")?,
            audiences,
            scope,
            further: members.further(&["active", "sub", "client_id", "aud", "scope", "exp"]),
            deviations,
        })
    }

    /// Returns `sub`: the subject of the token, as the authorization server knows it.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        self.subject.as_deref()
    }

    /// Returns `client_id`: the client that the token was issued to.
    #[must_use]
    pub fn client_id(&self) -> Option<&str> {
        self.client_id.as_deref()
    }

    /// Returns `aud`: the APIs that the token is for.
    #[must_use]
    pub fn audiences(&self) -> &[String] {
        &self.audiences
    }

    /// Returns the scope.
    #[must_use]
    pub fn scope(&self) -> Option<&Scope> {
        self.scope.as_ref()
    }

    /// Returns `exp`: when it expires; `None` when the server did not say.
    #[must_use]
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.expires_at
    }

    /// Returns `cnf`: the key that the token is bound to. Only with
    /// [`accept_bound`](super::IntrospectionRequest::accept_bound), and to be compared by the caller.
    #[must_use]
    pub fn confirmation(&self) -> Option<&Value> {
        self.further.get("cnf")
    }

    /// Returns the other members of the response.
    #[must_use]
    pub fn further(&self) -> &Map<String, Value> {
        &self.further
    }

    /// Returns the members of the response as a JSON object, for `ResourceServer::check_introspected` of `proofkey-jwt`.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut members = self.further.clone();
        members.insert("active".to_owned(), true.into());
        let mut text =
            |name: &str, value: Option<&str>| value.map(|value| members.insert(name.to_owned(), value.into()));
        text("sub", self.subject());
        text("client_id", self.client_id());
        text("scope", self.scope().map(Scope::as_str));
        if !self.audiences.is_empty() {
            members.insert("aud".to_owned(), self.audiences.clone().into());
        }
        if let Some(exp) = self.expires_at.and_then(|exp| exp.duration_since(UNIX_EPOCH).ok()) {
            members.insert("exp".to_owned(), exp.as_secs().into());
        }
        Value::Object(members).to_string()
    }

    /// Returns the deviations that reading the response needed.
    #[must_use]
    pub fn deviations(&self) -> Deviations {
        self.deviations
    }
}

impl fmt::Debug for ActiveToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ActiveToken").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}
