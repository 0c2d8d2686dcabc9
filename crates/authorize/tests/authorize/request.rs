//! The authorization request and the stored login.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use proofkey_authorize::{
    AuthorizationRequest, AuthorizationRequestError, AuthorizationServer, ClientId, Compat, DiscoveryRequest, Endpoint,
    InvalidValueKind, Issuer, Pending, RedirectUri, ResponseMode, Scope, StoredLoginError, form,
};

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(1_706_362_800_123)
}

fn entropy() -> [u8; 96] {
    std::array::from_fn(|at| at as u8)
}

fn server(authorization_endpoint: &str) -> AuthorizationServer {
    AuthorizationServer::new(
        Issuer::new("https://tenant.example/").unwrap(),
        Endpoint::new(authorization_endpoint).unwrap(),
        Endpoint::new("https://tenant.example/oauth/token").unwrap(),
    )
}

fn request(server: &AuthorizationServer) -> AuthorizationRequest<'_> {
    AuthorizationRequest::new(
        server,
        ClientId::new("a client/ä".replace('ä', "~")).unwrap(),
        RedirectUri::new("https://app.example/cb?a=1&b=2").unwrap(),
    )
}

/// Name to values, decoded.
fn parameters(url: &str) -> BTreeMap<String, Vec<String>> {
    let mut parameters: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in form::raw_pairs(url.split_once('?').unwrap().1) {
        let value = form::decode(value).unwrap().into_owned();
        parameters.entry(form::decode(name).unwrap().into_owned()).or_default().push(value);
    }
    parameters
}

#[test]
fn oa_16_pk_10_the_parameters_of_a_request() {
    let server = server("https://tenant.example/authorize");
    let (url, pending) = request(&server)
        .scope(Scope::new("openid profile").unwrap())
        .prompt("login")
        .prompt("consent")
        .login_hint("jo+e@example.com")
        .max_age(0)
        .acr_values("a b")
        .ui_locales("")
        .display("page")
        .id_token_hint("e30.e30.")
        .audience("https://api.example/?x=1&y=2")
        .resource("https://r1.example/")
        .resource("https://r2.example/")
        .response_mode(ResponseMode::FormPost)
        .parameter("connection", "google")
        .begin(&entropy(), now())
        .unwrap();
    let mut parameters = parameters(&url);
    let mut take = |name: &str| parameters.remove(name).unwrap_or_default().join("|");
    assert_eq!(take("response_type"), "code");
    assert_eq!(take("client_id"), "a client/~");
    assert_eq!(take("redirect_uri"), "https://app.example/cb?a=1&b=2");
    assert_eq!(take("scope"), "openid profile");
    assert_eq!(take("state"), pending.state().expose());
    assert_eq!(take("code_challenge").len(), 43);
    assert_eq!(take("code_challenge_method"), "S256");
    assert_eq!(take("nonce").len(), 43);
    assert_eq!(take("prompt"), "consent");
    assert_eq!(take("login_hint"), "jo+e@example.com");
    assert_eq!(take("max_age"), "0");
    assert_eq!(take("acr_values"), "a b");
    assert_eq!(take("display"), "page");
    assert_eq!(take("id_token_hint"), "e30.e30.");
    assert_eq!(take("audience"), "https://api.example/?x=1&y=2");
    assert_eq!(take("resource"), "https://r1.example/|https://r2.example/");
    assert_eq!(take("response_mode"), "form_post");
    assert_eq!(take("connection"), "google");
    assert!(parameters.is_empty(), "{parameters:?}");
}

#[test]
fn pk_18_ak_15_the_three_secrets_are_apart() {
    let server = server("https://tenant.example/authorize");
    let scope = Scope::new("openid").unwrap();
    let (url, pending) = request(&server).scope(scope).begin(&entropy(), now()).unwrap();
    let state = pending.state().expose().to_owned();
    let grant = pending.receive(&format!("code=a&state={state}"), now()).unwrap();
    let verifier = grant.verifier().unwrap().expose();
    assert_eq!(verifier, "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8");
    assert!(!url.contains(verifier));
    assert!(url.contains(&format!("code_challenge={}", grant.verifier().unwrap().challenge())));
    let nonce = grant.nonce().unwrap().expose();
    assert!(url.contains(&format!("nonce={nonce}")));
    assert!(verifier != state && verifier != nonce && state != nonce);
}

