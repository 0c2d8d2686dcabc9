//! No secret in any text, whatever the server sends; no panic on any input.

use http::{HeaderName, HeaderValue, Response};
use proofkey_authorize::{AuthorizationRequest, RedirectUri};
use proofkey_token::{
    AccessToken, ClientAssertion, ClientAuthentication, DeviceAuthorizationRequest, ExchangeRequest,
    IntrospectionRequest, JwtBearerRequest, PushRequest, RefreshRequest, RefreshToken, RevocationRequest,
    TokenExchangeRequest, TokenType, TransportError, TransportErrorKind, UserInfoRequest,
};
use proptest::prelude::*;

use crate::flow::*;

const SENTINEL: &str = "Sentinel0Sentinel1Sentinel2Sentinel3";

fn assert_silent(text: &str) {
    assert!(!text.contains("Sentinel"), "{text}");
    // Nor as the list of octets that `Debug` makes of a body.
    assert!(!text.contains("83, 101, 110, 116, 105, 110, 101, 108"), "{text}");
}

#[test]
fn the_types_that_hold_a_secret_do_not_show_it() {
    let secret = || secret(SENTINEL);
    for authentication in [
        ClientAuthentication::secret(secret()),
        ClientAuthentication::basic(secret()),
        ClientAuthentication::post(secret()),
        ClientAuthentication::assertion(ClientAssertion::new(SENTINEL).unwrap()),
        ClientAuthentication::for_each_request(|_, _| {
            Ok::<_, String>(ClientAuthentication::post(crate::flow::secret(SENTINEL)))
        }),
    ] {
        assert!(format!("{authentication:?}").starts_with("ClientAuthentication("), "{authentication:?}");
        assert_silent(&format!("{authentication:?} {authentication:#?}"));
    }
    let fresh = || Err::<proofkey_token::Fresh, _>("no entropy");
    let signer = || crate::signer::Reversing::with_jwk().named(SENTINEL);
    for authentication in [
        ClientAuthentication::private_key_jwt(signer(), fresh),
        ClientAuthentication::apple(signer(), SENTINEL, fresh),
        ClientAuthentication::none().with_dpop(proofkey_token::Dpop::new(signer(), fresh).unwrap()),
    ] {
        assert_silent(&format!("{authentication:?} {:?}", authentication.dpop()));
    }
    let (access, refresh) = (AccessToken::new(SENTINEL).unwrap(), RefreshToken::new(SENTINEL).unwrap());
    assert_silent(&format!("{:?} {access:?} {refresh:?}", secret()));

    let (server, client_id) = (server(), client_id());
    let grant = grant_for(SENTINEL, Some("openid"), client_id.clone());
    assert_silent(&format!("{grant:?}"));
    let (request, exchange) =
        ExchangeRequest::new(grant, &server).build(&ClientAuthentication::basic(secret())).unwrap();
    assert_silent(&format!("{exchange:?} {:?}", request.headers()));
    let body = format!(
        r#"{{"access_token":"{SENTINEL}","token_type":"Bearer","refresh_token":"{SENTINEL}","id_token":"{SENTINEL}",
            "{SENTINEL}":"{SENTINEL}"}}"#
    );
    let tokens = exchange.receive(&json(200, &body), now()).unwrap();
    assert_silent(&format!("{tokens:?} {tokens:#?} {:?}", tokens.id_token()));
    let request = ExchangeRequest::new(crate::flow::grant(), &server).parameter("own", SENTINEL);
    assert_silent(&format!("{request:?}"));

    let request = tokens.refresh_request(&server, &client_id).unwrap();
    assert_silent(&format!("{request:?}"));
    let (_, refresh) = request.build(&ClientAuthentication::none()).unwrap();
    let newer = refresh.receive(&json(200, &body), now()).unwrap();
    assert_silent(&format!("{refresh:?} {newer:?} {:?} {:?}", newer.id_token(), newer.access_token()));
    let (request, revocation) = RevocationRequest::new(tokens.access_token().unwrap(), &server, &client_id)
        .build(&ClientAuthentication::basic(secret()))
        .unwrap();
    assert_silent(&format!("{revocation:?} {:?}", request.headers()));
    let request = TokenExchangeRequest::new(SENTINEL, TokenType::AccessToken, &server, &client_id);
    let request = request.actor(SENTINEL, TokenType::IdToken).parameter("own", SENTINEL);
    assert_silent(&format!("{request:?} {request:#?}"));
    let (_, exchange) = request.build(&ClientAuthentication::none()).unwrap();
    let issued =
        r#"{"access_token":"SENTINEL","token_type":"N_A","issued_token_type":"urn:ietf:params:oauth:token-type:jwt"}"#;
    let issued = exchange.receive(&json(200, &issued.replace("SENTINEL", SENTINEL)), now()).unwrap();
    assert_silent(&format!("{exchange:?} {issued:?} {issued:#?}"));
    let assertion = ClientAssertion::new(SENTINEL).unwrap();
    assert_silent(&format!("{:?}", JwtBearerRequest::new(&assertion, &server)));
    let request = IntrospectionRequest::new(tokens.access_token().unwrap(), "api", &server, &client_id);
    assert_silent(&format!("{request:?}"));

    let (request, userinfo) = UserInfoRequest::new(tokens.access_token().unwrap(), "sub", &server).build().unwrap();
    assert_silent(&format!("{userinfo:?} {request:?}"));
}

