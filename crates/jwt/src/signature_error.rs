//! Why a signature is not accepted.

use std::fmt;

use crate::algorithm::Algorithm;
use crate::limits::MAX_KEYS_TRIED;
use crate::shown::{shown, shown_list};
use crate::skipped::Skipped;

/// The error for a signature that is not accepted.
///
/// Texts from the token or the key set are shortened, and reduced to printable ASCII.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignatureError {
    /// `jws_algorithm_not_accepted`: the caller does not accept the header's `alg`.
    #[non_exhaustive]
    AlgorithmNotAccepted {
        /// The header's `alg`.
        received: &'static str,
        /// The names of the accepted algorithms, separated by commas.
        accepted: String,
    },
    /// `jws_key_not_found`: no key of the set has the header's `kid` and fits its `alg`. Fetch the set again, once: the
    /// issuer may have changed its keys. [`JwkCache::unknown_key`](crate::JwkCache::unknown_key) says when.
    #[non_exhaustive]
    KeyNotFound {
        /// The header's `alg`.
        algorithm: Algorithm,
        /// The header's `kid`.
        key_id: Option<String>,
        /// The first eight key identifiers of the set, separated by commas.
        known: String,
    },
    /// `jws_key_skipped`: no key of the set fits, and this entry, which may be the right key, cannot be used. Fetching
    /// the set again does not help: the issuer has to correct the entry.
    KeySkipped(Skipped),
    /// `jws_key_of_another_issuer`: the keys that fit name another issuer
    /// ([`RelyingParty::issuer_template`](crate::RelyingParty::issuer_template)).
    KeyOfAnotherIssuer,
    /// `jws_too_many_keys`: more keys fit than [`MAX_KEYS_TRIED`].
    TooManyKeys,
    /// `jws_bad_signature`: the signature is not valid under any key that fits. Holds the entry that may be the right
    /// key, if such an entry cannot be used.
    BadSignature(Option<Skipped>),
}

impl SignatureError {
    pub(crate) fn algorithm_not_accepted<'a>(
        received: &'static str,
        accepted: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        Self::AlgorithmNotAccepted { received, accepted: shown_list(accepted) }
    }

    pub(crate) fn key_not_found<'a>(
        algorithm: Algorithm,
        key_id: Option<&str>,
        known: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        Self::KeyNotFound { algorithm, key_id: key_id.map(shown), known: shown_list(known) }
    }

    /// Returns the stable code, given with each variant.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::AlgorithmNotAccepted { .. } => "jws_algorithm_not_accepted",
            Self::KeyNotFound { .. } => "jws_key_not_found",
            Self::KeySkipped(_) => "jws_key_skipped",
            Self::KeyOfAnotherIssuer => "jws_key_of_another_issuer",
            Self::TooManyKeys => "jws_too_many_keys",
            Self::BadSignature(_) => "jws_bad_signature",
        }
    }
}

impl fmt::Display for SignatureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlgorithmNotAccepted { received, accepted } => write!(
                f,
                "the token's alg is \"{received}\", and accepted here: {accepted}; name it in the accepted algorithms if \
                 the client is registered for it"
            ),
            Self::KeyNotFound { algorithm, key_id: Some(key_id), known } => write!(
                f,
                "no key of the issuer's set has the kid \"{key_id}\" and serves {}; the set has: {known}; fetch it again, \
                 as the issuer may have changed its keys",
                algorithm.name()
            ),
            Self::KeyNotFound { algorithm, key_id: None, .. } => write!(
                f,
                "the token names no key (kid), and no key of the issuer's set serves {}; fetch the set again, as the \
                 issuer may have changed its keys",
                algorithm.name()
            ),
            Self::KeySkipped(skipped) => {
                write!(f, "the key that the token needs is {skipped}; the issuer has to correct it")
            }
            Self::KeyOfAnotherIssuer => f.write_str("the key that fits the token is one of another issuer"),
            Self::TooManyKeys => {
                write!(f, "more than {MAX_KEYS_TRIED} keys of the issuer's set fit the token's kid and alg")
            }
            Self::BadSignature(skipped) => {
                f.write_str("the token's signature is not valid under the issuer's keys")?;
                match skipped {
                    Some(skipped) => write!(f, "; the right key may be {skipped}"),
                    None => Ok(()),
                }
            }
        }
    }
}

impl std::error::Error for SignatureError {}
