//! Known attacks, played by those who make them: a victim's browser, an attacker, a second server. RFC 9700 section 4.
//!
//! `f1` is the session of the victim's browser, unless a case says otherwise; Mallory is an honest account in an
//! attacker's hands; `attacker` and `bystander` are servers of their own, each with a client of its own.

use proofkey_authority::lie::{CodeLie, JsonEdit, ParamEdit};
use proofkey_authority::{Client, ClientAuth, Endpoint, Enforcement, Exchange, KeySet, Lie, Rule, Setup};
use serde_json::json;

use super::{refuse, refuse_after};
use crate::case::{Case, Expect, Profile, Step};
use crate::tamper::Tamper;
use crate::transcript::Transcript;

const MALLORY: &str = "auth0|mallory";

/// How a client says that an answer came from another server: by `iss`, or by the redirect URI at which it arrived.
const ELSEWHERE: &[&str] = &["iss", "redirect", "callback_malformed"];

pub(super) fn cases() -> Vec<Case> {
    let attack = |id, rows, about, expect, mutants| Case::new(id, rows, "callback", about, expect, mutants);
    vec![
        attack(
            "AK-02/honest-code-for-the-attackers-server",
            &["AK-02", "BP-07", "BP-08", "BP-09", "IS-04", "IS-03"],
            "The login began at the attacker's server, which redirected the victim to the honest one: the callback \
              names the honest server, and its code is not sent to the attacker.",
            refuse(ELSEWHERE),
            &["iss-ignored", "iss-undeclared-ignored"],
        )
        .mix_up()
        .discovery()
        .beside(bystander())
        .setup(Setup {
            announces_iss: false,
            sends_iss: false,
            ..Setup::lying(Lie::callback([ParamEdit::set("iss", "{issuer:bystander}")]))
        })
        .and(|seen| keeps_away(seen, "authority")),
        attack(
            "AK-02/attackers-code-for-the-honest-server",
            &["AK-02", "BP-07", "BP-08", "BP-09", "IS-04", "IS-03"],
            "The login began at the honest server, and the callback is from the attacker's server.",
            refuse(ELSEWHERE),
            &["iss-ignored"],
        )
        .mix_up()
        .discovery()
        .beside(attacker())
        .lie(Lie::callback([ParamEdit::set("iss", "{issuer:attacker}")]))
        .and(|seen| keeps_away(seen, "attacker")),
        attack(
            "AK-03/answer-used-up",
            &["AK-03", "BP-29", "PK-28", "OA-23"],
            "Someone read code and state in the browser's history, and requests the redirect URI with them again.",
            refuse_after(&["state", "callback_malformed", "other"]),
            &["replay-callback"],
        )
        .then(Step::Deliver("f1", Vec::new())),
        attack(
            "AK-04/server-of-the-session",
            &["AK-04", "BP-08", "BP-07"],
            "Two logins are pending at two servers, and the callback of the first comes last: its code goes to its own \
              server.",
            Expect::Accept(at_home),
            &["issuer-of-latest-flow"],
        )
        .discovery()
        .beside(bystander())
        .steps([Step::BeginAt("f2", "bystander"), Step::Deliver("f1", Vec::new())]),
        attack(
            "AK-04/server-named-by-the-answer",
            &["AK-04", "BP-08", "BP-07", "IS-04", "IS-03", "BP-09"],
            "The callback names another server that the client knows: the session determines the server, not the \
              callback.",
            refuse(ELSEWHERE),
            &["flow-of-callback-issuer", "iss-ignored"],
        )
        .mix_up()
        .discovery()
        .beside(bystander())
        .steps([Step::BeginAt("f2", "bystander"), Step::Deliver("f1", vec![Tamper::OfFlow("iss", "f2")])])
        .and(|seen| keeps_away(seen, "bystander")),
        attack(
            "AK-05/answer-of-another-server",
            &["AK-05", "BP-07", "BP-10", "BP-40", "OA-49", "OA-48", "OA-17", "BP-05"],
            "The callback of a login at one server is delivered to the session of a login at another.",
            refuse(&["state", "iss"]),
            // A client that skips only the state is stopped by iss.
            &["answer-of-any-login"],
        )
        .discovery()
        .beside(bystander())
        .steps([Step::BeginAt("f2", "bystander"), Step::Cross("f2", "f1")]),
        attack(
            "AK-06/stolen-code-and-pkce",
            &["AK-06", "BP-11", "PK-10", "PK-17", "AK-08"],
            "The attacker injects the victim's code into the callback of his own login, whose state is right; the \
              server checks the verifier if a challenge was sent.",
            refuse_after(&["token_error"]),
            &["challenge-missing", "token-error-as-success"],
        )
        .setup(without([Rule::ChallengeMissing, Rule::VerifierMissing, Rule::StateMissing]))
        .steps([Step::BeginAs("f2", MALLORY), Step::Deliver("f1", vec![Tamper::OfFlow("code", "f2")])]),
        attack(
            "AK-06/stolen-code-and-nonce",
            &["AK-06", "ID-21", "ID-02", "BP-13", "BP-32"],
            "The attacker injects the victim's code into the callback of his own login; the server does not check \
              verifiers: the nonce is that of another login.",
            refuse_after(&["claim_nonce"]),
            &["nonce-any-flow", "nonce-ignored"],
        )
        .profile(Profile::OpenId)
        .setup(without([Rule::VerifierMismatch, Rule::RedirectMismatch]))
        .steps([Step::BeginAs("f2", MALLORY), Step::Deliver("f1", vec![Tamper::OfFlow("code", "f2")])]),
        attack(
            "AK-07/challenge-stripped",
            &["AK-07", "PK-10", "BP-11", "OA-41", "OA-23", "PK-25"],
            "An attacker in the middle removed the challenge from the authorization request: the server refuses the \
              verifier, and the client reports that.",
            refuse_after(&["token_error"]),
            &["token-error-as-success", "no-pkce-fallback", "retry-code"],
        )
        .lie(Lie::Code(CodeLie::NoChallenge)),
        attack(
            "AK-08/answer-to-no-request",
            &["AK-08", "OA-48", "BP-05"],
            "The attacker made an authorization request with his own challenge, and sends the victim's browser to the \
              client with the code: the client did not begin that login.",
            refuse(&["state"]),
            &["skip-state", "state-wrong-ok"],
        )
        .steps([Step::Forge("f1", "code=a-code-for-the-attackers-challenge&state=the-attackers-state")]),
        attack(
            "AK-08/code-for-another-challenge",
            &["AK-08", "AK-06", "OA-41", "OA-23", "PK-25"],
            "The code is bound to a challenge that the attacker chose: the verifier of this login does not redeem it.",
            refuse_after(&["token_error"]),
            &["token-error-as-success", "no-pkce-fallback", "retry-code"],
        )
        .setup(Setup::honest())
        .lie(Lie::callback([ParamEdit::set("code", "{foreign_code}")])),
        attack(
            "AK-09/access-token-swapped",
            &["AK-09", "ID-26"],
            "The token response has the access token of another user: at_hash belongs to the one that was issued.",
            // OpenID Connect Core section 3.1.3.8: in the code flow the client MAY check it.
            Expect::Choice(&["at_hash", "jwt_malformed"]),
            &["at-hash-ignored"],
        )
        .profile(Profile::OpenId)
        .lie(Lie::Together(vec![
            Lie::claims([JsonEdit::set("at_hash", "{at_hash}")]),
            Lie::token_response([JsonEdit::set("access_token", "{other_access_token}")]),
        ])),
        attack(
            "AK-10/token-endpoint-of-another-server",
            &["AK-10", "BP-39"],
            "The attacker's metadata names the token endpoint of a server at which the client has a secret: that \
              secret is not sent in a login at the attacker's server.",
            Expect::Wire(no_foreign_secret),
            &["secret-of-endpoint"],
        )
        .profile(Profile::Basic)
        .discovery()
        .beside(confidential(bystander()))
        .lie(Lie::metadata([JsonEdit::set("token_endpoint", "{base:bystander}/oauth/token")])),
        attack(
            "AK-11/issuer-changed",
            &["AK-11", "DI-01", "DI-02"],
            "The server's metadata names another issuer and its endpoints: the secret of one server is not sent to the \
              other.",
            refuse(&["issuer"]),
            &["discovery-issuer-ignored"],
        )
        .profile(Profile::Basic)
        .discovery()
        .beside(confidential(bystander()))
        .lie(Lie::metadata([
            JsonEdit::set("issuer", "{issuer:bystander}"),
            JsonEdit::set("authorization_endpoint", "{base:bystander}/authorize"),
            JsonEdit::set("token_endpoint", "{base:bystander}/oauth/token"),
        ]))
        .and(|seen| keeps_away(seen, "bystander")),
        attack(
            "AK-11/own-secret-at-each-server",
            &["AK-11", "AK-10", "BP-07", "OA-11"],
            "The client has a secret at each of two servers: each server gets its own.",
            Expect::Accept(no_foreign_secret),
            &["secret-of-first-issuer"],
        )
        .profile(Profile::Basic)
        .discovery()
        .beside(confidential(bystander()))
        .steps([Step::BeginAt("f2", "bystander"), Step::Deliver("f2", Vec::new())]),
        attack(
            "AK-12/attackers-answer-in-the-victims-browser",
            &["AK-12", "BP-41", "OA-49", "OA-48", "OA-17", "BP-05"],
            "The attacker began a login, signed in as himself, and makes the victim's browser deliver the callback: \
              code and state belong together, but not to this session.",
            refuse(&["state"]),
            &["state-any-session", "skip-state"],
        )
        .steps([Step::BeginAs("f2", MALLORY), Step::Cross("f2", "f1")]),
        attack(
            "AK-12/whose-account",
            &["AK-12", "BP-41"],
            "Two users log in at the same time: each gets the right account.",
            Expect::Accept(|seen| {
                let people: Vec<&str> =
                    seen.answers.iter().filter_map(|answer| answer.message["sub"].as_str()).collect();
                match people.as_slice() {
                    [MALLORY, "auth0|john"] => Ok(()),
                    _ => Err("expected: Mallory in the second session, John in the first; seen: otherwise".into()),
                }
            }),
            &["identity-shared"],
        )
        .profile(Profile::OpenId)
        .steps([
            Step::BeginAs("f2", MALLORY),
            Step::Deliver("f2", Vec::new()),
            Step::Deliver("f1", Vec::new()),
        ]),
        attack(
            "BP-32/no-token-used-before-the-nonce",
            &["BP-32", "ID-21", "ID-02"],
            "The ID token has the nonce of another login: the access token that came with it is not used.",
            refuse_after(&["claim_nonce"]),
            &["userinfo-before-id-token", "nonce-ignored"],
        )
        .profile(Profile::OpenId)
        .lie(Lie::claims([JsonEdit::set("nonce", json!("{other_nonce}"))]))
        .and(|seen| match seen.wire.userinfo_requests().len() {
            0 => Ok(()),
            _ => Err("expected: the access token is not used; seen: a request for user info".into()),
        }),
    ]
}

