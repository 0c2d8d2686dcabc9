//! The start of a login whose request is pushed.

use std::time::Duration;

use proofkey::authorize::{AuthorizationDetail, AuthorizationDetails};
use proofkey::token::{ClientAuthentication, TransportErrorKind};
use proofkey::{Login, LoginError, Stage, Step, Steps};

use crate::desk::*;

/// A login at a server that takes pushed requests only.
fn demanding(desk: &Desk) -> Login {
    desk.login_at(Desk::server().with_require_pushed_authorization_requests(true))
}

#[tokio::test]
async fn pr_08_a_server_that_demands_it_gets_the_request_pushed_without_a_word() {
    let desk = Desk::open();
    let login = demanding(&desk);
    let details = AuthorizationDetails::new([AuthorizationDetail::new("account")]).unwrap();
    let request = login.request().scope("openid email").login_hint("a@example.com").authorization_details(&details);
    let started = request.start(&desk.http()).await.unwrap();
    assert_eq!(started.url_expires_at(), Some(desk.time() + Duration::from_secs(60)));
    assert_eq!(started.url(), "https://as.example/authorize?client_id=client-id&request_uri=urn%3Apushed%3A1");
    assert!(!format!("{started:?}").contains("urn:pushed"));
    let (_, pending) = started.into_parts();
    let form = desk.last_form();
    for (name, value) in [
        ("response_type", "code"),
        ("scope", "openid email"),
        ("login_hint", "a@example.com"),
        ("code_challenge_method", "S256"),
        ("state", pending.state().expose()),
        ("authorization_details", r#"[{"type":"account"}]"#),
    ] {
        assert_eq!(form[name], value, "{name}");
    }
    assert_eq!(form["code_challenge"].len(), 43);
    desk.edit_claims(|claims| claims["nonce"] = form["nonce"].as_str().into());
    let callback = format!("code=Sentinel0code&state={}", pending.state().expose());
    let grant = login.receive(pending, callback).unwrap();
    assert_eq!(login.finish(&desk.http(), grant).await.unwrap().subject(), "user-17");
}

#[test]
fn without_a_demand_nothing_is_sent_unless_it_is_asked_for() {
    let desk = Desk::open();
    let login = desk.login();
    let started = login.request().start_blocking(&desk.blocking()).unwrap();
    assert!(started.url().contains("&code_challenge=") && started.url_expires_at().is_none());
    assert!(desk.log().is_empty());
    let started = login.authorization().scope("notes.read").push().start_blocking(&desk.blocking()).unwrap();
    assert!(started.url().ends_with("request_uri=urn%3Apushed%3A1"));
    assert_eq!(desk.log(), ["POST /par"]);
}

#[test]
fn what_has_to_be_pushed_does_not_begin_without() {
    let desk = Desk::open();
    for request in [demanding(&desk).request(), desk.login().request().push()] {
        assert_eq!(request.begin().unwrap_err().code(), "request_push_required");
    }
    let error = demanding(&desk).request().scope("email").start_steps().unwrap_err();
    assert!(matches!(error, LoginError::OpenIdMissing { stage: Stage::Begin }));
    let nowhere = desk.login_at(proofkey::authorize::AuthorizationServer::new(
        Desk::server().issuer().clone(),
        Desk::server().authorization_endpoint().clone(),
        Desk::server().token_endpoint().clone(),
    ));
    let error = nowhere.request().push().start_steps().unwrap_err();
    assert_eq!((error.code(), error.stage()), ("token_request_no_endpoint", Stage::Begin));
}

#[tokio::test]
async fn pr_09_a_push_that_fails_is_an_error_and_no_url() {
    let desk = Desk::open();
    let login = desk.login();
    for (status, body) in [(400, r#"{"error":"invalid_request"}"#), (404, ""), (405, ""), (500, ""), (200, "{}")] {
        desk.answer("/par", Answer::Reply(status, body.to_owned()));
        let error = login.request().push().start(&desk.http()).await.unwrap_err();
        assert!(matches!(error, LoginError::Push(_)), "{error}");
        assert!(error.to_string().starts_with("pushed authorization request: "), "{error}");
    }
}

#[test]
fn a_failure_that_can_pass_is_pushed_again_with_a_credential_of_its_own() {
    let desk = Desk::open();
    let made = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = std::sync::Arc::clone(&made);
    let login = demanding(&desk).with_client_authentication(ClientAuthentication::for_each_request(move |_, _| {
        count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        Ok::<_, String>(ClientAuthentication::none())
    }));
    let mut steps = login.request().start_steps().unwrap();
    assert!(format!("{steps:?}").contains("Pushing"));
    desk.answer("/par", Answer::Fail(TransportErrorKind::Timeout, Sent::Perhaps));
    let error = proofkey::drive_blocking(&mut steps, &desk.blocking(), || desk.time()).unwrap_err();
    assert!(error.is_retryable());
    assert!(proofkey::drive_blocking(&mut steps, &desk.blocking(), || desk.time()).is_ok());
    assert_eq!(made.load(std::sync::atomic::Ordering::SeqCst), 2);
    assert!(matches!(steps.next(desk.time()), Step::Done(Err(LoginError::Finished { stage: Stage::Begin }))));
}
