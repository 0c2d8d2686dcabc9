//! Why no key vouches for a token.

use std::fmt;

use crate::limits::MAX_TRIED;

/// The signature was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignatureError {
    /// `algorithm_not_accepted`: the header's `alg` is none of those that the caller accepts.
    AlgorithmNotAccepted,
    /// `key_not_found`: no key of the set fits the header's `kid` and `alg`. Fetch the set again,
    /// once: the issuer may have changed its keys ([`JwkCache`](crate::JwkCache) keeps count).
    KeyNotFound,
    /// `key_of_another_issuer`: the keys that fit say that they are for another issuer
    /// ([`Expected::issuer_template`](crate::Expected::issuer_template)).
    KeyOfAnotherIssuer,
    /// `too_many_keys`: the token names no key, and more fit it than are tried.
    TooManyKeys,
    /// `bad_signature`: the keys that fit do not agree with the signature.
    BadSignature,
}

impl SignatureError {
    /// The stable name of the failure, as given with each variant.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::AlgorithmNotAccepted => "algorithm_not_accepted",
            Self::KeyNotFound => "key_not_found",
            Self::KeyOfAnotherIssuer => "key_of_another_issuer",
            Self::TooManyKeys => "too_many_keys",
            Self::BadSignature => "bad_signature",
        }
    }
}

impl fmt::Display for SignatureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlgorithmNotAccepted => f.write_str(
                "the token's alg is not among those accepted here; \
                 name it in the accepted algorithms if the client is registered for it",
            ),
            Self::KeyNotFound => f.write_str(
                "no key of the issuer's set fits the token's kid and alg; \
                 fetch the set again, as the issuer may have changed its keys",
            ),
            Self::KeyOfAnotherIssuer => f.write_str("the key that fits the token is one of another issuer"),
            Self::TooManyKeys => {
                write!(f, "the token names no key (kid), and more than {MAX_TRIED} of the set fit it")
            }
            Self::BadSignature => f.write_str("the token's signature does not fit it under the issuer's keys"),
        }
    }
}

impl std::error::Error for SignatureError {}
