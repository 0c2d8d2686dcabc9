//! When: `exp`, `nbf`, `iat`, `auth_time`.

use proofkey_authority::Lie;
use proofkey_authority::lie::JsonEdit;
use serde_json::json;

use super::{claim, left_open, set, taken};
use crate::case::{Case, Expect, Profile};
use crate::cases::parameter;

const EXP: &[&str] = &["claim_exp", "jwt_malformed"];
const NBF: &[&str] = &["claim_nbf", "jwt_malformed"];
const IAT: &[&str] = &["claim_iat", "jwt_malformed"];
const AUTH_TIME: &[&str] = &["claim_auth_time", "jwt_malformed"];

#[rustfmt::skip] // A table: a paragraph a case.
pub(super) fn cases() -> Vec<Case> {
    let no_exp = |id, about, mutants, edit| claim(id, &["ID-18", "ID-17", "JW-20"], about, EXP, mutants, edit);
    let beyond = |id, about, mutants, text: &str| {
        let lie = Lie::claims([JsonEdit::set_text("exp", text)]);
        left_open(id, &["JW-23", "ID-18"], about, EXP, mutants, lie)
    };
    vec![
        claim("ID-17/expired", &["ID-17"], "exp is an hour ago.", EXP,
            &["exp-ignored"], JsonEdit::set_time("exp", -3600)),
        claim("ID-17/expires-now", &["ID-17"], "exp is this very second.", EXP,
            &["exp-equal-ok", "exp-ignored"], JsonEdit::set_time("exp", 0)).still(),
        taken("ID-17/expires-in-a-second", &["ID-17"], "exp is in a second: the token is still valid.",
            &["exp-early"], Lie::claims([JsonEdit::set_time("exp", 1)])).still(),
        taken("ID-17/expired-within-the-skew", &["ID-17"],
            "exp is 59 seconds ago, and the clocks may differ by 60: the token is valid.",
            &["skew-ignored"], Lie::claims([JsonEdit::set_time("exp", -59)])).config("skew", 60).still(),
        claim("ID-17/expired-beyond-the-skew", &["ID-17"], "exp is 60 seconds ago, and the clocks may differ by 60.",
            EXP, &["skew-doubled", "exp-equal-ok"], JsonEdit::set_time("exp", -60)).config("skew", 60).still(),
        no_exp("ID-18/exp-missing", "There is no exp.", &["exp-missing-ok"], JsonEdit::remove("exp")),
        no_exp("ID-18/exp-null", "exp is null.", &["exp-null-ok"], set("exp", json!(null))),
        no_exp("ID-18/exp-string", "exp is a string.", &["exp-string-ok"], JsonEdit::SetTimeString("exp".into(), 3600)),
        no_exp("ID-18/exp-true", "exp is true.", &["exp-boolean-ok"], set("exp", true)),
        no_exp("ID-18/exp-negative", "exp is negative.", &["exp-negative-ok"], set("exp", -1)),
        taken("ID-18/exp-fraction", &["ID-18"], "exp has a fraction: the token is valid.",
            &["exp-fraction-refused"], Lie::claims([JsonEdit::SetTimeFraction("exp".into(), 3600.5)])),
        no_exp("ID-18/exp-nan", "exp is NaN, which is not valid JSON.", &["number-nan-ok"],
            JsonEdit::set_text("exp", "NaN")),
        beyond("JW-23/exp-1e400", "exp is 1e400, which exceeds a 64-bit number.", &["number-overflow-ok"], "1e400"),
        beyond("JW-23/exp-1e300", "exp is 1e300, which is not a date.", &["date-overflow-ok"], "1e300"),
        claim("JW-23/exp-wraps", &["JW-23", "ID-17", "ID-18"],
            "exp is before 1970, and in an hour if truncated to 32 bits.",
            EXP, &["date-overflow-ok"], JsonEdit::set_time("exp", 3600 - (1 << 32))),
        claim("JW-23/nbf-wraps", &["JW-23", "JW-21"], "nbf is 2^64, and 1970 if truncated to 64 bits.",
            NBF, &["date-overflow-ok"], JsonEdit::set_text("nbf", "18446744073709551616")),

        claim("JW-21/not-yet", &["JW-21"], "nbf is in an hour.", NBF,
            &["nbf-ignored"], JsonEdit::set_time("nbf", 3600)),
        taken("JW-21/within-the-skew", &["JW-21"], "nbf is in 60 seconds, and the clocks may differ by 60.",
            &["skew-ignored"], Lie::claims([JsonEdit::set_time("nbf", 60)])).config("skew", 60).still(),
        claim("JW-21/beyond-the-skew", &["JW-21"], "nbf is in 61 seconds, and the clocks may differ by 60.", NBF,
            &["skew-doubled", "nbf-ignored"], JsonEdit::set_time("nbf", 61)).config("skew", 60).still(),
        claim("JW-20/nbf-string", &["JW-20"], "nbf is a string.", NBF,
            &["nbf-type-ok"], set("nbf", "1")),

        claim("ID-19/iat-missing", &["ID-19"], "There is no iat.", IAT,
            &["iat-missing-ok"], JsonEdit::remove("iat")),
        claim("ID-19/iat-string", &["ID-19"], "iat is a string.", IAT,
            &["iat-type-ok"], set("iat", "1")),
        Case::new("ID-20/iat-in-the-future", &["ID-20"], "id_token", "iat is tomorrow.",
            Expect::Policy(|seen| Ok(choice(seen, "refuses an iat of tomorrow", "accepts an iat of tomorrow"))),
            &["iat-future-ok"])
            .profile(Profile::OpenId).lie(Lie::claims([JsonEdit::set_time("iat", 86_400)])),
        Case::new("ID-20/iat-long-ago", &["ID-20"], "id_token", "iat is a year ago.",
            Expect::Policy(|seen| Ok(choice(seen, "refuses an iat of a year ago", "accepts an iat of a year ago"))),
            &["iat-past-refused"])
            .profile(Profile::OpenId).lie(Lie::claims([JsonEdit::set_time("iat", -31_536_000)])),

        Case::new("ID-24/max-age-sent", &["ID-24"], "authorize", "The client must send a max_age of 60.",
            Expect::Accept(|seen| match parameter(seen, "max_age").as_deref() {
                Some("60") => Ok(()),
                sent => Err(format!("expected: max_age=60; seen: {sent:?}")),
            }),
            &["max-age-missing"])
            .profile(Profile::OpenId).config("max_age", 60).should(),
        claim("ID-24/auth-time-missing", &["ID-24"], "max_age was sent, and there is no auth_time.", AUTH_TIME,
            &["auth-time-missing-ok"], JsonEdit::remove("auth_time")).config("max_age", 60).should(),
        claim("ID-24/auth-time-long-ago", &["ID-24"], "max_age was sent, and the sign-in is older.", AUTH_TIME,
            &["auth-time-ignored"], JsonEdit::set_time("auth_time", -3600)).config("max_age", 60).should(),
        Case::new("ID-24/max-age-zero-sent", &["ID-24"], "authorize",
            "The client must send a max_age of 0: sign in now.",
            Expect::Accept(|seen| match parameter(seen, "max_age").as_deref() {
                Some("0") => Ok(()),
                sent => Err(format!("expected: max_age=0; seen: {sent:?}")),
            }),
            &["max-age-zero-dropped"])
            .profile(Profile::OpenId).config("max_age", 0).config("skew", 60).should(),
        claim("ID-24/max-age-zero", &["ID-24"], "max_age=0 was sent, and the sign-in is an hour ago.", AUTH_TIME,
            &["max-age-zero-dropped", "auth-time-ignored"], JsonEdit::set_time("auth_time", -3600))
            .config("max_age", 0).config("skew", 60).should(),
        claim("ID-24/auth-time-before-an-old-token", &["ID-24"],
            "The token was issued an hour ago, right after the sign-in: its age is counted from now.", AUTH_TIME,
            &["auth-time-against-iat", "auth-time-ignored"], JsonEdit::set_time("auth_time", -3600))
            .lie(Lie::claims([JsonEdit::set_time("auth_time", -3600), JsonEdit::set_time("iat", -3600)]))
            .config("max_age", 60).should(),
        left_open("ID-24/auth-time-in-the-future", &["ID-24"], "max_age was sent, and the sign-in is tomorrow.", AUTH_TIME,
            &["auth-time-future-refused"], Lie::claims([JsonEdit::set_time("auth_time", 86_400)])).config("max_age", 60),
        claim("ID-24/auth-time-string", &["ID-24"], "max_age was sent, and auth_time is a string.", AUTH_TIME,
            &["auth-time-type-ok"], set("auth_time", "1")).config("max_age", 60).should(),
    ]
}

fn choice(seen: &crate::transcript::Transcript, refused: &str, taken: &str) -> String {
    if seen.answers.last().is_some_and(|answer| answer.is_ok()) { taken.into() } else { refused.into() }
}
