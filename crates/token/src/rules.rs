//! What counts as an answer: the one place where strictness is decided.
//!
//! Every reader of a response asks here and nowhere else, so that a provider's habit can be
//! allowed by a value of this type and be seen in it.

use http::StatusCode;

/// The rules for reading responses. Strict ones are the only ones there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rules {
    _private: (),
}

impl Rules {
    /// What the specifications say, and nothing beside it.
    pub(crate) const fn strict() -> Self {
        Self { _private: () }
    }

    /// Which status is a success (RFC 6749 section 5.1).
    pub(crate) fn is_success(self, status: StatusCode) -> bool {
        status == StatusCode::OK
    }

    /// With which status an error document is read as one (RFC 6749 section 5.2).
    pub(crate) fn carries_refusal(self, status: StatusCode) -> bool {
        matches!(status, StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED)
    }

    /// Which media type is JSON, by its name without parameters (RFC 6749 section 5.1).
    pub(crate) fn is_json(self, media_type: &str) -> bool {
        media_type.eq_ignore_ascii_case("application/json")
    }

    /// Which `token_type` is a bearer token; `None` when there is none (RFC 6749 sections 5.1 and
    /// 7.1, RFC 6750 section 4).
    pub(crate) fn is_bearer(self, token_type: Option<&str>) -> bool {
        token_type.is_some_and(|name| name.eq_ignore_ascii_case("bearer"))
    }

    /// The digits of `expires_in` out of the JSON text of its value: digits only (RFC 6749
    /// Appendix A.14), so neither a string nor a fraction nor an exponent.
    pub(crate) fn seconds(self, json: &str) -> Option<&str> {
        Some(json).filter(|json| json.bytes().all(|octet| octet.is_ascii_digit()))
    }

    /// The text of `scope` as the grammar wants it: tokens with one space between them (RFC 6749
    /// section 3.3).
    pub(crate) fn scope(self, text: &str) -> &str {
        text
    }
}
