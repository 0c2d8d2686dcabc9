//! Tokens that are bound to a key: RFC 9449.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use reqwest::header::{HeaderName, WWW_AUTHENTICATE};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::base64url;
use crate::context::Context;
use crate::defects::Defects;
use crate::failure::Failure;
use crate::http::{Answer, Request};
use crate::json::{Duplicates, parse_object};
use crate::random;
use crate::signing::{SigningKey, unsigned};

const DPOP: HeaderName = HeaderName::from_static("dpop");

/// As what a server is addressed: its nonces for the two are not the same.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Authorization,
    Resource,
}

/// The key of this client, and what servers gave it for its proofs.
pub(crate) struct Dpop {
    key: SigningKey,
    /// The newest nonce, by side and origin.
    nonces: Mutex<Vec<(Side, String, String)>>,
    counted: AtomicU64,
}

impl Dpop {
    pub(crate) fn new() -> Self {
        Self { key: SigningKey::generate(), nonces: Mutex::default(), counted: AtomicU64::new(1) }
    }

    /// What an authorization request names the key by.
    pub(crate) fn thumbprint(&self, defects: &Defects) -> Option<String> {
        if defects.has("dpop-jkt-omitted") {
            None
        } else if defects.has("dpop-jkt-other") {
            Some(SigningKey::generate().thumbprint())
        } else {
            Some(self.key.thumbprint())
        }
    }

    fn prove(&self, request: &mut Request, side: Side, access_token: Option<&str>, cx: &Context<'_>) {
        let defects = cx.defects;
        let made = defects.has("dpop-key-per-request").then(SigningKey::generate);
        let key = made.as_ref().unwrap_or(&self.key);
        let mut jwk = key.public_jwk();
        if defects.has("dpop-private-key") {
            jwk["d"] = key.private_member().into();
        }
        let typ = if defects.has("dpop-untyped") { "JWT" } else { "dpop+jwt" };
        let mut header = json!({"typ": typ, "alg": "ES256", "jwk": jwk});
        let whole = request.url.as_str();
        let target = if whole.contains('?') && defects.has("dpop-htu-with-query") {
            whole
        } else {
            whole.split(['?', '#']).next().unwrap_or(whole)
        };
        let method = if defects.has("dpop-htm-post") { "POST" } else { request.method.as_str() };
        let now = cx.clock.now();
        let iat = if defects.has("dpop-iat-milliseconds") { now * 1000 } else { now };
        let jti = if defects.has("dpop-jti-constant") {
            "a-jti-for-every-request".to_owned()
        } else if defects.has("dpop-jti-counted") {
            self.counted.fetch_add(1, Ordering::Relaxed).to_string()
        } else {
            random::text()
        };
        let mut claims = json!({"jti": jti, "htm": method, "htu": target, "iat": iat});
        if let Some(token) = access_token.filter(|_| !defects.has("dpop-ath-missing")) {
            claims["ath"] = base64url::encode(Sha256::digest(token)).into();
        }
        if let Some(nonce) = self.nonce(side, whole, defects).filter(|_| !defects.has("dpop-nonce-left-out")) {
            claims["nonce"] = nonce.into();
        }
        let proof = if defects.has("dpop-alg-none") {
            header["alg"] = "none".into();
            unsigned(&header, &claims)
        } else {
            key.sign(&header, &claims)
        };
        request.headers.push((DPOP, proof));
    }

    fn nonce(&self, side: Side, url: &str, defects: &Defects) -> Option<String> {
        let kept = self.nonces.lock().unwrap_or_else(PoisonError::into_inner);
        let origin = origin(url);
        let mut own = kept.iter().rev().filter(|(_, at, _)| at == origin);
        let latest = kept.iter().rev().find(|(_, at, _)| at == origin).map(|(of, ..)| *of);
        if latest.is_some_and(|latest| latest != side) && defects.has("dpop-nonces-shared") {
            return own.next().map(|(_, _, nonce)| nonce.clone());
        }
        own.find(|(of, ..)| *of == side).map(|(_, _, nonce)| nonce.clone())
    }

    /// Keeps the nonce of an answer, and tells whether the server wants the request again, with it.
    fn asks_again(&self, answer: &Answer, side: Side, url: &str, defects: &Defects) -> bool {
        let nonce = answer.headers.get("dpop-nonce").and_then(|nonce| nonce.to_str().ok());
        let Some(nonce) = nonce else { return false };
        let asks = match side {
            Side::Authorization => {
                let error = parse_object(&answer.body, Duplicates::LastWins);
                matches!(answer.status, 400 | 401)
                    && error.is_some_and(|error| error.get("error").is_some_and(|code| code == "use_dpop_nonce"))
            }
            Side::Resource => {
                let challenges = answer.headers.get_all(WWW_AUTHENTICATE);
                let mut challenges = challenges.iter().filter_map(|challenge| challenge.to_str().ok());
                answer.status == 401 && challenges.any(|challenge| challenge.contains("use_dpop_nonce"))
            }
        };
        let mut kept = self.nonces.lock().unwrap_or_else(PoisonError::into_inner);
        let is_known = kept.iter().any(|(of, at, _)| *of == side && at == origin(url));
        if asks || !is_known || !defects.has("dpop-nonce-first-kept") {
            kept.push((side, origin(url).to_owned(), nonce.to_owned()));
        }
        asks
    }
}

/// Sends a request to the authorization server: with a proof where tokens are to be bound, and made once more when the
/// server wants a nonce in it.
pub(crate) async fn ask_server(
    make: impl Fn() -> Result<Request, Failure>,
    stage: &'static str,
    cx: &Context<'_>,
) -> Result<Answer, Failure> {
    exchange(make, Side::Authorization, None, stage, cx).await
}

/// The same to an API, with an access token.
pub(crate) async fn ask_api(
    make: impl Fn() -> Result<Request, Failure>,
    access_token: &str,
    stage: &'static str,
    cx: &Context<'_>,
) -> Result<Answer, Failure> {
    exchange(make, Side::Resource, Some(access_token), stage, cx).await
}

async fn exchange(
    make: impl Fn() -> Result<Request, Failure>,
    side: Side,
    access_token: Option<&str>,
    stage: &'static str,
    cx: &Context<'_>,
) -> Result<Answer, Failure> {
    let Some(dpop) = cx.dpop.as_ref().filter(|_| !cx.defects.has("dpop-omitted")) else {
        return cx.http.send(make()?, stage, "token_http").await;
    };
    for tries in 1.. {
        let mut request = make()?;
        dpop.prove(&mut request, side, access_token, cx);
        let url = request.url.clone();
        let answer = cx.http.send(request, stage, "token_http").await?;
        let again = dpop.asks_again(&answer, side, &url, cx.defects);
        let is_last = tries >= 2 && (tries >= 6 || !again || !cx.defects.has("dpop-nonce-loop"));
        if !again || is_last || cx.defects.has("dpop-nonce-ignored") {
            return Ok(answer);
        }
    }
    Err(Failure::Crashed)
}

/// Scheme, host and port, as the address has them.
fn origin(url: &str) -> &str {
    let host = url.find("://").map_or(0, |at| at + 3);
    let end = url.get(host..).and_then(|rest| rest.find(['/', '?', '#'])).map_or(url.len(), |at| host + at);
    url.get(..end).unwrap_or(url)
}
