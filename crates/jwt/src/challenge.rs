//! The response of an API to a refused request: the header field `WWW-Authenticate`.

use std::fmt;

use crate::claim_fault::{ClaimFault, ClaimName};
use crate::credentials::CredentialsError;
use crate::dpop_policy::DpopPolicy;
use crate::dpop_proof_error::DpopProofError;
use crate::jwt_access_token_error::JwtAccessTokenError;
use crate::replay::ReplayError;
use crate::required::Required;

/// A challenge of an API, for the header field `WWW-Authenticate` (RFC 6750 section 3, RFC 9449 section 7.1).
///
/// `Display` writes the value of the field. Texts are quoted; a character that the field cannot hold is written as `?`. It
/// contains nothing from the refused token. Log the error itself.
///
/// ```
/// use proofkey_jwt::{Challenge, CredentialsError};
///
/// // A request without credentials gets no error code (RFC 6750 section 3.1).
/// let challenge = Challenge::bearer("orders")
///     .resource_metadata("https://api.example/.well-known/oauth-protected-resource")
///     .credentials_refused(&CredentialsError::Missing);
/// assert_eq!(challenge.status(), 401);
/// assert_eq!(
///     challenge.to_string(),
///     r#"Bearer realm="orders", resource_metadata="https://api.example/.well-known/oauth-protected-resource""#,
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Challenge {
    scheme: &'static str,
    status: u16,
    parameters: Vec<(&'static str, String)>,
}

const BEARER: &str = "Bearer";

/// An error code of a challenge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ChallengeCode {
    /// `invalid_request` (RFC 6750 section 3.1): the request is malformed. Status 400.
    InvalidRequest,
    /// `invalid_token` (RFC 6750 section 3.1): the access token is expired, revoked, malformed, or invalid for another
    /// reason. Status 401.
    InvalidToken,
    /// `insufficient_scope` (RFC 6750 section 3.1): the request needs more scopes than the token has. Status 403.
    InsufficientScope,
    /// `insufficient_user_authentication` (RFC 9470 section 3): the user has to be authenticated in another way, or more
    /// recently. Status 401.
    InsufficientUserAuthentication,
    /// `invalid_dpop_proof` (RFC 9449 section 7.1): the DPoP proof is invalid. Status 401.
    InvalidDpopProof,
    /// `use_dpop_nonce` (RFC 9449 section 9): the proof needs the nonce in the header field `DPoP-Nonce` of this
    /// response. Status 401.
    UseDpopNonce,
}

impl ChallengeCode {
    /// Returns the registered name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidToken => "invalid_token",
            Self::InsufficientScope => "insufficient_scope",
            Self::InsufficientUserAuthentication => "insufficient_user_authentication",
            Self::InvalidDpopProof => "invalid_dpop_proof",
            Self::UseDpopNonce => "use_dpop_nonce",
        }
    }

    /// Returns the HTTP status of the answer.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::InvalidRequest => 400,
            Self::InsufficientScope => 403,
            _ => 401,
        }
    }

    fn description(self) -> &'static str {
        match self {
            Self::InvalidRequest => "The credentials are malformed",
            Self::InvalidToken => "The access token is expired, revoked or invalid",
            Self::InsufficientScope => "The access token lacks a scope that the request needs",
            Self::InsufficientUserAuthentication => "The user has to authenticate again",
            Self::InvalidDpopProof => "The DPoP proof is invalid",
            Self::UseDpopNonce => "The DPoP proof needs a nonce of this server",
        }
    }
}

impl Challenge {
    /// Creates the challenge for bearer tokens, with status 401 and without an error. `realm` names the protection space;
    /// RFC 6750 section 3 requires a parameter.
    pub fn bearer(realm: &str) -> Self {
        Self { scheme: BEARER, status: 401, parameters: vec![("realm", realm.to_owned())] }
    }

    /// Creates the challenge for tokens that are bound to a key, with the algorithms of `policy`. An API that accepts
    /// bearer tokens as well responds with both challenges, each in a header field of its own.
    pub fn dpop(policy: &DpopPolicy) -> Self {
        let algorithms: Vec<_> = policy.algorithms.iter().map(|algorithm| algorithm.name()).collect();
        let parameters = vec![("algs", algorithms.join(" "))];
        Self { scheme: "DPoP", status: 401, parameters }
    }

    /// Sets `realm`: the name of the protection space.
    pub fn realm(self, realm: &str) -> Self {
        self.with("realm", realm)
    }

