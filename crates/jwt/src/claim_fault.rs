//! Which claim breaks a rule, and how.

use std::fmt;

use crate::decode_error::{DecodeError, Segment};
use crate::shown::shown;
use crate::signature_error::SignatureError;

/// A claim that a rule reads.
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
    /// `client_id`
    ClientId,
    /// `jti`
    TokenId,
    /// `scope`
    Scope,
    /// `cnf`
    Confirmation,
    /// `token_use`
    TokenUse,
    /// `typ`, the claim that some issuers use in addition to the header's `typ`
    TokenKind,
    /// `s_hash`
    StateHash,
    /// `sid`
    Session,
    /// `events`
    Events,
    /// `htm`
    Method,
    /// `htu`
    Url,
    /// `ath`
    TokenDigest,
}

impl ClaimName {
    /// Returns the claim's name in the token.
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
            Self::ClientId => "client_id",
            Self::TokenId => "jti",
            Self::Scope => "scope",
            Self::Confirmation => "cnf",
            Self::TokenUse => "token_use",
            Self::TokenKind => "typ",
            Self::StateHash => "s_hash",
            Self::Session => "sid",
            Self::Events => "events",
            Self::Method => "htm",
            Self::Url => "htu",
            Self::TokenDigest => "ath",
        }
    }
}

/// What is wrong with a claim. A claim whose value is `null` counts as absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ClaimFault {
    /// `missing`: the claim is required, and absent.
    Missing,
    /// `wrong_type`: the claim has another JSON type than its definition.
    WrongType,
    /// `empty`: the claim is an empty string or array.
    Empty,
    /// `mismatch`: the claim is not what was expected.
    Mismatch,
    /// `untrusted`: the claim names an audience that is neither the client nor trusted.
    Untrusted,
    /// `unasked`: the token has a nonce, although none was sent.
    Unasked,
    /// `out_of_range`: the claim is a date before 1970 or after 9999.
    OutOfRange,
    /// `expired`: the time in `exp` is past.
    Expired,
    /// `not_yet_valid`: the time in `nbf` is in the future.
    NotYetValid,
    /// `in_the_future`: the time of a past event, such as `iat`, is in the future.
    InTheFuture,
    /// `too_old`: the time of the event is longer ago than is accepted.
    TooOld,
    /// `too_long`: the claim has more than 255 characters.
    TooLong,
    /// `bad_character`: the claim has a character outside printable ASCII.
    BadCharacter,
    /// `forbidden`: the claim belongs to another kind of token.
    Forbidden,
    /// `insufficient`: the claim lacks a scope that the request needs.
    Insufficient,
    /// `unconfirmed`: the token is bound to a key or a certificate, and the request does not prove that its sender has it.
    Unconfirmed,
}

/// The two values of a failed comparison of `iss`, `aud`, `azp` or `htu`, which are not secret and do not identify a user. Each
/// is shortened to 123 characters, and reduced to printable ASCII.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Compared {
    /// The expected value.
    pub expected: String,
    /// The value in the token.
    pub received: String,
}

/// The first rule that a token breaks.
#[derive(Debug)]
pub(crate) enum Broken {
    Decode(DecodeError),
    /// Holds the header's `typ`, if there is one.
    TokenType(Option<String>),
    Signature(SignatureError),
    Claim(ClaimName, ClaimFault, Option<Compared>),
}

impl Broken {
    pub(crate) fn compared(claim: ClaimName, fault: ClaimFault, expected: &str, received: &str) -> Self {
        let compared = Compared { expected: shown(expected), received: shown(received) };
        Self::Claim(claim, fault, Some(compared))
    }
}

impl From<DecodeError> for Broken {
    fn from(error: DecodeError) -> Self {
        // A date that no number can hold is a fault of its claim, and named as such.
        if let DecodeError::NumberOutOfRange { segment: Segment::Payload, member: Some(name) } = error {
            let dates = [ClaimName::Expiry, ClaimName::NotBefore, ClaimName::IssuedAt, ClaimName::AuthTime];
            if let Some(claim) = dates.into_iter().find(|claim| claim.as_str() == name) {
                return Self::Claim(claim, ClaimFault::OutOfRange, None);
            }
        }
        Self::Decode(error)
    }
}

impl From<SignatureError> for Broken {
    fn from(error: SignatureError) -> Self {
        Self::Signature(error)
    }
}

