//! Why a DPoP proof is refused.

use std::fmt;

use crate::claim_fault::{ClaimFault, ClaimName, Compared, claim_code, describe, from_broken};
use crate::decode_error::DecodeError;
use crate::signature_error::SignatureError;
use crate::skipped::SkipReason;

/// The error for a DPoP proof that is refused because of its form, its key, its signature, or one claim. No variant holds
/// the key, or a claim other than the URL, without its query.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DpopProofError {
    /// The text is not a compact token with claims. The code is that of the [`DecodeError`].
    Decode(DecodeError),
    /// `dpop_proof_typ_mismatch`: the header's `typ` is not `dpop+jwt`. Holds the `typ`, if there is one.
    TokenType(Option<String>),
    /// The algorithm is not accepted. The code is that of the [`SignatureError`].
    Signature(SignatureError),
    /// `dpop_proof_jwk_missing`: the header has no `jwk`.
    KeyMissing,
    /// The header's `jwk` is not a public key for the algorithm. The code is that of the [`SkipReason`].
    Key(SkipReason),
    /// `dpop_proof_bad_signature`: the signature is not valid under the header's `jwk`.
    BadSignature,
    /// A claim breaks a rule. The code is made of the claim's name and the name of the [`ClaimFault`], such as
    /// `dpop_proof_htu_mismatch`.
    #[non_exhaustive]
    Claim {
        /// The claim.
        claim: ClaimName,
        /// What is wrong with it.
        fault: ClaimFault,
        /// What was expected and received, where neither is secret.
        compared: Option<Compared>,
    },
}

impl DpopProofError {
    /// Returns the stable code, given with each variant.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Decode(error) => error.code(),
            Self::TokenType(_) => "dpop_proof_typ_mismatch",
            Self::Signature(error) => error.code(),
            Self::KeyMissing => "dpop_proof_jwk_missing",
            Self::Key(reason) => reason.code(),
            Self::BadSignature => "dpop_proof_bad_signature",
            Self::Claim { claim, fault, .. } => claim_code!("dpop_proof_", claim, fault),
        }
    }

    /// Returns whether the proof lacks a nonce that the server demands. The response must then carry one in the header
    /// field `DPoP-Nonce` (RFC 9449 section 9).
    #[must_use]
    pub fn is_nonce_needed(&self) -> bool {
        matches!(self, Self::Claim { claim: ClaimName::Nonce, .. })
    }
}

impl fmt::Display for DpopProofError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Decode(error) => error.fmt(f),
            Self::Signature(error) => error.fmt(f),
            Self::TokenType(Some(received)) => {
                write!(f, "the header's typ is \"{received}\"; a DPoP proof has \"dpop+jwt\"")
            }
            Self::TokenType(None) => f.write_str("the header has no typ; a DPoP proof has \"dpop+jwt\""),
            Self::KeyMissing => f.write_str("the DPoP proof's header has no jwk, the sender's public key"),
            Self::Key(reason) => write!(f, "the jwk in the DPoP proof's header cannot be used: {reason}"),
            Self::BadSignature => f.write_str("the DPoP proof's signature is not valid under the jwk in its header"),
            Self::Claim { claim, fault, compared } => describe(f, "DPoP proof", *claim, *fault, compared.as_ref()),
        }
    }
}

from_broken!(DpopProofError, std::convert::identity);
