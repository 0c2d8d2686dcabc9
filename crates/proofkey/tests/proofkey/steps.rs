//! A login driven by hand: no runtime, no driver, and a clock in the hands of the test.

use std::sync::Arc;
use std::time::Duration;

use http::Request;
use proofkey::token::{ClientSecret, TransportError, TransportErrorKind};
use proofkey::{Discovery, Login, LoginError, Step, Steps};
use serde_json::json;

use crate::desk::*;

/// The loop of the documentation.
fn run<S: Steps>(desk: &Arc<Desk>, steps: &mut S) -> Result<S::Output, S::Error> {
    let send = desk.blocking();
    loop {
        match steps.next(desk.time()) {
            Step::Send(request) => steps.receive(send(request), desk.time()),
            Step::Done(result) => return result,
        }
    }
}

fn sent<S: Steps>(steps: &mut S, desk: &Desk) -> Request<Vec<u8>> {
    let Step::Send(request) = steps.next(desk.time()) else { panic!("there is something to send") };
    request
}

fn done<S: Steps>(steps: &mut S, desk: &Desk) -> Result<S::Output, S::Error> {
    let Step::Done(result) = steps.next(desk.time()) else { panic!("nothing is left to send") };
    result
}

fn renew_nonce(desk: &Desk) {
    desk.edit_claims(|claims| claims["nonce"] = json!("{nonce}"));
}

#[test]
fn a_whole_life_of_an_identity_needs_no_runtime() {
    let desk = Desk::open();
    let server = run(&desk, &mut Discovery::new(ISSUER).steps().unwrap()).unwrap();
    assert_eq!(server.issuer().as_str(), ISSUER);
    let login = desk.login();
    let mut finish = login.finish_steps(desk.grant(&login, login.request())).unwrap();
    let mut identity = run(&desk, &mut finish).unwrap();
    assert_eq!(identity.received_at(), desk.time());
    desk.pass(60);
    run(&desk, &mut login.refresh_steps(&mut identity).unwrap()).unwrap();
    assert_eq!(identity.received_at(), desk.time());
    assert_eq!(run(&desk, &mut login.userinfo_steps(&identity).unwrap()).unwrap().subject(), "user-17");
    run(&desk, &mut login.revoke_steps(identity.tokens().access_token().unwrap()).unwrap()).unwrap();
    let paths = [
        "GET /.well-known/openid-configuration",
        "GET /jwks",
        "POST /token",
        "POST /token",
        "GET /userinfo",
        "POST /revoke",
    ];
    assert_eq!(desk.log(), paths);
}

#[test]
fn plain_oauth_is_exchanged_and_refreshed_by_hand() {
    let desk = Desk::open();
    *desk.claims.lock().unwrap() = None;
    let login = desk.login();
    let grant = desk.grant(&login, login.authorization().scope("notes.read"));
    let mut tokens = run(&desk, &mut login.exchange_steps(grant).unwrap()).unwrap();
    *desk.members.lock().unwrap() = json!({"access_token": "access-2"});
    run(&desk, &mut login.refresh_tokens_steps(&mut tokens).unwrap()).unwrap();
    assert_eq!(tokens.access_token().unwrap().expose(), "access-2");
    assert_eq!(desk.log(), ["POST /token", "POST /token"]);
}

#[test]
fn the_time_of_the_caller_decides() {
    for (late, code) in [(0, None), (161, Some("id_token_exp_expired"))] {
        let desk = Desk::open();
        let login = desk.login();
        desk.edit_claims(|claims| claims["exp"] = json!(NOW + 100));
        let mut finish = login.finish_steps(desk.grant(&login, login.request())).unwrap();
        let send = desk.blocking();
        for _ in ["keys", "code"] {
            let request = sent(&mut finish, &desk);
            finish.receive(send(request), desk.time());
        }
        desk.pass(late);
        let result = done(&mut finish, &desk);
        assert!(result.as_ref().err().map(|error| error.code()) == code, "{result:?}");
    }
}

#[test]
fn a_request_whose_answer_is_lost_is_made_again_but_never_a_code() {
    let desk = Desk::open();
    let login = desk.login();
    let mut finish = login.finish_steps(desk.grant(&login, login.request())).unwrap();
    let first = sent(&mut finish, &desk);
    let second = sent(&mut finish, &desk);
    assert_eq!((first.uri(), first.uri().path()), (second.uri(), "/jwks"));
    finish.receive(desk.blocking()(second), desk.time());
    assert_eq!(sent(&mut finish, &desk).uri().path(), "/token");
    for _ in 0..2 {
        assert_eq!(done(&mut finish, &desk).unwrap_err().code(), "login_interrupted");
    }
}

