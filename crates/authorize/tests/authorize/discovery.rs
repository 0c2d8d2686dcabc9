//! The discovery document: where it is asked, and what of it is believed.

use http::Response;
use proofkey_authorize::{AuthorizationServer, DiscoveryError, DiscoveryPath, DiscoveryRequest, Endpoint, Issuer};
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
    receive(issuer, &answer(200, "application/json", body))
}

fn receive(issuer: &str, response: &Response<Vec<u8>>) -> Result<AuthorizationServer, DiscoveryError> {
    DiscoveryRequest::new(Issuer::new(issuer).unwrap()).build().unwrap().1.receive(response)
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
        let url = |path| {
            let (request, discovery) = DiscoveryRequest::new(issuer.clone()).path(path).build().unwrap();
            assert_eq!(request.uri(), discovery.url());
            discovery.url().to_owned()
        };
        assert_eq!(url(DiscoveryPath::OpenIdConnect), oidc);
        assert_eq!(url(DiscoveryPath::OAuth), oauth);
        let inserted = oauth.replace("oauth-authorization-server", "openid-configuration");
        assert_eq!(url(DiscoveryPath::OpenIdConnectInserted), inserted);
        let mut document = document();
        document["issuer"] = json!(issuer.as_str());
        let (_, discovery) = DiscoveryRequest::new(issuer).path(DiscoveryPath::OpenIdConnectInserted).build().unwrap();
        let server = discovery.receive(&answer(200, "application/json", document.to_string())).unwrap();
        assert!(server.deviations().is_empty(), "{inserted} is one of its own addresses");
    }
}

#[test]
fn an_honest_document_is_read() {
    let server = read(ISSUER, document().to_string()).unwrap();
    assert_eq!(server.issuer().as_str(), ISSUER);
    assert_eq!(server.token_endpoint().as_str(), "https://tenant.example/oauth/token");
    assert!(server.authorization_response_iss_parameter_supported() && server.revocation_endpoint().is_none());
    assert_eq!(server.code_challenge_methods_supported().unwrap(), ["S256", "plain"]);
    assert_eq!(server.id_token_signing_alg_values_supported().unwrap(), ["RS256"]);
    assert_eq!(server.jwks_uri().unwrap().as_str(), "https://tenant.example/.well-known/jwks.json");
    assert_eq!(server.userinfo_endpoint().unwrap().as_str(), "https://tenant.example/userinfo");
    // DI-08: absent means client_secret_basic.
    assert_eq!(server.token_endpoint_auth_methods_supported().collect::<Vec<_>>(), ["client_secret_basic"]);
    let mut post = document();
    post["token_endpoint_auth_methods_supported"] = json!(["none", "client_secret_post"]);
    post["revocation_endpoint"] = json!("https://tenant.example/revoke");
    for silent in ["authorization_response_iss_parameter_supported", "id_token_signing_alg_values_supported"] {
        post[silent] = Value::Null;
    }
    let post = read(ISSUER, post.to_string()).unwrap();
    assert_eq!(post.revocation_endpoint().unwrap().as_str(), "https://tenant.example/revoke");
    assert!(
        !post.authorization_response_iss_parameter_supported()
            && post.id_token_signing_alg_values_supported().is_none()
    );
    assert_eq!(post.token_endpoint_auth_methods_supported().collect::<Vec<_>>(), ["none", "client_secret_post"]);
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
        let error = read(other, document().to_string()).unwrap_err();
        let DiscoveryError::IssuerMismatch(mismatch) = &error else { panic!("{error}") };
        assert_eq!((mismatch.expected().as_str(), mismatch.received()), (other, ISSUER));
    }
    assert_eq!(with("issuer", Value::Null), DiscoveryError::Missing { member: "issuer" });
    assert_eq!(with("issuer", json!([ISSUER])).code(), "discovery_member_type");
}

