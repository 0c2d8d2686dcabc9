//! The values that every contender works on.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use proofkey_authorize::{
    AuthorizationRequest, AuthorizationServer, ClientId, CodeGrant, Endpoint, Issuer, RedirectUri, Scope,
};
use serde_json::Value;

pub(crate) const ISSUER: &str = "https://tenant.example/";
pub(crate) const AUTHORIZE: &str = "https://tenant.example/authorize";
pub(crate) const TOKEN: &str = "https://tenant.example/oauth/token";
pub(crate) const CLIENT_ID: &str = "QhgXEVKKNmJzLwQxZeUuxtfqXlf619S5";
pub(crate) const REDIRECT_URI: &str = "https://app.example/callback";
pub(crate) const SCOPE: &str = "openid profile email";
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CODE: &str = "SplxlOBeZQQYbYS6WxSbIA";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

pub(crate) fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_700_000_000)
}

pub(crate) fn server() -> AuthorizationServer {
    server_at(TOKEN)
}

pub(crate) fn server_at(token_endpoint: &str) -> AuthorizationServer {
    let endpoint = |text| Endpoint::new(text).expect("an endpoint");
    AuthorizationServer::new(Issuer::new(ISSUER).expect("an issuer"), endpoint(AUTHORIZE), endpoint(token_endpoint))
}

pub(crate) fn client_id() -> ClientId {
    ClientId::new(CLIENT_ID).expect("a client id")
}

pub(crate) fn redirect_uri() -> RedirectUri {
    RedirectUri::new(REDIRECT_URI).expect("a redirect URI")
}

pub(crate) fn scope() -> Scope {
    Scope::new(SCOPE).expect("a scope")
}

/// A login whose callback has come.
pub(crate) fn grant(server: &AuthorizationServer) -> CodeGrant {
    let request = AuthorizationRequest::new(server, client_id(), redirect_uri()).scope(scope());
    let (_, pending) = request.begin(&[7; 96], now()).expect("a login");
    let callback = format!("code={CODE}&state={}", pending.state().expose());
    pending.receive(&callback, now()).expect("a grant")
}

/// A token response of 1.9 kB, as Auth0 sends it.
pub(crate) fn token_response() -> String {
    let id_token = format!("{}.{}.{}", "a".repeat(60), "b".repeat(700), "c".repeat(342));
    serde_json::json!({
        "access_token": "t".repeat(600), "refresh_token": "r".repeat(64), "id_token": id_token,
        "scope": SCOPE, "expires_in": 86400, "token_type": "Bearer",
    })
    .to_string()
}

/// A group of the claims vectors: its key set as text, its first valid token, and what it expects.
pub(crate) struct Group {
    pub(crate) jwks: String,
    pub(crate) key: Value,
    pub(crate) token: String,
    pub(crate) issuer: String,
    pub(crate) client_id: String,
    pub(crate) nonce: String,
    pub(crate) now: SystemTime,
}

pub(crate) fn group(algorithm: &str) -> Group {
    let file: Value = serde_json::from_str(include_str!("../../crates/jwt/tests/vectors/id_token_claims.json"))
        .expect("the claims vectors");
    let groups = file["testGroups"].as_array().expect("groups").iter();
    let plain = |group: &&Value| {
        let asked = &group["expected"];
        asked["algs"][0] == algorithm
            && ["max_age", "acr_values", "access_token", "code"].iter().all(|name| asked[name].is_null())
            && asked["nonce"].is_string()
    };
    let group = groups.filter(plain).find(|group| group["tests"][0]["result"] == "valid").expect("a plain group");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let asked = &group["expected"];
    Group {
        jwks: serde_json::json!({"keys": [group["public"]]}).to_string(),
        key: group["public"].clone(),
        token: text(&group["tests"][0]["jws"]),
        issuer: text(&asked["issuer"]),
        client_id: text(&asked["client_id"]),
        nonce: text(&asked["nonce"]),
        now: UNIX_EPOCH + Duration::from_secs(asked["now"].as_u64().unwrap_or_default()),
    }
}
