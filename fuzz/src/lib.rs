//! What the targets have in common: a login that is under way, answers as a server makes them, and the one promise
//! that every error makes.

use std::fmt::{Debug, Display};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::Response;
use proofkey_authorize::{
    AuthorizationRequest, AuthorizationServer, ClientId, CodeGrant, Endpoint, Issuer, Pending, RedirectUri, Scope,
};
use proofkey_jwt::{Algorithm, Expected, JwkSet};
use proofkey_token::{ClientAuthentication, Exchange, exchange};
use serde_json::Value;

/// The issuer of every target.
pub const ISSUER: &str = "https://as.example/";
/// The client of every target.
pub const CLIENT_ID: &str = "client";

/// The time at which everything happens.
pub fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_700_000_000)
}

/// The issuer, read.
pub fn issuer() -> Issuer {
    Issuer::new(ISSUER).expect("an issuer")
}

/// A server with every endpoint.
pub fn server() -> AuthorizationServer {
    let endpoint = |path| Endpoint::new(format!("https://as.example/{path}")).expect("an endpoint");
    AuthorizationServer::new(issuer(), endpoint("authorize"), endpoint("token"))
        .with_userinfo_endpoint(endpoint("userinfo"))
}

/// A login that is under way.
pub fn pending() -> Pending {
    let redirect_uri = RedirectUri::new("https://app.example/callback").expect("a redirect URI");
    let server = server();
    AuthorizationRequest::new(&server, ClientId::new(CLIENT_ID).expect("a client id"), redirect_uri)
        .scope(Scope::new("openid profile").expect("a scope"))
        .begin(&[7; 96], now())
        .expect("a request")
        .1
}

/// A code that is about to be exchanged.
pub fn grant() -> CodeGrant {
    let pending = pending();
    let callback = format!("code=abc&state={}", pending.state().expose());
    pending.receive(&callback, now()).expect("a grant")
}

/// An exchange whose response is awaited.
pub fn awaited() -> Exchange {
    exchange(grant(), &server(), &ClientAuthentication::none()).expect("a request").1
}

/// An answer: its first octet chooses the status, the second the media type, the rest is the body.
pub fn response(data: &[u8]) -> Option<Response<&[u8]>> {
    let (&[status, media_type], body) = data.split_first_chunk::<2>()?;
    let status = [200, 201, 204, 302, 400, 401, 403, 428, 429, 500, 503][usize::from(status) % 11];
    let media_type =
        ["application/json", "application/json; charset=utf-8", "text/html", "application/x-www-form-urlencoded", ""]
            [usize::from(media_type) % 5];
    Response::builder().status(status).header("content-type", media_type).body(body).ok()
}

/// An error tells no secret: none of `secrets` is in what it prints. A shorter one than 32 characters, or one with a
/// blank, may be a part of the error's own words by chance, which a fuzzer finds.
pub fn tells_none(error: &(impl Debug + Display), secrets: &[&str]) {
    let printed = format!("{error} {error:?}");
    assert!(printed.len() < 4096, "an error of {} octets", printed.len());
    for secret in secrets.iter().filter(|secret| secret.len() >= 32 && !secret.contains(char::is_whitespace)) {
        assert!(!printed.contains(secret), "a secret in {printed}");
    }
}

/// A valid ID token of the published claims vectors, and what it is held against.
pub struct Vector {
    /// The token.
    pub token: String,
    /// The key of its group.
    pub keys: JwkSet,
    /// What the group expects.
    pub expected: Expected,
    /// When.
    pub now: SystemTime,
    /// The algorithm.
    pub algorithm: String,
    /// The key set as text, for a library that reads it itself.
    pub jwks: String,
    /// The modulus and the exponent of an RSA key, in base64url; empty for others.
    pub rsa: [String; 2],
    /// The issuer, the client and the nonce that are expected.
    pub names: [String; 3],
}

/// Which of the vectors, which octet of its token, the bits of it that are turned, and what is put in there.
pub type Change<'a> = (u8, u16, u8, &'a str);

impl Vector {
    /// One of `vectors`, and its token changed.
    pub fn changed<'a>(vectors: &'a [Self], (which, at, mask, inserted): Change<'_>) -> (&'a Self, String) {
        let vector = &vectors[usize::from(which) % vectors.len()];
        let mut octets = vector.token.clone().into_bytes();
        let at = usize::from(at) % octets.len();
        octets[at] ^= mask & 0x7f;
        octets.splice(at..at, inserted.bytes());
        (vector, String::from_utf8(octets).expect("ASCII, and text between"))
    }

    /// The first valid token of each group that asks for no more than issuer, client, nonce and algorithm.
    pub fn valid() -> Vec<Self> {
        let file: Value = serde_json::from_str(include_str!("../../crates/jwt/tests/vectors/id_token_claims.json"))
            .expect("the claims vectors");
        let groups = file["testGroups"].as_array().expect("groups").iter();
        groups.filter_map(Self::of).collect()
    }

    fn of(group: &Value) -> Option<Self> {
        let asked = &group["expected"];
        let plain = ["max_age", "acr_values", "access_token", "code"].iter().all(|name| asked[name].is_null());
        let test = group["tests"].as_array()?.iter().find(|test| test["result"] == "valid")?;
        let algorithm = Algorithm::from_name(asked["algs"][0].as_str()?)?;
        // ECDSA has a second signature for each, which is as good.
        if !plain
            || asked["skew"] != 0
            || asked["front_channel"] == true
            || asked["algs"][0].as_str()?.starts_with("ES")
        {
            return None;
        }
        let expected = Expected::new(asked["issuer"].as_str()?, asked["client_id"].as_str()?)
            .nonce(asked["nonce"].as_str()?)
            .algorithms([algorithm])
            .leeway(Duration::ZERO);
        let jwks = serde_json::json!({"keys": [group["public"]]}).to_string();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Some(Self {
            token: text(&test["jws"]),
            keys: JwkSet::parse(jwks.as_bytes()).ok()?,
            expected,
            now: UNIX_EPOCH + Duration::from_secs(asked["now"].as_u64()?),
            algorithm: text(&asked["algs"][0]),
            jwks,
            rsa: ["n", "e"].map(|name| text(&group["public"][name])),
            names: ["issuer", "client_id", "nonce"].map(|name| text(&asked[name])),
        })
    }
}
