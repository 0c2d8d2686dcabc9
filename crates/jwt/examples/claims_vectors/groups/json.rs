//! JSON that is unusual and in order: each of these is the honest token.

use super::super::edit::{append, escaped, layout, replace, reverse, whole};
use super::*;

pub(super) fn groups() -> Vec<Group> {
    vec![
        Group::new("unusual JSON, the claims themselves", Expected::default(), claims()),
        Group::new("unusual JSON, claims that are not understood", Expected::default(), unknown()),
        Group::new("unusual JSON, half surrogate pairs and a byte order mark", Expected::default(), left_open()),
    ]
}

fn claims() -> Vec<Test> {
    let names = ["iss", "sub", "aud", "exp", "iat", "nonce"];
    let all_escaped = names.map(|name| {
        let escaped = escaped(name);
        format!("{escaped}:")
    });
    let mut text = String::from(
        r#"{"iss":"https://issuer.example","sub":"user-17","aud":"s6BhdRkqt3","exp":1800003600,"iat":1799999990,"nonce":"n-0S6_WzA2Mj"}"#,
    );
    let plain = text.clone();
    for (name, escaped) in names.iter().zip(&all_escaped) {
        text = text.replace(&format!("\"{name}\":"), escaped);
    }
    let space = |comment: &str, before: &str, between, after: &str| {
        valid(comment, layout(before, between, after), &[Whitespace])
    };
    vec![
        valid("compact", keep(), &[Normal]),
        valid("the members in reverse order", reverse(), &[MemberOrder]),
        space("blanks after the commas", "{", ", ", "}"),
        space("one member a line, LF", "{\n  ", ",\n  ", "\n}\n"),
        space("one member a line, CR LF", "{\r\n\t", ",\r\n\t", "\r\n}"),
        space("blanks before and behind", "  {", ",", "}  "),
        space("a line end before", "\n{", ",", "}"),
        space("tabs around the commas", "{\t", "\t,\t", "\t}"),
        space("a thousand blanks", &format!("{{{}", " ".repeat(1000)), ",", "}"),
        valid("blanks around the colons", replace("\":", "\" : "), &[Whitespace]),
        valid("line ends around the colons", replace("\":", "\"\n:\r\n"), &[Whitespace]),
        valid("each name escaped", whole(text), &[Escape]),
        valid("one letter of a name escaped", rename("exp", r"\u0065xp"), &[Escape]),
        valid("a name escaped in capital hex digits", rename("nonce", r"n\u006Fnce"), &[Escape]),
        valid(
            "each value escaped",
            set("iss", escaped("https://issuer.example"))
                .and(set("aud", escaped("s6BhdRkqt3")))
                .and(set("nonce", escaped("n-0S6_WzA2Mj"))),
            &[Escape],
        ),
        valid("blanks in front of the very same text", whole(format!(" {plain}")), &[Whitespace]),
        valid(
            "a fraction for every date",
            set("exp", "1800003600.5").and(set("iat", "1799999990.5")).and(set("nbf", "1799999990.5")),
            &[Fraction],
        ),
        valid(
            "an exponent for every date",
            set("exp", "18000036e2").and(set("iat", "179999999e1")).and(set("nbf", "179999999E+1")),
            &[NumberForm],
        ),
    ]
}

fn unknown() -> Vec<Test> {
    let nested = |open: &str, close: &str, depth| format!("{}1{}", open.repeat(depth), close.repeat(depth));
    let member = |comment: &str, json: &str| valid(comment, append("x", json), &[UnknownClaim]);
    let text = |comment: &str, json: &str, flag| valid(comment, append("x", json), &[UnknownClaim, flag]);
    let named = |comment: &str, name: &str, flag| valid(comment, append(name, "1"), &[UnknownClaim, flag]);
    let hundred = (0..100).fold(keep(), |edits, index| edits.and(append(format!("claim-{index}"), index)));
    vec![
        valid("none", keep(), &[Normal]),
        member("null", "null"),
        member("true", "true"),
        member("an empty string", "\"\""),
        member("an empty array", "[]"),
        member("an empty object", "{}"),
        member("an array of every type", r#"[null,true,false,0,-1.5e-3,"",[],{}]"#),
        member("arrays, eight deep", &nested("[", "]", 8)),
        member("objects, eight deep", &nested("{\"x\":", "}", 8)),
        member("arrays and objects, sixteen deep", &nested("[{\"x\":", "}]", 8)),
        member("2^53 + 1", "9007199254740993"),
        member("2^64 - 1", "18446744073709551615"),
        member("minus 2^63", "-9223372036854775808"),
        member("a fraction of fifty digits", "0.12345678901234567890123456789012345678901234567890"),
        member("a string of 4096 characters", &quoted(&"x".repeat(4096))),
        member("a string like a number", "\"1e400\""),
        member("an array of a hundred strings", &format!("[{}]", vec!["\"x\""; 100].join(","))),
        valid("a hundred of them", hundred, &[UnknownClaim]),
        text("each short escape", r#""\"\\\/\b\f\n\r\t""#, Escape),
        text("NUL as an escape", r#""\u0000""#, Escape),
        text("DEL as it is", "\"\u{7f}\"", Unicode),
        text("a line separator as it is", "\"\u{2028}\"", Unicode),
        text("a character outside the basic plane", "\"\u{1f600}\"", Unicode),
        text("a surrogate pair", r#""\ud83d\ude00""#, Escape),
        text("the last code point as a surrogate pair", r#""\udbff\udfff""#, Escape),
        text("a code point that is no character", r#""\uffff""#, Escape),
        text("a byte order mark inside", "\"\u{feff}\"", Unicode),
        text("right to left", "\"\u{5e9}\u{5dc}\u{5d5}\u{5dd}\"", Unicode),
        named("an empty name", "", UnknownClaim),
        named("the name __proto__", "__proto__", UnknownClaim),
        valid(
            "the name __proto__, an object with claims",
            append("__proto__", r#"{"exp":1,"nonce":"another"}"#),
            &[UnknownClaim],
        ),
        named("the name constructor", "constructor", UnknownClaim),
        named("the name hasOwnProperty", "hasOwnProperty", UnknownClaim),
        named("a name with a dot", "a.b", UnknownClaim),
        named("a name with a quote", r#"a\"b"#, Escape),
        named("a name outside ASCII", "\u{e9}", Unicode),
        named("a name of a thousand characters", &"n".repeat(1000), UnknownClaim),
        named("a URL as name", "https://client.example/claims/x", UnknownClaim),
        acceptable("1e400", append("x", "1e400"), &["jwt_malformed"], &[NumberRange]),
        acceptable("an integer of 400 digits", append("x", "9".repeat(400)), &["jwt_malformed"], &[NumberRange]),
    ]
}

fn left_open() -> Vec<Test> {
    let half = |comment: &str, json: &str| acceptable(comment, append("x", json), &["jwt_malformed"], &[LoneSurrogate]);
    let mark = layout("\u{feff}{", ",", "}");
    vec![
        valid("neither", keep(), &[Normal]),
        half("a first half alone", r#""\ud83d""#),
        half("a second half alone", r#""\ude00""#),
        half("the halves exchanged", r#""\ude00\ud83d""#),
        half("two first halves", r#""\ud83d\ud83d""#),
        half("a first half before a letter", r#""\ud83dx""#),
        acceptable("a first half in a name", append(r"\ud83d", "1"), &["jwt_malformed"], &[LoneSurrogate]),
        acceptable("a byte order mark", mark, &["jwt_malformed"], &[ByteOrderMark]),
    ]
}
