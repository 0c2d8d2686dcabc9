//! Claims about the user, asked for with the access token (OpenID Connect Core section 5.3).

use std::error::Error;
use std::fmt;

use http::header::WWW_AUTHENTICATE;
use http::{Request, Response, StatusCode};
use proofkey_authorize::{AuthorizationServer, Compat, Deviations};
use serde_core::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::challenge::parameter;
use crate::error::{
    ErrorResponse, FailedCheck, Malformed, MalformedKind, ReceivedTokens, ResponseError, ResponseErrorKind,
    TokenRequestError, UserInfoError,
};
use crate::request;
use crate::response::{Answer, BODY_LIMIT};
use crate::rules::Rules;
use crate::secret::AccessToken;
use crate::shown::shown;

/// The request for claims about the user, finished by [`build`](Self::build).
#[must_use = "a request does nothing before `build`"]
pub struct UserInfoRequest<'a> {
    access_token: &'a AccessToken,
    subject: &'a str,
    server: &'a AuthorizationServer,
    accept: &'static str,
}

/// Without the subject: it identifies the user.
impl fmt::Debug for UserInfoRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserInfoRequest").field("server", self.server).finish_non_exhaustive()
    }
}

impl<'a> UserInfoRequest<'a> {
    /// Creates a request for claims about `subject`, the `sub` of the validated ID token. Claims about another subject
    /// are refused.
    pub fn new(access_token: &'a AccessToken, subject: &'a str, server: &'a AuthorizationServer) -> Self {
        Self { access_token, subject, server, accept: "application/json" }
    }

    /// Names `application/jwt` in the `Accept` header as well, for a caller that can validate a
    /// [signed response](UserInfoResponse::Signed).
    pub fn accept_signed(mut self) -> Self {
        self.accept = "application/json, application/jwt";
        self
    }

    /// Builds the request, and the value that reads its response: a GET with the access token in the
    /// `Authorization` header (RFC 6750 section 2.1). The token is the client's authentication.
    ///
    /// # Errors
    ///
    /// [`UserInfoError::Request`] with [`TokenRequestError::NoEndpoint`] when the server's metadata
    /// has no `userinfo_endpoint`.
    pub fn build(self) -> Result<(Request<Vec<u8>>, UserInfo), UserInfoError> {
        let missing = TokenRequestError::NoEndpoint { endpoint: "userinfo_endpoint" };
        let endpoint = self.server.userinfo_endpoint().ok_or(missing)?;
        let request = request::get(endpoint, self.access_token.authorization(), self.accept)?;
        Ok((request, UserInfo { subject: self.subject.to_owned(), compat: self.server.compat().clone() }))
    }
}

/// A userinfo request that waits for its response.
#[must_use = "the response must be read"]
pub struct UserInfo {
    subject: String,
    compat: Compat,
}

/// Without the subject: it identifies the user.
impl fmt::Debug for UserInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserInfo").field("compat", &self.compat).finish_non_exhaustive()
    }
}

impl UserInfo {
    /// Reads the response: the claims, or a signed response (`application/jwt`), which the caller has
    /// to validate before its claims mean anything.
    ///
    /// # Errors
    ///
    /// [`UserInfoError::Response`]: [`FailedCheck::SubjectMismatch`] when the claims are about another
    /// user (OpenID Connect Core section 5.3.2), a [refusal](UserInfoError::error_response) such as
    /// `invalid_token` when the access token is not accepted, or a response that cannot be read.
    pub fn receive(&self, response: &Response<impl AsRef<[u8]>>) -> Result<UserInfoResponse, UserInfoError> {
        let rules = Rules::new(&self.compat);
        let answer = Answer::new(response, &rules);
        self.read(&answer, &rules).map_err(|kind| answer.error(kind).into())
    }

    fn read(&self, answer: &Answer<'_>, rules: &Rules<'_>) -> Result<UserInfoResponse, ResponseErrorKind> {
        if let Some(error) = challenge_error(answer) {
            return Err(error.into());
        }
        if answer.status == StatusCode::OK && answer.media_type().eq_ignore_ascii_case("application/jwt") {
            return Ok(UserInfoResponse::Signed(UserInfoJwt {
                text: jwt(answer.body)?,
                subject: self.subject.clone(),
            }));
        }
        let members = answer.success()?;
        if *members.required("sub")? != self.subject {
            return Err(FailedCheck::SubjectMismatch.into());
        }
        Ok(UserInfoResponse::Claims(UserInfoClaims { claims: members.further(&[]), deviations: rules.used() }))
    }
}

/// The text of a JWS or JWE in compact form, whose alphabet is printable ASCII.
fn jwt(body: &[u8]) -> Result<String, Malformed> {
    let malformed = |kind| Malformed::new("body", kind, body.len());
    let text = body.trim_ascii();
    if text.len() > BODY_LIMIT {
        return Err(malformed(MalformedKind::TooLong { limit: BODY_LIMIT }));
    }
    if text.is_empty() {
        return Err(malformed(MalformedKind::Empty));
    }
    match text.iter().position(|byte| !byte.is_ascii_graphic()) {
        Some(position) => Err(malformed(MalformedKind::BadCharacter { position })),
        None => Ok(String::from_utf8_lossy(text).into_owned()),
    }
}

