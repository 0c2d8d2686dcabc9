use std::time::Duration;

use axum::Router;
use axum::response::IntoResponse as _;
use proofkey_web::{AccessError, Provider, SetupError};

use crate::support::web_login;

const ISSUER: &str = "https://as.example/";

fn at(redirect_uri: &str) -> Provider {
    Provider::new(ISSUER, "client", redirect_uri)
}

fn attach(one: Provider, other: Option<Provider>) -> Result<Router, SetupError> {
    let login = web_login(one);
    other.into_iter().fold(login, |login, other| login.provider(other)).attach(Router::new())
}

#[tokio::test]
async fn what_does_not_fit_together_is_named() {
    let callback = "https://app.example/callback";
    let other = |uri: &str| Some(at(uri).named("other", "Other"));
    for (one, second, code, said) in [
        (at("https://app.example"), None, "web_redirect_uri", "https://app.example"),
        (at("com.example.app:/callback"), None, "web_redirect_uri", "com.example.app:/callback"),
        (at("http://app.example/callback"), None, "plain_http", ""),
        (at("https://app.example/login"), None, "web_path_taken", "/login"),
        (at("https://app.example/login/login"), None, "web_path_taken", "/login/login"),
        (at(callback), other(callback), "web_path_taken", "/callback"),
        (at(callback).post_logout_redirect_uri(callback), None, "web_path_taken", "/callback"),
        (at(callback), other("https://other.example/b"), "web_origins_differ", "https://other.example"),
        (at(callback), other("https://app.example:8443/b"), "web_origins_differ", "https://app.example:8443"),
        (at(callback), Some(at("https://app.example/b")), "web_provider_name", "\"login\""),
        (at(callback).named("a/b", "A"), None, "web_provider_name", "a/b"),
        (at(callback).named("", "A"), None, "web_provider_name", "\"\""),
    ] {
        let error = attach(one, second).unwrap_err();
        if !said.is_empty() {
            assert_eq!(error.code(), code);
        }
        assert!(error.to_string().contains(said), "{error}");
    }
    assert!(attach(at(callback), other("HTTPS://APP.example:443/b?c=d")).is_ok());
    let shared = |provider: Provider| provider.post_logout_redirect_uri("https://app.example/goodbye");
    assert!(attach(shared(at(callback)), other("https://app.example/b").map(shared)).is_ok());
}

#[test]
fn errors_that_only_a_broken_system_has_are_described() {
    let error = SetupError::Entropy(std::io::Error::other("none"));
    assert_eq!((error.code(), error.to_string().ends_with("no entropy: none")), ("web_entropy", true));
    assert_eq!(SetupError::Key.code(), "web_key");
    assert!(!AccessError::Ended.is_retryable());
    assert!(AccessError::Unavailable { retry_after: None }.to_string().contains("try again"));
}

#[test]
fn without_a_key_nothing_is_sealed_by_accident() {
    let login = || web_login(at("https://app.example/callback"));
    let error = login().keys([]).attach::<()>(Router::new()).unwrap_err();
    assert!(error.code() == "web_key" && error.to_string().contains("at least one"), "{error}");
    assert!(login().keys([[7; 32]]).attach::<()>(Router::new()).is_ok());
}

#[tokio::test]
async fn an_answer_says_how_to_go_on() {
    let header = |error: AccessError, name: &str| {
        let response = error.into_response();
        let value = response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        (response.status().as_u16(), value.unwrap_or_default())
    };
    let cookie = "Cookie realm=\"login\"".to_owned();
    assert_eq!(header(AccessError::Ended, "www-authenticate"), (401, cookie.clone()));
    for (asked, said) in [(Some(Duration::from_secs(7)), "7"), (Some(Duration::ZERO), "1"), (None, "5")] {
        let error = AccessError::Unavailable { retry_after: asked };
        assert_eq!(header(error, "retry-after"), (503, said.to_owned()));
    }
    let app = web_login(at("https://app.example/callback")).attach(crate::support::routes()).unwrap();
    let page = crate::support::Visitor::new(&app).get("/api").await;
    assert_eq!((page.status, page.header("www-authenticate")), (401, cookie.as_str()));
}

#[tokio::test]
async fn routes_lie_below_a_prefix() {
    let app = web_login(at("https://app.example/callback")).prefix("auth/").attach(crate::support::routes()).unwrap();
    let mut visitor = crate::support::Visitor::new(&app);
    assert_eq!(visitor.get("/report").await.location(), "/auth/login?return_to=%2Freport");
    assert_eq!(visitor.get("/auth/logout").await.status, 200);
    assert_eq!(visitor.get("/logout").await.status, 404);
}
