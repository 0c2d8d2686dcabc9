//! What is JSON and what is not, whatever the cargo features of other crates: run these tests with
//! `--features serde_json/arbitrary_precision,serde_json/preserve_order,serde_json/raw_value,serde_json/float_roundtrip,serde_json/unbounded_depth`
//! as well.

use proofkey_jwt::{DecodeError, MAX_MEMBERS, danger};
use proptest::prelude::*;

use crate::support::*;

const HEADER: &str = "eyJhbGciOiJFZERTQSIsIngiOjAuNX0"; // {"alg":"EdDSA","x":0.5}

fn decode(payload: &[u8]) -> Result<danger::UnverifiedJwt, DecodeError> {
    danger::decode_unverified(&format!("{HEADER}.{}.AAAA", encode(payload)))
}

fn claim(value: &str) -> Result<danger::UnverifiedJwt, &'static str> {
    decode(format!(r#"{{"c":{value}}}"#).as_bytes()).map_err(|error| error.code())
}

#[test]
fn f1_a_number_in_the_header_is_no_danger() {
    danger::decode_unverified(&format!("{HEADER}.e30.AAAA")).unwrap();
    for number in ["1e400", "-1e400", &"9".repeat(400)] {
        let header = encode(format!(r#"{{"alg":"EdDSA","x":{number}}}"#).as_bytes());
        let code = danger::decode_unverified(&format!("{header}.e30.AAAA")).unwrap_err().code();
        assert_eq!(code, "jwt_number_out_of_range");
    }
}

#[test]
fn f1_numbers_are_the_nearest_f64() {
    for (text, nearest, whole) in [
        ("0", 0.0, Some(0)),
        ("-0", 0.0, Some(0)),
        ("0.1", 0.1, None),
        ("1900000000", 1.9e9, Some(1_900_000_000)),
        ("1.9e9", 1.9e9, None),
        ("19E+8", 1.9e9, None),
        ("9007199254740993", 9_007_199_254_740_992.0, Some(9_007_199_254_740_993)),
        ("18446744073709551616", 18_446_744_073_709_552_000.0, None),
        ("1.7976931348623157e308", f64::MAX, None),
        ("1e-400", 0.0, None),
        ("2.2250738585072011e-308", 2.225_073_858_507_201e-308, None),
    ] {
        let token = claim(text).unwrap();
        let value = token.unverified_claims().get("c").unwrap();
        assert_eq!((value.as_f64(), value.as_i64()), (Some(nearest), whole), "{text}");
        assert_eq!((value.as_str(), value.as_bool()), (None, None), "{text}");
    }
    for text in ["01", "+1", ".5", "1.", "1e", "1e+", "-", "--1", "0x1", "NaN", "Infinity", "1_0", "1 2", "\u{661}"] {
        assert_eq!(claim(text).unwrap_err(), "jwt_bad_json", "{text}");
    }
}

#[test]
fn strings_are_unescaped_and_nothing_else_is_touched() {
    for (text, content) in [
        (r#""""#, ""),
        (r#""a\"b\\c\/d""#, "a\"b\\c/d"),
        (r#""\b\f\n\r\t""#, "\u{8}\u{c}\n\r\t"),
        (r#""\u00e9\u20ac\u0000z""#, "é€\0z"),
        (r#""x\ud83d\ude00é\uD83D\uDE00""#, "x😀é😀"),
        ("\"\u{7f}\u{ffff}\"", "\u{7f}\u{ffff}"),
    ] {
        let token = decode(format!(r#"{{"c":{text},"after":"whole","n":[7,{text}]}}"#).as_bytes()).unwrap();
        let claims = token.unverified_claims();
        assert_eq!(claims.get("c").unwrap().as_str(), Some(content), "{text}");
        assert_eq!(claims.get("after").unwrap().as_str(), Some("whole"), "{text}");
        let last = claims.get("n").unwrap().items().unwrap().nth(1);
        assert_eq!(last.unwrap().as_str(), Some(content), "{text}");
    }
    let lone = [r#""\ud83d""#, r#""\ude00""#, r#""\ud83d\ud83d""#, r#""\ud83dx""#, r#""\ud83d\n""#];
    let cut = ["\"", "\"\\", r#""\u12"#, r#""\u12""#, r#""\u12g4""#, r#""\x""#, r#""\u+123""#, "\"\t\"", "\"\n\""];
    for text in lone.into_iter().chain(cut) {
        assert_eq!(claim(text).unwrap_err(), "jwt_bad_json", "{text}");
    }
}

#[test]
fn what_is_not_json_is_refused_where_it_ends_to_be() {
    for (text, position) in [
        (" ", 1),
        ("{", 1),
        (r#"{"a"}"#, 4),
        (r#"{"a":}"#, 5),
        (r#"{"a":1,}"#, 7),
        (r#"{"a":1 "b":2}"#, 7),
        (r#"{,}"#, 1),
        (r#"{a:1}"#, 1),
        (r#"{"a":[1,]}"#, 8),
        (r#"{"a":[,]}"#, 6),
        (r#"{"a":[1}"#, 7),
        (r#"{"a":nul}"#, 5),
        (r#"{"a":True}"#, 5),
        (r#"{"a":1}}"#, 7),
        (r#"{"a":1}//"#, 7),
        ("\u{feff}{}", 0),
        ("{}\u{0}", 2),
    ] {
        let error = decode(text.as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), format!("the token's payload is not JSON: see byte {position} of it"), "{text}");
    }
    assert_eq!(decode(b"{\"a\":\"\xff\"}").unwrap_err().code(), "jwt_not_utf8");
    for blank in ["{ \"a\"\t:\r\n[ ] , \"b\" : { } } ", "{}"] {
        decode(blank.as_bytes()).unwrap();
    }
}

#[test]
fn names_are_compared_as_they_read() {
    let many: Vec<_> = (0..MAX_MEMBERS).map(|at| format!(r#""n{at}":{{"x":[{at}]}}"#)).collect();
    for few in [2, 16, 17, MAX_MEMBERS] {
        let honest = many[..few].join(",");
        decode(format!("{{{honest}}}").as_bytes()).unwrap();
        let twice = honest.replacen(r#""n1""#, r#""\u006e0""#, 1);
        assert_eq!(decode(format!("{{{twice}}}").as_bytes()).unwrap_err().code(), "jwt_duplicate_member", "{few}");
        assert_eq!(claim(&format!("[0,{{{twice}}}]")).unwrap_err(), "jwt_duplicate_member", "{few} inside");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// An honest text, edited in one place: both readers agree on whether it still is JSON.
    #[test]
    fn f1_ours_and_serde_json_agree_on_what_json_is(
        at in 0_usize..90,
        remove in 0_usize..3,
        insert in r#"[]{}":,\\0-9eE+.tfnu \n\ra-]{0,3}"#,
    ) {
        let mut text = r#"{"a":[1,-2.5e3,true,null,"x\né"],"\u0062":{"c":[],"d":"\ud83d\ude00 z"},"e":false}"#.to_owned();
        let at = (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap();
        let end = (at + remove..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
        text.replace_range(at..end, &insert);
        let theirs = match serde_json::from_str::<serde_json::Value>(&text) {
            Ok(_) => true,
            Err(error) => error.to_string().starts_with("number out of range"),
        };
        let ours = !decode(text.as_bytes()).is_err_and(|error| error.code() == "jwt_bad_json");
        prop_assert_eq!(ours, theirs, "{}", text);
    }
}
