#![no_main]
//! A date as RFC 3339 writes it, beside a calendar that counts the years one by one: each date that it writes is read as
//! it was meant, and each text that is taken is what it writes.
use proofkey_fuzz::rules;
use proofkey_jwt::NumericDate;

proofkey_fuzz::target!(|input: (u64, &str)| {
    let (seconds, text) = input;
    let seconds = seconds % 253_402_300_800;
    let written = format!("{}Z", rules::calendar(seconds as i64));
    assert_eq!(NumericDate::from_rfc3339(&written), NumericDate::new(seconds as f64), "{written}");
    if let Some(date) = NumericDate::from_rfc3339(text) {
        rules::rfc3339(text, date.as_secs_f64());
    }
});
