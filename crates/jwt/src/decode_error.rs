//! Why a text is not a compact token that this crate accepts.

use std::fmt;

use crate::json_reader::JsonFault;
use crate::limits::{MAX_AUDIENCES, MAX_HEADER_BYTES, MAX_MEMBERS, MAX_NESTING, MAX_SIGNATURE_BYTES, MAX_TOKEN_BYTES};

/// A part of a compact token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Segment {
    /// The first part: the JOSE header.
    Header,
    /// The second part: the claims, or another payload.
    Payload,
    /// The third part: the signature.
    Signature,
}

impl Segment {
    fn name(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::Payload => "payload",
            Self::Signature => "signature",
        }
    }
}

/// The error for a text that is not a signed compact token, or that this crate refuses.
///
/// It shows names of parts, positions and counts. The only content of the token that it shows is the name of an unknown
/// algorithm.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecodeError {
    /// `jwt_too_large`: the token is larger than [`MAX_TOKEN_BYTES`].
    TokenTooLarge {
        /// Its size, in bytes.
        length: usize,
    },
    /// `jwt_header_too_large`: the header segment is larger than [`MAX_HEADER_BYTES`].
    HeaderTooLarge {
        /// Its size, in bytes of base64url text.
        length: usize,
    },
    /// `jwt_signature_too_large`: the signature is larger than [`MAX_SIGNATURE_BYTES`].
    SignatureTooLarge,
    /// `jwt_json_serialization`: the text is the JSON serialization of RFC 7515 section 7.2.
    JsonSerialization,
    /// `jwt_encrypted_token`: the token has five parts, so it is a JWE (RFC 7516). Decryption is not supported.
    EncryptedToken,
    /// `jwt_segment_count`: the token does not have three parts.
    SegmentCount {
        /// Their number, counted up to six.
        count: usize,
    },
    /// `jwt_payload_empty`: the payload is empty, and an object of claims is required.
    PayloadEmpty,
    /// `jwt_bad_base64url`: a part is not strict base64url.
    BadBase64Url {
        /// The part.
        segment: Segment,
        /// The position in its text, in bytes from 0.
        position: usize,
    },
    /// `jwt_not_utf8`: the bytes of a part are not UTF-8.
    NotUtf8(Segment),
    /// `jwt_bad_json`: a part is not JSON.
    BadJson {
        /// The part.
        segment: Segment,
        /// The position in the decoded part, in bytes from 0.
        position: usize,
    },
    /// `jwt_not_an_object`: a part is JSON, but not an object.
    NotAnObject(Segment),
    /// `jwt_duplicate_member`: two members of one object have the same name.
    DuplicateMember(Segment),
    /// `jwt_nested_too_deep`: a part is nested deeper than [`MAX_NESTING`].
    NestedTooDeep(Segment),
    /// `jwt_too_many_members`: an object has more members than [`MAX_MEMBERS`].
    TooManyMembers(Segment),
    /// `jwt_number_out_of_range`: a number is beyond the range of an `f64`.
    NumberOutOfRange {
        /// The part.
        segment: Segment,
        /// The name of the claim, if it is a registered one.
        member: Option<&'static str>,
    },
    /// `jwt_too_many_audiences`: `aud` has more audiences than [`MAX_AUDIENCES`].
    TooManyAudiences {
        /// Their number.
        count: usize,
    },
    /// `jwt_alg_missing`: the header has no `alg`.
    AlgMissing,
    /// `jwt_alg_not_a_string`: `alg` is not a string.
    AlgNotAString,
    /// `jwt_alg_empty`: `alg` is the empty string.
    AlgEmpty,
    /// `jwt_alg_none`: `alg` is `none`, in any case: the token is unsigned.
    AlgNone,
    /// `jwt_alg_unknown`: no algorithm of this crate has the name in `alg`. Holds that name.
    AlgUnknown(String),
    /// `jwt_crit_not_an_array`: `crit` is not an array of strings.
    CritNotAnArray,
    /// `jwt_crit_empty`: `crit` is an empty array.
    CritEmpty,
    /// `jwt_crit_duplicate`: `crit` names a header parameter twice.
    CritDuplicate,
    /// `jwt_crit_registered`: `crit` names a header parameter that RFC 7515 or RFC 7518 defines.
    CritRegistered,
    /// `jwt_crit_absent`: `crit` names a header parameter that is absent.
    CritAbsent,
    /// `jwt_crit_unsupported`: `crit` names an extension. This crate supports none.
    CritUnsupported,
    /// `jwt_b64_unsupported`: the header has `b64` (RFC 7797).
    B64Unsupported,
    /// `jwt_header_wrong_type`: a header parameter has another JSON type than its definition. Holds its name.
    HeaderWrongType(&'static str),
}

