//! Claims about the user, asked for with the access token (OpenID Connect Core section 5.3).

use http::header::WWW_AUTHENTICATE;
use http::{Request, Response, StatusCode};
use proofkey_authorize::AuthorizationServer;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::authentication::sensitive;
use crate::error::{FailedCheck, Refusal, RequestError, Unusable, UserInfoError};
use crate::response::Answer;
use crate::rules::Rules;
use crate::secret::AccessToken;

/// Makes the request for claims, and what reads its response: a GET with the access token in the
/// `Authorization` header (RFC 6750 section 2.1).
///
/// `subject` is the `sub` of the validated ID token. Only claims about that subject are given out.
///
/// # Errors
///
/// [`RequestError::NoEndpoint`] when the server's metadata has no `userinfo_endpoint`.
pub fn userinfo(
    access_token: &AccessToken,
    subject: &str,
    server: &AuthorizationServer,
) -> Result<(Request<Vec<u8>>, UserInfo), UserInfoError> {
    let endpoint = server.userinfo_endpoint().ok_or(RequestError::NoEndpoint { endpoint: "userinfo_endpoint" })?;
    let header = Zeroizing::new(format!("Bearer {}", access_token.expose()));
    let request = crate::request::get(endpoint, sensitive(&header))?;
    Ok((request, UserInfo { subject: subject.to_owned() }))
}

/// A userinfo request whose response is awaited.
#[derive(Debug)]
#[must_use = "the response must be read"]
pub struct UserInfo {
    subject: String,
}

impl UserInfo {
    /// Reads the response: the claims, `sub` among them.
    ///
    /// A signed or encrypted response (`application/jwt`) is not read: it is a `content_type` error.
    ///
    /// # Errors
    ///
    /// [`UserInfoError`]: [`FailedCheck::SubjectMismatch`] when the claims are about somebody else
    /// (OpenID Connect Core section 5.3.2), a [refusal](UserInfoError::refusal) such as
    /// `invalid_token` when the access token is not accepted, or a response that cannot be read.
    pub fn receive(self, response: &Response<impl AsRef<[u8]>>) -> Result<Map<String, Value>, UserInfoError> {
        // There is no place in the claims where a leniency could be listed, so there is none.
        let rules = Rules::strict();
        let answer = Answer::new(response, &rules);
        if let Some(refusal) = bearer_refusal(&answer) {
            return Err(Unusable::from(refusal).into());
        }
        let members = answer.success()?;
        if *members.required("sub")? != self.subject {
            return Err(FailedCheck::SubjectMismatch.into());
        }
        Ok(members.further(&[]))
    }
}

/// The `error` of a bearer challenge (RFC 6750 section 3). Resource servers state their refusals in
/// this header; a body is optional.
fn bearer_refusal(answer: &Answer<'_>) -> Option<Refusal> {
    let refused = matches!(answer.status, StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
    let challenge = answer.headers.get(WWW_AUTHENTICATE).filter(|_| refused)?.to_str().ok()?;
    let (scheme, parameters) = challenge.trim_start().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    let error = parameter(parameters, "error")?;
    Some(Refusal::new(
        answer.status.as_u16(),
        &error,
        parameter(parameters, "error_description").as_deref(),
        parameter(parameters, "error_uri").as_deref(),
        Map::new(),
        answer.retry_after(),
    ))
}

/// The value of a parameter of a challenge (RFC 9110 section 11.2), quoted or not.
fn parameter(mut rest: &str, wanted: &str) -> Option<String> {
    while let Some((name, behind)) = rest.split_once('=') {
        let (value, after) = value(behind.trim_start());
        if name.trim().eq_ignore_ascii_case(wanted) {
            return Some(value).filter(|value| !value.is_empty());
        }
        rest = after.trim_start().strip_prefix(',')?;
    }
    None
}

/// The value that `text` begins with, and what comes after it.
fn value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([',', ' ']).unwrap_or(text.len());
        let (token, after) = text.split_at(end);
        return (token.to_owned(), after);
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (value, quoted.get(at + 1..).unwrap_or_default()),
            '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
            other => value.push(other),
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use super::parameter;

    #[test]
    fn parameters_of_a_challenge_are_read() {
        let challenge = r#"realm="a, b=\"c\"", error="invalid_token",error_description = x"#;
        assert_eq!(parameter(challenge, "realm").as_deref(), Some("a, b=\"c\""));
        assert_eq!(parameter(challenge, "ERROR").as_deref(), Some("invalid_token"));
        assert_eq!(parameter(challenge, "error_description").as_deref(), Some("x"));
        assert_eq!(parameter(challenge, "error_uri"), None);
    }

    #[test]
    fn a_broken_challenge_gives_nothing() {
        for challenge in ["", "=", "error", "error=", "error=\"", "error=\"\"", "a\"b=c", "realm=\"x error=\"y\""] {
            assert_eq!(parameter(challenge, "error"), None, "{challenge}");
        }
    }
}
