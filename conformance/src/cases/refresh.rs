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
    vec![
        refreshed(
            "OA-42/no-more-scope",
            &["OA-42"],
            "A refresh asks for no scope beyond the first grant.",
            &["refresh-scope-widened"],
            |seen| without_faults(seen, &["scope_widened"]),
        ),
        refreshed(
            "OA-43/new-refresh-token",
            &["OA-43"],
            "The answer brings a new refresh token: the next refresh uses it.",
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
            "The answer brings no refresh token: the old one is kept.",
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
    ]
}

fn refresh_tokens(seen: &Transcript) -> Vec<String> {
    let requests = seen.wire.refresh_requests();
    requests.iter().filter_map(|request| request.form("refresh_token")).map(str::to_owned).collect()
}
