//! A DPoP proof is refused: its form, its type, its key, its signature and each claim. And so are credentials.

use proofkey_jwt::{Algorithm, Credentials, CredentialsError, DpopPolicy, DpopProof, DpopProofError, DpopRequest};
use serde_json::{Value, json};

use super::{Pair, Row, check};
use crate::dpop_proof::{TOKEN, URL, proof, proof_claims, proof_header, prove};
use crate::support::{ED, NOW, OTHER_ED, at, with};

pub(crate) const TYPES: [&str; 2] = ["DpopProofError", "CredentialsError"];

#[test]
fn every_dpop_proof_error() {
    check("DpopProofError", &rows(), DpopProofError::code);
    prove(&proof(&proof_header(&ED, Algorithm::EdDsa), &proof_claims(TOKEN)), at(NOW)).unwrap();
}

#[test]
fn every_credentials_error() {
    let rows: [Row<CredentialsError>; 6] = [
        ("credentials_missing", || Credentials::parse::<str>([], []).unwrap_err()),
        ("credentials_repeated", || Credentials::parse(["Bearer a", "Bearer b"], []).unwrap_err()),
        ("credentials_other_scheme", || Credentials::parse(["Basic a"], []).unwrap_err()),
        ("credentials_malformed", || Credentials::parse(["Bearer"], []).unwrap_err()),
        ("credentials_proof_missing", || Credentials::parse(["DPoP a"], []).unwrap_err()),
        ("credentials_proof_repeated", || Credentials::parse(["DPoP a"], ["b", "c"]).unwrap_err()),
    ];
    check("CredentialsError", &rows, CredentialsError::code);
}

pub(crate) fn pairs() -> Vec<Pair> {
    let pair = |(_, provoke): Row<DpopProofError>| match provoke() {
        DpopProofError::Claim { claim, fault, .. } => Some((claim, fault, "dpop_proof_", provoke().code())),
        _ => None,
    };
    rows().into_iter().filter_map(pair).collect()
}

fn rows() -> Vec<Row<DpopProofError>> {
    vec![
        ("jwt_segment_count", || prove("a.b", at(NOW)).unwrap_err()),
        ("dpop_proof_typ_mismatch", || header("typ", json!("JWT"))),
        ("jws_algorithm_not_accepted", || header("alg", json!("RS512"))),
        ("dpop_proof_jwk_missing", || header("jwk", None)),
        ("jwk_private_key", || header("jwk", with(ED.jwk(), "d", json!("AAAA")))),
        ("dpop_proof_bad_signature", || header("jwk", OTHER_ED.jwk())),
        ("dpop_proof_jti_missing", || claim("jti", None)),
        ("dpop_proof_htm_missing", || claim("htm", None)),
        ("dpop_proof_htm_mismatch", || claim("htm", json!("POST"))),
        ("dpop_proof_htu_missing", || claim("htu", None)),
        ("dpop_proof_htu_mismatch", || claim("htu", json!("https://other.example"))),
        ("dpop_proof_iat_too_old", || claim("iat", json!(NOW - 91))),
        ("dpop_proof_ath_mismatch", || claim("ath", json!("AAAA"))),
        ("dpop_proof_nonce_missing", || {
            let text = proof(&proof_header(&ED, Algorithm::EdDsa), &proof_claims(TOKEN));
            let request = DpopRequest::new("GET", URL, TOKEN).nonces(["n"]);
            DpopProof::validate(&text, &DpopPolicy::new(), &request, at(NOW)).unwrap_err()
        }),
    ]
}

fn header(name: &str, value: impl Into<Option<Value>>) -> DpopProofError {
    let header = with(proof_header(&ED, Algorithm::EdDsa), name, value);
    prove(&proof(&header, &proof_claims(TOKEN)), at(NOW)).unwrap_err()
}

fn claim(name: &str, value: impl Into<Option<Value>>) -> DpopProofError {
    let claims = with(proof_claims(TOKEN), name, value);
    prove(&proof(&proof_header(&ED, Algorithm::EdDsa), &claims), at(NOW)).unwrap_err()
}
