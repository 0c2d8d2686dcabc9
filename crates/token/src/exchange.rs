//! The code turned into tokens (RFC 6749 section 4.1.3, RFC 7636 section 4.5).

use http::{Request, Response};
use proofkey_authorize::{AuthorizationServer, CodeGrant, Deviations, form};

use crate::authentication::ClientAuthentication;
use crate::error::{ExchangeError, RequestError};
use crate::response::Answer;
use crate::rules::Rules;
use crate::token_set::TokenSet;

/// Makes the request that exchanges a code, and what reads its response.
///
/// The request is a POST of a form to the token endpoint, whose own query is kept. It holds the
/// code, the `redirect_uri` of the authorization request byte for byte, the `code_verifier`, each
/// `resource` (RFC 8707), and the client's authentication in exactly one place. Its body and its
/// `Authorization` header are secrets.
///
/// Send it **once**, whatever happens, and without following redirects.
///
/// # Errors
///
/// [`ExchangeError::Request`] when the code comes from another issuer than `server`: it must not be
/// sent there.
pub fn exchange(
    grant: CodeGrant,
    server: &AuthorizationServer,
    authentication: &ClientAuthentication,
) -> Result<(Request<Vec<u8>>, Exchange), ExchangeError> {
    if grant.issuer() != server.issuer() {
        return Err(RequestError::AnotherIssuer.into());
    }
    let code = grant.code().expose();
    let redirect_uri = grant.redirect_uri().as_str();
    // Room for every escape, so that growing leaves no copy of a secret behind; the names have 64 octets.
    let mut body = String::with_capacity(
        64 + 3 * (code.len() + redirect_uri.len())
            + grant.verifier().map_or(0, |verifier| verifier.expose().len())
            + crate::request::room(grant.resources())
            + authentication.room(grant.client_id()),
    );
    body.push_str("grant_type=authorization_code&code=");
    form::encode_into(&mut body, code);
    body.push_str("&redirect_uri=");
    form::encode_into(&mut body, redirect_uri);
    // A verifier needs no escaping. A request without a challenge has none: `Deviation::PkceRefused`.
    if let Some(verifier) = grant.verifier() {
        body.push_str("&code_verifier=");
        body.push_str(verifier.expose());
    }
    let mut noted = server.deviations();
    crate::request::append_resources(&mut body, server, grant.resources(), &mut noted);
    let request =
        crate::request::post(server, server.token_endpoint(), grant.client_id(), authentication, body, &mut noted)?;
    Ok((request, Exchange { grant, allowed: server.compat().allowed(), noted }))
}

/// An exchange whose response is awaited.
///
/// It keeps the grant, because what comes after the response needs it: the ID token must repeat the
/// nonce, and may name the code by `c_hash`.
#[derive(Debug)]
#[must_use = "the response must be read"]
pub struct Exchange {
    grant: CodeGrant,
    allowed: Deviations,
    /// What was gone along with before the response.
    noted: Deviations,
}

impl Exchange {
    /// Reads the response.
    ///
    /// **When `openid` was asked for, the tokens may be used only after the ID token was validated**
    /// with the nonce of [`grant`](Self::grant): before that nobody knows whose login it was
    /// (RFC 9700 section 4.5.3.2).
    ///
    /// # Errors
    ///
    /// [`ExchangeError`]: the server refused, the response breaks a rule, or it cannot be read.
    pub fn receive(&self, response: &Response<impl AsRef<[u8]>>) -> Result<TokenSet, ExchangeError> {
        let rules = Rules::allowing(self.allowed);
        let answer = Answer::new(response, &rules);
        let received = TokenSet::read(&answer.success()?, &rules)?.after(self.noted);
        Ok(received.or_as_granted(self.grant.scope(), self.grant.resources()))
    }

    /// What was exchanged.
    pub fn grant(&self) -> &CodeGrant {
        &self.grant
    }
}
