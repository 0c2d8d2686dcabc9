//! `auth_time`: due when `max_age` was sent, and then not longer ago than that.

use super::*;

const REASON: &[&str] = &["claim_auth_time"];
const HUGE: &[&str] = &["claim_auth_time", "jwt_malformed"];

pub(super) fn groups() -> Vec<Group> {
    let asked = |max_age, skew| Expected { max_age: Some(max_age), skew, ..Expected::default() };
    let types = wrong_types("auth_time", &no_dates(NOW - 10), REASON, &[WrongType, AuthTime]);
    vec![
        Group::new("auth_time, max_age 300, clocks agree", asked(300, 0), with(with(edges(), far()), types)),
        Group::new("auth_time, max_age 300, a skew of 60 s", asked(300, 60), skew()),
        Group::new("auth_time, max_age 0, clocks agree", asked(0, 0), zero()),
        Group::new("auth_time, not asked for", Expected::default(), unasked()),
    ]
}

fn edges() -> Vec<Test> {
    let right = |comment: &str, json: &str, flags: &[Flag]| valid(comment, set("auth_time", json), flags);
    let old = |comment: &str, json: &str, flags: &[Flag]| invalid(comment, set("auth_time", json), REASON, flags);
    vec![
        valid("now", keep(), &[Normal]),
        right("ten seconds ago", "1799999990", &[Normal]),
        right("ten seconds ago, after the token was issued", "1799999995", &[Normal]),
        right("299 seconds ago", "1799999701", &[AuthTime, TimeBoundary]),
        right("299.5 seconds ago", "1799999700.5", &[AuthTime, TimeBoundary, Fraction]),
        right("300 seconds ago", "1799999700", &[AuthTime, TimeBoundary]),
        right("300 seconds ago, as an exponent", "17999997e2", &[AuthTime, TimeBoundary, NumberForm]),
        old("300.5 seconds ago", "1799999699.5", &[AuthTime, TimeBoundary, Fraction]),
        old("301 seconds ago", "1799999699", &[AuthTime, TimeBoundary]),
        old("an hour ago", "1799996400", &[AuthTime]),
        old("0", "0", &[AuthTime]),
        old("minus 0", "-0", &[AuthTime, NumberForm]),
        old("next to nothing", "1e-400", &[AuthTime, NumberForm]),
        invalid("absent", remove("auth_time"), REASON, &[AuthTime]),
        invalid("under the name authtime", rename("auth_time", "authtime"), REASON, &[AuthTime]),
        invalid("under the name auth-time", rename("auth_time", "auth-time"), REASON, &[AuthTime]),
    ]
}

fn far() -> Vec<Test> {
    let wraps = |comment: &str, json: &str| invalid(comment, set("auth_time", json), HUGE, &[Wraparound, AuthTime]);
    let ahead = |comment: &str, json: &str| acceptable(comment, set("auth_time", json), HUGE, &[AuthTimeInTheFuture]);
    vec![
        wraps("minus 1", "-1"),
        wraps("now, with a minus", "-1800000000"),
        wraps("now minus 2^32", "-2494967296"),
        wraps("minus 2^63", "-9223372036854775808"),
        wraps("now minus 2^64", "-18446744071909551616"),
        wraps("minus 1e400", "-1e400"),
        ahead("in half a second", "1800000000.5"),
        ahead("in one second", "1800000001"),
        ahead("in an hour", "1800003600"),
        ahead("ten seconds ago, in milliseconds", "1799999990000"),
        ahead("now plus 2^32", "6094967296"),
        ahead("2^63", "9223372036854775808"),
        ahead("now plus 2^64", "18446744075509551616"),
        ahead("1e400", "1e400"),
    ]
}

fn skew() -> Vec<Test> {
    let right = |comment: &str, json: &str| valid(comment, set("auth_time", json), &[AuthTime, Skew]);
    let old = |comment: &str, json: &str| invalid(comment, set("auth_time", json), REASON, &[AuthTime, Skew]);
    vec![
        valid("now", keep(), &[Normal]),
        right("359 seconds ago", "1799999641"),
        right("360 seconds ago", "1799999640"),
        old("360.5 seconds ago", "1799999639.5"),
        old("361 seconds ago", "1799999639"),
        right("in 59 seconds", "1800000059"),
        right("in 60 seconds", "1800000060"),
        acceptable("in 61 seconds", set("auth_time", NOW + 61), REASON, &[AuthTimeInTheFuture]),
    ]
}

fn zero() -> Vec<Test> {
    vec![
        valid("now", keep(), &[AuthTime, TimeBoundary]),
        invalid("half a second ago", set("auth_time", "1799999999.5"), REASON, &[AuthTime, TimeBoundary, Fraction]),
        invalid("one second ago", set("auth_time", NOW - 1), REASON, &[AuthTime, TimeBoundary]),
        invalid("an hour ago", set("auth_time", NOW - 3600), REASON, &[AuthTime]),
        invalid("0", set("auth_time", 0), REASON, &[AuthTime]),
        invalid("absent", remove("auth_time"), REASON, &[AuthTime]),
        invalid("auth_time: null", set("auth_time", "null"), REASON, &[WrongType, AuthTime]),
    ]
}

fn unasked() -> Vec<Test> {
    let right = |comment: &str, json: &str| valid(comment, set("auth_time", json), &[Normal]);
    let tests = vec![
        valid("absent", keep(), &[Normal]),
        right("now", "1800000000"),
        right("a year ago", "1768464000"),
        right("0", "0"),
        acceptable("in an hour", set("auth_time", NOW + 3600), REASON, &[AuthTimeInTheFuture]),
        acceptable("minus 1", set("auth_time", -1), HUGE, &[BeforeTheEpoch]),
    ];
    with(tests, unused_types("auth_time", &no_dates(NOW - 10), REASON))
}
