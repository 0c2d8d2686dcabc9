//! `nbf`: absent, or a date that has come.

use super::*;

const REASON: &[&str] = &["claim_nbf"];
const HUGE: &[&str] = &["claim_nbf", "jwt_malformed"];

pub(super) fn groups() -> Vec<Group> {
    let skewed = Expected { skew: 60, ..Expected::default() };
    let types = optional_types("nbf", &no_dates(NOW - 10), REASON, &[WrongType]);
    vec![
        Group::new("nbf, clocks agree", Expected::default(), with(with(edges(), far()), types)),
        Group::new("nbf, a skew of 60 s", skewed, skew()),
    ]
}

fn edges() -> Vec<Test> {
    let come = |comment: &str, json: &str, flags: &[Flag]| valid(comment, set("nbf", json), flags);
    let early = |comment: &str, json: &str, flags: &[Flag]| invalid(comment, set("nbf", json), REASON, flags);
    vec![
        valid("absent", keep(), &[Normal]),
        come("ten seconds ago", "1799999990", &[Normal]),
        come("one second ago", "1799999999", &[TimeBoundary]),
        come("half a second ago", "1799999999.5", &[TimeBoundary, Fraction]),
        come("now", "1800000000", &[TimeBoundary]),
        come("now, as a fraction", "1800000000.000", &[TimeBoundary, NumberForm]),
        come("now, as an exponent", "1.8e9", &[TimeBoundary, NumberForm]),
        come("0", "0", &[Normal]),
        come("minus 0", "-0", &[NumberForm]),
        come("0 with an exponent", "0e400", &[NumberForm]),
        valid("NBF in an hour, another claim", set("NBF", NOW + 3600), &[UnknownClaim]),
        early("in a thousandth of a second", "1800000000.001", &[TimeBoundary, Fraction]),
        early("in half a second", "1800000000.5", &[TimeBoundary, Fraction]),
        early("in one second", "1800000001", &[TimeBoundary]),
        early("in one second, as an exponent", "1.800000001e9", &[TimeBoundary, NumberForm]),
        early("in an hour", "1800003600", &[NotYetValid]),
    ]
}

fn far() -> Vec<Test> {
    let early = |comment: &str, json: &str, flags: &[Flag]| invalid(comment, set("nbf", json), HUGE, flags);
    let before = |comment: &str, json: &str| acceptable(comment, set("nbf", json), HUGE, &[BeforeTheEpoch]);
    vec![
        early("2^32", "4294967296", &[Wraparound]),
        early("now plus 2^32", "6094967296", &[Wraparound]),
        early("the last second of 9999", "253402300799", &[NotYetValid]),
        early("the first second of 10000", "253402300800", &[NotYetValid]),
        early("ten seconds ago, in milliseconds", "1799999990000", &[NotYetValid]),
        early("2^53", "9007199254740992", &[NotYetValid]),
        early("2^63 - 1", "9223372036854775807", &[NotYetValid]),
        early("2^63", "9223372036854775808", &[Wraparound]),
        early("2^64", "18446744073709551616", &[Wraparound]),
        early("now plus 2^64", "18446744075509551616", &[Wraparound]),
        early("1e308", "1e308", &[NotYetValid]),
        early("1e400", "1e400", &[Wraparound]),
        early("400 digits", &"9".repeat(400), &[Wraparound]),
        before("minus 1", "-1"),
        before("minus 2^63", "-9223372036854775808"),
        before("minus 2^63 - 1", "-9223372036854775809"),
        before("minus 1e400", "-1e400"),
    ]
}

fn skew() -> Vec<Test> {
    let come = |comment: &str, json: &str, flags: &[Flag]| valid(comment, set("nbf", json), flags);
    let early = |comment: &str, json: &str, flags: &[Flag]| invalid(comment, set("nbf", json), REASON, flags);
    vec![
        come("now", "1800000000", &[Skew]),
        come("in one second", "1800000001", &[Skew]),
        come("in 59 seconds", "1800000059", &[Skew, TimeBoundary]),
        come("in 59.5 seconds", "1800000059.5", &[Skew, TimeBoundary, Fraction]),
        come("in 60 seconds", "1800000060", &[Skew, TimeBoundary]),
        come("in 60 seconds, as an exponent", "1.80000006e9", &[Skew, TimeBoundary, NumberForm]),
        early("in 60.5 seconds", "1800000060.5", &[Skew, TimeBoundary, Fraction]),
        early("in 61 seconds", "1800000061", &[Skew, TimeBoundary]),
        early("in an hour", "1800003600", &[NotYetValid]),
    ]
}
