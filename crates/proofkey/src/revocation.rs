//! The end of a token's validity.

use std::time::SystemTime;

use http::Response;
#[cfg(not(target_family = "wasm"))]
use proofkey_token::BlockingTransport;
use proofkey_token::{Revocable, Revocation, RevocationError, RevocationRequest, Transport, TransportError};

use crate::call::Call;
use crate::drive::drive;
#[cfg(not(target_family = "wasm"))]
use crate::drive::drive_blocking;
use crate::error::{LoginError, Stage};
use crate::login::Login;
use crate::steps::sealed::KeyFetches;
use crate::steps::{Step, Steps};

impl Login {
    /// Revokes an access token or a refresh token (RFC 7009). At most servers, revoking the refresh token
    /// ends the whole grant.
    ///
    /// # Errors
    ///
    /// [`LoginError::Revocation`]: the token still counts as valid.
    pub async fn revoke<'t>(&self, http: &impl Transport, token: impl Into<Revocable<'t>>) -> Result<(), LoginError> {
        let mut steps = self.revoke_steps(token)?;
        drive(&mut steps, http, || self.now()).await
    }

    /// [`revoke`](Self::revoke) with a blocking transport.
    ///
    /// # Errors
    ///
    /// As [`revoke`](Self::revoke).
    #[cfg(not(target_family = "wasm"))]
    pub fn revoke_blocking<'t>(
        &self,
        http: &impl BlockingTransport,
        token: impl Into<Revocable<'t>>,
    ) -> Result<(), LoginError> {
        drive_blocking(&mut self.revoke_steps(token)?, http, || self.now())
    }

    /// [`revoke`](Self::revoke) as steps without I/O.
    ///
    /// # Errors
    ///
    /// [`LoginError::Revocation`] if the server has no revocation endpoint.
    pub fn revoke_steps<'t>(&self, token: impl Into<Revocable<'t>>) -> Result<RevokeSteps, LoginError> {
        let token: Revocable<'_> = token.into();
        let request = RevocationRequest::new(token, self.server(), self.client_id());
        let (request, revocation) = request.build(self.authentication())?;
        Ok(RevokeSteps {
            call: Call::new(request, self.renewal(), Stage::Revocation, |error| RevocationError::from(error).into()),
            revocation,
        })
    }
}

/// A revocation, created by [`Login::revoke_steps`].
#[derive(Debug)]
#[must_use = "steps do nothing unless they are driven"]
pub struct RevokeSteps {
    call: Call<()>,
    revocation: Revocation,
}

impl Steps for RevokeSteps {
    type Output = ();
    type Error = LoginError;

    fn next(&mut self, _: SystemTime) -> Step<Result<(), LoginError>> {
        self.call.next()
    }

    fn receive(&mut self, answer: Result<Response<Vec<u8>>, TransportError>, _: SystemTime) {
        self.call.receive(answer, |answer| Ok(self.revocation.receive(answer.map_err(RevocationError::from)?)?));
    }
}

impl KeyFetches for RevokeSteps {}
