//! `iat`: there, and a number. How near it must be is the client's choice; ten seconds are near enough for everybody.

use super::*;

const REASON: &[&str] = &["claim_iat"];
const HUGE: &[&str] = &["claim_iat", "jwt_malformed"];

pub(super) fn groups() -> Vec<Group> {
    let skewed = Expected { skew: 60, ..Expected::default() };
    let types = wrong_types("iat", &no_dates(NOW - 10), REASON, &[WrongType]);
    vec![
        Group::new("iat, clocks agree", Expected::default(), with(with(near(), far()), types)),
        Group::new("iat, a skew of 60 s", skewed, skew()),
    ]
}

fn near() -> Vec<Test> {
    let right = |comment: &str, json: &str, flags: &[Flag]| valid(comment, set("iat", json), flags);
    vec![
        valid("ten seconds ago", keep(), &[Normal]),
        right("one second ago", "1799999999", &[TimeBoundary]),
        right("half a second ago", "1799999999.5", &[TimeBoundary, Fraction]),
        right("now", "1800000000", &[TimeBoundary]),
        right("now, as an exponent", "1.8e9", &[TimeBoundary, NumberForm]),
        right("ten seconds ago, as an exponent", "179999999e1", &[NumberForm]),
        right("9.75 seconds ago", "1799999990.25", &[Fraction]),
        invalid("absent", remove("iat"), REASON, &[Missing]),
        invalid("under the name IAT", rename("iat", "IAT"), REASON, &[Missing]),
        invalid("under the name issued_at", rename("iat", "issued_at"), REASON, &[Missing]),
    ]
}

fn far() -> Vec<Test> {
    let left = |comment: &str, json: &str| acceptable(comment, set("iat", json), REASON, &[IssuedAtRange]);
    let beyond = |comment: &str, json: &str, flag| acceptable(comment, set("iat", json), HUGE, &[IssuedAtRange, flag]);
    vec![
        left("in half a second", "1800000000.5"),
        left("in one second", "1800000001"),
        left("in ten minutes", "1800000600"),
        left("after exp", "1800003601"),
        left("an hour ago", "1799996400"),
        left("a year ago", "1768464000"),
        left("0", "0"),
        left("minus 0", "-0"),
        left("ten seconds ago, in milliseconds", "1799999990000"),
        beyond("minus 1", "-1", BeforeTheEpoch),
        beyond("minus 2^63", "-9223372036854775808", BeforeTheEpoch),
        beyond("minus 1e400", "-1e400", BeforeTheEpoch),
        beyond("2^53", "9007199254740992", NumberRange),
        beyond("2^63", "9223372036854775808", NumberRange),
        beyond("2^64", "18446744073709551616", NumberRange),
        beyond("1e400", "1e400", NumberRange),
    ]
}

fn skew() -> Vec<Test> {
    let right = |comment: &str, json: &str, flags: &[Flag]| valid(comment, set("iat", json), flags);
    vec![
        right("now", "1800000000", &[Normal]),
        right("in one second", "1800000001", &[Skew]),
        right("in 59 seconds", "1800000059", &[Skew, TimeBoundary]),
        right("in 60 seconds", "1800000060", &[Skew, TimeBoundary]),
        acceptable("in 60.5 seconds", set("iat", "1800000060.5"), REASON, &[IssuedAtRange]),
        acceptable("in 61 seconds", set("iat", "1800000061"), REASON, &[IssuedAtRange]),
    ]
}
