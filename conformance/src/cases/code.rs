//! Codes that the server refuses: the client reports its error and stops.

use proofkey_authority::Lie;
use proofkey_authority::lie::{CodeLie, ParamEdit};

use super::refuse_after;
use crate::case::{Case, Expect};

pub(super) fn cases() -> Vec<Case> {
    let refused = |id, rows, about, lie| {
        Case::new(id, rows, "token", about, refuse_after(&["token_error"]), &["token-error-as-success", "retry-code"])
            .lie(lie)
    };
    vec![
        refused(
            "OA-41/code-expired",
            &["OA-41", "OA-23", "PK-25"],
            "The code has expired.",
            Lie::Code(CodeLie::Aged(601)),
        ),
        refused(
            "OA-41/code-replayed",
            &["OA-41", "OA-23", "PK-25"],
            "The code was already redeemed.",
            Lie::Code(CodeLie::Redeemed),
        ),
        refused(
            "OA-41/code-unknown",
            &["OA-41", "OA-23", "PK-25"],
            "The server does not know the code.",
            Lie::Code(CodeLie::Unknown),
        ),
        refused(
            "OA-41/code-of-another-client",
            &["OA-41", "OA-23", "PK-25", "OA-13"],
            "The code belongs to another client.",
            Lie::Code(CodeLie::Client("another-client".into())),
        ),
        refused(
            "OA-41/code-changed-in-the-callback",
            &["OA-41", "OA-23", "PK-25"],
            "The callback has a made-up code.",
            Lie::callback([ParamEdit::set("code", "a-code-that-was-made-up")]),
        ),
        Case::new(
            "OA-25/short-code",
            &["OA-25"],
            "token",
            "A code of one character works.",
            Expect::Accept(|_| Ok(())),
            &["code-short-refused"],
        )
        .lie(Lie::Code(CodeLie::Text("c".into())))
        .should(),
        Case::new(
            "OA-25/long-code",
            &["OA-25"],
            "token",
            "A code of 4 KiB arrives complete.",
            Expect::Accept(|seen| match seen.wire.codes_redeemed().first() {
                Some(code) if code.len() == 4096 => Ok(()),
                code => Err(format!("expected: 4096 characters; seen: {}", code.map_or(0, String::len))),
            }),
            &["code-truncated"],
        )
        .lie(Lie::Code(CodeLie::Text("c".repeat(4096))))
        .should(),
    ]
}
