//! Making a client, beginning, and taking the callback.

use std::time::{Duration, SystemTime};

use proofkey::authorize::{DiscoveryPath, ResponseMode};
use proofkey::token::TransportErrorKind;
use proofkey::{Discovery, Login, LoginError, Stage, discover};

use crate::desk::*;

fn query(url: &str) -> Vec<(String, String)> {
    let form = url.split_once('?').unwrap().1;
    proofkey::authorize::form::raw_pairs(form)
        .map(|(name, value)| (name.to_owned(), proofkey::authorize::form::decode(value).unwrap().into_owned()))
        .collect()
}

fn value(url: &str, name: &str) -> Option<String> {
    query(url).into_iter().find(|(own, _)| own == name).map(|(_, value)| value)
}

#[tokio::test]
async fn discovery_gives_the_server_or_the_reason() {
    let desk = Desk::open();
    let server = discover(&desk.http(), ISSUER).await.unwrap();
    assert_eq!(server.issuer().as_str(), ISSUER);
    assert_eq!(desk.log(), ["GET /.well-known/openid-configuration"]);

    let error = discover(&desk.http(), "https://as.example").await.unwrap_err();
    assert_eq!((error.code(), error.stage()), ("discovery_issuer_mismatch", Stage::Discovery));
    let error = discover(&desk.http(), "http://as.example").await.unwrap_err();
    assert!(matches!(error, LoginError::Invalid(_)));
    desk.answer("/.well-known/openid-configuration", Answer::Fail(TransportErrorKind::Tls, Sent::No));
    let error = discover(&desk.http(), ISSUER).await.unwrap_err();
    assert_eq!((error.code(), error.stage(), error.is_retryable()), ("transport_tls", Stage::Discovery, false));
    desk.answer("/.well-known/openid-configuration", Answer::Fail(TransportErrorKind::Connect, Sent::No));
    assert!(discover(&desk.http(), ISSUER).await.unwrap_err().is_retryable());

    desk.answer("/.well-known/oauth-authorization-server", Answer::Reply(200, metadata()));
    let server = Discovery::new(ISSUER).path(DiscoveryPath::OAuth).run(&desk.http()).await.unwrap();
    assert_eq!(server.token_endpoint().as_str(), "https://as.example/token");
}

#[test]
fn a_client_is_checked_when_it_is_made() {
    for (client_id, redirect_uri) in
        [("", "https://app.example/"), ("id", ""), ("id", "/callback"), ("id", "https://app.example/#f")]
    {
        let error = Login::new(Desk::server(), client_id, redirect_uri).unwrap_err();
        assert!(matches!(error, LoginError::Invalid(_)));
        assert_eq!(error.stage(), Stage::Setup);
    }
}

#[test]
fn a_login_asks_for_openid_and_has_fresh_secrets() {
    let desk = Desk::open();
    let login = desk.login();
    let (first, _) = login.request().begin().unwrap();
    let (second, _) = login.request().begin().unwrap();
    assert_eq!(value(&first, "scope").unwrap(), "openid");
    for name in ["state", "nonce", "code_challenge"] {
        assert_ne!(value(&first, name).unwrap(), value(&second, name).unwrap(), "{name}");
    }
    let (url, pending) = login.request().begin_with(&[7; 96], SystemTime::UNIX_EPOCH).unwrap();
    assert_eq!(pending.created_at(), SystemTime::UNIX_EPOCH);
    let (same, _) = login.request().begin_with(&[7; 96], SystemTime::UNIX_EPOCH).unwrap();
    assert_eq!(url, same);
}

#[test]
fn every_step_reaches_the_url() {
    let desk = Desk::open();
    let login = desk.login();
    let (url, pending) = login
        .request()
        .scope("openid profile")
        .prompt("login")
        .login_hint("a@example.com")
        .max_age(300)
        .acr_values("urn:a")
        .ui_locales("de")
        .display("page")
        .id_token_hint("a.b.c")
        .audience("https://api.example/")
        .resource("https://r1.example/")
        .resource("https://r2.example/")
        .response_mode(ResponseMode::FormPost)
        .parameter("connection", "google")
        .expires_in(Duration::from_secs(5))
        .begin()
        .unwrap();
    for (name, expected) in [
        ("scope", "openid profile"),
        ("prompt", "login"),
        ("login_hint", "a@example.com"),
        ("max_age", "300"),
        ("acr_values", "urn:a"),
        ("ui_locales", "de"),
        ("display", "page"),
        ("id_token_hint", "a.b.c"),
        ("audience", "https://api.example/"),
        ("resource", "https://r1.example/"),
        ("response_mode", "form_post"),
        ("connection", "google"),
        ("client_id", CLIENT),
        ("redirect_uri", "https://app.example/callback"),
    ] {
        assert_eq!(value(&url, name).as_deref(), Some(expected), "{name}");
    }
    assert_eq!(query(&url).iter().filter(|(name, _)| name == "resource").count(), 2);
    desk.pass(6);
    let callback = format!("code=c&state={}", pending.state().expose());
    assert_eq!(login.receive(pending, &callback).unwrap_err().code(), "callback_expired");
}

