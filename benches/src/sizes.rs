//! What grows with its input: the same operation at 1, 10, 100 and 1000 times the size, as far as our limits allow.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::Response;
use proofkey_authorize::{AuthorizationRequest, Scope};
use proofkey_jwt::{JwkSet, danger::decode_unverified};
use proofkey_pkce::CodeVerifier;
use proofkey_token::{ClientAuthentication, ExchangeRequest};
use serde_json::{Value, json};

use crate::Operation;
use crate::fixtures::{client_id, grant, group, now, redirect_uri, scope, server, token_response};

/// An operation of ours at several sizes: its contenders are these, in the same order.
pub struct Growth {
    /// The operation.
    pub operation: Operation,
    /// How much of what grows there is.
    pub sizes: &'static [u32],
}

/// All that can grow. What is made is looked at once before: a refusal would be quick at any size.
pub fn growing() -> Vec<Growth> {
    vec![verifier(), scopes(), parameters(), callback(), response(), header(), claims(), keys()]
}

/// `made` gives, for a size, what does the operation once and tells whether it succeeded.
fn growth<R: FnMut() -> bool + 'static>(
    name: &'static str,
    of: &'static str,
    sizes: &'static [u32],
    made: impl Fn(u32) -> R,
) -> Growth {
    let operation = sizes.iter().fold(Operation::new(name, of, f64::INFINITY), |operation, &size| {
        let mut run = made(size);
        assert!(run(), "{name}: refused at {size}");
        operation.with("ours", run)
    });
    Growth { operation, sizes }
}

fn verifier() -> Growth {
    growth("verifier", "characters of a verifier, to its challenge", &[43, 64, 96, 128], |size| {
        let verifier = CodeVerifier::try_from("v".repeat(size as usize).as_str()).expect("a verifier");
        move || std::hint::black_box(&verifier).challenge().encode().as_str().len() == 43
    })
}

fn scopes() -> Growth {
    let server = &*Box::leak(Box::new(server()));
    growth("scopes", "names of a scope, to the URL of a login", &[1, 10, 100, 400], |size| {
        let scope = Scope::new(listed(size, |at| format!("s{at}"), " ")).expect("a scope");
        move || {
            let request = AuthorizationRequest::new(server, client_id(), redirect_uri()).scope(scope.clone());
            request.begin(&[7; 96], now()).is_ok_and(|made| std::hint::black_box(made).0.len() > 3 * size as usize)
        }
    })
}

fn parameters() -> Growth {
    let server = &*Box::leak(Box::new(server()));
    growth("parameters", "further parameters, to the URL of a login", &[1, 10, 100, 1000], |size| {
        let names: Vec<_> = (0..size).map(|at| format!("parameter{at}")).collect();
        move || {
            let request = AuthorizationRequest::new(server, client_id(), redirect_uri()).scope(scope());
            let all = names.iter().fold(request, |request, name| request.parameter(name, "value"));
            std::hint::black_box(all.begin(&[7; 96], now())).is_ok()
        }
    })
}

fn callback() -> Growth {
    let server = server();
    growth("callback", "callback parameters, unknown ones, to the verdict", &[1, 10, 100, 1000], |size| {
        let request = AuthorizationRequest::new(&server, client_id(), redirect_uri());
        let (_, pending) = request.begin(&[7; 96], now()).expect("a login");
        let state = pending.state().expose();
        let callback = format!("code=abc&state={state}&{}", listed(size, |at| format!("p{at}=v"), "&"));
        move || pending.check(std::hint::black_box(&callback), now()).is_ok()
    })
}

fn response() -> Growth {
    let server = server();
    growth("response", "response members, unknown ones, to the tokens", &[1, 10, 100, 1000], |size| {
        let mut body: Value = serde_json::from_str(&token_response()).expect("an object");
        (0..size).for_each(|at| body[format!("member{at}")] = "value".into());
        let response = Response::builder().header("content-type", "application/json").body(body.to_string());
        let response = response.expect("a response");
        let request = ExchangeRequest::new(grant(&server), &server).build(&ClientAuthentication::none());
        let (_, awaited) = request.expect("a request");
        move || std::hint::black_box(awaited.receive(&response, now())).is_ok()
    })
}

fn header() -> Growth {
    growth("header", "characters of a JWT header, decoded", &[10, 100, 1000, 6000], |size| {
        let token = token(&json!({"alg": "RS256", "x": "x".repeat(size as usize)}), &json!({"sub": "somebody"}));
        move || std::hint::black_box(decode_unverified(&token)).is_ok()
    })
}

fn claims() -> Growth {
    growth("claims", "claims of a JWT, decoded", &[1, 10, 100, 240], |size| {
        let claims: serde_json::Map<_, _> = (0..size).map(|at| (format!("claim{at}"), "value".into())).collect();
        let token = token(&json!({"alg": "RS256"}), &claims.into());
        move || std::hint::black_box(decode_unverified(&token)).is_ok()
    })
}

fn keys() -> Growth {
    let group = group("EdDSA");
    growth("keys", "keys of a JWK set, parsed", &[1, 10, 100, 250], |size| {
        let key = |at: u32| {
            let mut key = group.key.clone();
            key["kid"] = format!("key-{at}").into();
            key
        };
        let document = json!({"keys": (0..size).map(key).collect::<Vec<_>>()}).to_string();
        move || {
            JwkSet::parse(std::hint::black_box(document.as_bytes())).is_ok_and(|set| set.keys().len() == size as usize)
        }
    })
}

fn listed(size: u32, each: impl Fn(u32) -> String, between: &str) -> String {
    (0..size).map(each).collect::<Vec<_>>().join(between)
}

/// A token that nobody signed: it is decoded, not believed.
fn token(header: &Value, claims: &Value) -> String {
    let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    format!("{header}.{claims}.{}", URL_SAFE_NO_PAD.encode([7; 256]))
}
