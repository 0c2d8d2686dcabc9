//! The guard of an API.

use axum::Router;
use axum::routing::get;
use proofkey::jwt::{Required, SigningAlgorithm, SigningKey};
use proofkey::token::{AccessToken, Dpop};
use proofkey::{KeySigner, fresh};
use proofkey_authority::lie::{IdTokenEdit, JsonEdit, When};
use proofkey_authority::{Authority, Endpoint, Lie, Setup};
use proofkey_web::{Access, ApiGuard, SetupError};
use serde_json::{Value, json};

use crate::support::{Clock, Page, Visitor, http};

const API: &str = "https://api.example/v1";

fn guard(authority: &Authority) -> ApiGuard {
    ApiGuard::new(authority.issuer(), API).http(http())
}

fn app(guard: ApiGuard) -> Router {
    let notes =
        Router::new().route("/v1/notes", get(|access: Access| async move { format!("notes of {}", access.subject()) }));
    let admin = Router::new().nest("/v1/admin", Router::new().route("/users", get(|| async { "users" })));
    let health = Router::new().route("/health", get(|| async { "well" }));
    let routes = [(notes, Required::new().scope("notes.read")), (admin, Required::new().scope("admin").acr(["mfa"]))];
    guard.attach(routes).unwrap().merge(health)
}

fn claims(authority: &Authority) -> Value {
    let now = authority.clock().unix();
    json!({"iss": authority.issuer(), "aud": API, "sub": "auth0|john", "client_id": "client", "iat": now, "exp": now + 300,
        "jti": "a-1", "scope": "notes.read", "acr": "mfa"})
}

fn sign(authority: &Authority, claims: &Value) -> String {
    authority.sign_with(claims, &[IdTokenEdit::Header(JsonEdit::set("typ", "at+jwt"))])
}

async fn ask(app: &Router, path: &str, authorization: &str) -> Page {
    let headers: Vec<_> =
        [("authorization", authorization)].into_iter().filter(|(_, value)| !value.is_empty()).collect();
    Visitor::new(app).send("GET", path, &headers, "").await
}

#[tokio::test]
async fn a_request_needs_a_token_for_this_api_with_the_scopes_of_the_route() {
    let authority = Authority::honest().await;
    let app = app(guard(&authority));
    let bearer = |name: &str, value: Value| {
        let mut claims = claims(&authority);
        claims[name] = value;
        format!("Bearer {}", sign(&authority, &claims))
    };
    let good = bearer("sub", json!("auth0|john"));
    let both = bearer("scope", json!("notes.read admin"));
    for (path, authorization, text) in [
        ("/v1/notes", &good, "notes of auth0|john"),
        ("/v1/notes", &both, "notes of auth0|john"),
        ("/v1/admin/users", &both, "users"),
        ("/health", &String::new(), "well"),
    ] {
        let page = ask(&app, path, authorization).await;
        assert_eq!((page.status, page.text.as_str()), (200, text), "{path}");
    }
    let metadata = "resource_metadata=\"https://api.example/.well-known/oauth-protected-resource/v1\"";
    for (path, authorization, status, challenge) in [
        ("/v1/notes", String::new(), 401, "Bearer realm=\"api.example\""),
        ("/v1/notes", "Basic abc".to_owned(), 401, "Bearer realm=\"api.example\""),
        ("/v1/notes", format!("{good}, {good}"), 400, "error=\"invalid_request\""),
        ("/v1/notes", bearer("aud", json!("https://api.example")), 401, "error=\"invalid_token\""),
        ("/v1/notes", bearer("iss", json!("https://other.example/")), 401, "error=\"invalid_token\""),
        ("/v1/notes", bearer("exp", json!(1)), 401, "error=\"invalid_token\""),
        (
            "/v1/notes",
            bearer("cnf", json!({"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"})),
            401,
            "invalid_token",
        ),
        ("/v1/notes", format!("Bearer {}", authority.sign_id_token(&claims(&authority))), 401, "invalid_token"),
        ("/v1/notes", bearer("scope", json!("admin")), 403, "scope=\"notes.read\""),
        ("/v1/admin/users", good.clone(), 403, "scope=\"admin\""),
        ("/v1/admin/users", String::new(), 401, "Bearer"),
    ] {
        let page = ask(&app, path, &authorization).await;
        let received = page.header("www-authenticate");
        assert_eq!(page.status, status, "{path} {received}");
        assert!(received.contains(challenge) && received.contains(metadata), "{received}");
        assert_eq!(page.text, "");
    }
    let mut other_acr = claims(&authority);
    (other_acr["scope"], other_acr["acr"]) = (json!("admin"), json!("password"));
    let page = ask(&app, "/v1/admin/users", &format!("Bearer {}", sign(&authority, &other_acr))).await;
    let challenge = page.header("www-authenticate");
    assert!(page.status == 401 && challenge.contains("insufficient_user_authentication"), "{challenge}");
    assert!(challenge.contains("acr_values=\"mfa\""), "{challenge}");
    assert_eq!(authority.wire().jwks_requests().len(), 1);
}

