//! Every test of `vectors/id_token_claims.json` against `IdToken::validate`, those of the other kinds of token against their
//! own validation, and each file against itself.
#![cfg(feature = "aws-lc-rs")]
#![allow(clippy::unwrap_used, missing_docs)]

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use proofkey_jwt::{Algorithm, ClaimName, Expected, IdToken, IdTokenError, JwkSet, RelyingParty, SignatureError};
use serde_json::{Value, json};

#[path = "../examples/claims_vectors/main.rs"]
mod generator;
#[path = "claims_vectors/other_tokens.rs"]
mod other_tokens;
#[path = "claims_vectors/readme.rs"]
mod readme;
#[path = "claims_vectors/schema.rs"]
mod schema;
#[path = "claims_vectors/shape.rs"]
mod shape;

const FILE: &str = include_str!("vectors/id_token_claims.json");

fn file() -> Value {
    serde_json::from_str(FILE).unwrap()
}

/// The files of every kind of token.
fn files() -> Vec<Value> {
    let read = |file: &generator::file::File| {
        let text = std::fs::read_to_string(folder().join(file.name).with_extension("json")).unwrap();
        serde_json::from_str(&text).unwrap()
    };
    generator::file::FILES.iter().map(read).collect()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors")
}

fn items(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap()
}

fn texts(value: &Value) -> Vec<&str> {
    items(value).iter().map(|item| item.as_str().unwrap()).collect()
}

/// What the verifier of a group is told, in our words.
fn told(of: &Value) -> (RelyingParty, Expected, SystemTime) {
    let seconds = |value: &Value| value.as_u64().map(Duration::from_secs);
    let relying_party = RelyingParty::new(of["issuer"].as_str().unwrap(), of["client_id"].as_str().unwrap())
        .trusted_audiences(texts(&of["trusted_audiences"]))
        .algorithms(texts(&of["algs"]).into_iter().map(|name| Algorithm::from_name(name).unwrap()))
        .leeway(seconds(&of["skew"]).unwrap());
    let mut expected = Expected::default();
    if let Some(nonce) = of["nonce"].as_str() {
        expected = expected.nonce(nonce);
    }
    if let Some(max_age) = seconds(&of["max_age"]) {
        expected = expected.max_age(max_age);
    }
    if of["acr_values"].is_array() {
        expected = expected.acr(texts(&of["acr_values"]));
    }
    if let Some(access_token) = of["access_token"].as_str() {
        expected = expected.access_token(access_token);
    }
    if let Some(code) = of["code"].as_str() {
        expected = expected.code(code);
    }
    if of["front_channel"].as_bool().unwrap() {
        expected = expected.front_channel();
    }
    (relying_party, expected, SystemTime::UNIX_EPOCH + seconds(&of["now"]).unwrap())
}

/// The class of a refusal in the shim protocol.
fn class(error: &IdTokenError) -> String {
    match error {
        IdTokenError::Decode(error) if error.code().starts_with("jwt_alg_") => "alg".into(),
        IdTokenError::Decode(_) => "jwt_malformed".into(),
        IdTokenError::Signature(SignatureError::AlgorithmNotAccepted { .. }) => "alg".into(),
        IdTokenError::Signature(SignatureError::BadSignature(_)) => "signature".into(),
        IdTokenError::Claim { claim: ClaimName::AccessTokenHash, .. } => "at_hash".into(),
        IdTokenError::Claim { claim: ClaimName::CodeHash, .. } => "c_hash".into(),
        IdTokenError::Claim { claim, .. } => format!("claim_{}", claim.as_str()),
        IdTokenError::TokenType(_) => "typ".into(),
        other => other.code().into(),
    }
}

/// Our verdict on each test, with its group: accepted, or refused by a class.
fn verdicts(file: &Value) -> Vec<(&Value, &Value, Result<(), String>)> {
    let mut all = Vec::new();
    for group in items(&file["testGroups"]) {
        let keys = JwkSet::parse(json!({"keys": [group["public"]]}).to_string().as_bytes()).unwrap();
        assert_eq!((keys.keys().len(), keys.skipped().len()), (1, 0));
        let (relying_party, expected, now) = told(&group["expected"]);
        for test in items(&group["tests"]) {
            let verdict = IdToken::validate(test["jws"].as_str().unwrap(), &keys, &relying_party, &expected, now);
            all.push((group, test, verdict.map(|_| ()).map_err(|error| class(&error))));
        }
    }
    all
}

