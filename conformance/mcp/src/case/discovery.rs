//! Before the user is asked: metadata and registration.

use proofkey_authority::lie::{JsonEdit, ResponseEdit, When};
use proofkey_authority::{Endpoint, Lie};

use super::{Case, honest};
use crate::place::Twist;
use crate::play::Seen;

const PROTECTED_RESOURCE: &str = "Protected Resource Metadata Discovery Requirements";
const AUTHORIZATION_SERVER: &str = "Authorization Server Metadata Discovery";
const CODE_PROTECTION: &str = "Authorization Code Protection";
const APPLICATION_TYPE: &str = "Application Type and Redirect URI Constraints";

pub(super) fn cases() -> Vec<Case> {
    let resource = |id, what, value| Case {
        twist: Twist::Resource(value),
        is_refusal: true,
        ..honest(id, "MUST", "RFC 9728 3.3", what, Seen::refused_the_resource, "resource-unchecked")
    };
    let metadata = |id, section, what, edit: JsonEdit, mutant| Case {
        lie: Some(Lie::metadata([edit])),
        is_refusal: true,
        ..honest(id, "MUST", section, what, Seen::refused_the_issuer, mutant)
    };
    let endpoint = |id, section, what, url: &str, mutant| {
        metadata(id, section, what, JsonEdit::set("authorization_endpoint", url), mutant)
    };
    vec![
        Case {
            twist: Twist::MetadataElsewhere,
            ..honest(
                "MC-01/address-of-the-challenge",
                "MUST",
                PROTECTED_RESOURCE,
                "The metadata are only where the challenge says.",
                Seen::has_access,
                "challenge-ignored",
            )
        },
        Case {
            twist: Twist::MetadataAtRoot,
            ..honest(
                "MC-02/path-then-root",
                "MUST",
                PROTECTED_RESOURCE,
                "The challenge names no address, and the metadata are at the root.",
                Seen::asked_path_then_root,
                "root-first",
            )
        },
        resource("MC-03/resource-of-another-origin", "resource is of another origin.", "https://other.example/mcp"),
        resource("MC-03/resource-longer", "resource is the server's URL with a character behind it.", "{url}2"),
        resource("MC-03/resource-with-a-slash", "resource is the server's URL with a slash behind it.", "{url}/"),
        resource("MC-03/resource-in-capitals", "resource is the server's URL with its path in capitals.", "{base}/MCP"),
        resource("MC-03/resource-shorter", "resource is the server's origin.", "{base}"),
        resource("MC-03/resource-absent", "The metadata have no resource.", ""),
        Case {
            twist: Twist::IssuerWithPath,
            lie: Some(Lie::response(Endpoint::Metadata, [ResponseEdit::Status(404)]).only(When::First)),
            ..honest(
                "MC-04/three-addresses",
                "MUST",
                AUTHORIZATION_SERVER,
                "The issuer has a path, and its metadata are at the last of three addresses.",
                Seen::tried_three_addresses,
                "one-address",
            )
        },
        metadata(
            "MC-05/issuer-of-another",
            AUTHORIZATION_SERVER,
            "issuer is another one.",
            JsonEdit::set("issuer", "https://other.example"),
            "issuer-unchecked",
        ),
        metadata(
            "MC-05/issuer-with-a-slash",
            AUTHORIZATION_SERVER,
            "issuer has a slash behind it.",
            JsonEdit::set("issuer", "{issuer}/"),
            "issuer-unchecked",
        ),
        metadata(
            "MC-10/pkce-not-announced",
            CODE_PROTECTION,
            "code_challenge_methods_supported is absent.",
            JsonEdit::remove("code_challenge_methods_supported"),
            "pkce-unchecked",
        ),
        metadata(
            "MC-11/plain-only",
            CODE_PROTECTION,
            "code_challenge_methods_supported has only plain.",
            JsonEdit::set("code_challenge_methods_supported", serde_json::json!(["plain"])),
            "pkce-unchecked",
        ),
        honest(
            "MC-18/application-type",
            "MUST",
            APPLICATION_TYPE,
            "Everything is honest: the registration has an application_type.",
            Seen::sent_application_type,
            "no-application-type",
        ),
        Case {
            lie: Some(Lie::error(Endpoint::Registration, 400, "invalid_redirect_uri")),
            is_refusal: true,
            ..honest(
                "MC-19/registration-refused",
                "MUST",
                APPLICATION_TYPE,
                "The registration is refused: at most one further try, and no login.",
                Seen::gave_up_registration,
                "registration-unchecked",
            )
        },
        endpoint(
            "MC-28/authorization-endpoint-by-http",
            "Communication Security",
            "The authorization endpoint is not on loopback, and without TLS.",
            "http://as.example/authorize",
            "http-unchecked",
        ),
        endpoint(
            "MC-29/authorization-endpoint-a-script",
            "Security Best Practices: OAuth Authorization URL Validation",
            "The authorization endpoint is a javascript: URL.",
            "javascript:alert(1)//",
            "http-unchecked",
        ),
        endpoint(
            "MC-29/authorization-endpoint-a-file",
            "Security Best Practices: OAuth Authorization URL Validation",
            "The authorization endpoint is a file: URL.",
            "file:///usr/bin/true",
            "http-unchecked",
        ),
    ]
}
