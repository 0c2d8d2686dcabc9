//! The reasons to deny a request, and the challenge for the client: RFC 6750 section 3.

use serde_json::{Value, json};

use super::guard::Guard;
use crate::defects::Defects;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Challenge {
    /// There is no token for this API.
    Anonymous,
    InvalidRequest,
    InvalidToken,
    InsufficientScope,
    StepUp,
    InvalidProof,
    UseNonce,
    /// The token cannot be checked now.
    Unavailable,
}

impl Challenge {
    /// The status, and the header fields.
    pub(super) fn response(self, guard: &Guard, nonce: &str, defects: &Defects) -> (u16, Vec<Value>) {
        let (status, error) = match self {
            Self::Unavailable => return (503, Vec::new()),
            Self::Anonymous if defects.has("api-anonymous-403") => (403, ""),
            Self::Anonymous if defects.has("api-challenge-error-always") => (401, "invalid_token"),
            Self::Anonymous => (401, ""),
            Self::InvalidRequest => (400, "invalid_request"),
            Self::InvalidToken => (401, "invalid_token"),
            Self::InsufficientScope if defects.has("api-scope-401") => (401, "insufficient_scope"),
            Self::InsufficientScope => (403, "insufficient_scope"),
            Self::StepUp => (401, "insufficient_user_authentication"),
            Self::InvalidProof => (401, "invalid_dpop_proof"),
            Self::UseNonce => (401, "use_dpop_nonce"),
        };
        if defects.has("api-challenge-missing") {
            return (status, Vec::new());
        }
        let error = if !error.is_empty() && defects.has("api-code-missing") { "" } else { error };
        let mut parameters = vec!["realm=\"notes\"".to_owned()];
        let mut say = |name: &str, value: &str| parameters.push(format!("{name}=\"{value}\""));
        if !error.is_empty() {
            say("error", error);
        }
        if self == Self::StepUp && !defects.has("api-step-up-unnamed") {
            guard.acr_values.iter().for_each(|values| say("acr_values", values));
            guard.max_age.iter().for_each(|seconds| say("max_age", &seconds.to_string()));
        }
        if let Some(address) = guard.resource_metadata.as_ref().filter(|_| !defects.has("api-metadata-missing")) {
            say("resource_metadata", address);
        }
        let scheme = if guard.dpop { "DPoP" } else { "Bearer" };
        let mut headers = vec![json!(["WWW-Authenticate", format!("{scheme} {}", parameters.join(", "))])];
        if self == Self::UseNonce && !defects.has("api-nonce-kept-back") {
            headers.push(json!(["DPoP-Nonce", nonce]));
        }
        (status, headers)
    }
}
