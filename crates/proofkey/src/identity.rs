//! Who signed in.

use std::fmt;
use std::time::SystemTime;

use proofkey_authorize::{Deviation, Deviations};
use proofkey_jwt::{Check, Claims, IdToken, Outcome};
use proofkey_token::{RefreshToken, Refreshed, TokenSet};

/// A person, by the word of an issuer, and the tokens that came with it: made only by
/// [`Login::finish`](crate::Login::finish), after every check.
///
/// `Debug` shows issuer and checks, and neither the subject nor a token.
pub struct Identity {
    pub(crate) id_token: IdToken,
    pub(crate) tokens: TokenSet,
    received: SystemTime,
    /// Of the ID tokens.
    deviations: Deviations,
    /// What a refresh gave whose ID token is not validated yet.
    pub(crate) unconfirmed: Option<(Refreshed, SystemTime)>,
}

impl Identity {
    pub(crate) fn new(id_token: IdToken, tokens: TokenSet, received: SystemTime) -> Self {
        let deviations = deviations(&id_token);
        Self { id_token, tokens, received, deviations, unconfirmed: None }
    }

    /// Puts refreshed tokens, and the ID token if there was one, in the place of the old ones.
    pub(crate) fn confirm(&mut self, id_token: Option<IdToken>, newer: Refreshed, received: SystemTime) {
        self.tokens.update(newer);
        self.received = received;
        if let Some(id_token) = id_token {
            self.deviations = self.deviations.or(deviations(&id_token));
            self.id_token = id_token;
        }
    }

    /// Tokens whose ID token is refused. A refresh token that was not replaced is the one that was sent.
    pub(crate) fn rejected(&self, refreshed: Refreshed) -> Option<TokenSet> {
        let used = RefreshToken::new(self.tokens.refresh_token()?.expose()).ok()?;
        Some(refreshed.into_tokens(used))
    }

    /// The issuer, byte for byte.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.id_token.issuer()
    }

    /// The person at this issuer: never used for anybody else, never changed. With the issuer, and
    /// only with it, the key of an account. An e-mail address is not.
    #[must_use]
    pub fn subject(&self) -> &str {
        self.id_token.subject()
    }

    /// What the issuer says about the person.
    #[must_use]
    pub fn claims(&self) -> &Claims {
        self.id_token.claims()
    }

    /// The validated ID token.
    #[must_use]
    pub fn id_token(&self) -> &IdToken {
        &self.id_token
    }

    /// What was verified, rule by rule.
    #[must_use]
    pub fn checks(&self) -> &[Check] {
        self.id_token.checks()
    }

    /// The tokens. The access token is opaque: it is for the API, and tells nothing about the person.
    #[must_use]
    pub fn tokens(&self) -> &TokenSet {
        &self.tokens
    }

    /// What had to be gone along with, of what the server's
    /// [`Compat`](proofkey_authorize::Compat) allows: in its metadata, the requests, the responses and
    /// the ID token, those of refreshes included. Empty when the server kept to the specifications.
    #[must_use]
    pub fn deviations(&self) -> Deviations {
        self.deviations.or(self.tokens.deviations())
    }

    /// When the tokens came.
    #[must_use]
    pub fn received_at(&self) -> SystemTime {
        self.received
    }

    /// When the access token ends; `None` when the server did not say.
    #[must_use]
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.tokens.expires_at()
    }

    /// The tokens alone, for the application's own store.
    #[must_use]
    pub fn into_tokens(self) -> TokenSet {
        self.tokens
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("issuer", &self.issuer())
            .field("checks", &self.checks())
            .field("deviations", &self.deviations())
            .field("tokens", &self.tokens)
            .finish_non_exhaustive()
    }
}

/// What had to be gone along with to accept this ID token, and to read its claims.
fn deviations(id_token: &IdToken) -> Deviations {
    let claims = id_token.claims();
    let is_text = |name: &str| claims.get(name).is_some_and(|value| value.as_str().is_some());
    let held = |outcome| id_token.checks().iter().any(|check| check.outcome == outcome);
    [
        (Deviation::IssuerAlias, held(Outcome::HeldByAlias)),
        (Deviation::IssuerTemplate, held(Outcome::HeldByTemplate)),
        (Deviation::NonceNotReturned, held(Outcome::NotReturned)),
        (Deviation::AuthTimeChanged, held(Outcome::AuthTimeChanged)),
        // A text that is read is one that was allowed.
        (Deviation::UpdatedAtText, is_text("updated_at") && claims.updated_at().is_some()),
        (Deviation::EmailVerifiedText, is_text("email_verified") && claims.email_verified().is_some()),
    ]
    .into_iter()
    .filter_map(|(deviation, was_needed)| was_needed.then_some(deviation))
    .collect()
}
