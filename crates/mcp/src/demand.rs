//! What an MCP server demands when it refuses a request.

use proofkey::authorize::Scope;
use proofkey::http::header::WWW_AUTHENTICATE;
use proofkey::http::{Response, StatusCode};
use proofkey::token::challenge_parameter;

/// What an MCP server demands: the `Bearer` challenge of a 401 response, or of a 403 with `insufficient_scope` (RFC
/// 6750 section 3, RFC 9728 section 5.1).
///
/// [`from_response`](Self::from_response) reads the first one, before there is a token. Later ones are read by
/// [`Session::next_after`](crate::Session::next_after), which counts them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demand {
    pub(crate) metadata_url: Option<String>,
    pub(crate) scope: Option<Scope>,
    /// The scope of earlier requests, which is not to be lost.
    pub(crate) requested: Option<Scope>,
    /// How often the server refused in a row.
    pub(crate) refusals: u32,
}

impl Demand {
    /// Reads the demand from the response to a request without a token. `None` unless the status is 401.
    #[must_use]
    pub fn from_response<B>(response: &Response<B>) -> Option<Self> {
        (response.status() == StatusCode::UNAUTHORIZED).then(|| Self::read(response))
    }

    /// Reads the challenge, which may be missing.
    pub(crate) fn read<B>(response: &Response<B>) -> Self {
        Self {
            metadata_url: parameter(response, "resource_metadata"),
            scope: parameter(response, "scope").and_then(|scope| Scope::new(scope).ok()),
            requested: None,
            refusals: 0,
        }
    }

    /// Returns `resource_metadata`: the URL of the server's metadata.
    #[must_use]
    pub fn metadata_url(&self) -> Option<&str> {
        self.metadata_url.as_deref()
    }

    /// Returns `scope`: what the request needs.
    #[must_use]
    pub fn scope(&self) -> Option<&Scope> {
        self.scope.as_ref()
    }

    /// Whether a 403 asks for more scopes, rather than refusing for good.
    pub(crate) fn is_of_scope<B>(response: &Response<B>) -> bool {
        response.status() == StatusCode::FORBIDDEN
            && parameter(response, "error").as_deref() == Some("insufficient_scope")
    }
}

/// The parameter of a `Bearer` challenge, in whichever field it stands.
fn parameter<B>(response: &Response<B>, name: &str) -> Option<String> {
    let fields = response.headers().get_all(WWW_AUTHENTICATE).iter().filter_map(|field| field.to_str().ok());
    fields.into_iter().find_map(|field| challenge_parameter(field, "bearer", name))
}

/// The tokens of both, each once; those of `first` first.
pub(crate) fn union(first: Option<&Scope>, second: Option<&Scope>) -> Option<Scope> {
    let (Some(first), Some(second)) = (first, second) else { return first.or(second).cloned() };
    let more = second.iter().filter(|token| !first.contains(token));
    let tokens: Vec<_> = first.iter().chain(more).collect();
    Scope::new(tokens.join(" ")).ok()
}
