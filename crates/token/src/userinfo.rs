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
    pub fn receive(&self, response: &Response<impl AsRef<[u8]>>) -> Result<Map<String, Value>, UserInfoError> {
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
/// this header; a body is optional. Other challenges may stand beside it, in its field or in others.
fn bearer_refusal(answer: &Answer<'_>) -> Option<Refusal> {
    if !matches!(answer.status, StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
        return None;
    }
    let mut fields = answer.headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|field| field.to_str().ok());
    let (challenges, error) = fields.find_map(|field| Some((field, bearer_parameter(field, "error")?)))?;
    Some(Refusal::new(
        answer.status.as_u16(),
        &error,
        bearer_parameter(challenges, "error_description").as_deref(),
        bearer_parameter(challenges, "error_uri").as_deref(),
        Map::new(),
        answer.retry_after(),
    ))
}

/// The value, quoted or not, of a parameter of the bearer challenge in a list of challenges (RFC 9110 section 11.6.1).
fn bearer_parameter(mut challenges: &str, wanted: &str) -> Option<String> {
    let mut is_bearer = false;
    while let Some((before, behind)) = challenges.split_once('=') {
        let (value, after) = value(behind.trim_start());
        // Before the first parameter of a challenge stands its scheme, and before that may stand others that have none.
        let item = before.rsplit(',').next().unwrap_or(before).trim();
        let (scheme, name) = item.rsplit_once(' ').map_or((None, item), |(scheme, name)| (Some(scheme), name));
        is_bearer = scheme.map_or(is_bearer, |scheme| scheme.trim_end().eq_ignore_ascii_case("bearer"));
        if is_bearer && name.eq_ignore_ascii_case(wanted) {
            return Some(value).filter(|value| !value.is_empty());
        }
        challenges = after.trim_start().strip_prefix(',')?;
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
    use super::bearer_parameter;

    #[test]
    fn parameters_of_a_challenge_are_read() {
        let challenge = r#"Bearer realm="a, b=\"c\"", error="invalid_token",error_description = x"#;
        assert_eq!(bearer_parameter(challenge, "realm").as_deref(), Some("a, b=\"c\""));
        assert_eq!(bearer_parameter(challenge, "ERROR").as_deref(), Some("invalid_token"));
        assert_eq!(bearer_parameter(challenge, "error_description").as_deref(), Some("x"));
        assert_eq!(bearer_parameter(challenge, "error_uri"), None);
    }

    #[test]
    fn the_challenge_may_stand_among_others() {
        for challenges in [
            r#"bearer  error=own"#,
            r#"DPoP error="a", algs="ES256", Bearer error="own""#,
            r#"Bearer realm="x", error="own", DPoP error="a""#,
            r#"Negotiate, Basic realm="Bearer error=a", Bearer error=own"#,
            r#"Negotiate YWJj==, Bearer error="own""#,
        ] {
            assert_eq!(bearer_parameter(challenges, "error").as_deref(), Some("own"), "{challenges}");
        }
        for others in [r#"DPoP error="a""#, r#"Bearer realm="x", DPoP error="a""#, r#"Bearer, Basic error="a""#] {
            assert_eq!(bearer_parameter(others, "error"), None, "{others}");
        }
    }

    #[test]
    fn a_broken_challenge_gives_nothing() {
        for parameters in ["", "=", "error", "error=", "error=\"", "error=\"\"", "a\"b=c", "realm=\"x error=\"y\""] {
            let challenge = format!("Bearer {parameters}");
            assert_eq!(bearer_parameter(&challenge, "error"), None, "{challenge}");
        }
    }
}
