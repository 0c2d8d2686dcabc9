//! How a probe ends when it does not pass, and the refusals that it accepts.

use super::bench::{Bench, End, answer_json, described, summary};
use super::http::{Answer, Failure};

/// Why a probe did not pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The control failed: nothing is proved.
    Control(String),
    /// The server did not do what it must.
    Breach(String),
    /// The server does not offer what the probe is about.
    NotClaimed(String),
    /// The probe was not given what it needs.
    NotTested(String),
}

impl Stop {
    /// What was expected, and what came instead.
    pub(crate) fn breach(expected: &str, seen: &str) -> Self {
        Self::Breach(format!("expected: {expected}; seen: {seen}"))
    }
}

/// What came of a request that is changed. Of one that could not be sent nothing is concluded.
pub(crate) fn received<T>(outcome: Result<T, Failure>, expected: &str) -> Result<T, Stop> {
    outcome.map_err(|failure| match failure {
        Failure::NoAnswer(_) => Stop::breach(expected, &failure.to_string()),
        Failure::OutOfReach(_) | Failure::Stopped(_) => Stop::Control(failure.to_string()),
    })
}

/// The token endpoint must refuse with one of these errors, and with one of these statuses.
pub(crate) fn refused(outcome: Result<Answer, Failure>, statuses: &[u16], errors: &[&str]) -> Result<(), Stop> {
    let status: Vec<String> = statuses.iter().map(u16::to_string).collect();
    let expected = format!("{} with the error {}", status.join(" or "), errors.join(" or "));
    let answer = received(outcome, &expected)?;
    limited(answer.status)?;
    let json = answer_json(&answer);
    let is_refusal =
        json["error"].as_str().is_some_and(|error| errors.contains(&error)) && json["access_token"].is_null();
    if statuses.contains(&answer.status) && is_refusal {
        Ok(())
    } else {
        Err(Stop::breach(&expected, &summary(&answer)))
    }
}

/// What RFC 7636 section 4.6 and RFC 6749 section 5.2 say of a grant that is no good.
pub(crate) fn invalid_grant(outcome: Result<Answer, Failure>) -> Result<(), Stop> {
    refused(outcome, &[400], &["invalid_grant"])
}

/// A server that limits the rate has refused the probe, and not the change.
pub(crate) fn limited(status: u16) -> Result<(), Stop> {
    if status == 429 { Err(Stop::Control("the server limits the rate (429): lower --rate".into())) } else { Ok(()) }
}

impl Bench<'_> {
    /// The authorization endpoint must not issue a code: it tells the client one of these errors (any, if there are
    /// none), or shows a page.
    pub(crate) fn not_authorized(&self, end: Result<End, Failure>, errors: &[&str]) -> Result<(), Stop> {
        let which =
            if errors.is_empty() { "an error".to_owned() } else { format!("the error {}", errors.join(" or ")) };
        let expected = format!("{which}, or a page, and no code");
        let end = received(end, &expected)?;
        match &end {
            End::Error(callback) => {
                let error = callback.get("error").unwrap_or_default();
                if errors.is_empty() || errors.contains(&error) {
                    Ok(())
                } else {
                    Err(Stop::breach(&expected, &described(&end)))
                }
            }
            End::Page(page) => refusing_page(page, &expected),
            _ => Err(Stop::breach(&expected, &described(&end))),
        }
    }
}

/// A page that is shown in the place of a redirect.
pub(crate) fn refusing_page(page: &Answer, expected: &str) -> Result<(), Stop> {
    limited(page.status)?;
    match page.status {
        400..500 => Ok(()),
        200..300 if page.refuses => Ok(()),
        status @ 500.. => Err(Stop::breach(expected, &format!("the status {status}, which is a crash and no refusal"))),
        status => Err(Stop::Control(format!(
            "the server shows a page with the status {status} that the login driver does not answer, so it is open \
             whether it refuses; if it does, name the page's address in login.refusals"
        ))),
    }
}
