//! Refreshing: RFC 6749 section 6.

use proofkey_authority::lie::{JsonEdit, When};
use proofkey_authority::{Endpoint, Lie};

use super::without_faults;
use crate::case::{Case, Check, Expect, Profile, Step};
use crate::transcript::Transcript;

const SCOPE: &str = "openid profile email offline_access";

pub(super) fn cases() -> Vec<Case> {
    let refreshed = |id, rows, about, mutants, check: Check| {
        Case::new(id, rows, "refresh", about, Expect::Accept(check), mutants)
            .profile(Profile::OpenId)
            .config("scope", SCOPE)
            .then(Step::Refresh("f1"))
    };
    let judged = |id, about, classes, mutants, lie: Lie| {
        let refuse = Expect::Refuse { classes, token_requests: 2, code: None };
        Case::new(id, &["OA-55"], "refresh", about, refuse, mutants)
            .profile(Profile::OpenId)
            .config("scope", SCOPE)
            .lie(lie.only(When::AfterFirst))
            .then(Step::Refresh("f1"))
    };
    vec![
        refreshed(
            "OA-42/no-more-scope",
            &["OA-42"],
            "A refresh requests no scope beyond the first grant.",
            &["refresh-scope-widened"],
            |seen| without_faults(seen, &["scope_widened"]),
        ),
        refreshed(
            "OA-43/new-refresh-token",
            &["OA-43"],
            "The response has a new refresh token: the next refresh uses it.",
            &["refresh-old-kept"],
            |seen| match refresh_tokens(seen).as_slice() {
                [first, second] if first != second => without_faults(seen, &["refresh_unknown"]),
                tokens => Err(format!("expected: two refresh tokens; seen: {} requests with fewer", tokens.len())),
            },
        )
        .then(Step::Refresh("f1")),
        refreshed(
            "OA-43/no-new-refresh-token",
            &["OA-43"],
            "The response has no refresh token: the old one is kept.",
            &["refresh-old-dropped"],
            |seen| match refresh_tokens(seen).as_slice() {
                [first, second] if first == second => Ok(()),
                tokens => Err(format!("expected: one refresh token, twice; seen: {} requests", tokens.len())),
            },
        )
        .then(Step::Refresh("f1"))
        .lie(Lie::token_response([JsonEdit::remove("refresh_token")]).only(When::AfterFirst)),
        Case::new(
            "OA-43/refused",
            &["OA-43", "OA-41"],
            "refresh",
            "The server refuses to refresh: the client reports its error.",
            Expect::Refuse { classes: &["token_error"], token_requests: 2, code: Some("invalid_grant") },
            &["refresh-error-as-success"],
        )
        .profile(Profile::OpenId)
        .config("scope", SCOPE)
        .lie(Lie::error(Endpoint::Token, 400, "invalid_grant").only(When::AfterFirst))
        .then(Step::Refresh("f1")),
        judged(
            "OA-55/token-type",
            "The refreshed token has another type: it is refused, as in a login.",
            &["token_type"],
            &["refresh-type-unchecked", "token-type-ignored"],
            Lie::token_response([JsonEdit::set("token_type", "mac")]),
        ),
        judged(
            "OA-55/access-token-missing",
            "The response to a refresh has no access token.",
            &["token_malformed"],
            &["refresh-access-token-missing-ok", "access-token-missing-ok"],
            Lie::token_response([JsonEdit::remove("access_token")]),
        ),
        judged(
            "OA-55/error-with-200",
            "The server refuses to refresh, with status 200.",
            &["token_error", "token_malformed"],
            &["refresh-error-as-success", "token-error-as-success"],
            Lie::error(Endpoint::Token, 200, "invalid_grant"),
        ),
        refreshed("OA-55/not-in-a-url", &["OA-55"], "The refresh token is in no URL.", &["refresh-in-url"], |seen| {
            without_faults(seen, &["secret_in_url"])
        }),
        refreshed(
            "OA-55/authenticated",
            &["OA-55"],
            "A client with a secret authenticates when it refreshes.",
            &["refresh-unauthenticated"],
            |seen| match seen.wire.refresh_requests().iter().flat_map(|request| &request.faults).next() {
                Some(fault) => Err(format!("expected: no fault of the client; seen: {}", fault.code())),
                None => Ok(()),
            },
        )
        .profile(Profile::BasicOpenId),
    ]
}

fn refresh_tokens(seen: &Transcript) -> Vec<String> {
    let requests = seen.wire.refresh_requests();
    requests.iter().filter_map(|request| request.form("refresh_token")).map(str::to_owned).collect()
}