/// What is wrong with `verdict` by the test's own word.
fn contradiction(test: &Value, verdict: &Result<(), String>) -> Option<String> {
    let refused_as = |class: &String| test["reason"].as_array().is_some_and(|reason| reason.contains(&json!(class)));
    match (test["result"].as_str().unwrap(), verdict) {
        ("valid" | "acceptable", Ok(())) => None,
        ("invalid" | "acceptable", Err(class)) if refused_as(class) => None,
        (result, Ok(())) => Some(format!("is {result}, and was accepted")),
        (result, Err(class)) => Some(format!("is {result} by {}, and was refused by {class}", test["reason"])),
    }
}

#[test]
fn every_test_is_decided_as_the_specifications_say() {
    let file = file();
    let verdicts = verdicts(&file);
    let wrong: Vec<_> = verdicts
        .iter()
        .filter_map(|(group, test, verdict)| {
            let what = contradiction(test, verdict)?;
            Some(format!("{} {}: {} {what}", test["tcId"], group["comment"], test["comment"]))
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {} tests:\n{}", wrong.len(), verdicts.len(), wrong.join("\n"));
}

/// A file that says the opposite somewhere must not pass: for each test, each other thing that it could say.
#[test]
fn every_wrong_expectation_is_noticed() {
    let file = file();
    for (_, test, verdict) in verdicts(&file) {
        let bent = |result: &str, reason: Option<&str>| {
            let mut bent = test.clone();
            bent["result"] = json!(result);
            bent["reason"] = reason.map_or(Value::Null, |reason| json!([reason]));
            contradiction(&bent, &verdict).is_some()
        };
        match &verdict {
            Ok(()) => assert!(bent("invalid", Some("claim_exp")), "{}", test["tcId"]),
            Err(class) => {
                assert!(bent("valid", None), "{}", test["tcId"]);
                let other = if class == "other" { "claim_exp" } else { "other" };
                assert!(bent("invalid", Some(other)) && bent("acceptable", Some(other)), "{}", test["tcId"]);
                assert!(!bent("invalid", Some(class)), "{}: and the right class is taken", test["tcId"]);
            }
        }
    }
}

#[test]
fn what_the_texts_leave_open_is_refused_but_for_these() {
    let file = file();
    let accepted: Vec<_> = verdicts(&file)
        .into_iter()
        .filter(|(_, test, verdict)| test["result"] == "acceptable" && verdict.is_ok())
        .map(|(group, test, _)| {
            format!("{}: {}", group["comment"].as_str().unwrap(), test["comment"].as_str().unwrap())
        })
        .collect();
    assert_eq!(
        accepted,
        [
            "aud, nobody else trusted: the client listed twice",
            "azp, one audience: azp: null",
            "aud and azp, a further audience trusted: the client and the trusted one, no azp",
            "aud and azp, a further audience trusted: azp: null, two audiences",
            "nbf, clocks agree: nbf: null",
            "iat, clocks agree: an hour ago",
            "iat, clocks agree: a year ago",
            "iat, clocks agree: 0",
            "iat, clocks agree: minus 0",
            "nonce, none sent: nonce: null",
            "acr, not asked for: acr: null",
            "auth_time, not asked for: auth_time: null",
            "at_hash, code flow, RS256: at_hash: null",
            "c_hash, code flow, RS256: c_hash: null",
            "at_hash and c_hash, nothing to compare with: at_hash: null",
            "at_hash and c_hash, nothing to compare with: c_hash: null",
            "several dates, a skew of 60 s: ended and not begun, each within the leeway",
            "limits: a string of 16384 characters",
            "limits: a name of 8192 characters",
            "limits: exp with 1000 digits behind the point",
        ]
    );
}

#[test]
fn each_file_is_what_the_generator_makes() {
    for (file, read) in generator::file::FILES.iter().zip(files()) {
        let (made, count) = generator::text(file, &folder()).unwrap();
        let text = std::fs::read_to_string(folder().join(file.name).with_extension("json")).unwrap();
        let first = made.lines().zip(text.lines()).position(|(made, checked_in)| made != checked_in);
        let line = first.map(|at| at + 1);
        assert!(made == text, "run `cargo xtask vectors`: {} differs first at line {line:?}", file.name);
        assert_eq!(count, read["numberOfTests"].as_u64().unwrap() as usize);
    }
}

/// What is expected never comes out of what we do.
#[test]
fn the_generator_does_not_know_this_crate() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/claims_vectors");
    let mut count = 0;
    for folder in [root.clone(), root.join("groups")] {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let source = std::fs::read_to_string(&path).unwrap();
                let code = source.lines().filter(|line| !line.trim_start().starts_with("//"));
                assert!(!code.into_iter().any(|line| line.contains("proofkey_jwt")), "{}", path.display());
                count += 1;
            }
        }
    }
    assert!(count > 20, "{count} files");
}
