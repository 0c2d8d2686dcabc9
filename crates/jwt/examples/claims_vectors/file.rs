//! The files that are written, one for each kind of token.

use super::flags::{Flag, Note};
use super::groups;
use super::vector::Group;

/// What differs between the files.
pub(crate) struct File {
    /// Without `.json`.
    pub(crate) name: &'static str,
    pub(crate) algorithm: &'static str,
    pub(crate) group_type: &'static str,
    /// What a stranger who opens the file has to know at once.
    pub(crate) header: [&'static str; 4],
    /// What a verifier of this kind of token is told.
    pub(crate) fields: &'static [&'static str],
    pub(crate) groups: fn() -> Vec<Group>,
    /// Where a rule that other kinds have too stands for this one.
    sections: &'static [(Flag, &'static str)],
}

impl File {
    pub(crate) fn note(&self, flag: Flag) -> Note {
        let own = self.sections.iter().find(|(known, _)| *known == flag);
        own.map_or(flag.note(), |(_, section)| Note { section, ..flag.note() })
    }
}

const KEYS: &str = "The private keys are published, in RFC 7515 and RFC 8037: never trust a token that they signed.";
const WRITTEN: &str =
    "Written by `cargo xtask vectors`; change crates/jwt/examples/claims_vectors instead of this file.";
const LICENCE: &str = "MIT OR Apache-2.0";

pub(crate) const FILES: [File; 3] = [
    File {
        name: "id_token_claims",
        algorithm: "OpenID Connect ID token",
        group_type: "IdTokenClaims",
        header: [
            "ID tokens, and what OpenID Connect Core 1.0 (errata set 2) and RFC 7519 say of each. README.md beside this file explains it.",
            KEYS,
            WRITTEN,
            LICENCE,
        ],
        fields: &[
            "issuer",
            "client_id",
            "trusted_audiences",
            "nonce",
            "algs",
            "now",
            "skew",
            "max_age",
            "acr_values",
            "access_token",
            "code",
            "front_channel",
        ],
        groups: groups::id_token,
        sections: &[],
    },
    File {
        name: "access_token_claims",
        algorithm: "JWT access token",
        group_type: "AccessTokenClaims",
        header: [
            "JWT access tokens, and what RFC 9068, RFC 9470 and RFC 7519 say of each. README.md beside this file explains it.",
            KEYS,
            WRITTEN,
            LICENCE,
        ],
        fields: &["issuer", "audience", "algs", "now", "skew", "max_age", "acr_values", "scope"],
        groups: groups::access_token::all,
        sections: &[
            (Flag::Normal, "RFC 9068 2.2"),
            (Flag::Missing, "RFC 9068 2.2"),
            (Flag::WrongType, "RFC 9068 2.2; RFC 7519 4.1"),
            (Flag::UnusedClaim, "RFC 9068 2.2.1"),
            (Flag::NullClaim, "RFC 7519 4.1"),
            (Flag::TimeBoundary, "RFC 9068 4; RFC 7519 4.1.4 and 4.1.5"),
            (Flag::Expired, "RFC 9068 4"),
            (Flag::Skew, "RFC 9068 4; RFC 7519 4.1.4 and 4.1.5"),
            (Flag::IssuedAtRange, "RFC 9068 2.2; RFC 7519 4.1.6"),
            (Flag::Issuer, "RFC 9068 4"),
            (Flag::Acr, "RFC 9470 6.2"),
            (Flag::AuthTime, "RFC 9470 6.2"),
            (Flag::AuthTimeInTheFuture, "RFC 9470 6.2"),
            (Flag::UnknownClaim, "RFC 9068 2.2; RFC 7519 4"),
            (Flag::Signature, "RFC 9068 4; RFC 7519 7.2"),
        ],
    },
    File {
        name: "logout_token_claims",
        algorithm: "OpenID Connect logout token",
        group_type: "LogoutTokenClaims",
        header: [
            "Logout tokens, and what OpenID Connect Back-Channel Logout 1.0 and RFC 7519 say of each. README.md beside this file explains it.",
            KEYS,
            WRITTEN,
            LICENCE,
        ],
        fields: &["issuer", "client_id", "algs", "now", "skew"],
        groups: groups::logout_token::all,
        sections: &[
            (Flag::Normal, "Back-Channel Logout 2.4"),
            (Flag::Missing, "Back-Channel Logout 2.4"),
            (Flag::WrongType, "Back-Channel Logout 2.4; RFC 7519 4.1"),
            (Flag::TimeBoundary, "Back-Channel Logout 2.6 (4); RFC 7519 4.1.4 and 4.1.5"),
            (Flag::Expired, "Back-Channel Logout 2.6 (4)"),
            (Flag::Skew, "Back-Channel Logout 2.6 (4); RFC 7519 4.1.4 and 4.1.5"),
            (Flag::IssuedAtRange, "Back-Channel Logout 2.6 (4)"),
            (Flag::Issuer, "Back-Channel Logout 2.6 (4)"),
            (Flag::Audience, "Back-Channel Logout 2.6 (4)"),
            (Flag::UntrustedAudience, "Back-Channel Logout 2.6 (4)"),
            (Flag::Subject, "Back-Channel Logout 2.4; OpenID Connect Core 2"),
            (Flag::EmptyText, "Back-Channel Logout 2.4"),
            (Flag::UnknownClaim, "Back-Channel Logout 2.4; RFC 7519 4"),
            (Flag::Signature, "Back-Channel Logout 2.6 (2, 3)"),
        ],
    },
];
