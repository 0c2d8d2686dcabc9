//! Whole logins against an authorization server on loopback, honest and lying.

use std::time::Duration;

use proofkey::jwt::{Outcome, Rule};
use proofkey::token::{ClientAuthentication, ClientSecret, Http};
use proofkey::{Identity, Login, LoginError, Stage, discover};
use proofkey_authority::lie::{
    CodeLie, IdTokenEdit, JsonEdit, ParamEdit, ResponseEdit, SignatureEdit, Signing, TransportFault, When,
};
use proofkey_authority::{Authority, Browser, Client, Endpoint, Lie, Setup};

const CALLBACK: &str = "http://localhost:8091/callback";

fn http() -> Http {
    Http::builder().allow_http_loopback().timeout(Duration::from_secs(10)).build().unwrap()
}

async fn client(authority: &Authority) -> Result<Login, LoginError> {
    Login::new(discover(&http(), authority.issuer()).await?, Client::native().id, CALLBACK)
}

async fn log_in(authority: &Authority, login: &Login) -> Result<Identity, LoginError> {
    log_in_by(&http(), authority, login).await
}

async fn log_in_by(http: &Http, authority: &Authority, login: &Login) -> Result<Identity, LoginError> {
    let (url, pending) = login.request().scope("openid profile email offline_access").begin()?;
    let landing = Browser::new(authority.wire()).open(&url).await.unwrap();
    let grant = login.receive(pending, landing.callback().unwrap())?;
    login.finish(http, grant).await
}

async fn outcome(lie: Lie) -> Result<Identity, LoginError> {
    let authority = Authority::start(Setup::lying(lie)).await;
    log_in(&authority, &client(&authority).await?).await
}

#[tokio::test]
async fn a_public_client_logs_in_at_a_strict_server() {
    let authority = Authority::honest().await;
    let login = client(&authority).await.unwrap();
    let identity = log_in(&authority, &login).await.unwrap();
    assert_eq!((identity.issuer(), identity.subject()), (authority.issuer(), "auth0|john"));
    assert_eq!(identity.claims().email(), Some("user@example.com"));
    let held = |rule| identity.checks().iter().any(|check| check.rule == rule && check.outcome == Outcome::Held);
    assert!(held(Rule::Nonce) && held(Rule::Signature));
    let wire = authority.wire();
    assert_eq!((wire.token_requests().len(), wire.jwks_requests().len()), (1, 1));
    assert!(wire.faults().is_empty(), "{:?}", wire.faults());
    assert!(wire.leaks_in(&format!("{login:?} {identity:?}")).is_empty());
}

#[tokio::test]
async fn confidential_clients_log_in_by_basic_by_post_and_as_announced() {
    let authority = Authority::honest().await;
    for client in [Client::web(), Client::web_post()] {
        let secret = || ClientSecret::new(client.auth.secret().unwrap()).unwrap();
        let ways = match client.auth {
            proofkey_authority::ClientAuth::Basic(_) => {
                vec![ClientAuthentication::basic(secret()), ClientAuthentication::secret(secret())]
            }
            _ => vec![ClientAuthentication::post(secret())],
        };
        for way in ways {
            let server = discover(&http(), authority.issuer()).await.unwrap();
            let login = Login::new(server, &client.id, CALLBACK).unwrap().with_client_authentication(way);
            assert!(log_in(&authority, &login).await.is_ok());
        }
    }
    assert!(authority.wire().faults().is_empty(), "{:?}", authority.wire().faults());
}

#[tokio::test]
async fn refresh_userinfo_and_revocation_at_a_strict_server() {
    let authority = Authority::honest().await;
    let login = client(&authority).await.unwrap();
    let mut identity = log_in(&authority, &login).await.unwrap();
    let first = identity.tokens().refresh_token().unwrap().expose().to_owned();
    login.refresh(&http(), &mut identity).await.unwrap();
    assert_ne!(identity.tokens().refresh_token().unwrap().expose(), first);
    let claims = login.userinfo(&http(), &identity).await.unwrap();
    assert_eq!(claims.subject(), "auth0|john");
    login.revoke(&http(), identity.tokens().refresh_token().unwrap()).await.unwrap();
    assert!(authority.wire().faults().is_empty(), "{:?}", authority.wire().faults());
    let error = login.refresh(&http(), &mut identity).await.unwrap_err();
    assert_eq!((error.stage(), error.server_error()), (Stage::Refresh, Some("invalid_grant")));
}

#[tokio::test]
async fn the_persons_refusal_is_surfaced_and_no_token_request_is_made() {
    let authority = Authority::start(Setup::lying(Lie::refusal("login_required"))).await;
    let error = log_in(&authority, &client(&authority).await.unwrap()).await.unwrap_err();
    assert_eq!((error.stage(), error.server_error()), (Stage::Callback, Some("login_required")));
    assert!(authority.wire().token_requests().is_empty());
}

#[tokio::test]
async fn a_lie_in_the_callback_is_found_before_any_network_call() {
    for (edit, code) in [
        (ParamEdit::set("state", "{state|bend}"), "callback_state_mismatch"),
        (ParamEdit::remove("state"), "callback_state_missing"),
        (ParamEdit::set("iss", "{issuer|chop}"), "callback_iss_mismatch"),
        (ParamEdit::remove("iss"), "callback_iss_missing"),
        (ParamEdit::remove("code"), "callback_code_missing"),
    ] {
        let authority = Authority::start(Setup::lying(Lie::callback([edit]))).await;
        let error = log_in(&authority, &client(&authority).await.unwrap()).await.unwrap_err();
        assert_eq!(error.code(), code);
        assert!(authority.wire().token_requests().is_empty());
    }
}