#[test]
fn a_transport_error_shows_its_kind_its_address_and_its_source_only() {
    let error = TransportError::after_sending(TransportErrorKind::TooLarge { limit: 5 });
    assert_eq!(
        format!("{error:?}"),
        "TransportError { kind: TooLarge { limit: 5 }, may_have_been_sent: true, address: None, source: None }"
    );
}

/// Text with the sentinel in it, where a server could put what it was sent.
fn hostile_text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(SENTINEL.to_owned()),
        ".{0,12}".prop_map(|around| format!("{around}{SENTINEL}{around}")),
        Just(format!("{SENTINEL}\r\n\u{0}<script>")),
    ]
}

/// A JSON value, most often with the sentinel in it.
fn hostile_value() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => hostile_text().prop_map(|text| serde_json::to_string(&text).unwrap()),
        1 => hostile_text().prop_map(|text| serde_json::to_string(&[text]).unwrap()),
        1 => Just("\"Bearer\"".to_owned()),
        1 => "-?[0-9]{1,30}(\\.[0-9]{1,3})?([eE][0-9]{1,4})?",
        1 => Just("null".to_owned()),
        1 => Just("true".to_owned()),
    ]
}

fn hostile_body() -> impl Strategy<Value = Vec<u8>> {
    let names = prop::sample::select(vec![
        "access_token",
        "token_type",
        "expires_in",
        "refresh_token",
        "scope",
        "id_token",
        "error",
        "error_description",
        "error_uri",
        "sub",
        "device_code",
        "user_code",
        "verification_uri",
        "verification_uri_complete",
        "interval",
        "request_uri",
        "issued_token_type",
        "active",
        "aud",
        "iss",
        "exp",
        "cnf",
        SENTINEL,
    ]);
    let document = prop::collection::vec((names, hostile_value()), 0..8).prop_map(|members| {
        let members: Vec<_> = members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        format!("{{{}}}", members.join(","))
    });
    let document = document.boxed();
    prop_oneof![
        6 => document.clone().prop_map(String::into_bytes),
        1 => (document, any::<prop::sample::Index>()).prop_map(|(text, at)| {
            let mut octets = text.into_bytes();
            octets.truncate(at.index(octets.len() + 1));
            octets
        }),
        1 => hostile_text().prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 0..64),
    ]
}

