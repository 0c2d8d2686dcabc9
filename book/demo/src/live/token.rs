//! A token taken apart, and what was checked on it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use maud::{Markup, html};
use proofkey::jwt::{Check, Outcome};
use serde_json::Value;

/// Header, claims and signature of an ID token, to be looked at. What it says counts for nothing before the checks.
pub(super) fn taken_apart(token: &str) -> Markup {
    let segments: Vec<&str> = token.split('.').collect();
    html! {
        div.token {
            @for (name, segment) in ["Header", "Claims"].iter().zip(&segments) {
                h4 { (name) }
                pre tabindex="0" { (pretty(segment)) }
            }
            @if let Some(signature) = segments.get(2) {
                h4 { "Signature" }
                p { (signature.len()) " characters over the two above, by a key that the issuer publishes" }
            }
        }
    }
}

fn pretty(segment: &str) -> String {
    let octets = URL_SAFE_NO_PAD.decode(segment).unwrap_or_default();
    serde_json::from_slice::<Value>(&octets).and_then(|value| serde_json::to_string_pretty(&value)).unwrap_or_default()
}

/// The trace of the validation, rule by rule.
pub(super) fn checks(checks: &[Check]) -> Markup {
    html! {
        h4 { "Checked by the app, in this order" }
        ol.checks.rules {
            @for check in checks {
                @let (class, mark, word) = match check.outcome {
                    Outcome::Held => ("held", "✓", ""),
                    Outcome::Absent => ("absent", "–", "not in the token, and need not be"),
                    _ => ("absent", "–", "nothing was asked that it could be compared with"),
                };
                li class=(class) {
                    span.mark aria-hidden="true" { (mark) }
                    code { (check.rule.id()) }
                    span {
                        @if word.is_empty() { span.hidden { "held: " } (check.rule.compared()) } @else { (word) }
                        " " small { (check.rule.section()) }
                    }
                }
            }
        }
    }
}

/// What is looked at in a callback, up to the check that failed.
pub(super) fn callback_checks(failed: Option<&str>) -> Markup {
    let order: [(&str, &[&str]); 7] = [
        ("size and address", &["callback_too_large", "callback_address_mismatch"]),
        ("state", &["callback_state_missing", "callback_state_mismatch"]),
        ("age of the login", &["callback_expired"]),
        ("encoding, nothing twice", &["callback_bad_encoding", "callback_repeated_parameter"]),
        ("iss", &["callback_iss_missing", "callback_iss_mismatch"]),
        ("error", &["callback_refused"]),
        ("code", &["callback_code_missing"]),
    ];
    let stop = failed.and_then(|failed| order.iter().position(|(_, codes)| codes.contains(&failed)));
    html! {
        h4 { "Checked by the app, before it sends anything" }
        ol.checks {
            @for (at, (what, _)) in order.iter().enumerate() {
                @if stop.is_none_or(|stop| at < stop) {
                    li.held { span.mark aria-hidden="true" { "✓" } span.hidden { "held: " } (what) }
                } @else if stop == Some(at) {
                    li.broken { span.mark aria-hidden="true" { "✗" } span.hidden { "failed: " } (what) " " code { (failed.unwrap_or_default()) } }
                }
            }
        }
    }
}
