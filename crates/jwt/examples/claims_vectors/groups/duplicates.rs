//! A claim twice. A reader refuses the token or takes the last of them; one that takes the first is found here.

use super::super::edit::{append, prepend};
use super::*;

pub(super) fn groups() -> Vec<Group> {
    let all = Expected { max_age: Some(300), acr_values: Some(&["urn:example:gold"]), ..Expected::default() };
    vec![
        Group::new("duplicates, the last one wrong", all.clone(), last_wrong()),
        Group::new("duplicates, the last one right", all, last_right()),
        Group::new("duplicates that are none of a claim", Expected::default(), others()),
    ]
}

/// Each claim, a wrong value, and the classes that fit.
const CLAIMS: [(&str, &str, &[&str]); 9] = [
    ("iss", r#""https://other.example""#, &["jwt_malformed", "claim_iss"]),
    ("sub", "17", &["jwt_malformed", "claim_sub"]),
    ("aud", r#""other-client""#, &["jwt_malformed", "claim_aud"]),
    ("exp", "1799996400", &["jwt_malformed", "claim_exp"]),
    ("iat", r#""now""#, &["jwt_malformed", "claim_iat"]),
    ("nonce", r#""another""#, &["jwt_malformed", "claim_nonce"]),
    ("acr", r#""urn:example:bronze""#, &["jwt_malformed", "claim_acr"]),
    ("auth_time", "0", &["jwt_malformed", "claim_auth_time"]),
    ("nbf", "1800003600", &["jwt_malformed", "claim_nbf"]),
];

fn last_wrong() -> Vec<Test> {
    let mut tests = vec![valid("each claim once", keep(), &[Normal])];
    for (name, wrong, reason) in CLAIMS {
        let right = if name == "nbf" { set("nbf", NOW - 10) } else { keep() };
        tests.push(invalid(format!("{name}: right, then wrong"), right.and(append(name, wrong)), reason, &[Duplicate]));
    }
    let exp = CLAIMS[3].2;
    tests.extend([
        invalid("exp: right, then null", append("exp", "null"), exp, &[Duplicate, WrongType]),
        invalid(
            "exp: right, then wrong under an escaped name",
            append(r"\u0065xp", "1799996400"),
            exp,
            &[Duplicate, Escape],
        ),
        invalid(
            "exp: right under an escaped name, then wrong",
            rename("exp", r"e\u0078p").and(append("exp", "1799996400")),
            exp,
            &[Duplicate, Escape],
        ),
        invalid(
            "exp: wrong, right, then wrong",
            prepend("exp", "1").and(append("exp", "1799996400")),
            exp,
            &[Duplicate],
        ),
        invalid(
            "nonce: right, then wrong, side by side",
            edit::replace(r#""nonce":"n-0S6_WzA2Mj""#, r#""nonce":"n-0S6_WzA2Mj","nonce":"another""#),
            CLAIMS[5].2,
            &[Duplicate],
        ),
        invalid(
            "aud: the client, then the client and a stranger",
            append("aud", r#"["s6BhdRkqt3","other-client"]"#),
            CLAIMS[2].2,
            &[Duplicate, UntrustedAudience],
        ),
    ]);
    tests
}

fn last_right() -> Vec<Test> {
    let mut tests = vec![valid("each claim once", keep(), &[Normal])];
    for (name, wrong, reason) in CLAIMS {
        let right = if name == "nbf" { set("nbf", NOW - 10) } else { keep() };
        let edits = right.and(prepend(name, wrong));
        tests.push(acceptable(format!("{name}: wrong, then right"), edits, reason, &[DuplicateLast]));
    }
    let exp = CLAIMS[3].2;
    tests.extend([
        acceptable("exp: twice the same", append("exp", NOW + 3600), exp, &[DuplicateLast]),
        acceptable("exp: the same in another spelling", append("exp", "1.8000036e9"), exp, &[DuplicateLast]),
        acceptable(
            "exp: wrong under an escaped name, then right",
            prepend(r"\u0065\u0078\u0070", "1799996400"),
            exp,
            &[DuplicateLast],
        ),
        acceptable(
            "a claim that is not understood, twice",
            append("x", "1").and(append("x", "2")),
            exp,
            &[DuplicateLast],
        ),
    ]);
    tests
}

fn others() -> Vec<Test> {
    vec![
        valid("exp wrong inside another claim", append("claims", r#"{"exp":1,"nonce":"another"}"#), &[UnknownClaim]),
        valid(
            "the same name in two objects",
            append("a", r#"{"x":1}"#).and(append("b", r#"{"x":1}"#)),
            &[UnknownClaim],
        ),
        valid("EXP wrong, another claim", append("EXP", "1"), &[UnknownClaim]),
        valid("a name with a blank, wrong", append("exp ", "1"), &[UnknownClaim]),
        valid("a name with NUL, wrong", append(r"exp\u0000", "1"), &[UnknownClaim, Escape]),
        valid("a name with a backslash, wrong", append(r"\\u0065xp", "1"), &[UnknownClaim, Escape]),
        valid("a name with a combining accent, wrong", append("exp\u{301}", "1"), &[UnknownClaim, Unicode]),
        valid("a full-width name, wrong", append("\u{ff45}\u{ff58}\u{ff50}", "1"), &[UnknownClaim, Unicode]),
        acceptable(
            "twice inside another claim",
            append("address", r#"{"country":"NL","country":"DE"}"#),
            &["jwt_malformed"],
            &[DuplicateInside],
        ),
        acceptable(
            "twice inside an object in an array",
            append("list", r#"[{"x":1,"x":2}]"#),
            &["jwt_malformed"],
            &[DuplicateInside],
        ),
    ]
}
