//! The program that logs in as itself: with a secret, and with a key.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use proofkey::authorize::form;
use proofkey::jwt::{Algorithm, JwkSet, Jws, SigningAlgorithm, SigningKey};
use proofkey::token::Api;
use proofkey_authority::{Authority, Client, Endpoint, Setup};
use serde_json::{Value, json};

use crate::machine_example::{by_key, by_secret, call, machine_at};
use crate::{assert_no_faults, http};

/// Serves `router` on a port of its own. Its address.
async fn serve(router: impl FnOnce(&str) -> Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let router = router(&base);
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    base
}

/// An API that refuses one value of the header `Authorization`, and the address of its notes.
async fn api(revoked: Arc<Mutex<String>>) -> (Api, String) {
    let answer = |headers: HeaderMap| async move {
        let is_revoked = headers["authorization"] == *revoked.lock().unwrap();
        if is_revoked { (StatusCode::UNAUTHORIZED, "") } else { (StatusCode::OK, "notes") }
    };
    let base = serve(|_| Router::new().route("/notes", get(answer))).await;
    (Api::allowing_http_loopback(&base).unwrap(), base + "/notes")
}

#[tokio::test]
async fn a_machine_with_a_secret_keeps_its_tokens_and_replaces_a_revoked_one() {
    let authority = Authority::start(Setup { machine: true, ..Setup::honest() }).await;
    let (web, http, revoked) = (Client::web(), http(), Arc::<Mutex<String>>::default());
    let secret = by_secret(web.auth.secret().unwrap().to_owned()).unwrap();
    let machine = machine_at(authority.issuer(), &web.id, secret);
    let (api, notes) = api(Arc::clone(&revoked)).await;
    for _ in 0..3 {
        assert_eq!(call(&http, &machine, &api, &notes).await.unwrap(), "notes");
    }
    assert_eq!(authority.wire().count(Endpoint::Token), 1);
    // A token that the API no longer takes is replaced, once.
    let token = machine.get(&http).await.unwrap().tokens(&http).await.unwrap();
    *revoked.lock().unwrap() = format!("Bearer {}", token.access_token().unwrap().expose());
    assert_eq!(call(&http, &machine, &api, &notes).await.unwrap(), "notes");
    assert_eq!(authority.wire().count(Endpoint::Token), 2);
    assert_no_faults(&authority);
}

/// A server that is down at first, and at which a client is registered with a key.
struct Server {
    issuer: String,
    registered: JwkSet,
    is_up: bool,
    /// The identifiers of the assertions that were accepted.
    seen: Vec<String>,
}

type Shared = State<Arc<Mutex<Server>>>;

fn document(document: &Value) -> Response {
    ([("content-type", "application/json")], document.to_string()).into_response()
}

async fn metadata(State(server): Shared) -> Response {
    let mut server = server.lock().unwrap();
    if !std::mem::replace(&mut server.is_up, true) {
        return (StatusCode::SERVICE_UNAVAILABLE, [("retry-after", "0")]).into_response();
    }
    let issuer = &server.issuer;
    document(&json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/jwks"),
        "response_types_supported": ["code"],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["EdDSA"],
    }))
}

async fn token(State(server): Shared, body: String) -> Response {
    let mut server = server.lock().unwrap();
    // No value that is read here has an escape.
    let of = |name: &str| form::raw_pairs(&body).find(|(own, _)| *own == name).unwrap().1;
    assert_eq!(of("grant_type"), "client_credentials");
    let jws = Jws::verify(of("client_assertion"), &server.registered, &[Algorithm::EdDsa]).unwrap();
    let claims: Value = serde_json::from_slice(jws.payload()).unwrap();
    for (claim, expected) in [("iss", "nightly"), ("sub", "nightly"), ("aud", &server.issuer)] {
        assert_eq!(claims[claim], *expected);
    }
    let id = claims["jti"].as_str().unwrap().to_owned();
    assert!(!server.seen.contains(&id), "an assertion is used once");
    server.seen.push(id);
    let token = format!("token-{}", server.seen.len());
    document(&json!({"access_token": token, "token_type": "Bearer", "expires_in": 600}))
}

#[tokio::test]
async fn a_machine_with_a_key_waits_for_its_issuer_and_signs_each_request() {
    const PEM: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
        -----END PRIVATE KEY-----\n";
    let key = SigningKey::from_pem(SigningAlgorithm::EdDsa, PEM).unwrap().with_key_id("2026-11");
    let registered = JwkSet::parse(format!(r#"{{"keys":[{}]}}"#, key.public_jwk()).as_bytes()).unwrap();
    let server = Server { issuer: String::new(), registered, is_up: false, seen: Vec::new() };
    let server = Arc::new(Mutex::new(server));
    let issuer = serve(|base| {
        server.lock().unwrap().issuer = base.to_owned();
        let router =
            Router::new().route("/.well-known/openid-configuration", get(metadata)).route("/token", post(token));
        router.with_state(Arc::clone(&server))
    })
    .await;
    let machine = machine_at(&issuer, "nightly", by_key(PEM).unwrap());
    let (api, notes) = api(Arc::new(Mutex::new("Bearer token-1".to_owned()))).await;
    assert_eq!(call(&http(), &machine, &api, &notes).await.unwrap(), "notes");
    assert_eq!(server.lock().unwrap().seen.len(), 2);
    // The token is not for the issuer.
    let error = call(&http(), &machine, &api, &format!("{issuer}/token")).await.unwrap_err();
    assert!(error.to_string().contains("the token is for http://127.0.0.1:"), "{error}");
}
