//! What authenticates a request is made anew when the request is late, or cannot be made: then nothing is sent.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{Request, Response};
use proofkey::authorize::form;
use proofkey::jwt::{SigningAlgorithm, SigningKey};
use proofkey::token::{ClientAuthentication, Dpop, Fresh, TransportError, TransportErrorKind};
use proofkey::{KeySigner, Login, LoginError, MachineLogin, Steps};
use serde_json::Value;

use crate::desk::*;

/// A client on the desk's clock whose keys can be away.
struct Client {
    desk: Arc<Desk>,
    is_away: Arc<AtomicBool>,
    sent: Mutex<Vec<Request<Vec<u8>>>>,
}

impl Client {
    fn new() -> Self {
        Self { desk: Desk::open(), is_away: Arc::default(), sent: Mutex::default() }
    }

    fn fresh(&self) -> impl Fn() -> Result<Fresh, std::io::Error> + Send + Sync + use<> {
        let (desk, is_away) = (Arc::clone(&self.desk), Arc::clone(&self.is_away));
        move || match is_away.load(Ordering::SeqCst) {
            true => Err(std::io::Error::other("the keys are away")),
            false => proofkey::fresh().map(|fresh| Fresh { now: desk.time(), ..fresh }).map_err(std::io::Error::other),
        }
    }

    fn signer() -> KeySigner {
        KeySigner::new(SigningKey::generate(SigningAlgorithm::Es256).unwrap()).unwrap()
    }

    fn by_assertion(&self) -> ClientAuthentication {
        ClientAuthentication::private_key_jwt(Self::signer(), self.fresh())
    }

    fn with_dpop(&self) -> ClientAuthentication {
        self.desk.members.lock().unwrap()["token_type"] = "DPoP".into();
        self.by_assertion().with_dpop(Dpop::new(Self::signer(), self.fresh()).unwrap())
    }

    fn login(&self) -> Login {
        self.desk.login().with_client_authentication(self.by_assertion())
    }

