//! The JWT by which a client authenticates (RFC 7523, RFC 10070).

use std::fmt;
use std::time::Duration;

use proofkey_authorize::{AuthorizationServer, ClientId};

use crate::error::TokenRequestError;
use crate::secret::{ClientAssertion, ClientSecret, Text};
use crate::shown::shown;
use crate::signer::{Fresh, KeyHeader};
use crate::unsigned::{Object, Unsigned, header, jti};

/// Lifetime of a client assertion. It is sent at once.
const LIFE: Duration = Duration::from_secs(60);

/// A client assertion without its signature, for a key that is held by a device or a service.
///
/// [`ClientAuthentication::private_key_jwt`](crate::ClientAuthentication::private_key_jwt) builds and signs one for each
/// request. Use this type if signing is asynchronous:
///
/// ```
/// # use std::time::SystemTime;
/// # use proofkey_authorize::{AuthorizationServer, ClientId};
/// # use proofkey_token::{ClientAuthentication, Fresh, KeyHeader, TokenRequestError, UnsignedAssertion};
/// # async fn sign_in_the_cloud(_: &[u8]) -> Vec<u8> { vec![0; 64] }
/// # fn random() -> [u8; 16] { [7; 16] }
/// # async fn example(server: &AuthorizationServer, client_id: &ClientId) -> Result<(), Box<dyn std::error::Error>> {
/// let key = KeyHeader::new("ES256")?.with_key_id("2026-11");
/// let fresh = Fresh { now: SystemTime::now(), entropy: random() };
/// let assertion = UnsignedAssertion::new(&key, server, client_id, fresh)?;
/// let signature = sign_in_the_cloud(assertion.signing_input()).await;
/// // For one request.
/// let authentication = ClientAuthentication::assertion(assertion.finish(&signature));
/// # Ok(())
/// # }
/// ```
#[must_use = "an assertion has to be signed"]
pub struct UnsignedAssertion(Unsigned);

impl UnsignedAssertion {
    /// Creates the assertion of `client_id` for `server`.
    ///
    /// Its audience is the server's issuer alone, whichever endpoint it is sent to (RFC 10070), because a malicious server
    /// can name the endpoint of another one. `iss` and `sub` are the client, `typ` is `client-authentication+jwt`, and it
    /// expires after 60 seconds.
    ///
    /// # Errors
    ///
    /// [`TokenRequestError::SigningAlgorithm`] when `token_endpoint_auth_signing_alg_values_supported` in the server's
    /// metadata does not have the algorithm of the key.
    pub fn new(
        key: &KeyHeader,
        server: &AuthorizationServer,
        client_id: &ClientId,
        fresh: Fresh,
    ) -> Result<Self, TokenRequestError> {
        check_listed(key, server, "token_endpoint_auth_signing_alg_values_supported")?;
        let claims = Object::new()
            .text("iss", client_id.as_str())
            .text("sub", client_id.as_str())
            .text("aud", server.issuer().as_str())
            .text("jti", &jti(&fresh.entropy))
            .time("iat", fresh.now)
            .time("exp", fresh.now.checked_add(LIFE).unwrap_or(fresh.now));
        Ok(Self(Unsigned::new(header(Some("client-authentication+jwt"), key), claims)))
    }

    /// Returns the bytes to sign.
    #[must_use]
    pub fn signing_input(&self) -> &[u8] {
        self.0.signing_input()
    }

    /// Adds the signature of [`signing_input`](Self::signing_input). An ECDSA signature is the concatenation of R and S
    /// (RFC 7518 section 3.4).
    #[must_use]
    pub fn finish(self, signature: &[u8]) -> ClientAssertion {
        ClientAssertion::signed(Text::new(self.0.finish(signature)))
    }
}

impl fmt::Debug for UnsignedAssertion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UnsignedAssertion(..)")
    }
}

/// Apple's client secret without its signature: a JWT that names the team as its issuer and Apple as its audience.
pub(crate) fn apple_secret(key: &KeyHeader, team_id: &str, client_id: &ClientId, fresh: Fresh) -> Unsigned {
    let claims = Object::new()
        .text("iss", team_id)
        .text("sub", client_id.as_str())
        .text("aud", "https://appleid.apple.com")
        .time("iat", fresh.now)
        .time("exp", fresh.now.checked_add(LIFE).unwrap_or(fresh.now));
    Unsigned::new(header(None, key), claims)
}

pub(crate) fn finish_apple_secret(unsigned: Unsigned, signature: &[u8]) -> ClientSecret {
    ClientSecret::signed(Text::new(unsigned.finish(signature)))
}

/// Refuses an algorithm that is not in the list of that name, if the metadata has one.
pub(crate) fn check_listed(
    key: &KeyHeader,
    server: &AuthorizationServer,
    list: &'static str,
) -> Result<(), TokenRequestError> {
    let Some(listed) = server.member(list).and_then(|value| value.as_array()) else { return Ok(()) };
    let names: Vec<_> = listed.iter().filter_map(|name| name.as_str()).collect();
    if names.contains(&key.algorithm()) {
        return Ok(());
    }
    let listed = shown(&names.join(", "), 256);
    Err(TokenRequestError::SigningAlgorithm { algorithm: shown(key.algorithm(), 128), list, listed })
}
