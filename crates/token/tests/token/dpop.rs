//! Tokens bound to a key, row by row.

use http::{Request, Response, Uri};
use proofkey_authorize::{AuthorizationServer, DiscoveryPath, DiscoveryRequest, Issuer};
use proofkey_token::{
    AccessToken, AccessTokenType, ClientAuthentication, ClientCredentialsRequest, Dpop, ExchangeRequest, Fresh,
    KeyHeader, PushRequest, RefreshRequest, RefreshToken, RevocationRequest, TokenSet, UnsignedProof,
};
use serde_json::{Value, json};

use crate::flow::*;
use crate::signer::{JKT, JWK, Reversing, fresh, read};

pub(crate) const BOUND: &str = r#"{"access_token":"opaque","token_type":"DPoP","refresh_token":"r2"}"#;

pub(crate) fn dpop() -> Dpop {
    Dpop::new(Reversing::with_jwk(), fresh()).unwrap()
}

pub(crate) fn proof<B>(request: &Request<B>) -> (Value, Value) {
    let values: Vec<_> = request.headers().get_all("dpop").iter().collect();
    assert_eq!(values.len(), 1);
    assert!(values[0].is_sensitive());
    read(values[0].to_str().unwrap())
}

/// A refusal for want of a nonce.
fn asking(nonce: &str) -> Response<Vec<u8>> {
    let mut response = json(400, r#"{"error":"use_dpop_nonce"}"#);
    response.headers_mut().insert("dpop-nonce", nonce.parse().unwrap());
    response
}

#[test]
fn dp_01_dp_02_each_request_for_tokens_has_a_proof_of_that_request() {
    let authentication = ClientAuthentication::none().with_dpop(dpop());
    let (server, client_id, token) = (server(), client_id(), RefreshToken::new("r").unwrap());
    let (exchange, _) = ExchangeRequest::new(grant(), &server).build(&authentication).unwrap();
    let (refresh, _) = RefreshRequest::new(&token, &server, &client_id).build(&authentication).unwrap();
    let mut jtis = Vec::new();
    for request in [&exchange, &refresh] {
        let (header, mut claims) = proof(request);
        let jwk: Value = json!({"crv": "P-256", "kty": "EC", "x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
            "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA"});
        assert_eq!(header, json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": jwk}));
        jtis.push(claims.as_object_mut().unwrap().remove("jti").unwrap());
        assert_eq!(claims, json!({"htm": "POST", "htu": "https://as.example/oauth/token", "iat": NOW.as_secs()}));
    }
    assert_ne!(jtis[0], jtis[1]);
    assert_eq!(jtis[0].as_str().unwrap().len(), 22, "128 bits");
    // No proof where no token is asked for.
    let (revocation, _) = RevocationRequest::new(&token, &server, &client_id).build(&authentication).unwrap();
    assert!(!revocation.headers().contains_key("dpop"));
}

#[test]
fn dp_16_a_pushed_request_has_a_proof_and_keeps_its_client_whatever_the_authentication() {
    let server = server().with_pushed_authorization_request_endpoint(endpoint("/par"));
    let redirect_uri = proofkey_authorize::RedirectUri::new("https://app.example/cb").unwrap();
    let dpop = dpop();
    let begun = proofkey_authorize::AuthorizationRequest::new(&server, client_id(), redirect_uri)
        .dpop_jkt(dpop.thumbprint())
        .begin_pushed(&[7; 96], now())
        .unwrap();
    let authentication = ClientAuthentication::basic(secret("s")).with_dpop(dpop);
    let (mut request, _) = PushRequest::new(begun).build(&authentication).unwrap();
    assert_eq!(proof(&request).1["htu"], "https://as.example/par");
    let before = pairs(request.body());
    assert!(before.contains(&("dpop_jkt".to_owned(), JKT.to_owned())));
    authentication.authenticate(&mut request, &server, &client_id()).unwrap();
    assert_eq!(pairs(request.body()), before);
}

#[test]
fn dp_09_every_grant_keeps_to_the_binding() {
    let bound = ClientAuthentication::none().with_dpop(dpop());
    let (server, client_id) = (server(), client_id());
    let (request, waiting) = ClientCredentialsRequest::new(&server, &client_id).build(&bound).unwrap();
    assert_eq!(proof(&request).1["htm"], "POST");
    assert_eq!(waiting.receive(&json(200, GOOD), now()).unwrap_err().code(), "token_not_bound");
    assert_eq!(waiting.receive(&json(200, BOUND), now()).unwrap().token_type(), AccessTokenType::Dpop);
}

#[test]
fn dp_03_dp_13_dp_17_a_server_that_wants_a_nonce_gets_one_new_request() {
    let dpop = dpop();
    let authentication =
        ClientAuthentication::private_key_jwt(Reversing::new("ES256"), fresh()).with_dpop(dpop.clone());
    let (server, client_id) = (server(), client_id());
    let (request, exchange) = ExchangeRequest::new(grant(), &server).build(&authentication).unwrap();
    let asks_again = |response: &Response<Vec<u8>>| authentication.asks_again(request.uri(), response);

    assert!(asks_again(&asking("n1")));
    let mut second = request.clone();
    authentication.authenticate(&mut second, &server, &client_id).unwrap();
    assert_eq!((second.method(), second.uri()), (request.method(), request.uri()));
    let ((_, before), (_, after)) = (proof(&request), proof(&second));
    assert_eq!((&before["nonce"], &after["nonce"]), (&json!(null), &json!("n1")));
    assert_ne!(before["jti"], after["jti"]);
    // The same form, with another assertion in it.
    let (before, after) = (pairs(request.body()), pairs(second.body()));
    assert_eq!(before.len(), after.len());
    let differing: Vec<_> = before.iter().zip(&after).filter(|(a, b)| a != b).map(|(a, _)| a.0.as_str()).collect();
    assert_eq!(differing, ["client_assertion"]);

    // A success gives a nonce as well, which the next request has; a second refusal is final for the caller.
    let mut success = json(200, BOUND);
    success.headers_mut().insert("dpop-nonce", "n2".parse().unwrap());
    assert!(!asks_again(&success));
    assert!(exchange.receive(&success, now()).is_ok());
    let (next, _) = ExchangeRequest::new(grant(), &server).build(&authentication).unwrap();
    assert_eq!(proof(&next).1["nonce"], "n2");

    // An API at the same address has nonces of its own.
    let mut api = Request::get("https://as.example/userinfo").body(()).unwrap();
    dpop.authorize(&mut api, &AccessToken::new("a").unwrap()).unwrap();
    assert_eq!(proof(&api).1.get("nonce"), None);
}

#[test]
fn dp_13_only_a_refusal_for_want_of_a_nonce_is_answered() {
    let authentication = ClientAuthentication::none().with_dpop(dpop());
    let uri: Uri = "https://as.example/oauth/token".parse().unwrap();
    let with_nonce = |mut response: Response<Vec<u8>>| {
        response.headers_mut().insert("dpop-nonce", "n1".parse().unwrap());
        response
    };
    assert!(authentication.asks_again(&uri, &with_nonce(json(401, r#"{"error":"use_dpop_nonce"}"#))));
    for other in [
        json(400, r#"{"error":"use_dpop_nonce"}"#),
        with_nonce(json(400, r#"{"error":"invalid_grant"}"#)),
        with_nonce(json(400, "use_dpop_nonce")),
        with_nonce(json(200, r#"{"error":"use_dpop_nonce"}"#)),
        with_nonce(json(302, r#"{"error":"use_dpop_nonce"}"#)),
    ] {
        assert!(!authentication.asks_again(&uri, &other), "{other:?}");
    }
    // Without DPoP the same response is final.
    assert!(!ClientAuthentication::none().asks_again(&uri, &asking("n1")));
}

#[test]
fn dp_09_a_token_that_is_not_bound_is_refused_and_can_be_revoked() {
    let bound = ClientAuthentication::none().with_dpop(dpop());
    let (_, exchange) = ExchangeRequest::new(grant(), &server()).build(&bound).unwrap();
    for (name, received) in [(r#""Bearer""#, Some("Bearer")), (r#""N_A""#, Some("N_A")), ("null", None)] {
        let error = exchange.receive(&json(200, &with("token_type", name)), now()).unwrap_err();
        assert_eq!(error.code(), "token_not_bound");
        assert!(error.to_string().contains(received.unwrap_or("\"\"")), "{error}");
        assert_eq!(error.tokens().unwrap().access_token().unwrap().expose(), "opaque");
    }
    for name in ["DPoP", "dpop"] {
        let tokens = exchange.receive(&json(200, &with("token_type", &format!("\"{name}\""))), now()).unwrap();
        assert_eq!(tokens.token_type(), AccessTokenType::Dpop);
    }
    // The other way round: a token that nobody asked to be bound cannot be used.
    assert_eq!(receive(BOUND).unwrap_err().code(), "token_type_unknown");
    assert_eq!(receive(GOOD).unwrap().token_type(), AccessTokenType::Bearer);
}

#[test]
fn dp_09_no_leniency_makes_a_bound_token_of_another() {
    let compat = proofkey_authorize::Compat::strict().with_token_type_missing().with_token_type_name("bot");
    let server = server().with_compat(compat);
    for (authentication, is_good) in
        [(ClientAuthentication::none(), true), (ClientAuthentication::none().with_dpop(dpop()), false)]
    {
        for body in [r#"{"access_token":"a"}"#, r#"{"access_token":"a","token_type":"bot"}"#] {
            let (_, exchange) = ExchangeRequest::new(grant(), &server).build(&authentication).unwrap();
            assert_eq!(exchange.receive(&json(200, body), now()).is_ok(), is_good, "{body}");
        }
    }
}

#[test]
fn dp_09_a_refresh_keeps_to_the_binding_and_a_store_to_the_type() {
    let bound = ClientAuthentication::none().with_dpop(dpop());
    let (server, client_id) = (server(), client_id());
    let (_, exchange) = ExchangeRequest::new(grant(), &server).build(&bound).unwrap();
    let tokens = exchange.receive(&json(200, BOUND), now()).unwrap();
    let mut tokens = TokenSet::from_json(&tokens.to_json()).unwrap();
    assert_eq!(tokens.token_type(), AccessTokenType::Dpop);
    let (_, refresh) = tokens.refresh_request(&server, &client_id).unwrap().build(&bound).unwrap();
    assert_eq!(refresh.receive(&json(200, GOOD), now()).unwrap_err().code(), "token_not_bound");
    tokens.update(refresh.receive(&json(200, BOUND), now()).unwrap());
    assert_eq!(tokens.token_type(), AccessTokenType::Dpop);
    let bent = tokens.to_json().replace("\"DPoP\"", "\"MAC\"");
    assert_eq!(TokenSet::from_json(&bent).unwrap_err().code(), "stored_tokens_invalid");
}

/// The access token and its hash of RFC 9449 section 7.1.
#[test]
fn dp_02_dp_10_a_request_to_an_api_has_the_token_and_a_proof_with_its_hash() {
    let dpop = dpop();
    assert_eq!(dpop.thumbprint(), JKT);
    let token = AccessToken::new("Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU").unwrap();
    let mut request =
        Request::get("https://me:secret@resource.example.org:8443/protectedresource?a=b").body(()).unwrap();
    request.headers_mut().insert("authorization", "Bearer x".parse().unwrap());
    for _ in 0..2 {
        dpop.authorize(&mut request, &token).unwrap();
    }
    let authorization: Vec<_> = request.headers().get_all("authorization").iter().collect();
    assert_eq!(authorization, ["DPoP Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"]);
    assert!(authorization[0].is_sensitive());
    let (_, claims) = proof(&request);
    assert_eq!(claims["htm"], "GET");
    assert_eq!(claims["htu"], "https://resource.example.org:8443/protectedresource");
    assert_eq!(claims["ath"], "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo");
}

#[test]
fn dp_13_dp_17_an_api_asks_by_its_challenge() {
    let dpop = dpop();
    let uri: Uri = "https://api.example/a".parse().unwrap();
    let response = |status: u16, challenge: &str| {
        let response =
            Response::builder().status(status).header("www-authenticate", challenge).header("dpop-nonce", "n1");
        response.body(()).unwrap()
    };
    assert!(dpop.asks_again(&uri, &response(401, r#"Bearer realm="x", DPoP error="use_dpop_nonce", algs="ES256""#)));
    let mut request = Request::get("https://api.example/b").body(()).unwrap();
    dpop.authorize(&mut request, &AccessToken::new("a").unwrap()).unwrap();
    assert_eq!(proof(&request).1["nonce"], "n1");
    for (status, challenge) in [
        (401, r#"DPoP error="invalid_token""#),
        (401, r#"Bearer error="use_dpop_nonce""#),
        (403, r#"DPoP error="use_dpop_nonce""#),
        (200, r#"DPoP error="use_dpop_nonce""#),
    ] {
        assert!(!dpop.asks_again(&uri, &response(status, challenge)), "{status} {challenge}");
    }
    let without = Response::builder().status(401).header("www-authenticate", r#"DPoP error="use_dpop_nonce""#);
    assert!(!dpop.asks_again(&uri, &without.body(()).unwrap()), "there is nothing new to say");
}

#[test]
fn what_cannot_be_proved_is_named() {
    assert_eq!(Dpop::new(Reversing::new("ES256"), fresh()).unwrap_err().code(), "key_header_no_jwk");
    let mut relative = Request::get("/a").body(()).unwrap();
    let error = dpop().authorize(&mut relative, &AccessToken::new("a").unwrap()).unwrap_err();
    assert_eq!(error.code(), "token_request_proof_target");
    assert!(relative.headers().is_empty());
    let (bare, fresh) = (KeyHeader::new("ES256").unwrap(), Fresh { now: now(), entropy: [0; 16] });
    let uri: Uri = "https://as.example/".parse().unwrap();
    let error = UnsignedProof::new(&bare, &http::Method::GET, &uri, None, None, fresh).unwrap_err();
    assert_eq!(error.code(), "token_request_proof_key");

    let document = r#"{"issuer":"https://as.example/","authorization_endpoint":"https://as.example/authorize",
        "token_endpoint":"https://as.example/token","dpop_signing_alg_values_supported":["PS256"]}"#;
    let issuer = Issuer::new("https://as.example/").unwrap();
    let (_, discovery) = DiscoveryRequest::new(issuer).path(DiscoveryPath::OAuth).build().unwrap();
    let server: AuthorizationServer = discovery.receive(&json(200, document)).unwrap();
    let bound = ClientAuthentication::none().with_dpop(dpop());
    let error = ExchangeRequest::new(grant(), &server).build(&bound).unwrap_err();
    assert_eq!(error.code(), "token_request_signing_algorithm");
    assert!(error.to_string().contains("dpop_signing_alg_values_supported accepts: PS256"), "{error}");
}

#[test]
fn a_proof_can_be_signed_elsewhere() {
    let key = KeyHeader::new("ES256").unwrap().with_public_jwk(JWK).unwrap();
    let uri: Uri = "https://as.example/oauth/token?tenant=1".parse().unwrap();
    let fresh = Fresh { now: now(), entropy: [1; 16] };
    let unsigned = UnsignedProof::new(&key, &http::Method::POST, &uri, None, Some("n1"), fresh).unwrap();
    let signature: Vec<u8> = unsigned.signing_input().iter().rev().copied().collect();
    assert_eq!(format!("{unsigned:?}"), "UnsignedProof(..)");
    let signed = unsigned.finish(&signature);
    assert_eq!(format!("{signed:?}"), "DpopProof(..)");
    let authentication = ClientAuthentication::none().with_dpop_proof(signed);
    let (request, exchange) = ExchangeRequest::new(grant(), &server()).build(&authentication).unwrap();
    assert_eq!(proof(&request).1["nonce"], "n1");
    assert_eq!(exchange.receive(&json(200, GOOD), now()).unwrap_err().code(), "token_not_bound");
    assert!(format!("{:?}", dpop()).contains(JKT));
}
