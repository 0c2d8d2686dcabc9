//! Why an ID token is refused.

use std::fmt;

use crate::decode_error::{DecodeError, Segment};
use crate::jws::JwsError;
use crate::signature_error::SignatureError;

/// An ID token was refused: by its form, by its signature, or by one named claim.
///
/// No variant holds any of the token's content.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum IdTokenError {
    /// The text is no compact token with claims. The code is that of the [`DecodeError`].
    Decode(DecodeError),
    /// `typ_not_an_id_token`: the header's `typ` is that of another kind of token.
    TokenType,
    /// No key vouches for it. The code is that of the [`SignatureError`].
    Signature(SignatureError),
    /// A claim breaks a rule. The code is the claim's name, `_`, and the code of the [`Fault`]: `exp_expired`.
    Claim(ClaimName, Fault),
    /// `now_missing`: the caller gave no time ([`Expected::now`](crate::Expected::now)).
    NowMissing,
}

/// A claim that the rules look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ClaimName {
    /// `iss`
    Issuer,
    /// `sub`
    Subject,
    /// `aud`
    Audience,
    /// `azp`
    AuthorizedParty,
    /// `exp`
    Expiry,
    /// `nbf`
    NotBefore,
    /// `iat`
    IssuedAt,
    /// `nonce`
    Nonce,
    /// `acr`
    AuthenticationContext,
    /// `auth_time`
    AuthTime,
    /// `at_hash`
    AccessTokenHash,
    /// `c_hash`
    CodeHash,
    /// `tid`
    Tenant,
}

/// What is wrong with a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// `missing`: the claim is due, and absent.
    Missing,
    /// `wrong_type`: the claim is of another JSON type than its definition.
    WrongType,
    /// `empty`: an empty string or array.
    Empty,
    /// `mismatch`: it is not what was expected.
    Mismatch,
    /// `untrusted`: an audience that is neither the client nor trusted.
    Untrusted,
    /// `unasked`: it is there, though the request had none.
    Unasked,
    /// `out_of_range`: a date before 1970 or after 9999.
    OutOfRange,
    /// `expired`: the time is past.
    Expired,
    /// `not_yet_valid`: the time is still to come.
    NotYetValid,
    /// `in_the_future`: it says that something happened that cannot have happened yet.
    InTheFuture,
    /// `too_old`: it happened longer ago than is accepted.
    TooOld,
    /// `too_long`: more than 255 characters.
    TooLong,
    /// `bad_character`: a character outside printable ASCII.
    BadCharacter,
}

/// One table, so that a code can be neither forgotten nor given twice.
macro_rules! codes {
    ($claim:expr, $fault:expr, $($name:ident $word:literal),*) => {
        match $claim {
            $(ClaimName::$name => match $fault {
                Fault::Missing => concat!($word, "_missing"),
                Fault::WrongType => concat!($word, "_wrong_type"),
                Fault::Empty => concat!($word, "_empty"),
                Fault::Mismatch => concat!($word, "_mismatch"),
                Fault::Untrusted => concat!($word, "_untrusted"),
                Fault::Unasked => concat!($word, "_unasked"),
                Fault::OutOfRange => concat!($word, "_out_of_range"),
                Fault::Expired => concat!($word, "_expired"),
                Fault::NotYetValid => concat!($word, "_not_yet_valid"),
                Fault::InTheFuture => concat!($word, "_in_the_future"),
                Fault::TooOld => concat!($word, "_too_old"),
                Fault::TooLong => concat!($word, "_too_long"),
                Fault::BadCharacter => concat!($word, "_bad_character"),
            },)*
        }
    };
}

impl IdTokenError {
    /// The stable name of the failure.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Decode(error) => error.code(),
            Self::TokenType => "typ_not_an_id_token",
            Self::Signature(error) => error.code(),
            Self::Claim(claim, fault) => codes!(
                claim, fault, Issuer "iss", Subject "sub", Audience "aud", AuthorizedParty "azp", Expiry "exp",
                NotBefore "nbf", IssuedAt "iat", Nonce "nonce", AuthenticationContext "acr", AuthTime "auth_time",
                AccessTokenHash "at_hash", CodeHash "c_hash", Tenant "tid"
            ),
            Self::NowMissing => "now_missing",
        }
    }

    /// Whether the key set held no key for this token, so that fetching it again may help.
    #[must_use]
    pub fn is_key_not_found(&self) -> bool {
        matches!(self, Self::Signature(SignatureError::KeyNotFound))
    }
}

impl ClaimName {
    /// The claim's name in the token.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Issuer => "iss",
            Self::Subject => "sub",
            Self::Audience => "aud",
            Self::AuthorizedParty => "azp",
            Self::Expiry => "exp",
            Self::NotBefore => "nbf",
            Self::IssuedAt => "iat",
            Self::Nonce => "nonce",
            Self::AuthenticationContext => "acr",
            Self::AuthTime => "auth_time",
            Self::AccessTokenHash => "at_hash",
            Self::CodeHash => "c_hash",
            Self::Tenant => "tid",
        }
    }
}

impl fmt::Display for IdTokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Decode(error) => error.fmt(f),
            Self::Signature(error) => error.fmt(f),
            Self::TokenType => f.write_str(
                "the header's typ says that this is another kind of token; an ID token has JWT or none: \
                 check that an access or logout token was not handed over in its place",
            ),
            Self::NowMissing => f.write_str("no time was given to compare with; call Expected::now, or validate_at"),
            Self::Claim(claim, fault) => {
                write!(f, "the ID token's claim {} ", claim.as_str())?;
                f.write_str(match fault {
                    Fault::Missing => "is missing",
                    Fault::WrongType => "has the wrong JSON type",
                    Fault::Empty => "is empty",
                    Fault::Mismatch => "is not what was expected; the token may be of another issuer, client or login",
                    Fault::Untrusted => "names an audience that is neither this client nor one it trusts",
                    Fault::Unasked => "is there, though the request sent none; the token may be of another login",
                    Fault::OutOfRange => "is no date between 1970 and 9999, in seconds",
                    Fault::Expired => "is past; sign in again, or check this machine's clock",
                    Fault::NotYetValid => "is still to come; check this machine's clock",
                    Fault::InTheFuture => "lies in the future; check this machine's clock",
                    Fault::TooOld => "is longer ago than is accepted; sign in again",
                    Fault::TooLong => "has more than 255 characters",
                    Fault::BadCharacter => "has a character outside printable ASCII",
                })
            }
        }
    }
}

impl std::error::Error for IdTokenError {}

impl From<DecodeError> for IdTokenError {
    fn from(error: DecodeError) -> Self {
        // A date that no number can hold is a fault of its claim, and said as such.
        if let DecodeError::NumberOutOfRange(Segment::Payload, Some(name)) = error {
            let dates = [ClaimName::Expiry, ClaimName::NotBefore, ClaimName::IssuedAt, ClaimName::AuthTime];
            if let Some(claim) = dates.into_iter().find(|claim| claim.as_str() == name) {
                return Self::Claim(claim, Fault::OutOfRange);
            }
        }
        Self::Decode(error)
    }
}

impl From<SignatureError> for IdTokenError {
    fn from(error: SignatureError) -> Self {
        Self::Signature(error)
    }
}

impl From<JwsError> for IdTokenError {
    fn from(error: JwsError) -> Self {
        match error {
            JwsError::Decode(error) => error.into(),
            JwsError::Signature(error) => error.into(),
        }
    }
}
