//! Every kind of error, once: its code, its stage, its words.

use std::collections::HashSet;
use std::error::Error;
use std::time::{Duration, SystemTime};

use proofkey::authorize::{
    AuthorizationRequest, AuthorizationRequestError, AuthorizationServer, CallbackError, ClientId, DiscoveryError,
    Endpoint, Issuer, LogoutRequestError, RedirectUri,
};
use proofkey::jwt::{HmacKey, IdTokenError, JwkSet, MacAlgorithm, SignedUserInfoError};
use proofkey::token::{
    AccessToken, ClientAuthentication, ClientCredentialsError, DeviceAuthorizationError, DeviceTokenError,
    ExchangeError, ExchangeRequest, PushError, RefreshError, RefreshRequest, RefreshToken, RevocationError,
    RevocationRequest, TransportError, TransportErrorKind, UserInfoError, UserInfoRequest,
};
use proofkey::{KeysError, LoginError, Stage};

use crate::desk::*;

fn transport() -> TransportError {
    TransportError::after_sending(TransportErrorKind::Tls).caused_by(std::io::Error::other("the cause"))
}

fn jwks() -> Endpoint {
    Endpoint::new("https://as.example/jwks").unwrap()
}

fn all() -> Vec<(LoginError, &'static str, Stage)> {
    let keys = |error| LoginError::Keys(error);
    vec![
        (ClientId::new("").unwrap_err().into(), "value_empty", Stage::Setup),
        (HmacKey::new(MacAlgorithm::Hs256, b"short").unwrap_err().into(), "hmac_key_too_short", Stage::Setup),
        (LoginError::DiscoveryTransport(transport()), "transport_tls", Stage::Discovery),
        (DiscoveryError::Missing { member: "issuer" }.into(), "discovery_member_missing", Stage::Discovery),
        (LoginError::Entropy(std::io::ErrorKind::Unsupported.into()), "login_entropy", Stage::Begin),
        (AuthorizationRequestError::S256NotSupported.into(), "request_s256_not_supported", Stage::Begin),
        (PushError::from(transport()).into(), "transport_tls", Stage::Begin),
        (DeviceAuthorizationError::from(transport()).into(), "transport_tls", Stage::Begin),
        (DeviceTokenError::from(transport()).into(), "transport_tls", Stage::Device),
        (ClientCredentialsError::from(transport()).into(), "transport_tls", Stage::ClientCredentials),
        (LoginError::OpenIdMissing { stage: Stage::Device }, "login_openid_missing", Stage::Device),
        (LoginError::OpenIdUnexpected { stage: Stage::Exchange }, "login_openid_unexpected", Stage::Exchange),
        (CallbackError::StateMismatch.into(), "callback_state_mismatch", Stage::Callback),
        (LoginError::AnotherLogin { stage: Stage::Callback }, "login_another", Stage::Callback),
        (ExchangeError::from(transport()).into(), "transport_tls", Stage::Exchange),
        (LoginError::Interrupted, "login_interrupted", Stage::Exchange),
        (LoginError::Finished { stage: Stage::Refresh }, "login_finished", Stage::Refresh),
        (LoginError::IdTokenMissing { tokens: None }, "login_id_token_missing", Stage::IdToken),
        (keys(KeysError::NoJwksUri), "keys_no_jwks_uri", Stage::IdToken),
        (keys(KeysError::Cooldown), "keys_cooldown", Stage::IdToken),
        (keys(KeysError::Status { url: jwks(), status: 404, retry_after: None }), "keys_status", Stage::IdToken),
        (
            keys(KeysError::ContentEncoding { url: jwks(), received: "gzip".into() }),
            "keys_content_encoding",
            Stage::IdToken,
        ),
        (keys(KeysError::Transport(transport())), "transport_tls", Stage::IdToken),
        (
            keys(KeysError::Set { url: jwks(), error: JwkSet::parse(b"[]").unwrap_err() }),
            "jwks_not_an_object",
            Stage::IdToken,
        ),
        (IdTokenError::TokenType("at+jwt".into()).into(), "id_token_typ_mismatch", Stage::IdToken),
        (RefreshError::from(transport()).into(), "transport_tls", Stage::Refresh),
        (UserInfoError::from(transport()).into(), "transport_tls", Stage::UserInfo),
        (SignedUserInfoError::TokenType("at+jwt".into()).into(), "signed_userinfo_typ_mismatch", Stage::UserInfo),
        (RevocationError::from(transport()).into(), "transport_tls", Stage::Revocation),
        (LogoutRequestError::NoEndpoint.into(), "logout_no_endpoint", Stage::Logout),
    ]
}

