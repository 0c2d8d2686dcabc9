//! What outlives a request, written for a store and read back.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;

use proofkey::authorize::{ClientId, Pending, Scope, stored_json};
use proofkey::token::TokenSet;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::pending::PendingAuthorization;
use crate::registration::{Kind, Method, Registration};
use crate::server::McpServer;
use crate::session::Session;

/// The form that is written. Another form gets another number.
const VERSION: u32 = 1;

/// Maximum size of a stored value, in bytes.
const LIMIT: usize = 16 << 20;

#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredRegistration<'a> {
    version: u32,
    kind: Cow<'a, str>,
    issuer: Cow<'a, str>,
    client_id: Cow<'a, str>,
    method: Cow<'a, str>,
    client_secret: Option<Cow<'a, str>>,
    client_secret_expires_at: Option<u64>,
    redirect_uris: Vec<Cow<'a, str>>,
}

/// A pending authorization, or a session. `state` is a document with a version and checks of its own.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredAccess<'a> {
    version: u32,
    server: Cow<'a, str>,
    resource: Cow<'a, str>,
    scope: Option<Cow<'a, str>>,
    registration: Cow<'a, str>,
    state: Cow<'a, str>,
    refusals: u32,
    is_refreshed: bool,
}

const KINDS: [(Kind, &str); 3] = [(Kind::ByHand, "by_hand"), (Kind::Document, "document"), (Kind::Dynamic, "dynamic")];

const METHODS: [(Method, &str); 4] =
    [(Method::None, "none"), (Method::Announced, "announced"), (Method::Basic, "basic"), (Method::Post, "post")];

/// # Storing
impl Registration {
    /// Returns the registration as JSON for a store, with a version. The text holds the client's secret, and is
    /// overwritten when it is dropped. Store it by its issuer.
    #[must_use]
    pub fn to_json(&self) -> Zeroizing<String> {
        let secret = self.secret.as_ref().map(|secret| secret.as_str());
        stored_json(&StoredRegistration {
            version: VERSION,
            kind: name(&KINDS, self.kind).into(),
            issuer: self.issuer.as_str().into(),
            client_id: self.client_id.as_str().into(),
            method: name(&METHODS, self.method).into(),
            client_secret: secret.map(Into::into),
            client_secret_expires_at: self.secret_expires_at,
            redirect_uris: self.redirect_uris.iter().map(|uri| uri.as_str().into()).collect(),
        })
    }

    /// Reads a registration back from a store.
    ///
    /// # Errors
    ///
    /// [`StoredAccessError`] if the text is too large, is not JSON of this form, has another version, or holds an invalid
    /// value.
    pub fn from_json(text: &str) -> Result<Self, StoredAccessError> {
        let stored: StoredRegistration<'_> = from_json(text)?;
        Ok(Self {
            kind: named(&KINDS, &stored.kind).ok_or(StoredAccessError::Invalid { member: "kind" })?,
            issuer: stored.issuer.into_owned(),
            client_id: ClientId::new(stored.client_id)
                .map_err(|_| StoredAccessError::Invalid { member: "client_id" })?,
            method: named(&METHODS, &stored.method).ok_or(StoredAccessError::Invalid { member: "method" })?,
            secret: stored.client_secret.map(|secret| Zeroizing::new(secret.into_owned())),
            secret_expires_at: stored.client_secret_expires_at,
            redirect_uris: stored.redirect_uris.into_iter().map(Cow::into_owned).collect(),
        })
    }
}

/// # Storing
impl PendingAuthorization {
    /// Returns the authorization as JSON, with a version, for the session of the browser that is redirected. The text
    /// holds the secrets, and is overwritten when it is dropped.
    ///
    /// An authorization that was stored fetches the metadata of its issuer again before the code is sent.
    #[must_use]
    pub fn to_json(&self) -> Zeroizing<String> {
        let Self { pending, server, resource, scope, registration, refusals, metadata: _ } = self;
        let parts = (registration, server, resource.as_str(), scope.as_ref());
        access_to_json(parts, &pending.to_json(), *refusals, false)
    }

    /// Reads an authorization back from a store.
    ///
    /// # Errors
    ///
    /// As [`Registration::from_json`].
    pub fn from_json(text: &str) -> Result<Self, StoredAccessError> {
        let stored: StoredAccess<'_> = from_json(text)?;
        let state = Zeroizing::new(stored.state.into_owned());
        let pending = Pending::from_json(&state).map_err(|_| StoredAccessError::Invalid { member: "state" })?;
        let (registration, server, scope) = read_parts(stored.registration, &stored.server, stored.scope)?;
        let (resource, refusals) = (stored.resource.into_owned(), stored.refusals);
        Ok(Self { pending, server, resource, scope, registration, refusals, metadata: None })
    }
}

