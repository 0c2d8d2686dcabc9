//! New tokens for a refresh token (RFC 6749 section 6).

use std::fmt;
use std::time::SystemTime;

use http::{Request, Response};
use proofkey_authorize::{AuthorizationServer, ClientId, Deviation, Scope};

use crate::asked::Terms;
use crate::authentication::ClientAuthentication;
use crate::error::{RefreshError, TokenRequestError};
use crate::request::{self, Parameters};
use crate::secret::{AccessToken, IdTokenText, RefreshToken};
use crate::token_set::{Received, TokenSet};

/// The request for new tokens, finished by [`build`](Self::build) (RFC 6749 section 6).
///
/// [`TokenSet::refresh_request`] creates one with the scope and the resources of the token set;
/// [`new`](Self::new) creates one from a refresh token alone.
///
/// ```
/// # use std::time::SystemTime;
/// # use proofkey_authorize::{AuthorizationServer, ClientId};
/// # use proofkey_token::{ClientAuthentication, RefreshError, TokenSet};
/// # use http::{Request, Response};
/// fn refresh(
///     tokens: &mut TokenSet,
///     server: &AuthorizationServer,
///     client_id: &ClientId,
///     send: impl Fn(Request<Vec<u8>>) -> Response<Vec<u8>>,
/// ) -> Result<(), RefreshError> {
///     let request = tokens.refresh_request(server, client_id)?;
///     let (request, refresh) = request.build(&ClientAuthentication::none())?;
///     tokens.update(refresh.receive(&send(request), SystemTime::now())?);
///     Ok(())
/// }
/// ```
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
    /// Creates a request for new tokens of the same scope.
    ///
    /// `server` must be the one that issued the refresh token, and `client_id` the client that it was
    /// issued to.
    pub fn new(token: &'a RefreshToken, server: &'a AuthorizationServer, client_id: &'a ClientId) -> Self {
        let (resources, parameters) = (Vec::new(), Parameters::default());
        Self { server, client_id, token, granted: None, asked: None, resources, parameters }
    }

    /// Sets the granted scope. It is not sent. It limits [`scope`](Self::scope), and it is the scope of
    /// a response that names none.
    pub fn granted(mut self, scope: Option<&'a Scope>) -> Self {
        self.granted = scope;
        self
    }

    /// Requests another scope, which must be a subset of the [granted](Self::granted) one.
    pub fn scope(mut self, scope: &'a Scope) -> Self {
        self.asked = Some(scope);
        self
    }

    /// Adds a `resource`: the address of an API that the new access token is for (RFC 8707 section
    /// 2.2). Call it again for another one.
    pub fn resource(mut self, resource: &str) -> Self {
        self.resources.push(resource.to_owned());
        self
    }

    /// Adds a parameter that no specification defines, as
    /// [`ExchangeRequest::parameter`](crate::ExchangeRequest::parameter) does.
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.parameters.push(name, value);
        self
    }

    /// Builds the request, a form POST to the token endpoint, and the [`Refresh`] that reads its
    /// response. Its body and its `Authorization` header are secret.
    ///
    /// # Errors
    ///
    /// [`RefreshError::Request`]:
    ///
    /// * [`TokenRequestError::WiderScope`] when the requested scope is not a subset of the granted one,
    ///   and [that is not tolerated](Deviation::WiderScopeOnRefresh). Without a granted scope, every
    ///   requested scope is wider;
    /// * when the name of a parameter is reserved, or the client's credential could not be created.
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
        parameters.push_to(&mut pairs, &["scope", "resource"])?;
        let request = request::post(server, server.token_endpoint(), client_id, authentication, pairs, &mut noted)?;
        let granted = asked.or(granted).cloned();
        Ok((request, Refresh { granted, resources, terms: Terms::new(server, authentication, noted) }))
    }
}

/// A refresh that waits for its response. Created by [`RefreshRequest::build`].
#[derive(Debug)]
#[must_use = "the response must be read: it may hold the only refresh token that still works"]
pub struct Refresh {
    granted: Option<Scope>,
    resources: Vec<String>,
    terms: Terms,
}

impl Refresh {
    /// Reads the response, which arrived at `now`.
    ///
    /// # Errors
    ///
    /// [`RefreshError::Response`] when the server refused (`invalid_grant` means that a new login is
    /// needed), when the response breaks a rule, and when it cannot be read. If the response has a
    /// refresh token, [`RefreshError::tokens`] returns it; it has most likely replaced the one that was
    /// sent.
    pub fn receive(&self, response: &Response<impl AsRef<[u8]>>, now: SystemTime) -> Result<Refreshed, RefreshError> {
        let received = self.terms.receive(response, now)?;
        Ok(Refreshed { received, granted: self.granted.clone(), resources: self.resources.clone() })
    }
}

/// The result of a refresh. Merge it into the old tokens with [`TokenSet::update`]: the old refresh
/// token stays valid unless the response has a new one (RFC 6749 section 6).
#[must_use = "put it in the place of the old tokens: `tokens.update(this)`"]
pub struct Refreshed {
    received: Received,
    granted: Option<Scope>,
    resources: Vec<String>,
}

impl Refreshed {
    /// Returns the new ID token, not validated; `None` when the response has none. Its issuer and
    /// subject must be those of the old one (OpenID Connect Core section 12.2).
    #[must_use]
    pub fn id_token(&self) -> Option<&IdTokenText> {
        self.received.id_token.as_ref()
    }

    /// Returns the new access token, which the `at_hash` of the ID token is compared with.
    #[must_use]
    pub fn access_token(&self) -> Option<&AccessToken> {
        self.received.access_token.as_ref()
    }

    /// Returns the new refresh token; `None` when the response has none. It has replaced the old one at
    /// the server. Store or revoke it even if the ID token is refused.
    #[must_use]
    pub fn refresh_token(&self) -> Option<&RefreshToken> {
        self.received.refresh_token.as_ref()
    }

    /// Returns the tokens of a refresh that began with a refresh token alone, `used`. It stays the
    /// refresh token unless the response has a new one. For an existing [`TokenSet`], use
    /// [`TokenSet::update`].
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
    /// Creates a request for new tokens, with the refresh token, the scope and the resources of this
    /// token set.
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

    /// Replaces these tokens by the result of a refresh: access token, lifetime, scope, and the further
    /// members. A refresh token or an ID token that the response does not have is kept (RFC 6749
    /// section 6).
    pub fn update(&mut self, newer: Refreshed) {
        let newer = newer.received.or_as_granted(newer.granted.as_ref(), &newer.resources);
        let refresh_token = newer.refresh_token.or(self.refresh_token.take());
        let id_token = newer.id_token.or(self.id_token.take());
        let deviations = self.deviations.union(newer.deviations);
        *self = Self { refresh_token, id_token, deviations, ..newer };
    }
}
