//! `state`, repeated parameters and the server's errors: RFC 6749 sections 4.1.2 and 10.12.

use proofkey_authority::Lie;
use proofkey_authority::lie::ParamEdit;

use super::refuse;
use crate::case::{Case, Expect, Profile, Step};
use crate::tamper::Tamper;

const STATE: Expect = refuse(&["state"]);
const REPEATED: Expect = refuse(&["callback_malformed", "state", "iss"]);

pub(super) fn cases() -> Vec<Case> {
    let state = |id, about, tamper, mutants| {
        Case::new(id, &["OA-48", "BP-05"], "callback", about, STATE, mutants).tamper([tamper])
    };
    // RFC 6749 section 3.1 forbids it to the sender.
    let repeated = |id, rows, about, mutants| Case::new(id, rows, "callback", about, REPEATED, mutants);
    let twice = |id, rows, about, mutants| {
        Case::new(id, rows, "callback", about, Expect::Choice(&["callback_malformed", "state", "iss"]), mutants)
    };
    vec![
        state(
            "OA-48/state-missing",
            "There is no state.",
            Tamper::Remove("state"),
            &["skip-state", "state-missing-ok"],
        ),
        state("OA-48/state-empty", "state is empty.", Tamper::Set("state", ""), &["skip-state", "state-empty-ok"]),
        state(
            "OA-48/state-wrong",
            "state has another value.",
            Tamper::Set("state", "xyz"),
            &["skip-state", "state-wrong-ok"],
        ),
        state(
            "OA-48/state-prefix",
            "state lacks its last character.",
            Tamper::Cut("state"),
            &["skip-state", "state-prefix-ok"],
        ),
        state(
            "OA-48/state-longer",
            "state has an additional character.",
            Tamper::Extend("state", "A"),
            &["skip-state", "state-longer-ok"],
        ),
        state(
            "OA-48/state-blank",
            "state ends in an additional space.",
            Tamper::Extend("state", "+"),
            &["skip-state", "state-longer-ok"],
        ),
        state(
            "OA-48/state-case",
            "state has the case of its letters swapped.",
            Tamper::SwapCase("state"),
            &["skip-state", "state-case-insensitive"],
        ),
        Case::new(
            "OA-49/state-of-another-login",
            &["OA-49", "OA-48", "OA-17", "BP-05"],
            "callback",
            "state is that of another pending login.",
            STATE,
            &["skip-state", "state-any-session"],
        )
        .steps([Step::Begin("f2".into()), Step::Deliver("f1", vec![Tamper::OfFlow("state", "f2")])]),
        Case::new(
            "ID-03/state-wrong-in-a-login",
            &["ID-03", "OA-48", "BP-05"],
            "callback",
            "openid was requested, and state has another value.",
            STATE,
            &["skip-state", "state-wrong-ok"],
        )
        .tamper([Tamper::Set("state", "xyz")])
        .profile(Profile::OpenId),
        repeated(
            "OA-52/code-repeated",
            &["OA-52"],
            "code occurs twice, with two values.",
            &["first-of-duplicate-code"],
        )
        .tamper([Tamper::Append("code", "another")])
        .should(),
        twice(
            "OA-52/code-twice-the-same",
            &["OA-52"],
            "code occurs twice, with the same value.",
            &["first-of-duplicate-code", "last-of-duplicate-code"],
        )
        .tamper([Tamper::Repeat("code")]),
        repeated(
            "OA-52/state-repeated",
            &["OA-52", "OA-48"],
            "state occurs twice, with two values.",
            &["first-of-duplicate-state"],
        )
        .tamper([Tamper::Append("state", "another")])
        .should(),
        twice(
            "OA-52/state-twice-the-same",
            &["OA-52", "OA-48"],
            "state occurs twice, with the same value.",
            &["first-of-duplicate-state", "last-of-duplicate-state", "state-missing"],
        )
        .tamper([Tamper::Repeat("state")]),
        Case::new(
            "OA-24/unknown-parameter",
            &["OA-24"],
            "callback",
            "The callback has an unknown parameter: it is ignored.",
            Expect::Accept(|_| Ok(())),
            &["callback-unknown-refused"],
        )
        .tamper([Tamper::Append("session_state", "1")]),
        Case::new(
            "OA-27/refused",
            &["OA-27", "ID-04", "PK-25"],
            "callback",
            "The server answers login_required: the client reports that error and sends no token request.",
            Expect::Refuse { classes: &["as_error"], token_requests: 0, code: Some("login_required") },
            &["error-code-generic"],
        )
        .lie(Lie::refusal("login_required")),
        Case::new(
            "OA-27/error-beside-a-code",
            &["OA-27", "PK-25"],
            "callback",
            "There are an error and a code: the error counts.",
            refuse(&["as_error", "callback_malformed"]),
            &["error-ignored-when-code"],
        )
        .lie(Lie::callback([ParamEdit::append("error", "access_denied")])),
        Case::new(
            "OA-48/error-without-state",
            &["OA-48", "OA-27"],
            "callback",
            "An error without state: nothing counts until state matches.",
            STATE,
            &["error-before-state"],
        )
        .lie(Lie::refusal("access_denied"))
        .tamper([Tamper::Remove("state")]),
    ]
}
