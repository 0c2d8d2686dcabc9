//! Several claims at once: dates that make a narrow window, and tokens with more than one fault.

use super::*;

pub(super) fn groups() -> Vec<Group> {
    let skewed = Expected { skew: 60, max_age: Some(300), ..Expected::default() };
    let all = Expected { max_age: Some(300), acr_values: Some(&["urn:example:gold"]), ..Expected::default() };
    vec![
        Group::new("several dates, clocks agree", Expected::default(), windows()),
        Group::new("several dates, a skew of 60 s", skewed, skew()),
        Group::new("several faults", all, faults()),
    ]
}

fn dates(iat: i64, nbf: i64, exp: i64) -> Edits {
    set("iat", iat).and(set("nbf", nbf)).and(set("exp", exp))
}

fn windows() -> Vec<Test> {
    vec![
        valid("a life of an hour", dates(NOW - 10, NOW - 10, NOW + 3600), &[Normal]),
        valid("a life of one second, at its start", dates(NOW, NOW, NOW + 1), &[TimeBoundary]),
        valid(
            "a life of one second, half over",
            set("iat", "1799999999.5").and(set("nbf", "1799999999.5")).and(set("exp", "1800000000.5")),
            &[TimeBoundary, Fraction],
        ),
        invalid("a life of one second, at its end", dates(NOW - 1, NOW - 1, NOW), &["claim_exp"], &[TimeBoundary]),
        invalid("a life of no time, now", dates(NOW, NOW, NOW), &["claim_exp"], &[TimeBoundary]),
        invalid("a life of one second, still to come", dates(NOW, NOW + 1, NOW + 2), &["claim_nbf"], &[TimeBoundary]),
        invalid(
            "ended before it begins",
            dates(NOW - 10, NOW + 10, NOW - 10),
            &["claim_exp", "claim_nbf"],
            &[Expired, SeveralFaults],
        ),
        valid("nbf before iat", dates(NOW - 10, NOW - 3600, NOW + 3600), &[Normal]),
        valid("nbf after iat", dates(NOW - 10, NOW - 5, NOW + 3600), &[Normal]),
        valid(
            "an array of the client, azp, and exp in one second",
            set("aud", r#"["s6BhdRkqt3"]"#).and(set_text("azp", "s6BhdRkqt3")).and(set("exp", NOW + 1)),
            &[TimeBoundary],
        ),
        invalid(
            "an array of the client, azp, and exp now",
            set("aud", r#"["s6BhdRkqt3"]"#).and(set_text("azp", "s6BhdRkqt3")).and(set("exp", NOW)),
            &["claim_exp"],
            &[TimeBoundary],
        ),
        invalid(
            "aud and nonce exchanged",
            set_text("aud", "n-0S6_WzA2Mj").and(set_text("nonce", "s6BhdRkqt3")),
            &["claim_aud", "claim_nonce"],
            &[Audience, SeveralFaults],
        ),
        invalid(
            "iss and aud exchanged",
            set_text("iss", "s6BhdRkqt3").and(set_text("aud", "https://issuer.example")),
            &["claim_iss", "claim_aud"],
            &[Issuer, SeveralFaults],
        ),
        invalid(
            "exp and iat exchanged",
            set("exp", NOW - 10).and(set("iat", NOW + 3600)),
            &["claim_exp", "claim_iat"],
            &[Expired, SeveralFaults],
        ),
    ]
}

fn skew() -> Vec<Test> {
    let edges = |exp: i64, nbf: i64, auth_time: i64| dates(NOW, nbf, exp).and(set("auth_time", auth_time));
    vec![
        valid("within on every side", edges(NOW + 1, NOW, NOW - 300), &[Skew]),
        valid("ended, a clock behind", edges(NOW - 59, NOW - 100, NOW - 300), &[Skew, TimeBoundary]),
        valid("not begun, a clock ahead", edges(NOW + 3600, NOW + 60, NOW), &[Skew, TimeBoundary]),
        valid("auth_time too old, a clock behind", edges(NOW + 1, NOW, NOW - 360), &[Skew, TimeBoundary]),
        acceptable(
            "ended and not begun, each within the leeway",
            edges(NOW - 59, NOW + 60, NOW - 300),
            &["claim_exp", "claim_nbf"],
            &[SkewTwice],
        ),
        invalid(
            "ended beyond the leeway, not begun within it",
            edges(NOW - 60, NOW + 60, NOW),
            &["claim_exp", "claim_nbf"],
            &[Skew, Expired],
        ),
        invalid(
            "ended within the leeway, not begun beyond it",
            edges(NOW - 59, NOW + 61, NOW),
            &["claim_exp", "claim_nbf"],
            &[Skew, NotYetValid],
        ),
        invalid(
            "auth_time beyond max_age and leeway, exp within",
            edges(NOW - 59, NOW - 100, NOW - 361),
            &["claim_exp", "claim_auth_time"],
            &[Skew, AuthTime],
        ),
    ]
}

fn faults() -> Vec<Test> {
    let fault = |comment: &str, edits: Edits, reason, flag| invalid(comment, edits, reason, &[flag, SeveralFaults]);
    vec![
        valid("no fault", keep(), &[Normal]),
        fault(
            "another issuer and another client",
            set_text("iss", "https://other.example").and(set_text("aud", "other-client")),
            &["claim_iss", "claim_aud"],
            Issuer,
        ),
        fault(
            "expired, of another login",
            set("exp", NOW - 3600).and(set_text("nonce", "another")),
            &["claim_exp", "claim_nonce"],
            Expired,
        ),
        fault("no exp and no iat", remove("exp").and(remove("iat")), &["claim_exp", "claim_iat"], Missing),
        fault(
            "no auth_time and no acr",
            remove("auth_time").and(remove("acr")),
            &["claim_auth_time", "claim_acr"],
            AuthTime,
        ),
        fault(
            "auth_time too old, acr another",
            set("auth_time", 0).and(set_text("acr", "0")),
            &["claim_auth_time", "claim_acr"],
            AuthTime,
        ),
        fault(
            "exp and nbf strings",
            set("exp", "\"1800003600\"").and(set("nbf", "\"1799999990\"")),
            &["claim_exp", "claim_nbf"],
            WrongType,
        ),
        fault(
            "every date null",
            set("exp", "null").and(set("iat", "null")).and(set("nbf", "null")).and(set("auth_time", "null")),
            &["claim_exp", "claim_iat", "claim_nbf", "claim_auth_time"],
            WrongType,
        ),
        fault(
            "every text null",
            set("iss", "null")
                .and(set("sub", "null"))
                .and(set("aud", "null"))
                .and(set("nonce", "null"))
                .and(set("acr", "null")),
            &["claim_iss", "claim_sub", "claim_aud", "claim_nonce", "claim_acr"],
            WrongType,
        ),
        fault(
            "no claims at all",
            edit::whole("{}"),
            &[
                "claim_iss",
                "claim_sub",
                "claim_aud",
                "claim_exp",
                "claim_iat",
                "claim_nonce",
                "claim_acr",
                "claim_auth_time",
            ],
            Missing,
        ),
        fault(
            "an access token: another audience, no nonce",
            set_text("aud", "https://api.example").and(remove("nonce")).and(set_text("scope", "openid")),
            &["claim_aud", "claim_nonce"],
            Audience,
        ),
        fault(
            "a logout token: events, no nonce, no exp",
            remove("nonce")
                .and(remove("exp"))
                .and(set("events", r#"{"http://schemas.openid.net/event/backchannel-logout":{}}"#)),
            &["claim_nonce", "claim_exp"],
            Missing,
        ),
    ]
}