#[test]
fn each_error_has_its_code_its_stage_and_its_words() {
    let mut words = HashSet::new();
    for (error, code, stage) in all() {
        assert_eq!((error.code(), error.stage()), (code, stage), "{error}");
        assert!(error.to_string().len() > 20 && words.insert(error.to_string()), "{error}");
        assert!(error.retry_after().is_none());
        assert!(error.server_error().is_none() && error.server_description().is_none() && error.excerpt().is_none());
        assert_eq!(error.status(), (code == "keys_status").then_some(404));
        assert!(error.rejected_access_token().is_none() && error.rejected_refresh_token().is_none());
        assert!(!error.is_retryable() || code == "keys_cooldown", "{error}");
    }
}

#[test]
fn each_step_hands_on_how_long_the_server_asks_to_wait() {
    let endpoint = |name: &str| Endpoint::new(format!("https://as.example/{name}")).unwrap();
    let issuer = Issuer::new("https://as.example").unwrap();
    let server = AuthorizationServer::new(issuer, endpoint("authorize"), endpoint("token"))
        .with_userinfo_endpoint(endpoint("userinfo"))
        .with_revocation_endpoint(endpoint("revoke"));
    let (id, none, now) = (ClientId::new("id").unwrap(), ClientAuthentication::none(), SystemTime::now());
    let redirect_uri = RedirectUri::new("https://app.example/cb").unwrap();
    let (_, pending) = AuthorizationRequest::new(&server, id.clone(), redirect_uri).begin(&[7; 96], now).unwrap();
    let callback = format!("code=c&state={}", pending.state().expose());
    let grant = pending.receive(&callback, now).unwrap();
    let (access, refresh) = (AccessToken::new("a").unwrap(), RefreshToken::new("r").unwrap());

    let later = http::Response::builder().status(503).header("retry-after", "7").body(Vec::new()).unwrap();
    let (_, exchange) = ExchangeRequest::new(grant, &server).build(&none).unwrap();
    let (_, refreshing) = RefreshRequest::new(&refresh, &server, &id).build(&none).unwrap();
    let (_, userinfo) = UserInfoRequest::new(&access, "sub", &server).build().unwrap();
    let (_, revocation) = RevocationRequest::new(&access, &server, &id).build(&none).unwrap();
    for error in [
        LoginError::from(exchange.receive(&later, now).unwrap_err()),
        refreshing.receive(&later, now).unwrap_err().into(),
        userinfo.receive(&later).unwrap_err().into(),
        revocation.receive(&later).unwrap_err().into(),
    ] {
        assert_eq!(error.retry_after(), Some(Duration::from_secs(7)), "{error}");
    }
}

#[tokio::test]
async fn metadata_and_keys_tell_their_status_and_how_long_to_wait() {
    let busy = |_: http::Request<Vec<u8>>| async {
        let response = http::Response::builder().status(503).header("retry-after", "7").body(b"Sentinel0".to_vec());
        Ok::<_, TransportError>(response.unwrap())
    };
    let discovery = proofkey::discover(&busy, ISSUER).await.unwrap_err();
    let desk = Desk::open();
    let login = desk.login();
    let keys = login.finish(&busy, desk.grant(&login, login.request())).await.unwrap_err();
    for (error, code) in [(discovery, "discovery_status"), (keys, "keys_status")] {
        assert_eq!((error.code(), error.status(), error.is_retryable()), (code, Some(503), true));
        assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
        assert!(!texts(&error).contains("Sentinel"));
    }
}

