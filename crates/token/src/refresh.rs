//! New tokens for a refresh token (RFC 6749 section 6).

use http::{Request, Response};
use proofkey_authorize::{AuthorizationServer, ClientId, Deviations, Scope, form};

use crate::authentication::ClientAuthentication;
use crate::error::{RefreshError, RequestError};
use crate::response::Answer;
use crate::rules::Rules;
use crate::secret::RefreshToken;
use crate::token_set::{Received, TokenSet};

/// A refresh request, put together step by step and ended by [`build`](Self::build).
///
/// [`TokenSet::refresh_request`] starts one with all that is known of the grant; [`new`](Self::new)
/// starts one for a refresh token out of a store.
#[derive(Clone, Debug)]
#[must_use = "a request does nothing before `build`"]
pub struct RefreshRequest<'a> {
    server: &'a AuthorizationServer,
    client_id: &'a ClientId,
    token: &'a RefreshToken,
    granted: Option<&'a Scope>,
    narrower: Option<&'a Scope>,
    resources: Vec<String>,
}

impl<'a> RefreshRequest<'a> {
    /// A request for new tokens of the same scope.
    ///
    /// `server` and `client_id` must be those that the refresh token was issued by and to.
    pub fn new(server: &'a AuthorizationServer, client_id: &'a ClientId, token: &'a RefreshToken) -> Self {
        Self { server, client_id, token, granted: None, narrower: None, resources: Vec::new() }
    }

    /// The scope of the grant. It is not sent; it is what a response that names no scope means, and
    /// what [`scope`](Self::scope) is held against.
    pub fn granted(mut self, scope: Option<&'a Scope>) -> Self {
        self.granted = scope;
        self
    }

    /// Asks for tokens of less scope than was granted.
    pub fn scope(mut self, narrower: &'a Scope) -> Self {
        self.narrower = Some(narrower);
        self
    }

    /// An API that the new access token is for (RFC 8707 section 2.2). It may be called again for
    /// another one.
    pub fn resource(mut self, resource: &str) -> Self {
        self.resources.push(resource.to_owned());
        self
    }

    /// Makes the request, and what reads its response.
    ///
    /// # Errors
    ///
    /// [`RequestError::WiderScope`] when the scope asked for is not within the granted one. A scope
    /// that is not known to be granted counts as not granted.
    pub fn build(self, authentication: &ClientAuthentication) -> Result<(Request<Vec<u8>>, Refresh), RefreshError> {
        let within = |narrower: &Scope| self.granted.is_some_and(|all| narrower.is_within(all));
        if !self.narrower.is_none_or(within) {
            return Err(RequestError::WiderScope.into());
        }
        // As in an exchange: room for every escape, and 64 octets for the names.
        let mut body = String::with_capacity(
            64 + 3 * (self.token.expose().len() + self.narrower.map_or(0, |scope| scope.as_str().len()))
                + crate::request::room(&self.resources)
                + authentication.room(self.client_id),
        );
        body.push_str("grant_type=refresh_token");
        form::append_pair(&mut body, "refresh_token", self.token.expose());
        if let Some(scope) = self.narrower {
            form::append_pair(&mut body, "scope", scope.as_str());
        }
        let server = self.server;
        let mut noted = server.deviations();
        crate::request::append_resources(&mut body, server, &self.resources, &mut noted);
        let request =
            crate::request::post(server, server.token_endpoint(), self.client_id, authentication, body, &mut noted)?;
        let refresh = Refresh {
            granted: self.narrower.or(self.granted).cloned(),
            resources: self.resources,
            allowed: server.compat().allowed(),
            noted,
        };
        Ok((request, refresh))
    }
}

/// A refresh whose response is awaited.
#[derive(Debug)]
#[must_use = "the response must be read: it may hold the only refresh token that still works"]
pub struct Refresh {
    granted: Option<Scope>,
    resources: Vec<String>,
    allowed: Deviations,
    /// What was gone along with before the response.
    noted: Deviations,
}

impl Refresh {
    /// Reads the response.
    ///
    /// # Errors
    ///
    /// [`RefreshError`]: the server refused (`invalid_grant`: a new login is due), the response
    /// breaks a rule, or it cannot be read.
    pub fn receive(&self, response: &Response<impl AsRef<[u8]>>) -> Result<Refreshed, RefreshError> {
        let rules = Rules::allowing(self.allowed);
        let answer = Answer::new(response, &rules);
        Ok(Refreshed {
            received: TokenSet::read(&answer.success()?, &rules)?.after(self.noted),
            granted: self.granted.clone(),
            resources: self.resources.clone(),
        })
    }
}

/// What a refresh gave. It becomes tokens only together with the old ones, because the refresh token
/// is kept when no new one came and replaced when one did (RFC 6749 section 6).
#[must_use = "put it in the place of the old tokens: `tokens.update(this)`"]
pub struct Refreshed {
    pub(crate) received: Received,
    pub(crate) granted: Option<Scope>,
    pub(crate) resources: Vec<String>,
}

impl Refreshed {
    /// The ID token as it came, not validated. Its issuer and subject must be those of the old one
    /// (OpenID Connect Core section 12.2).
    #[must_use]
    pub fn id_token(&self) -> Option<&crate::IdTokenText> {
        self.received.id_token()
    }

    /// The access token that came with it, for the check of `at_hash`.
    #[must_use]
    pub fn access_token(&self) -> &crate::AccessToken {
        self.received.access_token()
    }

    /// The tokens, for a refresh that began with nothing but a refresh token: `used` is kept when no
    /// new one came. With a [`TokenSet`] at hand, use [`TokenSet::update`].
    #[must_use]
    pub fn into_tokens(self, used: RefreshToken) -> TokenSet {
        self.received.or_keep(used).or_as_granted(self.granted.as_ref(), &self.resources)
    }
}

impl std::fmt::Debug for Refreshed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Refreshed").field("granted", &self.granted).finish_non_exhaustive()
    }
}
