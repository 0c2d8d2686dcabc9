//! Access tokens and logout tokens: our verdict on each test of their files.

use std::time::{Duration, SystemTime};

use proofkey_jwt::{
    Algorithm, ClaimName, DecodeError, JwkSet, JwtAccessToken, JwtAccessTokenError, LogoutToken, LogoutTokenError,
    RelyingParty, Required, ResourceServer, SignatureError,
};
use serde_json::{Value, json};

use crate::{contradiction, files, items, texts};

/// Accepted, or refused by a class.
type Verdict = Result<(), String>;

fn now(of: &Value) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(of["now"].as_u64().unwrap())
}

fn seconds(of: &Value) -> Option<Duration> {
    of.as_u64().map(Duration::from_secs)
}

fn algorithms(of: &Value) -> Vec<Algorithm> {
    texts(&of["algs"]).into_iter().map(|name| Algorithm::from_name(name).unwrap()).collect()
}

fn of_form(error: &DecodeError) -> String {
    if error.code().starts_with("jwt_alg_") { "alg".into() } else { "jwt_malformed".into() }
}

fn of_signature(error: &SignatureError) -> String {
    match error {
        SignatureError::AlgorithmNotAccepted { .. } => "alg".into(),
        SignatureError::BadSignature(_) => "signature".into(),
        other => other.code().into(),
    }
}

fn of_claim(claim: ClaimName) -> String {
    format!("claim_{}", claim.as_str())
}

fn access_token(token: &str, keys: &JwkSet, of: &Value) -> Verdict {
    let server = ResourceServer::new(of["issuer"].as_str().unwrap(), of["audience"].as_str().unwrap())
        .algorithms(algorithms(of))
        .leeway(seconds(&of["skew"]).unwrap());
    let mut required = Required::new().scope(&texts(&of["scope"]).join(" "));
    if let Some(max_age) = seconds(&of["max_age"]) {
        required = required.max_age(max_age);
    }
    if of["acr_values"].is_array() {
        required = required.acr(texts(&of["acr_values"]));
    }
    let verdict = JwtAccessToken::validate(token, keys, &server, &required, now(of));
    verdict.map(|_| ()).map_err(|error| match &error {
        JwtAccessTokenError::Decode(error) => of_form(error),
        JwtAccessTokenError::Signature(error) => of_signature(error),
        JwtAccessTokenError::TokenType(_) => "typ".into(),
        JwtAccessTokenError::Claim { claim, .. } => of_claim(*claim),
        other => other.code().into(),
    })
}

fn logout_token(token: &str, keys: &JwkSet, of: &Value) -> Verdict {
    let client = RelyingParty::new(of["issuer"].as_str().unwrap(), of["client_id"].as_str().unwrap())
        .algorithms(algorithms(of))
        .leeway(seconds(&of["skew"]).unwrap());
    LogoutToken::validate(token, keys, &client, now(of)).map(|_| ()).map_err(|error| match &error {
        LogoutTokenError::Decode(error) => of_form(error),
        LogoutTokenError::Signature(error) => of_signature(error),
        LogoutTokenError::TokenType(_) => "typ".into(),
        LogoutTokenError::Claim { claim, .. } => of_claim(*claim),
        other => other.code().into(),
    })
}

/// Holds each test of the file against our verdict, and returns the open ones that we accept.
fn accepted_of_the_open(file: &Value, verdict: fn(&str, &JwkSet, &Value) -> Verdict) -> Vec<String> {
    let (mut wrong, mut accepted) = (Vec::new(), Vec::new());
    for group in items(&file["testGroups"]) {
        let keys = JwkSet::parse(json!({"keys": [group["public"]]}).to_string().as_bytes()).unwrap();
        assert_eq!((keys.keys().len(), keys.skipped().len()), (1, 0));
        for test in items(&group["tests"]) {
            let verdict = verdict(test["jws"].as_str().unwrap(), &keys, &group["expected"]);
            let name = format!("{}: {}", group["comment"].as_str().unwrap(), test["comment"].as_str().unwrap());
            if let Some(what) = contradiction(test, &verdict) {
                wrong.push(format!("{} {name} {what}", test["tcId"]));
            }
            if test["result"] == "acceptable" && verdict.is_ok() {
                accepted.push(name);
            }
            // A file that says the opposite is noticed.
            let opposite = if verdict.is_ok() { "invalid" } else { "valid" };
            let mut bent = test.clone();
            (bent["result"], bent["reason"]) = (json!(opposite), json!(["other"]));
            assert!(contradiction(&bent, &verdict).is_some());
        }
    }
    assert!(wrong.is_empty(), "{} tests:\n{}", wrong.len(), wrong.join("\n"));
    accepted
}

#[test]
fn every_access_token_is_decided_as_the_specifications_say() {
    let accepted = [
        "scope, none needed: scope: null",
        "cnf, nothing proved: cnf: null",
        "nbf, clocks agree: nbf: null",
        "iat, clocks agree: an hour ago",
        "iat, clocks agree: a year ago",
        "iat, clocks agree: 0",
        "iat, clocks agree: minus 0",
        "acr, not asked for: acr: null",
        "auth_time, not asked for: auth_time: null",
    ];
    assert_eq!(accepted_of_the_open(&files()[1], access_token), accepted);
}

#[test]
fn every_logout_token_is_decided_as_the_specifications_say() {
    let accepted = [
        "typ: no typ",
        "typ: typ: JWT",
        "typ: typ: application/jwt",
        "nbf, clocks agree: nbf: null",
        "iat, clocks agree: an hour ago",
        "iat, clocks agree: a year ago",
        "iat, clocks agree: 0",
        "iat, clocks agree: minus 0",
    ];
    assert_eq!(accepted_of_the_open(&files()[2], logout_token), accepted);
}
