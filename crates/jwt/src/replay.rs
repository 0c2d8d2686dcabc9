//! Replay detection.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::SystemTime;

use crate::dpop_proof::DpopProof;
use crate::identifier::Identifier;
use crate::logout_token::LogoutToken;
use crate::numeric_date;

/// Remembers accepted tokens until they expire, and refuses each a second time.
///
/// It holds at most `capacity` identifiers, about 100 bytes each. When it is full, every further token is refused until
/// an older one expires, so size it for the peak. A DPoP proof is remembered for up to `max_age` plus twice the leeway
/// of its policy (2 minutes by default): at 1,000 requests a second, that is 120,000 proofs. One client with a valid
/// token can fill the window, so limit the rate of each client first.
///
/// It covers one process. Several processes need a shared store, keyed by [`DpopProof::thumbprint`] and
/// [`DpopProof::token_id`], that keeps each entry for the same time after [`DpopProof::issued_at`].
///
/// ```
/// use proofkey_jwt::ReplayWindow;
///
/// let seen = ReplayWindow::new(100_000);
/// assert!(seen.is_empty());
/// ```
pub struct ReplayWindow {
    capacity: usize,
    last_seconds: BTreeMap<[u8; 16], u64>,
    by_last_second: BTreeSet<(u64, [u8; 16])>,
}

impl ReplayWindow {
    /// Creates a window for at most `capacity` tokens at a time.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self { capacity, last_seconds: BTreeMap::new(), by_last_second: BTreeSet::new() }
    }

    /// Accepts a logout token that was not accepted before (Back-Channel Logout section 2.6, rule 8).
    ///
    /// # Errors
    /// [`ReplayError`] when it was, or when the window is full.
    pub fn accept_logout(&mut self, token: &LogoutToken, now: SystemTime) -> Result<(), ReplayError> {
        self.accept(token.identifier, now)
    }

    /// Accepts a DPoP proof that was not accepted before (RFC 9449 section 11.1), identified by key and `jti`. Call it after
    /// all other checks, so that a sender without a valid access token cannot fill the window.
    ///
    /// # Errors
    /// [`ReplayError`] when it was, or when the window is full.
    pub fn accept_proof(&mut self, proof: &DpopProof, now: SystemTime) -> Result<(), ReplayError> {
        self.accept(proof.identifier, now)
    }

    /// Returns the number of tokens that are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.last_seconds.len()
    }

    /// Returns whether no token is remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.last_seconds.is_empty()
    }

    fn accept(&mut self, seen: Identifier, now: SystemTime) -> Result<(), ReplayError> {
        let now = numeric_date::seconds(now);
        while let Some((last_second, name)) = self.by_last_second.first().copied()
            && (last_second as f64) < now
        {
            self.by_last_second.remove(&(last_second, name));
            self.last_seconds.remove(&name);
        }
        if self.last_seconds.contains_key(&seen.name) {
            return Err(ReplayError::Replayed);
        }
        if self.last_seconds.len() >= self.capacity {
            return Err(ReplayError::Full);
        }
        self.last_seconds.insert(seen.name, seen.last_second);
        self.by_last_second.insert((seen.last_second, seen.name));
        Ok(())
    }
}

impl fmt::Debug for ReplayWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReplayWindow({} of {})", self.len(), self.capacity)
    }
}

/// The error for a token or proof that a [`ReplayWindow`] does not accept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReplayError {
    /// `replay_seen`: the token was accepted before.
    Replayed,
    /// `replay_window_full`: the window is at capacity.
    Full,
}

impl ReplayError {
    /// Returns the stable code, given with each variant.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Replayed => "replay_seen",
            Self::Full => "replay_window_full",
        }
    }
}

impl fmt::Display for ReplayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Replayed => "a token with the same jti was accepted before; the sender has to create a new one",
            Self::Full => {
                "the window of accepted tokens is full; create it for more tokens, or wait until older ones expire"
            }
        })
    }
}

impl std::error::Error for ReplayError {}
