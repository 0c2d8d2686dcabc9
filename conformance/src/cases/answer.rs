//! What a client makes of a token response: granted scope, lifetime, errors in every dress. RFC 6749 section 5.

use proofkey_authority::lie::{JsonEdit, ResponseEdit};
use proofkey_authority::{Endpoint, Lie};
use serde_json::{Value, json};

use super::refuse_after;
use crate::case::{Case, Expect};
use crate::transcript::Transcript;

pub(super) fn cases() -> Vec<Case> {
    let granted = |id, about, mutants, edit, check| {
        Case::new(id, &["OA-15"], "token", about, Expect::Accept(check), mutants).lie(Lie::token_response([edit]))
    };
    let lifetime = |id, about, mutants, edit| {
        Case::new(id, &["OA-39"], "token", about, Expect::Wire(finite), mutants)
            .lie(Lie::token_response([edit]))
            .should()
    };
    let failure = |id, about, classes, mutants, lie| {
        Case::new(id, &["OA-41", "OA-23", "PK-25"], "token", about, refuse_after(classes), mutants).lie(lie)
    };
    let left_open = |id, about, classes, mutants, lie| {
        Case::new(id, &["OA-41", "OA-23", "PK-25"], "token", about, Expect::Choice(classes), mutants).lie(lie)
    };
    vec![
        granted(
            "OA-15/narrower-scope",
            "Less scope was granted than requested: the client reports the granted scope.",
            &["scope-requested-kept"],
            JsonEdit::set("scope", "profile"),
            |seen| scope(seen, "profile"),
        ),
        granted(
            "OA-15/empty-scope",
            "No scope was granted: the client does not report the requested one.",
            &["scope-requested-kept"],
            JsonEdit::set("scope", ""),
            |seen| scope(seen, ""),
        ),
        granted(
            "OA-15/wider-scope",
            "More scope was granted than requested: the client reports the granted scope.",
            &["scope-requested-kept"],
            JsonEdit::set("scope", "profile email admin"),
            |seen| scope(seen, "profile email admin"),
        ),
        Case::new(
            "OA-15/scope-of-the-wrong-type",
            &["OA-15"],
            "token",
            "scope is a number.",
            Expect::Choice(&["token_malformed"]),
            &["scope-type-ignored"],
        )
        .lie(Lie::token_response([JsonEdit::set("scope", 7)])),
        Case::new(
            "OA-39/lifetime-absent",
            &["OA-39"],
            "token",
            "There is no expires_in: the login succeeds, and the client does not invent a lifetime.",
            Expect::Accept(|seen| match answer(seen)["expires_in"] {
                Value::Null => Ok(()),
                _ => Err("expected: expires_in null, for unknown; seen: a number".into()),
            }),
            &["expires-in-required"],
        )
        .lie(Lie::token_response([JsonEdit::remove("expires_in")]))
        .should(),
        lifetime(
            "OA-39/lifetime-string",
            "expires_in is a string.",
            &["expires-in-string-ok"],
            JsonEdit::set("expires_in", "3600"),
        ),
        lifetime(
            "OA-39/lifetime-negative",
            "expires_in is negative.",
            &["expires-in-negative-ok"],
            JsonEdit::set("expires_in", -1),
        ),
        lifetime(
            "OA-39/lifetime-fraction",
            "expires_in has a fraction.",
            &["expires-in-fraction-ok"],
            JsonEdit::set("expires_in", 3600.5),
        ),
        lifetime(
            "OA-39/lifetime-huge",
            "expires_in is beyond the range of every clock.",
            &["expires-in-huge-never", "expires-in-crash"],
            JsonEdit::set_text("expires_in", "1e300"),
        ),
        lifetime(
            "OA-39/lifetime-beyond-64-bits",
            "expires_in is 2^64.",
            &["expires-in-huge-never", "expires-in-crash"],
            JsonEdit::set_text("expires_in", "18446744073709551616"),
        ),
        lifetime(
            "OA-39/lifetime-of-another-kind",
            "expires_in is a list.",
            &["expires-in-crash"],
            JsonEdit::set("expires_in", json!([3600])),
        ),
        Case::new(
            "OA-41/error-with-400",
            &["OA-41", "OA-23", "PK-25"],
            "token",
            "An error comes with status 400: the client reports its code.",
            Expect::Refuse { classes: &["token_error"], token_requests: 1, code: Some("invalid_scope") },
            &["token-error-code-lost"],
        )
        .lie(Lie::error(Endpoint::Token, 400, "invalid_scope")),
        Case::new(
            "OA-41/error-with-401",
            &["OA-41", "OA-23", "PK-25"],
            "token",
            "An error comes with status 401 and WWW-Authenticate: the client reports its code.",
            Expect::Refuse { classes: &["token_error"], token_requests: 1, code: Some("invalid_client") },
            &["token-401-unread", "token-error-code-lost"],
        )
        .lie(Lie::response(
            Endpoint::Token,
            [
                ResponseEdit::Status(401),
                ResponseEdit::Header("www-authenticate".into(), "Basic realm=\"token\"".into()),
                ResponseEdit::Header("content-type".into(), "application/json".into()),
                ResponseEdit::Text("{\"error\":\"invalid_client\"}".into()),
            ],
        )),
        failure(
            "OA-41/page-with-200",
            "The response is a page with status 200.",
            &["token_malformed", "token_http"],
            &["token-html-crash"],
            Lie::answer(Endpoint::Token, 200, "text/html", "<html><body>Welcome</body></html>"),
        ),
        failure(
            "OA-41/page-with-502",
            "The response is the page of a proxy, with status 502.",
            &["token_http", "token_malformed"],
            &["token-html-crash"],
            Lie::answer(Endpoint::Token, 502, "text/html", "<html><body>Bad gateway</body></html>"),
        ),
        failure(
            "OA-41/empty-body",
            "The body is empty.",
            &["token_malformed", "token_http"],
            &["token-html-crash"],
            Lie::answer(Endpoint::Token, 200, "application/json", ""),
        ),
        failure(
            "OA-41/tokens-with-500",
            "The response is a token response with status 500.",
            &["token_http", "token_malformed", "token_error"],
            &["token-status-ignored"],
            Lie::response(Endpoint::Token, [ResponseEdit::Status(500)]),
        )
        .should(),
        // These bind the server, and no text says what a client does that receives them all the same.
        left_open(
            "OA-41/tokens-beside-an-error",
            "A token response also has an error.",
            &["token_error", "token_malformed"],
            &["token-error-with-200-ok"],
            Lie::token_response([JsonEdit::set("error", "invalid_grant")]),
        ),
        left_open(
            "OA-41/member-twice",
            "access_token is repeated in the response.",
            &["token_malformed"],
            &["token-duplicates-ok"],
            Lie::token_response([JsonEdit::duplicate("access_token", "another")]),
        ),
        left_open(
            "OA-41/tokens-as-a-page",
            "The Content-Type of a token response is text/html.",
            &["token_malformed", "token_http"],
            &["token-type-header-ignored"],
            Lie::response(
                Endpoint::Token,
                [ResponseEdit::Header("content-type".into(), "text/html; charset=utf-8".into())],
            ),
        ),
    ]
}

fn answer(seen: &Transcript) -> &Value {
    seen.answers.last().map_or(&Value::Null, |answer| &answer.message)
}

fn scope(seen: &Transcript, granted: &str) -> Result<(), String> {
    match answer(seen)["scope"].as_str() {
        Some(scope) if scope == granted => Ok(()),
        scope => Err(format!("expected: scope {granted:?}; seen: {scope:?}")),
    }
}

/// Either the response was refused, or the lifetime is a number of seconds that some clock will see the end of.
fn finite(seen: &Transcript) -> Result<(), String> {
    let answer = answer(seen);
    // A lifetime that is negative or has a fraction comes to an end as well.
    let seconds = answer["expires_in"].as_f64().filter(|seconds| *seconds < (1_u64 << 40) as f64);
    match (answer["ok"] == true, seconds) {
        (true, None) => Err("expected: a refusal, or a lifetime in seconds; seen: a token that never expires".into()),
        _ => Ok(()),
    }
}
