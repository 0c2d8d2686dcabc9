//! Claims about the user, by the access token.

use std::time::SystemTime;

use http::Response;
#[cfg(not(target_family = "wasm"))]
use proofkey_token::BlockingTransport;
use proofkey_token::{
    TokenRequestError, Transport, TransportError, UserInfo, UserInfoError, UserInfoRequest, UserInfoResponse,
};
use serde_json::{Map, Value};

use crate::call::Call;
use crate::drive::drive;
#[cfg(not(target_family = "wasm"))]
use crate::drive::drive_blocking;
use crate::error::LoginError;
use crate::identity::Identity;
use crate::login::Login;
use crate::steps::sealed::KeyFetches;
use crate::steps::{Step, Steps};

impl Login {
    /// Requests claims about the user from the userinfo endpoint, with the access token. Claims about
    /// another subject than the identity's are refused (OpenID Connect Core section 5.3.2).
    ///
    /// # Errors
    ///
    /// [`LoginError::UserInfo`], or [`LoginError::UserInfoSigned`] for a signed response.
    pub async fn userinfo(&self, http: &impl Transport, identity: &Identity) -> Result<Map<String, Value>, LoginError> {
        drive(&mut self.userinfo_steps(identity)?, http, || self.now()).await
    }

    /// [`userinfo`](Self::userinfo) with a blocking transport.
    ///
    /// # Errors
    ///
    /// As [`userinfo`](Self::userinfo).
    #[cfg(not(target_family = "wasm"))]
    pub fn userinfo_blocking(
        &self,
        http: &impl BlockingTransport,
        identity: &Identity,
    ) -> Result<Map<String, Value>, LoginError> {
        drive_blocking(&mut self.userinfo_steps(identity)?, http, || self.now())
    }

    /// [`userinfo`](Self::userinfo) as steps without I/O.
    ///
    /// # Errors
    ///
    /// [`LoginError::UserInfo`] if the server has no userinfo endpoint.
    pub fn userinfo_steps(&self, identity: &Identity) -> Result<UserInfoSteps, LoginError> {
        let access_token = identity.tokens().access_token().ok_or(TokenRequestError::NoAccessToken);
        let access_token = access_token.map_err(UserInfoError::from)?;
        let (request, userinfo) = UserInfoRequest::new(access_token, identity.subject(), self.server()).build()?;
        Ok(UserInfoSteps { call: Call::new(request), userinfo })
    }
}

/// A userinfo request, made by [`Login::userinfo_steps`].
#[derive(Debug)]
#[must_use = "steps do nothing unless they are driven"]
pub struct UserInfoSteps {
    call: Call<Map<String, Value>>,
    userinfo: UserInfo,
}

impl Steps for UserInfoSteps {
    type Output = Map<String, Value>;

    fn next(&mut self, _: SystemTime) -> Step<Result<Self::Output, LoginError>> {
        self.call.next()
    }

    fn receive(&mut self, answer: Result<Response<Vec<u8>>, TransportError>, _: SystemTime) {
        self.call.receive(answer, |answer| match self.userinfo.receive(answer.map_err(UserInfoError::from)?)? {
            UserInfoResponse::Claims(claims) => Ok(claims.into_map()),
            _ => Err(LoginError::UserInfoSigned),
        });
    }
}

impl KeyFetches for UserInfoSteps {}
