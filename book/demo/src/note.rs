//! What the app tells the live page: which checks it made.

use axum::response::{IntoResponseParts, ResponseParts};
use proofkey::jwt::Check;
use proofkey::{Identity, LoginError};

/// The app's word about a callback. It travels with the response inside of this process, and not to the browser.
#[derive(Clone, Debug)]
pub(crate) enum Note {
    /// Every check was kept.
    SignedIn(Vec<Check>),
    /// The name of the check that failed, and what is said about it.
    Refused(&'static str, String),
}

impl Note {
    pub(crate) fn signed_in(identity: &Identity) -> Self {
        Self::SignedIn(identity.checks().to_vec())
    }

    pub(crate) fn refused(error: &LoginError) -> Self {
        Self::Refused(error.code(), error.to_string())
    }
}

impl IntoResponseParts for Note {
    type Error = std::convert::Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Self::Error> {
        parts.extensions_mut().insert(self);
        Ok(parts)
    }
}
