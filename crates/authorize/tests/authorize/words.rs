//! What errors say, and what `Debug` shows: enough to find the mistake, and no secret.

use std::time::{Duration, UNIX_EPOCH};

use http::Response;
use proofkey_authorize::{
    AuthorizationRequest, AuthorizationRequestError, AuthorizationServer, ClientId, Compat, DiscoveryError,
    DiscoveryRequest, Endpoint, Issuer, Pending, RedirectUri, Scope, Tenancy, form,
};

const ISSUER: &str = "https://as.example";

fn server() -> AuthorizationServer {
    let endpoint = |path: &str| Endpoint::new(format!("{ISSUER}/{path}")).unwrap();
    AuthorizationServer::new(Issuer::new(ISSUER).unwrap(), endpoint("authorize"), endpoint("token"))
}

fn begin() -> Pending {
    let server = server();
    let redirect_uri = RedirectUri::new("https://app.example/cb").unwrap();
    let request = AuthorizationRequest::new(&server, ClientId::new("app").unwrap(), redirect_uri);
    request.scope(Scope::new("openid").unwrap()).begin(&[7; 96], UNIX_EPOCH).unwrap().1
}

fn callback(form: &str, after: u64) -> String {
    let pending = begin();
    let form = form.replace("STATE", pending.state().expose());
    pending.receive(&form, UNIX_EPOCH + Duration::from_secs(after)).unwrap_err().to_string()
}

#[test]
fn a_callback_that_is_refused_says_which_check_it_was() {
    for (form, expected) in [
        (
            "https://other.example/?code=a",
            "callback: it arrived at another address than the redirect URI; behind a proxy, pass the query alone",
        ),
        ("code=%zz&state=STATE", "callback: the value of code is not properly encoded"),
        ("code=a&code=b&state=STATE", "callback: the parameter code occurs more than once"),
        ("code=a", "callback: there is no state"),
        ("code=a&state=x", "callback: state is not the one of this browser's login; begin a new login"),
        (
            "code=a&state=STATE&iss=x",
            "callback: iss is not the issuer that was asked: expected \"https://as.example\", received \"x\"",
        ),
        (
            "state=STATE&error=e&error_description=why",
            "callback: the authorization server responded with the error e: why",
        ),
        ("state=STATE&error=e", "callback: the authorization server responded with the error e"),
        ("state=STATE", "callback: there is neither a code nor an error"),
    ] {
        assert_eq!(callback(form, 0), expected, "{form}");
    }
    assert_eq!(callback("code=a&state=STATE", 601), "callback: the login took too long; begin a new one");
    let large = callback(&"x".repeat(32_769), 0);
    assert_eq!(large, "callback: it has 32769 bytes; the maximum is 32768");
}

