//! Client assertions, row by row.

use std::sync::Arc;

use http::Request;
use proofkey_authorize::{AuthorizationServer, ClientId, DiscoveryPath, DiscoveryRequest, Issuer};
use proofkey_token::{
    ClientAuthentication, ExchangeRequest, Fresh, KeyHeader, RefreshRequest, RefreshToken, RevocationRequest,
    TokenRequestError, UnsignedAssertion,
};
use serde_json::json;

use crate::flow::*;
use crate::signer::{Reversing, fresh, read};

const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

fn own_request(body: &str) -> Request<Vec<u8>> {
    Request::post("https://as.example/own").body(body.as_bytes().to_vec()).unwrap()
}

/// The value of the only parameter of that name.
fn only(request: &Request<Vec<u8>>, name: &str) -> Option<String> {
    let mut values: Vec<_> = pairs(request.body()).into_iter().filter(|(own, _)| own == name).collect();
    assert!(values.len() < 2, "{name}: {values:?}");
    values.pop().map(|(_, value)| value)
}

/// A server whose metadata has this list.
fn listing(list: &str) -> AuthorizationServer {
    let document = format!(
        r#"{{"issuer":"https://as.example/","authorization_endpoint":"https://as.example/authorize",
            "token_endpoint":"https://as.example/token"{list}}}"#
    );
    let issuer = Issuer::new("https://as.example/").unwrap();
    let (_, discovery) = DiscoveryRequest::new(issuer).path(DiscoveryPath::OAuth).build().unwrap();
    discovery.receive(&json(200, &document)).unwrap()
}

#[test]
fn ca_01_ca_02_ca_04_ca_05_the_audience_is_the_issuer_at_every_endpoint_and_each_jwt_is_new() {
    let authentication = ClientAuthentication::private_key_jwt(Reversing::new("ES256").named("k1"), fresh());
    let (server, client_id, token) = (server(), client_id(), RefreshToken::new("r").unwrap());
    let (exchange, _) = ExchangeRequest::new(grant(), &server).build(&authentication).unwrap();
    let (refresh, _) = RefreshRequest::new(&token, &server, &client_id).build(&authentication).unwrap();
    let (revocation, _) = RevocationRequest::new(&token, &server, &client_id).build(&authentication).unwrap();
    let mut own = own_request("a=1");
    authentication.authenticate(&mut own, &server, &client_id).unwrap();
    let mut again = own.clone();
    authentication.authenticate(&mut again, &server, &client_id).unwrap();

    let mut seen = Vec::new();
    for request in [&exchange, &refresh, &revocation, &own, &again] {
        assert_eq!(only(request, "client_assertion_type").as_deref(), Some(TYPE));
        assert_eq!(only(request, "client_id").as_deref(), Some("s6BhdRkqt3"));
        let (header, mut claims) = read(&only(request, "client_assertion").unwrap());
        assert_eq!(header, json!({"typ": "client-authentication+jwt", "alg": "ES256", "kid": "k1"}));
        let jti = claims.as_object_mut().unwrap().remove("jti").unwrap();
        assert_eq!(jti.as_str().unwrap().len(), 22);
        assert!(!seen.contains(&jti), "{jti}");
        seen.push(jti);
        let expected = json!({"iss": "s6BhdRkqt3", "sub": "s6BhdRkqt3", "aud": "https://as.example/",
            "iat": NOW.as_secs(), "exp": NOW.as_secs() + 60});
        assert_eq!(claims, expected);
    }
}

/// Metadata of a server that names another's token endpoint as its own, to catch an assertion for the other.
#[test]
fn ca_03_an_endpoint_of_another_server_gets_an_assertion_for_the_issuer_that_named_it() {
    let document = r#"{"issuer":"https://attacker.example","authorization_endpoint":"https://attacker.example/authorize",
        "token_endpoint":"https://as.example/oauth/token"}"#;
    let issuer = Issuer::new("https://attacker.example").unwrap();
    let (_, discovery) = DiscoveryRequest::new(issuer).path(DiscoveryPath::OAuth).build().unwrap();
    let attacker = discovery.receive(&json(200, document)).unwrap();
    let authentication = ClientAuthentication::private_key_jwt(Reversing::new("ES256"), fresh());
    let audience = |server: &AuthorizationServer| {
        let mut request = Request::post(server.token_endpoint().as_str()).body(Vec::new()).unwrap();
        authentication.authenticate(&mut request, server, &client_id()).unwrap();
        read(&only(&request, "client_assertion").unwrap()).1["aud"].clone()
    };
    assert_eq!(audience(&attacker), "https://attacker.example");
    assert_eq!(audience(&server()), "https://as.example/");
}

