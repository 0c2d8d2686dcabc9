//! The access token in use, and taken back: RFC 6750, RFC 7009, RFC 9068 section 6.

use proofkey_authority::lie::{JsonEdit, ResponseEdit};
use proofkey_authority::{Endpoint, Lie};

use super::{refuse_after, without_faults};
use crate::case::{Case, Check, Expect, Profile, Step};

pub(super) fn cases() -> Vec<Case> {
    let opaque = |id, about, token: &str| {
        Case::new(id, &["AT-04"], "token", about, Expect::Accept(|_| Ok(())), &["access-token-parsed"])
            .lie(Lie::token_response([JsonEdit::set("access_token", token)]))
    };
    let used = |id, rows, about, mutants, check: Check| {
        Case::new(id, rows, "userinfo", about, Expect::Accept(check), mutants)
            .profile(Profile::OpenId)
            .then(Step::UserInfo("f1"))
    };
    let revoked = |id, rows, about, mutants, check: Check| {
        Case::new(id, rows, "revoke", about, Expect::Accept(check), mutants)
            .profile(Profile::Basic)
            .then(Step::Revoke("f1"))
    };
    let not_revoked = |id, rows, about, classes, mutants, lie| {
        Case::new(id, rows, "revoke", about, refuse_after(classes), mutants)
            .profile(Profile::Basic)
            .lie(lie)
            .then(Step::Revoke("f1"))
    };
    vec![
        opaque("AT-04/opaque", "The access token is one word.", "opaque"),
        opaque("AT-04/malformed-jwt", "The access token looks like a JWT, but is not one.", "eyJhbGciOiJub25lIn0.e30"),
        opaque(
            "AT-04/encrypted",
            "The access token has five parts, like an encrypted JWT.",
            "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0..AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA",
        ),
        used(
            "AT-05/one-way",
            &["AT-05"],
            "The access token is sent by one method only.",
            &["userinfo-token-twice"],
            |seen| without_faults(seen, &["token_twice"]),
        ),
        used(
            "AT-06/in-the-header",
            &["AT-06"],
            "The access token is sent in the Authorization header.",
            &["userinfo-post", "userinfo-query"],
            |seen| without_faults(seen, &["token_missing"]),
        )
        .should(),
        used(
            "AT-07/not-in-a-url",
            &["AT-07", "BP-31"],
            "The access token is in no URL.",
            &["userinfo-query", "userinfo-token-twice"],
            |seen| match seen.wire.userinfo_requests().iter().flat_map(|request| &request.faults).next() {
                Some(fault) if fault.code() == "secret_in_url" => {
                    Err("expected: no token in the URL; seen: one".into())
                }
                _ => Ok(()),
            },
        ),
        Case::new(
            "AT-10/no-loop",
            &["AT-10"],
            "userinfo",
            "The server answers invalid_token each time: the client gives up after at most one retry.",
            Expect::Wire(|seen| match (seen.wire.userinfo_requests().len(), seen.wire.refresh_requests().len()) {
                (0..=2, 0..=1) => Ok(()),
                (asked, refreshed) => {
                    Err(format!("expected: two requests and one refresh at most; seen: {asked} and {refreshed}"))
                }
            }),
            &["userinfo-retry-loop"],
        )
        .profile(Profile::OpenId)
        .lie(Lie::response(
            Endpoint::UserInfo,
            [
                ResponseEdit::Status(401),
                ResponseEdit::Header("www-authenticate".into(), "Bearer error=\"invalid_token\"".into()),
                ResponseEdit::Text(String::new()),
            ],
        ))
        .then(Step::UserInfo("f1")),
        Case::new(
            "AT-12/line-end-in-the-token",
            &["AT-12", "OA-50"],
            "token",
            "The access token contains a line break and a header.",
            refuse_after(&["token_malformed"]),
            &["access-token-charset-ok"],
        )
        .lie(Lie::token_response([JsonEdit::set("access_token", "a\r\nX-Injected: 1")])),
        Case::new(
            "AT-12/blank-in-the-token",
            &["AT-12"],
            "token",
            "The access token contains a space, which RFC 6749 appendix A.12 allows and the Authorization header does \
              not.",
            Expect::Choice(&["token_malformed"]),
            &["access-token-charset-ok"],
        )
        .lie(Lie::token_response([JsonEdit::set("access_token", "two words")])),
        revoked(
            "RV-01/post-with-authentication",
            &["RV-01", "RV-05"],
            "The token is revoked by a POST, with the client's authentication.",
            &["revoke-get", "revoke-unauthenticated"],
            |seen| match seen.wire.revocation_requests().as_slice() {
                [request] if request.method == "POST" && request.form("token").is_some() => {
                    match request.faults.first() {
                        Some(fault) => Err(format!("expected: no fault of the client; seen: {}", fault.code())),
                        None => Ok(()),
                    }
                }
                requests => Err(format!("expected: one POST with the token; seen: {} requests", requests.len())),
            },
        ),
        revoked(
            "RV-05/any-body",
            &["RV-05"],
            "The response is a page with status 200: the token is revoked.",
            &["revoke-body-required"],
            |_| Ok(()),
        )
        .lie(Lie::answer(Endpoint::Revocation, 200, "text/html", "<p>Done.</p>")),
        not_revoked(
            "RV-05/503",
            &["RV-05", "RV-01"],
            "The response has status 503: the token is still valid, and the client reports that it is not revoked.",
            &["token_http", "token_error", "timeout", "other"],
            &["revoke-503-as-success"],
            Lie::response(
                Endpoint::Revocation,
                [ResponseEdit::Status(503), ResponseEdit::Header("retry-after".into(), "1".into())],
            ),
        ),
        Case::new(
            "RV-05/503-and-again",
            &["RV-05", "RV-01"],
            "revoke",
            "The first response has status 503: the client keeps the token, and can revoke it later.",
            Expect::Accept(|seen| match seen.wire.revocation_requests().as_slice() {
                [first, second] if first.form("token") == second.form("token") => Ok(()),
                requests => Err(format!("expected: the same token twice; seen: {} requests", requests.len())),
            }),
            &["revoke-503-forgets"],
        )
        .profile(Profile::Basic)
        .lie(
            Lie::response(Endpoint::Revocation, [ResponseEdit::Status(503)]).only(proofkey_authority::lie::When::First),
        )
        .then(Step::Revoke("f1"))
        .then(Step::Revoke("f1")),
        Case::new(
            "RV-06/unsupported-token-type",
            &["RV-06", "RV-01", "RV-05"],
            "revoke",
            "The server cannot revoke such tokens: the client reports that.",
            Expect::Refuse { classes: &["token_error"], token_requests: 1, code: Some("unsupported_token_type") },
            &["revoke-error-as-success"],
        )
        .profile(Profile::Basic)
        .lie(Lie::error(Endpoint::Revocation, 400, "unsupported_token_type"))
        .then(Step::Revoke("f1")),
    ]
}
