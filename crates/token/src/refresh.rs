//! New tokens for a refresh token (RFC 6749 section 6).

use std::fmt;
use std::time::SystemTime;

use http::{Request, Response};
use proofkey_authorize::{AuthorizationServer, ClientId, Compat, Deviation, Deviations, Scope};

use crate::authentication::ClientAuthentication;
use crate::error::{RefreshError, TokenRequestError};
use crate::request::{self, Parameters};
use crate::response::Answer;
use crate::rules::Rules;
use crate::secret::{AccessToken, IdTokenText, RefreshToken};
use crate::token_set::{Received, TokenSet};

/// The request for new tokens, ended by [`build`](Self::build).
///
/// [`TokenSet::refresh_request`] starts one with all that is known of the grant; [`new`](Self::new)
/// starts one for a refresh token from a store.
#[derive(Debug)]
#[must_use = "a request does nothing before `build`"]
pub struct RefreshRequest<'a> {
    server: &'a AuthorizationServer,
    client_id: &'a ClientId,
    token: &'a RefreshToken,
    granted: Option<&'a Scope>,
    asked: Option<&'a Scope>,
    resources: Vec<String>,
    parameters: Parameters,
}

impl<'a> RefreshRequest<'a> {
    /// Starts a request for new tokens of the same scope.
    ///
    /// `server` and `client_id` must be those that the refresh token was issued by and to.
    pub fn new(token: &'a RefreshToken, server: &'a AuthorizationServer, client_id: &'a ClientId) -> Self {
        let (resources, parameters) = (Vec::new(), Parameters::default());
        Self { server, client_id, token, granted: None, asked: None, resources, parameters }
    }

    /// Sets the scope of the grant. It is not sent: it is the meaning of a response that names no
    /// scope, and the limit of [`scope`](Self::scope).
    pub fn granted(mut self, scope: Option<&'a Scope>) -> Self {
        self.granted = scope;
        self
    }

    /// Asks for tokens of another scope, which must be within the granted one.
    pub fn scope(mut self, scope: &'a Scope) -> Self {
        self.asked = Some(scope);
        self
    }

    /// Adds an API that the new access token is for (RFC 8707 section 2.2). May be called again for
    /// another one.
    pub fn resource(mut self, resource: &str) -> Self {
        self.resources.push(resource.to_owned());
        self
    }

    /// Adds a parameter that no specification has, as
    /// [`ExchangeRequest::parameter`](crate::ExchangeRequest::parameter) does.
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.parameters.push(name, value);
        self
    }

    /// Makes the request, and the value that reads its response.
    ///
    /// # Errors
    ///
    /// [`RefreshError::Request`] with [`TokenRequestError::WiderScope`] when the scope asked for is
    /// not within the granted one, and [that is not
    /// tolerated](Deviation::WiderScopeOnRefresh). A scope that is not known to be granted counts as
    /// not granted. The same for a reserved parameter, and for a credential that could not be made.
    pub fn build(self, authentication: &ClientAuthentication) -> Result<(Request<Vec<u8>>, Refresh), RefreshError> {
        let Self { server, client_id, token, granted, asked, resources, parameters } = self;
        let mut noted = server.deviations();
        let is_within = |asked: &Scope| granted.is_some_and(|granted| asked.is_subset(granted));
        if !asked.is_none_or(is_within) {
            if !server.compat().allows(Deviation::WiderScopeOnRefresh) {
                return Err(TokenRequestError::WiderScope.into());
            }
            noted = noted.with(Deviation::WiderScopeOnRefresh);
        }
        let mut pairs = vec![("grant_type", "refresh_token"), ("refresh_token", token.expose())];
        pairs.extend(asked.map(|scope| ("scope", scope.as_str())));
        request::push_resources(&mut pairs, server, &resources, &mut noted);
        parameters.push_to(&mut pairs)?;
        let request = request::post(server, server.token_endpoint(), client_id, authentication, pairs, &mut noted)?;
        let granted = asked.or(granted).cloned();
        Ok((request, Refresh { granted, resources, compat: server.compat().clone(), noted }))
    }
}

