//! The cases: one lie each, and what must come of it.

use proofkey_authority::Lie;
use proofkey_authority::lie::{JsonEdit, ParamEdit};

use crate::place::Twist;
use crate::play::{Miss, Seen};

/// One lie, and what the client must do.
#[derive(Debug)]
pub struct Case {
    /// The requirement, and a name.
    pub id: &'static str,
    /// The keyword of the specification.
    pub level: &'static str,
    /// The part of the specification (MCP 2026-07-28 unless another is named).
    pub section: &'static str,
    /// What happens.
    pub what: &'static str,
    /// What the MCP server does.
    pub twist: Twist,
    /// What the authorization server does.
    pub lie: Option<Lie>,
    /// Whether the client must refuse, which only one that is not refused elsewhere can show.
    pub is_refusal: bool,
    /// Whether the client may go on waiting. A listener that any page can reach does well to wait for a callback with the
    /// right state.
    pub may_wait: bool,
    /// What must have been seen. An error says what was seen instead.
    pub judge: fn(&Seen) -> Result<(), Miss>,
    /// The defect of the reference client that this case finds.
    pub mutant: &'static str,
}

/// Every case.
#[must_use]
pub fn cases() -> Vec<Case> {
    let honest = |id, level, section, what, judge, mutant| Case {
        id,
        level,
        section,
        what,
        twist: Twist::None,
        lie: None,
        is_refusal: false,
        may_wait: false,
        judge,
        mutant,
    };
    let resource = |id, what, value| Case {
        twist: Twist::Resource(value),
        is_refusal: true,
        ..honest(id, "MUST", "RFC 9728 3.3", what, Seen::refused_the_resource, "resource-unchecked")
    };
    let metadata = |id, section, what, edits: Vec<JsonEdit>, mutant| Case {
        lie: Some(Lie::metadata(edits)),
        is_refusal: true,
        ..honest(id, "MUST", section, what, Seen::refused_the_issuer, mutant)
    };
    let callback = |id, level, section, what, edits: Vec<ParamEdit>, mutant| Case {
        lie: Some(Lie::callback(edits)),
        is_refusal: true,
        ..honest(id, level, section, what, Seen::is_refused_before_exchange, mutant)
    };
    let state = |id, what, edit| Case {
        may_wait: true,
        ..callback(id, "SHOULD", "Open Redirection", what, vec![edit], "state-unchecked")
    };
    vec![
        Case {
            twist: Twist::MetadataElsewhere,
            ..honest(
                "MC-01/address-of-the-challenge",
                "MUST",
                "Protected Resource Metadata Discovery",
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
                "Protected Resource Metadata Discovery",
                "The challenge names no address, and the metadata are at the root.",
                Seen::asked_path_then_root,
                "root-first",
            )
        },
        resource("MC-03/resource-of-another-origin", "resource is of another origin.", "https://other.example/mcp"),
        resource("MC-03/resource-longer", "resource is the server's URL with a character behind it.", "{url}2"),
        resource("MC-03/resource-absent", "The metadata have no resource.", ""),
        metadata(
            "MC-05/issuer-of-another",
            "Authorization Server Metadata Discovery",
            "issuer is another one.",
            vec![JsonEdit::set("issuer", "https://other.example")],
            "issuer-unchecked",
        ),
        metadata(
            "MC-05/issuer-with-a-slash",
            "Authorization Server Metadata Discovery",
            "issuer has a slash behind it.",
            vec![JsonEdit::set("issuer", "{issuer}/")],
            "issuer-unchecked",
        ),
        metadata(
            "MC-10/pkce-not-announced",
            "Authorization Code Protection",
            "code_challenge_methods_supported is absent.",
            vec![JsonEdit::remove("code_challenge_methods_supported")],
            "pkce-unchecked",
        ),
        metadata(
            "MC-11/plain-only",
            "Authorization Code Protection",
            "code_challenge_methods_supported has only plain.",
            vec![JsonEdit::set("code_challenge_methods_supported", serde_json::json!(["plain"]))],
            "pkce-unchecked",
        ),
        callback(
            "MC-07/iss-of-another",
            "MUST",
            "Authorization Response Validation",
            "iss of the callback is another issuer.",
            vec![ParamEdit::set("iss", "https://other.example")],
            "iss-unchecked",
        ),
        callback(
            "MC-07/iss-with-a-slash",
            "MUST",
            "Authorization Response Validation",
            "iss of the callback has a slash behind it.",
            vec![ParamEdit::set("iss", "{issuer}/")],
            "iss-unchecked",
        ),
        callback(
            "MC-07/iss-absent",
            "MUST",
            "Authorization Response Validation",
            "iss of the callback is announced, and absent.",
            vec![ParamEdit::remove("iss")],
            "iss-unchecked",
        ),
        Case {
            judge: Seen::shows_no_error_text,
            ..callback(
                "MC-09/error-of-another-issuer",
                "MUST NOT",
                "Authorization Response Validation",
                "An error response has the iss of another issuer.",
                vec![
                    ParamEdit::remove("code"),
                    ParamEdit::set("error", "access_denied"),
                    ParamEdit::set("error_description", crate::play::ERROR_TEXT),
                    ParamEdit::set("iss", "https://other.example"),
                ],
                "error-before-iss",
            )
        },
        state("MC-27/state-of-another", "state of the callback is another text.", ParamEdit::set("state", "other")),
        state("MC-27/state-absent", "The callback has no state.", ParamEdit::remove("state")),
        honest(
            "MC-12/s256",
            "MUST",
            "Authorization Code Protection",
            "Everything is honest: the challenge is S256.",
            Seen::sent_s256,
            "plain",
        ),
        honest(
            "MC-13/resource-in-both-requests",
            "MUST",
            "Resource Parameter Implementation",
            "Everything is honest: both requests name the server.",
            Seen::sent_resource,
            "no-resource",
        ),
        Case {
            twist: Twist::TokenExpires,
            ..honest(
                "MC-14/resource-in-the-refresh",
                "MUST",
                "Resource Parameter Implementation",
                "The token is refused once: the refresh names the server.",
                Seen::refreshed_with_resource,
                "refresh-without-resource",
            )
        },
        honest(
            "MC-18/application-type",
            "MUST",
            "Application Type and Redirect URI Constraints",
            "Everything is honest: the registration has an application_type.",
            Seen::sent_application_type,
            "no-application-type",
        ),
        honest(
            "MC-22/scope-of-the-challenge",
            "SHOULD",
            "Scope Selection Strategy",
            "Everything is honest: the scope is that of the challenge.",
            Seen::asked_the_challenged_scope,
            "scope-of-the-issuer",
        ),
        Case {
            twist: Twist::MoreScopes(1),
            ..honest(
                "MC-23/union",
                "SHOULD",
                "Step-Up Authorization Flow",
                "A second scope is needed: both are asked for.",
                Seen::asked_for_both_scopes,
                "step-up-forgets",
            )
        },
        Case {
            twist: Twist::MoreScopes(usize::MAX),
            ..honest(
                "MC-24/step-up-without-end",
                "SHOULD",
                "Step-Up Authorization Flow",
                "The server always wants another scope.",
                Seen::gave_up,
                "endless",
            )
        },
        Case {
            twist: Twist::RefusesAlways,
            ..honest(
                "MC-24/refusals-without-end",
                "SHOULD",
                "Step-Up Authorization Flow",
                "The server refuses every token.",
                Seen::gave_up,
                "endless",
            )
        },
        honest(
            "MC-25/token-in-the-header",
            "MUST",
            "Token Requirements",
            "Everything is honest: the token is in the header of each request, and in no query.",
            Seen::sent_the_token_in_the_header,
            "token-in-the-query",
        ),
    ]
}
