//! Logins that wait, written down for a session store and read back.

use std::borrow::Cow;
use std::time::Duration;

use proofkey_pkce::CodeVerifier;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::pending::Terms;
use crate::store::{VERSION, at, from_json, millis, serde_as_json, since_1970, to_json};
use crate::{ClientId, Issuer, Nonce, Pending, PendingLogins, RedirectUri, Scope, State, StoredLoginError};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredLogin<'a> {
    version: u32,
    #[serde(borrow)]
    issuer: Cow<'a, str>,
    iss_required: bool,
    #[serde(borrow)]
    client_id: Cow<'a, str>,
    #[serde(borrow)]
    redirect_uri: Cow<'a, str>,
    #[serde(borrow)]
    scope: Option<Cow<'a, str>>,
    max_age: Option<u64>,
    #[serde(borrow)]
    resources: Cow<'a, [String]>,
    #[serde(borrow)]
    code_verifier: Option<Cow<'a, str>>,
    #[serde(borrow)]
    state: Cow<'a, str>,
    #[serde(borrow)]
    nonce: Option<Cow<'a, str>>,
    /// Milliseconds since 1970.
    created: u64,
    /// Milliseconds.
    lifetime: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredLogins<'a> {
    version: u32,
    limit: usize,
    #[serde(borrow)]
    logins: Vec<StoredLogin<'a>>,
}

impl Pending {
    /// Returns this login as JSON for a session store, with a version; about 600 bytes.
    ///
    /// The text holds the secrets. Keep it in a store that only the server reads, or in an encrypted cookie. The text is
    /// overwritten when it is dropped.
    pub fn to_json(&self) -> Zeroizing<String> {
        to_json(&StoredLogin::of(self))
    }

    /// Reads a login back from a session store. Each value is checked as it was when the login began.
    ///
    /// # Errors
    /// [`StoredLoginError`] when the text is too large, is not JSON of this form, has another version, or holds a value
    /// that is not valid.
    pub fn from_json(text: &str) -> Result<Self, StoredLoginError> {
        from_json::<StoredLogin<'_>>(text)?.read()
    }
}

impl PendingLogins {
    /// Returns these logins as JSON for a session store, as [`Pending::to_json`] does.
    pub fn to_json(&self) -> Zeroizing<String> {
        let logins = self.logins.iter().map(StoredLogin::of).collect();
        to_json(&StoredLogins { version: VERSION, limit: self.limit, logins })
    }

    /// Reads logins back from a session store, with their limit.
    ///
    /// # Errors
    /// As [`Pending::from_json`], and when there are more logins than the limit permits.
    pub fn from_json(text: &str) -> Result<Self, StoredLoginError> {
        let stored: StoredLogins<'_> = from_json(text)?;
        if stored.limit == 0 {
            return Err(StoredLoginError::Invalid { member: "limit" });
        }
        if stored.logins.len() > stored.limit {
            return Err(StoredLoginError::Invalid { member: "logins" });
        }
        let logins = stored.logins.into_iter().map(StoredLogin::read).collect::<Result<_, _>>()?;
        Ok(Self { logins, limit: stored.limit })
    }
}

impl<'a> StoredLogin<'a> {
    fn of(login: &'a Pending) -> Self {
        Self {
            version: VERSION,
            issuer: login.terms.issuer.as_str().into(),
            iss_required: login.terms.iss_required,
            client_id: login.terms.client_id.as_str().into(),
            redirect_uri: login.terms.redirect_uri.as_str().into(),
            scope: login.terms.scope.as_ref().map(|scope| scope.as_str().into()),
            max_age: login.terms.max_age,
            resources: login.terms.resources.as_slice().into(),
            code_verifier: login.verifier.as_ref().map(|verifier| verifier.expose().into()),
            state: login.state.expose().into(),
            nonce: login.nonce.as_ref().map(|nonce| nonce.expose().into()),
            created: since_1970(login.created),
            lifetime: millis(login.lifetime),
        }
    }

    fn read(self) -> Result<Pending, StoredLoginError> {
        if self.version != VERSION {
            return Err(StoredLoginError::Version { version: self.version, expected: VERSION });
        }
        let invalid = |member| move || StoredLoginError::Invalid { member };
        Ok(Pending {
            terms: Terms {
                issuer: Issuer::stored(&self.issuer).ok().ok_or_else(invalid("issuer"))?,
                iss_required: self.iss_required,
                client_id: ClientId::new(self.client_id).ok().ok_or_else(invalid("client_id"))?,
                redirect_uri: RedirectUri::stored(&self.redirect_uri).ok().ok_or_else(invalid("redirect_uri"))?,
                scope: optional(self.scope, |scope| Scope::new(scope).ok()).ok_or_else(invalid("scope"))?,
                max_age: self.max_age,
                resources: self.resources.into_owned(),
            },
            verifier: optional(self.code_verifier, |text| CodeVerifier::try_from(text).ok())
                .ok_or_else(invalid("code_verifier"))?,
            state: State::parse(&self.state).ok_or_else(invalid("state"))?,
            nonce: optional(self.nonce, Nonce::parse).ok_or_else(invalid("nonce"))?,
            created: at(self.created).ok_or_else(invalid("created"))?,
            lifetime: Duration::from_millis(self.lifetime),
        })
    }
}

/// An absent value, or one that can be read.
fn optional<T>(text: Option<Cow<'_, str>>, read: impl Fn(&str) -> Option<T>) -> Option<Option<T>> {
    text.map_or(Some(None), |text| read(&text).map(Some))
}

serde_as_json!(Pending, PendingLogins);
