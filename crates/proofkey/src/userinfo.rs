//! Claims about the user, requested with the access token.

use std::time::SystemTime;

use http::Response;
use proofkey_jwt::{JwkSet, RelyingParty, SignedUserInfo};
#[cfg(not(target_family = "wasm"))]
use proofkey_token::BlockingTransport;
use proofkey_token::{
    TokenRequestError, Transport, TransportError, UserInfo, UserInfoClaims, UserInfoError, UserInfoRequest,
    UserInfoResponse,
};

use crate::call::Call;
use crate::drive::drive;
#[cfg(not(target_family = "wasm"))]
use crate::drive::drive_blocking;
use crate::error::{LoginError, Stage};
use crate::flight::Flight;
use crate::identity::{Identity, needed_by};
use crate::login::Login;
use crate::renewal::Renewal;
use crate::steps::sealed::KeyFetches;
use crate::steps::{Step, Steps};
use crate::validation::Validation;

impl Login {
    /// Requests claims about the user from the userinfo endpoint, with the access token. Claims about
    /// another subject than the identity's are refused (OpenID Connect Core section 5.3.2).
    ///
    /// A signed response (`application/jwt`) is validated with the issuer's keys first, which are
    /// fetched if they are due. Its claims have the same type.
    ///
    /// # Errors
    ///
    /// [`LoginError::UserInfo`]; [`LoginError::Keys`] or [`LoginError::SignedUserInfo`] for a signed
    /// response; [`LoginError::AnotherLogin`] for the identity of another issuer or client.
    pub async fn userinfo(&self, http: &impl Transport, identity: &Identity) -> Result<UserInfoClaims, LoginError> {
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
    ) -> Result<UserInfoClaims, LoginError> {
        drive_blocking(&mut self.userinfo_steps(identity)?, http, || self.now())
    }

    /// [`userinfo`](Self::userinfo) as steps without I/O.
    ///
    /// # Errors
    ///
    /// [`LoginError::UserInfo`] if the server has no userinfo endpoint, [`LoginError::AnotherLogin`] for the
    /// identity of another issuer or client.
    pub fn userinfo_steps(&self, identity: &Identity) -> Result<UserInfoSteps<'_>, LoginError> {
        self.check_owner(identity, Stage::UserInfo)?;
        let access_token = identity.tokens().access_token().ok_or(TokenRequestError::NoAccessToken);
        let access_token = access_token.map_err(UserInfoError::from)?;
        let party = self.userinfo_party()?;
        let mut request = UserInfoRequest::new(access_token, identity.subject(), self.server());
        if self.server().jwks_uri().is_some() || !party.needs_keys() {
            request = request.accept_signed();
        }
        let (mut request, userinfo) = request.build()?;
        let renewal = Renewal::of_api(self, identity.tokens(), &mut request).map_err(UserInfoError::from)?;
        let validation = Validation::new(self.userinfo_key_fetch());
        Ok(UserInfoSteps {
            call: Call::new(request, renewal, Stage::UserInfo, |error| UserInfoError::from(error).into()),
            userinfo,
            received: None,
            party,
            validation,
        })
    }
}

/// A userinfo request, created by [`Login::userinfo_steps`]: the request, and keys if the response is
/// signed.
#[derive(Debug)]
#[must_use = "steps do nothing unless they are driven"]
pub struct UserInfoSteps<'a> {
    call: Call<UserInfoResponse>,
    userinfo: UserInfo,
    received: Option<UserInfoResponse>,
    party: RelyingParty,
    validation: Validation<'a, SignedUserInfo, LoginError>,
}

impl Steps for UserInfoSteps<'_> {
    type Output = UserInfoClaims;
    type Error = LoginError;

    fn next(&mut self, now: SystemTime) -> Step<Result<UserInfoClaims, LoginError>> {
        let Some(UserInfoResponse::Signed(signed)) = &self.received else {
            return match self.received.take().and_then(UserInfoResponse::into_claims) {
                Some(claims) => Step::Done(Ok(claims)),
                None => match self.call.next() {
                    Step::Send(request) => Step::Send(request),
                    // A response is taken in `receive`.
                    Step::Done(result) => Step::Done(result.and(Err(LoginError::Finished { stage: Stage::UserInfo }))),
                },
            };
        };
        let party = &self.party;
        let validated = match self.validation.next(now, |keys| validate(signed, keys, party, now)) {
            Step::Send(request) => return Step::Send(request),
            // Nothing is known about the response: it is kept.
            Step::Done(Err(error @ LoginError::Keys(_))) => return Step::Done(Err(error)),
            Step::Done(result) => result,
        };
        Step::Done(match (validated, self.received.take()) {
            (Ok(validated), Some(UserInfoResponse::Signed(signed))) => accept(signed, &validated),
            (result, _) => Err(result.err().unwrap_or(LoginError::Finished { stage: Stage::UserInfo })),
        })
    }

    fn receive(&mut self, answer: Result<Response<Vec<u8>>, TransportError>, now: SystemTime) {
        if self.validation.is_fetching() {
            return self.validation.receive(answer, now);
        }
        let Self { call, userinfo, .. } = self;
        call.receive(answer, |answer| Ok(userinfo.receive(answer.map_err(UserInfoError::from)?)?));
        self.received = self.received.take().or_else(|| self.call.take_ok());
    }
}

impl KeyFetches for UserInfoSteps<'_> {
    fn flight(&mut self, now: SystemTime) -> Option<Flight> {
        let Some(UserInfoResponse::Signed(signed)) = &self.received else { return None };
        self.validation.look(now, |keys| validate(signed, keys, &self.party, now));
        self.validation.flight(now)
    }

    fn is_fetching(&self) -> bool {
        self.validation.is_fetching()
    }

    fn abandon(&mut self) {
        self.validation.abandon();
    }
}

/// Validates a signed response.
fn validate(
    signed: &proofkey_token::UserInfoJwt,
    keys: &JwkSet,
    party: &RelyingParty,
    now: SystemTime,
) -> Result<SignedUserInfo, LoginError> {
    Ok(SignedUserInfo::validate(signed.as_str(), keys, party, signed.expected_subject(), now)?)
}

/// Gives the claims of a signed response the type of all others.
fn accept(signed: proofkey_token::UserInfoJwt, validated: &SignedUserInfo) -> Result<UserInfoClaims, LoginError> {
    // Claims that have no form as a map are refused, as those without `sub` are.
    let claims = validated.claims().deserialize().unwrap_or_default();
    Ok(signed.into_claims(claims, needed_by(validated.checks()))?)
}
