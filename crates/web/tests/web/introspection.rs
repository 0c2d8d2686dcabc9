//! The guard of an API that asks the issuer about each token (RS-02, DP-12).

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use proofkey::jwt::{Required, SigningAlgorithm, SigningKey};
use proofkey::token::{AccessToken, ClientAuthentication, ClientSecret, Dpop};
use proofkey::{KeySigner, fresh};
use proofkey_web::{Access, ApiGuard, Introspected};
use serde_json::{Value, json};

use crate::support::{Clock, Page, Visitor, http};

const API: &str = "https://api.example/v1";
const TOKEN: &str = "Sentinel0opaque";

/// An issuer of opaque tokens.
struct Issuer {
    address: String,
    /// The status of its answer, and what it says of any token.
    answer: Mutex<(u16, Value)>,
    /// `Authorization` and body of each introspection.
    asked: Mutex<Vec<(String, String)>>,
}

impl Issuer {
    async fn start() -> Arc<Self> {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let answer = Mutex::new((200, active(&address, &json!({}))));
        let issuer = Arc::new(Self { address, answer, asked: Mutex::default() });
        let metadata = |State(issuer): State<Arc<Self>>| async move {
            let at = |path: &str| format!("{}{path}", issuer.address);
            document(&json!({"issuer": issuer.address, "authorization_endpoint": at("/authorize"),
                "token_endpoint": at("/token"), "introspection_endpoint": at("/introspect"), "jwks_uri": at("/jwks"),
                "response_types_supported": ["code"], "code_challenge_methods_supported": ["S256"],
                "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["RS256"]}))
        };
        let introspect = |State(issuer): State<Arc<Self>>, headers: axum::http::HeaderMap, body: String| async move {
            let authorization = headers["authorization"].to_str().unwrap().to_owned();
            issuer.asked.lock().unwrap().push((authorization, body));
            let (status, answer) = issuer.answer.lock().unwrap().clone();
            (StatusCode::from_u16(status).unwrap(), document(&answer))
        };
        let app = Router::new()
            .route("/.well-known/openid-configuration", get(metadata))
            .route("/introspect", post(introspect))
            .with_state(Arc::clone(&issuer));
        tokio::spawn(async move { axum::serve(listener, app).await });
        issuer
    }

    fn say(&self, status: u16, answer: Value) {
        *self.answer.lock().unwrap() = (status, answer);
    }

    fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    fn guard(&self, clock: &Clock) -> ApiGuard {
        let (clock, secret) = (clock.clone(), ClientSecret::new("Sentinel0secret").unwrap());
        ApiGuard::new(&self.address, API)
            .introspecting("notes-api", ClientAuthentication::basic(secret))
            .clock(move || clock.now())
            .http(http())
    }
}

fn document(value: &Value) -> ([(&'static str, &'static str); 1], String) {
    ([("content-type", "application/json")], value.to_string())
}

fn active(issuer: &str, more: &Value) -> Value {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let mut answer = json!({"active": true, "iss": issuer, "aud": API, "sub": "auth0|john", "client_id": "client",
        "scope": "notes.read", "exp": now + 300});
    let members = more.as_object().unwrap().clone();
    answer.as_object_mut().unwrap().extend(members);
    answer
}

fn app(guard: ApiGuard) -> Router {
    let notes = |token: Introspected| async move { format!("notes of {}", token.subject().unwrap_or("a machine")) };
    let notes = Router::new().route("/v1/notes", get(notes)).route("/v1/jwt", get(|_: Access| async { "" }));
    let admin = Router::new().route("/v1/admin", get(|| async { "admin" }));
    guard.attach([(notes, Required::new().scope("notes.read")), (admin, Required::new().acr(["gold"]))]).unwrap()
}

async fn ask(app: &Router, path: &str) -> Page {
    Visitor::new(app).send("GET", path, &[("authorization", &format!("Bearer {TOKEN}"))], "").await
}

#[tokio::test]
async fn rs_02_a_token_is_what_the_issuer_says() {
    let (issuer, clock) = (Issuer::start().await, Clock::default());
    let app = app(issuer.guard(&clock).introspection_cached_for(Duration::ZERO));
    assert_eq!(ask(&app, "/v1/notes").await.text, "notes of auth0|john");
    let asked = issuer.asked.lock().unwrap()[0].clone();
    assert_eq!(asked.0, "Basic bm90ZXMtYXBpOlNlbnRpbmVsMHNlY3JldA==");
    assert_eq!(asked.1, format!("token={TOKEN}&token_type_hint=access_token"));

    let said = |more: Value| active(&issuer.address, &more);
    for (answer, path, status, text) in [
        (said(json!({"sub": null})), "/v1/notes", 200, "notes of a machine"),
        (said(json!({"aud": ["https://other.example", API]})), "/v1/notes", 200, "notes of auth0|john"),
        (said(json!({"acr": "gold"})), "/v1/admin", 200, "admin"),
        (json!({"active": false}), "/v1/notes", 401, "error=\"invalid_token\""),
        (said(json!({"aud": "https://api.example"})), "/v1/notes", 401, "error=\"invalid_token\""),
        (said(json!({"aud": null})), "/v1/notes", 401, "error=\"invalid_token\""),
        (said(json!({"iss": "https://other.example"})), "/v1/notes", 401, "error=\"invalid_token\""),
        (said(json!({"exp": 1})), "/v1/notes", 401, "error=\"invalid_token\""),
        (said(json!({"cnf": {"x5t#S256": "AAAA"}})), "/v1/notes", 401, "error=\"invalid_token\""),
        (said(json!({"scope": "admin"})), "/v1/notes", 403, "scope=\"notes.read\""),
        (said(json!({"acr": "silver"})), "/v1/admin", 401, "acr_values=\"gold\""),
        (said(json!({})), "/v1/jwt", 500, ""),
    ] {
        issuer.say(200, answer.clone());
        let page = ask(&app, path).await;
        let challenge = page.header("www-authenticate").to_owned();
        assert_eq!(page.status, status, "{answer} {challenge}");
        assert!(page.text == text || challenge.contains(text), "{answer} {challenge} {}", page.text);
    }
    let before = issuer.asked();
    for headers in [&[][..], &[("authorization", "Basic abc")], &[("authorization", "Bearer a b")]] {
        let page = Visitor::new(&app).send("GET", "/v1/notes", headers, "").await;
        assert!([400, 401].contains(&page.status), "{}", page.status);
    }
    assert_eq!(issuer.asked(), before, "without a token there is nothing to ask");
}

#[tokio::test]
async fn rs_02_an_issuer_that_does_not_answer_says_nothing_about_the_token() {
    let (issuer, clock) = (Issuer::start().await, Clock::default());
    let app = app(issuer.guard(&clock));
    let good = active(&issuer.address, &json!({}));
    for (status, answer) in [
        (503, json!({})),
        (401, json!({"error": "invalid_client"})),
        (200, json!({"active": "true"})),
        (200, json!({"sub": "auth0|john"})),
        (302, json!({})),
    ] {
        issuer.say(status, answer.clone());
        let page = ask(&app, "/v1/notes").await;
        assert_eq!((page.status, page.header("retry-after")), (503, "5"), "{status} {answer}");
        assert!(!page.text.contains("Sentinel"), "{}", page.text);
    }
    issuer.say(200, good.clone());
    assert_eq!(ask(&app, "/v1/notes").await.status, 200);
    // What is cached serves while the issuer is away, but not for long.
    issuer.say(503, json!({}));
    clock.advance(8);
    assert_eq!(ask(&app, "/v1/notes").await.status, 200);
    clock.advance(3);
    assert_eq!(ask(&app, "/v1/notes").await.status, 503);

    // No one listens there.
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let unreachable = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let guard = ApiGuard::new(unreachable, API).introspecting("notes-api", ClientAuthentication::none()).http(http());
    assert_eq!(ask(&self::app(guard), "/v1/notes").await.status, 503);
}

#[tokio::test]
async fn rs_02_responses_are_cached_for_a_time_and_each_route_has_its_own_rules() {
    let (issuer, clock) = (Issuer::start().await, Clock::default());
    let app = app(issuer.guard(&clock));
    for path in ["/v1/notes", "/v1/admin", "/v1/notes"] {
        let expected = if path == "/v1/admin" { 401 } else { 200 };
        assert_eq!(ask(&app, path).await.status, expected, "{path}");
    }
    assert_eq!(issuer.asked(), 1);
    // A revoked token gives access for ten seconds at most.
    issuer.say(200, json!({"active": false}));
    assert_eq!(ask(&app, "/v1/notes").await.status, 200);
    clock.advance(11);
    assert_eq!(ask(&app, "/v1/notes").await.status, 401);
    assert_eq!(issuer.asked(), 2);
    // A refusal is not cached, and no response beyond `exp`.
    let soon = clock.now().duration_since(UNIX_EPOCH).unwrap().as_secs() + 3;
    issuer.say(200, active(&issuer.address, &json!({"exp": soon})));
    assert_eq!(ask(&app, "/v1/notes").await.status, 200);
    clock.advance(4);
    assert_eq!(ask(&app, "/v1/notes").await.status, 401);
    assert_eq!(issuer.asked(), 4);
}

#[tokio::test]
async fn dp_12_a_bound_opaque_token_needs_a_new_proof_of_its_key() {
    let (issuer, clock) = (Issuer::start().await, Clock::default());
    let app = app(issuer.guard(&clock));
    let signer = || KeySigner::new(SigningKey::generate(SigningAlgorithm::Es256).unwrap()).unwrap();
    let [dpop, other] = [signer(), signer()].map(|signer| Dpop::new(signer, fresh).unwrap());
    let bound = json!({"token_type": "DPoP", "cnf": {"jkt": dpop.thumbprint()}});
    issuer.say(200, active(&issuer.address, &bound));
    let token = AccessToken::new(TOKEN).unwrap();
    let headers = |dpop: &Dpop| {
        let mut request = proofkey::http::Request::get("https://api.example/v1/notes").body(()).unwrap();
        dpop.authorize(&mut request, &token).unwrap();
        ["authorization", "dpop"].map(|name| request.headers()[name].to_str().unwrap().to_owned())
    };
    let send = async |[authorization, proof]: &[String; 2]| {
        let headers = [("authorization", authorization.as_str()), ("dpop", proof.as_str())];
        let page = Visitor::new(&app).send("GET", "/v1/notes", &headers, "").await;
        (page.status, page.header("www-authenticate").to_owned())
    };
    let good = headers(&dpop);
    assert_eq!(send(&good).await, (200, String::new()));
    let (status, challenge) = send(&good).await;
    assert!(status == 401 && challenge.contains("invalid_dpop_proof"), "the same proof again: {challenge}");
    let (status, challenge) = send(&headers(&other)).await;
    assert!(status == 401 && challenge.contains("invalid_token"), "another key: {challenge}");
    assert_eq!(ask(&app, "/v1/notes").await.status, 401, "a bound token is no bearer token");
    assert_eq!(send(&headers(&dpop)).await.0, 200);
    assert_eq!(issuer.asked(), 1);
    // A token that is not bound has no use for a proof.
    issuer.say(200, active(&issuer.address, &json!({})));
    clock.advance(11);
    assert_eq!(send(&headers(&dpop)).await.0, 401);
}
