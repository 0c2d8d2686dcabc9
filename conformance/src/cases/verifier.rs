//! Verifiers that reach the server wrong: it refuses for real, and the client reports its error and stops.

use proofkey_authority::Lie;
use proofkey_authority::lie::{CodeLie, ParamEdit};

use super::refuse_after;
use crate::case::Case;

pub(super) fn cases() -> Vec<Case> {
    let refused = |id, about, lie| {
        Case::new(
            id,
            &["PK-25", "OA-41", "OA-23", "BP-11"],
            "token",
            about,
            refuse_after(&["token_error"]),
            &["token-error-as-success", "retry-code", "no-pkce-fallback", "plain-token-fallback"],
        )
        .lie(lie)
    };
    let received = |edit| Lie::token_request([edit]);
    vec![
        refused(
            "PK-25/verifier-wrong",
            "Another verifier reaches the server.",
            received(ParamEdit::set("code_verifier", &"w".repeat(43))),
        ),
        refused(
            "PK-25/verifier-missing",
            "No verifier reaches the server.",
            received(ParamEdit::remove("code_verifier")),
        ),
        refused(
            "PK-25/verifier-empty",
            "An empty verifier reaches the server.",
            received(ParamEdit::set("code_verifier", "")),
        ),
        refused(
            "PK-25/verifier-truncated",
            "A verifier of 42 characters reaches the server.",
            received(ParamEdit::set("code_verifier", &"w".repeat(42))),
        ),
        refused(
            "PK-25/verifier-of-another-login",
            "The server bound the code to another login's challenge.",
            Lie::Code(CodeLie::Challenge("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".into())),
        ),
    ]
}