/// # Storing
impl Session {
    /// Returns the session as JSON for a store, with a version. The text holds the tokens and the client's secret, and is
    /// overwritten when it is dropped.
    ///
    /// A session that was stored fetches the metadata of its issuer again before it is refreshed.
    #[must_use]
    pub fn to_json(&self) -> Zeroizing<String> {
        let Self { server, resource, requested, registration, tokens, refusals, is_refreshed, metadata: _ } = self;
        let parts = (registration, server, resource.as_str(), requested.as_ref());
        access_to_json(parts, &tokens.to_json(), *refusals, *is_refreshed)
    }

    /// Reads a session back from a store.
    ///
    /// # Errors
    ///
    /// As [`Registration::from_json`].
    pub fn from_json(text: &str) -> Result<Self, StoredAccessError> {
        let stored: StoredAccess<'_> = from_json(text)?;
        let state = Zeroizing::new(stored.state.into_owned());
        let tokens = TokenSet::from_json(&state).map_err(|_| StoredAccessError::Invalid { member: "state" })?;
        let (registration, server, requested) = read_parts(stored.registration, &stored.server, stored.scope)?;
        let (resource, refusals, is_refreshed) = (stored.resource.into_owned(), stored.refusals, stored.is_refreshed);
        Ok(Self { server, resource, requested, registration, tokens, refusals, is_refreshed, metadata: None })
    }
}

type Parts<'a> = (&'a Registration, &'a McpServer, &'a str, Option<&'a Scope>);

fn access_to_json(parts: Parts<'_>, state: &str, refusals: u32, is_refreshed: bool) -> Zeroizing<String> {
    let (registration, server, resource, scope) = parts;
    let registration = registration.to_json();
    stored_json(&StoredAccess {
        version: VERSION,
        server: server.as_str().into(),
        resource: resource.into(),
        scope: scope.map(|scope| scope.as_str().into()),
        registration: registration.as_str().into(),
        state: state.into(),
        refusals,
        is_refreshed,
    })
}

fn read_parts(
    registration: Cow<'_, str>,
    server: &str,
    scope: Option<Cow<'_, str>>,
) -> Result<(Registration, McpServer, Option<Scope>), StoredAccessError> {
    let invalid = |member| StoredAccessError::Invalid { member };
    let registration = Zeroizing::new(registration.into_owned());
    let registration = Registration::from_json(&registration).map_err(|_| invalid("registration"))?;
    let server = McpServer::new(server).map_err(|_| invalid("server"))?;
    let scope = scope.map(Scope::new).transpose().map_err(|_| invalid("scope"))?;
    Ok((registration, server, scope))
}

/// Each variant has a name.
fn name<T: PartialEq + Copy>(names: &[(T, &'static str)], value: T) -> &'static str {
    names.iter().find(|(known, _)| *known == value).map_or("", |(_, name)| name)
}

fn named<T: Copy>(names: &[(T, &str)], name: &str) -> Option<T> {
    names.iter().find(|(_, known)| *known == name).map(|(value, _)| *value)
}

fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, StoredAccessError> {
    if text.len() > LIMIT {
        return Err(StoredAccessError::TooLarge { length: text.len() });
    }
    let malformed = |_| StoredAccessError::Malformed;
    let Versioned { version } = serde_json::from_str(text).map_err(malformed)?;
    if version != VERSION {
        return Err(StoredAccessError::Version { version });
    }
    serde_json::from_str(text).map_err(malformed)
}

/// The error for a stored registration, authorization or session that cannot be read back. Begin a new authorization. Each
/// description begins with the [code](Self::code).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoredAccessError {
    /// `stored_access_too_large`: the text has more than 16 MiB.
    TooLarge {
        /// The size of the text, in bytes.
        length: usize,
    },
    /// `stored_access_malformed`: the text is not JSON of the expected form.
    Malformed,
    /// `stored_access_version`: the text was written by another version of this crate.
    Version {
        /// The version of the text; this crate reads 1.
        version: u32,
    },
    /// `stored_access_invalid`: a member is not valid.
    Invalid {
        /// The name of the member.
        member: &'static str,
    },
}

impl StoredAccessError {
    /// Returns the stable code: the word at the head of each variant's description.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "stored_access_too_large",
            Self::Malformed => "stored_access_malformed",
            Self::Version { .. } => "stored_access_version",
            Self::Invalid { .. } => "stored_access_invalid",
        }
    }
}

impl fmt::Display for StoredAccessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("stored access: ")?;
        match self {
            Self::TooLarge { length } => write!(f, "it has {length} bytes; the limit is {LIMIT}"),
            Self::Malformed => f.write_str("it is not JSON of the expected form"),
            Self::Version { version } => write!(f, "it has version {version}; this crate reads {VERSION}"),
            Self::Invalid { member } => write!(f, "its {member} is not valid"),
        }
    }
}

impl Error for StoredAccessError {}
