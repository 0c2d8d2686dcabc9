//! `exp`: a date that lies ahead.

use super::*;

const REASON: &[&str] = &["claim_exp"];
/// A number that a reader may not be able to hold at all.
const HUGE: &[&str] = &["claim_exp", "jwt_malformed"];

pub(super) fn groups() -> Vec<Group> {
    let skewed = Expected { skew: 60, ..Expected::default() };
    let all = [edges(), spellings(), far(), wrong()].into_iter().flatten().collect();
    vec![Group::new("exp, clocks agree", Expected::default(), all), Group::new("exp, a skew of 60 s", skewed, skew())]
}

fn edges() -> Vec<Test> {
    let past = |comment: &str, json: &str, flags: &[Flag]| invalid(comment, set("exp", json), REASON, flags);
    vec![
        valid("in an hour", keep(), &[Normal]),
        valid("in one second", set("exp", NOW + 1), &[TimeBoundary]),
        valid("in half a second", set("exp", "1800000000.5"), &[TimeBoundary, Fraction]),
        valid("in a thousandth of a second", set("exp", "1800000000.001"), &[TimeBoundary, Fraction]),
        acceptable(
            "in a ten-millionth of a second",
            set("exp", "1800000000.0000001"),
            REASON,
            &[NumberPrecision, TimeBoundary],
        ),
        past("now", "1800000000", &[TimeBoundary]),
        past("now, as a fraction", "1800000000.0", &[TimeBoundary, NumberForm]),
        past("now, as an exponent", "1.8e9", &[TimeBoundary, NumberForm]),
        past("now, as a negative exponent", "180000000000000000e-8", &[TimeBoundary, NumberForm]),
        past("half a second ago", "1799999999.5", &[TimeBoundary, Fraction]),
        past("a thousandth of a second ago", "1799999999.999", &[TimeBoundary, Fraction]),
        past("one second ago", "1799999999", &[TimeBoundary]),
        past("an hour ago", "1799996400", &[Expired]),
        past("0", "0", &[Expired]),
        past("minus 0", "-0", &[Expired, NumberForm]),
        past("minus 0.0", "-0.0", &[Expired, NumberForm]),
        past("0 with an exponent", "0e400", &[Expired, NumberForm]),
        past("next to nothing", "1e-400", &[Expired, NumberForm]),
        past("1", "1", &[Expired]),
        past("minus 1", "-1", &[Expired]),
        past("milliseconds cut to a fraction", "1800003.6", &[Expired, Fraction]),
    ]
}

fn spellings() -> Vec<Test> {
    let right = |comment: &str, json: &str| valid(format!("in an hour: {comment}"), set("exp", json), &[NumberForm]);
    vec![
        valid("in an hour and three quarters of a second", set("exp", "1800003600.75"), &[Fraction]),
        right("one zero behind the point", "1800003600.0"),
        right("forty zeros behind the point", &format!("1800003600.{}", "0".repeat(40))),
        right("an exponent", "1.8000036e9"),
        right("a capital E and a plus", "1.8000036E+9"),
        right("an exponent of an integer", "18000036e2"),
        right("a negative exponent", "180000360000e-2"),
        right("the exponent 0", "1800003600e0"),
        right("the exponent minus 0", "1800003600E-0"),
        right("an exponent with leading zeros", "18000036e0002"),
        right("a leading zero before the point", "0.18000036e10"),
        right("a mantissa longer than 64 bits", "18000036000000000000000000000000000000000e-31"),
    ]
}

