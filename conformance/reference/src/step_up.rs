//! Step-up authentication, which an API demands: RFC 9470.

use serde_json::{Map, Value};

use crate::defects::Defects;
use crate::failure::{Failure, refuse, stage::AUTHORIZE};

/// What the API asks for.
#[derive(Clone, Default)]
pub(crate) struct StepUp {
    pub(crate) acr_values: Option<String>,
    pub(crate) max_age: Option<u64>,
}

/// Reads the challenge in the response of an API.
pub(crate) fn read(message: &Map<String, Value>, defects: &Defects) -> Result<StepUp, Failure> {
    let fields = message.get("headers").and_then(Value::as_array).into_iter().flatten();
    let challenges =
        fields.filter(|field| field[0].as_str().is_some_and(|name| name.eq_ignore_ascii_case("www-authenticate")));
    let challenge = challenges.filter_map(|field| field[1].as_str()).collect::<Vec<_>>().join(", ");
    let is_asked = parameter(&challenge, "error") == Some("insufficient_user_authentication");
    if message.get("status") != Some(&401.into()) || !is_asked && !defects.has("step-up-any-error") {
        return Err(refuse(AUTHORIZE, "other", "the API does not ask for another authentication"));
    }
    if defects.has("step-up-refused") {
        return Err(refuse(AUTHORIZE, "other", "this client does not log the user in again"));
    }
    let acr_values = parameter(&challenge, "acr_values").map(str::to_owned);
    let max_age = parameter(&challenge, "max_age").and_then(|seconds| seconds.parse().ok());
    let max_age = max_age.filter(|seconds| *seconds > 0 || !defects.has("step-up-max-age-zero-dropped"));
    Ok(StepUp {
        acr_values: acr_values.filter(|_| !defects.has("step-up-acr-ignored")),
        max_age: max_age.filter(|_| !defects.has("step-up-max-age-ignored")),
    })
}

/// A parameter of a challenge, quoted or not.
fn parameter<'a>(challenge: &'a str, name: &str) -> Option<&'a str> {
    let mut quoted = false;
    let parts = challenge.split(move |c| {
        quoted ^= c == '"';
        (c == ',' || c == ' ') && !quoted
    });
    let mut pairs = parts.filter_map(|part| part.split_once('='));
    pairs.find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim_matches('"'))
}
