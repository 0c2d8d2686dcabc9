//! The cast itself: that what the chapters stand on does what they say of it.
#![allow(clippy::unwrap_used, missing_docs)]

use axum::http::{Request, Response};
use proofkey::token::Transport as _;
use proofkey_authority::{Endpoint, Setup};
use proofkey_book::cast::{API_SCOPE, AUDIENCE, CODE, Cast, GOOGLE_CODE, NOW, SCOPE};
use serde_json::{Value, json};

async fn call(cast: &Cast, method: &str, path: &str, headers: &[&str], body: &str) -> Response<Vec<u8>> {
    let mut request = Request::builder().method(method).uri(format!("{}{path}", cast.api.base()));
    for value in headers {
        request = request.header("authorization", *value);
    }
    cast.http.send(request.body(body.as_bytes().to_vec()).unwrap()).await.unwrap()
}

fn json_of(response: &Response<Vec<u8>>) -> Value {
    serde_json::from_slice(response.body()).unwrap()
}

fn challenge(response: &Response<Vec<u8>>) -> &str {
    response.headers()["www-authenticate"].to_str().unwrap()
}

/// The access token and the ID token of a login at Google with this scope.
async fn tokens(cast: &Cast, scope: &str) -> (String, String) {
    let login = cast.login().await.unwrap();
    let (url, pending) = login.request().scope(scope).begin().unwrap();
    let callback = cast.sign_in(&mut cast.browser(), &url).await.unwrap();
    let identity = login.finish(&cast.http, login.receive(pending, callback).unwrap()).await.unwrap();
    assert_eq!(identity.subject(), "google-oauth2|1234567890");
    let tokens = identity.tokens();
    (tokens.access_token().unwrap().expose().into(), tokens.id_token().unwrap().expose().into())
}

#[tokio::test]
async fn the_book_s_values_are_those_of_the_cast() {
    let cast = Cast::start().await.unwrap();
    let (access, _) = tokens(&cast, SCOPE).await;
    assert_eq!(cast.authority.stored_codes()[0].code, CODE);
    assert_eq!(cast.google.stored_codes()[0].code, GOOGLE_CODE);
    assert_eq!(cast.wire().codes_redeemed(), [GOOGLE_CODE, CODE]);
    assert_eq!(cast.authority.stored_codes()[0].issued_at, NOW);
    let claims = proofkey::jwt::danger::decode_unverified(&access).unwrap();
    assert!(claims.unverified_claims().audience().eq([AUDIENCE]));
    assert!(cast.wire().faults().is_empty());
}

#[tokio::test]
async fn the_api_answers_who_has_a_token_for_it() {
    let cast = Cast::start().await.unwrap();
    let (access, _) = tokens(&cast, &format!("{SCOPE} {API_SCOPE}")).await;
    let bearer = format!("Bearer {access}");
    let projects = call(&cast, "GET", "/api/v1/projects", &[&bearer], "").await;
    assert_eq!((projects.status().as_u16(), &json_of(&projects)[0]["id"]), (200, &json!("flytesnacks")));
    let workflows = call(&cast, "GET", "/workflows", &[&bearer], "").await;
    assert_eq!(json_of(&workflows)[0]["id"], "hello_world");
    let order = json!({"workflow": "hello_world"}).to_string();
    let execution = call(&cast, "POST", "/executions", &[&bearer], &order).await;
    assert_eq!((execution.status().as_u16(), &json_of(&execution)["by"]), (201, &json!("google-oauth2|1234567890")));
    assert_eq!(json_of(&execution)["id"], "execution-1");
    assert_eq!(call(&cast, "POST", "/executions", &[&bearer], "{\"workflow\":\"x\"}").await.status(), 404);
    assert_eq!(call(&cast, "POST", "/executions", &[&bearer], "workflow=hello_world").await.status(), 400);
    let calls = cast.wire().at(Endpoint::Api);
    assert_eq!((calls.len(), calls[0].to.as_str(), calls[0].status), (5, "api", Some(200)));
    assert_eq!(calls[2].body, order.as_bytes());
    assert!(!cast.wire().render().contains(&access), "tokens are masked in the log");
}

#[tokio::test]
async fn the_api_refuses_everybody_else() {
    let cast = Cast::start().await.unwrap();
    let (access, id_token) = tokens(&cast, &format!("{SCOPE} read:workflows")).await;
    let bearer = |token: &str| format!("Bearer {token}");

    let nobody = call(&cast, "GET", "/workflows", &[], "").await;
    assert_eq!((nobody.status().as_u16(), challenge(&nobody)), (401, "Bearer realm=\"flyte\""));
    let basic = call(&cast, "GET", "/workflows", &["Basic dTpw"], "").await;
    assert_eq!(challenge(&basic), "Bearer realm=\"flyte\"");
    let twice = call(&cast, "GET", "/workflows", &[&bearer(&access), &bearer(&access)], "").await;
    assert_eq!(twice.status(), 400);

    let write = call(&cast, "POST", "/executions", &[&bearer(&access)], "{}").await;
    assert_eq!(write.status(), 403);
    let needed = "Bearer realm=\"flyte\", error=\"insufficient_scope\", scope=\"write:workflows\"";
    assert_eq!(challenge(&write), needed);

    let good = json!({"iss": cast.authority.issuer(), "sub": "s", "aud": AUDIENCE, "exp": NOW + 1,
                      "scope": "read:workflows"});
    let signed = |change: Value| {
        let mut claims = good.clone();
        for (name, value) in change.as_object().unwrap() {
            claims[name.as_str()] = value.clone();
        }
        let typ = proofkey_authority::lie::JsonEdit::set("typ", "at+jwt");
        cast.authority.sign_with(&claims, &[proofkey_authority::lie::IdTokenEdit::Header(typ)])
    };
    let bent = format!("{}A", access.trim_end_matches(|last: char| last.is_ascii_alphanumeric()));
    for (token, why) in [
        (id_token, "no access token"),
        (bent, "no key"),
        (signed(json!({"iss": "https://elsewhere.example/"})), "another issuer"),
        (signed(json!({"aud": "https://other.example/"})), "another API"),
        (signed(json!({"aud": null})), "another API"),
        (signed(json!({"exp": NOW})), "expired"),
        (signed(json!({"exp": "soon"})), "expired"),
        (signed(json!({"sub": null})), "nobody"),
        ("opaque".to_owned(), "no key"),
    ] {
        let refused = call(&cast, "GET", "/workflows", &[&bearer(&token)], "").await;
        let challenge = challenge(&refused);
        assert_eq!(refused.status(), 401, "{why}");
        assert!(challenge.contains("error=\"invalid_token\"") && challenge.contains(why), "{why}: {challenge}");
    }
    let several = signed(json!({"aud": ["https://other.example/", AUDIENCE]}));
    assert_eq!(call(&cast, "GET", "/workflows", &[&bearer(&several)], "").await.status(), 200);

    assert_eq!(call(&cast, "GET", "/workflows", &[&bearer(&access)], "").await.status(), 200);
    cast.clock().advance(86_400);
    let late = call(&cast, "GET", "/workflows", &[&bearer(&access)], "").await;
    assert!(challenge(&late).contains("expired"));
}

#[tokio::test]
async fn another_cast_can_be_chosen() {
    let setup = Setup { codes: Vec::new(), ..Cast::setup() };
    let cast = Cast::start_with(setup, proofkey_authority::Clock::new()).await.unwrap();
    tokens(&cast, SCOPE).await;
    assert_ne!(cast.google.stored_codes()[0].code, GOOGLE_CODE);
    assert_eq!(cast.authority.stored_codes()[0].code.len(), 43);
}
