//! What an API answers (AT-08, AT-09, RS-03, SU-01; RFC 6750 section 3, RFC 9449 section 7.1, RFC 9470 section 3, RFC 9728
//! section 5.1).

use std::time::Duration;

use proofkey_jwt::DpopProof;
use proofkey_jwt::{
    Challenge, ChallengeCode, Credentials, CredentialsError, DpopPolicy, DpopRequest, ReplayError, Required,
};
use serde_json::json;

use crate::access_token::{access, receive};
use crate::support::*;

const METADATA: &str = "https://api.example/.well-known/oauth-protected-resource";

#[test]
fn at_08_without_credentials_there_is_no_error_code() {
    for error in [CredentialsError::Missing, CredentialsError::OtherScheme] {
        let challenge = Challenge::bearer("orders").credentials_refused(&error);
        assert_eq!((challenge.status(), challenge.to_string()), (401, r#"Bearer realm="orders""#.to_owned()));
    }
    let named = Challenge::bearer("orders").scope("orders:read").resource_metadata(METADATA);
    assert_eq!(
        named.to_string(),
        format!(r#"Bearer realm="orders", scope="orders:read", resource_metadata="{METADATA}""#)
    );
    let dpop = Challenge::dpop(&DpopPolicy::new()).credentials_refused(&CredentialsError::Missing);
    assert_eq!(dpop.to_string(), r#"DPoP algs="ES256 ES384 EdDSA PS256 RS256""#);
}

#[test]
fn at_09_each_error_has_its_status() {
    for (code, status) in [
        (ChallengeCode::InvalidRequest, 400),
        (ChallengeCode::InvalidToken, 401),
        (ChallengeCode::InsufficientScope, 403),
        (ChallengeCode::InsufficientUserAuthentication, 401),
        (ChallengeCode::InvalidDpopProof, 401),
        (ChallengeCode::UseDpopNonce, 401),
    ] {
        let challenge = Challenge::dpop(&DpopPolicy::new()).refused(code);
        assert_eq!((challenge.status(), code.status()), (status, status));
        let written = format!("\", error=\"{}\", error_description=\"", code.as_str());
        assert!(challenge.to_string().contains(&written), "{challenge}");
        // The codes of DPoP belong to its scheme.
        let bearer = Challenge::bearer("orders").refused(code);
        let is_dpop = matches!(code, ChallengeCode::InvalidDpopProof | ChallengeCode::UseDpopNonce);
        assert_eq!((bearer.status(), bearer.to_string().contains(&written)), (status, !is_dpop), "{bearer}");
    }
    for (error, status) in [
        (CredentialsError::Repeated, 400),
        (CredentialsError::Malformed, 400),
        (CredentialsError::ProofMissing, 401),
        (CredentialsError::ProofRepeated, 401),
    ] {
        assert_eq!(Challenge::bearer("orders").credentials_refused(&error).status(), status, "{error}");
    }
}

#[test]
fn at_09_rs_03_a_refused_token_gets_the_code_of_its_fault() {
    let required = Required::new().scope("read admin").acr(["gold", "silver"]).max_age(Duration::from_secs(300));
    let answer = |name: &str, value: Option<serde_json::Value>| {
        let strong = with(with(access(), "acr", json!("gold")), "auth_time", json!(NOW));
        let honest = with(strong, "scope", json!("read admin"));
        receive(&honest, &required).unwrap();
        let error = receive(&with(honest, name, value), &required).unwrap_err();
        let challenge = Challenge::bearer("orders").resource_metadata(METADATA).token_refused(&error, &required);
        (
            challenge.status(),
            challenge.to_string().replace(&format!("Bearer realm=\"orders\", resource_metadata=\"{METADATA}\", "), ""),
        )
    };
    let invalid = || {
        (
            401,
            r#"error="invalid_token", error_description="The access token is expired, revoked or invalid""#.to_owned(),
        )
    };
    assert_eq!(answer("exp", Some(json!(0))), invalid());
    assert_eq!(answer("iss", Some(json!("https://other.example"))), invalid());
    assert_eq!(answer("acr", Some(json!(7))), invalid());
    assert_eq!(answer("auth_time", Some(json!(NOW + 3600))), invalid());
    assert_eq!(answer("scope", Some(json!(7))), invalid());
    assert_eq!(answer("cnf", Some(json!({"jkt": "AAAA"}))), invalid());
    let insufficient = (
        403,
        r#"error="insufficient_scope", error_description="The access token lacks a scope that the request needs", scope="read admin""#
            .to_owned(),
    );
    assert_eq!(answer("scope", Some(json!("read"))), insufficient);
    assert_eq!(answer("scope", None), insufficient);
    let step_up = || {
        (
            401,
            r#"error="insufficient_user_authentication", error_description="The user has to authenticate again", acr_values="gold silver", max_age="300""#
                .to_owned(),
        )
    };
    for (name, value) in
        [("acr", Some(json!("bronze"))), ("acr", None), ("auth_time", Some(json!(NOW - 361))), ("auth_time", None)]
    {
        assert_eq!(answer(name, value), step_up());
    }
    let only_age = Required::new().max_age(Duration::from_secs(5));
    let error = receive(&access(), &only_age).unwrap_err();
    let challenge = Challenge::bearer("orders").token_refused(&error, &only_age).to_string();
    assert!(challenge.ends_with(r#"again", max_age="5""#) && !challenge.contains("acr_values"), "{challenge}");
    let malformed =
        proofkey_jwt::JwtAccessToken::validate("a.b", &set(&ED), &crate::access_token::server(), &required, at(NOW));
    let challenge = Challenge::bearer("orders").token_refused(&malformed.unwrap_err(), &required);
    assert_eq!((challenge.status(), challenge.to_string().contains("invalid_token")), (401, true));
}

#[test]
fn a_refused_proof_gets_its_code() {
    let policy = DpopPolicy::new().algorithms([proofkey_jwt::Algorithm::Es256]);
    let request = DpopRequest::new("GET", "https://api.example", "token").nonces(["n"]);
    let error = DpopProof::validate("a.b.c", &policy, &request, at(NOW)).unwrap_err();
    let challenge = Challenge::dpop(&policy).proof_refused(&error);
    assert_eq!(
        (challenge.status(), challenge.to_string().as_str()),
        (401, r#"DPoP algs="ES256", error="invalid_dpop_proof", error_description="The DPoP proof is invalid""#)
    );
    use crate::dpop_proof::{TOKEN, URL, proof, proof_claims, proof_header};
    let text = proof(&proof_header(&ED, proofkey_jwt::Algorithm::EdDsa), &proof_claims(TOKEN));
    let request = DpopRequest::new("GET", URL, TOKEN).nonces(["n"]);
    let error = DpopProof::validate(&text, &DpopPolicy::new(), &request, at(NOW)).unwrap_err();
    let challenge = Challenge::dpop(&policy).proof_refused(&error);
    assert!(challenge.to_string().contains(r#"error="use_dpop_nonce""#) && challenge.status() == 401);
    let replayed = Challenge::dpop(&policy).replay_refused(&ReplayError::Replayed);
    assert!(replayed.to_string().contains(r#"error="invalid_dpop_proof""#) && replayed.status() == 401);
    let full = Challenge::dpop(&policy).replay_refused(&ReplayError::Full);
    assert_eq!((full.to_string().as_str(), full.status()), (r#"DPoP algs="ES256""#, 503));
}

#[test]
fn values_are_quoted_and_cannot_leave_their_field() {
    let challenge = Challenge::bearer("orders").realm("a \"b\" \\ c\r\nSet-Cookie: x=1\u{e9}\u{7f}\t");
    assert_eq!(challenge.to_string(), r#"Bearer realm="a \"b\" \\ c??Set-Cookie: x=1???""#);
    // A parameter stands once.
    let twice = Challenge::bearer("orders").scope("a").scope("b").refused(ChallengeCode::InvalidToken);
    assert_eq!(twice.refused(ChallengeCode::InvalidRequest).to_string().matches("error=").count(), 1);
}

#[test]
fn at_05_credentials_are_one_token_in_one_field() {
    let parse = |fields: &[&'static str]| Credentials::parse(fields.iter().copied(), []).map(Credentials::access_token);
    for field in ["Bearer a.b.c", "bearer a.b.c", "BEARER  a.b.c", " Bearer a.b.c "] {
        assert_eq!(parse(&[field]), Ok("a.b.c"), "{field}");
    }
    assert_eq!(parse(&["Bearer 00Dx!AR8A+/="]), Ok("00Dx!AR8A+/="));
    assert_eq!(parse(&[]), Err(CredentialsError::Missing));
    assert_eq!(parse(&["Bearer a", "Bearer a"]), Err(CredentialsError::Repeated));
    for field in ["", "Basic YTpi", "Bearerx a", "a.b.c", "Token a"] {
        assert_eq!(parse(&[field]), Err(CredentialsError::OtherScheme), "{field}");
    }
    for field in ["Bearer", "Bearer ", "Bearer a b", "Bearer a, Basic b", "Bearer a,b", "Bearer \u{e9}", "Bearer a\tb"]
    {
        assert_eq!(parse(&[field]), Err(CredentialsError::Malformed), "{field}");
    }
    let both = Credentials::parse(["DPoP abc"], [" proof "]).unwrap();
    assert_eq!((both.access_token(), both.proof()), ("abc", Some("proof")));
    assert_eq!(format!("{both:?}"), "Credentials(DPoP, ..)");
    // Beside the scheme Bearer a proof does not count, so a bound token is refused as a bearer token.
    let bearer = Credentials::parse(["Bearer abc"], ["proof", "proof"]).unwrap();
    assert_eq!((bearer.proof(), format!("{bearer:?}")), (None, "Credentials(Bearer, ..)".to_owned()));
}

#[test]
fn su_01_an_empty_list_of_contexts_refuses_every_token() {
    let strong = with(access(), "acr", json!("gold"));
    receive(&strong, &Required::new().acr(["gold"])).unwrap();
    let none = Required::new().acr(Vec::<String>::new());
    let error = receive(&strong, &none).unwrap_err();
    assert_eq!(error.code(), "access_token_acr_mismatch");
    let challenge = Challenge::bearer("orders").token_refused(&error, &none);
    assert!(!challenge.to_string().contains("acr_values"), "{challenge}");
}

#[test]
fn a_field_that_is_no_text_counts_as_a_field() {
    let text: &[u8] = b"Bearer abc";
    assert_eq!(Credentials::parse([text], []).unwrap().access_token(), "abc");
    assert_eq!(Credentials::parse([text, b"Bearer \xff"], []).unwrap_err(), CredentialsError::Repeated);
    assert_eq!(Credentials::parse([b"Bearer \xff".as_slice()], []).unwrap_err(), CredentialsError::Malformed);
    let proof = Credentials::parse([b"DPoP abc".as_slice()], [b"\xff".as_slice()]).unwrap_err();
    assert_eq!(proof, CredentialsError::Malformed);
}
