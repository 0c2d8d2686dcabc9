//! What a reader of the file may rely on.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{file, files, items, texts};

fn tests(file: &Value) -> impl Iterator<Item = &Value> {
    items(&file["testGroups"]).iter().flat_map(|group| items(&group["tests"]))
}

#[test]
fn there_are_hundreds_of_tests_numbered_from_one() {
    for file in files() {
        let count = tests(&file).count();
        assert!(count >= 300, "{count}");
        assert_eq!(file["numberOfTests"], count);
        assert!(tests(&file).zip(1..).all(|(test, number)| test["tcId"] == number));
    }
}

#[test]
fn every_group_has_a_token_to_accept_and_one_to_refuse() {
    for file in files() {
        let mut comments = BTreeSet::new();
        for group in items(&file["testGroups"]) {
            let results: Vec<_> = items(&group["tests"]).iter().map(|test| test["result"].as_str().unwrap()).collect();
            assert!(results.contains(&"valid"), "{}", group["comment"]);
            let has_others = results.iter().any(|result| *result != "valid");
            assert!(has_others || group["comment"] == "unusual JSON, the claims themselves", "{}", group["comment"]);
            assert!(comments.insert(group["comment"].as_str()), "{}: twice", group["comment"]);
        }
    }
}

#[test]
fn no_group_says_the_same_twice() {
    for file in files() {
        for group in items(&file["testGroups"]) {
            for name in ["comment", "jws"] {
                let values: BTreeSet<_> =
                    items(&group["tests"]).iter().map(|test| test[name].as_str().unwrap()).collect();
                assert_eq!(values.len(), items(&group["tests"]).len(), "{}: {name}", group["comment"]);
            }
        }
    }
}

#[test]
fn every_flag_has_a_note_and_every_note_a_test() {
    for file in files() {
        let noted: BTreeSet<_> = file["notes"].as_object().unwrap().keys().map(String::as_str).collect();
        let used: BTreeSet<_> = tests(&file).flat_map(|test| texts(&test["flags"])).collect();
        assert_eq!(noted, used);
    }
}

/// `acceptable` is for what a text leaves open, and for nothing else.
#[test]
fn the_result_follows_from_the_level_of_the_text() {
    for file in files() {
        for test in tests(&file) {
            let levels: Vec<_> =
                texts(&test["flags"]).into_iter().map(|flag| file["notes"][flag]["level"].as_str().unwrap()).collect();
            let leaves_a_choice = levels.contains(&"MAY");
            assert_eq!(test["result"] == "acceptable", leaves_a_choice, "{}: {levels:?}", test["tcId"]);
        }
    }
}

#[test]
fn a_refusal_has_a_reason_and_an_acceptance_none() {
    for file in files() {
        for test in tests(&file) {
            match test["result"].as_str().unwrap() {
                "valid" => assert!(test.get("reason").is_none(), "{}", test["tcId"]),
                _ => assert!(!texts(&test["reason"]).is_empty(), "{}", test["tcId"]),
            }
        }
    }
}

/// The claims of the task, each right, wrong, absent where that matters, and of a wrong type.
#[test]
fn every_claim_is_covered() {
    let file = file();
    for reason in [
        "claim_iss",
        "claim_sub",
        "claim_aud",
        "claim_azp",
        "claim_exp",
        "claim_nbf",
        "claim_iat",
        "claim_nonce",
        "claim_acr",
        "claim_auth_time",
        "at_hash",
        "c_hash",
    ] {
        let of: Vec<_> = tests(&file)
            .filter(|test| test["reason"].as_array().is_some_and(|reasons| reasons.iter().any(|one| one == reason)))
            .collect();
        assert!(of.len() >= 15, "{reason}: {}", of.len());
        let has = |flags: &[&str]| of.iter().any(|test| texts(&test["flags"]).iter().any(|flag| flags.contains(flag)));
        assert!(has(&["WrongType", "AuthorizedParty"]), "{reason}: no wrong type");
    }
}

#[test]
fn the_keys_are_those_of_the_rfcs() {
    let files = files();
    let keys = include_str!("../vectors/id_token_claims.keys.json");
    let keys: Value = serde_json::from_str(keys).unwrap();
    for group in files.iter().flat_map(|file| items(&file["testGroups"])) {
        let public = &group["public"];
        let private = items(&keys["keys"]).iter().find(|key| key["kty"] == public["kty"]).unwrap();
        for (name, value) in public.as_object().unwrap() {
            match name.as_str() {
                "use" => assert_eq!(value, "sig"),
                "alg" => assert_eq!(texts(&group["expected"]["algs"]), [value.as_str().unwrap()]),
                "kid" => assert!(value.as_str().unwrap().starts_with("published-test-key-")),
                name => assert_eq!(value, &private[name], "{}: {name}", group["comment"]),
            }
        }
        assert!(["d", "p", "q", "dp", "dq", "qi"].iter().all(|name| public.get(name).is_none()));
    }
    // RFC 7515 appendices A.2 and A.3, RFC 8037 appendix A.
    let begins = |index: usize, name: &str, text: &str| keys["keys"][index][name].as_str().unwrap().starts_with(text);
    assert!(begins(0, "n", "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp"));
    assert!(begins(1, "x", "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"));
    assert!(begins(2, "x", "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"));
}