#[test]
fn ca_06_the_algorithm_is_one_that_the_metadata_list() {
    let build = |algorithm: &str, list: &str| {
        let authentication = ClientAuthentication::private_key_jwt(Reversing::new(algorithm), fresh());
        let (server, client_id) = (listing(list), client_id());
        let mut request = own_request("");
        authentication.authenticate(&mut request, &server, &client_id).map(|()| request)
    };
    let list = r#","token_endpoint_auth_signing_alg_values_supported":["RS256","ES256"]"#;
    for (algorithm, list) in [("ES256", list), ("RS256", list), ("PS256", ""), ("ES256", &list.replace('[', "[7,"))] {
        assert!(only(&build(algorithm, list).unwrap(), "client_assertion").is_some());
    }
    for algorithm in ["PS256", "es256", "EdDSA"] {
        let error = build(algorithm, list).unwrap_err();
        assert_eq!(error.code(), "token_request_signing_algorithm");
        assert!(error.to_string().contains(algorithm) && error.to_string().contains("RS256, ES256"), "{error}");
    }
    assert_eq!(
        build("ES256", &list.replace(r#"["RS256","ES256"]"#, "[]")).unwrap_err().code(),
        "token_request_signing_algorithm"
    );
}

#[test]
fn ca_06_an_hmac_is_made_with_a_secret_and_a_signature_with_a_key() {
    let (server, client_id) = (server(), client_id());
    let code = |authentication: ClientAuthentication| {
        let mut request = own_request("");
        authentication.authenticate(&mut request, &server, &client_id).map_err(|error| error.code())
    };
    let refused = Err("token_request_signing_algorithm");
    assert_eq!(code(ClientAuthentication::private_key_jwt(Reversing::new("HS256"), fresh())), refused);
    assert_eq!(code(ClientAuthentication::client_secret_jwt(Reversing::new("ES256"), fresh())), refused);
    assert_eq!(code(ClientAuthentication::client_secret_jwt(Reversing::new("HS256"), fresh())), Ok(()));
    assert_eq!(code(ClientAuthentication::private_key_jwt(Arc::new(Reversing::new("EdDSA")), fresh())), Ok(()));
}

#[test]
fn ca_07_there_is_one_authentication_whatever_stood_there() {
    let (server, client_id) = (server(), client_id());
    let jwt = ClientAuthentication::private_key_jwt(Reversing::new("ES256"), fresh());
    let post = ClientAuthentication::post(secret("s+"));
    let basic = ClientAuthentication::basic(secret("s"));
    let mut request = own_request("a=1&client%5Fsecret=x&client_id=other&b=%zz&&c");
    for authentication in [&post, &jwt, &basic, &jwt, &post] {
        authentication.authenticate(&mut request, &server, &client_id).unwrap();
        let names: Vec<_> =
            str::from_utf8(request.body()).unwrap().split('&').map(|pair| pair.split('=').next().unwrap()).collect();
        assert_eq!(names[..3], ["a", "b", "c"]);
        let has = |name: &str| names.contains(&name);
        let count = [has("client_secret"), has("client_assertion"), request.headers().contains_key("authorization")];
        assert_eq!(count.iter().filter(|has| **has).count(), 1, "{names:?}");
    }
    assert_eq!(request.body(), b"a=1&b=%zz&c=&client_id=s6BhdRkqt3&client_secret=s%2B");
    assert_eq!(request.headers()["content-type"], "application/x-www-form-urlencoded");
}

#[test]
fn only_a_form_by_post_can_be_authenticated() {
    let (server, client_id) = (server(), client_id());
    let form = Request::post("https://as.example/own")
        .header("content-type", "application/x-www-form-urlencoded; charset=utf-8");
    ClientAuthentication::none().authenticate(&mut form.body(Vec::new()).unwrap(), &server, &client_id).unwrap();
    for mut request in [
        Request::get("https://as.example/own").body(Vec::new()).unwrap(),
        Request::post("https://as.example/own")
            .header("content-type", "application/json")
            .body(b"{}".to_vec())
            .unwrap(),
        Request::post("https://as.example/own").body(vec![0xff]).unwrap(),
    ] {
        let before = request.body().clone();
        let error = ClientAuthentication::none().authenticate(&mut request, &server, &client_id).unwrap_err();
        assert!(matches!(error, TokenRequestError::NotAForm));
        assert_eq!(error.code(), "token_request_not_a_form");
        assert_eq!(request.body(), &before, "nothing is changed");
    }
}

#[test]
fn b9_apples_secret_names_the_team_and_apple() {
    let apple = ClientAuthentication::apple(Reversing::new("ES256").named("ABC123"), "TEAM", fresh());
    let (request, _) = ExchangeRequest::new(grant(), &server()).build(&apple).unwrap();
    assert_eq!(only(&request, "client_assertion"), None);
    let (header, claims) = read(&only(&request, "client_secret").unwrap());
    assert_eq!(header, json!({"alg": "ES256", "kid": "ABC123"}));
    let now = NOW.as_secs();
    let expected =
        json!({"iss": "TEAM", "sub": "s6BhdRkqt3", "aud": "https://appleid.apple.com", "iat": now, "exp": now + 60});
    assert_eq!(claims, expected);
}

#[test]
fn a_signature_can_be_waited_for() {
    let fresh = Fresh { now: now(), entropy: [0; 16] };
    let odd = ClientId::new("a\"b\\c").unwrap();
    let assertion = UnsignedAssertion::new(&KeyHeader::new("ES256").unwrap(), &server(), &odd, fresh).unwrap();
    let signature: Vec<u8> = assertion.signing_input().iter().rev().copied().collect();
    assert_eq!(format!("{assertion:?} {fresh:?}").matches("..").count(), 2);
    let (_, claims) = read(assertion.finish(&signature).expose());
    assert_eq!((&claims["iss"], &claims["jti"]), (&json!("a\"b\\c"), &json!("AAAAAAAAAAAAAAAAAAAAAA")));
}

#[test]
fn what_keeps_a_jwt_from_being_made_is_the_source() {
    let failing = || Err::<Fresh, _>("no entropy");
    let authentication = ClientAuthentication::private_key_jwt(Reversing::new("ES256"), failing);
    let error = ExchangeRequest::new(grant(), &server()).build(&authentication).unwrap_err();
    assert_eq!(error.code(), "token_request_credential");
    assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "no entropy");
}

#[test]
fn a_credential_that_is_made_for_each_request_may_itself_sign_for_each() {
    let made = || Ok::<_, TokenRequestError>(ClientAuthentication::private_key_jwt(Reversing::new("ES256"), fresh()));
    let authentication = ClientAuthentication::for_each_request(move |_, _| made());
    let (request, _) = ExchangeRequest::new(grant(), &server()).build(&authentication).unwrap();
    assert_eq!(only(&request, "client_assertion_type").as_deref(), Some(TYPE));
    assert!(only(&request, "client_assertion").is_some());
}

#[test]
fn a_binding_inside_of_what_is_made_for_each_request_is_refused() {
    use crate::dpop::dpop;
    let inside = ClientAuthentication::for_each_request(|_, _| {
        Ok::<_, TokenRequestError>(ClientAuthentication::none().with_dpop(dpop()))
    });
    let error = ExchangeRequest::new(grant(), &server()).build(&inside).unwrap_err();
    assert_eq!(error.code(), "token_request_credential");
    let outside =
        ClientAuthentication::for_each_request(|_, _| Ok::<_, TokenRequestError>(ClientAuthentication::none()));
    let (request, _) = ExchangeRequest::new(grant(), &server()).build(&outside.with_dpop(dpop())).unwrap();
    assert!(request.headers().contains_key("dpop"));
}