#[test]
fn di_05_only_a_json_object_with_status_200() {
    let read = |response| receive(ISSUER, &response).map_err(|error| error.code());
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
    let good = document().to_string();
    let own = good.matches(['{', '[', ',']).count();
    for (values, expected) in [(16 * 1024, None), (16 * 1024 + 1, Some("discovery_too_many_values"))] {
        // A further member, its array, and what is in it.
        let many = vec!["0"; values - own - 1].join(",");
        let body = good.replacen('{', &format!("{{\"many\":[{many}],"), 1);
        let read = read(ISSUER, body);
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
        for local in ["http://127.0.0.1/x", "https://127.0.0.1:8443/x", "https://localhost/x", "HTTPS://[::1]/x"] {
            assert_eq!(with(member, json!(local)).code(), "discovery_loopback_endpoint", "{member} {local}");
        }
        assert_eq!(with(member, json!(7)).code(), "discovery_member_type", "{member}");
    }
    assert_eq!(with("authorization_response_iss_parameter_supported", json!("true")).code(), "discovery_member_type");
    assert_eq!(with("code_challenge_methods_supported", json!("S256")).code(), "discovery_member_type");
    assert_eq!(with("code_challenge_methods_supported", json!([1])).code(), "discovery_member_type");
    for local in ["http://localhost:3000", "https://localhost:3000"] {
        let document = document().to_string().replace("https://tenant.example", local);
        assert!(read(&format!("{local}/"), document).is_ok(), "{local}");
    }
    // https does not lead to http, not even on the same machine.
    let downgraded = document()
        .to_string()
        .replace("https://tenant.example", "https://localhost:3000")
        .replace("https://localhost:3000/oauth/token", "http://localhost:3000/oauth/token");
    assert_eq!(read("https://localhost:3000/", downgraded).unwrap_err().code(), "discovery_loopback_endpoint");
}

/// B2: every member that a client can act on, and any other by its name.
#[test]
fn the_rest_of_the_metadata() {
    let at = |path: &str| format!("https://tenant.example/{path}");
    let mut document = document();
    type Getter = fn(&AuthorizationServer) -> Option<&Endpoint>;
    let endpoints: [(&str, Getter); 5] = [
        ("introspection_endpoint", AuthorizationServer::introspection_endpoint),
        ("end_session_endpoint", AuthorizationServer::end_session_endpoint),
        ("device_authorization_endpoint", AuthorizationServer::device_authorization_endpoint),
        ("pushed_authorization_request_endpoint", AuthorizationServer::pushed_authorization_request_endpoint),
        ("registration_endpoint", AuthorizationServer::registration_endpoint),
    ];
    let bare = read(ISSUER, document.to_string()).unwrap();
    for (name, getter) in endpoints {
        assert_eq!(getter(&bare), None, "{name}");
        document[name] = json!(at(name));
    }
    let lists = [
        "scopes_supported",
        "response_types_supported",
        "response_modes_supported",
        "grant_types_supported",
        "acr_values_supported",
        "claims_supported",
        "prompt_values_supported",
    ];
    for name in lists {
        document[name] = json!([name, "other", 7]);
    }
    document["require_pushed_authorization_requests"] = json!(true);
    document["mtls_endpoint_aliases"] =
        json!({"token_endpoint": "https://mtls.example/token", "x": "http://x/", "y": 1});
    let server = read(ISSUER, document.to_string()).unwrap();
    for (name, getter) in endpoints {
        assert_eq!(getter(&server).unwrap().as_str(), at(name));
    }
    let list = |list: Option<Vec<&str>>, name: &str| assert_eq!(list.unwrap(), [name, "other"]);
    list(server.scopes_supported().map(Iterator::collect), "scopes_supported");
    list(server.response_types_supported().map(Iterator::collect), "response_types_supported");
    list(server.response_modes_supported().map(Iterator::collect), "response_modes_supported");
    list(server.grant_types_supported().map(Iterator::collect), "grant_types_supported");
    list(server.acr_values_supported().map(Iterator::collect), "acr_values_supported");
    list(server.claims_supported().map(Iterator::collect), "claims_supported");
    list(server.prompt_values_supported().map(Iterator::collect), "prompt_values_supported");
    assert!(bare.scopes_supported().is_none());
    assert!(server.require_pushed_authorization_requests() && !bare.require_pushed_authorization_requests());
    assert_eq!(server.mtls_endpoint_alias("token_endpoint").unwrap().as_str(), "https://mtls.example/token");
    for name in ["x", "y", "z"] {
        assert_eq!(server.mtls_endpoint_alias(name), None, "{name}");
    }
    assert_eq!(server.member("unknown").unwrap()["deep"], json!([1, 2, 3]));
    assert_eq!((server.member("revocation_endpoint"), server.member("nothing")), (None, None), "null is absent");
}