/// Writes what is wrong with the claim of a `kind` of token.
pub(crate) fn describe(
    f: &mut fmt::Formatter<'_>,
    kind: &str,
    claim: ClaimName,
    fault: ClaimFault,
    compared: Option<&Compared>,
) -> fmt::Result {
    write!(f, "the {kind}'s claim {} ", claim.as_str())?;
    f.write_str(match fault {
        ClaimFault::Missing => "is missing",
        ClaimFault::WrongType => "has the wrong JSON type",
        ClaimFault::Empty => "is empty",
        ClaimFault::Mismatch => match (kind, claim) {
            (_, ClaimName::Method | ClaimName::Url) => {
                "is not that of the request; behind a proxy, check the URL that the API is configured with"
            }
            (_, ClaimName::TokenDigest) => "is not the hash of the access token that came with it",
            ("access token", _) => "is not what was expected; the token may be of another issuer or for another API",
            _ => "is not what was expected; the token may be of another issuer, client or login",
        },
        ClaimFault::Untrusted => {
            "names an audience that is neither this client nor trusted; if it belongs to this client, name it with \
             trusted_audiences or trusted_audiences_by"
        }
        ClaimFault::Unasked => "is present although the request sent none; the token may be of another login",
        ClaimFault::OutOfRange => "is not a date between 1970 and 9999, in seconds",
        ClaimFault::Expired => "is past; the client needs a new token, or this machine's clock is wrong",
        ClaimFault::NotYetValid => "is in the future; check this machine's clock",
        ClaimFault::InTheFuture => "lies in the future; check this machine's clock",
        ClaimFault::TooOld if kind == "DPoP proof" => {
            "is longer ago than is accepted; the client needs a new proof for each request, or a clock is wrong"
        }
        ClaimFault::TooOld => "is longer ago than is accepted; the user has to sign in again",
        ClaimFault::TooLong => "has more than 255 characters",
        ClaimFault::BadCharacter => "has a character outside printable ASCII",
        ClaimFault::Forbidden => "must be absent; the token is of another kind, such as an ID token or a logout token",
        ClaimFault::Insufficient => "lacks a scope that the request needs; the client has to ask for it",
        ClaimFault::Unconfirmed => {
            "binds the token to a key or a certificate, and the request does not prove possession; pass the request's DPoP \
             proof or client certificate with Required"
        }
    })?;
    match compared {
        Some(Compared { expected, received }) => write!(f, " (expected: {expected}; received: {received})"),
        None => Ok(()),
    }
}

/// The code of a claim's fault, with a prefix: one table, so that none can be forgotten or given twice.
macro_rules! claim_code {
    ($prefix:literal, $claim:expr, $fault:expr) => {
        $crate::claim_fault::claim_code!(
            @claims $prefix, $claim, $fault, Issuer "iss", Subject "sub", Audience "aud", AuthorizedParty "azp",
            Expiry "exp", NotBefore "nbf", IssuedAt "iat", Nonce "nonce", AuthenticationContext "acr",
            AuthTime "auth_time", AccessTokenHash "at_hash", CodeHash "c_hash", Tenant "tid",
            ClientId "client_id", TokenId "jti", Scope "scope", Confirmation "cnf", TokenUse "token_use",
            TokenKind "kind", StateHash "s_hash", Session "sid", Events "events",
            Method "htm", Url "htu", TokenDigest "ath"
        )
    };
    (@claims $prefix:literal, $claim:expr, $fault:expr, $($name:ident $word:literal),*) => {
        match $claim {
            $($crate::claim_fault::ClaimName::$name => match $fault {
                $crate::claim_fault::ClaimFault::Missing => concat!($prefix, $word, "_missing"),
                $crate::claim_fault::ClaimFault::WrongType => concat!($prefix, $word, "_wrong_type"),
                $crate::claim_fault::ClaimFault::Empty => concat!($prefix, $word, "_empty"),
                $crate::claim_fault::ClaimFault::Mismatch => concat!($prefix, $word, "_mismatch"),
                $crate::claim_fault::ClaimFault::Untrusted => concat!($prefix, $word, "_untrusted"),
                $crate::claim_fault::ClaimFault::Unasked => concat!($prefix, $word, "_unasked"),
                $crate::claim_fault::ClaimFault::OutOfRange => concat!($prefix, $word, "_out_of_range"),
                $crate::claim_fault::ClaimFault::Expired => concat!($prefix, $word, "_expired"),
                $crate::claim_fault::ClaimFault::NotYetValid => concat!($prefix, $word, "_not_yet_valid"),
                $crate::claim_fault::ClaimFault::InTheFuture => concat!($prefix, $word, "_in_the_future"),
                $crate::claim_fault::ClaimFault::TooOld => concat!($prefix, $word, "_too_old"),
                $crate::claim_fault::ClaimFault::TooLong => concat!($prefix, $word, "_too_long"),
                $crate::claim_fault::ClaimFault::BadCharacter => concat!($prefix, $word, "_bad_character"),
                $crate::claim_fault::ClaimFault::Forbidden => concat!($prefix, $word, "_forbidden"),
                $crate::claim_fault::ClaimFault::Insufficient => concat!($prefix, $word, "_insufficient"),
                $crate::claim_fault::ClaimFault::Unconfirmed => concat!($prefix, $word, "_unconfirmed"),
            },)*
        }
    };
}
pub(crate) use claim_code;

/// Makes the error of one kind of token from the first rule that it breaks. `$typ` turns the header's `typ`, if there is
/// one, into what the variant `TokenType` holds.
macro_rules! from_broken {
    ($error:ident, $typ:expr) => {
        impl std::error::Error for $error {}

        impl From<$crate::claim_fault::Broken> for $error {
            fn from(broken: $crate::claim_fault::Broken) -> Self {
                use $crate::claim_fault::Broken;
                match broken {
                    Broken::Decode(error) => Self::Decode(error),
                    Broken::TokenType(received) => Self::TokenType($typ(received)),
                    Broken::Signature(error) => Self::Signature(error),
                    Broken::Claim(claim, fault, compared) => Self::Claim { claim, fault, compared },
                }
            }
        }
    };
}

pub(crate) use from_broken;