    fn send(&self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, TransportError> {
        self.sent.lock().unwrap().push(request.clone());
        self.desk.blocking()(request)
    }

    fn run<S: Steps>(&self, steps: &mut S) -> Result<S::Output, S::Error> {
        proofkey::drive_blocking(steps, &|request| self.send(request), || self.desk.time())
    }

    /// The requests to that path.
    fn to(&self, path: &str) -> Vec<Request<Vec<u8>>> {
        self.sent.lock().unwrap().iter().filter(|request| request.uri().path() == path).cloned().collect()
    }

    fn set_away(&self, is_away: bool) {
        self.is_away.store(is_away, Ordering::SeqCst);
    }

    /// The steps are run again after a request that did not leave. While the keys are away, that sends nothing
    /// and says why; then it goes on.
    fn assert_renewed<S: Steps<Error = LoginError>>(&self, steps: &mut S, path: &'static str) {
        self.desk.answer(path, Answer::Fail(TransportErrorKind::Connect, Sent::No));
        assert!(self.run(steps).is_err_and(|error| error.is_retryable()));
        let before = self.to(path).len();
        self.set_away(true);
        for _ in 0..2 {
            let error = self.run(steps).err().unwrap();
            assert_eq!((error.code(), self.to(path).len()), ("token_request_credential", before), "{path}");
        }
        self.set_away(false);
        assert!(self.run(steps).is_ok());
        let sent = self.to(path);
        assert_eq!(sent.len(), before + 1);
        if path != "/userinfo" {
            assert_ne!(member(&sent[before - 1], "client_assertion"), member(&sent[before], "client_assertion"));
        }
    }
}

fn member(request: &Request<Vec<u8>>, name: &str) -> String {
    let body = str::from_utf8(request.body()).unwrap();
    form::raw_pairs(body).find(|(own, _)| *own == name).unwrap().1.to_owned()
}

/// When the assertion in the request was made.
fn issued_at(request: &Request<Vec<u8>>) -> u64 {
    let assertion = member(request, "client_assertion");
    let claims = URL_SAFE_NO_PAD.decode(assertion.split('.').nth(1).unwrap()).unwrap();
    serde_json::from_slice::<Value>(&claims).unwrap()["iat"].as_u64().unwrap()
}

#[test]
fn ca_05_a_code_waits_for_slow_keys_and_goes_with_a_new_assertion() {
    let client = Client::new();
    let login = client.login();
    let slow = |request: Request<Vec<u8>>| {
        if request.uri().path() == "/jwks" {
            client.desk.pass(90);
        }
        client.send(request)
    };
    login.finish_blocking(&slow, client.desk.grant(&login, login.request())).unwrap();
    assert_eq!(issued_at(&client.to("/token")[0]), NOW + 90);
}

#[test]
fn ca_05_a_code_waits_for_keys_that_were_not_available_and_goes_with_a_new_assertion() {
    let client = Client::new();
    let login = client.login();
    let mut steps = login.finish_steps(client.desk.grant(&login, login.request())).unwrap();
    client.desk.answer("/jwks", Answer::Reply(503, String::new()));
    assert_eq!(client.run(&mut steps).unwrap_err().code(), "keys_status");
    client.desk.pass(90);
    // By now another login has fetched them.
    let grant = client.desk.grant(&login, login.request());
    let _ = client.run(&mut login.finish_steps(grant).unwrap());
    assert_eq!(client.to("/jwks").len(), 2);
    client.desk.pass(90);
    let _ = client.run(&mut steps);
    assert_eq!(client.to("/token").iter().map(issued_at).collect::<Vec<_>>(), [NOW + 90, NOW + 180]);
    assert_eq!(client.to("/jwks").len(), 2);
}

#[test]
fn ca_05_a_code_waits_for_the_fetch_of_another_login_and_goes_with_a_new_assertion() {
    let client = Client::new();
    let login = client.login();
    let (first, second) = (client.desk.grant(&login, login.request()), client.desk.grant(&login, login.request()));
    client.desk.answer("/jwks", Answer::Late);
    let http = client.desk.http();
    let recording = |request: Request<Vec<u8>>| {
        client.sent.lock().unwrap().push(request.clone());
        http(request)
    };
    let mut runs = [first, second].map(|grant| Box::pin(login.finish(&recording, grant)));
    let mut context = Context::from_waker(Waker::noop());
    for run in &mut runs {
        assert!(run.as_mut().poll(&mut context).is_pending());
    }
    client.desk.pass(90);
    for run in &mut runs {
        // Both have the nonce of the second: what is of interest happens before the ID token.
        assert!(matches!(run.as_mut().poll(&mut context), Poll::Ready(_)));
    }
    let sent = client.to("/token");
    assert_eq!(sent.iter().map(issued_at).collect::<Vec<_>>(), [NOW + 90; 2]);
    assert_eq!(client.to("/jwks").len(), 1);
}

#[test]
fn ca_05_a_code_that_waits_for_nothing_has_one_assertion_made() {
    let client = Client::new();
    let login = client.login();
    client.run(&mut login.finish_steps(client.desk.grant(&login, login.request())).unwrap()).unwrap();
    client.desk.edit_claims(|claims| claims["nonce"] = "{nonce}".into());
    let mut steps = login.finish_steps(client.desk.grant(&login, login.request())).unwrap();
    client.set_away(true);
    assert!(client.run(&mut steps).is_ok(), "nothing is made anew");
}

#[test]
fn ca_05_a_request_that_cannot_be_made_anew_is_not_sent() {
    let client = Client::new();
    let login = client.login();
    let mut finish = login.finish_steps(client.desk.grant(&login, login.request())).unwrap();
    client.assert_renewed(&mut finish, "/token");
    client.assert_renewed(&mut login.request().push().start_steps().unwrap(), "/par");
    client.assert_renewed(&mut login.device().scope("a").steps().unwrap(), "/device_authorization");
    *client.desk.claims.lock().unwrap() = None;
    let grant = client.desk.grant(&login, login.authorization().scope("a"));
    let mut tokens = client.run(&mut login.exchange_steps(grant).unwrap()).unwrap();
    client.assert_renewed(&mut login.refresh_tokens_steps(&mut tokens).unwrap(), "/token");
    client.assert_renewed(&mut login.revoke_steps(tokens.access_token().unwrap()).unwrap(), "/revoke");
}

#[test]
fn dp_03_a_request_whose_proof_cannot_be_made_anew_is_not_sent() {
    let client = Client::new();
    let login = client.desk.login().with_client_authentication(client.with_dpop());
    let mut finish = login.finish_steps(client.desk.grant(&login, login.request())).unwrap();
    let identity = client.run(&mut finish).unwrap();
    client.assert_renewed(&mut login.userinfo_steps(&identity).unwrap(), "/userinfo");
}

/// Refuses for want of a nonce and then fails to connect, twice; the third time it answers.
fn demanding(client: &Client) -> impl Fn(Request<Vec<u8>>) -> Result<Response<Vec<u8>>, TransportError> {
    let count = Mutex::new(0);
    move |request| {
        if !matches!(request.uri().path(), "/token" | "/par" | "/device_authorization") {
            return client.send(request);
        }
        let mut count = count.lock().unwrap();
        *count += 1;
        match *count {
            1 | 3 => Ok(Response::builder()
                .status(400)
                .header("content-type", "application/json")
                .header("dpop-nonce", format!("nonce-{count}"))
                .body(br#"{"error":"use_dpop_nonce"}"#.to_vec())
                .unwrap()),
            2 => Err(TransportError::before_sending(TransportErrorKind::Connect)),
            _ => client.send(request),
        }
    }
}

#[test]
fn dp_13_each_try_answers_one_demand_for_a_nonce() {
    fn check<S: Steps<Error = LoginError>>(client: &Client, steps: &mut S) {
        let http = demanding(client);
        let mut run = || proofkey::drive_blocking(steps, &http, || client.desk.time());
        assert!(run().is_err_and(|error| error.is_retryable()));
        client.desk.pass(5);
        assert!(run().is_ok());
    }
    let client = Client::new();
    let login = client.desk.login().with_client_authentication(client.with_dpop());
    check(&client, &mut login.finish_steps(client.desk.grant(&login, login.request())).unwrap());
    check(&client, &mut login.request().push().start_steps().unwrap());
    *client.desk.claims.lock().unwrap() = None;
    let grant = client.desk.grant(&login, login.authorization().scope("a"));
    let mut tokens = client.run(&mut login.exchange_steps(grant).unwrap()).unwrap();
    check(&client, &mut login.refresh_tokens_steps(&mut tokens).unwrap());
    let machine = MachineLogin::new(Desk::server(), CLIENT, client.with_dpop()).unwrap();
    check(&client, &mut machine.steps());
}
