//! DPoP proofs at a resource server (DP-04 to DP-07, DP-11, DP-12; RFC 9449 sections 4.3 and 7).

use std::time::{Duration, SystemTime};

use aws_lc_rs::digest::{SHA256, digest};
use proofkey_jwt::{
    Algorithm, AwsLc, Credentials, CredentialsError, DpopPolicy, DpopProof, DpopProofError, DpopRequest, JwkSet,
    ReplayError, ReplayWindow, Required,
};
use serde_json::{Value, json};

use crate::access_token::{access, at_jwt, receive, receive_at, server};
use crate::support::*;

pub(crate) const TOKEN: &str = "the.access.token";
pub(crate) const URL: &str = "https://api.example/orders";

fn ath(token: &str) -> String {
    encode(digest(&SHA256, token.as_bytes()).as_ref())
}

/// The header for the key, signed with that algorithm.
pub(crate) fn proof_header(key: &Key, algorithm: Algorithm) -> Value {
    json!({"typ": "dpop+jwt", "alg": algorithm.name(), "jwk": key.jwk()})
}

pub(crate) fn proof_claims(token: &str) -> Value {
    json!({"jti": "id-1", "htm": "GET", "htu": URL, "iat": NOW, "ath": ath(token)})
}

pub(crate) fn proof(header: &Value, claims: &Value) -> String {
    token_of(&header.to_string(), claims.to_string().as_bytes(), &ED, Algorithm::EdDsa)
}

pub(crate) fn prove(proof: &str, now: SystemTime) -> Result<DpopProof, DpopProofError> {
    DpopProof::validate(proof, &DpopPolicy::new(), &DpopRequest::new("GET", URL, TOKEN), now)
}

fn honest() -> String {
    proof(&proof_header(&ED, Algorithm::EdDsa), &proof_claims(TOKEN))
}

/// The code of the refusal of a proof with one claim bent, after the honest twin was accepted.
fn claim(name: &str, value: impl Into<Option<Value>>) -> Result<(), &'static str> {
    prove(&honest(), at(NOW)).unwrap();
    let bent = proof(&proof_header(&ED, Algorithm::EdDsa), &with(proof_claims(TOKEN), name, value));
    prove(&bent, at(NOW)).map(|_| ()).map_err(|error| error.code())
}

fn header_with(name: &str, value: impl Into<Option<Value>>) -> Result<(), &'static str> {
    prove(&honest(), at(NOW)).unwrap();
    let bent = proof(&with(proof_header(&ED, Algorithm::EdDsa), name, value), &proof_claims(TOKEN));
    prove(&bent, at(NOW)).map(|_| ()).map_err(|error| error.code())
}

#[test]
fn the_honest_proof_is_accepted_with_each_kind_of_key() {
    for (key, algorithm) in [
        (&*ED, Algorithm::EdDsa),
        (&*P256, Algorithm::Es256),
        (&*P384, Algorithm::Es384),
        (&*RSA, Algorithm::Rs256),
        (&*RSA, Algorithm::Ps256),
    ] {
        let header = proof_header(key, algorithm).to_string();
        let text = token_of(&header, proof_claims(TOKEN).to_string().as_bytes(), key, algorithm);
        let proof = prove(&text, at(NOW)).unwrap();
        assert_eq!(proof.thumbprint(), set(key).keys()[0].thumbprint(&AwsLc));
        assert_eq!((proof.token_id(), proof.issued_at().to_system_time()), ("id-1", at(NOW)));
        assert!(format!("{proof:?}").starts_with("DpopProof { thumbprint: \""));
    }
    let request = DpopRequest::new("GET", URL, TOKEN).nonces(["secret-nonce"]);
    assert!(!format!("{request:?}").contains("access.token") && !format!("{request:?}").contains("secret-nonce"));
}

