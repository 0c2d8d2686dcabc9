//! The request that exchanges a code, row by row.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use proofkey_authorize::{AuthorizationServer, ClientId, DiscoveryPath, DiscoveryRequest, Issuer};
use proofkey_token::{ClientAssertion, ClientAuthentication, ExchangeError, ExchangeRequest, TokenRequestError};

use crate::flow::*;

fn basic_credentials(headers: &HeaderMap) -> String {
    let value = headers["authorization"].to_str().unwrap();
    String::from_utf8(STANDARD.decode(value.strip_prefix("Basic ").unwrap()).unwrap()).unwrap()
}

#[test]
fn oa_08_oa_09_the_request_is_a_form_by_post_to_the_endpoint_with_its_own_query() {
    let (request, _) = ExchangeRequest::new(grant(), &server()).build(&ClientAuthentication::none()).unwrap();
    assert_eq!(request.method(), "POST");
    assert_eq!(request.uri(), "https://as.example/oauth/token?tenant=1");
    assert_eq!(request.headers()["content-type"], "application/x-www-form-urlencoded");
    assert_eq!(request.headers()["accept"], "application/json");
    assert_eq!(request.headers().len(), 2);
}

#[test]
fn oa_03_oa_13_oa_29_pk_17_the_body_holds_each_parameter_once_byte_for_byte() {
    let grant = grant();
    let verifier = grant.verifier().unwrap().expose().to_owned();
    let (request, _) = ExchangeRequest::new(grant, &server()).build(&ClientAuthentication::none()).unwrap();
    let expected = [
        ("grant_type", "authorization_code"),
        ("code", "SplxlOBeZQQYbYS6WxSbIA"),
        ("redirect_uri", "https://app.example/cb?from=a%2Fb"),
        ("code_verifier", &verifier),
        ("client_id", "s6BhdRkqt3"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(pairs(request.body()), expected);
}

#[test]
fn oa_09_oa_25_a_code_of_any_length_and_character_arrives_as_it_was() {
    let long = "x".repeat(4096);
    for code in ["a", &long, "4/0Ab+c d%2F&=\u{e9}?#"] {
        let grant = grant_for(code, None, client_id());
        let (request, _) = ExchangeRequest::new(grant, &server()).build(&ClientAuthentication::none()).unwrap();
        assert!(request.body().is_ascii());
        assert_eq!(pairs(request.body())[1], ("code".to_owned(), code.to_owned()));
    }
}

#[test]
fn oa_10_oa_11_basic_credentials_are_form_encoded_before_base64_and_stand_in_one_place() {
    for (id, text, decoded) in
        [("s6BhdRkqt3", "gX1fBat3bV", "s6BhdRkqt3:gX1fBat3bV"), ("a:b", ":%+ \u{e9}~", "a%3Ab:%3A%25%2B%20%C3%A9~")]
    {
        let grant = grant_for("code", None, ClientId::new(id).unwrap());
        let (request, _) =
            ExchangeRequest::new(grant, &server()).build(&ClientAuthentication::basic(secret(text))).unwrap();
        assert_eq!(basic_credentials(request.headers()), decoded);
        assert!(request.headers()["authorization"].is_sensitive());
        let names: Vec<_> = pairs(request.body()).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["grant_type", "code", "redirect_uri", "code_verifier"]);
    }
}

#[test]
fn a_body_has_its_room_from_the_start_so_that_growing_leaves_no_secret_behind() {
    let room = |text: &str| {
        let grant = grant_for(text, None, client_id());
        let (request, _) =
            ExchangeRequest::new(grant, &server()).build(&ClientAuthentication::post(secret(text))).unwrap();
        request.into_body().capacity()
    };
    // Code and secret, three octets for each of theirs. A body that grew has twice as much as it began with.
    assert_eq!(room(&"%".repeat(3000)) - room("%"), 2 * 3 * 2999);
}

#[test]
fn oa_10_oa_12_post_credentials_stand_in_the_body_only() {
    let (request, _) =
        ExchangeRequest::new(grant(), &server()).build(&ClientAuthentication::post(secret("s+ \u{e9}"))).unwrap();
    assert!(!request.headers().contains_key("authorization"));
    let body = pairs(request.body());
    assert_eq!(body[4], ("client_id".to_owned(), "s6BhdRkqt3".to_owned()));
    assert_eq!(body[5], ("client_secret".to_owned(), "s+ \u{e9}".to_owned()));
    assert!(!request.uri().to_string().contains("client"));
}

#[test]
fn di_08_a_secret_goes_the_way_that_the_server_announces_and_by_basic_when_it_announces_none() {
    for (announced, basic) in [
        (None, true),
        (Some(r#"["client_secret_post","client_secret_basic"]"#), true),
        (Some(r#"["client_secret_post"]"#), false),
        (Some(r#"["private_key_jwt"]"#), true),
        (Some("[]"), true),
    ] {
        let issuer = Issuer::new("https://as.example/").unwrap();
        let methods = announced.map(|list| format!(r#","token_endpoint_auth_methods_supported":{list}"#));
        let document = format!(
            r#"{{"issuer":"https://as.example/","authorization_endpoint":"https://as.example/authorize",
                "token_endpoint":"https://as.example/token"{}}}"#,
            methods.unwrap_or_default()
        );
        let (_, discovery) = DiscoveryRequest::new(issuer).path(DiscoveryPath::OAuth).build().unwrap();
        let server = discovery.receive(&json(200, &document)).unwrap();
        let (request, _) =
            ExchangeRequest::new(grant(), &server).build(&ClientAuthentication::secret(secret("s"))).unwrap();
        let in_body = pairs(request.body()).iter().any(|(name, _)| name == "client_secret");
        assert_eq!(request.headers().contains_key("authorization"), basic, "{announced:?}");
        assert_eq!(in_body, !basic, "{announced:?}");
    }
}

#[test]
fn bp_07_ak_05_a_code_of_one_issuer_is_never_sent_to_another() {
    for other in ["https://as.example", "https://AS.example/", "https://evil.example/"] {
        let server = AuthorizationServer::new(Issuer::new(other).unwrap(), endpoint("/authorize"), endpoint("/token"));
        let error = ExchangeRequest::new(grant(), &server).build(&ClientAuthentication::none()).unwrap_err();
        assert!(matches!(error, ExchangeError::Request(_)));
        assert_eq!(error.code(), "token_request_another_issuer");
        let words = format!("the issuer \"https://as.example/\" and must not be sent to \"{other}\"");
        assert!(error.to_string().contains(&words), "{error}");
        assert!(!error.is_retryable());
    }
}

#[test]
fn resources_are_repeated_at_the_token_endpoint() {
    let server = server();
    let redirect_uri = proofkey_authorize::RedirectUri::new("https://app.example/cb").unwrap();
    let (_, pending) = proofkey_authorize::AuthorizationRequest::new(&server, client_id(), redirect_uri)
        .resource("https://api.example/a?b=c")
        .resource("https://api.example/d")
        .resource("u:")
        .begin(&[7; 96], now())
        .unwrap();
    let callback = format!("code=c&state={}", pending.state().expose());
    let grant = pending.receive(&callback, now()).unwrap();
    let (request, exchange) = ExchangeRequest::new(grant, &server).build(&ClientAuthentication::none()).unwrap();
    let resources: Vec<_> =
        pairs(request.body()).into_iter().filter(|(name, _)| name == "resource").map(|(_, value)| value).collect();
    assert_eq!(resources, ["https://api.example/a?b=c", "https://api.example/d", "u:"]);
    assert_eq!(exchange.receive(&json(200, GOOD), now()).unwrap().resources(), resources);
}

#[test]
fn the_grant_stays_readable_for_the_id_token() {
    let exchange = started();
    assert!(exchange.grant().nonce().is_some());
    assert_eq!(exchange.grant().issuer().as_str(), "https://as.example/");
}

/// `endpoint_address` is for an endpoint that `http::Uri` cannot hold: none that `Endpoint` takes is one.
#[test]
fn oa_08_every_endpoint_can_be_asked() {
    let mut taken = 0;
    for octet in ' '..='\u{ff}' {
        for text in [
            format!("https://as.example/{octet}"),
            format!("https://as{octet}b.example/t"),
            format!("https://as.example:80{octet}/t"),
            format!("https://as.example/t?{octet}=%{octet}1"),
            format!("https://[::1]:65535/{octet}{octet}"),
        ] {
            let Ok(endpoint) = proofkey_authorize::Endpoint::new(&text) else { continue };
            taken += 1;
            let issuer = Issuer::new("https://as.example/").unwrap();
            let server = AuthorizationServer::new(issuer, endpoint.clone(), endpoint);
            let error = ExchangeRequest::new(grant(), &server).build(&ClientAuthentication::none()).err();
            assert_ne!(error.map(|error| error.code()), Some("token_request_endpoint_address"), "{text}");
        }
    }
    assert!(taken > 100, "{taken}");
}

#[test]
fn b9_b13_further_parameters_stand_in_the_body_once() {
    let server = server();
    let request = ExchangeRequest::new(grant(), &server).parameter("client_key", "a&b").parameter("secret", "s+");
    let (request, _) = request.build(&ClientAuthentication::none()).unwrap();
    let body = pairs(request.body());
    assert_eq!(body[4], ("client_key".to_owned(), "a&b".to_owned()));
    assert_eq!(body[5], ("secret".to_owned(), "s+".to_owned()));
    assert_eq!(body.len(), 7);

    let names =
        ["grant_type", "code", "redirect_uri", "code_verifier", "client_id", "client_secret", "client_assertion"];
    for name in names.into_iter().chain(["client_assertion_type", "", "own"]) {
        let request = ExchangeRequest::new(grant(), &server).parameter("own", "1").parameter(name, "2");
        let error = request.build(&ClientAuthentication::none()).unwrap_err();
        assert_eq!(error.code(), "token_request_reserved_parameter", "{name}");
        assert!(error.to_string().contains(&format!("\"{name}\"")), "{error}");
    }
}

#[test]
fn b9_a_credential_is_made_anew_for_each_request() {
    let count = std::sync::atomic::AtomicUsize::new(0);
    let apple = ClientAuthentication::for_each_request(move |server, client_id| {
        let number = count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let text = format!("{}.{}.{number}", server.issuer().as_str(), client_id.as_str());
        Ok::<_, proofkey_token::InvalidSecret>(ClientAuthentication::post(proofkey_token::ClientSecret::new(text)?))
    });
    for number in 0..2 {
        let (request, _) = ExchangeRequest::new(grant(), &server()).build(&apple).unwrap();
        let expected = format!("https://as.example/.s6BhdRkqt3.{number}");
        assert_eq!(pairs(request.body())[5], ("client_secret".to_owned(), expected));
    }
    let failing = ClientAuthentication::for_each_request(|_, _| Err::<ClientAuthentication, _>("the key is gone"));
    let error = ExchangeRequest::new(grant(), &server()).build(&failing).unwrap_err();
    assert_eq!((error.code(), error.is_retryable()), ("token_request_credential", false));
    assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "the key is gone");
    assert!(matches!(error, ExchangeError::Request(TokenRequestError::Credential(_))));
}

#[test]
fn b9_an_assertion_stands_in_the_body_with_its_type() {
    let authentication = ClientAuthentication::assertion(ClientAssertion::new("e30.e30.c2ln").unwrap());
    let (request, _) = ExchangeRequest::new(grant(), &server()).build(&authentication).unwrap();
    assert!(!request.headers().contains_key("authorization"));
    let expected = [
        ("client_id", "s6BhdRkqt3"),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", "e30.e30.c2ln"),
    ];
    assert_eq!(pairs(request.body())[4..], expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert_eq!(ClientAssertion::new("").unwrap_err().code(), "secret_empty");
}
