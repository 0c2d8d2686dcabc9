//! Access to one MCP server.

use std::fmt;
use std::time::SystemTime;

use proofkey::authorize::{AuthorizationServer, Deviations, Scope, sanitised};
use proofkey::http::header::AUTHORIZATION;
use proofkey::http::{Request, Response, StatusCode};
use proofkey::token::{AccessTokenType, TokenSet};

use crate::demand::{Demand, union};
use crate::error::{Denial, McpError};
use crate::registration::Registration;
use crate::server::McpServer;

/// How often in a row a server may refuse, each time with something new to offer it, before that is final.
const MAX_REFUSALS: u32 = 3;

/// Maximum number of scopes that a step-up leads to. A server that always wants another one comes to an end here.
const MAX_SCOPES: usize = 64;

/// Access to one MCP server: tokens that are bound to the server, its resource, the issuer and the client.
///
/// [`authorize`](Self::authorize) puts the access token into a request to that server and into no other.
/// [`next_after`](Self::next_after) says what to do after each response. `Debug` shows no token.
///
/// If the scope has `openid`, the server may return an ID token. It is neither validated nor returned: a session gives
/// access to a server and does not sign a user in.
pub struct Session {
    pub(crate) server: McpServer,
    pub(crate) resource: String,
    /// The scope of the latest request.
    pub(crate) requested: Option<Scope>,
    pub(crate) registration: Registration,
    pub(crate) tokens: TokenSet,
    pub(crate) refusals: u32,
    /// A refresh was tried since the server last accepted a request.
    pub(crate) is_refreshed: bool,
    /// `None` after the session was stored.
    pub(crate) metadata: Option<Box<AuthorizationServer>>,
}

/// What to do after a response of the MCP server. Returned by [`Session::next_after`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Next {
    /// Use the response. It does not concern authorization.
    Proceed,
    /// Call [`McpClient::refresh`](crate::McpClient::refresh), and repeat the request. If there are no new tokens,
    /// repeat it nevertheless: after the next refusal, the result is [`Authorize`](Self::Authorize).
    Refresh,
    /// Begin an authorization for this demand, with the session's [registration](Session::registration), and repeat the
    /// request with the new session.
    Authorize(Demand),
}

impl Session {
    /// Puts the access token into a request to the MCP server, replacing any other `Authorization`.
    ///
    /// # Errors
    ///
    /// [`McpError::AnotherServer`] for a request to any other address: another scheme, host, port, path or query than
    /// those of the server. [`McpError::NoBearerToken`]. The request is unchanged.
    pub fn authorize<B>(&self, request: &mut Request<B>) -> Result<(), McpError> {
        let uri = request.uri();
        if !self.server.is_at(uri) {
            let (scheme, host) = (uri.scheme_str().unwrap_or_default(), uri.host().unwrap_or_default());
            let port = uri.port_u16().map(|port| format!(":{port}")).unwrap_or_default();
            let received = sanitised(&format!("{scheme}://{host}{port}{}", uri.path()), 512);
            return Err(McpError::AnotherServer { expected: self.server.clone(), received });
        }
        let token = self.tokens.access_token().filter(|_| self.tokens.token_type() == AccessTokenType::Bearer);
        let authorization = token.ok_or(McpError::NoBearerToken)?.authorization();
        request.headers_mut().insert(AUTHORIZATION, authorization);
        Ok(())
    }

    /// Says what to do after the response to a request that was [authorized](Self::authorize).
    ///
    /// After a 401, first refresh the tokens, once, and then ask the user. After a 403 with `insufficient_scope`, ask
    /// the user for more scopes: the demand contains those that were requested before as well (MCP "Step-Up
    /// Authorization Flow").
    ///
    /// # Errors
    ///
    /// [`McpError::Denied`] when asking again would not help: for the fourth refusal in a row, across refreshes and new
    /// authorizations; for a 403 that demands nothing new; for a step-up beyond 64 scopes.
    pub fn next_after<B>(&mut self, response: &Response<B>) -> Result<Next, McpError> {
        let is_of_scope = Demand::is_of_scope(response);
        if response.status() != StatusCode::UNAUTHORIZED && !is_of_scope {
            if response.status().is_success() {
                (self.refusals, self.is_refreshed) = (0, false);
            }
            return Ok(Next::Proceed);
        }
        self.refusals = self.refusals.saturating_add(1);
        let denied = |reason| Err(McpError::Denied { reason });
        if self.refusals > MAX_REFUSALS {
            return denied(Denial::TooManyRefusals);
        }
        if !is_of_scope && !self.is_refreshed && self.tokens.refresh_token().is_some() {
            return Ok(Next::Refresh);
        }
        let demand = Demand { requested: self.requested.clone(), refusals: self.refusals, ..Demand::read(response) };
        let all = union(demand.requested.as_ref(), demand.scope.as_ref());
        let count = |scope: &Option<Scope>| scope.as_ref().map_or(0, |scope| scope.iter().count());
        if is_of_scope && count(&all) == count(&self.requested) {
            return denied(Denial::NothingToAskFor);
        }
        // A session may have begun with more: its first 401 adds nothing to them.
        if count(&all) > MAX_SCOPES && count(&all) > count(&self.requested) {
            return denied(Denial::TooManyScopes);
        }
        Ok(Next::Authorize(demand))
    }

    /// Returns whether the access token has expired at `now`, so that it is refreshed before it is used. Ask with a `now`
    /// that is some seconds ahead.
    #[must_use]
    pub fn is_expired(&self, now: SystemTime) -> bool {
        self.tokens.is_expired(now)
    }

    /// Returns whether there is a refresh token. A server need not issue one.
    #[must_use]
    pub fn is_refreshable(&self) -> bool {
        self.tokens.refresh_token().is_some()
    }

    /// Returns the MCP server.
    #[must_use]
    pub fn server(&self) -> &McpServer {
        &self.server
    }

    /// Returns the resource that the tokens were requested for.
    #[must_use]
    pub fn resource(&self) -> &str {
        &self.resource
    }

    /// Returns the granted scope; `None` when the server named none and none was requested.
    #[must_use]
    pub fn scope(&self) -> Option<&Scope> {
        self.tokens.scope()
    }

    /// Returns the client's registration at the issuer of the tokens.
    #[must_use]
    pub fn registration(&self) -> &Registration {
        &self.registration
    }

    /// Returns the tolerated deviations that these tokens needed.
    #[must_use]
    pub fn deviations(&self) -> Deviations {
        self.tokens.deviations()
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("server", &self.server)
            .field("resource", &self.resource)
            .field("registration", &self.registration)
            .field("tokens", &self.tokens)
            .finish_non_exhaustive()
    }
}
