//! Several logins, several servers: whose tokens and whose keys. RFC 6749 section 10.4, OpenID Connect Core section 10.1.

use proofkey_authority::lie::{IdTokenEdit, JsonEdit, Signing, When};
use proofkey_authority::{Exchange, KeySet, Lie, Setup};
use serde_json::Value;

use crate::case::{Case, Check, Expect, Profile, Step};
use crate::tamper::Tamper;
use crate::transcript::Transcript;

const SCOPE: &str = "openid profile email offline_access";

pub(super) fn cases() -> Vec<Case> {
    let deliver = |flow| Step::Deliver(flow, Vec::new());
    let first_of_two = |id, about, mutants, last: Step, check: Check| {
        Case::new(id, &["AK-16"], "refresh", about, Expect::Accept(check), mutants)
            .profile(Profile::OpenId)
            .config("scope", SCOPE)
            .steps([Step::BeginAs("f2", "auth0|mallory"), deliver("f1"), deliver("f2"), last])
    };
    let of_another_server = |id, about, kid: Option<JsonEdit>| {
        let edits = [IdTokenEdit::Sign(Signing::Foreign)].into_iter().chain(kid.map(IdTokenEdit::Header)).collect();
        let lie = Lie::IdToken { when: When::Always, edits };
        Case::new(
            id,
            &["AK-17", "ID-12", "ID-13"],
            "id_token",
            about,
            Expect::Refuse { classes: &["signature", "key", "jwt_malformed"], token_requests: 2, code: None },
            &["keys-of-first-server", "no-signature-check"],
        )
        .profile(Profile::OpenId)
        .discovery()
        // Its keys are those that no other server publishes.
        .setup(Setup { keys: KeySet::Foreign, ..Setup::witness() })
        .beside(Setup { keys: KeySet::Second, lie: Some(lie), ..Setup::witness() }.named("bystander"))
        .steps([Step::BeginAt("f2", "bystander"), deliver("f1"), deliver("f2")])
    };
    vec![
        first_of_two(
            "AK-16/refresh-of-the-first-login",
            "Two users are logged in, and the first login is refreshed: with its own refresh token.",
            &["tokens-of-latest-login"],
            Step::Refresh("f1"),
            |seen| {
                let sent = seen
                    .wire
                    .refresh_requests()
                    .first()
                    .and_then(|request| request.form("refresh_token").map(str::to_owned));
                belongs_to_john(seen, "refresh_token", sent)
            },
        ),
        first_of_two(
            "AK-16/user-info-of-the-first-login",
            "Two users are logged in, and user info is requested in the first login: with its own access token.",
            &["tokens-of-latest-login"],
            Step::UserInfo("f1"),
            |seen| {
                let sent = seen.wire.userinfo_requests().first().and_then(bearer);
                belongs_to_john(seen, "access_token", sent)
            },
        ),
        Case::new(
            "AK-16/refresh-at-its-own-server",
            &["AK-16"],
            "refresh",
            "Two logins at two servers succeeded: the refresh token of the first goes to its own server.",
            Expect::Accept(|seen| match seen.wire.refresh_requests().as_slice() {
                [request] if request.to == "authority" => Ok(()),
                [request] => Err(format!("expected: a request to the first server; seen: one to {}", request.to)),
                requests => Err(format!("expected: one request; seen: {}", requests.len())),
            }),
            &["refresh-at-latest-server"],
        )
        .profile(Profile::OpenId)
        .config("scope", SCOPE)
        .discovery()
        .beside(Setup { keys: KeySet::Second, ..Setup::witness() }.named("bystander"))
        .steps([Step::BeginAt("f2", "bystander"), deliver("f1"), deliver("f2"), Step::Refresh("f1")]),
        of_another_server(
            "AK-17/key-of-another-server",
            "The ID token of the second server is signed by a key of the first, under the kid of the second's own key.",
            None,
        ),
        of_another_server(
            "AK-17/key-of-another-server-without-kid",
            "The ID token of the second server is signed by a key of the first, and has no kid.",
            Some(JsonEdit::remove("kid")),
        ),
        Case::new(
            "OA-24/token-beside-the-code",
            &["OA-24", "AK-16"],
            "userinfo",
            "The callback has an access token besides the code: it was not requested, and is not used.",
            Expect::Accept(|seen| match seen.wire.userinfo_requests().first().and_then(bearer).as_deref() {
                Some("the-attackers-token") => Err("expected: the token of the token endpoint; seen: the other".into()),
                Some(_) => Ok(()),
                None => Err("expected: a request with a token; seen: none".into()),
            }),
            &["callback-token-preferred"],
        )
        .profile(Profile::OpenId)
        .tamper([
            Tamper::Append("access_token", "the-attackers-token"),
            Tamper::Append("id_token", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhdHRhY2tlciJ9."),
            Tamper::Append("token_type", "Bearer"),
        ])
        .then(Step::UserInfo("f1")),
    ]
}

/// The token of a request's Authorization header.
fn bearer(request: &Exchange) -> Option<String> {
    request.header("authorization")?.strip_prefix("Bearer ").map(str::to_owned)
}

/// What was sent is what the token response of John's login, the first, had in this member.
fn belongs_to_john(seen: &Transcript, member: &str, sent: Option<String>) -> Result<(), String> {
    let response =
        seen.wire.code_requests().into_iter().next().map(|request| request.response_body).unwrap_or_default();
    let response: Value = serde_json::from_slice(&response).unwrap_or_default();
    match sent {
        Some(sent) if response[member] == sent.as_str() => Ok(()),
        Some(_) => Err(format!("expected: the {member} of the first login; seen: another")),
        None => Err(format!("expected: a request with the {member} of the first login; seen: none")),
    }
}
