//! The result of a login.

use std::fmt;
use std::time::SystemTime;

use proofkey_authorize::{Deviation, Deviations};
use proofkey_jwt::{Check, Claims, IdToken, Outcome};
use proofkey_token::{RefreshToken, Refreshed, TokenSet};

use crate::error::{LoginError, Stage};

/// A user's identity as asserted by an issuer, and the tokens of the same response. Created only by
/// [`Login::finish`](crate::Login::finish) and [`DeviceLogin::finish`](crate::DeviceLogin::finish), after every check,
/// and by [`from_json`](Self::from_json) from a store.
///
/// `Debug` shows the issuer and the checks, and neither the subject nor a token.
pub struct Identity {
    pub(crate) id_token: IdToken,
    pub(crate) tokens: TokenSet,
    /// Those of the ID tokens, and of tokens that were replaced.
    pub(crate) deviations: Deviations,
    /// The tokens of a refresh whose ID token is not validated yet.
    pub(crate) unconfirmed: Option<TokenSet>,
}

impl Identity {
    pub(crate) fn new(id_token: IdToken, tokens: TokenSet) -> Self {
        let deviations = deviations(&id_token);
        Self { id_token, tokens, deviations, unconfirmed: None }
    }

    /// The end of a login: the identity, or the error with the tokens that were received.
    pub(crate) fn of(result: Result<IdToken, LoginError>, received: Option<TokenSet>) -> Result<Self, LoginError> {
        let tokens = received.ok_or(LoginError::Finished { stage: Stage::IdToken })?;
        match result {
            Ok(id_token) => Ok(Self::new(id_token, tokens)),
            Err(error) => Err(error.with_rejected(tokens)),
        }
    }

    /// Takes over the result of a refresh with `used`: at once, or when its ID token is validated.
    pub(crate) fn accept(&mut self, refreshed: Refreshed, used: RefreshToken) {
        match refreshed.id_token() {
            Some(_) => self.unconfirmed = Some(refreshed.into_tokens(used)),
            None => self.tokens.update(refreshed),
        }
    }

    /// Puts tokens whose ID token is validated in the place of the old ones.
    pub(crate) fn confirm(&mut self, id_token: IdToken, newer: TokenSet) {
        self.deviations = self.deviations.union(self.tokens.deviations()).union(deviations(&id_token));
        (self.id_token, self.tokens) = (id_token, newer);
    }

    /// Returns the issuer, byte for byte.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.id_token.issuer()
    }

    /// Returns `sub`: the user's identifier at this issuer, which never changes and is never reassigned.
    /// Store issuer and subject together as the key of an account; an e-mail address is not one.
    #[must_use]
    pub fn subject(&self) -> &str {
        self.id_token.subject()
    }

    /// Returns the claims about the user in the ID token.
    #[must_use]
    pub fn claims(&self) -> &Claims {
        self.id_token.claims()
    }

    /// Returns the validated ID token.
    #[must_use]
    pub fn id_token(&self) -> &IdToken {
        &self.id_token
    }

    /// Returns each rule of the validation with its outcome.
    #[must_use]
    pub fn checks(&self) -> &[Check] {
        self.id_token.checks()
    }

    /// Returns the tokens. The access token is for the API; do not read claims about the user from it.
    #[must_use]
    pub fn tokens(&self) -> &TokenSet {
        &self.tokens
    }

    /// Returns the tokens of a refresh whose ID token is not validated yet, because the issuer's keys could not be
    /// fetched. Use them for revocation only: they could be another user's. The next refresh validates them.
    #[must_use]
    pub fn unconfirmed_tokens(&self) -> Option<&TokenSet> {
        self.unconfirmed.as_ref()
    }

    /// Returns the tolerated deviations that this login needed: in the metadata, the requests, the
    /// responses and the ID tokens, refreshes included. Empty if the server follows the specifications.
    #[must_use]
    pub fn deviations(&self) -> Deviations {
        self.deviations.union(self.tokens.deviations())
    }

    /// Returns the time at which the tokens were received.
    #[must_use]
    pub fn received_at(&self) -> SystemTime {
        self.tokens.received_at()
    }

    /// Returns the time at which the access token expires; `None` if the server did not say.
    #[must_use]
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.tokens.expires_at()
    }

    /// Returns the tokens, without the identity.
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

/// The deviations that were used to accept this ID token, and to read its claims.
fn deviations(id_token: &IdToken) -> Deviations {
    let claims = id_token.claims();
    let is_text = |name: &str| claims.get(name).is_some_and(|value| value.as_str().is_some());
    // A text that is read is one that was allowed.
    let texts = [
        (Deviation::UpdatedAtText, is_text("updated_at") && claims.updated_at().is_some()),
        (Deviation::EmailVerifiedText, is_text("email_verified") && claims.email_verified().is_some()),
    ];
    needed_by(id_token.checks())
        .union(texts.into_iter().filter(|(_, is_read)| *is_read).map(|(text, _)| text).collect())
}

/// The deviations that the outcomes of a validation stand for.
pub(crate) fn needed_by(checks: &[Check]) -> Deviations {
    let needed = checks.iter().filter_map(|check| match check.outcome {
        Outcome::HeldByAlias => Some(Deviation::IssuerAlias),
        Outcome::HeldByTemplate => Some(Deviation::IssuerTemplate),
        Outcome::NotReturned => Some(Deviation::NonceNotReturned),
        Outcome::AuthTimeChanged => Some(Deviation::AuthTimeChanged),
        _ => None,
    });
    needed.collect()
}