#[tokio::test]
async fn what_the_server_said_is_reached_without_the_step_s_error() {
    let desk = Desk::open();
    let login = desk.login();
    let mut identity = login.finish(&desk.http(), desk.grant(&login, login.request())).await.unwrap();
    let body = r#"{"error":"invalid_grant","error_description":"Sentinel0 is over"}"#;
    desk.answer("/token", Answer::Reply(400, body.to_owned()));
    let error = login.refresh(&desk.http(), &mut identity).await.unwrap_err();
    assert_eq!((error.status(), error.server_error()), (Some(400), Some("invalid_grant")));
    assert_eq!(error.server_description(), Some("Sentinel0 is over"));
    assert_eq!(error.error_response().unwrap().status(), 400);
    assert_eq!(error.excerpt(), Some(body));

    desk.answer("/userinfo", Answer::Reply(500, "Sentinel0page".to_owned()));
    let error = login.userinfo(&desk.http(), &identity).await.unwrap_err();
    assert_eq!((error.status(), error.excerpt()), (Some(500), Some("Sentinel0page")));
    assert!(error.error_response().is_none() && !texts(&error).contains("Sentinel"), "{error:?}");

    let (_, pending) = login.request().begin().unwrap();
    let callback = format!("error=access_denied&error_description=not+now&state={}", pending.state().expose());
    let error = login.receive(pending, callback).unwrap_err();
    assert_eq!((error.server_error(), error.server_description()), (Some("access_denied"), Some("not now")));
    assert!(error.status().is_none() && error.error_response().is_none());
}

#[tokio::test]
async fn tokens_of_a_refused_response_are_reached_whatever_was_refused() {
    let desk = Desk::open();
    let login = desk.login();
    let mut identity = login.finish(&desk.http(), desk.grant(&login, login.request())).await.unwrap();
    let wrong_type = r#"{"access_token":"access-2","refresh_token":"refresh-2","token_type":"mac"}"#;
    desk.answer("/token", Answer::Reply(200, wrong_type.to_owned()));
    let by_type = login.refresh(&desk.http(), &mut identity).await.unwrap_err();
    *desk.members.lock().unwrap() = serde_json::json!({"access_token": "access-2", "refresh_token": "refresh-2"});
    desk.edit_claims(|claims| claims["sub"] = "another".into());
    let by_id_token = login.refresh(&desk.http(), &mut identity).await.unwrap_err();
    for (error, code) in [(by_type, "token_type_unknown"), (by_id_token, "id_token_sub_mismatch")] {
        assert_eq!(error.code(), code);
        assert_eq!(error.rejected_access_token().map(|token| token.expose()), Some("access-2"), "{code}");
        assert_eq!(error.rejected_refresh_token().map(|token| token.expose()), Some("refresh-2"), "{code}");
        assert!(!texts(&error).contains("refresh-2"));
    }
}

#[test]
fn a_chain_tells_each_thing_once() {
    for (error, code, _) in all().into_iter().filter(|(_, code, _)| *code == "transport_tls") {
        let mut words = vec![error.to_string()];
        let mut cause = error.source();
        while let Some(current) = cause {
            words.push(current.to_string());
            cause = current.source();
        }
        assert_eq!(words.len(), 2, "{code} {words:?}");
        assert_eq!(words[1], "the cause");
    }
}

/// Clippy's `result_large_err` begins at 128 octets, in the functions of whoever hands our error on.
#[test]
fn an_error_is_small_enough_to_be_handed_on() {
    assert!(size_of::<proofkey::LoginError>() < 128, "{}", size_of::<proofkey::LoginError>());
}

#[test]
fn an_error_names_its_step_once() {
    let error = proofkey::LoginError::from(proofkey::authorize::CallbackError::StateMissing).to_string();
    assert!(error.starts_with("callback: "), "{error}");
    let error = proofkey::LoginError::from(proofkey::authorize::Issuer::new("").unwrap_err()).to_string();
    assert!(error.starts_with("setup: "), "{error}");
}
