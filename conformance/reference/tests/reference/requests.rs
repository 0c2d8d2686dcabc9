//! Switches that show in what the client sends, writes or does not do.

use proofkey_authority::lie::{CodeLie, JsonEdit, Lie, ParamEdit, TransportFault};
use proofkey_authority::{Client, Endpoint, Exchange, Setup};
use serde_json::json;

use crate::drive::{Login, Outcome};

/// What a switch changes about a login at a witness: false without it, true with it.
type Visible = (&'static str, fn(&Outcome) -> bool);

async fn check(login: &Login, table: &[Visible]) {
    let honest = login.run().await;
    for (switch, visible) in table {
        assert!(!visible(&honest), "{switch} shows without the switch");
        let changed = login.clone().with(switch).run().await;
        assert!(visible(&changed), "{switch} does not show: {}\n{}", changed.result, changed.wire.render());
    }
}

/// The first authorization request.
fn request(outcome: &Outcome) -> Exchange {
    outcome.wire.authorization_requests().remove(0)
}

/// The first token request.
fn token(outcome: &Outcome) -> Exchange {
    outcome.wire.token_requests().remove(0)
}

fn sent(outcome: &Outcome, name: &str) -> String {
    request(outcome).query(name).unwrap_or("").to_owned()
}

fn times(outcome: &Outcome, name: &str) -> usize {
    request(outcome).query.iter().filter(|(key, _)| key == name).count()
}

fn verifier(outcome: &Outcome) -> String {
    token(outcome).form("code_verifier").unwrap_or("").to_owned()
}

#[tokio::test]
async fn in_the_authorization_request() {
    check(
        &Login::new(Setup::witness()),
        &[
            ("challenge-missing", |seen| times(seen, "code_challenge") == 0),
            ("challenge-padded", |seen| sent(seen, "code_challenge").ends_with('=')),
            ("challenge-hex", |seen| sent(seen, "code_challenge").len() == 64),
            ("challenge-twice", |seen| times(seen, "code_challenge") == 2),
            ("challenge-constant", |seen| sent(seen, "code_challenge").starts_with("E9Melhoa2")),
            ("method-missing", |seen| times(seen, "code_challenge_method") == 0),
            ("method-lowercase", |seen| sent(seen, "code_challenge_method") == "s256"),
            ("method-twice", |seen| times(seen, "code_challenge_method") == 2),
            ("response-type-missing", |seen| times(seen, "response_type") == 0),
            ("response-type-token", |seen| sent(seen, "response_type") == "token"),
            ("redirect-uri-missing", |seen| times(seen, "redirect_uri") == 0),
            ("parameter-twice", |seen| times(seen, "client_id") == 2),
            ("scope-missing", |seen| times(seen, "scope") == 0),
            ("scope-without-openid", |seen| !sent(seen, "scope").contains("openid")),
            ("state-missing", |seen| times(seen, "state") == 0),
            ("state-constant", |seen| sent(seen, "state") == "random_security_token"),
            ("nonce-missing", |seen| times(seen, "nonce") == 0),
            ("nonce-is-state", |seen| sent(seen, "nonce") == sent(seen, "state")),
            ("nonce-is-challenge", |seen| sent(seen, "nonce") == sent(seen, "code_challenge")),
            ("state-is-challenge", |seen| sent(seen, "state") == sent(seen, "code_challenge")),
            ("state-is-verifier", |seen| sent(seen, "state") == verifier(seen)),
            ("state-begins-nonce", |seen| sent(seen, "nonce").starts_with(&sent(seen, "state"))),
            ("verifier-in-url", |seen| times(seen, "code_verifier") == 1),
            ("verifier-short-alphabet", |seen| verifier(seen).chars().all(|c| c.is_ascii_hexdigit())),
            ("state-short-alphabet", |seen| sent(seen, "state").len() == 22),
        ],
    )
    .await;
    let confidential = Login { client: Client::web(), ..Login::new(Setup::witness()) };
    check(&confidential, &[("secret-in-url", |seen| times(seen, "client_secret") == 1)]).await;
}

#[tokio::test]
async fn what_the_witness_notes() {
    use proofkey_authority::Rule;
    for (switch, rule) in [
        ("client-id-missing", Rule::ClientUnknown),
        ("verifier-short", Rule::VerifierMalformed),
        ("verifier-long", Rule::VerifierMalformed),
        ("verifier-alphabet", Rule::VerifierMalformed),
        ("verifier-padded", Rule::VerifierMalformed),
        ("challenge-of-raw-octets", Rule::VerifierMismatch),
        ("verifier-missing", Rule::VerifierMissing),
        ("verifier-truncated", Rule::VerifierMalformed),
        ("redirect-omitted", Rule::RedirectMismatch),
        ("redirect-altered", Rule::RedirectMismatch),
        ("redirect-port-altered", Rule::RedirectMismatch),
        ("redirect-case-altered", Rule::RedirectMismatch),
        ("token-get", Rule::MethodNotPost),
        ("token-json", Rule::NotForm),
        ("grant-type-missing", Rule::GrantType),
        ("token-parameter-twice", Rule::ParameterRepeated),
        ("client-id-omitted", Rule::ClientUnknown),
        ("verifier-in-token-url", Rule::SecretInUrl),
    ] {
        let outcome = Login::new(Setup::witness()).with(switch).run().await;
        let faults = outcome.wire.faults();
        assert!(faults.iter().any(|fault| fault.rule == rule), "{switch}: {faults:?}\n{}", outcome.result);
    }
    for (switch, rule) in [
        ("two-auth-methods", Rule::TwoAuthentications),
        ("basic-unescaped", Rule::ClientUnknown),
        ("secret-in-token-url", Rule::SecretInUrl),
    ] {
        let login = Login { client: Client::web_unusual(), ..Login::new(Setup::witness()) };
        let faults = login.with(switch).run().await.wire.faults();
        assert!(faults.iter().any(|fault| fault.rule == rule), "{switch}: {faults:?}");
    }
}

#[tokio::test]
async fn plain_where_it_is_offered() {
    let both = Lie::metadata([JsonEdit::set("code_challenge_methods_supported", json!(["plain", "S256"]))]);
    let plain: fn(&Outcome) -> bool = |seen| sent(seen, "code_challenge_method") == "plain";
    check(&Login::new(Setup::lying(both)), &[("plain-chosen", plain)]).await;
    let silent = Setup { announces_pkce: false, ..Setup::witness() };
    check(&Login::new(silent), &[("plain-when-absent", plain)]).await;
}

#[tokio::test]
async fn a_code_that_is_sent_again() {
    let refused = Login::new(Setup::lying(Lie::Code(CodeLie::Unknown)));
    let codes: fn(&Outcome) -> bool = |seen| seen.wire.code_requests().len() > 1;
    check(
        &refused,
        &[
            ("retry-code", codes),
            ("no-pkce-fallback", codes),
            ("plain-token-fallback", codes),
            ("grant-type-password", |seen| seen.wire.token_requests().len() > 1),
            ("plain-fallback", |seen| seen.tries > 1),
            ("new-flow-fallback", |seen| seen.tries > 1),
            ("token-error-code-lost", |seen| seen.result["code"].is_null()),
        ],
    )
    .await;
    let at = Endpoint::Token;
    let reset = Login::new(Setup::lying(Lie::Transport { at, fault: TransportFault::Reset }));
    check(&reset, &[("retry-on-reset", codes)]).await;
    let silence = Login::new(Setup::lying(Lie::Transport { at, fault: TransportFault::Silence }));
    check(&silence, &[("retry-on-timeout", codes)]).await;
    let denied = Login::new(Setup::lying(Lie::refusal("access_denied")));
    check(&denied, &[("plain-fallback", |seen| seen.tries > 1)]).await;
    let other = Login::new(Setup::lying(Lie::refusal("consent_required")));
    check(&other, &[("error-code-generic", |seen| seen.result["code"] == "access_denied")]).await;
}

#[tokio::test]
async fn what_is_written() {
    let login = Login::new(Setup::witness());
    let leaks: fn(&Outcome) -> bool = |seen| {
        let said = format!("{}{}", seen.result, seen.ended.stderr);
        !seen.wire.leaks_in(&said).is_empty()
    };
    check(
        &login,
        &[
            ("verifier-in-stderr", leaks),
            ("verifier-in-stdout", leaks),
            ("code-in-stderr", leaks),
            ("code-in-stdout", leaks),
            ("token-in-stderr", leaks),
            ("token-in-stdout", leaks),
        ],
    )
    .await;
    let confidential = Login { client: Client::web(), ..login };
    check(&confidential, &[("secret-in-stderr", leaks), ("secret-in-stdout", leaks)]).await;
}

#[tokio::test]
async fn how_it_ends() {
    let verdict = |login: Login| async move { login.run().await.verdict() };
    let honest = || Login::new(Setup::witness());
    assert_eq!(verdict(honest().with("crash")).await, "crash");
    assert_eq!(verdict(honest().with("refuse-all")).await, "other");
    let wrong = Setup::lying(Lie::callback([ParamEdit::set("state", "wrong")]));
    assert_eq!(verdict(Login::new(wrong).with("accept-all")).await, "ok");
    for (switch, lie) in [
        ("callback-size-crash", Lie::callback([ParamEdit::SetLong("x".into(), 65_536)])),
        ("error-text-crash", Lie::refusal("a\u{1b}b")),
        ("token-html-crash", Lie::answer(Endpoint::Token, 200, "text/html", "<p>")),
        ("expires-in-crash", Lie::token_response([JsonEdit::set("expires_in", "x")])),
        ("jwt-five-segments-crash", Lie::text(proofkey_authority::lie::TextEdit::Encrypted)),
        ("jwt-deep-crash", Lie::claims([JsonEdit::SetDeep("x".into(), 10_000)])),
        ("kid-hostile-crash", Lie::header([JsonEdit::set("kid", "../../etc/passwd")])),
    ] {
        let login = Login::new(Setup::lying(lie));
        assert_ne!(login.run().await.verdict(), "crash", "{switch}");
        assert_eq!(verdict(login.with(switch)).await, "crash", "{switch}");
    }
}

#[tokio::test]
async fn what_is_refused_for_no_reason() {
    for (switch, lie, class) in [
        ("callback-unknown-refused", Lie::callback([ParamEdit::set("x", "y")]), "callback_malformed"),
        ("code-short-refused", Lie::Code(CodeLie::Text("x".into())), "callback_malformed"),
        ("token-unknown-member-refused", Lie::token_response([JsonEdit::set("x", "y")]), "token_malformed"),
        ("token-type-case-sensitive", Lie::token_response([JsonEdit::set("token_type", "bEARER")]), "token_type"),
        ("expires-in-required", Lie::token_response([JsonEdit::remove("expires_in")]), "token_malformed"),
        ("discovery-unknown-member-refused", Lie::metadata([JsonEdit::set("x", "y")]), "discovery"),
        ("aud-array-refused", Lie::claims([JsonEdit::set("aud", json!(["{client_id}"]))]), "claim_aud"),
        ("exp-fraction-refused", Lie::claims([JsonEdit::SetTimeFraction("exp".into(), 60.5)]), "claim_exp"),
        ("kid-absent-refused", Lie::header([JsonEdit::remove("kid")]), "key"),
        ("at-hash-required", Lie::claims([JsonEdit::remove("at_hash")]), "at_hash"),
    ] {
        let login = Login::new(Setup::lying(lie));
        assert_eq!(login.run().await.verdict(), "ok", "without {switch}");
        assert_eq!(login.with(switch).run().await.verdict(), class, "{switch}");
    }
    let opaque = Login::new(Setup::lying(Lie::token_response([JsonEdit::set("access_token", "opaque")])));
    let opaque = opaque.config(json!({"scope": "profile"}));
    assert_eq!(opaque.run().await.verdict(), "ok");
    assert_eq!(opaque.with("access-token-parsed").run().await.verdict(), "token_malformed");
}

#[tokio::test]
async fn after_the_login() {
    let login = Login::new(Setup::witness()).then(&["refresh", "refresh", "userinfo", "revoke"]);
    check(
        &login,
        &[
            ("userinfo-post", |seen| seen.wire.userinfo_requests()[0].method == "POST"),
            ("userinfo-query", |seen| seen.wire.userinfo_requests()[0].query("access_token").is_some()),
            ("userinfo-token-twice", |seen| seen.wire.userinfo_requests()[0].query("access_token").is_some()),
            ("refresh-scope-widened", |seen| seen.wire.refresh_requests()[0].form("scope").is_some()),
            ("refresh-old-kept", |seen| {
                let sent = seen.wire.refresh_requests();
                sent.len() > 1 && sent[0].form("refresh_token") == sent[1].form("refresh_token")
            }),
            ("revoke-get", |seen| seen.wire.revocation_requests()[0].method == "GET"),
            ("revoke-unauthenticated", |seen| seen.wire.revocation_requests()[0].form("client_id").is_none()),
        ],
    )
    .await;
}
