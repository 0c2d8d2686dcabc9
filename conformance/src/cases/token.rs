//! The token response: RFC 6749 section 5.

use proofkey_authority::lie::JsonEdit;
use proofkey_authority::{Endpoint, Lie};
use serde_json::json;

use super::refuse_after;
use crate::case::{Case, Expect};

pub(super) fn cases() -> Vec<Case> {
    let response = |id, rows, about, classes, mutants, edit| {
        Case::new(id, rows, "token", about, refuse_after(classes), mutants).lie(Lie::token_response([edit]))
    };
    let malformed: &[&str] = &["token_malformed"];
    vec![
        response(
            "OA-36/token-type-unknown",
            &["OA-36", "OA-23", "PK-25"],
            "token_type is mac.",
            &["token_type"],
            &["token-type-ignored"],
            JsonEdit::set("token_type", "mac"),
        ),
        response(
            "OA-36/token-type-missing",
            &["OA-36", "OA-23", "PK-25"],
            "There is no token_type.",
            &["token_type", "token_malformed"],
            &["token-type-missing-ok"],
            JsonEdit::remove("token_type"),
        ),
        response(
            "OA-38/access-token-missing",
            &["OA-38", "OA-23", "PK-25"],
            "There is no access_token.",
            malformed,
            &["access-token-missing-ok"],
            JsonEdit::remove("access_token"),
        ),
        response(
            "OA-38/access-token-empty",
            &["OA-38", "OA-23", "PK-25"],
            "access_token is empty.",
            malformed,
            &["access-token-empty-ok"],
            JsonEdit::set("access_token", ""),
        ),
        response(
            "OA-38/access-token-number",
            &["OA-38", "OA-23", "PK-25"],
            "access_token is a number.",
            malformed,
            &["access-token-number-ok"],
            JsonEdit::set("access_token", 7),
        ),
        Case::new(
            "OA-35/token-type-case",
            &["OA-35"],
            "token",
            "token_type is BEARER: its case does not matter.",
            Expect::Accept(|_| Ok(())),
            &["token-type-case-sensitive"],
        )
        .lie(Lie::token_response([JsonEdit::set("token_type", "BEARER")])),
        Case::new(
            "OA-37/unknown-member",
            &["OA-37"],
            "token",
            "The response has an unknown member: it is ignored.",
            Expect::Accept(|_| Ok(())),
            &["token-unknown-member-refused"],
        )
        .lie(Lie::token_response([JsonEdit::set("not-before-policy", json!({"a": [1]}))])),
        Case::new(
            "OA-41/error-with-200",
            &["OA-41", "OA-23", "PK-25"],
            "token",
            "An error document has status 200.",
            refuse_after(&["token_error", "token_malformed"]),
            &["token-error-as-success"],
        )
        .lie(Lie::error(Endpoint::Token, 200, "bad_verification_code")),
        Case::new(
            "OA-53/redirect-of-the-token-endpoint",
            &["OA-53", "OA-23", "PK-25"],
            "token",
            "The token endpoint answers with a redirect: the code is not sent there.",
            refuse_after(&["redirect", "token_http"]),
            &["token-redirect-followed"],
        )
        .lie(Lie::redirect(Endpoint::Token, 307, "{attacker}/token"))
        .should(),
    ]
}
