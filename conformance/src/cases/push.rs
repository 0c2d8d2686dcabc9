//! Pushed authorization requests: RFC 9126.

use proofkey_authority::lie::{JsonEdit, ResponseEdit};
use proofkey_authority::{Endpoint, Lie, PushMode, Setup};

use super::{refuse, without_faults};
use crate::case::{Case, Check, Expect, Profile};
use crate::transcript::Transcript;

pub(super) fn cases() -> Vec<Case> {
    let setup = |push| Setup { push, ..Setup::witness() };
    let pushed = |id, rows, about, mutants, check: Check| {
        Case::new(id, rows, "authorize", about, Expect::Accept(check), mutants)
            .setup(setup(PushMode::Required))
            .config("push", true)
    };
    // A client that is configured to push never sends the request in the address instead.
    let failed = |id, about, classes, mutants, lie| {
        let case = Case::new(id, &["PR-09"], "authorize", about, refuse(classes), mutants);
        case.setup(setup(PushMode::Offered)).config("push", true).lie(lie)
    };
    let answered = |edit| Lie::response(Endpoint::Push, [ResponseEdit::Json(edit)]);
    vec![
        pushed(
            "PR-01/challenge",
            &["PR-01"],
            "The challenge is pushed with everything else.",
            &["push-without-challenge", "challenge-missing", "push-omitted"],
            |seen| pushed_without(seen, &["challenge_missing"]),
        ),
        pushed(
            "PR-01/authenticated",
            &["PR-01"],
            "A confidential client authenticates a pushed request as it does at the token endpoint.",
            &["push-unauthenticated", "push-omitted"],
            |seen| pushed_without(seen, &["client_authentication", "client_unknown"]),
        )
        .profile(Profile::Basic),
        // RFC 9101 section 5, on which section 4 builds: the parameters MAY be repeated in the query, and are ignored.
        Case::new(
            "PR-06/front-channel",
            &["PR-06"],
            "authorize",
            "The parameters in the browser besides client_id and request_uri.",
            Expect::Policy(|seen| {
                without_faults(seen, &["request_uri_unknown", "push_required"])?;
                Ok(match without_faults(seen, &["push_leaked"]) {
                    Ok(()) => "nothing".into(),
                    Err(_) => "the pushed request again".into(),
                })
            }),
            &["push-in-the-open"],
        )
        .setup(setup(PushMode::Required))
        .config("push", true),
        Case::new(
            "PR-08/demanded",
            &["PR-08"],
            "authorize",
            "The metadata requires pushed requests: the client pushes, although it is not configured to.",
            Expect::Accept(|seen| without_faults(seen, &["push_required"])),
            &["push-omitted"],
        )
        .setup(setup(PushMode::Required))
        .discovery(),
        failed(
            "PR-09/refused",
            "The server refuses the pushed request: there is no login.",
            &["token_error"],
            &["push-fallback", "push-omitted"],
            Lie::error(Endpoint::Push, 400, "invalid_request"),
        ),
        failed(
            "PR-09/unavailable",
            "The server cannot accept the pushed request now: there is no login.",
            &["token_http"],
            &["push-fallback", "push-omitted"],
            Lie::answer(Endpoint::Push, 503, "text/html", "<p>Later.</p>"),
        ),
        failed(
            "PR-09/no-reference",
            "The response has no request_uri: there is no login.",
            &["token_malformed"],
            &["push-fallback", "push-omitted"],
            answered(JsonEdit::remove("request_uri")),
        ),
        failed(
            "PR-09/another-status",
            "The status is 202: the server has not accepted the request yet.",
            &["token_http"],
            &["push-fallback", "push-status-unchecked", "push-omitted"],
            Lie::response(Endpoint::Push, [ResponseEdit::Status(202)]),
        ),
    ]
}

/// Something was pushed, and broke none of these rules.
fn pushed_without(seen: &Transcript, codes: &[&str]) -> Result<(), String> {
    let pushed = seen.wire.at(Endpoint::Push);
    match pushed.iter().flat_map(|request| &request.faults).find(|fault| codes.contains(&fault.code())) {
        Some(fault) => Err(format!("expected: a pushed request without a fault; seen: {}", fault.code())),
        None if pushed.is_empty() => Err("expected: a pushed request; seen: none".into()),
        None => Ok(()),
    }
}