#[test]
fn id_02_a_nonce_goes_with_openid_only() {
    let server = server("https://tenant.example/authorize");
    for (scope, expected) in
        [(Some("openid"), true), (Some("email openid"), true), (Some("openidx"), false), (None, false)]
    {
        let mut request = request(&server);
        if let Some(scope) = scope {
            request = request.scope(Scope::new(scope).unwrap());
        }
        let (url, _) = request.begin(&entropy(), now()).unwrap();
        assert_eq!(parameters(&url).contains_key("nonce"), expected, "{scope:?}");
    }
}

#[test]
fn oa_04_an_endpoints_own_query_is_kept() {
    for (endpoint, prefix) in [
        ("https://as.example/authorize", "https://as.example/authorize?response_type=code&"),
        ("https://as.example/authorize?", "https://as.example/authorize?response_type=code&"),
        ("https://as.example/authorize?p=B2C_1&q", "https://as.example/authorize?p=B2C_1&q&response_type=code&"),
    ] {
        let server = server(endpoint);
        let (url, _) = request(&server).begin(&entropy(), now()).unwrap();
        assert!(url.starts_with(prefix), "{url}");
    }
    for (endpoint, parameter) in [
        ("https://as.example/a?state=x", "state"),
        ("https://as.example/a?%73cope=x", "%73cope"),
        ("https://as.example/a?request=x", "request"),
        ("https://as.example/a?x=1&%zz=1", "%zz"),
    ] {
        let server = server(endpoint);
        let error = request(&server).begin(&entropy(), now()).unwrap_err();
        assert_eq!(error, AuthorizationRequestError::EndpointQuery { parameter: parameter.into() }, "{endpoint}");
    }
    let server = server("https://as.example/a?policy=x");
    let further = |name| request(&server).parameter(name, "y").begin(&entropy(), now());
    let parameter = "policy".into();
    assert_eq!(further("policy").unwrap_err(), AuthorizationRequestError::EndpointQuery { parameter });
    assert!(further("other").unwrap().0.starts_with("https://as.example/a?policy=x&"));
}

#[test]
fn reserved_parameters_are_refused() {
    let server = server("https://as.example/authorize");
    for name in [
        "state",
        "nonce",
        "code_challenge",
        "code_challenge_method",
        "redirect_uri",
        "client_id",
        "response_type",
        "scope",
        "request",
        "request_uri",
        "resource",
        "prompt",
        "",
    ] {
        let error = request(&server).parameter(name, "x").begin(&entropy(), now()).unwrap_err();
        assert_eq!(error, AuthorizationRequestError::Reserved { parameter: name.into() });
        assert!(error.to_string().contains(&format!("\"{name}\"")), "{error}");
    }
    let once = request(&server).parameter("access_type", "offline");
    assert!(once.clone().begin(&entropy(), now()).is_ok());
    // The first name that is refused is the one reported.
    let twice = once.parameter("access_type", "online").parameter("state", "x").begin(&entropy(), now());
    let parameter = "access_type".into();
    assert_eq!(twice.unwrap_err(), AuthorizationRequestError::Reserved { parameter });
}

