//! `sub`: there, a string, at most 255 ASCII characters.

use super::super::edit::escaped;
use super::*;

const REASON: &[&str] = &["claim_sub"];

pub(super) fn groups() -> Vec<Group> {
    vec![Group::new("sub", Expected::default(), with(tests(), types()))]
}

fn tests() -> Vec<Test> {
    let right = |comment: &str, value: &str| valid(comment, set_text("sub", value), &[Subject]);
    let odd = |comment: &str, value: &str| acceptable(comment, set_text("sub", value), REASON, &[SubjectForm]);
    let printable: String = (' '..='~').collect();
    vec![
        valid("a name", keep(), &[Normal]),
        right("one character", "a"),
        right("digits only, as a string", "24400320"),
        right("the string null", "null"),
        right("a blank inside", "user 17"),
        right("a vertical bar", "auth0|user-17"),
        right("a URI", "https://issuer.example/users/17"),
        right("every printable ASCII character", &printable),
        right("254 characters", &"a".repeat(254)),
        right("255 characters", &"a".repeat(255)),
        valid(
            "255 characters, each escaped: 1530 octets of JSON",
            set("sub", escaped(&"a".repeat(255))),
            &[Subject, Escape],
        ),
        invalid("256 characters", set_text("sub", &"a".repeat(256)), REASON, &[Subject]),
        invalid("1000 characters", set_text("sub", &"a".repeat(1000)), REASON, &[Subject]),
        invalid("absent", remove("sub"), REASON, &[Missing]),
        invalid("under the name Sub", rename("sub", "Sub"), REASON, &[Missing]),
        invalid("under the name subject", rename("sub", "subject"), REASON, &[Missing]),
        odd("empty", ""),
        odd("a letter outside ASCII", "zo\u{eb}"),
        odd("a character outside the basic plane", "\u{1f600}"),
        odd("NUL inside", "user\u{0}17"),
        odd("a line end inside", "user\n17"),
        odd("DEL inside", "user\u{7f}17"),
        odd("a text direction mark inside", "user\u{202e}17"),
    ]
}

fn types() -> Vec<Test> {
    wrong_types("sub", &no_texts("user-17"), REASON, &[WrongType])
}