fn hostile_response() -> impl Strategy<Value = Response<Vec<u8>>> {
    let statuses = prop::sample::select(vec![200_u16, 200, 200, 201, 302, 400, 400, 401, 403, 429, 500, 503]);
    let types = prop::sample::select(vec!["application/json", "application/json", "application/json", "text/html"]);
    let headers = prop::collection::vec(
        (
            prop::sample::select(vec!["retry-after", "www-authenticate", "location"]),
            prop_oneof![
                Just(format!("Bearer error=\"{SENTINEL}\", error_description=\"{SENTINEL}\"")),
                Just(format!("https://evil.example/{SENTINEL}")),
                "[ -~]{0,24}",
            ],
        ),
        0..3,
    );
    (statuses, types, headers, hostile_body()).prop_map(|(status, media_type, headers, body)| {
        let mut response = Response::new(body);
        *response.status_mut() = status.try_into().unwrap();
        response.headers_mut().insert("content-type", HeaderValue::from_static(media_type));
        for (name, value) in headers {
            response.headers_mut().append(HeaderName::from_static(name), value.parse().unwrap());
        }
        response
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_error_made_of_a_hostile_response_shows_what_was_in_it(response in hostile_response()) {
        let (server, client_id) = (server(), client_id());
        match answered(&response) {
            Ok(tokens) => assert_silent(&format!("{tokens:?}")),
            Err(error) => assert_silent(&format!("{} {:?} {}", texts(&error), error.error_response(), error.code())),
        }
        let token = RefreshToken::new(SENTINEL).unwrap();
        let request = RefreshRequest::new(&token, &server, &client_id);
        let (_, refresh) = request.build(&ClientAuthentication::none()).unwrap();
        match refresh.receive(&response, now()) {
            Ok(newer) => assert_silent(&format!("{newer:?}")),
            Err(error) => assert_silent(&texts(&error)),
        }
        let (_, revocation) = RevocationRequest::new(&token, &server, &client_id).build(&ClientAuthentication::none()).unwrap();
        if let Err(error) = revocation.receive(&response) {
            assert_silent(&texts(&error));
        }
        let server = server
            .with_device_authorization_endpoint(endpoint("/device"))
            .with_introspection_endpoint(endpoint("/introspect"))
            .with_pushed_authorization_request_endpoint(endpoint("/par"));
        let none = ClientAuthentication::none();
        let (_, device) = DeviceAuthorizationRequest::new(&server, &client_id).build(&none).unwrap();
        match device.receive(&response, now()) {
            Ok(grant) => assert_silent(&format!("{grant:?}")),
            Err(error) => assert_silent(&texts(&error)),
        }
        let (_, exchange) =
            TokenExchangeRequest::new(SENTINEL, TokenType::Jwt, &server, &client_id).build(&none).unwrap();
        if let Err(error) = exchange.receive(&response, now()) {
            assert_silent(&texts(&error));
        }
        let token = AccessToken::new(SENTINEL).unwrap();
        let (_, introspection) =
            IntrospectionRequest::new(&token, "api", &server, &client_id).build(&none).unwrap();
        if let Err(error) = introspection.receive(&response, now()) {
            assert_silent(&texts(&error));
        }
        let redirect_uri = RedirectUri::new("https://app.example/cb").unwrap();
        let begun = AuthorizationRequest::new(&server, client_id.clone(), redirect_uri).begin_pushed(&[7; 96], now());
        let (_, push) = PushRequest::new(begun.unwrap()).build(&none).unwrap();
        if let Err(error) = push.receive(&response, now()) {
            assert_silent(&texts(&error));
        }
        let (_, userinfo) = UserInfoRequest::new(&AccessToken::new(SENTINEL).unwrap(), SENTINEL, &server).build().unwrap();
        if let Err(error) = userinfo.receive(&response) {
            assert_silent(&texts(&error));
        }
    }

    #[test]
    fn a_granted_scope_is_not_shown(before in "[a-z]{0,5}") {
        let body = format!(r#"{{"access_token":"a","token_type":"Bearer","scope":"{before}{SENTINEL}"}}"#);
        let mut response = Response::new(body.into_bytes());
        response.headers_mut().insert("content-type", HeaderValue::from_static("application/json"));
        let tokens = answered(&response).unwrap();
        prop_assert!(tokens.scope().is_some_and(|scope| scope.as_str().ends_with(SENTINEL)));
        assert_silent(&format!("{tokens:?}"));
    }

    #[test]
    fn a_refused_secret_is_not_in_its_error(text in hostile_text()) {
        if let Err(error) = AccessToken::new(text.as_str()) {
            assert_silent(&texts(&error));
        }
        if let Err(error) = RefreshToken::new(text.as_str()) {
            assert_silent(&texts(&error));
        }
    }

    #[test]
    fn any_octets_are_read_to_an_end(body in prop::collection::vec(any::<u8>(), 0..512), status in 100_u16..1000) {
        let mut response = Response::new(body);
        *response.status_mut() = status.try_into().unwrap();
        response.headers_mut().insert("content-type", HeaderValue::from_static("application/json"));
        prop_assert!(answered(&response).is_err());
    }
}
