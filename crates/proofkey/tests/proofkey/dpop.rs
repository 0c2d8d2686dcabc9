//! A login whose tokens are bound to a key.

use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{Request, Response};
use proofkey::authorize::form;
use proofkey::jwt::{Algorithm, JwkSet, Jws, SigningAlgorithm, SigningKey};
use proofkey::token::{AccessTokenType, ClientAuthentication, Dpop, TransportError, TransportErrorKind};
use proofkey::{Identity, KeySigner, Login, LoginError, MachineLogin, fresh};
use serde_json::Value;

use crate::desk::*;

/// What was sent to the desk, which demands nonces.
#[derive(Default)]
struct Wire {
    sent: Mutex<Vec<Request<Vec<u8>>>>,
    /// How many requests more are refused for want of a nonce.
    refusals: Mutex<u32>,
}

impl Wire {
    fn refusing(count: u32) -> Arc<Self> {
        Arc::new(Self { refusals: Mutex::new(count), ..Self::default() })
    }

    fn transport(
        self: &Arc<Self>,
        desk: &Arc<Desk>,
    ) -> impl Fn(Request<Vec<u8>>) -> Result<Response<Vec<u8>>, TransportError> + use<> {
        let (wire, send) = (Arc::clone(self), desk.blocking());
        move |request| {
            let path = request.uri().path().to_owned();
            wire.sent.lock().unwrap().push(request.clone());
            let number = wire.sent.lock().unwrap().len();
            let mut refusals = wire.refusals.lock().unwrap();
            let mut response = match path.as_str() {
                "/token" | "/userinfo" | "/par" if *refusals > 0 => {
                    *refusals -= 1;
                    let status = if path == "/userinfo" { 401 } else { 400 };
                    Response::builder()
                        .status(status)
                        .header("content-type", "application/json")
                        .header("www-authenticate", r#"DPoP error="use_dpop_nonce""#)
                        .body(br#"{"error":"use_dpop_nonce"}"#.to_vec())
                        .unwrap()
                }
                _ => send(request)?,
            };
            response.headers_mut().insert("dpop-nonce", format!("nonce-{number}").parse().unwrap());
            Ok(response)
        }
    }

    /// The requests to that path.
    fn to(&self, path: &str) -> Vec<Request<Vec<u8>>> {
        self.sent.lock().unwrap().iter().filter(|request| request.uri().path() == path).cloned().collect()
    }
}

/// The claims of the request's proof, and the thumbprint of the key that verifies it.
fn proof(request: &Request<Vec<u8>>) -> (Value, String) {
    let text = request.headers()["dpop"].to_str().unwrap();
    let header = URL_SAFE_NO_PAD.decode(text.split('.').next().unwrap()).unwrap();
    let header: Value = serde_json::from_slice(&header).unwrap();
    let keys = JwkSet::parse(format!(r#"{{"keys":[{}]}}"#, header["jwk"]).as_bytes()).unwrap();
    let jws = Jws::verify(text, &keys, &[Algorithm::Es256]).unwrap();
    assert_eq!(jws.token_type(), Some("dpop+jwt"));
    let claims = serde_json::from_slice(jws.payload()).unwrap();
    (claims, keys.keys()[0].thumbprint(&proofkey::jwt::AwsLc))
}

fn dpop() -> Dpop {
    Dpop::new(KeySigner::new(SigningKey::generate(SigningAlgorithm::Es256).unwrap()).unwrap(), fresh).unwrap()
}

fn bound(desk: &Desk, token_type: &str) -> Login {
    desk.members.lock().unwrap()["token_type"] = token_type.into();
    desk.members.lock().unwrap()["refresh_token"] = "refresh-1".into();
    let client_key = KeySigner::new(SigningKey::generate(SigningAlgorithm::Es256).unwrap()).unwrap();
    desk.login().with_client_authentication(ClientAuthentication::private_key_jwt(client_key, fresh).with_dpop(dpop()))
}

fn finish(wire: &Arc<Wire>, desk: &Arc<Desk>, login: &Login) -> Result<Identity, LoginError> {
    login.finish_blocking(&wire.transport(desk), desk.grant(login, login.request()))
}

fn member(request: &Request<Vec<u8>>, name: &str) -> String {
    let body = str::from_utf8(request.body()).unwrap();
    form::raw_pairs(body).find(|(own, _)| *own == name).unwrap().1.to_owned()
}

#[test]
fn dp_03_dp_13_a_login_sends_its_code_again_with_the_nonce_and_no_other_request_twice() {
    let (desk, wire) = (Desk::open(), Wire::refusing(1));
    let login = bound(&desk, "DPoP");
    let (url, _) = login.request().begin().unwrap();
    assert!(url.contains("&dpop_jkt="));

    let mut identity = finish(&wire, &desk, &login).unwrap();
    assert_eq!(identity.tokens().token_type(), AccessTokenType::Dpop);
    let [first, second] = &wire.to("/token")[..] else { panic!("two requests") };
    let ((before, key), (after, same)) = (proof(first), proof(second));
    assert_eq!(key, same);
    assert!(url.contains(&format!("&dpop_jkt={key}")));
    assert_eq!((before.get("nonce"), after["nonce"].as_str()), (None, Some("nonce-2")));
    assert_ne!(before["jti"], after["jti"]);
    assert_eq!(member(first, "code"), member(second, "code"));
    assert_ne!(member(first, "client_assertion"), member(second, "client_assertion"));

    // From now on the newest nonce is known.
    *desk.claims.lock().unwrap() = None;
    login.refresh_blocking(&wire.transport(&desk), &mut identity).unwrap();
    assert_eq!(proof(wire.to("/token").last().unwrap()).0["nonce"], "nonce-3");
    assert_eq!(wire.to("/token").len(), 3);
}

#[test]
fn dp_17_a_server_that_always_asks_gets_two_requests() {
    let (desk, wire) = (Desk::open(), Wire::refusing(u32::MAX));
    let login = bound(&desk, "DPoP");
    let error = finish(&wire, &desk, &login).unwrap_err();
    assert_eq!((error.code(), error.server_error()), ("token_refused", Some("use_dpop_nonce")));
    assert_eq!(wire.to("/token").len(), 2);
}

#[test]
fn dp_09_a_login_whose_token_is_not_bound_is_refused() {
    let (desk, wire) = (Desk::open(), Wire::refusing(0));
    let login = bound(&desk, "Bearer");
    let error = finish(&wire, &desk, &login).unwrap_err();
    assert_eq!(error.code(), "token_not_bound");
    let LoginError::Exchange(error) = error else { panic!("{error}") };
    assert!(error.tokens().unwrap().access_token().is_some());
}

#[test]
fn dp_10_dp_13_userinfo_has_the_bound_token_and_its_proof() {
    let (desk, wire) = (Desk::open(), Wire::refusing(0));
    let login = bound(&desk, "DPoP");
    let identity = finish(&wire, &desk, &login).unwrap();
    for refusals in [1, u32::MAX] {
        *wire.refusals.lock().unwrap() = refusals;
        let claims = login.userinfo_blocking(&wire.transport(&desk), &identity);
        assert_eq!(claims.is_ok(), refusals == 1);
    }
    let requests = wire.to("/userinfo");
    assert_eq!(requests.len(), 4, "each was sent twice");
    for request in &requests {
        assert_eq!(request.headers()["authorization"], "DPoP access-1");
        let (claims, _) = proof(request);
        assert_eq!((&claims["htm"], &claims["htu"]), (&"GET".into(), &"https://as.example/userinfo".into()));
        assert_eq!(claims["ath"].as_str().unwrap().len(), 43);
    }
    // A login without the key cannot use the token.
    let error = desk.login().userinfo_blocking(&wire.transport(&desk), &identity).unwrap_err();
    assert_eq!(error.code(), "token_request_proof_key");
}

#[test]
fn ca_05_a_request_that_was_not_sent_is_made_anew() {
    let (desk, wire) = (Desk::open(), Wire::refusing(0));
    let login = bound(&desk, "DPoP");
    let mut steps = login.finish_steps(desk.grant(&login, login.request())).unwrap();
    let transport = wire.transport(&desk);
    let failed = Mutex::new(Vec::new());
    let failing = |request: Request<Vec<u8>>| {
        if request.uri().path() == "/token" && failed.lock().unwrap().is_empty() {
            failed.lock().unwrap().push(request);
            return Err(TransportError::before_sending(TransportErrorKind::Connect));
        }
        transport(request)
    };
    let clock = || desk.time();
    assert!(proofkey::drive_blocking(&mut steps, &failing, clock).unwrap_err().is_retryable());
    proofkey::drive_blocking(&mut steps, &failing, clock).unwrap();
    let (first, second) = (&failed.lock().unwrap()[0], &wire.to("/token")[0]);
    assert_ne!(member(first, "client_assertion"), member(second, "client_assertion"));
    assert_ne!(proof(first).0["jti"], proof(second).0["jti"]);
}

#[test]
fn dp_16_a_pushed_request_names_the_key_and_has_its_proof() {
    for (refusals, is_good) in [(0, true), (1, true), (u32::MAX, false)] {
        let (desk, wire) = (Desk::open(), Wire::refusing(refusals));
        let login = bound(&desk, "DPoP");
        let started = login.request().push().start_blocking(&wire.transport(&desk));
        assert_eq!(started.is_ok(), is_good);
        let requests = wire.to("/par");
        assert_eq!(requests.len(), 1 + usize::from(refusals > 0));
        for request in &requests {
            let (claims, key) = proof(request);
            assert_eq!(claims["htu"], "https://as.example/par");
            assert_eq!(member(request, "dpop_jkt"), key);
            assert_eq!(member(request, "client_id"), CLIENT);
        }
    }
}

#[test]
fn dp_13_dp_17_a_program_that_logs_in_as_itself_answers_one_demand_for_a_nonce() {
    for (refusals, is_good) in [(0, true), (1, true), (u32::MAX, false)] {
        let (desk, wire) = (Desk::open(), Wire::refusing(refusals));
        *desk.claims.lock().unwrap() = None;
        desk.members.lock().unwrap()["token_type"] = "DPoP".into();
        let client_key = KeySigner::new(SigningKey::generate(SigningAlgorithm::Es256).unwrap()).unwrap();
        let authentication = ClientAuthentication::private_key_jwt(client_key, fresh).with_dpop(dpop());
        let machine = MachineLogin::new(Desk::server(), CLIENT, authentication).unwrap();
        let tokens = machine.tokens_blocking(&wire.transport(&desk));
        assert_eq!(tokens.is_ok_and(|tokens| tokens.token_type() == AccessTokenType::Dpop), is_good);
        assert_eq!(wire.to("/token").len(), 1 + usize::from(refusals > 0));
    }
}

#[test]
fn dp_13_a_device_polls_again_with_the_nonce() {
    let (desk, wire) = (Desk::open(), Wire::refusing(1));
    let login = bound(&desk, "DPoP");
    *desk.claims.lock().unwrap() = None;
    let transport = wire.transport(&desk);
    let slept = Mutex::new(Vec::new());
    let sleep = |time: std::time::Duration| {
        slept.lock().unwrap().push(time.as_secs());
        desk.pass(time.as_secs());
    };
    let mut device = login.device().scope("notes.read").start_blocking(&transport).unwrap();
    let tokens = device.exchange_blocking(&transport, sleep).unwrap();
    assert_eq!((tokens.token_type(), wire.to("/token").len()), (AccessTokenType::Dpop, 2));
    assert_eq!(*slept.lock().unwrap(), [7], "the second poll goes at once");
    *wire.refusals.lock().unwrap() = u32::MAX;
    let mut device = login.device().scope("notes.read").start_blocking(&transport).unwrap();
    let error = device.exchange_blocking(&transport, sleep).unwrap_err();
    assert_eq!((error.server_error(), wire.to("/token").len()), (Some("use_dpop_nonce"), 4));
    assert_eq!(*slept.lock().unwrap(), [7, 7]);
}
