//! `aud`: the client is listed, and nobody whom it does not trust.

use super::super::edit::escaped;
use super::*;

const REASON: &[&str] = &["claim_aud"];

pub(super) fn groups() -> Vec<Group> {
    let address = Expected { client_id: "https://client.example/app?x=1", ..Expected::default() };
    vec![
        Group::new("aud, nobody else trusted", Expected::default(), with(alone(), types())),
        Group::new("aud, the client id a URL", address, url()),
    ]
}

fn alone() -> Vec<Test> {
    let other = |comment: &str, json: &str| invalid(comment, set("aud", json), REASON, &[Audience]);
    let stranger = |comment: &str, json: &str| invalid(comment, set("aud", json), REASON, &[UntrustedAudience]);
    vec![
        valid("the client as a string", keep(), &[Normal]),
        valid("the client as the one item of an array", set("aud", r#"["s6BhdRkqt3"]"#), &[Normal]),
        valid("a string with an escape", set("aud", r#""\u00736BhdRkqt3""#), &[Escape]),
        valid("an array with each character escaped", set("aud", format!("[{}]", escaped("s6BhdRkqt3"))), &[Escape]),
        valid("blanks inside the array", set("aud", "[ \"s6BhdRkqt3\" ]"), &[Whitespace]),
        invalid("absent", remove("aud"), REASON, &[Missing]),
        invalid("under the name AUD", rename("aud", "AUD"), REASON, &[Missing]),
        invalid("under the name client_id", rename("aud", "client_id"), REASON, &[Missing]),
        other("another client", r#""other-client""#),
        other("another client in an array", r#"["other-client"]"#),
        other("two other clients", r#"["other-client","third-client"]"#),
        other("an empty string", r#""""#),
        other("an array of an empty string", r#"[""]"#),
        other("an empty array", "[]"),
        other("the last character missing", r#""s6BhdRkqt""#),
        other("the first character missing", r#""6BhdRkqt3""#),
        other("one character more", r#""s6BhdRkqt33""#),
        other("one character more, in an array", r#"["s6BhdRkqt33"]"#),
        other("in lower case", r#""s6bhdrkqt3""#),
        other("in upper case", r#""S6BHDRKQT3""#),
        other("a blank before", r#"" s6BhdRkqt3""#),
        other("a blank behind", r#""s6BhdRkqt3 ""#),
        other("a line end behind", r#""s6BhdRkqt3\n""#),
        other("NUL behind", r#""s6BhdRkqt3\u0000""#),
        other("a full-width digit", "\"s6BhdRkqt\u{ff13}\""),
        other("a list with a blank in one string", r#""other-client s6BhdRkqt3""#),
        other("a list with a comma in one string", r#""s6BhdRkqt3,other-client""#),
        other("an array as text in a string", r#""[\"s6BhdRkqt3\"]""#),
        other("the wildcard", r#""*""#),
        other("the issuer", r#""https://issuer.example""#),
        other("each character as an item", r#"["s","6","B","h","d","R","k","q","t","3"]"#),
        stranger("the client and a stranger", r#"["s6BhdRkqt3","other-client"]"#),
        stranger("a stranger and the client", r#"["other-client","s6BhdRkqt3"]"#),
        stranger("the client and an empty string", r#"["s6BhdRkqt3",""]"#),
        stranger("the client and itself in lower case", r#"["s6BhdRkqt3","s6bhdrkqt3"]"#),
        stranger("the client between two strangers", r#"["a","s6BhdRkqt3","b"]"#),
        acceptable(
            "the client listed twice",
            set("aud", r#"["s6BhdRkqt3","s6BhdRkqt3"]"#),
            &["claim_azp", "claim_aud"],
            &[AuthorizedParty],
        ),
        valid(
            "the client listed twice, and azp the client",
            set("aud", r#"["s6BhdRkqt3","s6BhdRkqt3"]"#).and(set_text("azp", "s6BhdRkqt3")),
            &[Normal],
        ),
    ]
}

fn types() -> Vec<Test> {
    let wrong = |comment: &str, json: &str| invalid(format!("aud: {comment}"), set("aud", json), REASON, &[WrongType]);
    vec![
        wrong("null", "null"),
        wrong("true", "true"),
        wrong("false", "false"),
        wrong("the number 0", "0"),
        wrong("the number 17", "17"),
        wrong("an empty object", "{}"),
        wrong("an object with the client as name", r#"{"s6BhdRkqt3":true}"#),
        wrong("an object with the client as value", r#"{"0":"s6BhdRkqt3"}"#),
        wrong("an array of an array", r#"[["s6BhdRkqt3"]]"#),
        wrong("an array of an object", r#"[{"client_id":"s6BhdRkqt3"}]"#),
        wrong("the client and a number", r#"["s6BhdRkqt3",17]"#),
        wrong("null and the client", r#"[null,"s6BhdRkqt3"]"#),
        wrong("the client and true", r#"["s6BhdRkqt3",true]"#),
        wrong("the client and an empty array", r#"["s6BhdRkqt3",[]]"#),
    ]
}

fn url() -> Vec<Test> {
    let other = |comment: &str, value: &str| invalid(comment, set_text("aud", value), REASON, &[Audience]);
    vec![
        valid("the client", keep(), &[Normal]),
        valid("its slashes escaped", set("aud", r#""https:\/\/client.example\/app?x=1""#), &[Escape]),
        other("the query missing", "https://client.example/app"),
        other("another query", "https://client.example/app?x=2"),
        other("a parameter more", "https://client.example/app?x=1&y=2"),
        other("the host in capitals", "https://CLIENT.example/app?x=1"),
        other("the default port spelled out", "https://client.example:443/app?x=1"),
        other("the query percent-encoded", "https://client.example/app%3Fx=1"),
        other("the host alone", "https://client.example"),
    ]
}