#[test]
fn a_document_that_is_refused_says_which_member_it_was() {
    let read = |body: &str| {
        let response = Response::builder().header("content-type", "application/json").body(body.to_owned()).unwrap();
        let (_, discovery) = DiscoveryRequest::new(Issuer::new(ISSUER).unwrap()).build().unwrap();
        discovery.receive(&response).unwrap_err()
    };
    let at = |endpoint: &str| format!(r#"{{"issuer":"{ISSUER}","authorization_endpoint":{endpoint}}}"#);
    for (body, expected) in [
        ("{\n]", "discovery: the document is not one JSON object with each member name once (line 2, column 1)"),
        ("{}", "discovery: the document has no issuer"),
        (r#"{"issuer":1}"#, "discovery: issuer is not a string"),
        (&at("\"\""), "discovery: the document has no authorization_endpoint"),
        (
            &at("\"http://[::1]/\""),
            "discovery: authorization_endpoint is on a loopback host; expected https, and another host unless the issuer is on one",
        ),
        (
            &at("\"http://keycloak/\""),
            "discovery: authorization_endpoint: endpoint is http on a host that is not this machine; use https; to permit \
             http on this host, name it with Compat::with_http_host",
        ),
    ] {
        assert_eq!(read(body).to_string(), expected, "{body}");
    }
    assert!(read(r#"{"issuer":"https://as.example/"}"#).to_string().contains("byte for byte"));
    let error = DiscoveryError::Status { status: 404, url: "https://as.example/x".into(), retry_after: None };
    assert_eq!(
        error.to_string(),
        "discovery: expected status 200, received 404 from https://as.example/x; check the issuer, or ask at the other \
         DiscoveryPath"
    );
}

#[test]
fn a_value_that_is_refused_has_a_name_a_code_and_a_sentence() {
    for (error, name, code, sentence) in [
        (ClientId::new("").unwrap_err(), "client_id", "value_empty", "client_id is empty"),
        (
            Scope::new("a\"").unwrap_err(),
            "scope",
            "value_bad_character",
            "scope has a character that is not allowed at position 1",
        ),
        (Issuer::new("https://as.example/?").unwrap_err(), "issuer", "value_query", "issuer has a query; remove it"),
        (
            Endpoint::new("https://as.example/#").unwrap_err(),
            "endpoint",
            "value_fragment",
            "endpoint has a fragment; remove it",
        ),
    ] {
        assert_eq!((error.name(), error.code(), error.to_string().as_str()), (name, code, sentence));
    }
    assert_eq!(
        form::decode("%").unwrap_err().to_string(),
        "the % at position 0 is not followed by two hexadecimal digits"
    );
    assert_eq!(
        Pending::from_json("{}").unwrap_err().to_string(),
        "stored login: it is not JSON of the expected form (column 2)"
    );
}

#[test]
fn a_request_that_is_refused_has_a_code_and_a_sentence() {
    for (error, code, words) in [
        (AuthorizationRequestError::S256NotSupported, "request_s256_not_supported", "without S256"),
        (AuthorizationRequestError::PkceNotAnnounced, "request_pkce_not_announced", "Compat::with_pkce_not_announced"),
        (
            AuthorizationRequestError::Reserved { parameter: "state".into() },
            "request_reserved_parameter",
            "the additional parameter \"state\"",
        ),
        (
            AuthorizationRequestError::EndpointQuery { parameter: "state".into() },
            "request_endpoint_query",
            "has the parameter \"state\"",
        ),
    ] {
        assert_eq!(error.code(), code);
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[test]
fn debug_shows_the_terms_of_a_login_and_not_its_secrets() {
    let pending = begin();
    let shown = format!("{pending:?}");
    for public in [r#"Issuer("https://as.example")"#, r#"ClientId("app")"#, r#"RedirectUri("https://app.example/cb")"#]
    {
        assert!(shown.contains(public), "{shown}");
    }
    assert!(shown.starts_with("Pending { terms: ") && shown.contains(r#"Scope("openid")"#), "{shown}");
    assert_eq!(format!("{:?}", pending.state()), "State(..)");
    let callback = format!("code=secret&state={}", pending.state().expose());
    let grant = pending.receive(&callback, UNIX_EPOCH).unwrap();
    assert_eq!(format!("{grant:?}"), r#"CodeGrant { issuer: Issuer("https://as.example"), .. }"#);
    assert_eq!(format!("{:?} {:?}", grant.code(), grant.nonce()), "AuthorizationCode(..) Some(Nonce(..))");
    assert_eq!(format!("{:?}", server().token_endpoint()), r#"Endpoint("https://as.example/token")"#);
}

#[test]
fn a_profile_says_what_it_was_given() {
    let tenancy = Tenancy::one("8eaef023-2b34-4da1-9baa-8bc8c9d6a490");
    let compat = Compat::strict().with_tenancy(tenancy.clone());
    assert_eq!(compat.tenancy(), Some(&tenancy));
    assert_eq!(Compat::strict().tenancy(), None);
}