/// Another honest server.
fn bystander() -> Setup {
    Setup { keys: KeySet::Second, ..Setup::witness() }.named("bystander")
}

/// A server in an attacker's hands.
fn attacker() -> Setup {
    Setup { keys: KeySet::Second, ..Setup::witness() }.named("attacker")
}

/// The server knows the client by a secret that it has nowhere else.
fn confidential(server: Setup) -> Setup {
    let auth = ClientAuth::Basic("the-secret-of-the-bystander".into());
    let client = Client { id: "client-of-the-bystander".into(), auth, ..Client::web() };
    Setup { clients: vec![client], ..server }
}

/// A real server that lacks these checks.
fn without(rules: impl Into<Vec<Rule>>) -> Setup {
    Setup { enforcement: Enforcement::Without(rules.into()), ..Setup::honest() }
}

/// No code, verifier or secret came to this server.
fn keeps_away(seen: &Transcript, server: &str) -> Result<(), String> {
    match seen.wire.to(server).iter().find(|request| request.endpoint == Endpoint::Token) {
        Some(_) => Err(format!("expected: nothing sent to {server}; seen: a token request")),
        None => Ok(()),
    }
}

/// Each code came back to the server that issued it.
fn at_home(seen: &Transcript) -> Result<(), String> {
    match seen.wire.to("bystander").iter().find(|request| request.endpoint == Endpoint::Token) {
        Some(_) => Err("expected: the code goes to its own server; seen: it goes to the other".into()),
        None => Ok(()),
    }
}

