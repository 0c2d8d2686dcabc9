//! A witness forgives what the client does, and refuses what the lie does.

use proofkey_authority::lie::{CodeLie, ParamEdit};
use proofkey_authority::{Authority, Client, Lie, Rule, Setup};

use crate::http::{first, get, post, request};
use crate::login::{Change, authorization_url, authorize, code, exchange, log_in, refresh, userinfo};

fn rules(authority: &Authority) -> Vec<Rule> {
    authority.wire().faults().iter().map(|fault| fault.rule).collect()
}

#[tokio::test]
async fn an_honest_client_leaves_no_fault() {
    let authority = Authority::start(Setup::witness()).await;
    let tokens = log_in(&authority).json();
    userinfo(&authority, tokens["access_token"].as_str().unwrap());
    refresh(&authority, tokens["refresh_token"].as_str().unwrap(), &[]);
    assert_eq!(rules(&authority), []);
}

#[tokio::test]
async fn faults_of_the_authorization_request_are_written_down_and_forgiven() {
    let cases: [(Change<'_>, Rule); 11] = [
        (("client_id", None), Rule::ClientUnknown),
        (("client_id", Some("nobody")), Rule::ClientUnknown),
        (("redirect_uri", Some("http://127.0.0.1:50123/elsewhere")), Rule::RedirectUnregistered),
        (("response_type", Some("token")), Rule::ResponseType),
        (("response_mode", Some("fragment")), Rule::ResponseMode),
        (("code_challenge", None), Rule::ChallengeMissing),
        (("code_challenge", Some("short")), Rule::ChallengeMalformed),
        (("code_challenge_method", None), Rule::MethodPlain),
        (("code_challenge_method", Some("s256")), Rule::MethodUnknown),
        (("state", None), Rule::StateMissing),
        (("nonce", None), Rule::NonceMissing),
    ];
    for (change, rule) in cases {
        let authority = Authority::start(Setup::witness()).await;
        let callback = authorize(&authority, &[change]).location_pairs();
        assert!(first(&callback, "code").is_some(), "{rule:?}: {callback:?}");
        assert_eq!(rules(&authority), [rule]);
    }
    let authority = Authority::start(Setup::witness()).await;
    let callback = get(&format!("{}&state=again", authorization_url(&authority, &[]))).location_pairs();
    assert!(first(&callback, "code").is_some());
    assert_eq!(rules(&authority), [Rule::ParameterRepeated]);
}

#[tokio::test]
async fn a_browser_is_never_sent_to_what_is_no_address() {
    let authority = Authority::start(Setup::witness()).await;
    for uri in ["", "javascript:alert(1)", "/callback", "http://127.0.0.1:1/callback#x"] {
        assert_eq!(authorize(&authority, &[("redirect_uri", Some(uri))]).status, 400, "{uri}");
    }
}

#[tokio::test]
async fn faults_of_the_token_request_are_written_down_and_forgiven() {
    let cases: [(Change<'_>, Rule); 11] = [
        (("code", None), Rule::CodeMissing),
        (("code", Some("never-issued")), Rule::CodeUnknown),
        (("client_id", None), Rule::ClientUnknown),
        (("client_id", Some("another-client")), Rule::CodeOfAnotherClient),
        (("client_secret", Some("guessed")), Rule::ClientAuthentication),
        (("redirect_uri", None), Rule::RedirectMismatch),
        (("code_verifier", None), Rule::VerifierMissing),
        (("code_verifier", Some("wrong-but-well-formed-verifier-of-43-character")), Rule::VerifierMismatch),
        (("grant_type", None), Rule::GrantType),
        (("grant_type", Some("password")), Rule::GrantType),
        (("scope", Some("")), Rule::CodeReplayed),
    ];
    for (change, rule) in cases {
        let authority = Authority::start(Setup::witness()).await;
        let code = code(&authority, &[]);
        if rule == Rule::CodeReplayed {
            assert_eq!(exchange(&authority, &code, &[]).status, 200);
        }
        let answer = exchange(&authority, &code, &[change]);
        assert_eq!(answer.status, 200, "{rule:?}: {}", answer.text());
        assert_eq!(answer.json()["token_type"], "Bearer");
        assert_eq!(rules(&authority), [rule]);
    }
}

#[tokio::test]
async fn an_expired_code_a_stripped_challenge_and_a_wrong_method_are_forgiven() {
    let authority = Authority::start(Setup::witness()).await;
    let old = code(&authority, &[]);
    authority.clock().advance(601);
    assert_eq!(exchange(&authority, &old, &[]).status, 200);
    let stripped = code(&authority, &[("code_challenge", None), ("code_challenge_method", None)]);
    assert_eq!(exchange(&authority, &stripped, &[]).status, 200);
    assert_eq!(rules(&authority), [Rule::CodeExpired, Rule::ChallengeMissing, Rule::VerifierUnexpected]);

    // A client that falls back to plain is seen to do so, and only so.
    let authority = Authority::start(Setup::witness()).await;
    let plain = [("code_challenge_method", Some("plain")), ("code_challenge", Some(crate::login::VERIFIER))];
    assert_eq!(exchange(&authority, &code(&authority, &plain), &[]).status, 200);
    assert_eq!(rules(&authority), [Rule::MethodPlain]);

    let authority = Authority::start(Setup::witness()).await;
    let code = code(&authority, &[]);
    let query = crate::http::form(&[
        ("grant_type", "authorization_code"),
        ("client_id", &Client::native().id),
        ("code", &code),
        ("redirect_uri", crate::login::REDIRECT_URI),
        ("code_verifier", crate::login::VERIFIER),
    ]);
    assert_eq!(get(&format!("{}?{query}", authority.endpoints().token)).status, 200);
    assert_eq!(rules(&authority), [Rule::MethodNotPost, Rule::SecretInUrl, Rule::SecretInUrl]);
}

#[tokio::test]
async fn faults_at_userinfo_refresh_and_revocation_are_forgiven() {
    let authority = Authority::start(Setup::witness()).await;
    let tokens = log_in(&authority).json();
    let access = tokens["access_token"].as_str().unwrap();
    assert_eq!(get(&format!("{}?access_token={access}", authority.endpoints().userinfo)).status, 200);
    assert_eq!(userinfo(&authority, "guessed").json()["sub"], "auth0|john");
    assert_eq!(refresh(&authority, "guessed", &[]).status, 200);
    assert_eq!(refresh(&authority, tokens["refresh_token"].as_str().unwrap(), &[("scope", Some("admin"))]).status, 200);
    assert_eq!(post(&authority.endpoints().revocation, &[], &[("client_id", &Client::native().id)]).status, 200);
    assert_eq!(request("POST", &authority.endpoints().revocation, &[], "token=x").status, 200);
    let expected = [
        Rule::SecretInUrl,
        Rule::TokenMissing,
        Rule::TokenInvalid,
        Rule::RefreshUnknown,
        Rule::ScopeWidened,
        Rule::RevocationTokenMissing,
        Rule::NotForm,
        Rule::ClientUnknown,
    ];
    assert_eq!(rules(&authority), expected);
}

#[tokio::test]
async fn what_the_lie_causes_is_refused_and_is_no_fault_of_the_client() {
    let code_lies: [(CodeLie, &str); 7] = [
        (CodeLie::Aged(601), "invalid_grant"),
        (CodeLie::Redeemed, "invalid_grant"),
        (CodeLie::Unknown, "invalid_grant"),
        (CodeLie::Client("another-client".into()), "invalid_grant"),
        (CodeLie::RedirectUri("{redirect_uri}/x".into()), "invalid_grant"),
        (CodeLie::Challenge("{other_challenge}".into()), "invalid_grant"),
        (CodeLie::NoChallenge, "invalid_grant"),
    ];
    let request_lies = [
        (ParamEdit::remove("code_verifier"), "invalid_grant"),
        (ParamEdit::set("code_verifier", ""), "invalid_grant"),
        (ParamEdit::set("code_verifier", "short"), "invalid_grant"),
        (ParamEdit::set("code_verifier", "wrong-but-well-formed-verifier-of-43-character"), "invalid_grant"),
        (ParamEdit::set("redirect_uri", "{redirect_uri}/x"), "invalid_grant"),
        (ParamEdit::remove("code"), "invalid_request"),
        (ParamEdit::set("code", "{code|bend}"), "invalid_grant"),
        (ParamEdit::set("client_id", "another-client"), "invalid_grant"),
        (ParamEdit::set("client_id", "nobody"), "invalid_client"),
        (ParamEdit::set("grant_type", "password"), "unsupported_grant_type"),
        (ParamEdit::Text("garbage".into()), "unsupported_grant_type"),
    ];
    let lies = code_lies.map(|(lie, error)| (Lie::Code(lie), error));
    let lies = lies.into_iter().chain(request_lies.map(|(edit, error)| (Lie::token_request([edit]), error)));
    for (lie, error) in lies {
        let authority = Authority::start(Setup::lying(lie.clone())).await;
        let answer = log_in(&authority);
        assert_eq!(answer.error().as_deref(), Some(error), "{lie:?}");
        assert_eq!(rules(&authority), [], "{lie:?}");
        let note = authority.wire().token_requests().remove(0).notes;
        assert!(note.iter().any(|note| note.contains("refused by the rule")), "{note:?}");
        // The log shows what the client sent, not what the lie made of it.
        assert_eq!(authority.wire().token_requests()[0].form("code_verifier"), Some(crate::login::VERIFIER));
    }
}

#[tokio::test]
async fn besides_its_lie_a_witness_still_forgives() {
    let authority = Authority::start(Setup::lying(Lie::token_request([ParamEdit::remove("code_verifier")]))).await;
    let code = code(&authority, &[("code_challenge_method", Some("s256"))]);
    let answer = exchange(&authority, &code, &[("redirect_uri", None)]);
    assert_eq!(answer.error().as_deref(), Some("invalid_grant"));
    assert_eq!(rules(&authority), [Rule::MethodUnknown, Rule::RedirectMismatch]);
}

#[tokio::test]
async fn a_foreign_code_in_the_callback_is_refused_by_its_challenge() {
    let lie = Lie::callback([ParamEdit::set("code", "{foreign_code}")]);
    let authority = Authority::start(Setup::lying(lie)).await;
    let answer = log_in(&authority);
    assert_eq!(answer.error().as_deref(), Some("invalid_grant"));
    assert_eq!(rules(&authority), []);
    let stored = authority.stored_codes();
    assert_eq!(stored.iter().map(|code| code.sub.as_str()).collect::<Vec<_>>(), ["auth0|john", "auth0|mallory"]);
}
