//! Documents that are deep, of the wrong type, or full of illegal characters.

use crate::attack::{Attack, Endpoint, FINE, Place, send};

const DEEP: usize = 100_000;

pub(super) fn attacks() -> Vec<Attack> {
    let body = |name, codes, body: fn(&Place) -> String| {
        Attack::new(name, codes, move |place| vec![send(place.answer(body(place)))])
    };
    let octets =
        |name, codes, octets: &'static [u8]| Attack::new(name, codes, move |place| vec![send(place.answer(octets))]);
    let no_json = ["discovery_malformed", "jwks_bad_json", "token_not_json", "token_not_json", "token_not_json", "ok"];
    let no_object = [
        "discovery_malformed",
        "jwks_not_an_object",
        "token_not_an_object",
        "token_not_an_object",
        "token_not_an_object",
        "ok",
    ];
    let number = [
        "discovery_malformed",
        "jwks_bad_json",
        "token_not_an_object",
        "token_not_an_object",
        "token_not_an_object",
        "ok",
    ];
    let too_many = [
        "discovery_too_many_values",
        "jwks_bad_json",
        "token_too_many_values",
        "token_too_many_values",
        "token_too_many_values",
        "ok",
    ];
    let missing = [
        "discovery_member_missing",
        "jwks_keys_missing",
        "token_type_missing",
        "token_type_missing",
        "token_member_missing",
        "ok",
    ];
    let no_value = [
        "discovery_member_missing",
        "jwks_keys_missing",
        "token_member_missing",
        "token_member_missing",
        "token_member_missing",
        "ok",
    ];
    let twice = [
        "discovery_malformed",
        "jwks_duplicate_keys",
        "token_member_duplicate",
        "token_member_duplicate",
        "token_member_duplicate",
        "ok",
    ];
    let wrong = [
        "discovery_member_type",
        "jwks_keys_not_an_array",
        "token_member_type",
        "token_member_type",
        "token_member_type",
        "ok",
    ];
    // A number or a text that JSON has and no type holds.
    let no_number =
        ["discovery_malformed", "jwks_bad_json", "token_member_type", "token_member_type", "token_member_type", "ok"];
    let other = ["discovery_issuer_mismatch", "jwks_keys_not_an_array", "ok", "ok", "token_subject_mismatch", "ok"];
    let control = [
        "discovery_issuer_mismatch",
        "jwks_keys_not_an_array",
        "token_bad_character",
        "token_bad_character",
        "token_subject_mismatch",
        "ok",
    ];
    vec![
        body("deep-arrays", too_many, |_| "[".repeat(DEEP) + &"]".repeat(DEEP)),
        body("deep-arrays-unclosed", too_many, |_| "[".repeat(DEEP)),
        body(
            "deep-objects",
            [
                "discovery_too_large",
                "jwks_too_large",
                "token_too_many_values",
                "token_too_many_values",
                "token_too_many_values",
                "ok",
            ],
            |_| "{\"a\":".repeat(DEEP) + "0" + &"}".repeat(DEEP),
        ),
        body("deep-member", too_many, |place| deep_beside(&place.members(), DEEP)),
        // As deep as the number of values allows. What is not asked for is not read, and so not refused, at the last four.
        body("deep-member-of-few-values", ["discovery_malformed", "jwks_bad_json", "ok", "ok", "ok", "ok"], |place| {
            deep_beside(&place.members(), 16_000)
        }),
        body(
            "deep-keys",
            [
                "discovery_malformed",
                "jwks_bad_json",
                "token_type_missing",
                "token_type_missing",
                "token_member_missing",
                "ok",
            ],
            |_| format!("{{\"keys\":[{}{}]}}", "[".repeat(16_000), "]".repeat(16_000)),
        ),
        body("array", no_object, |place| format!("[{}]", place.body())),
        body("null", no_object, |_| "null".to_owned()),
        body("text", no_object, |_| "\"text\"".to_owned()),
        body("number", number, |_| "1e999".to_owned()),
        body("empty-object", missing, |_| "{}".to_owned()),
        body("half-a-document", no_json, |place| place.body().split_at(10).0.to_owned()),
        body("two-documents", no_json, |place| place.body().repeat(2)),
        body("members-twice", twice, |place| format!("{{{0},{0}}}", place.members())),
        body("html", no_json, |_| "<!doctype html><title>Sign in</title>".to_owned()),
        body("number-for-the-value", wrong, |place| value(place, "1")),
        body("object-for-the-value", wrong, |place| value(place, "{}")),
        body("null-for-the-value", no_value, |place| value(place, "null")),
        body("huge-number-for-the-value", no_number, |place| value(place, &"9".repeat(64 * 1024))),
        body("64-kib-value", other, |place| value(place, &format!("\"{}\"", "a".repeat(64 * 1024)))),
        body("nul-in-a-value", no_json, |place| value(place, "\"a\0b\"")),
        body("newline-in-a-value", no_json, |place| value(place, "\"a\r\nb\"")),
        body("escaped-nul-in-a-value", control, |place| value(place, "\"a\\u0000b\"")),
        body("escaped-newline-in-a-value", control, |place| value(place, "\"a\\r\\nx-own: b\"")),
        body("half-a-surrogate", no_number, |place| value(place, "\"\\ud800\"")),
        body("64-kib-name", FINE, |place| format!("{{{},\"{}\":0}}", place.members(), "a".repeat(64 * 1024))),
        body("escaped-nul-in-a-name", FINE, |place| format!("{{{},\"\\u0000\":0}}", place.members())),
        body("nul-in-a-name", no_json, |place| format!("{{{},\"\0\":0}}", place.members())),
        body("number-of-64-kib", ["discovery_malformed", "jwks_bad_json", "ok", "ok", "ok", "ok"], |place| {
            format!("{{{},\"x\":{}}}", place.members(), "9".repeat(64 * 1024))
        }),
        body("byte-order-mark", no_json, |place| format!("\u{feff}{}", place.body())),
        octets(
            "empty-body",
            ["discovery_malformed", "jwks_bad_json", "token_empty", "token_empty", "token_empty", "ok"],
            b"",
        ),
        octets("utf-16", no_json, b"{\0}\0"),
        octets(
            "not-utf-8",
            ["discovery_malformed", "jwks_not_utf8", "token_not_utf8", "token_not_utf8", "token_not_utf8", "ok"],
            b"{\"a\":\"\xff\"}",
        ),
        octets("nul-octets", no_json, &[0; 1000]),
    ]
}

fn deep_beside(members: &str, levels: usize) -> String {
    format!("{{{members},\"x\":{}{}}}", "[".repeat(levels), "]".repeat(levels))
}

/// The honest body with this in the place of the value that matters most.
fn value(place: &Place, value: &str) -> String {
    let (members, honest) = (place.members(), first_value(place));
    format!("{{{}}}", members.replacen(&honest, value, 1))
}

fn first_value(place: &Place) -> String {
    match place.endpoint {
        Endpoint::Discovery => format!("\"{}\"", place.base),
        Endpoint::Keys => "[]".to_owned(),
        Endpoint::Token | Endpoint::Refresh => "\"a\"".to_owned(),
        Endpoint::UserInfo => "\"auth0|john\"".to_owned(),
        Endpoint::Revocation | Endpoint::Callback => "true".to_owned(),
    }
}