/// A refresh that waits for its response.
#[derive(Debug)]
#[must_use = "the response must be read: it may hold the only refresh token that still works"]
pub struct Refresh {
    granted: Option<Scope>,
    resources: Vec<String>,
    compat: Compat,
    /// The deviations that were needed before the response.
    noted: Deviations,
}

impl Refresh {
    /// Reads the response, which arrived at `now`.
    ///
    /// # Errors
    ///
    /// [`RefreshError::Response`]: the server refused (`invalid_grant`: a new login is due), the
    /// response breaks a rule, or it cannot be read. A refresh token in it is in
    /// [`RefreshError::tokens`]: it has most likely replaced the one that was sent.
    pub fn receive(&self, response: &Response<impl AsRef<[u8]>>, now: SystemTime) -> Result<Refreshed, RefreshError> {
        let rules = Rules::new(&self.compat);
        let answer = Answer::new(response, &rules);
        let received = Received::read(&answer, &rules, now).map_err(|kind| answer.error(kind))?;
        let (granted, resources) = (self.granted.clone(), self.resources.clone());
        Ok(Refreshed { received: received.after(self.noted), granted, resources })
    }
}

/// The result of a refresh. It becomes tokens only together with the old ones, because the refresh
/// token is kept when no new one came and replaced when one did (RFC 6749 section 6).
#[must_use = "put it in the place of the old tokens: `tokens.update(this)`"]
pub struct Refreshed {
    received: Received,
    granted: Option<Scope>,
    resources: Vec<String>,
}

impl Refreshed {
    /// Returns the ID token as it came, not validated. Its issuer and subject must be those of the old
    /// one (OpenID Connect Core section 12.2).
    #[must_use]
    pub fn id_token(&self) -> Option<&IdTokenText> {
        self.received.id_token.as_ref()
    }

    /// Returns the new access token, for the check of `at_hash`.
    #[must_use]
    pub fn access_token(&self) -> Option<&AccessToken> {
        self.received.access_token.as_ref()
    }

    /// Returns the new refresh token, if one came. It has replaced the old one at the server, whether
    /// or not the ID token beside it is good: when that is refused, this one is still to be stored or
    /// revoked.
    #[must_use]
    pub fn refresh_token(&self) -> Option<&RefreshToken> {
        self.received.refresh_token.as_ref()
    }

    /// Returns the tokens of a refresh that began with nothing but a refresh token: `used` is kept
    /// when no new one came. For an existing [`TokenSet`], use [`TokenSet::update`].
    #[must_use]
    pub fn into_tokens(self, used: RefreshToken) -> TokenSet {
        let mut tokens = self.received.or_as_granted(self.granted.as_ref(), &self.resources);
        tokens.refresh_token.get_or_insert(used);
        tokens
    }
}

impl fmt::Debug for Refreshed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refreshed").field("granted", &self.granted).finish_non_exhaustive()
    }
}

/// # Refresh
impl TokenSet {
    /// Starts a refresh with this refresh token, for this scope and these resources.
    ///
    /// # Errors
    ///
    /// [`TokenRequestError::NoRefreshToken`] when there is none.
    pub fn refresh_request<'a>(
        &'a self,
        server: &'a AuthorizationServer,
        client_id: &'a ClientId,
    ) -> Result<RefreshRequest<'a>, TokenRequestError> {
        let token = self.refresh_token().ok_or(TokenRequestError::NoRefreshToken)?;
        let request = RefreshRequest::new(token, server, client_id).granted(self.scope());
        Ok(self.resources().iter().fold(request, |request, resource| request.resource(resource)))
    }

    /// Takes over the result of a refresh: the new access token, its lifetime and its scope; the new
    /// refresh token in place of the old one, which is kept when none came (RFC 6749 section 6); the
    /// new ID token, if there is one.
    pub fn update(&mut self, newer: Refreshed) {
        let newer = newer.received.or_as_granted(newer.granted.as_ref(), &newer.resources);
        let refresh_token = newer.refresh_token.or(self.refresh_token.take());
        let id_token = newer.id_token.or(self.id_token.take());
        let deviations = self.deviations.or(newer.deviations);
        *self = Self { refresh_token, id_token, deviations, ..newer };
    }
}
