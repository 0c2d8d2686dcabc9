//! `nonce`: the one that was sent, as a string; none when none was sent.

use super::super::edit::{escaped, whole};
use super::*;

const REASON: &[&str] = &["claim_nonce"];

pub(super) fn groups() -> Vec<Group> {
    let sent = |nonce| Expected { nonce: Some(nonce), ..Expected::default() };
    vec![
        Group::new("nonce, sent", Expected::default(), with(tests(), types())),
        Group::new("nonce, none sent", Expected { nonce: None, ..Expected::default() }, unasked()),
        Group::new("nonce, sent, all digits", sent("12345"), digits()),
        Group::new("nonce, sent, like a number with an exponent", sent("0e12345"), exponent()),
        Group::new("nonce, sent, with letters of the world", sent("q\" b\\ /\u{e9}\u{1f600}"), unicode()),
    ]
}

fn tests() -> Vec<Test> {
    let other = |comment: &str, value: &str| invalid(comment, set_text("nonce", value), REASON, &[Nonce]);
    vec![
        valid("the nonce", keep(), &[Normal]),
        valid("one character escaped", set("nonce", r#""n-0S6\u005fWzA2Mj""#), &[Escape]),
        valid("each character escaped", set("nonce", escaped("n-0S6_WzA2Mj")), &[Escape]),
        valid("NONCE too, another claim", set_text("NONCE", "another"), &[UnknownClaim]),
        invalid("absent", remove("nonce"), REASON, &[Nonce]),
        invalid("under the name Nonce", rename("nonce", "Nonce"), REASON, &[Nonce]),
        invalid(
            "inside another claim",
            remove("nonce").and(set("login", r#"{"nonce":"n-0S6_WzA2Mj"}"#)),
            REASON,
            &[Nonce],
        ),
        other("empty", ""),
        other("that of another login", "n-7dk2Lq0TzR"),
        other("the last character missing", "n-0S6_WzA2M"),
        other("the first character missing", "-0S6_WzA2Mj"),
        other("one character more", "n-0S6_WzA2Mjj"),
        other("the last character another", "n-0S6_WzA2Mk"),
        other("the first character another", "m-0S6_WzA2Mj"),
        other("in lower case", "n-0s6_wza2mj"),
        other("a blank before", " n-0S6_WzA2Mj"),
        other("a blank behind", "n-0S6_WzA2Mj "),
        other("a line end behind", "n-0S6_WzA2Mj\n"),
        other("NUL behind", "n-0S6_WzA2Mj\u{0}"),
        other("padding behind", "n-0S6_WzA2Mj="),
        other("twice", "n-0S6_WzA2Mjn-0S6_WzA2Mj"),
        other("a percent-encoded character", "n-0S6%5FWzA2Mj"),
        other("the string null", "null"),
        other("the string undefined", "undefined"),
    ]
}

fn types() -> Vec<Test> {
    wrong_types("nonce", &no_texts("n-0S6_WzA2Mj"), REASON, &[WrongType])
}

fn unasked() -> Vec<Test> {
    let there = |comment: &str, json: &str| invalid(comment, set("nonce", json), REASON, &[NonceUnasked]);
    let left = |comment: &str, json: &str| acceptable(comment, set("nonce", json), REASON, &[UnusedClaim]);
    vec![
        valid("absent", keep(), &[Normal]),
        valid("Nonce, another claim", set_text("Nonce", "n-0S6_WzA2Mj"), &[UnknownClaim]),
        there("that of another login", r#""n-0S6_WzA2Mj""#),
        there("empty", r#""""#),
        there("the string null", r#""null""#),
        left("nonce: null", "null"),
        left("nonce: false", "false"),
        left("nonce: the number 0", "0"),
        left("nonce: an empty array", "[]"),
    ]
}

fn digits() -> Vec<Test> {
    let other = |comment: &str, json: &str, flags: &[Flag]| invalid(comment, set("nonce", json), REASON, flags);
    vec![
        valid("the nonce", keep(), &[Normal]),
        other("the same as a number", "12345", &[WrongType]),
        other("the same as a number with a fraction", "12345.0", &[WrongType]),
        other("the same as a number with an exponent", "1.2345e4", &[WrongType]),
        other("a leading zero", r#""012345""#, &[Nonce]),
        other("a fraction of zero", r#""12345.0""#, &[Nonce]),
        other("a plus before", r#""+12345""#, &[Nonce]),
        other("a blank before", r#"" 12345""#, &[Nonce]),
        other("an exponent", r#""1.2345e4""#, &[Nonce]),
        other("full-width digits", "\"\u{ff11}\u{ff12}\u{ff13}\u{ff14}\u{ff15}\"", &[Nonce]),
    ]
}

fn exponent() -> Vec<Test> {
    let other = |comment: &str, json: &str, flags: &[Flag]| invalid(comment, set("nonce", json), REASON, flags);
    vec![
        valid("the nonce", keep(), &[Normal]),
        other("another that is 0 as a number", r#""0e67890""#, &[Nonce]),
        other("the string 0", r#""0""#, &[Nonce]),
        other("the number 0", "0", &[WrongType]),
        other("the number 0 with that exponent", "0e12345", &[WrongType]),
    ]
}

fn unicode() -> Vec<Test> {
    let other = |comment: &str, json: &str, flags: &[Flag]| invalid(comment, set("nonce", json), REASON, flags);
    // Half pairs, each in three octets: no UTF-8.
    let mut halves = br#"{"iss":"https://issuer.example","sub":"user-17","aud":"s6BhdRkqt3","exp":1800003600,"iat":1799999990,"nonce":"q\" b\\ /"#.to_vec();
    halves.extend(b"\xc3\xa9\xed\xa0\xbd\xed\xb8\x80\"}");
    vec![
        valid("the nonce", keep(), &[Normal, Unicode]),
        valid("each character escaped", set("nonce", escaped("q\" b\\ /\u{e9}\u{1f600}")), &[Escape, Unicode]),
        valid("a surrogate pair", set("nonce", "\"q\\\" b\\\\ /\u{e9}\\ud83d\\ude00\""), &[Escape, Unicode]),
        valid(
            "a surrogate pair in capital hex digits",
            set("nonce", "\"q\\\" b\\\\ /\u{e9}\\uD83D\\uDE00\""),
            &[Escape, Unicode],
        ),
        valid("the slash escaped", set("nonce", "\"q\\\" b\\\\ \\/\u{e9}\u{1f600}\""), &[Escape, Unicode]),
        other("an accent of its own", "\"q\\\" b\\\\ /e\u{301}\u{1f600}\"", &[Unicode]),
        other("the letter without its accent", "\"q\\\" b\\\\ /e\u{1f600}\"", &[Unicode]),
        other("another character with the same first half", "\"q\\\" b\\\\ /\u{e9}\u{1f601}\"", &[Unicode]),
        other("escapes escaped", "\"q\\\" b\\\\ /\\\\u00e9\\\\ud83d\\\\ude00\"", &[Escape]),
        other("the letter in the octets of two others", "\"q\\\" b\\\\ /\u{c3}\u{a9}\u{1f600}\"", &[Unicode]),
        invalid(
            "the pair as two characters of three octets",
            whole(halves),
            &["jwt_malformed", "claim_nonce"],
            &[NotJson],
        ),
        invalid(
            "the first half alone",
            set("nonce", "\"q\\\" b\\\\ /\u{e9}\\ud83d\""),
            &["claim_nonce", "jwt_malformed"],
            &[Unicode],
        ),
    ]
}
