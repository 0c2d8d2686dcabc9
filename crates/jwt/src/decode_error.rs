//! Why a text is not a compact token that this crate reads.

use std::fmt;

use crate::json_reader::JsonFault;
use crate::limits::{MAX_AUDIENCES, MAX_HEADER, MAX_MEMBERS, MAX_NESTING, MAX_SIGNATURE, MAX_TOKEN};

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

/// The text is not a signed compact token, or uses something that this crate refuses.
///
/// No variant holds any of the token's content: only names of parts, positions and counts.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecodeError {
    /// `token_too_large`: longer than [`MAX_TOKEN`]; its length in octets.
    TokenTooLarge(usize),
    /// `header_too_large`: the header segment is longer than [`MAX_HEADER`]; its length.
    HeaderTooLarge(usize),
    /// `signature_too_large`: the signature is longer than any key's ([`MAX_SIGNATURE`]).
    SignatureTooLarge,
    /// `json_serialization`: the JSON serialization of RFC 7515 section 7.2.
    JsonSerialization,
    /// `encrypted_token`: five parts, so a JWE (RFC 7516). Decryption is not offered.
    EncryptedToken,
    /// `segment_count`: not three parts; how many (counted up to six).
    SegmentCount(usize),
    /// `detached_payload`: the payload part is empty (RFC 7515 appendix F).
    DetachedPayload,
    /// `bad_base64url`: not strict base64url; the part and the position inside it.
    BadBase64Url(Segment, usize),
    /// `not_utf8`: the part's octets are not UTF-8.
    NotUtf8(Segment),
    /// `bad_json`: the part is not JSON; the position in the decoded part, in bytes from 0.
    BadJson(Segment, usize),
    /// `not_an_object`: the part is JSON, but no object.
    NotAnObject(Segment),
    /// `duplicate_member`: two members of one object have the same name.
    DuplicateMember(Segment),
    /// `nested_too_deep`: deeper than [`MAX_NESTING`].
    NestedTooDeep(Segment),
    /// `too_many_members`: an object with more members than [`MAX_MEMBERS`].
    TooManyMembers(Segment),
    /// `number_out_of_range`: a number that 64 bits cannot hold; the claim's name, when it is a registered one.
    NumberOutOfRange(Segment, Option<&'static str>),
    /// `too_many_audiences`: more than [`MAX_AUDIENCES`].
    TooManyAudiences(usize),
    /// `alg_missing`: the header has no `alg`.
    AlgMissing,
    /// `alg_not_a_string`: `alg` is of another JSON type.
    AlgNotAString,
    /// `alg_empty`: `alg` is the empty string.
    AlgEmpty,
    /// `alg_none`: `alg` is `none`, in whatever case: the token is unsigned.
    AlgNone,
    /// `alg_unknown`: no algorithm of this crate has that name.
    AlgUnknown,
    /// `crit_not_an_array`: `crit` is no array of strings.
    CritNotAnArray,
    /// `crit_empty`: `crit` is an empty array.
    CritEmpty,
    /// `crit_duplicate`: `crit` names a header twice.
    CritDuplicate,
    /// `crit_registered`: `crit` names a header that RFC 7515 itself defines.
    CritRegistered,
    /// `crit_absent`: `crit` names a header that is not there.
    CritAbsent,
    /// `crit_unsupported`: `crit` names an extension; this crate understands none.
    CritUnsupported,
    /// `b64_unsupported`: the header has `b64` (RFC 7797).
    B64Unsupported,
    /// `header_wrong_type`: a header parameter has a JSON type that its definition forbids; its name.
    HeaderWrongType(&'static str),
}

impl DecodeError {
    /// The stable name of the failure, as given with each variant.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TokenTooLarge(_) => "token_too_large",
            Self::HeaderTooLarge(_) => "header_too_large",
            Self::SignatureTooLarge => "signature_too_large",
            Self::JsonSerialization => "json_serialization",
            Self::EncryptedToken => "encrypted_token",
            Self::SegmentCount(_) => "segment_count",
            Self::DetachedPayload => "detached_payload",
            Self::BadBase64Url(..) => "bad_base64url",
            Self::NotUtf8(_) => "not_utf8",
            Self::BadJson(..) => "bad_json",
            Self::NotAnObject(_) => "not_an_object",
            Self::DuplicateMember(_) => "duplicate_member",
            Self::NestedTooDeep(_) => "nested_too_deep",
            Self::TooManyMembers(_) => "too_many_members",
            Self::NumberOutOfRange(..) => "number_out_of_range",
            Self::TooManyAudiences(_) => "too_many_audiences",
            Self::AlgMissing => "alg_missing",
            Self::AlgNotAString => "alg_not_a_string",
            Self::AlgEmpty => "alg_empty",
            Self::AlgNone => "alg_none",
            Self::AlgUnknown => "alg_unknown",
            Self::CritNotAnArray => "crit_not_an_array",
            Self::CritEmpty => "crit_empty",
            Self::CritDuplicate => "crit_duplicate",
            Self::CritRegistered => "crit_registered",
            Self::CritAbsent => "crit_absent",
            Self::CritUnsupported => "crit_unsupported",
            Self::B64Unsupported => "b64_unsupported",
            Self::HeaderWrongType(_) => "header_wrong_type",
        }
    }

    pub(crate) fn from_json(segment: Segment, fault: JsonFault, claim: Option<&'static str>) -> Self {
        match fault {
            JsonFault::NotUtf8 => Self::NotUtf8(segment),
            JsonFault::Malformed(position) => Self::BadJson(segment, position),
            JsonFault::TooDeep => Self::NestedTooDeep(segment),
            JsonFault::TooManyMembers => Self::TooManyMembers(segment),
            JsonFault::NumberOutOfRange { .. } => Self::NumberOutOfRange(segment, claim),
        }
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TokenTooLarge(length) => {
                write!(f, "the token has {length} octets, more than the {MAX_TOKEN} that are read")
            }
            Self::HeaderTooLarge(length) => {
                write!(f, "the token's header segment has {length} octets, more than the {MAX_HEADER} that are read")
            }
            Self::SignatureTooLarge => {
                write!(f, "the token's signature is longer than the {MAX_SIGNATURE} octets of the largest key")
            }
            Self::JsonSerialization => f.write_str(
                "this is the JSON serialization of a JWS; ask the issuer for the compact one (header.payload.signature)",
            ),
            Self::EncryptedToken => f.write_str(
                "the token has five parts, so it is encrypted (JWE), which is unsupported; \
                 register the client without id_token_encrypted_response_alg",
            ),
            Self::SegmentCount(count) => {
                write!(f, "the token has {count} parts; a signed compact token has three, with dots between")
            }
            Self::DetachedPayload => {
                f.write_str("the token's payload part is empty (detached content), which is unsupported")
            }
            Self::BadBase64Url(segment, at) => write!(
                f,
                "the token's {} is not base64url without padding: see position {at} of that part",
                segment.name()
            ),
            Self::NotUtf8(segment) => write!(f, "the token's {} is not UTF-8", segment.name()),
            Self::BadJson(segment, position) => {
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
            Self::NumberOutOfRange(segment, Some(claim)) => {
                write!(f, "a number in {claim} of the token's {} is too large to hold", segment.name())
            }
            Self::NumberOutOfRange(segment, None) => {
                write!(f, "a number in the token's {} is too large to hold", segment.name())
            }
            Self::TooManyAudiences(count) => {
                write!(f, "the claim aud names {count} audiences, more than the {MAX_AUDIENCES} that are read")
            }
            Self::AlgMissing => f.write_str("the token's header has no alg"),
            Self::AlgNotAString => f.write_str("the token's header has an alg that is not a string"),
            Self::AlgEmpty => f.write_str("the token's header has an empty alg"),
            Self::AlgNone => f.write_str("the token's alg is none: it is unsigned, and never accepted"),
            Self::AlgUnknown => f.write_str(
                "the token's alg is no algorithm of this crate (RS, PS, ES and HS with 256, 384, 512; EdDSA)",
            ),
            Self::CritNotAnArray => f.write_str("the token's crit header is not an array of strings"),
            Self::CritEmpty => f.write_str("the token's crit header is an empty array"),
            Self::CritDuplicate => f.write_str("the token's crit header has a name twice"),
            Self::CritRegistered => {
                f.write_str("the token's crit header names a parameter of RFC 7515 itself, which it must not")
            }
            Self::CritAbsent => f.write_str("the token's crit header names a parameter that is not in the header"),
            Self::CritUnsupported => {
                f.write_str("the token's crit header demands an extension, and none is understood")
            }
            Self::B64Unsupported => f.write_str("the token's header has b64 (RFC 7797), which is unsupported"),
            Self::HeaderWrongType(name) => {
                write!(f, "the token's header parameter {name} has the wrong JSON type")
            }
        }
    }
}

impl std::error::Error for DecodeError {}
