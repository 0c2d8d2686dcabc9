//! The issuer's keys at an API, and at the end of a session.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Waker};
use std::time::{Duration, SystemTime};

use proofkey::authorize::{AuthorizationServer, Endpoint};
use proofkey::jwt::{Algorithm, JwtAccessToken, Required, ResourceServer};
use proofkey::token::{Transport, TransportErrorKind};
use proofkey::{AccessTokenError, IssuerKeys, Lazy};
use serde_json::{Value, json};

use crate::desk::*;

const API: &str = "https://api.example";

struct Api {
    keys: IssuerKeys,
    server: ResourceServer,
    required: Required,
}

impl Api {
    fn of(desk: &Desk) -> Self {
        Self::with(IssuerKeys::new(&Desk::server()), desk)
    }

    fn with(keys: IssuerKeys, desk: &Desk) -> Self {
        let now = Arc::clone(&desk.now);
        let clock = move || SystemTime::UNIX_EPOCH + Duration::from_secs(now.load(Ordering::SeqCst));
        let server = ResourceServer::new(ISSUER, API).algorithms([Algorithm::EdDsa]);
        Self { keys: keys.with_clock(clock), server, required: Required::new().scope("notes.read") }
    }

    async fn admit(&self, http: &impl Transport, token: &str) -> Result<JwtAccessToken, AccessTokenError> {
        self.keys.validate(http, token, &self.server, &self.required).await
    }
}

/// An access token that is signed with the key `seed`, published or not.
fn token(seed: u8) -> String {
    let claims = json!({"iss": ISSUER, "aud": API, "sub": "user-17", "client_id": CLIENT, "iat": NOW,
        "exp": NOW + 100_000, "jti": "a-1", "scope": "notes.read Sentinel0scope"});
    sign_as("at+jwt", seed, &claims)
}

fn code(result: Result<JwtAccessToken, AccessTokenError>) -> &'static str {
    result.map_or_else(|error| error.code(), |_| "admitted")
}

/// The codes of `count` requests that begin at the same time.
async fn at_once(api: &Api, http: &impl Transport, count: usize, token: &str) -> Vec<&'static str> {
    let mut requests: Vec<_> = (0..count).map(|_| Box::pin(api.admit(http, token))).collect();
    let mut context = Context::from_waker(Waker::noop());
    for request in &mut requests {
        assert!(request.as_mut().poll(&mut context).is_pending());
    }
    let mut codes = Vec::new();
    for request in requests {
        codes.push(code(request.await));
    }
    codes
}

#[tokio::test]
async fn access_tokens_are_validated_with_keys_that_are_fetched_once() {
    let desk = Desk::open();
    let api = Api::of(&desk);
    desk.answer("/jwks", Answer::Late);
    assert_eq!(at_once(&api, &desk.http(), 50, &token(1)).await, ["admitted"; 50]);
    assert_eq!(api.admit(&desk.http(), &token(1)).await.unwrap().subject(), "user-17");
    let refused = api.keys.validate(&desk.http(), &token(1), &api.server, &Required::new().scope("notes.write")).await;
    let error = refused.unwrap_err();
    assert!(matches!(error, AccessTokenError::Token(_)) && !error.is_retryable());
    assert_eq!(error.code(), "access_token_scope_insufficient");
    assert_eq!(desk.log(), ["GET /jwks"]);
}

#[test]
fn access_tokens_are_validated_without_a_runtime() {
    let desk = Desk::open();
    let api = Api::with(IssuerKeys::at(Endpoint::new("https://as.example/jwks").unwrap()), &desk);
    let admitted = api.keys.validate_blocking(&desk.blocking(), &token(1), &api.server, &api.required).unwrap();
    assert_eq!(admitted.client_id(), CLIENT);
}

#[tokio::test]
async fn without_keys_one_request_a_second_tries_and_the_others_are_told_at_once() {
    let desk = Desk::open();
    let api = Api::of(&desk);
    // One more tries at first: what failed may be a connection that was kept too long.
    for (fetches, tried) in [(2, 2), (3, 1)] {
        let http = |request| {
            let desk = Arc::clone(&desk);
            async move {
                tokio::task::yield_now().await;
                desk.http()(request).await
            }
        };
        for _ in 0..tried {
            desk.answer("/jwks", Answer::Fail(TransportErrorKind::Timeout, Sent::Perhaps));
        }
        let codes = at_once(&api, &http, 50, &token(1)).await;
        assert!(codes[..tried].iter().all(|code| *code == "transport_timeout"), "{codes:?}");
        assert!(codes[tried..].iter().all(|code| *code == "keys_cooldown"), "{codes:?}");
        let error = api.admit(&desk.http(), &token(1)).await.unwrap_err();
        assert!(matches!(error, AccessTokenError::Keys(_)) && error.is_retryable());
        assert_eq!(desk.count("GET /jwks"), fetches);
        desk.pass(1);
    }
    assert_eq!(code(api.admit(&desk.http(), &token(1)).await), "admitted");
}

