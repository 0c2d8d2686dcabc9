//! Logout at the authorization server: OpenID Connect RP-Initiated Logout 1.0 section 2.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use proofkey_authorize::{
    AuthorizationServer, CallbackError, ClientId, Endpoint, Issuer, LogoutRequest, LogoutRequestError, PendingLogout,
    RedirectUri, form,
};

const REDIRECT: &str = "https://app.example/goodbye";

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(1_706_362_800_123)
}

fn server(end_session_endpoint: &str) -> AuthorizationServer {
    let endpoint = |text: &str| Endpoint::new(text).unwrap();
    AuthorizationServer::new(
        Issuer::new("https://as.example").unwrap(),
        endpoint("https://as.example/authorize"),
        endpoint("https://as.example/token"),
    )
    .with_end_session_endpoint(endpoint(end_session_endpoint))
}

fn begin(server: &AuthorizationServer) -> Result<(String, PendingLogout), LogoutRequestError> {
    LogoutRequest::new(server).begin(RedirectUri::new(REDIRECT).unwrap(), &[7; 32], now())
}

fn parameters(url: &str) -> BTreeMap<String, String> {
    let pairs = form::raw_pairs(url.split_once('?').unwrap().1);
    pairs.map(|(name, value)| (name.to_owned(), form::decode(value).unwrap().into_owned())).collect()
}

#[test]
fn the_parameters_of_a_logout() {
    let server = server("https://as.example/logout?tenant=1");
    let (url, pending) = LogoutRequest::new(&server)
        .id_token_hint("e30.e30.")
        .client_id(&ClientId::new("a client").unwrap())
        .logout_hint("first")
        .logout_hint("jo+e@example.com")
        .ui_locales("")
        .begin(RedirectUri::new(REDIRECT).unwrap(), &[7; 32], now())
        .unwrap();
    assert!(url.starts_with("https://as.example/logout?tenant=1&"), "{url}");
    let expected = [
        ("client_id", "a client"),
        ("id_token_hint", "e30.e30."),
        ("logout_hint", "jo+e@example.com"),
        ("post_logout_redirect_uri", REDIRECT),
        ("state", pending.state().expose()),
        ("tenant", "1"),
    ];
    assert_eq!(parameters(&url), expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
}

#[test]
fn a_logout_without_a_way_back() {
    for (endpoint, expected) in [
        ("https://as.example/logout", "https://as.example/logout?logout_hint=a"),
        ("https://as.example/logout?", "https://as.example/logout?logout_hint=a"),
        ("https://as.example/logout?x", "https://as.example/logout?x&logout_hint=a"),
    ] {
        let server = server(endpoint);
        assert_eq!(LogoutRequest::new(&server).logout_hint("a").url().unwrap(), expected);
        assert_eq!(LogoutRequest::new(&server).url().unwrap(), endpoint);
    }
}

#[test]
fn a_logout_that_cannot_be_asked_for() {
    let own = server("https://as.example/logout?%73tate=x");
    let error = begin(&own).unwrap_err();
    assert_eq!(
        (error, error.code()),
        (LogoutRequestError::EndpointQuery { parameter: "state" }, "logout_endpoint_query")
    );
    // Nothing is set twice here.
    assert!(LogoutRequest::new(&own).url().is_ok());
    let none = AuthorizationServer::new(
        Issuer::new("https://as.example").unwrap(),
        Endpoint::new("https://as.example/authorize").unwrap(),
        Endpoint::new("https://as.example/token").unwrap(),
    );
    let error = begin(&none).unwrap_err();
    assert_eq!((error, error.code()), (LogoutRequestError::NoEndpoint, "logout_no_endpoint"));
    assert!(error.to_string().contains("end_session_endpoint"));
}

#[test]
fn the_user_comes_back_from_this_logout() {
    let server = server("https://as.example/logout");
    let receive = |form: &str, after: u64| {
        let pending = begin(&server).unwrap().1;
        let form = form.replace("STATE", pending.state().expose());
        pending.receive(&form, now() + Duration::from_secs(after))
    };
    for good in
        ["state=STATE", "?x=1&state=STATE", "/goodbye?state=STATE", "https://APP.example:443/goodbye?state=STATE"]
    {
        assert_eq!(receive(good, 600), Ok(()), "{good}");
    }
    for (bad, error) in [
        ("", CallbackError::StateMissing),
        ("state=", CallbackError::StateMissing),
        ("state=x", CallbackError::StateMismatch),
        ("state=STATE&state=STATE", CallbackError::Repeated { parameter: "state" }),
        ("https://other.example/goodbye?state=STATE", CallbackError::AddressMismatch),
    ] {
        assert_eq!(receive(bad, 0), Err(error), "{bad}");
    }
    assert_eq!(receive("state=STATE", 601), Err(CallbackError::Expired));
}

#[test]
fn a_logout_is_stored_and_read_back() {
    let server = server("https://as.example/logout");
    let pending = begin(&server).unwrap().1;
    let text = pending.to_json();
    let form = format!("state={}", pending.state().expose());
    assert!(!format!("{pending:?}").contains(pending.state().expose()));
    let read = PendingLogout::from_json(&text).unwrap();
    assert_eq!(*read.to_json(), *text);
    let through_serde: PendingLogout = serde_json::from_str(&serde_json::to_string(&pending).unwrap()).unwrap();
    for pending in [pending, read, through_serde] {
        assert_eq!(pending.receive(&form, now() + Duration::from_secs(600)), Ok(()));
    }
    for (from, to, code) in [
        ("\"version\":1", "\"version\":2", "stored_login_version"),
        ("https://app.example", "javascript:x", "stored_login_invalid"),
        ("\"state\":\"B", "\"state\":\"=", "stored_login_invalid"),
        ("{", "{\"more\":1,", "stored_login_malformed"),
    ] {
        assert_ne!(text.replacen(from, to, 1), *text, "{from}");
        assert_eq!(PendingLogout::from_json(&text.replacen(from, to, 1)).unwrap_err().code(), code, "{from}");
    }
}
