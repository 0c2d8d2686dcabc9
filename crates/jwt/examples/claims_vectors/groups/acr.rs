//! `acr`: one of the values that were asked for.

use super::super::edit::escaped;
use super::*;

const REASON: &[&str] = &["claim_acr"];

pub(super) fn groups() -> Vec<Group> {
    let asked = Expected { acr_values: Some(&["urn:example:gold", "urn:example:silver"]), ..Expected::default() };
    vec![
        Group::new("acr, asked for", asked, with(tests(), types())),
        Group::new("acr, not asked for", Expected::default(), unasked()),
    ]
}

fn tests() -> Vec<Test> {
    let other = |comment: &str, value: &str| invalid(comment, set_text("acr", value), REASON, &[Acr]);
    vec![
        valid("the first value", keep(), &[Normal]),
        valid("the second value", set_text("acr", "urn:example:silver"), &[Normal]),
        valid("the first value, each character escaped", set("acr", escaped("urn:example:gold")), &[Escape]),
        invalid("absent", remove("acr"), REASON, &[Acr]),
        invalid("under the name ACR", rename("acr", "ACR"), REASON, &[Acr]),
        other("another value", "urn:example:bronze"),
        other("the value 0", "0"),
        other("empty", ""),
        other("in capitals", "URN:EXAMPLE:GOLD"),
        other("the last character missing", "urn:example:gol"),
        other("one character more", "urn:example:gold2"),
        other("a blank behind", "urn:example:gold "),
        other("both values in one string", "urn:example:gold urn:example:silver"),
        other("the part that both have in common", "urn:example:"),
    ]
}

fn types() -> Vec<Test> {
    wrong_types("acr", &no_texts("urn:example:gold"), REASON, &[WrongType, Acr])
}

fn unasked() -> Vec<Test> {
    let right = |comment: &str, value: &str| valid(comment, set_text("acr", value), &[Normal]);
    let tests = vec![
        valid("absent", keep(), &[Normal]),
        right("some value", "urn:example:gold"),
        right("the value 0", "0"),
        right("empty", ""),
    ];
    with(tests, unused_types("acr", &no_texts("urn:example:gold"), REASON))
}
