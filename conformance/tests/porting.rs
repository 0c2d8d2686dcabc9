//! `PORTING.md`: each message of its example has the members of a real one.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeSet;

use proofkey_conformance::{ApiRequest, Case, Expect, Mode, Profile, Step, Subject, Tamper, Transcript, play};
use proofkey_reference::Defects;
use serde_json::Value;

/// The messages that an example of the page shows; whether the shim says each, and the message.
fn shown(heading: &str) -> Vec<(bool, Value)> {
    let page = include_str!("../PORTING.md");
    let example = page.split(heading).nth(1).unwrap().split("```").nth(1).unwrap();
    let lines = example.lines().filter(|line| !line.is_empty() && *line != "text");
    lines
        .map(|line| {
            let (by, message) = line.split_once(' ').unwrap();
            (by == "shim", serde_json::from_str(message).unwrap_or_else(|error| panic!("{message}: {error}")))
        })
        .collect()
}

/// Each message of an example is one of the same kind as the real one, with the same members.
fn compare(transcript: &Transcript, shown: &[(bool, Value)]) {
    assert_eq!(transcript.trouble, None);
    let said: Vec<String> = transcript.spoken.iter().map(|message| message.line.clone()).collect();
    assert_eq!(transcript.spoken.len(), shown.len(), "{said:#?}");
    for (real, (by_shim, shown)) in transcript.spoken.iter().zip(shown) {
        let message: Value = serde_json::from_str(&real.line).unwrap();
        assert_eq!(real.by_subject, *by_shim, "{}", real.line);
        assert_eq!(message["t"], shown["t"]);
        let names = (names(&message), names(shown));
        // An API may say that it takes no callbacks, and may not.
        assert!(names.0 == names.1 || message["t"] == "hello", "{}: {names:?}", real.line);
        for field in ["of", "ok", "stage", "class", "flow", "id", "status", "sub"] {
            let is_of_a_login = field == "sub" && message["t"] == "result";
            assert!(is_of_a_login || message[field] == shown[field], "{field} of {}", real.line);
        }
    }
}

/// Names of members that are not null: those are as good as absent.
fn names(message: &Value) -> BTreeSet<&str> {
    message.as_object().unwrap().iter().filter(|(_, value)| !value.is_null()).map(|(name, _)| name.as_str()).collect()
}

#[tokio::test]
async fn each_message_by_example_has_the_members_of_a_real_one() {
    let steps = [
        Step::Deliver("f1", Vec::new()),
        Step::Advance(3600),
        Step::Refresh("f1"),
        Step::UserInfo("f1"),
        Step::Revoke("f1"),
        Step::Begin("f2".to_owned()),
        Step::Deliver("f2", vec![Tamper::Set("state", "forged")]),
    ];
    let case = Case::new("OA-48/example", &["OA-48"], "callback", "", Expect::Accept(|_| Ok(())), &[]);
    let case =
        case.profile(Profile::OpenId).config("scope", "openid profile email offline_access").still().steps(steps);
    let transcript = play(&case, &Subject::Reference(Defects::none()), Mode::Stdin).await;
    compare(&transcript, &shown("## Each message, by example"));
}

#[tokio::test]
async fn an_api_is_guarded_as_the_page_shows() {
    let requests = [ApiRequest::bound(), ApiRequest::bound()];
    let case = Case::api("DP-14/example", &["DP-14"], "", Expect::Accept(|_| Ok(())), &[], requests);
    let case = case.config("scope", "notes.read").config("dpop", true).config("dpop_nonce", true);
    let transcript = play(&case, &Subject::Reference(Defects::none()), Mode::Stdin).await;
    compare(&transcript, &shown("## Guarding an API"));
    assert!(transcript.answers.last().unwrap().is_ok());
}

/// The claims vectors of proofkey-jwt name faults by the protocol's classes; that crate cannot look at the protocol.
#[test]
fn the_reasons_of_the_claims_vectors_are_classes_of_the_protocol() {
    let schema = include_str!("../../crates/jwt/tests/vectors/id_token_claims.schema.json");
    let schema: Value = serde_json::from_str(schema).unwrap();
    let classes = include_str!("../PORTING.md").split("\n### Classes\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let reasons = schema["$defs"]["reason"]["enum"].as_array().unwrap();
    assert!(reasons.len() > 10);
    for reason in reasons {
        assert!(classes.contains(&format!("`{}`", reason.as_str().unwrap())), "PORTING.md has no class {reason}");
    }
}
