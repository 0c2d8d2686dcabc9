//! Refreshing: RFC 6749 section 6.

use proofkey_authority::lie::{JsonEdit, When};
use proofkey_authority::{Endpoint, Lie};

use super::without_faults;
use crate::case::{Case, Check, Expect, Profile, Step};
use crate::play::Transcript;

const SCOPE: &str = "openid profile email offline_access";

pub(super) fn cases() -> Vec<Case> {
    let refreshed = |id, rows, about, mutants, times, check: Check| {
        let mut steps = vec![Step::Deliver("f1", Vec::new())];
        steps.extend((0..times).map(|_| Step::Refresh("f1")));
        Case::new(id, rows, "refresh", about, Expect::Accept(check), mutants)
            .profile(Profile::OpenId)
            .config("scope", SCOPE)
            .steps(steps)
    };
    vec![
        refreshed(
            "OA-42/no-more-scope",
            &["OA-42"],
            "A refresh asks for no scope beyond the first grant.",
            &["refresh-scope-widened"],
            1,
            |seen| without_faults(seen, &["scope_widened"]),
        ),
        refreshed(
            "OA-43/new-refresh-token",
            &["OA-43"],
            "The answer brings a new refresh token: the next refresh uses it.",
            &["refresh-old-kept"],
            2,
            |seen| match refresh_tokens(seen).as_slice() {
                [first, second] if first != second => without_faults(seen, &["refresh_unknown"]),
                tokens => Err(format!("expected: two refresh tokens; seen: {} requests with fewer", tokens.len())),
            },
        ),
        refreshed(
            "OA-43/no-new-refresh-token",
            &["OA-43"],
            "The answer brings no refresh token: the old one is kept.",
            &["refresh-old-dropped"],
            2,
            |seen| match refresh_tokens(seen).as_slice() {
                [first, second] if first == second => Ok(()),
                tokens => Err(format!("expected: one refresh token, twice; seen: {} requests", tokens.len())),
            },
        )
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
        .steps([Step::Deliver("f1", Vec::new()), Step::Refresh("f1")]),
    ]
}

fn refresh_tokens(seen: &Transcript) -> Vec<String> {
    let requests = seen.wire.refresh_requests();
    requests.iter().filter_map(|request| request.form("refresh_token")).map(str::to_owned).collect()
}
