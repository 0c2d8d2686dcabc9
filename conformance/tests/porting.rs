//! `PORTING.md`: each message of its example has the members of a real one.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeSet;

use proofkey_conformance::{Case, Expect, Mode, Profile, Step, Subject, Tamper, play};
use proofkey_reference::Defects;
use serde_json::Value;

/// Names of members that are not null: those are as good as absent.
fn names(message: &Value) -> BTreeSet<&str> {
    message.as_object().unwrap().iter().filter(|(_, value)| !value.is_null()).map(|(name, _)| name.as_str()).collect()
}

#[tokio::test]
async fn each_message_by_example_has_the_members_of_a_real_one() {
    let page = include_str!("../PORTING.md");
    let example = page.split("## Each message, by example").nth(1).unwrap().split("```").nth(1).unwrap();
    let shown: Vec<(bool, Value)> = example
        .lines()
        .filter(|line| !line.is_empty() && *line != "text")
        .map(|line| {
            let (by, message) = line.split_once(' ').unwrap();
            (by == "shim", serde_json::from_str(message).unwrap_or_else(|error| panic!("{message}: {error}")))
        })
        .collect();

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
    assert_eq!(transcript.trouble, None);

    let said: Vec<String> = transcript.spoken.iter().map(|message| message.line.clone()).collect();
    assert_eq!(transcript.spoken.len(), shown.len(), "{said:#?}");
    for (real, (by_shim, shown)) in transcript.spoken.iter().zip(&shown) {
        let message: Value = serde_json::from_str(&real.line).unwrap();
        assert_eq!(real.by_subject, *by_shim, "{}", real.line);
        assert_eq!(message["t"], shown["t"]);
        assert_eq!(names(&message), names(shown), "{}", real.line);
        for field in ["of", "ok", "stage", "class", "flow"] {
            assert_eq!(message[field], shown[field], "{field} of {}", real.line);
        }
    }
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
