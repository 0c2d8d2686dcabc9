//! The API, and the program that calls it with tokens that are bound to its key.

use std::time::SystemTime;

use proofkey::Identity;
use proofkey::http::Request;
use proofkey::token::{Api, Transport};
use proofkey_authority::lie::{IdTokenEdit, JsonEdit, When};
use proofkey_authority::{Authority, Browser, Client, Clock, Lie, Setup, Wire};
use serde_json::{Value, json};

use crate::{Folder, api_example, assert_no_faults, dpop, http};

/// What an access token of `issuer` for `api` says.
fn claims(issuer: &str, api: &str) -> Value {
    let now = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs();
    json!({"iss": issuer, "aud": api, "sub": "auth0|john", "client_id": Client::native().id, "iat": now,
        "exp": now + 300, "jti": "a-1", "scope": "notes.read"})
}

/// An access token, signed by the key that all authorities have.
fn access_token(authority: &Authority, claims: &Value) -> String {
    authority.sign_with(claims, &[IdTokenEdit::Header(JsonEdit::set("typ", "at+jwt"))])
}

/// Starts the API. It has no address of its own before it is started.
async fn start(authority: &Authority, listener: tokio::net::TcpListener, base: &str) {
    let app = api_example::app(http(), authority.issuer(), base).await.unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
}

async fn listen() -> (tokio::net::TcpListener, String) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    (listener, base)
}

/// The status, the challenge and the text that the API answers with.
async fn get(base: &str, headers: &[(&str, &str)]) -> (u16, String, String) {
    let mut request = Request::get(format!("{base}/notes"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = http().send(request.body(Vec::new()).unwrap()).await.unwrap();
    let challenge = response.headers().get("www-authenticate").map(|value| value.to_str().unwrap().to_owned());
    let text = String::from_utf8(response.body().clone()).unwrap();
    (response.status().as_u16(), challenge.unwrap_or_default(), text)
}

#[tokio::test]
async fn the_api_admits_what_is_for_it_and_fetches_the_keys_once() {
    let authority = Authority::honest().await;
    let (listener, base) = listen().await;
    start(&authority, listener, &base).await;
    let bearer = |claims: &Value| format!("Bearer {}", access_token(&authority, claims));
    let with = |name: &str, value: Value| {
        let mut claims = claims(authority.issuer(), &base);
        claims[name] = value;
        bearer(&claims)
    };
    let good = bearer(&claims(authority.issuer(), &base));
    for _ in 0..2 {
        assert_eq!(get(&base, &[("authorization", &good)]).await.2, "notes of auth0|john");
    }
    for (refused, status, challenge) in [
        (with("aud", json!("https://another.example")), 401, "invalid_token"),
        (with("exp", json!(1)), 401, "invalid_token"),
        (with("scope", json!("profile")), 403, "insufficient_scope"),
        (with("cnf", json!({"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"})), 401, "invalid_token"),
        (authority.sign_id_token(&claims(authority.issuer(), &base)), 401, "Bearer"),
    ] {
        let (received, text, _) = get(&base, &[("authorization", &refused)]).await;
        assert!(received == status && text.contains(challenge), "{received} {text}");
    }
    assert_eq!(get(&base, &[]).await.0, 401);
    assert_eq!(authority.wire().jwks_requests().len(), 1);
}

#[tokio::test]
async fn a_bound_token_serves_its_key_after_a_restart_and_no_one_else() {
    let folder = Folder::new("dpop");
    let (key, file) = (folder.0.join("dpop.key"), folder.0.join("identity.json"));
    let bound = dpop::dpop_at(&key).unwrap();
    let (listener, base) = listen().await;
    // The token is made before its issuer is started, whose address it has.
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let issuer = format!("http://{}/", socket.local_addr().unwrap());
    let mut claims = claims(&issuer, &base);
    claims["cnf"] = json!({"jkt": bound.thumbprint()});
    let token = access_token(&Authority::honest().await, &claims);
    let lie = Lie::Together(vec![
        Lie::token_response([JsonEdit::set("token_type", "DPoP"), JsonEdit::set("access_token", token.as_str())]),
        Lie::token_response([JsonEdit::set("expires_in", 20)]).only(When::First),
        Lie::claims([JsonEdit::remove("at_hash")]),
    ]);
    let setup = Setup { lie: Some(lie), ..Setup::honest() };
    let authority = Authority::start_at(socket, setup, &Wire::new(), &Clock::new()).await;
    assert_eq!(authority.issuer(), issuer);
    start(&authority, listener, &base).await;

    let login = dpop::login_at(&http(), &issuer, &Client::native().id, &bound).await.unwrap();
    let callback =
        async |url: &str| Ok(Browser::new(authority.wire()).open(url).await?.callback().ok_or("no callback")?);
    dpop::sign_in(&http(), &login, &file, callback).await.unwrap();
    // Another run: the key and the identity are what was stored.
    let again = dpop::dpop_at(&key).unwrap();
    assert_eq!(again.thumbprint(), bound.thumbprint());
    let login = dpop::login_at(&http(), &issuer, &Client::native().id, &again).await.unwrap();
    let notes = format!("{base}/notes");
    let api = Api::allowing_http_loopback(&base).unwrap().with_dpop(again.clone());
    for _ in 0..2 {
        assert_eq!(dpop::call(&http(), &login, &api, &file, &notes).await.unwrap(), "notes of auth0|john");
    }
    assert_eq!(authority.wire().refresh_requests().len(), 1);
    // The token alone, with the key of a thief, and with a proof that was seen.
    let identity = Identity::from_json(&std::fs::read_to_string(&file).unwrap()).unwrap();
    let token = identity.tokens().access_token().unwrap();
    assert_eq!(get(&base, &[("authorization", &format!("Bearer {}", token.expose()))]).await.0, 401);
    let thief = dpop::dpop_at(&folder.0.join("another.key")).unwrap();
    let proven = |dpop: &proofkey::token::Dpop| {
        let mut request = Request::get(&notes).body(()).unwrap();
        dpop.authorize(&mut request, token).unwrap();
        ["authorization", "dpop"].map(|name| request.headers()[name].to_str().unwrap().to_owned())
    };
    let [authorization, proof] = proven(&thief);
    assert_eq!(get(&base, &[("authorization", &authorization), ("dpop", &proof)]).await.0, 401);
    let [authorization, proof] = proven(&again);
    for status in [200, 401] {
        assert_eq!(get(&base, &[("authorization", &authorization), ("dpop", &proof)]).await.0, status);
    }
    assert_no_faults(&authority);
}