#[tokio::test]
async fn a_code_that_the_server_refuses_is_reported_by_its_error_and_not_sent_again() {
    for lie in [
        CodeLie::Aged(601),
        CodeLie::Redeemed,
        CodeLie::Unknown,
        CodeLie::Client("another-client".into()),
        CodeLie::Challenge("{other_challenge}".into()),
    ] {
        let authority = Authority::start(Setup::lying(Lie::Code(lie))).await;
        let error = log_in(&authority, &client(&authority).await.unwrap()).await.unwrap_err();
        assert_eq!((error.stage(), error.server_error()), (Stage::Exchange, Some("invalid_grant")));
        assert!(!error.is_retryable());
        assert_eq!(authority.wire().token_requests().len(), 1);
    }
}

#[tokio::test]
async fn a_lie_in_the_id_token_is_named() {
    for (edit, code) in [
        (IdTokenEdit::Claim(JsonEdit::set("nonce", "another")), "id_token_nonce_mismatch"),
        (IdTokenEdit::Claim(JsonEdit::set("aud", "another")), "id_token_aud_mismatch"),
        (IdTokenEdit::Claim(JsonEdit::set("iss", "{issuer|chop}")), "id_token_iss_mismatch"),
        (IdTokenEdit::Claim(JsonEdit::set_time("exp", -120)), "id_token_exp_expired"),
        (IdTokenEdit::Signature(SignatureEdit::FlipBit(0)), "jws_bad_signature"),
        (IdTokenEdit::Sign(Signing::Foreign), "jws_bad_signature"),
    ] {
        let lie = Lie::IdToken { when: When::Always, edits: vec![edit] };
        let error = outcome(lie).await.unwrap_err();
        assert_eq!((error.stage(), error.code()), (Stage::IdToken, code));
    }
    let none = IdTokenEdit::Sign(Signing::None("none".into()));
    assert_eq!(outcome(Lie::id_token([none])).await.unwrap_err().stage(), Stage::IdToken);
}

#[tokio::test]
async fn id_06_no_id_token_is_no_login() {
    let error = outcome(Lie::token_response([JsonEdit::remove("id_token")])).await.unwrap_err();
    assert_eq!(error.code(), "login_id_token_missing");
}

#[tokio::test]
async fn a_lie_in_the_token_response_is_named() {
    for (edit, code) in [
        (JsonEdit::set("token_type", "mac"), "token_type_unknown"),
        (JsonEdit::remove("token_type"), "token_type_missing"),
        (JsonEdit::set("access_token", ""), "token_empty"),
        (JsonEdit::set("access_token", 7), "token_member_type"),
        (JsonEdit::set("expires_in", "3600"), "token_member_type"),
        (JsonEdit::set_text("expires_in", "1e400"), "token_member_type"),
        (JsonEdit::duplicate("access_token", "another"), "token_member_duplicate"),
    ] {
        let error = outcome(Lie::token_response([edit])).await.unwrap_err();
        assert_eq!((error.stage(), error.code()), (Stage::Exchange, code));
    }
}

#[tokio::test]
async fn oa_53_oa_54_a_connection_that_misbehaves_is_named_and_the_code_is_sent_once() {
    for (fault, code) in [
        (TransportFault::Silence, "transport_timeout"),
        (TransportFault::Reset, "transport_reset"),
        (TransportFault::ResetInBody, "transport_reset"),
        (TransportFault::CloseInBody, "transport_reset"),
        (TransportFault::EndlessBody, "transport_too_large"),
        (TransportFault::EndlessHeaders, "transport_protocol"),
        (TransportFault::Drip(50), "transport_timeout"),
        (TransportFault::Gibberish, "transport_protocol"),
    ] {
        let lie = Lie::Transport { at: Endpoint::Token, fault: fault.clone() };
        let authority = Authority::start(Setup::lying(lie)).await;
        let login = client(&authority).await.unwrap();
        let mut http = http();
        if code == "transport_timeout" {
            http = Http::builder().allow_http_loopback().timeout(Duration::from_secs(1)).build().unwrap();
        }
        let error = log_in_by(&http, &authority, &login).await.unwrap_err();
        assert_eq!((error.stage(), error.code()), (Stage::Exchange, code), "{fault:?}");
        assert!(!error.is_retryable());
        assert!(authority.wire().token_requests().len() <= 1);
    }
    for status in [301, 302, 303, 307, 308] {
        let authority =
            Authority::start(Setup::lying(Lie::redirect(Endpoint::Token, status, "{attacker}/token"))).await;
        let error = log_in(&authority, &client(&authority).await.unwrap()).await.unwrap_err();
        assert_eq!((error.stage(), error.code()), (Stage::Exchange, "token_redirected"));
        assert!(authority.wire().attacker_requests().is_empty());
    }
}

#[tokio::test]
async fn a_fault_at_the_keys_costs_no_code() {
    let lie = Lie::response(Endpoint::Jwks, [ResponseEdit::Status(500)]);
    let authority = Authority::start(Setup::lying(lie)).await;
    let error = log_in(&authority, &client(&authority).await.unwrap()).await.unwrap_err();
    assert_eq!((error.stage(), error.code(), error.is_retryable()), (Stage::IdToken, "keys_status", true));
    assert!(authority.wire().token_requests().is_empty());
}

#[tokio::test]
async fn id_33_userinfo_about_somebody_else_is_discarded() {
    let lie = Lie::userinfo([JsonEdit::set("sub", "auth0|mallory")]);
    let authority = Authority::start(Setup::lying(lie)).await;
    let login = client(&authority).await.unwrap();
    let identity = log_in(&authority, &login).await.unwrap();
    assert_eq!(login.userinfo(&http(), &identity).await.unwrap_err().code(), "token_subject_mismatch");
}
