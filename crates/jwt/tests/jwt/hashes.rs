use aws_lc_rs::digest;
use proofkey_jwt::{Algorithm, Outcome, Rule};
use serde_json::json;

use crate::support::*;

const ACCESS_TOKEN: &str = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
const CODE: &str = "Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk";

fn half(function: &'static digest::Algorithm, text: &str) -> String {
    let digest = digest::digest(function, text.as_bytes());
    encode(&digest.as_ref()[..digest.as_ref().len() / 2])
}

#[test]
fn id_26_at_hash_binds_the_access_token() {
    let right = half(&digest::SHA512, ACCESS_TOKEN);
    let expecting = || expected().access_token(ACCESS_TOKEN);
    let check = |hash: serde_json::Value| {
        validate(&token(&with(claims(), "at_hash", hash)), &expecting()).map(|_| ()).map_err(|error| error.code())
    };
    assert_eq!(check(json!(right)), Ok(()));
    assert_eq!(check(json!(half(&digest::SHA512, "another token"))), Err("id_token_at_hash_mismatch"));
    assert_eq!(check(json!(right[1..])), Err("id_token_at_hash_mismatch"));
    assert_eq!(check(json!(format!("{right}=="))), Err("id_token_at_hash_mismatch"));
    assert_eq!(check(json!("")), Err("id_token_at_hash_mismatch"));
    assert_eq!(
        check(json!(encode(digest::digest(&digest::SHA512, ACCESS_TOKEN.as_bytes()).as_ref()))),
        Err("id_token_at_hash_mismatch")
    );
    assert_eq!(check(json!([right])), Err("id_token_at_hash_wrong_type"));
    // A wrong type is a fault even where there is nothing to compare with.
    assert_eq!(refusal("at_hash", json!(7)), "id_token_at_hash_wrong_type");
}

#[test]
fn id_27_the_hash_is_that_of_the_algorithm() {
    let functions = [&digest::SHA256, &digest::SHA384, &digest::SHA512];
    for (key, algorithm, right) in [
        (&*RSA, Algorithm::Rs256, 0),
        (&*RSA, Algorithm::Rs384, 1),
        (&*RSA, Algorithm::Rs512, 2),
        (&*RSA, Algorithm::Ps256, 0),
        (&*RSA, Algorithm::Ps384, 1),
        (&*RSA, Algorithm::Ps512, 2),
        (&*P256, Algorithm::Es256, 0),
        (&*P384, Algorithm::Es384, 1),
        (&*P521, Algorithm::Es512, 2),
        (&*ED, Algorithm::EdDsa, 2),
    ] {
        for (index, function) in functions.into_iter().enumerate() {
            let payload = with(claims(), "at_hash", json!(half(function, ACCESS_TOKEN))).to_string();
            let header = json!({"alg": algorithm.name()}).to_string();
            let token = token_of(&header, payload.as_bytes(), key, algorithm);
            let expected = expected().algorithms([algorithm]).access_token(ACCESS_TOKEN);
            let outcome = validate_with(&token, &set(key), &expected).map(|_| ()).map_err(|error| error.code());
            let due = if index == right { Ok(()) } else { Err("id_token_at_hash_mismatch") };
            assert_eq!(outcome, due, "{algorithm:?} with hash {index}");
        }
    }
    // An algorithm whose hash nobody knows never gets as far.
    assert_eq!(header_refusal(r#"{"alg":"ML-DSA-44","kid":"k"}"#), "jwt_alg_unknown");
}

#[test]
fn id_28_at_hash_may_be_absent_in_the_code_flow() {
    let id_token = validate(&token(&claims()), &expected().access_token(ACCESS_TOKEN).code(CODE)).unwrap();
    for rule in [Rule::AccessTokenHash, Rule::CodeHash] {
        let check = id_token.checks().iter().find(|check| check.rule == rule).unwrap();
        assert_eq!(check.outcome, Outcome::Absent);
    }
}

#[test]
fn id_29_c_hash_binds_the_code_and_is_due_in_the_front_channel() {
    let right = half(&digest::SHA512, CODE);
    let at_hash = half(&digest::SHA512, ACCESS_TOKEN);
    let front = || expected().code(CODE).front_channel();
    let both = with(claims(), "c_hash", json!(right));
    validate(&token(&both), &front()).unwrap();
    assert_eq!(validate(&token(&claims()), &front()).unwrap_err().code(), "id_token_c_hash_missing");
    let wrong = with(claims(), "c_hash", json!(half(&digest::SHA512, "another code")));
    assert_eq!(validate(&token(&wrong), &front()).unwrap_err().code(), "id_token_c_hash_mismatch");
    assert_eq!(validate(&token(&wrong), &expected().code(CODE)).unwrap_err().code(), "id_token_c_hash_mismatch");
    assert_eq!(refusal("c_hash", json!([])), "id_token_c_hash_wrong_type");

    let with_token = || front().access_token(ACCESS_TOKEN);
    assert_eq!(validate(&token(&both), &with_token()).unwrap_err().code(), "id_token_at_hash_missing");
    validate(&token(&with(both, "at_hash", json!(at_hash))), &with_token()).unwrap();
}

#[test]
fn id_26_id_29_the_hashes_of_openid_connect_core_appendix_a() {
    let payload =
        with(with(claims(), "at_hash", json!("77QmUPtjPfzWtF2AnpK9RQ")), "c_hash", json!("LDktKdoQak3Pk0cnXxCltA"));
    let token = token_of(r#"{"alg":"RS256"}"#, payload.to_string().as_bytes(), &RSA, Algorithm::Rs256);
    let expected = Told::new(ISSUER, CLIENT).nonce(NONCE).now(at(NOW)).access_token(ACCESS_TOKEN).code(CODE);
    let id_token = validate_with(&token, &set(&RSA), &expected.front_channel()).unwrap();
    assert_eq!(id_token.checks().iter().filter(|check| check.outcome == Outcome::Held).count(), 10);
}