#[test]
fn what_cannot_be_begun_is_an_error_of_begin() {
    let desk = Desk::open();
    let login = desk.login();
    for (request, code) in [
        (login.request().scope("profile"), "login_openid_missing"),
        (login.request().scope(""), "value_empty"),
        (login.request().scope("openid pro\"file"), "value_bad_character"),
        (login.authorization().scope("openid"), "login_openid_unexpected"),
        (login.request().parameter("state", "own"), "request_reserved_parameter"),
        (login.request().require_announced_pkce(), "request_pkce_not_announced"),
        // The first mistake is the one that is told.
        (login.request().scope("").parameter("state", "own"), "value_empty"),
    ] {
        assert_eq!(request.begin().unwrap_err().code(), code);
    }
    assert!(login.authorization().begin().is_ok());
    assert!(login.authorization().scope("a").begin().is_ok_and(|(url, _)| value(&url, "nonce").is_none()));
}

#[test]
fn the_callback_is_checked_before_any_network_call() {
    let desk = Desk::open();
    let login = desk.login();
    let begin = || login.request().begin().unwrap().1;
    let error = login.receive(begin(), "code=c&state=wrong").unwrap_err();
    assert_eq!((error.code(), error.stage()), ("callback_state_mismatch", Stage::Callback));
    let pending = begin();
    let callback = format!("error=access_denied&state={}", pending.state().expose());
    let error = login.receive(pending, callback).unwrap_err();
    assert_eq!((error.code(), error.server_error()), ("callback_refused", Some("access_denied")));
    let pending = begin();
    let callback = format!("https://app.example/callback?code=c&state={}", pending.state().expose());
    let late = SystemTime::UNIX_EPOCH + Duration::from_secs(NOW + 601);
    assert_eq!(login.receive_at(pending, callback, late).unwrap_err().code(), "callback_expired");
    assert!(desk.log().is_empty());
}

#[tokio::test]
async fn bp_07_ak_02_what_belongs_to_another_login_is_not_sent() {
    let desk = Desk::open();
    let login = desk.login();
    let others = [Login::new(Desk::server(), "other-client", "https://app.example/callback").unwrap(), {
        let json = metadata().replace("\"https://as.example/\"", "\"https://evil.example/\"");
        desk.answer("/.well-known/openid-configuration", Answer::Reply(200, json));
        let evil = discover(&desk.http(), "https://evil.example/").await.unwrap();
        Login::new(evil, CLIENT, "https://app.example/callback").unwrap()
    }];
    for other in &others {
        let grant = desk.grant(&login, login.request());
        let error = other.finish(&desk.http(), grant).await.unwrap_err();
        assert!(["login_another", "token_request_another_issuer"].contains(&error.code()), "{error}");
        let grant = desk.grant(&login, login.authorization());
        assert!(other.exchange(&desk.http(), grant).await.is_err());
    }
    let pending = login.request().begin().unwrap().1;
    let callback = format!("code=c&state={}", pending.state().expose());
    assert_eq!(others[1].receive(pending, callback).unwrap_err().code(), "login_another");
    assert_eq!(desk.count("POST /token"), 0);
}

#[tokio::test]
async fn a_login_cannot_be_ended_as_plain_oauth_nor_the_other_way_round() {
    let desk = Desk::open();
    let login = desk.login();
    let error = login.exchange(&desk.http(), desk.grant(&login, login.request())).await.unwrap_err();
    assert_eq!(error.code(), "login_openid_unexpected");
    let error = login.finish(&desk.http(), desk.grant(&login, login.authorization())).await.unwrap_err();
    assert_eq!(error.code(), "login_openid_missing");
    assert!(desk.log().is_empty());
}
