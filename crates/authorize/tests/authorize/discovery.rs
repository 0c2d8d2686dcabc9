//! The discovery document: where it is asked, and what of it is believed.

use http::Response;
use proofkey_authorize::{AuthorizationServer, DiscoveryError, DiscoveryPath, Issuer};
use serde_json::{Value, json};

const ISSUER: &str = "https://tenant.example/";

fn document() -> Value {
    json!({
        "issuer": ISSUER,
        "authorization_endpoint": "https://tenant.example/authorize",
        "token_endpoint": "https://tenant.example/oauth/token",
        "jwks_uri": "https://tenant.example/.well-known/jwks.json",
        "userinfo_endpoint": "https://tenant.example/userinfo",
        "revocation_endpoint": null,
        "authorization_response_iss_parameter_supported": true,
        "code_challenge_methods_supported": ["S256", "plain"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "signed_metadata": "not.a.jwt",
        "unknown": {"deep": [1, 2, 3]}
    })
}

fn answer(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Response<Vec<u8>> {
    Response::builder().status(status).header("content-type", content_type).body(body.into()).unwrap()
}

fn read(issuer: &str, body: impl Into<Vec<u8>>) -> Result<AuthorizationServer, DiscoveryError> {
    AuthorizationServer::from_response(&Issuer::new(issuer).unwrap(), &answer(200, "application/json", body))
}

/// The error for the honest document with one member changed.
fn with(member: &str, value: Value) -> DiscoveryError {
    let mut document = document();
    document[member] = value;
    read(ISSUER, document.to_string()).unwrap_err()
}

#[test]
fn di_03_where_the_document_is() {
    for (issuer, oidc, oauth) in [
        (
            "https://as.example",
            "https://as.example/.well-known/openid-configuration",
            "https://as.example/.well-known/oauth-authorization-server",
        ),
        (
            "https://as.example/",
            "https://as.example/.well-known/openid-configuration",
            "https://as.example/.well-known/oauth-authorization-server",
        ),
        (
            "https://as.example:8443/a/b",
            "https://as.example:8443/a/b/.well-known/openid-configuration",
            "https://as.example:8443/.well-known/oauth-authorization-server/a/b",
        ),
        (
            "http://[::1]:1/a/",
            "http://[::1]:1/a/.well-known/openid-configuration",
            "http://[::1]:1/.well-known/oauth-authorization-server/a",
        ),
    ] {
        let issuer = Issuer::new(issuer).unwrap();
        let url = |path| AuthorizationServer::discovery_request(&issuer, path).unwrap().uri().to_string();
        assert_eq!(url(DiscoveryPath::OpenIdConnect), oidc);
        assert_eq!(url(DiscoveryPath::OAuth), oauth);
    }
}

#[test]
fn an_honest_document_is_read() {
    let server = read(ISSUER, document().to_string()).unwrap();
    assert_eq!(server.issuer().as_str(), ISSUER);
    assert_eq!(server.token_endpoint().as_str(), "https://tenant.example/oauth/token");
    assert!(server.iss_parameter_supported() && server.revocation_endpoint().is_none());
    assert_eq!(server.code_challenge_methods().unwrap(), ["S256", "plain"]);
    assert_eq!(server.id_token_signing_algs().unwrap(), ["RS256"]);
    assert_eq!(server.jwks_uri().unwrap().as_str(), "https://tenant.example/.well-known/jwks.json");
    assert_eq!(server.userinfo_endpoint().unwrap().as_str(), "https://tenant.example/userinfo");
    // DI-08: absent means client_secret_basic.
    assert_eq!(server.token_endpoint_auth_methods().collect::<Vec<_>>(), ["client_secret_basic"]);
    let mut post = document();
    post["token_endpoint_auth_methods_supported"] = json!(["none", "client_secret_post"]);
    post["revocation_endpoint"] = json!("https://tenant.example/revoke");
    for silent in ["authorization_response_iss_parameter_supported", "id_token_signing_alg_values_supported"] {
        post[silent] = Value::Null;
    }
    let post = read(ISSUER, post.to_string()).unwrap();
    assert_eq!(post.revocation_endpoint().unwrap().as_str(), "https://tenant.example/revoke");
    assert!(!post.iss_parameter_supported() && post.id_token_signing_algs().is_none());
    assert_eq!(post.token_endpoint_auth_methods().collect::<Vec<_>>(), ["none", "client_secret_post"]);
}

#[test]
fn di_01_di_02_the_issuer_is_compared_byte_for_byte() {
    for other in [
        "https://tenant.example",
        "https://Tenant.example/",
        "https://tenant.example:443/",
        "http://localhost/",
        "https://evil.example/",
    ] {
        assert_eq!(read(other, document().to_string()).unwrap_err(), DiscoveryError::IssuerMismatch, "{other}");
    }
    assert_eq!(with("issuer", Value::Null), DiscoveryError::Missing { member: "issuer" });
    assert_eq!(with("issuer", json!([ISSUER])).code(), "discovery_member_type");
}

#[test]
fn di_05_only_a_json_object_with_status_200() {
    let issuer = Issuer::new(ISSUER).unwrap();
    let read = |response| AuthorizationServer::from_response(&issuer, &response).map_err(|error| error.code());
    let good = document().to_string();
    assert!(read(answer(200, "Application/JSON; charset=utf-8", good.clone())).is_ok());
    for status in [201, 301, 404, 500] {
        assert_eq!(read(answer(status, "application/json", good.clone())), Err("discovery_status"));
    }
    for kind in ["text/html", "", "application/jsonp", "text/json"] {
        assert_eq!(read(answer(200, kind, good.clone())), Err("discovery_content_type"));
    }
    let repeated = good.replacen('{', r#"{"issuer":"https://evil.example/","#, 1);
    let mut twice = answer(200, "application/json", good.clone());
    twice.headers_mut().append("content-type", "text/html".parse().unwrap());
    assert_eq!(read(twice), Err("discovery_content_type"));
    let deep = "[".repeat(10_000);
    for body in ["", "[]", "null", "\"x\"", "<html>", &good[1..], &format!("{good}x"), &repeated, &deep] {
        assert_eq!(read(answer(200, "application/json", body)), Err("discovery_malformed"));
    }
    let fitting = good.clone() + &" ".repeat(256 * 1024 - good.len());
    assert_eq!(read(answer(200, "application/json", format!("{fitting} "))), Err("discovery_too_large"));
    assert!(read(answer(200, "application/json", fitting)).is_ok());
}

#[test]
fn di_05_a_document_of_many_small_values_is_not_read() {
    let issuer = Issuer::new(ISSUER).unwrap();
    let good = document().to_string();
    let own = good.matches(['{', '[', ',']).count();
    for (values, expected) in [(16 * 1024, None), (16 * 1024 + 1, Some("discovery_too_many_values"))] {
        // A further member, its array, and what is in it.
        let many = vec!["0"; values - own - 1].join(",");
        let body = good.replacen('{', &format!("{{\"many\":[{many}],"), 1);
        let read = AuthorizationServer::from_response(&issuer, &answer(200, "application/json", body));
        assert_eq!(read.err().map(|error| error.code()), expected);
    }
}

#[test]
fn di_06_di_09_di_12_endpoints() {
    for member in ["authorization_endpoint", "token_endpoint"] {
        assert_eq!(with(member, Value::Null).code(), "discovery_member_missing", "{member}");
    }
    for member in ["authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint", "revocation_endpoint"] {
        for bad in [
            "",
            "/relative",
            "javascript:alert(1)",
            "file:///etc/passwd",
            "data:,x",
            "http://as.example/",
            "https://a.example/;`id`",
            "https://u:p@a.example/",
        ] {
            assert_eq!(with(member, json!(bad)).code(), "discovery_endpoint", "{member} {bad}");
        }
        assert_eq!(with(member, json!("http://127.0.0.1/x")).code(), "discovery_not_https", "{member}");
        assert_eq!(with(member, json!(7)).code(), "discovery_member_type", "{member}");
    }
    assert_eq!(with("authorization_response_iss_parameter_supported", json!("true")).code(), "discovery_member_type");
    assert_eq!(with("code_challenge_methods_supported", json!("S256")).code(), "discovery_member_type");
    assert_eq!(with("code_challenge_methods_supported", json!([1])).code(), "discovery_member_type");
    let local = document().to_string().replace("https://tenant.example", "http://localhost:3000");
    assert!(read("http://localhost:3000/", local).is_ok());
}
