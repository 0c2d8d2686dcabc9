//! The log: what it finds, and what it hides.

use proofkey_authority::{Authority, Browser, Client, SecretKind, Setup, Wire};

use crate::login::{VERIFIER, authorization_url, basic, code, exchange, exchange_by, log_in, userinfo};

#[tokio::test]
async fn a_rendered_login_is_readable_and_holds_no_secret() {
    let authority = Authority::honest().await;
    let wire = authority.wire();
    let landing = Browser::new(wire).open(&authorization_url(&authority, &[])).await.unwrap();
    assert!(landing.callback().is_some());
    let tokens = log_in(&authority).json();
    userinfo(&authority, tokens["access_token"].as_str().unwrap());
    let web = Client::web();
    let web_code = code(&authority, &[("client_id", Some(&web.id))]);
    let header = basic(&web);
    exchange_by(&authority, &[("authorization", &header)], &web_code, &[("client_id", None)]);
    exchange(&authority, "a-code-that-was-never-issued", &[]);

    let text = wire.render();
    for readable in [
        "browser -> authority  GET /authorize",
        "client -> authority  POST /oauth/token",
        "code_challenge_method = S256",
        "code = <code 2>",
        "code_verifier = <verifier 1>",
        "authorization: Bearer <access_token 1>",
        "<- 200",
        "<- 302",
        "the client is at fault: code_unknown (OA-09)",
    ] {
        assert!(text.contains(readable), "{readable:?} in\n{text}");
    }
    let mut secrets = vec![VERIFIER.to_owned(), header.split(' ').nth(1).unwrap().to_owned()];
    for exchange in wire.code_requests() {
        secrets.extend(exchange.form("code").filter(|code| !code.starts_with("a-code")).map(String::from));
        if let Ok(serde_json::Value::Object(members)) = serde_json::from_slice(&exchange.response_body) {
            let named = ["access_token", "refresh_token", "id_token"];
            secrets.extend(named.iter().filter_map(|name| Some(members.get(*name)?.as_str()?.to_owned())));
        }
    }
    assert!(secrets.len() >= 9, "{}", secrets.len());
    for secret in &secrets {
        assert!(!text.contains(secret.as_str()), "a secret is readable in\n{text}");
        // No half of it either, where a long value was cut.
        assert!(!text.contains(&secret[..secret.len().min(20)]), "the beginning of a secret is readable in\n{text}");
    }
}

#[tokio::test]
async fn leaks_are_found_in_every_way_of_writing() {
    let authority = Authority::honest().await;
    log_in(&authority);
    let wire = authority.wire();
    let code = wire.codes_redeemed().remove(0);
    assert_eq!(wire.leaks_in("nothing here"), []);
    let leaks = wire.leaks_in(&format!("DEBUG code={code} verifier={VERIFIER}"));
    assert_eq!(leaks.iter().map(ToString::to_string).collect::<Vec<_>>(), ["code 1", "verifier 1"]);
    let secret = Client::web().auth.secret().unwrap().to_owned();
    let encoded: String = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    for written in [secret.clone(), encoded.clone(), encoded.replace('+', "%20"), serde_json::json!(secret).to_string()]
    {
        assert!(wire.leaks_in(&written).iter().any(|leak| leak.kind == SecretKind::ClientSecret), "{written}");
        assert!(!wire.mask(&written).contains(&written));
    }
}

#[test]
fn short_and_empty_secrets_are_not_looked_for() {
    let wire = Wire::new();
    wire.add_secret(SecretKind::Code, "");
    wire.add_secret(SecretKind::Code, "a");
    assert_eq!(wire.mask("banana"), "banana");
    assert_eq!(wire.leaks_in("banana"), []);
}

#[test]
fn a_secret_within_another_is_masked_as_the_longer_one() {
    let wire = Wire::new();
    wire.add_secret(SecretKind::Code, "abcdefgh");
    wire.add_secret(SecretKind::AccessToken, "abcdefghijkl");
    wire.add_secret(SecretKind::AccessToken, "abcdefghijkl");
    assert_eq!(wire.mask("x abcdefghijkl y abcdefgh"), "x <access_token 1> y <code 1>");
}

#[tokio::test]
async fn controls_are_escaped_in_the_rendering() {
    let authority = Authority::start(Setup::witness()).await;
    exchange(&authority, "line\r\nbreak\u{1b}[31m", &[]);
    let text = authority.wire().render();
    assert!(text.contains("line\\r\\nbreak\\u{1b}[31m"), "{text}");
}

#[tokio::test]
async fn the_log_tells_kinds_of_requests_apart() {
    let authority = Authority::honest().await;
    let tokens = log_in(&authority).json();
    crate::login::refresh(&authority, tokens["refresh_token"].as_str().unwrap(), &[]);
    let wire = authority.wire();
    assert_eq!(wire.authorization_requests().len(), 1);
    assert_eq!(wire.token_requests().len(), 2);
    assert_eq!((wire.code_requests().len(), wire.refresh_requests().len()), (1, 1));
    assert_eq!(wire.jwks_requests().len() + wire.metadata_requests().len() + wire.attacker_requests().len(), 0);
    let last = wire.exchanges().pop().unwrap();
    let shown: serde_json::Value = serde_json::to_value(&last).unwrap();
    assert_eq!(shown["endpoint"], "token");
}

#[tokio::test]
async fn a_full_log_refuses_further_requests() {
    let authority = Authority::honest().await;
    crate::http::get(&format!("{}/nowhere", authority.base()));
    let visit = authority.wire().exchanges().remove(0);
    while authority.wire().record(visit.clone()).is_some() {}
    assert_eq!(authority.wire().exchanges().len(), 20_000);
    assert_eq!(crate::login::authorize(&authority, &[]).status, 429);
    assert!(authority.stored_codes().is_empty());
}

#[test]
fn an_exchange_is_followed_while_it_happens() {
    use proofkey_authority::{Endpoint, Exchange, Party};
    let wire = Wire::new();
    assert_eq!(wire.changes(), 0);
    let visit = |url| wire.record(Exchange::new(Party::Browser, "client", Endpoint::App, "GET", url));
    let first = visit("http://localhost:8091/login");
    let second = visit("http://localhost:8091/callback");
    assert_eq!((first, second, wire.changes()), (Some(1), Some(2), 2));
    wire.answer(second, |exchange| exchange.status = Some(303));
    assert_eq!(wire.changes(), 3);
    let since: Vec<_> = wire.since(1).into_iter().map(|exchange| (exchange.path, exchange.status)).collect();
    assert_eq!(since, [("/callback".to_owned(), Some(303))]);
    assert_eq!(wire.since(0).len(), 2);
    assert!(wire.since(2).is_empty() && wire.since(u64::MAX).is_empty());
}
