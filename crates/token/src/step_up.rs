//! An API that wants the user authenticated again (RFC 9470).

use http::header::WWW_AUTHENTICATE;
use http::{HeaderMap, Response, StatusCode};

use crate::challenge::parameter;

/// What an API asks for when the user's authentication is too weak or too old for a request: the error
/// `insufficient_user_authentication` (RFC 9470 section 3).
///
/// Start **one** new login with these values, and repeat the request with its access token. If the API asks again, stop:
/// the server cannot do what it wants.
///
/// ```
/// use proofkey_token::StepUp;
///
/// let response = http::Response::builder().status(401).header(
///     "WWW-Authenticate",
///     r#"Bearer error="insufficient_user_authentication", acr_values="urn:example:gold", max_age="300""#,
/// ).body(())?;
/// let step_up = StepUp::from_response(&response).ok_or("no step-up")?;
/// assert_eq!((step_up.acr_values(), step_up.max_age()), (Some("urn:example:gold"), Some(300)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepUp {
    acr_values: Option<String>,
    max_age: Option<u64>,
}

impl StepUp {
    /// Reads the challenge for the access token, bearer or DPoP-bound, in the response of an API; `None` when the API
    /// refuses the request for another reason, or accepts it.
    #[must_use]
    pub fn from_response<B>(response: &Response<B>) -> Option<Self> {
        Self::from_head(response.status(), response.headers())
    }

    /// [`from_response`](Self::from_response) for a response of another type, such as that of reqwest.
    #[must_use]
    pub fn from_head(status: StatusCode, headers: &HeaderMap) -> Option<Self> {
        if status != StatusCode::UNAUTHORIZED {
            return None;
        }
        let fields = || headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|field| field.to_str().ok());
        let is_asked = |field: &&str, scheme| {
            parameter(field, scheme, "error").as_deref() == Some("insufficient_user_authentication")
        };
        let of = |scheme| fields().find(|field| is_asked(field, scheme)).map(|field| (scheme, field));
        let (scheme, field) = of("bearer").or_else(|| of("dpop"))?;
        let is_list = |values: &String| values.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        Some(Self {
            acr_values: parameter(field, scheme, "acr_values").filter(is_list),
            max_age: parameter(field, scheme, "max_age").and_then(|seconds| seconds.parse().ok()),
        })
    }

    /// Returns `acr_values`: authentication context classes, separated by spaces, the best first. They are for
    /// [`AuthorizationRequest::acr_values`](proofkey_authorize::AuthorizationRequest::acr_values).
    #[must_use]
    pub fn acr_values(&self) -> Option<&str> {
        self.acr_values.as_deref()
    }

    /// Returns `max_age`: the maximum age of the user's authentication, in seconds, for
    /// [`AuthorizationRequest::max_age`](proofkey_authorize::AuthorizationRequest::max_age).
    #[must_use]
    pub fn max_age(&self) -> Option<u64> {
        self.max_age
    }
}