#[test]
fn rfc_8705_a_client_with_a_certificate_is_sent_to_the_endpoints_for_it() {
    let mut document = document();
    document["revocation_endpoint"] = json!("https://as.example/revoke");
    document["introspection_endpoint"] = json!("https://as.example/introspect");
    document["mtls_endpoint_aliases"] = json!({
        "token_endpoint": "https://mtls.example/token",
        "revocation_endpoint": "https://mtls.example/revoke",
        "introspection_endpoint": "http://mtls.example/introspect",
        "authorization_endpoint": "https://mtls.example/authorize",
    });
    let plain = read(ISSUER, document.to_string()).unwrap();
    let aliased = plain.clone().with_mtls_endpoint_aliases();
    assert_eq!(aliased.token_endpoint().as_str(), "https://mtls.example/token");
    assert_eq!(aliased.revocation_endpoint().unwrap().as_str(), "https://mtls.example/revoke");
    assert_eq!(aliased.introspection_endpoint(), plain.introspection_endpoint(), "http is no alias");
    assert_eq!(aliased.authorization_endpoint(), plain.authorization_endpoint());
    assert_eq!(aliased.issuer(), plain.issuer());
    document["mtls_endpoint_aliases"] = json!({ "token_endpoint": "http://127.0.0.1:9000/token" });
    let local = read(ISSUER, document.to_string()).unwrap().with_mtls_endpoint_aliases();
    assert_eq!(local.token_endpoint(), plain.token_endpoint(), "an issuer elsewhere names no port of this machine");
    document.as_object_mut().unwrap().remove("mtls_endpoint_aliases");
    let without = read(ISSUER, document.to_string()).unwrap();
    assert_eq!(without.clone().with_mtls_endpoint_aliases(), without);
}

/// A member that a login does not need does not end one.
#[test]
fn an_endpoint_that_a_login_does_not_need_may_be_unusable() {
    for bad in [json!("/relative"), json!("http://as.example/"), json!("http://127.0.0.1/x"), json!(7)] {
        let mut document = document();
        document["end_session_endpoint"] = bad.clone();
        let server = read(ISSUER, document.to_string()).unwrap();
        assert_eq!(server.end_session_endpoint(), None);
        assert_eq!(server.member("end_session_endpoint"), Some(&bad));
    }
    assert_eq!(with("require_pushed_authorization_requests", json!("true")).code(), "discovery_member_type");
}

/// F11: an optional member that is empty counts as absent.
#[test]
fn an_empty_member_counts_as_absent() {
    for member in ["jwks_uri", "userinfo_endpoint", "revocation_endpoint", "end_session_endpoint"] {
        let mut document = document();
        document[member] = json!("");
        assert!(read(ISSUER, document.to_string()).is_ok(), "{member}");
    }
    for member in ["issuer", "authorization_endpoint", "token_endpoint"] {
        assert_eq!(with(member, json!("")), DiscoveryError::Missing { member });
    }
}