/// No server is sent a secret that belongs to another, nor a secret in a login of another.
fn no_foreign_secret(seen: &Transcript) -> Result<(), String> {
    let began_at = |request: &Exchange| {
        let code = request.form("code").unwrap_or_default();
        let sent = |answer: &Exchange| answer.response_header("location").is_some_and(|to| to.contains(code));
        seen.wire.authorization_requests().into_iter().find(sent).map(|answer| answer.to)
    };
    for request in seen.wire.token_requests() {
        let names_bystander = names_client_of_bystander(&request);
        if names_bystander != (began_at(&request).as_deref() == Some("bystander")) {
            return Err("expected: the secret of the server that the login began at; seen: another's".into());
        }
    }
    Ok(())
}

/// Whether a request authenticates as the client that the bystander knows.
fn names_client_of_bystander(request: &Exchange) -> bool {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    let basic = request.header("authorization").and_then(|value| value.strip_prefix("Basic "));
    let credentials = basic.and_then(|text| STANDARD.decode(text).ok()).unwrap_or_default();
    // Form-encoded, as RFC 6749 section 2.3.1 has it, a hyphen may be written as an escape.
    let credentials = [b"id=".as_slice(), &credentials].concat();
    let id = form_urlencoded::parse(&credentials).next().map(|(_, value)| value.into_owned()).unwrap_or_default();
    id.split(':').next() == Some("client-of-the-bystander")
        || request.form("client_id") == Some("client-of-the-bystander")
}