#[test]
fn an_answer_to_nothing_is_ignored() {
    let desk = Desk::open();
    let login = desk.login();
    let mut finish = login.finish_steps(desk.grant(&login, login.request())).unwrap();
    let answer = || Err(TransportError::after_sending(TransportErrorKind::Reset));
    finish.receive(answer(), desk.time());
    let mut identity = run(&desk, &mut finish).unwrap();
    finish.receive(answer(), desk.time());
    assert_eq!(done(&mut finish, &desk).unwrap_err().code(), "login_finished");
    let mut refresh = login.refresh_steps(&mut identity).unwrap();
    run(&desk, &mut refresh).unwrap();
    refresh.receive(answer(), desk.time());
    assert_eq!(done(&mut refresh, &desk).unwrap_err().code(), "login_finished");
}

#[test]
fn oa_23_a_code_that_was_not_sent_is_sent_again_by_the_same_steps() {
    let desk = Desk::open();
    let login = desk.login();
    let mut finish = login.finish_steps(desk.grant(&login, login.request())).unwrap();
    desk.answer("/token", Answer::Fail(TransportErrorKind::Connect, Sent::No));
    let error = run(&desk, &mut finish).unwrap_err();
    assert!(error.is_retryable(), "{error}");
    assert_eq!(run(&desk, &mut finish).unwrap().subject(), "user-17");
    assert_eq!(done(&mut finish, &desk).unwrap_err().code(), "login_finished");
}

#[test]
fn id_31_a_key_rotated_seconds_after_the_last_fetch_is_found() {
    let desk = Desk::open();
    let login = desk.login();
    run(&desk, &mut login.finish_steps(desk.grant(&login, login.request())).unwrap()).unwrap();
    for (seed, seconds) in [(2, 3), (3, 60)] {
        desk.pass(seconds);
        *desk.signs.lock().unwrap() = seed;
        *desk.published.lock().unwrap() = vec![seed];
        renew_nonce(&desk);
        let mut finish = login.finish_steps(desk.grant(&login, login.request())).unwrap();
        assert_eq!(run(&desk, &mut finish).unwrap().subject(), "user-17");
    }
    assert_eq!(desk.count("GET /jwks"), 3);
}

/// Core 3.1.3.7, rule 8: the client's secret is the key.
#[test]
fn id_16_with_an_hmac_alone_no_key_set_is_asked_for() {
    let desk = Desk::open();
    let secret = ClientSecret::new("a secret of thirty-two characters").unwrap();
    let bare = Desk::server();
    let server = proofkey::authorize::AuthorizationServer::new(
        bare.issuer().clone(),
        bare.authorization_endpoint().clone(),
        bare.token_endpoint().clone(),
    );
    let login = Login::new(server, CLIENT, "https://app.example/callback").unwrap();
    let login = login.with_id_token_hmac(proofkey::jwt::MacAlgorithm::Hs256, &secret).unwrap();
    for (signer, ok) in [("a secret of thirty-two characters", true), ("another secret of 32 characters..", false)] {
        renew_nonce(&desk);
        let grant = desk.grant(&login, login.request());
        *desk.id_token.lock().unwrap() = desk.claims.lock().unwrap().as_ref().map(|claims| sign_hs256(signer, claims));
        let mut finish = login.finish_steps(grant).unwrap();
        let now = std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(NOW);
        let Step::Send(request) = finish.next(now) else { panic!("the code is sent") };
        finish.receive(desk.blocking()(request), now);
        let Step::Done(result) = finish.next(now) else { panic!("no keys are needed") };
        assert_eq!(result.is_ok(), ok, "{result:?}");
    }
    assert_eq!(desk.count("GET /jwks"), 0);
}

/// F10: a rotated refresh token is the only one that still works.
#[test]
fn tokens_whose_id_token_is_refused_are_in_the_error() {
    let desk = Desk::open();
    let login = desk.login();
    let mut identity = run(&desk, &mut login.finish_steps(desk.grant(&login, login.request())).unwrap()).unwrap();
    *desk.members.lock().unwrap() = json!({"access_token": "access-2", "refresh_token": "refresh-2"});
    desk.edit_claims(|claims| claims["sub"] = json!("another"));
    let error = run(&desk, &mut login.refresh_steps(&mut identity).unwrap()).unwrap_err();
    assert!(matches!(error, LoginError::IdToken { .. }) && !error.is_retryable());
    assert_eq!(identity.tokens().refresh_token().unwrap().expose(), "refresh-1", "the identity is unchanged");
    let rejected = error.into_rejected_tokens().unwrap();
    assert_eq!(rejected.access_token().unwrap().expose(), "access-2");
    let newest = rejected.refresh_token().unwrap();
    assert_eq!(newest.expose(), "refresh-2");
    run(&desk, &mut login.revoke_steps(newest).unwrap()).unwrap();
    assert_eq!(desk.last_form()["token"], "refresh-2");

    // At the end of a login, too, with an ID token that is refused and with none.
    for claims in [Some(json!({"sub": "another"})), None] {
        let grant = desk.grant(&login, login.request());
        *desk.claims.lock().unwrap() = claims;
        let error = run(&desk, &mut login.finish_steps(grant).unwrap()).unwrap_err();
        assert_eq!(error.into_rejected_tokens().unwrap().refresh_token().unwrap().expose(), "refresh-2");
    }
    assert!(LoginError::Interrupted.into_rejected_tokens().is_none());
}