#[tokio::test]
async fn what_is_not_a_route_is_closed() {
    let authority = Authority::honest().await;
    let secret = || async { "secret" };
    let open = Router::new().route("/v1/notes", get(secret).fallback(secret)).fallback(secret);
    let nested = Router::new().route("/list", get(secret)).fallback(secret);
    let service = Router::new().route("/v1/a", get(secret)).fallback_service(get(secret));
    let nested = Router::new().nest("/v1/files", nested);
    let routes = [open, nested, service].map(|routes| (routes, Required::new()));
    let app = guard(&authority).attach(routes).unwrap().merge(Router::new().route("/health", get(|| async { "well" })));
    let good = format!("Bearer {}", sign(&authority, &claims(&authority)));
    for path in ["/v1/other", "/v1/files/x", "/v1/files/", "/v1/files"] {
        for authorization in ["", &good] {
            let page = ask(&app, path, authorization).await;
            assert_eq!((page.status, page.text.as_str()), (404, ""), "{path}");
        }
    }
    assert_eq!(Visitor::new(&app).send("POST", "/v1/notes", &[], "").await.status, 401);
    for path in ["/v1/notes", "/v1/files/list", "/v1/a"] {
        assert_eq!(ask(&app, path, "").await.status, 401, "{path}");
        assert_eq!(ask(&app, path, &good).await.text, "secret", "{path}");
    }
    // A route that takes what is left of the paths is a route.
    let rest = [(Router::new().route("/{*path}", get(secret)), Required::new())];
    let app = guard(&authority).attach(rest).unwrap();
    assert_eq!((ask(&app, "/v1/x", "").await.status, ask(&app, "/v1/x", &good).await.text.as_str()), (401, "secret"));
}

#[tokio::test]
async fn clients_learn_the_issuer_and_the_scopes() {
    let authority = Authority::honest().await;
    let page = ask(&app(guard(&authority)), "/.well-known/oauth-protected-resource/v1", "").await;
    assert_eq!((page.status, page.header("content-type")), (200, "application/json"));
    let expected = json!({"resource": API, "authorization_servers": [authority.issuer()],
        "bearer_methods_supported": ["header"], "scopes_supported": ["admin", "notes.read"]});
    assert_eq!(serde_json::from_str::<Value>(&page.text).unwrap(), expected);
    assert_eq!(authority.wire().exchanges().len(), 0);
}

#[tokio::test]
async fn a_bound_token_needs_a_new_proof_of_its_key_for_this_request() {
    let authority = Authority::honest().await;
    let app = app(guard(&authority));
    let signer = KeySigner::new(SigningKey::generate(SigningAlgorithm::Es256).unwrap()).unwrap();
    let dpop = Dpop::new(signer, fresh).unwrap();
    let mut claims = claims(&authority);
    claims["cnf"] = json!({"jkt": dpop.thumbprint()});
    let token = AccessToken::new(sign(&authority, &claims)).unwrap();
    let headers = |method: &str, url: &str| {
        let mut request = proofkey::http::Request::builder().method(method).uri(url).body(()).unwrap();
        dpop.authorize(&mut request, &token).unwrap();
        ["authorization", "dpop"].map(|name| request.headers()[name].to_str().unwrap().to_owned())
    };
    let send = async |[authorization, proof]: &[String; 2]| {
        let headers = [("authorization", authorization.as_str()), ("dpop", proof.as_str())];
        let page = Visitor::new(&app).send("GET", "/v1/notes?a=b", &headers, "").await;
        (page.status, page.header("www-authenticate").to_owned(), page.text)
    };
    let good = headers("GET", "https://api.example/v1/notes");
    assert_eq!(send(&good).await, (200, String::new(), "notes of auth0|john".to_owned()));
    let refused = [
        ("the same again", good.clone()),
        ("another method", headers("POST", "https://api.example/v1/notes")),
        ("another path", headers("GET", "https://api.example/v1/admin/users")),
        ("another host", headers("GET", "https://other.example/v1/notes")),
    ];
    for (what, headers) in refused {
        let (status, challenge, _) = send(&headers).await;
        assert!(
            status == 401 && challenge.starts_with("DPoP") && challenge.contains("invalid_dpop_proof"),
            "{what} {challenge}"
        );
    }
    let (status, ..) = send(&[good[0].replace("DPoP ", "Bearer "), String::new()]).await;
    assert_eq!(status, 401, "a bound token is no bearer token");
}

#[tokio::test]
async fn an_api_starts_while_its_issuer_is_down() {
    for at in [Endpoint::Metadata, Endpoint::Jwks] {
        let lie = Lie::error(at, 503, "temporarily_unavailable").only(When::First);
        let authority = Authority::start(Setup { lie: Some(lie), ..Setup::honest() }).await;
        let clock = Clock::default();
        let now = clock.clone();
        let app = app(guard(&authority).clock(move || now.now()));
        let good = format!("Bearer {}", sign(&authority, &claims(&authority)));
        let page = ask(&app, "/v1/notes", &good).await;
        assert_eq!((page.status, page.header("retry-after")), (503, "5"), "nothing is known about the token");
        assert_eq!(ask(&app, "/v1/notes", "").await.status, 401, "a request without one needs no keys");
        clock.advance(6);
        assert_eq!(ask(&app, "/v1/notes", &good).await.text, "notes of auth0|john");
    }
}

#[test]
fn the_address_of_an_api_is_a_url() {
    for resource in [
        "urn:api",
        "api.example",
        "https://",
        "https://api.example/?a=b",
        "https://api.example/#a",
        "https://api.example/{a}",
    ] {
        let error = ApiGuard::new("https://as.example/", resource).http(http()).attach::<()>([]).unwrap_err();
        assert!(matches!(&error, SetupError::Resource { .. }) && error.to_string().contains(resource), "{error}");
        assert_eq!(error.code(), "web_resource");
    }
}
