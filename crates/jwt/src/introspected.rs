//! An access token that its issuer has described, by introspection.

use std::time::SystemTime;

use crate::claim_fault::{Broken, ClaimName};
use crate::claims::Claims;
use crate::decode_error::{DecodeError, Segment};
use crate::json::Json;
use crate::jwk_set::JwkSet;
use crate::jwt_access_token_error::JwtAccessTokenError;
use crate::required::Required;
use crate::resource_server::ResourceServer;
use crate::rules::Rules;

impl ResourceServer {
    /// Applies the rules for JWT access tokens to what the authorization server says of `token` in an introspection
    /// response (RFC 7662 section 2.2), which has no signature: it came from the server itself, over TLS. `response` is a
    /// JSON object whose `active` is true. The members `iss`, `sub`, `client_id`, `exp`, `iat` and `jti` may be missing, `aud`
    /// may not.
    ///
    /// The audience, the dates, the binding to a key, the scopes and the authentication are compared with the rules of this
    /// resource server and with what the request needs.
    ///
    /// # Errors
    /// The first rule that the token breaks. The code is that of a claim of a JWT, such as `access_token_exp_expired`.
    pub fn check_introspected(
        &self,
        response: &str,
        token: &str,
        required: &Required,
        now: SystemTime,
    ) -> Result<(), JwtAccessTokenError> {
        let (claims, keys) = (read(response).map_err(Broken::from)?, JwkSet::empty());
        let mut rules = Rules::new(token, &claims, &self.registration, &keys, now);
        let reading = rules.reading;
        if reading.has(ClaimName::Issuer) {
            rules.issuer()?;
        }
        rules.resource_audience(self)?;
        if reading.has(ClaimName::Expiry) {
            rules.expiry()?;
        }
        rules.not_before()?;
        if reading.has(ClaimName::IssuedAt) || self.registration.max_issued_age.is_some() {
            rules.issued_at()?;
        }
        rules.confirmation(self, required)?;
        rules.scope(&self.compat, &required.scopes)?;
        rules.authentication_context(required.acr.as_deref())?;
        rules.auth_time(required.max_age)?;
        Ok(())
    }
}

fn read(response: &str) -> Result<Claims, DecodeError> {
    let mut json = Json::with_room_for(response.len());
    let Ok(root) = json.read(|bytes| {
        bytes.extend_from_slice(response.as_bytes());
        Ok::<(), std::convert::Infallible>(())
    });
    let root = root.map_err(|fault| DecodeError::from_json(Segment::Payload, fault, None))?;
    Claims::read(json, root)
}