#[tokio::test]
async fn id_31_forged_tokens_bring_one_fetch_and_hold_no_honest_request_up() {
    let desk = Desk::open();
    let api = Api::of(&desk);
    assert_eq!(code(api.admit(&desk.http(), &token(1)).await), "admitted");
    desk.answer("/jwks", Answer::Hang);
    let http = desk.http();
    let (forged, honest) = (token(2), token(1));
    {
        let mut waits = pin!(api.admit(&http, &forged));
        assert!(waits.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        assert_eq!(code(api.admit(&http, &honest).await), "admitted");
    }
    for _ in 0..100 {
        assert_eq!(code(api.admit(&http, &forged).await), "jws_key_not_found");
    }
    // One was cancelled, and one answered.
    assert_eq!(desk.count("GET /jwks"), 3);
    // A key that was rotated is found once the wait is over.
    *desk.published.lock().unwrap() = vec![2];
    desk.pass(30);
    assert_eq!(code(api.admit(&http, &forged).await), "admitted");
}

#[tokio::test]
async fn old_keys_serve_while_the_issuer_is_away_or_sends_elsewhere() {
    let desk = Desk::open();
    let api = Api::of(&desk);
    assert_eq!(code(api.admit(&desk.http(), &token(1)).await), "admitted");
    desk.pass(3600);
    desk.answer("/jwks", Answer::Fail(TransportErrorKind::Connect, Sent::No));
    desk.answer("/jwks", Answer::Reply(302, String::new()));
    for fetches in [2, 3] {
        for _ in 0..50 {
            assert_eq!(code(api.admit(&desk.http(), &token(1)).await), "admitted");
        }
        assert_eq!(desk.count("GET /jwks"), fetches);
        desk.pass(30);
    }
}

#[tokio::test]
async fn keys_that_are_no_keys_are_named() {
    let desk = Desk::open();
    let api = Api::of(&desk);
    for (status, body, code) in [(302, "", "keys_status"), (200, "<html>", "jwks_bad_json")] {
        desk.answer("/jwks", Answer::Reply(status, body.to_owned()));
        let error = api.admit(&desk.http(), &token(1)).await.unwrap_err();
        assert_eq!((error.code(), error.is_retryable()), (code, false));
        desk.pass(1);
    }
    let bare = Desk::server();
    let bare = AuthorizationServer::new(
        bare.issuer().clone(),
        bare.authorization_endpoint().clone(),
        bare.token_endpoint().clone(),
    );
    let api = Api::with(IssuerKeys::new(&bare), &desk);
    assert_eq!(code(api.admit(&desk.http(), &token(1)).await), "keys_no_jwks_uri");
}

#[tokio::test]
async fn an_api_starts_while_its_issuer_is_away() {
    let desk = Desk::open();
    let keys = Lazy::new(proofkey::Discovery::new(ISSUER), |server| Ok(IssuerKeys::new(&server)));
    desk.answer("/.well-known/openid-configuration", Answer::Fail(TransportErrorKind::Connect, Sent::No));
    assert_eq!(keys.get(&desk.http()).await.unwrap_err().code(), "transport_connect");
    let keys = keys.get(&desk.http()).await.unwrap();
    assert_eq!(keys.jwks_uri().unwrap().as_str(), "https://as.example/jwks");
}

#[tokio::test]
async fn no_token_is_shown() {
    let desk = Desk::open();
    let api = Api::of(&desk);
    let token = token(2);
    let mut steps = api.keys.validate_steps(&token, &api.server, &api.required);
    let shown = format!("{steps:?}");
    let error = proofkey::drive(&mut steps, &desk.http(), || desk.time()).await.unwrap_err();
    for text in [shown, format!("{steps:?} {:?}", api.keys), texts(&error)] {
        assert!(!token.split('.').any(|part| text.contains(part)) && !text.contains("Sentinel"), "{text}");
    }
}

fn logout_token(seed: u8, claims: &[(&str, Value)]) -> String {
    let mut all = json!({"iss": ISSUER, "aud": CLIENT, "sub": "user-17", "sid": "session-1", "iat": NOW, "exp": NOW + 60,
        "jti": "l-1", "events": {"http://schemas.openid.net/event/backchannel-logout": {}}});
    for (name, value) in claims {
        all[*name] = value.clone();
    }
    sign_as("logout+jwt", seed, &all)
}

#[tokio::test]
async fn lo_01_logout_tokens_are_validated_with_the_keys_of_the_login() {
    let desk = Desk::open();
    let login = desk.login();
    login.finish(&desk.http(), desk.grant(&login, login.request())).await.unwrap();
    let logout = login.validate_logout_token(&desk.http(), &logout_token(1, &[])).await.unwrap();
    assert_eq!((logout.subject(), logout.session_id()), (Some("user-17"), Some("session-1")));
    assert_eq!(desk.count("GET /jwks"), 1);
    for (name, value, code) in
        [("aud", json!("another"), "logout_token_aud_mismatch"), ("nonce", json!("n"), "logout_token_nonce_forbidden")]
    {
        let error = login.validate_logout_token(&desk.http(), &logout_token(1, &[(name, value)])).await.unwrap_err();
        assert_eq!((error.code(), error.stage().as_str()), (code, "logout"), "{error}");
    }
    // A rotated key is looked for, once.
    *desk.published.lock().unwrap() = vec![1, 2];
    let blocking = login.validate_logout_token_blocking(&desk.blocking(), &logout_token(2, &[])).unwrap();
    assert_eq!(blocking.token_id(), "l-1");
    let error = login.validate_logout_token(&desk.http(), &logout_token(3, &[])).await.unwrap_err();
    assert_eq!((error.code(), desk.count("GET /jwks")), ("jws_key_not_found", 2));
    assert!(!format!("{:?}", login.validate_logout_token_steps("Sentinel0").unwrap()).contains("Sentinel"));
}