/// RFC 9449 section 7.1 prints a request with its proof.
#[test]
fn dp_10_the_proof_of_the_rfc_is_accepted() {
    let proof = concat!(
        "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJo",
        "RjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.",
        "eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRy",
        "ZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.",
        "2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA",
    );
    let token = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";
    let request = DpopRequest::new("GET", "https://resource.example.org/protectedresource", token);
    let proof = DpopProof::validate(proof, &DpopPolicy::new(), &request, at(1_562_262_618)).unwrap();
    assert_eq!(proof.thumbprint(), "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
}

#[test]
fn dp_04_there_is_one_proof_and_it_is_a_jwt() {
    let dpop =
        |fields: &[&'static str]| Credentials::parse(["DPoP abc"], fields.iter().copied()).map(Credentials::proof);
    assert_eq!(dpop(&["a.b.c"]), Ok(Some("a.b.c")));
    assert_eq!(dpop(&["a.b.c", "a.b.c"]), Err(CredentialsError::ProofRepeated));
    assert_eq!(dpop(&[]), Err(CredentialsError::ProofMissing));
    // A proxy joins two fields with a comma.
    for text in [String::new(), "a".into(), format!("{0}, {0}", honest()), format!("{}.", honest())] {
        assert!(matches!(prove(&text, at(NOW)), Err(DpopProofError::Decode(_))), "{text}");
    }
}

#[test]
fn dp_05_what_every_proof_has() {
    for name in ["jti", "htm", "htu", "iat", "ath"] {
        let code = claim(name, None).unwrap_err();
        assert_eq!(code, format!("dpop_proof_{name}_missing"));
        for wrong in [json!([]), json!({}), json!(true)] {
            assert_eq!(claim(name, wrong).unwrap_err(), format!("dpop_proof_{name}_wrong_type"));
        }
    }
    assert_eq!(claim("jti", json!("")), Err("dpop_proof_jti_empty"));
    for typ in ["dpop+jwt", "application/dpop+jwt", "DPoP+JWT"] {
        assert_eq!(header_with("typ", json!(typ)), Ok(()));
    }
    for typ in ["JWT", "at+jwt", "dpop"] {
        assert_eq!(header_with("typ", json!(typ)), Err("dpop_proof_typ_mismatch"));
    }
    assert_eq!(header_with("typ", None), Err("dpop_proof_typ_mismatch"));
    assert_eq!(header_with("alg", json!("none")), Err("jwt_alg_none"));
    assert_eq!(header_with("alg", json!("HS256")), Err("jws_algorithm_not_accepted"));
    assert_eq!(header_with("alg", json!("ES512")), Err("jws_algorithm_not_accepted"));
    assert_eq!(header_with("alg", json!("ES256")), Err("jwk_algorithm_mismatch"));
    assert_eq!(header_with("jwk", None), Err("dpop_proof_jwk_missing"));
    assert_eq!(header_with("jwk", json!("key")), Err("jwk_not_an_object"));
    assert_eq!(header_with("jwk", OTHER_ED.jwk()), Err("dpop_proof_bad_signature"));
    assert_eq!(header_with("jwk", with(ED.jwk(), "d", json!(ED_SEED))), Err("jwk_private_key"));
    assert_eq!(header_with("jwk", json!({"kty": "oct", "k": "AAAA"})), Err("jwk_symmetric_key"));
    assert_eq!(header_with("jwk", with(ED.jwk(), "x", json!(encode(&[0; 32])))), Err("jwk_small_order_point"));
    assert_eq!(header_with("jwk", with(ED.jwk(), "use", json!("enc"))), Err("jwk_not_for_signatures"));
    let off_curve = with(P256.jwk(), "x", json!(encode(&[0; 32])));
    let bent = with(with(proof_header(&P256, Algorithm::Es256), "jwk", off_curve), "alg", json!("ES256"));
    let text = token_of(&bent.to_string(), proof_claims(TOKEN).to_string().as_bytes(), &P256, Algorithm::Es256);
    assert_eq!(prove(&text, at(NOW)).unwrap_err().code(), "jwk_refused_by_crypto");
    let narrow = DpopPolicy::new().algorithms([Algorithm::Es256]);
    let refused = DpopProof::validate(&honest(), &narrow, &DpopRequest::new("GET", URL, TOKEN), at(NOW));
    assert_eq!(refused.unwrap_err().code(), "jws_algorithm_not_accepted");
}

#[test]
fn dp_06_the_proof_is_of_this_method_and_this_url() {
    for method in ["POST", "get", "GET ", ""] {
        assert_eq!(claim("htm", json!(method)), Err("dpop_proof_htm_mismatch"));
    }
    for url in ["HTTPS://API.example:443/orders", "https://api.example/%6frders", "https://api.example/x/../orders?y#z"]
    {
        assert_eq!(claim("htu", json!(url)), Ok(()), "{url}");
    }
    for url in [
        "https://api.example/orders/",
        "https://api.example/Orders",
        "http://api.example/orders",
        "/orders",
        "",
        "https://api.example:8443/orders",
        "https://user@api.example/orders",
        "https://api.example.evil.example/orders",
    ] {
        assert_eq!(claim("htu", json!(url)), Err("dpop_proof_htu_mismatch"), "{url}");
    }
    // The request's own URL has a query, which the proof has not.
    let request = DpopRequest::new("GET", format!("{URL}?page=2"), TOKEN);
    DpopProof::validate(&honest(), &DpopPolicy::new(), &request, at(NOW)).unwrap();
    // A server that does not know its own URL accepts no proof.
    let unknown = DpopRequest::new("GET", "/orders", TOKEN);
    let bent = proof(&proof_header(&ED, Algorithm::EdDsa), &with(proof_claims(TOKEN), "htu", json!("/orders")));
    assert!(DpopProof::validate(&bent, &DpopPolicy::new(), &unknown, at(NOW)).is_err());
}

#[test]
fn dp_07_the_proof_is_fresh() {
    for iat in [json!(NOW + 30), json!(NOW - 90), json!(NOW - 1)] {
        assert_eq!(claim("iat", iat), Ok(()));
    }
    assert_eq!(claim("iat", json!(NOW + 31)), Err("dpop_proof_iat_in_the_future"));
    assert_eq!(claim("iat", json!(NOW - 91)), Err("dpop_proof_iat_too_old"));
    assert_eq!(claim("iat", json!(-1)), Err("dpop_proof_iat_out_of_range"));
    assert_eq!(claim("iat", json!(NOW.to_string())), Err("dpop_proof_iat_wrong_type"));
    let policy = DpopPolicy::new().max_age(Duration::from_secs(5)).leeway(Duration::ZERO);
    let request = DpopRequest::new("GET", URL, TOKEN);
    DpopProof::validate(&honest(), &policy, &request, at(NOW + 5)).unwrap();
    let refused = DpopProof::validate(&honest(), &policy, &request, at(NOW + 6)).unwrap_err();
    assert_eq!(refused.code(), "dpop_proof_iat_too_old");
}

#[test]
fn dp_07_a_proof_is_accepted_once() {
    let mut seen = ReplayWindow::new(3);
    let first = prove(&honest(), at(NOW)).unwrap();
    assert_eq!(seen.accept_proof(&first, at(NOW)), Ok(()));
    let again = prove(&honest(), at(NOW + 90)).unwrap();
    assert_eq!(seen.accept_proof(&again, at(NOW + 90)), Err(ReplayError::Replayed));
    // When it is remembered no longer, it is accepted no longer.
    assert_eq!(prove(&honest(), at(NOW + 91)).unwrap_err().code(), "dpop_proof_iat_too_old");
    let other = proof(&proof_header(&ED, Algorithm::EdDsa), &with(proof_claims(TOKEN), "jti", json!("id-2")));
    assert_eq!(seen.accept_proof(&prove(&other, at(NOW)).unwrap(), at(NOW)), Ok(()));
    // The same jti of another key is another proof.
    let header = proof_header(&P256, Algorithm::Es256).to_string();
    let of_another = token_of(&header, proof_claims(TOKEN).to_string().as_bytes(), &P256, Algorithm::Es256);
    assert_eq!(seen.accept_proof(&prove(&of_another, at(NOW)).unwrap(), at(NOW)), Ok(()));
    assert_eq!(seen.len(), 3);
}

#[test]
fn dp_14_a_nonce_that_is_demanded_is_there() {
    let request = || DpopRequest::new("GET", URL, TOKEN).nonces(["new", "old"]);
    let with_nonce = |nonce: Option<Value>| {
        let text = proof(&proof_header(&ED, Algorithm::EdDsa), &with(proof_claims(TOKEN), "nonce", nonce));
        DpopProof::validate(&text, &DpopPolicy::new(), &request(), at(NOW)).map(|_| ())
    };
    assert_eq!((with_nonce(Some(json!("new"))), with_nonce(Some(json!("old")))), (Ok(()), Ok(())));
    for (nonce, code) in [
        (None, "dpop_proof_nonce_missing"),
        (Some(json!("older")), "dpop_proof_nonce_mismatch"),
        (Some(json!("")), "dpop_proof_nonce_mismatch"),
        (Some(json!(7)), "dpop_proof_nonce_wrong_type"),
    ] {
        let error = with_nonce(nonce).unwrap_err();
        assert_eq!((error.code(), error.is_nonce_needed()), (code, true));
    }
    // A server that has lost its nonces still demands one.
    let lost = DpopRequest::new("GET", URL, TOKEN).nonces(Vec::<String>::new());
    for nonce in [None, Some(json!("new"))] {
        let text = proof(&proof_header(&ED, Algorithm::EdDsa), &with(proof_claims(TOKEN), "nonce", nonce));
        let error = DpopProof::validate(&text, &DpopPolicy::new(), &lost, at(NOW)).unwrap_err();
        assert!(error.is_nonce_needed(), "{error}");
    }
    // Where none is demanded, one is no fault.
    assert_eq!(claim("nonce", json!("any")), Ok(()));
    assert!(!prove("", at(NOW)).unwrap_err().is_nonce_needed());
}

#[test]
fn dp_11_the_proof_is_of_this_access_token() {
    assert_eq!(claim("ath", json!(ath("another"))), Err("dpop_proof_ath_mismatch"));
    assert_eq!(claim("ath", json!(format!("{}=", ath(TOKEN)))), Err("dpop_proof_ath_mismatch"));
    assert_eq!(claim("ath", json!("")), Err("dpop_proof_ath_mismatch"));
}

/// A bound access token, and a proof for a token with a key.
fn bound() -> (String, impl Fn(&Key, Algorithm, &str) -> DpopProof) {
    let jkt = set(&ED).keys()[0].thumbprint(&AwsLc);
    let token = at_jwt(&with(access(), "cnf", json!({"jkt": jkt})));
    let proof = |key: &Key, algorithm, token: &str| {
        let text = token_of(
            &proof_header(key, algorithm).to_string(),
            proof_claims(token).to_string().as_bytes(),
            key,
            algorithm,
        );
        DpopProof::validate(&text, &DpopPolicy::new(), &DpopRequest::new("GET", URL, token), at(NOW)).unwrap()
    };
    (token, proof)
}

#[test]
fn dp_11_dp_12_a_bound_token_needs_the_proof_of_its_own_key() {
    let (token, proof) = bound();
    let refusal =
        |token: &str, required: &Required| receive_at(token, &server(), required, at(NOW)).unwrap_err().code();
    let own = Required::new().proof(proof(&ED, Algorithm::EdDsa, &token));
    let accepted = receive_at(&token, &server().require_binding(), &own, at(NOW)).unwrap();
    assert_eq!(accepted.key_thumbprint(), Some(proof(&ED, Algorithm::EdDsa, &token).thumbprint()));
    // Sent as a bearer token.
    assert_eq!(refusal(&token, &Required::new()), "access_token_cnf_unconfirmed");
    // Stolen, with a proof of the thief's own key.
    let thief = Required::new().proof(proof(&P256, Algorithm::Es256, &token));
    assert_eq!(refusal(&token, &thief), "access_token_cnf_mismatch");
    // With a proof that was made for another token.
    let other = at_jwt(&with(access(), "jti", json!("id-2")));
    let other = Required::new().proof(proof(&ED, Algorithm::EdDsa, &other));
    assert_eq!(refusal(&token, &other), "access_token_cnf_mismatch");
    // A token that is not bound, sent with a proof.
    let bearer = at_jwt(&access());
    let unbound = Required::new().proof(proof(&ED, Algorithm::EdDsa, &bearer));
    assert_eq!(refusal(&bearer, &unbound), "access_token_cnf_missing");
    receive(&access(), &Required::new()).unwrap();
    // Bound to a certificate only, sent with a proof and the certificate.
    let certified = at_jwt(&with(access(), "cnf", json!({"x5t#S256": ath("DER")})));
    let required = Required::new().certificate(*b"DER");
    receive_at(&certified, &server(), &required, at(NOW)).unwrap();
    let required = required.proof(proof(&ED, Algorithm::EdDsa, &certified));
    assert_eq!(refusal(&certified, &required), "access_token_cnf_mismatch");
}

#[test]
fn the_key_in_the_header_of_any_other_token_is_never_used() {
    let own = with(header(), "jwk", OTHER_ED.jwk()).to_string();
    let forged = token_of(
        &with(serde_json::from_str(&own).unwrap(), "typ", json!("at+jwt")).to_string(),
        access().to_string().as_bytes(),
        &OTHER_ED,
        Algorithm::EdDsa,
    );
    assert_eq!(receive_at(&forged, &server(), &Required::new(), at(NOW)).unwrap_err().code(), "jws_bad_signature");
    let empty = JwkSet::empty();
    let refused = proofkey_jwt::JwtAccessToken::validate(&forged, &empty, &server(), &Required::new(), at(NOW));
    assert_eq!(refused.unwrap_err().code(), "jws_key_not_found");
}

#[test]
fn dp_11_another_url_is_named_without_its_query() {
    let text = proof(
        &proof_header(&ED, Algorithm::EdDsa),
        &with(proof_claims(TOKEN), "htu", json!("http://inner:80/a?q=secret#f")),
    );
    let error = prove(&text, at(NOW)).unwrap_err();
    assert_eq!(error.code(), "dpop_proof_htu_mismatch");
    let said = error.to_string();
    assert!(said.contains("received: http://inner:80/a)") && said.contains(URL) && !said.contains("secret"), "{said}");
}

#[test]
fn an_age_that_no_clock_reaches_is_no_panic() {
    let text = proof(&proof_header(&ED, Algorithm::EdDsa), &proof_claims(TOKEN));
    let policy = DpopPolicy::new().max_age(Duration::MAX).leeway(Duration::MAX);
    let valid = DpopProof::validate(&text, &policy, &DpopRequest::new("GET", URL, TOKEN), at(NOW)).unwrap();
    ReplayWindow::new(1).accept_proof(&valid, at(NOW)).unwrap();
}
