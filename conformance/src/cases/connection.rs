//! Below and around HTTP: broken connections, endless answers, redirects, plain http. RFC 6749 sections 3.2, 4.1.2 and
//! 10.9, RFC 8414 section 3.

use proofkey_authority::lie::{JsonEdit, ResponseEdit, TransportFault};
use proofkey_authority::{Endpoint, Exchange, Lie};

use super::{refuse, refuse_after};
use crate::case::{Case, Expect, Profile, Step};
use crate::transcript::Transcript;

/// Long enough for an honest answer on a busy machine, short enough to be waited for.
const SHORT_MS: u64 = 1200;

const UNREADABLE: &[&str] = &["token_http", "token_malformed", "timeout", "tls"];
const REDIRECT: &[&str] = &["redirect", "token_http"];

#[rustfmt::skip] // A table: a paragraph a case.
pub(super) fn cases() -> Vec<Case> {
    let once = |id, about, classes, mutants, lie| {
        Case::new(id, &["OA-23"], "token", about, refuse_after(classes), mutants).lie(lie)
    };
    let broken = |id, about, fault| {
        let lie = Lie::Transport { at: Endpoint::Token, fault };
        once(id, about, UNREADABLE, &["retry-on-reset"], lie)
    };
    let redirect = |id, about, status| {
        Case::new(id, &["OA-53", "OA-23", "PK-25"], "token", about, refuse_after(REDIRECT), &["token-redirect-followed"])
            .lie(Lie::redirect(Endpoint::Token, status, "{attacker}/token")).and(unvisited).should()
    };
    let metadata = |id, about, mutants, lie| {
        Case::new(id, &["DI-05"], "discovery", about, refuse(&["discovery", "token_http", "timeout"]), mutants)
            .discovery().lie(lie)
    };
    let choice = |id, about, mutants, lie| {
        Case::new(id, &["DI-05"], "discovery", about, Expect::Choice(&["discovery", "token_http", "timeout"]), mutants)
            .discovery().lie(lie)
    };
    let after = |id, rows, about, classes, step: Step, mutants, lie| {
        Case::new(id, rows, "userinfo", about, Expect::Refuse { classes, token_requests: 1, code: None }, mutants)
            .profile(Profile::OpenId).lie(lie).then(step).and(unvisited)
    };
    vec![
        broken("OA-23/connection-reset", "The connection is reset after the request: the code is not sent again.",
            TransportFault::Reset),
        broken("OA-23/closed-in-the-body", "The connection is closed in the middle of the response.",
            TransportFault::CloseInBody),
        broken("OA-23/reset-in-the-body", "The connection is reset in the middle of the response.",
            TransportFault::ResetInBody),
        broken("OA-50/not-http", "The response is not HTTP.", TransportFault::Gibberish).of(&["OA-50", "OA-23"]),
        once("OA-23/server-error", "The response has status 500: the code is not sent again.",
            &["token_http", "token_malformed"],
            &["retry-code"], Lie::answer(Endpoint::Token, 500, "text/html", "<p>Something went wrong.</p>")),
        once("OA-23/no-answer", "There is no response: the client gives up, and does not send the code again.",
            &["timeout", "token_http"], &["retry-on-timeout"],
            Lie::Transport { at: Endpoint::Token, fault: TransportFault::Silence }).within(SHORT_MS),
        once("OA-23/one-octet-at-a-time", "The response arrives at one byte per half second: the client gives up.",
            &["timeout", "token_http"], &["retry-on-timeout"],
            Lie::Transport { at: Endpoint::Token, fault: TransportFault::Drip(500) }).within(SHORT_MS),
        once("OA-54/endless-body", "The response never ends: the client stops reading at a size limit.",
            &["token_http", "token_malformed"], &["token-body-uncapped"],
            Lie::Transport { at: Endpoint::Token, fault: TransportFault::EndlessBody })
            .of(&["OA-54", "OA-23"]).within(2 * SHORT_MS).should(),
        // No text names a limit: 8 MiB is one, too.
        Case::new("OA-54/large-body", &["OA-54", "OA-23"], "token", "The response is followed by 2 MiB of spaces.",
            Expect::Choice(UNREADABLE), &["token-body-uncapped"])
            .lie(Lie::response(Endpoint::Token, [ResponseEdit::Blanks(2 << 20)])),
        once("OA-50/endless-headers", "The headers of the response never end.", UNREADABLE, &["retry-on-reset"],
            Lie::Transport { at: Endpoint::Token, fault: TransportFault::EndlessHeaders })
            .of(&["OA-50", "OA-23"]).within(SHORT_MS),

        redirect("OA-53/redirect-301", "The token endpoint answers 301.", 301),
        redirect("OA-53/redirect-302", "The token endpoint answers 302.", 302),
        redirect("OA-53/redirect-303", "The token endpoint answers 303.", 303),
        redirect("OA-53/redirect-308", "The token endpoint answers 308.", 308),
        // One that follows without the token is as good as one that does not follow: row AT-11.
        Case::new("BP-38/redirect-of-user-info", &["BP-38", "AT-11"], "userinfo",
            "User info is redirected to another host: the access token does not go there.",
            Expect::Wire(untold), &["userinfo-redirect-followed"])
            .profile(Profile::OpenId).lie(Lie::redirect(Endpoint::UserInfo, 307, "{attacker}/userinfo"))
            .then(Step::UserInfo("f1")),
        after("BP-38/redirect-of-revocation", &["BP-38"],
            "Revocation is redirected to another host: the token does not go there.",
            &["redirect", "token_http"], Step::Revoke("f1"), &["revoke-redirect-followed"],
            Lie::redirect(Endpoint::Revocation, 307, "{attacker}/revoke")).should(),
        Case::new("ID-33/large-user-info", &["ID-33"], "userinfo", "User info is followed by 2 MiB of spaces.",
            Expect::Choice(&["token_http", "token_malformed"]), &["userinfo-body-uncapped"])
            .profile(Profile::OpenId).lie(Lie::response(Endpoint::UserInfo, [ResponseEdit::Blanks(2 << 20)]))
            .then(Step::UserInfo("f1")),

        metadata("DI-05/error-status", "The metadata has status 404.", &["discovery-status-ignored"],
            Lie::response(Endpoint::Metadata, [ResponseEdit::Status(404)])).should(),
        choice("DI-05/html-type", "The Content-Type of the metadata is text/html.", &["discovery-type-ignored"],
            Lie::response(Endpoint::Metadata, [ResponseEdit::Header("content-type".into(), "text/html".into())])),
        metadata("DI-05/page", "The response to the metadata request is a page with status 200.",
            &["discovery-page-crash"],
            Lie::answer(Endpoint::Metadata, 200, "text/html", "<html><body>Not here</body></html>")),
        metadata("DI-05/array", "The metadata is a list with the document in it.", &["discovery-array-ok"],
            Lie::metadata([JsonEdit::Prefix(b"[".to_vec()), JsonEdit::Suffix(b"]".to_vec())])),
        choice("DI-05/large", "The metadata is followed by 2 MiB of spaces.", &["discovery-body-uncapped"],
            Lie::response(Endpoint::Metadata, [ResponseEdit::Blanks(2 << 20)])),
        Case::new("DI-13/redirect-of-the-metadata", &["DI-13"], "discovery",
            "The request for the metadata is redirected to another host, which must not decide who the issuer is.",
            refuse(&["discovery", "redirect", "issuer"]), &["discovery-redirect-followed"])
            .discovery().should().lie(Lie::redirect(Endpoint::Metadata, 302, "{attacker}/metadata")).and(unvisited),
        Case::new("ID-30/redirect-of-the-keys", &["ID-30", "DI-09"], "id_token",
            "The request for the keys is redirected to another host.",
            refuse_after(&["key", "redirect", "token_http"]), &["jwks-redirect-followed"])
            .profile(Profile::OpenId).should().lie(Lie::redirect(Endpoint::Jwks, 302, "{attacker}/jwks.json")).and(unvisited),
        Case::new("JW-33/large-key-set", &["JW-33"], "id_token", "The key set is followed by 2 MiB of spaces.",
            Expect::Choice(&["key", "token_http"]), &["jwks-body-uncapped"])
            .profile(Profile::OpenId).lie(Lie::response(Endpoint::Jwks, [ResponseEdit::Blanks(2 << 20)])),
    ]
}

/// No access token was sent to the attacker.
fn untold(seen: &Transcript) -> Result<(), String> {
    let has_token = |request: &Exchange| {
        let named = [request.form("access_token"), request.query("access_token")];
        request.header("authorization").is_some() || named.into_iter().any(|token| token.is_some())
    };
    match seen.wire.attacker_requests().iter().find(|request| has_token(request)) {
        Some(_) => Err("expected: the access token stays with the server; seen: it is sent to the other host".into()),
        None => Ok(()),
    }
}

/// Nothing was sent to the attacker.
fn unvisited(seen: &Transcript) -> Result<(), String> {
    match seen.wire.attacker_requests().len() {
        0 => Ok(()),
        visits => Err(format!("expected: nothing sent to the other host; seen: {visits} requests")),
    }
}
