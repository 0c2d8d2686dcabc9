//! Payloads that are no JSON object in UTF-8, and that one reader or another takes for one.

use super::super::edit::{append, layout, replace, whole};
use super::*;

const REASON: &[&str] = &["jwt_malformed"];
/// The honest claims as one text.
const HONEST: &str = r#"{"iss":"https://issuer.example","sub":"user-17","aud":"s6BhdRkqt3","exp":1800003600,"iat":1799999990,"nonce":"n-0S6_WzA2Mj"}"#;

pub(super) fn groups() -> Vec<Group> {
    vec![
        Group::new("no JSON, numbers", Expected::default(), numbers()),
        Group::new("no JSON, punctuation and strings", Expected::default(), punctuation()),
        Group::new("no JSON object in UTF-8", Expected::default(), texts()),
    ]
}

/// Those that change the claims of any kind of token.
pub(super) fn claims() -> Vec<Group> {
    groups().into_iter().take(2).collect()
}

fn no_json(comment: &str, edits: Edits) -> Test {
    invalid(comment, edits, REASON, &[NotJson])
}

fn numbers() -> Vec<Test> {
    let exp = |comment: &str, text: &str| no_json(comment, set("exp", text));
    vec![
        valid("a number", keep(), &[Normal]),
        exp("a plus before", "+1800003600"),
        exp("a leading zero", "01800003600"),
        exp("hexadecimal", "0x6b49e010"),
        exp("no digit behind the point", "1800003600."),
        exp("no digit before the point", ".5e12"),
        exp("no digit behind the e", "1800003600e"),
        exp("no digit behind the sign of the exponent", "1800003600e+"),
        exp("a fraction as exponent", "18000036e2.0"),
        exp("an underscore between digits", "1_800_003_600"),
        exp("a comma between digits", "1,800,003,600"),
        exp("a blank between digits", "1800 003600"),
        exp("a suffix", "1800003600n"),
        exp("two minus signs", "--1"),
        exp("a minus alone", "-"),
        exp("full-width digits", "\u{ff11}\u{ff18}00003600"),
        exp("NaN", "NaN"),
        exp("Infinity", "Infinity"),
        exp("minus Infinity", "-Infinity"),
        exp("inf", "inf"),
        exp("a sum", "1800000000+3600"),
    ]
}

fn punctuation() -> Vec<Test> {
    let x = |comment: &str, text: &str| no_json(comment, append("x", text));
    vec![
        valid("in order", keep(), &[Normal]),
        no_json("a comma behind the last member", layout("{", ",", ",}")),
        no_json("a comma before the first member", layout("{,", ",", "}")),
        no_json("two commas", layout("{", ",,", "}")),
        no_json("no commas", layout("{", " ", "}")),
        no_json("semicolons", layout("{", ";", "}")),
        no_json("equals signs for colons", replace("\":", "\"=")),
        no_json("no brace at the end", layout("{", ",", "")),
        no_json("no brace at the start", layout("", ",", "}")),
        no_json("a bracket at the end", layout("{", ",", "]")),
        no_json("a second brace at the end", layout("{", ",", "}}")),
        no_json("a second object behind", layout("{", ",", "}{}")),
        no_json("a second object on a line of its own", layout("{", ",", "}\n{}")),
        no_json("a letter behind", layout("{", ",", "}x")),
        no_json("NUL behind", layout("{", ",", "}\u{0}")),
        no_json("a comment", layout("{/* claims */", ",", "}")),
        no_json("a comment to the end of the line", layout("{ // claims\n", ",", "}")),
        no_json("a form feed as a blank", layout("{\u{c}", ",", "}")),
        no_json("a no-break space as a blank", layout("{\u{a0}", ",", "}")),
        no_json("a name without quotes", replace("\"exp\":", "exp:")),
        no_json("a name in single quotes", replace("\"exp\":", "'exp':")),
        no_json("a number as name", replace("\"exp\":", "1:1,\"exp\":")),
        no_json("a string in single quotes", replace("\"user-17\"", "'user-17'")),
        no_json("a string without an end", append("x", "\"x")),
        no_json("a name without a value", replace("\"exp\":", "\"x\",\"exp\":")),
        x("True", "True"),
        x("None", "None"),
        x("undefined", "undefined"),
        x("nothing", ""),
        x("a comma at the end of an array", "[1,]"),
        x("an array without an end", "[1"),
        x("a line end inside a string", "\"a\nb\""),
        x("a tab inside a string", "\"a\tb\""),
        x("NUL inside a string", "\"a\u{0}b\""),
        x("an escape of x", r#""\x41""#),
        x("an escape of a single quote", r#""\'""#),
        x("an escape of a letter that has none", r#""\a""#),
        x("an escape with three digits", r#""\u041""#),
        x("an escape with a letter that is no digit", r#""\u004g""#),
        x("an escape in braces", r#""\u{41}""#),
        x("a backslash at the end of a string", r#""\""#),
    ]
}

fn texts() -> Vec<Test> {
    let octets = |comment: &str, octets: &[u8]| {
        let mut text = HONEST.trim_end_matches('}').as_bytes().to_vec();
        text.extend(b",\"x\":\"");
        text.extend(octets);
        text.extend(b"\"}");
        no_json(comment, whole(text))
    };
    let wide = |unit: fn(u16) -> [u8; 2]| whole(HONEST.encode_utf16().flat_map(unit).collect::<Vec<_>>());
    vec![
        valid("an object in UTF-8", keep(), &[Normal]),
        octets("an octet that UTF-8 never has", &[0xff]),
        octets("a continuation octet alone", &[0x80]),
        octets("Latin-1", b"Zo\xeb"),
        octets("a character cut short", &[0xc3]),
        octets("a character of four octets cut short", &[0xf0, 0x9f, 0x98]),
        octets("an overlong slash", &[0xc0, 0xaf]),
        octets("an overlong NUL", &[0xc0, 0x80]),
        octets("half a surrogate pair in three octets", &[0xed, 0xa0, 0xbd]),
        octets("a code point beyond the last", &[0xf4, 0x90, 0x80, 0x80]),
        no_json("UTF-16, little end first", wide(u16::to_le_bytes)),
        no_json("UTF-16, big end first", wide(u16::to_be_bytes)),
        no_json("no octets", whole("")),
        no_json("blanks", whole("   ")),
        no_json("NUL", whole("\u{0}")),
        no_json("null", whole("null")),
        no_json("true", whole("true")),
        no_json("a number", whole("1800003600")),
        no_json("an empty string", whole("\"\"")),
        no_json("the claims in a string", whole(quoted(HONEST))),
        no_json("the claims in an array", whole(format!("[{HONEST}]"))),
        no_json("an empty array", whole("[]")),
        no_json("an array of names and values", whole(r#"[["iss","https://issuer.example"],["sub","user-17"]]"#)),
        no_json("a form", whole("iss=https%3A%2F%2Fissuer.example&sub=user-17&aud=s6BhdRkqt3&exp=1800003600")),
        no_json("the claims in base64url once more", whole(super::super::keys::base64url(HONEST.as_bytes()))),
        no_json("a token as payload", whole("eyJhbGciOiJub25lIn0.e30.")),
    ]
}