    /// Sets `scope`: what a request needs, separated by spaces.
    pub fn scope(self, scope: &str) -> Self {
        self.with("scope", scope)
    }

    /// Sets `resource_metadata`: the URL of the API's metadata (RFC 9728 section 5.1), from which a client learns the
    /// issuer.
    pub fn resource_metadata(self, url: &str) -> Self {
        self.with("resource_metadata", url)
    }

    /// Refuses the request with `code`, its status and a description. The codes of DPoP belong to the scheme `DPoP`
    /// (RFC 9449 section 7.1): a challenge for bearer tokens then gets the status alone.
    pub fn refused(mut self, code: ChallengeCode) -> Self {
        self.status = code.status();
        if self.scheme == BEARER && matches!(code, ChallengeCode::InvalidDpopProof | ChallengeCode::UseDpopNonce) {
            return self;
        }
        self.with("error", code.as_str()).with("error_description", code.description())
    }

    /// Refuses a request whose credentials cannot be read. If it has none for this API, the challenge has no error code,
    /// as RFC 6750 section 3.1 says.
    pub fn credentials_refused(self, error: &CredentialsError) -> Self {
        match error {
            CredentialsError::Missing | CredentialsError::OtherScheme => self,
            CredentialsError::Repeated | CredentialsError::Malformed => self.refused(ChallengeCode::InvalidRequest),
            CredentialsError::ProofMissing | CredentialsError::ProofRepeated => {
                self.refused(ChallengeCode::InvalidDpopProof)
            }
        }
    }

    /// Refuses a request because of its access token, and states which requirements of `required` the token does not
    /// meet: scopes, or another authentication.
    pub fn token_refused(self, error: &JwtAccessTokenError, required: &Required) -> Self {
        use ClaimFault::{Insufficient, Mismatch, Missing, TooOld};
        let JwtAccessTokenError::Claim { claim, fault, .. } = error else {
            return self.refused(ChallengeCode::InvalidToken);
        };
        match (claim, fault) {
            (ClaimName::Scope, Insufficient) => {
                self.refused(ChallengeCode::InsufficientScope).with("scope", &required.scopes.join(" "))
            }
            (ClaimName::AuthenticationContext, Missing | Mismatch) | (ClaimName::AuthTime, Missing | TooOld) => {
                self.refused(ChallengeCode::InsufficientUserAuthentication).authentication(required)
            }
            _ => self.refused(ChallengeCode::InvalidToken),
        }
    }

    /// Refuses a request because of its DPoP proof. If [`DpopProofError::is_nonce_needed`] is true, the response also
    /// needs the header field `DPoP-Nonce`.
    pub fn proof_refused(self, error: &DpopProofError) -> Self {
        self.refused(match error.is_nonce_needed() {
            true => ChallengeCode::UseDpopNonce,
            false => ChallengeCode::InvalidDpopProof,
        })
    }

    /// Refuses a request whose DPoP proof was seen before. If the window is full, the cause is at the server, so the
    /// status is 503 and the challenge has no error code.
    pub fn replay_refused(mut self, error: &ReplayError) -> Self {
        match error {
            ReplayError::Replayed => self.refused(ChallengeCode::InvalidDpopProof),
            ReplayError::Full => {
                self.status = 503;
                self
            }
        }
    }

    /// Returns the HTTP status of the answer.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// RFC 9470 section 3.
    fn authentication(mut self, required: &Required) -> Self {
        if let Some(acr) = required.acr.as_ref().filter(|acr| !acr.is_empty()) {
            self = self.with("acr_values", &acr.join(" "));
        }
        match required.max_age {
            Some(max_age) => self.with("max_age", &max_age.as_secs().to_string()),
            None => self,
        }
    }

    /// Each parameter appears once (RFC 9110 section 11.2): the last value counts.
    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.parameters.retain(|(known, _)| *known != name);
        self.parameters.push((name, value.to_owned()));
        self
    }
}

impl fmt::Display for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.scheme)?;
        for (at, (name, value)) in self.parameters.iter().enumerate() {
            write!(f, "{} {name}=\"", if at == 0 { "" } else { "," })?;
            for character in value.chars() {
                match character {
                    '"' | '\\' => write!(f, "\\{character}")?,
                    ' '..='~' => write!(f, "{character}")?,
                    _ => f.write_str("?")?,
                }
            }
            f.write_str("\"")?;
        }
        Ok(())
    }
}
