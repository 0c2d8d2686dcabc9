//! What token requests have in common: what they request, and how the response is read.

use std::time::SystemTime;

use http::Response;
use proofkey_authorize::{AuthorizationDetails, AuthorizationServer, Compat, Deviations, Scope};

use crate::authentication::ClientAuthentication;
use crate::error::{ResponseError, TokenRequestError};
use crate::request::{self, Parameters};
use crate::response::Answer;
use crate::rules::Rules;
use crate::secret::Text;
use crate::token_set::{Received, TokenSet};

/// Scope, APIs, details and further parameters of a request.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    pub(crate) scope: Option<Scope>,
    pub(crate) resources: Vec<String>,
    details: Option<Details>,
    pub(crate) parameters: Parameters,
}

/// The names that have a method of their own, by which the response is judged.
const TYPED: [&str; 6] =
    ["scope", "resource", "authorization_details", "requested_token_type", "actor_token", "actor_token_type"];

/// `authorization_details` as JSON. They can name accounts and amounts.
struct Details(Text);

impl std::fmt::Debug for Details {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Details(..)")
    }
}

impl Asked {
    pub(crate) fn set_details(&mut self, details: &AuthorizationDetails) {
        self.details = Some(Details(Text::new(details.to_value().to_string())));
    }

    /// Adds it all to a request's own parameters.
    pub(crate) fn push_to<'a>(
        &'a self,
        pairs: &mut Vec<(&'a str, &'a str)>,
        server: &AuthorizationServer,
        noted: &mut Deviations,
    ) -> Result<(), TokenRequestError> {
        pairs.extend(self.scope.as_ref().map(|scope| ("scope", scope.as_str())));
        pairs.extend(self.details.as_ref().map(|details| ("authorization_details", &*details.0)));
        request::push_resources(pairs, server, &self.resources, noted);
        self.parameters.push_to(pairs, &TYPED)
    }

    pub(crate) fn awaited(
        self,
        server: &AuthorizationServer,
        authentication: &ClientAuthentication,
        noted: Deviations,
    ) -> Awaited {
        let terms = Terms::new(server, authentication, noted);
        Awaited { scope: self.scope, resources: self.resources, terms }
    }
}

/// How the response to a request for tokens is read.
#[derive(Clone, Debug)]
pub(crate) struct Terms {
    pub(crate) compat: Compat,
    /// Whether the tokens have to be bound to a key.
    pub(crate) is_bound: bool,
    /// The deviations that were needed before the response.
    pub(crate) noted: Deviations,
}

impl Terms {
    pub(crate) fn new(server: &AuthorizationServer, authentication: &ClientAuthentication, noted: Deviations) -> Self {
        Self { compat: server.compat().clone(), is_bound: authentication.is_bound(), noted }
    }

    pub(crate) fn rules(&self) -> Rules<'_> {
        Rules::new(&self.compat).bound(self.is_bound)
    }

    pub(crate) fn receive(
        &self,
        response: &Response<impl AsRef<[u8]>>,
        now: SystemTime,
    ) -> Result<Received, ResponseError> {
        let rules = self.rules();
        let answer = Answer::new(response, &rules);
        let received = Received::read(&answer, &rules, now).map_err(|kind| answer.error(kind))?;
        Ok(received.after(self.noted))
    }
}

/// Tokens that were asked for.
#[derive(Clone, Debug)]
pub(crate) struct Awaited {
    scope: Option<Scope>,
    resources: Vec<String>,
    pub(crate) terms: Terms,
}

impl Awaited {
    pub(crate) fn receive(
        &self,
        response: &Response<impl AsRef<[u8]>>,
        now: SystemTime,
    ) -> Result<TokenSet, ResponseError> {
        Ok(self.granted(self.terms.receive(response, now)?))
    }

    /// The tokens, with what was asked for where the response does not say what was granted.
    pub(crate) fn granted(&self, received: Received) -> TokenSet {
        received.or_as_granted(self.scope.as_ref(), &self.resources)
    }
}

/// The calls by which a request says what it asks for.
macro_rules! asks {
    ($request:ident) => {
        impl $request<'_> {
            /// Sets the requested `scope`.
            pub fn scope(mut self, scope: proofkey_authorize::Scope) -> Self {
                self.asked.scope = Some(scope);
                self
            }

            /// Adds an API that the access token is for (RFC 8707 section 2.2). Call it again for another one.
            pub fn resource(mut self, resource: &str) -> Self {
                self.asked.resources.push(resource.to_owned());
                self
            }

            /// Sets `authorization_details` (RFC 9396 section 6).
            pub fn authorization_details(mut self, details: &proofkey_authorize::AuthorizationDetails) -> Self {
                self.asked.set_details(details);
                self
            }

            /// Adds a parameter that no specification defines, such as `audience` at Auth0. The value is kept
            /// secret and overwritten when dropped.
            ///
            /// [`build`](Self::build) refuses a name that the request sets itself.
            pub fn parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
                self.asked.parameters.push(name, value);
                self
            }
        }
    };
}

pub(crate) use asks;