#[test]
fn pk_07_pk_08_s256_or_nothing() {
    use http::Response;
    let announce = |methods: &str| {
        let body = format!(
            r#"{{"issuer":"https://tenant.example/","authorization_endpoint":"https://tenant.example/authorize",
               "token_endpoint":"https://tenant.example/token"{methods}}}"#
        );
        let response = Response::builder().header("content-type", "application/json").body(body.into_bytes()).unwrap();
        let request = DiscoveryRequest::new(Issuer::new("https://tenant.example/").unwrap());
        request.build().unwrap().1.receive(&response).unwrap()
    };
    let both = announce(r#","code_challenge_methods_supported":["plain","S256"]"#);
    let (url, _) = request(&both).require_announced_pkce().begin(&entropy(), now()).unwrap();
    assert_eq!(parameters(&url)["code_challenge_method"], ["S256"]);
    for methods in [r#"["plain"]"#, r#"["s256"]"#, "[]"] {
        let server = announce(&format!(r#","code_challenge_methods_supported":{methods}"#));
        assert_eq!(request(&server).begin(&entropy(), now()).unwrap_err(), AuthorizationRequestError::S256NotSupported);
    }
    let silent = announce("");
    assert_eq!(request(&silent).begin(&entropy(), now()).unwrap_err(), AuthorizationRequestError::PkceNotAnnounced);
    let known = silent.with_compat(Compat::strict().with_pkce_not_announced());
    assert!(request(&known).begin(&entropy(), now()).unwrap().0.contains("code_challenge_method=S256"));
    // A server without metadata had nowhere to announce it; the caller can ask for it all the same.
    for server in [known, server("https://tenant.example/authorize")] {
        let required = request(&server).require_announced_pkce().begin(&entropy(), now());
        assert_eq!(required.unwrap_err(), AuthorizationRequestError::PkceNotAnnounced);
    }
}

#[test]
fn values_keep_their_bytes_or_say_what_is_wrong() {
    // No value has a maximum length: F6.
    let long = format!("https://as.example/{}", "x".repeat(100_000));
    for (text, problem) in [
        ("", InvalidValueKind::Empty),
        ("as.example", InvalidValueKind::NotAbsolute),
        ("1https://as.example", InvalidValueKind::NotAbsolute),
        ("http://as.example", InvalidValueKind::PlainHttp),
        ("http://127.0.0.1.evil.example", InvalidValueKind::PlainHttp),
        ("http://localhost.evil.example", InvalidValueKind::PlainHttp),
        ("javascript:alert(1)", InvalidValueKind::Scheme),
        ("file:///etc/passwd", InvalidValueKind::Host),
        ("data:text/html,x", InvalidValueKind::Scheme),
        ("https:as.example", InvalidValueKind::Scheme),
        ("https://", InvalidValueKind::Host),
        ("https://a;b/", InvalidValueKind::Host),
        ("https://[::1/", InvalidValueKind::Host),
        ("https://[zz]/", InvalidValueKind::Host),
        ("https://[::1]x/", InvalidValueKind::Host),
        ("https://as.example:port/", InvalidValueKind::Port),
        ("https://as.example:65536/", InvalidValueKind::Port),
        ("https://as.example:/", InvalidValueKind::Port),
        ("http://127.0.0.1@evil.example/", InvalidValueKind::UserInfo),
        ("https://as.example/#x", InvalidValueKind::Fragment),
        ("https://as.example/ x", InvalidValueKind::BadCharacter { position: 19 }),
        ("https://as.example/`id`", InvalidValueKind::BadCharacter { position: 19 }),
        ("https://as.example/\r\n", InvalidValueKind::BadCharacter { position: 19 }),
        ("https://äs.example/", InvalidValueKind::BadCharacter { position: 8 }),
    ] {
        assert_eq!(Endpoint::new(text).unwrap_err().kind(), problem, "{text}");
        assert_eq!(Issuer::new(text).unwrap_err().kind(), problem, "{text}");
        let redirect = RedirectUri::new(text).unwrap_err();
        assert_eq!(redirect.kind(), problem, "{text}");
        assert!(redirect.to_string().starts_with("redirect_uri "));
    }
    for text in [
        "https://as.example",
        "https://as.example/",
        "HTTPS://AS.example:443/a%2Fb",
        "http://127.9.9.9:1/x",
        "http://[::1]:8091",
        "http://LocalHost",
        &long,
    ] {
        assert_eq!(Endpoint::new(text).unwrap().as_str(), text);
        assert_eq!(Issuer::new(text).unwrap().as_str(), text);
        assert_eq!(RedirectUri::new(text).unwrap().as_str(), text);
    }
    assert_ne!(Issuer::new("https://as.example").unwrap(), Issuer::new("https://as.example/").unwrap());
    assert_eq!(Issuer::new("https://as.example/?x").unwrap_err().kind(), InvalidValueKind::Query);
    assert_eq!(RedirectUri::new("com.example.app:/cb").unwrap().as_str(), "com.example.app:/cb");
    for text in ["com..app:/cb", ".com:/cb"] {
        assert!(RedirectUri::new(text).is_err(), "{text}");
    }
    let (inner, outer) = (Scope::new("a b").unwrap(), Scope::new("b c a").unwrap());
    assert!(inner.is_subset(&outer) && !outer.is_subset(&inner));
    // F11: however many spaces there are.
    for text in [" a b", "a b ", "a  b", "   a    b  "] {
        let scope = Scope::new(text).unwrap();
        assert_eq!((scope.as_str(), scope.iter().collect::<Vec<_>>()), ("a b", vec!["a", "b"]), "{text:?}");
    }
    let many = "scope-token ".repeat(10_000);
    assert_eq!(Scope::new(&many).unwrap().as_str(), many.trim_end());
    assert_eq!(ClientId::new(&many).unwrap().as_str(), many);
    for text in ["", " ", "  ", "a\"b", "a\\b", "ä", "a\nb", "a\tb"] {
        assert!(Scope::new(text).is_err(), "{text:?}");
    }
    assert!(ClientId::new("").is_err() && ClientId::new("a\u{7f}").is_err() && ClientId::new("ä").is_err());
}

#[test]
fn values_are_parsed_and_shown_as_their_text() {
    let text = "https://as.example/a";
    let issuer: Issuer = text.parse().unwrap();
    assert_eq!((issuer.to_string().as_str(), issuer.as_ref()), (text, text));
    assert_eq!(format!("{issuer:?}"), format!("Issuer({text:?})"));
    assert_eq!("a b".parse::<Scope>().unwrap(), Scope::new("a b").unwrap());
    assert_eq!("".parse::<ClientId>().unwrap_err(), ClientId::new("").unwrap_err());
    let (endpoint, redirect_uri) = (text.parse::<Endpoint>().unwrap(), text.parse::<RedirectUri>().unwrap());
    assert_eq!(format!("{endpoint:>22} {redirect_uri}"), format!("  {text} {text}"));
}

fn stored() -> String {
    let server = server("https://as.example/authorize").with_authorization_response_iss_parameter_supported(true);
    let request = request(&server).scope(Scope::new("openid").unwrap()).max_age(60).resource("https://r.example/");
    request.begin(&entropy(), now()).unwrap().1.to_json().to_string()
}

#[test]
fn a_stored_login_reads_back_and_behaves_the_same() {
    let json = stored();
    let pending = Pending::from_json(&json).unwrap();
    assert_eq!(*pending.to_json(), json);
    assert_eq!(pending.created_at(), now());
    let through_serde: Pending = serde_json::from_str(&serde_json::to_string(&pending).unwrap()).unwrap();
    assert_eq!(*through_serde.to_json(), json);
    let callback = format!("code=abc&state={}&iss=https://tenant.example/", pending.state().expose());
    assert_eq!(pending.receive("code=abc&state=x", now()).unwrap_err().code(), "callback_state_mismatch");
    let grant = through_serde.receive(&callback, now()).unwrap();
    assert_eq!((grant.max_age(), grant.resources()), (Some(60), &["https://r.example/".to_owned()][..]));
    assert_eq!(grant.scope(), Some(&Scope::new("openid").unwrap()));
    assert_eq!(grant.verifier().unwrap().expose(), "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8");
}

#[test]
fn a_tampered_or_future_login_is_refused() {
    let json = stored();
    assert_eq!(
        Pending::from_json(&json.replace("\"version\":1", "\"version\":2")).unwrap_err(),
        StoredLoginError::Version { version: 2, expected: 1 }
    );
    let limit = 1024 * 1024;
    let fitting = json.clone() + &" ".repeat(limit - json.len());
    assert!(Pending::from_json(&fitting).is_ok());
    let too_large = StoredLoginError::TooLarge { length: limit + 1, limit };
    assert_eq!(Pending::from_json(&format!("{fitting} ")).unwrap_err(), too_large);
    for broken in ["", "{}", "[]", "{\"version\":1}", &json[..json.len() - 1], &json.replace("\"state\"", "\"State\"")]
    {
        assert_eq!(Pending::from_json(broken).unwrap_err().code(), "stored_login_malformed", "{broken}");
    }
    for (member, from, to) in [
        ("issuer", "https://tenant.example/", "ftp://x"),
        ("client_id", "a client/~", ""),
        ("redirect_uri", "https://app.example/cb", "javascript:x"),
        ("scope", "openid", ""),
        ("code_verifier", "AAECAwQF", "A+"),
        ("state", "ICEiIyQl", "ICEiIyQ="),
        ("nonce", "QEFCQ0RF", "QEFC"),
    ] {
        let tampered = json.replacen(&format!("\"{member}\":\"{from}"), &format!("\"{member}\":\"{to}"), 1);
        assert_ne!(tampered, json, "{member}");
        assert_eq!(Pending::from_json(&tampered).unwrap_err(), StoredLoginError::Invalid { member }, "{member}");
    }
}

/// B5: private-use schemes without a dot, and http elsewhere, by the name of the scheme.
#[test]
fn na_05_a_private_use_scheme_is_a_domain_name_or_is_named() {
    for (text, scheme, code) in [
        ("vscode://publisher.extension/callback", "vscode", "value_private_use_scheme"),
        ("myapp://callback", "myapp", "value_private_use_scheme"),
        ("myapp:/cb", "MyApp", "value_private_use_scheme"),
        ("http://192.168.1.10:3000/cb", "http", "value_plain_http"),
    ] {
        let refused = RedirectUri::new(text).unwrap_err();
        assert_eq!(refused.code(), code, "{text}");
        assert!(refused.to_string().contains("RedirectUri::with_scheme"), "{refused}");
        let named = RedirectUri::with_scheme(text, scheme).unwrap();
        assert_eq!(named.as_str(), text);
        assert_eq!(RedirectUri::with_scheme(text, "other").unwrap_err().code(), "value_scheme", "{text}");
        // It survives a session store, and its callback arrives.
        let server = server("https://as.example/authorize");
        let request = AuthorizationRequest::new(&server, ClientId::new("app").unwrap(), named);
        let (_, pending) = request.begin(&entropy(), now()).unwrap();
        let pending = Pending::from_json(&pending.to_json()).unwrap();
        let callback = format!("{text}?code=abc&state={}", pending.state().expose());
        assert_eq!(pending.receive(&callback, now()).unwrap().code().expose(), "abc");
    }
    for scheme in ["com.example.app", "https"] {
        assert!(RedirectUri::with_scheme(format!("{scheme}://callback"), scheme).is_ok(), "{scheme}");
    }
    // What a browser acts upon itself has no application behind it.
    for scheme in ["javascript", "data", "file", "JavaScript", "vbscript", "blob", "about", "ftp", "view-source"] {
        let text = format!("{scheme}://x/cb");
        assert_eq!(RedirectUri::new(&text).unwrap_err().code(), "value_scheme", "{scheme}");
        assert_eq!(RedirectUri::with_scheme(&text, scheme).unwrap_err().code(), "value_scheme", "{scheme}");
    }
    let hint = RedirectUri::new("javascript:alert(1)").unwrap_err().to_string();
    assert!(hint.ends_with("or a private-use scheme such as com.example.app:/callback"), "{hint}");
}

/// B1: a login at an issuer over http survives a session store.
#[test]
fn a_login_at_a_named_http_host_is_stored() {
    let compat = Compat::strict().with_http_host("keycloak");
    let endpoint = |path: &str| compat.endpoint(format!("http://keycloak:8080/{path}")).unwrap();
    let issuer = compat.issuer("http://keycloak:8080/realms/r").unwrap();
    let server = AuthorizationServer::new(issuer.clone(), endpoint("authorize"), endpoint("token"));
    let (_, pending) = request(&server).begin(&entropy(), now()).unwrap();
    assert_eq!(Pending::from_json(&pending.to_json()).unwrap().issuer(), &issuer);
}