/// F12, F19: what has to be compared, and where it was asked.
#[test]
fn an_error_shows_what_was_received() {
    let other = read("https://appleid.apple.com", document().to_string()).unwrap_err().to_string();
    assert!(other.contains(r#"expected "https://appleid.apple.com", received "https://tenant.example/""#), "{other}");
    let hostile = with("issuer", json!(format!("https://evil.example/\u{1b}[31m{}", "x".repeat(9000)))).to_string();
    assert!(hostile.contains("https://evil.example/?[31mxxx") && hostile.len() < 1000, "{hostile}");
    let url = "https://tenant.example/.well-known/openid-configuration";
    for status in [404, 301, 500] {
        let error = receive(ISSUER, &answer(status, "text/html", "")).unwrap_err();
        assert_eq!(error, DiscoveryError::Status { status, url: url.into(), retry_after: None });
        assert_eq!(error.is_retryable(), status == 500);
        assert!(error.to_string().contains(&format!("received {status} from {url}")), "{error}");
    }
    let mut busy = answer(503, "text/html", "");
    busy.headers_mut().insert("retry-after", "7".parse().unwrap());
    let error = receive(ISSUER, &busy).unwrap_err();
    let wait = Some(std::time::Duration::from_secs(7));
    assert_eq!(error, DiscoveryError::Status { status: 503, url: url.into(), retry_after: wait });
    let error = receive(ISSUER, &answer(200, "text/html; charset=utf-8", "")).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            r#"discovery: expected the media type application/json, received "text/html; charset=utf-8" from {url}"#
        )
    );
    let mut without = answer(200, "x", "");
    without.headers_mut().clear();
    let error = receive(ISSUER, &without).unwrap_err();
    assert!(matches!(&error, DiscoveryError::ContentType { received, .. } if received.is_empty()), "{error}");
}

/// F13: an encoding that was not asked for.
#[test]
fn f13_an_encoding_is_named_when_the_document_cannot_be_read() {
    let encoded = |encoding: &str, body: String| {
        let mut response = answer(200, "application/json", body);
        response.headers_mut().insert("content-encoding", encoding.parse().unwrap());
        receive(ISSUER, &response)
    };
    let error = encoded("gzip", "\u{1f}\u{8b}".into()).unwrap_err();
    assert_eq!(error.code(), "discovery_content_encoding");
    assert!(error.to_string().contains(r#"Content-Encoding is "gzip""#), "{error}");
    assert_eq!(encoded("identity", "{".into()).unwrap_err().code(), "discovery_malformed");
    encoded("gzip", document().to_string()).unwrap();
}

/// B4: JSON under another media type, by its name.
#[test]
fn media_types_are_tolerated_by_name() {
    use proofkey_authorize::{Compat, Deviation};
    let lenient = Compat::strict().with_media_type("text/plain");
    let receive = |compat: &Compat, content_type: &str| {
        let request = DiscoveryRequest::new(Issuer::new(ISSUER).unwrap()).compat(compat.clone());
        request.build().unwrap().1.receive(&answer(200, content_type, document().to_string()))
    };
    let needed = receive(&lenient, "Text/Plain; charset=utf-8").unwrap();
    assert!(needed.deviations().contains(Deviation::MediaTypes));
    assert!(receive(&lenient, "application/json").unwrap().deviations().is_empty());
    assert_eq!(receive(&lenient, "text/html").unwrap_err().code(), "discovery_content_type");
    assert_eq!(receive(&Compat::strict(), "text/plain").unwrap_err().code(), "discovery_content_type");
}

/// B15: what a server made by hand announces.
#[test]
fn a_server_made_by_hand_can_announce() {
    let endpoint = |path: &str| Endpoint::new(format!("{ISSUER}{path}")).unwrap();
    let bare = AuthorizationServer::new(Issuer::new(ISSUER).unwrap(), endpoint("authorize"), endpoint("token"));
    assert_eq!(bare.code_challenge_methods_supported(), None);
    assert_eq!(bare.token_endpoint_auth_methods_supported().collect::<Vec<_>>(), ["client_secret_basic"]);
    let server = bare
        .with_code_challenge_methods_supported(["S256"])
        .with_token_endpoint_auth_methods_supported(["none", "client_secret_post"])
        .with_introspection_endpoint(endpoint("introspect"));
    assert_eq!(server.code_challenge_methods_supported().unwrap(), ["S256"]);
    assert_eq!(server.token_endpoint_auth_methods_supported().collect::<Vec<_>>(), ["none", "client_secret_post"]);
    assert_eq!(server.introspection_endpoint(), Some(&endpoint("introspect")));
    assert_eq!((server.member("issuer"), server.scopes_supported().is_none()), (None, true));
}