/// What the userinfo endpoint returned.
#[derive(Debug)]
#[non_exhaustive]
pub enum UserInfoResponse {
    /// Claims about the expected subject.
    Claims(UserInfoClaims),
    /// A signed response, not validated.
    Signed(UserInfoJwt),
}

impl UserInfoResponse {
    /// Returns the claims; `None` for a signed response, whose claims are
    /// [`UserInfoJwt::into_claims`].
    #[must_use]
    pub fn into_claims(self) -> Option<UserInfoClaims> {
        match self {
            Self::Claims(claims) => Some(claims),
            Self::Signed(_) => None,
        }
    }
}

/// Claims about the user whose `sub` the ID token has. `Debug` shows their names.
pub struct UserInfoClaims {
    claims: Map<String, Value>,
    deviations: Deviations,
}

impl UserInfoClaims {
    /// Returns `sub`: the user's identifier, the same as in the ID token.
    #[must_use]
    pub fn subject(&self) -> &str {
        self.claims.get("sub").and_then(Value::as_str).unwrap_or_default()
    }

    /// Returns the claims by name, `sub` among them, as received.
    #[must_use]
    pub fn as_map(&self) -> &Map<String, Value> {
        &self.claims
    }

    /// Returns the claims by name, `sub` among them, as received.
    #[must_use]
    pub fn into_map(self) -> Map<String, Value> {
        self.claims
    }

    /// Returns a claim; `None` when it is absent or `null`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.claims.get(name).filter(|value| !value.is_null())
    }

    /// Deserializes the claims into a type of the caller, such as a struct with `email: String` and
    /// `email_verified: Option<bool>`.
    ///
    /// # Errors
    ///
    /// [`UserInfoClaimsError`] when the claims do not fit the type.
    pub fn deserialize<T: DeserializeOwned>(&self) -> Result<T, UserInfoClaimsError> {
        T::deserialize(Value::Object(self.claims.clone()))
            .map_err(|error| UserInfoClaimsError { reason: shown(&error.to_string(), 256) })
    }

    /// Returns the deviations that had to be tolerated to read the response, of those that
    /// [`Compat`](proofkey_authorize::Compat) allows.
    #[must_use]
    pub fn deviations(&self) -> Deviations {
        self.deviations
    }
}

impl fmt::Debug for UserInfoClaims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("UserInfoClaims").field(&self.claims.keys().collect::<Vec<_>>()).finish()
    }
}

/// A signed userinfo response: a JWT, **not validated**. Its signature, `iss`, `aud` and `sub` have to
/// be checked before its claims are used (OpenID Connect Core section 5.3.2). `Debug` does not show it.
pub struct UserInfoJwt {
    text: String,
    subject: String,
}

impl UserInfoJwt {
    /// Returns the text of the JWT.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the `sub` that the validated claims must have.
    #[must_use]
    pub fn expected_subject(&self) -> &str {
        &self.subject
    }

    /// Converts the validated claims of this JWT, with the deviations that the validation needed, so that both forms of
    /// a response end in the same type.
    ///
    /// # Security
    ///
    /// Only `sub` is compared here. Pass nothing but claims whose signature was verified, such as those
    /// of `proofkey_jwt::SignedUserInfo`.
    ///
    /// # Errors
    ///
    /// [`FailedCheck::SubjectMismatch`] when the claims are not about the expected subject.
    pub fn into_claims(
        self,
        claims: Map<String, Value>,
        deviations: Deviations,
    ) -> Result<UserInfoClaims, UserInfoError> {
        if claims.get("sub").is_none_or(|sub| *sub != self.subject) {
            let kind = FailedCheck::SubjectMismatch.into();
            return Err(ResponseError::new(kind, 200, None, ReceivedTokens::default()).into());
        }
        Ok(UserInfoClaims { claims, deviations })
    }
}

impl fmt::Debug for UserInfoJwt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UserInfoJwt(..)")
    }
}

/// Claims that do not fit the type that the caller asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserInfoClaimsError {
    reason: String,
}

impl UserInfoClaimsError {
    /// Returns the stable name `token_claims_type`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        "token_claims_type"
    }
}

impl fmt::Display for UserInfoClaimsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the claims do not fit the type asked for: {}", self.reason)
    }
}

impl Error for UserInfoClaimsError {}

/// The `error` of a challenge for the token (RFC 6750 section 3, RFC 9449 section 7.1). Resource servers state their
/// refusals in this header; a body is optional. Other challenges may stand beside it, in its field or in others.
fn challenge_error(answer: &Answer<'_>) -> Option<ErrorResponse> {
    if !matches!(answer.status, StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
        return None;
    }
    let fields = || answer.headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|field| field.to_str().ok());
    let of = |scheme| fields().find_map(|field| Some((scheme, field, parameter(field, scheme, "error")?)));
    let (scheme, field, error) = of("bearer").or_else(|| of("dpop"))?;
    Some(ErrorResponse::new(
        answer.status.as_u16(),
        &error,
        parameter(field, scheme, "error_description").as_deref(),
        parameter(field, scheme, "error_uri").as_deref(),
        Map::new(),
        answer.retry_after(),
    ))
}