fn far() -> Vec<Test> {
    let far = |comment: &str, json: &str| valid(comment, set("exp", json), &[Normal]);
    let beyond = |comment: &str, json: &str| acceptable(comment, set("exp", json), HUGE, &[NumberRange]);
    let wraps = |comment: &str, json: &str| invalid(comment, set("exp", json), HUGE, &[Wraparound]);
    vec![
        far("2^31 - 1: 2038", "2147483647"),
        far("2^31: one second later", "2147483648"),
        far("2^32 - 1: 2106", "4294967295"),
        far("2^32: one second later", "4294967296"),
        far("the last second of 9999", "253402300799"),
        beyond("the first second of 10000", "253402300800"),
        beyond("in an hour, in milliseconds", "1800003600000"),
        beyond("in an hour, in nanoseconds", "1800003600000000000"),
        beyond("2^53", "9007199254740992"),
        beyond("2^53 + 1", "9007199254740993"),
        beyond("2^63 - 1", "9223372036854775807"),
        beyond("2^63", "9223372036854775808"),
        beyond("2^64 - 1", "18446744073709551615"),
        beyond("2^64", "18446744073709551616"),
        beyond("1e308", "1e308"),
        beyond("1e400", "1e400"),
        beyond("400 digits", &"9".repeat(400)),
        wraps("in an hour, with a minus", "-1800003600"),
        wraps("minus 2^63", "-9223372036854775808"),
        wraps("minus 2^63 - 1", "-9223372036854775809"),
        wraps("in an hour, minus 2^32", "-2494963696"),
        wraps("in an hour, minus 2^64", "-18446744071909548016"),
        wraps("minus 1e400", "-1e400"),
    ]
}

fn wrong() -> Vec<Test> {
    let missing = |comment: &str, edits: Edits| invalid(comment, edits, REASON, &[Missing]);
    let named = vec![
        missing("absent", remove("exp")),
        missing("under the name EXP", rename("exp", "EXP")),
        missing("under the name Exp", rename("exp", "Exp")),
        missing("under the name expires", rename("exp", "expires")),
        missing("under a name with a blank", rename("exp", "exp ")),
        missing("under a name with NUL", rename("exp", r"exp\u0000")),
        missing("inside another claim", remove("exp").and(set("claims", r#"{"exp":1800003600}"#))),
        missing("absent, expires_in instead", remove("exp").and(set("expires_in", 3600))),
    ];
    let types = wrong_types("exp", &no_dates(NOW + 3600), REASON, &[WrongType]);
    let texts = [
        ("a date as text", r#""2027-01-15T09:00:00Z""#),
        ("the string Infinity", r#""Infinity""#),
        ("the string never", r#""never""#),
        ("hexadecimal in a string", r#""0x6b49e010""#),
    ];
    let texts = texts.map(|(what, json)| invalid(format!("exp: {what}"), set("exp", json), REASON, &[WrongType]));
    with(with(named, types), texts)
}

fn skew() -> Vec<Test> {
    let within = |comment: &str, json: &str, flags: &[Flag]| valid(comment, set("exp", json), flags);
    let past = |comment: &str, json: &str, flags: &[Flag]| invalid(comment, set("exp", json), REASON, flags);
    vec![
        within("in an hour", "1800003600", &[Normal]),
        within("in one second", "1800000001", &[Skew]),
        within("now", "1800000000", &[Skew]),
        within("one second ago", "1799999999", &[Skew]),
        within("59 seconds ago", "1799999941", &[Skew, TimeBoundary]),
        within("59.5 seconds ago", "1799999940.5", &[Skew, TimeBoundary, Fraction]),
        past("60 seconds ago", "1799999940", &[Skew, TimeBoundary]),
        past("60 seconds ago, as an exponent", "1.79999994e9", &[Skew, TimeBoundary, NumberForm]),
        past("60.5 seconds ago", "1799999939.5", &[Skew, TimeBoundary, Fraction]),
        past("61 seconds ago", "1799999939", &[Skew, TimeBoundary]),
        past("an hour ago", "1799996400", &[Expired]),
        past("0", "0", &[Expired]),
        past("minus 2^63: less the skew it would wrap", "-9223372036854775808", &[Wraparound]),
        acceptable("2^63 - 1: with the skew it would wrap", set("exp", "9223372036854775807"), HUGE, &[NumberRange]),
    ]
}