impl DecodeError {
    /// Returns the stable code, given with each variant.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TokenTooLarge { .. } => "jwt_too_large",
            Self::HeaderTooLarge { .. } => "jwt_header_too_large",
            Self::SignatureTooLarge => "jwt_signature_too_large",
            Self::JsonSerialization => "jwt_json_serialization",
            Self::EncryptedToken => "jwt_encrypted_token",
            Self::SegmentCount { .. } => "jwt_segment_count",
            Self::PayloadEmpty => "jwt_payload_empty",
            Self::BadBase64Url { .. } => "jwt_bad_base64url",
            Self::NotUtf8(_) => "jwt_not_utf8",
            Self::BadJson { .. } => "jwt_bad_json",
            Self::NotAnObject(_) => "jwt_not_an_object",
            Self::DuplicateMember(_) => "jwt_duplicate_member",
            Self::NestedTooDeep(_) => "jwt_nested_too_deep",
            Self::TooManyMembers(_) => "jwt_too_many_members",
            Self::NumberOutOfRange { .. } => "jwt_number_out_of_range",
            Self::TooManyAudiences { .. } => "jwt_too_many_audiences",
            Self::AlgMissing => "jwt_alg_missing",
            Self::AlgNotAString => "jwt_alg_not_a_string",
            Self::AlgEmpty => "jwt_alg_empty",
            Self::AlgNone => "jwt_alg_none",
            Self::AlgUnknown(_) => "jwt_alg_unknown",
            Self::CritNotAnArray => "jwt_crit_not_an_array",
            Self::CritEmpty => "jwt_crit_empty",
            Self::CritDuplicate => "jwt_crit_duplicate",
            Self::CritRegistered => "jwt_crit_registered",
            Self::CritAbsent => "jwt_crit_absent",
            Self::CritUnsupported => "jwt_crit_unsupported",
            Self::B64Unsupported => "jwt_b64_unsupported",
            Self::HeaderWrongType(_) => "jwt_header_wrong_type",
        }
    }

    pub(crate) fn from_json(segment: Segment, fault: JsonFault, claim: Option<&'static str>) -> Self {
        match fault {
            JsonFault::NotUtf8 => Self::NotUtf8(segment),
            JsonFault::Malformed(position) => Self::BadJson { segment, position },
            JsonFault::TooDeep => Self::NestedTooDeep(segment),
            JsonFault::TooManyMembers => Self::TooManyMembers(segment),
            JsonFault::NumberOutOfRange { .. } => Self::NumberOutOfRange { segment, member: claim },
        }
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TokenTooLarge { length } => {
                write!(f, "the token has {length} bytes, more than the limit of {MAX_TOKEN_BYTES}")
            }
            Self::HeaderTooLarge { length } => {
                write!(f, "the token's header segment has {length} bytes, more than the limit of {MAX_HEADER_BYTES}")
            }
            Self::SignatureTooLarge => {
                write!(f, "the token's signature is longer than the {MAX_SIGNATURE_BYTES} bytes of the largest key")
            }
            Self::JsonSerialization => f.write_str(
                "this is the JSON serialization of a JWS; ask the issuer for the compact one (header.payload.signature)",
            ),
            Self::EncryptedToken => f.write_str(
                "the token has five parts, so it is encrypted (JWE), which is unsupported; \
                 register the client without id_token_encrypted_response_alg",
            ),
            Self::SegmentCount { count } => {
                write!(f, "the token has {count} parts; a signed compact token has three, with dots between")
            }
            Self::PayloadEmpty => f.write_str(
                "the token's payload is empty, and an object of claims was expected; a payload that is sent apart from \
                 the token (detached content) is unsupported",
            ),
            Self::BadBase64Url { segment, position: at } => write!(
                f,
                "the token's {} is not base64url without padding: see position {at} of that part",
                segment.name()
            ),
            Self::NotUtf8(segment) => write!(f, "the token's {} is not UTF-8", segment.name()),
            Self::BadJson { segment, position } => {
                write!(f, "the token's {} is not JSON: see byte {position} of it", segment.name())
            }
            Self::NotAnObject(segment) => {
                write!(f, "the token's {} is JSON, but not an object", segment.name())
            }
            Self::DuplicateMember(segment) => {
                write!(f, "an object in the token's {} has two members of the same name", segment.name())
            }
            Self::NestedTooDeep(segment) => {
                write!(f, "the token's {} is nested deeper than {MAX_NESTING}", segment.name())
            }
            Self::TooManyMembers(segment) => {
                write!(f, "an object in the token's {} has more than {MAX_MEMBERS} members", segment.name())
            }
            Self::NumberOutOfRange { segment, member: Some(claim) } => {
                write!(f, "a number in {claim} of the token's {} is too large to hold", segment.name())
            }
            Self::NumberOutOfRange { segment, member: None } => {
                write!(f, "a number in the token's {} is too large to hold", segment.name())
            }
            Self::TooManyAudiences { count } => {
                write!(f, "the claim aud names {count} audiences, more than the limit of {MAX_AUDIENCES}")
            }
            Self::AlgMissing => f.write_str("the token's header has no alg"),
            Self::AlgNotAString => f.write_str("the token's header has an alg that is not a string"),
            Self::AlgEmpty => f.write_str("the token's header has an empty alg"),
            Self::AlgNone => f.write_str("the token's alg is none: it is unsigned, and never accepted"),
            Self::AlgUnknown(name) => write!(
                f,
                "the token's alg \"{name}\" is not an algorithm of this crate (RS, PS, ES and HS with 256, 384, 512; EdDSA)"
            ),
            Self::CritNotAnArray => f.write_str("the token's crit header is not an array of strings"),
            Self::CritEmpty => f.write_str("the token's crit header is an empty array"),
            Self::CritDuplicate => f.write_str("the token's crit header names a parameter twice"),
            Self::CritRegistered => {
                f.write_str("the token's crit header names a parameter of RFC 7515 itself, which it must not")
            }
            Self::CritAbsent => f.write_str("the token's crit header names a parameter that is not in the header"),
            Self::CritUnsupported => {
                f.write_str("the token's crit header demands an extension; this crate supports none")
            }
            Self::B64Unsupported => f.write_str("the token's header has b64 (RFC 7797), which is unsupported"),
            Self::HeaderWrongType(name) => {
                write!(f, "the token's header parameter {name} has the wrong JSON type")
            }
        }
    }
}

impl std::error::Error for DecodeError {}
