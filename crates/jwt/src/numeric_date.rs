//! Points in time as tokens write them (RFC 7519 section 2).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A `NumericDate` of RFC 7519 section 2: seconds since 1970-01-01T00:00:00Z, with or without a fraction, from 0 to the
/// end of the year 9999.
///
/// A number outside that range is not a date, so it never means "does not expire". A time in milliseconds, a common
/// mistake, is outside of it as well.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct NumericDate(f64);

impl NumericDate {
    /// Creates the date that is `seconds` after the epoch; `None` outside the range.
    #[must_use]
    pub fn new(seconds: f64) -> Option<Self> {
        (0.0..=LAST).contains(&seconds).then_some(Self(seconds))
    }

    /// Parses a date in the form of RFC 3339 section 5.6, such as `2026-01-31T08:15:30.5+01:00`; `None` for any other
    /// text, and outside the range. A leap second counts as the second after it.
    #[must_use]
    pub fn from_rfc3339(text: &str) -> Option<Self> {
        let (date, time) = text.split_at_checked(10)?;
        let [year, month, day] = numbers(date, b"dddd-dd-dd")?;
        let (clock, rest) = time.strip_prefix(['T', 't'])?.split_at_checked(8)?;
        let [hour, minute, second] = numbers(clock, b"dd:dd:dd")?;
        let (fraction, zone) = rest.split_at(rest.find(['Z', 'z', '+', '-'])?);
        let fraction = match fraction.strip_prefix('.') {
            Some(digits) if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                fraction.parse().ok()?
            }
            Some(_) => return None,
            None if fraction.is_empty() => 0.0,
            None => return None,
        };
        let ahead = match zone.split_at(1) {
            ("Z" | "z", "") => 0,
            (sign @ ("+" | "-"), clock) => {
                let [hours, minutes, _] = numbers(clock, b"dd:dd")?;
                let minutes = if hours < 24 && minutes < 60 { 60 * (60 * hours + minutes) } else { return None };
                if sign == "-" { -minutes } else { minutes }
            }
            _ => return None,
        };
        let is_time = hour < 24 && minute < 60 && second <= 60;
        let is_date = (1..=12).contains(&month) && (1..=days_in(year, month)).contains(&day);
        let seconds = 86_400 * days_since_1970(year, month, day) + 3600 * hour + 60 * minute + second - ahead;
        if is_time && is_date { Self::new(seconds as f64 + fraction) } else { None }
    }

    /// Returns the seconds since the epoch.
    #[must_use]
    pub fn as_secs_f64(self) -> f64 {
        self.0
    }

    /// Converts this date to the standard library's type.
    #[must_use]
    pub fn to_system_time(self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs_f64(self.0)
    }
}

/// Seconds since the epoch, negative before it.
pub(crate) fn seconds(time: SystemTime) -> f64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => since.as_secs_f64(),
        Err(before) => -before.duration().as_secs_f64(),
    }
}

/// 9999-12-31T23:59:59Z.
const LAST: f64 = 253_402_300_799.0;

/// The numbers in a text of this shape, where each `d` is a digit. A third one that is not there is 0.
fn numbers(text: &str, shape: &[u8]) -> Option<[i64; 3]> {
    let mut numbers = [0; 3];
    let mut place = 0;
    if text.len() != shape.len() {
        return None;
    }
    for (byte, expected) in text.bytes().zip(shape) {
        if *expected == b'd' {
            let digit = char::from(byte).to_digit(10)?;
            let number = numbers.get_mut(place)?;
            *number = 10 * *number + i64::from(digit);
        } else if byte == *expected {
            place += 1;
        } else {
            return None;
        }
    }
    Some(numbers)
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 => 28 + i64::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// In the calendar of today, also for the years before it.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let before = year - 1;
    let leap_days = before / 4 - before / 100 + before / 400 - 477;
    let months: i64 = (1..month).map(|earlier| days_in(year, earlier)).sum();
    365 * (year - 1970) + leap_days + months + day - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(text: &str) -> Option<f64> {
        NumericDate::from_rfc3339(text).map(NumericDate::as_secs_f64)
    }

    #[test]
    fn an_rfc_3339_text_is_a_date() {
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", 0.0),
            ("1970-01-02T00:00:00z", 86_400.0),
            ("2000-02-29T12:00:00Z", 951_825_600.0),
            ("2000-03-01t00:00:00.250Z", 951_868_800.25),
            ("2026-11-23T22:15:30+01:00", 1_795_468_530.0),
            ("2026-11-23T22:15:30-00:30", 1_795_473_930.0),
            ("2100-03-01T00:00:00Z", 4_107_542_400.0),
            ("1969-12-31T23:59:59-01:00", 3599.0),
            ("1990-12-31T23:59:60Z", 662_688_000.0),
            ("9999-12-31T23:59:59Z", LAST),
        ] {
            assert_eq!(seconds(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn any_other_text_is_none() {
        for text in [
            "",
            "1700000000",
            "2026-11-23",
            "2026-11-23T22:15:30",
            "2026-11-23 22:15:30Z",
            "2026-11-23T22:15Z",
            "2026-11-23T22:15:30.Z",
            "2026-11-23T22:15:30.-1Z",
            "2026-11-23T22:15:30,5Z",
            "2026-11-23T22:15:30Zx",
            "2026-11-23T22:15:30Z01:00",
            "2026-11-23T22:15:30z23:59",
            "2026-11-23T22:15:30+0100",
            "2026-11-23T22:15:30+24:00",
            "2026-11-23T22:15:30+01:60",
            "2026-13-01T00:00:00Z",
            "2026-00-01T00:00:00Z",
            "2026-02-29T00:00:00Z",
            "2100-02-29T00:00:00Z",
            "2026-04-31T00:00:00Z",
            "2026-04-00T00:00:00Z",
            "2026-04-01T24:00:00Z",
            "2026-04-01T00:60:00Z",
            "2026-04-01T00:00:61Z",
            "1969-12-31T23:59:59Z",
            "9999-12-31T23:59:59-00:01",
            "+026-04-01T00:00:00Z",
            "2026-04-01T0\u{661}:00:00Z",
            "\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}",
            "2026-11-23T22:15:30+",
            "2026-11-23T22:15:30\u{e9}Z",
        ] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}
