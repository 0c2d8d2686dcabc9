//! Every kind of error, once: its code, its stage, its words.

use std::collections::HashSet;
use std::error::Error;
use std::time::{Duration, SystemTime};

use proofkey::authorize::{
    AuthorizationRequest, AuthorizationRequestError, AuthorizationServer, CallbackError, ClientId, DiscoveryError,
    Endpoint, Issuer, RedirectUri,
};
use proofkey::jwt::{HmacKey, IdTokenError, JwkSet, MacAlgorithm};
use proofkey::token::{
    AccessToken, ClientAuthentication, ClientCredentialsError, DeviceAuthorizationError, DeviceTokenError,
    ExchangeError, ExchangeRequest, PushError, RefreshError, RefreshRequest, RefreshToken, RevocationError,
    RevocationRequest, TransportError, TransportErrorKind, UserInfoError, UserInfoRequest,
};
use proofkey::{KeysError, LoginError, Stage};

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
        (LoginError::OpenIdMissing, "login_openid_missing", Stage::Begin),
        (LoginError::OpenIdUnexpected, "login_openid_unexpected", Stage::Begin),
        (CallbackError::StateMismatch.into(), "callback_state_mismatch", Stage::Callback),
        (LoginError::AnotherLogin, "login_another", Stage::Callback),
        (ExchangeError::from(transport()).into(), "transport_tls", Stage::Exchange),
        (LoginError::Interrupted, "login_interrupted", Stage::Exchange),
        (LoginError::Finished, "login_finished", Stage::Exchange),
        (LoginError::IdTokenMissing { tokens: None }, "login_id_token_missing", Stage::IdToken),
        (keys(KeysError::NoJwksUri), "keys_no_jwks_uri", Stage::IdToken),
        (keys(KeysError::Cooldown), "keys_cooldown", Stage::IdToken),
        (keys(KeysError::Status { url: jwks(), status: 404 }), "keys_status", Stage::IdToken),
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
        (LoginError::UserInfoSigned, "login_userinfo_signed", Stage::UserInfo),
        (RevocationError::from(transport()).into(), "transport_tls", Stage::Revocation),
    ]
}

#[test]
fn each_error_has_its_code_its_stage_and_its_words() {
    let mut words = HashSet::new();
    for (error, code, stage) in all() {
        assert_eq!((error.code(), error.stage()), (code, stage), "{error}");
        assert!(error.to_string().len() > 20 && words.insert(error.to_string()), "{error}");
        assert!(error.retry_after().is_none());
        assert!(error.server_error().is_none());
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
    assert!(error.starts_with("login failed: callback: "), "{error}");
    let error = proofkey::LoginError::from(proofkey::authorize::Issuer::new("").unwrap_err()).to_string();
    assert!(error.starts_with("login failed at setup: "), "{error}");
}
