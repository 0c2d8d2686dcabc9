//! The other side: the subject guards an API, and clients come to it with good and bad access tokens. RFC 6750, RFC 9068,
//! RFC 9449, RFC 9470 and RFC 9728.

mod challenge;
mod proof;
mod token;

use crate::api_request::SUBJECT;
use crate::case::{Case, Expect};
use crate::transcript::{Answer, Transcript};

const DENY: Expect = Expect::Deny(None);

/// The API may do either with the last request.
const ADMITS_OR_DENIES: Expect = Expect::Policy(|seen| {
    let is_admitted = seen.answers.last().is_some_and(Answer::is_ok);
    Ok(if is_admitted { "admits it" } else { "denies it" }.into())
});

pub(super) fn cases() -> Vec<Case> {
    [token::cases(), challenge::cases(), proof::cases()].concat()
}

/// The API knows whose request it admitted.
fn of_its_user(seen: &Transcript) -> Result<(), String> {
    let answer = seen.answers.last().map(|answer| &answer.message["sub"]);
    match answer.and_then(|sub| sub.as_str()) {
        Some(SUBJECT) => Ok(()),
        other => Err(format!("expected: a request of {SUBJECT}; seen: one of {}", other.unwrap_or("no user"))),
    }
}
