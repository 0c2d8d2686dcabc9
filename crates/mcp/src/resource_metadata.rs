//! The metadata of a protected resource (RFC 9728).

use proofkey::authorize::{Compat, Issuer, Scope, sanitised};
use proofkey::http::Response;
use serde_json::{Map, Value};

use crate::error::{DocumentError, ResourceMetadataError};
use crate::json::Document;
use crate::server::McpServer;

/// The metadata of an MCP server: its identifier, and the authorization servers that issue its tokens (RFC 9728 section
/// 2).
///
/// A client reads it from a response, as [`McpClient::authorization`](crate::McpClient::authorization) does. A server
/// creates it and serves [`to_json`](Self::to_json) with `Content-Type: application/json` at
/// [`McpServer::metadata_url`]:
///
/// ```
/// use proofkey_mcp::{McpServer, ResourceMetadata};
///
/// let server = McpServer::new("https://mcp.example.com/mcp")?;
/// assert_eq!(server.metadata_url(), "https://mcp.example.com/.well-known/oauth-protected-resource/mcp");
/// let metadata = ResourceMetadata::new(&server, ["https://as.example.com"]).with_scopes(["files:read"]);
/// assert_eq!(
///     metadata.to_json(),
///     r#"{"authorization_servers":["https://as.example.com"],"bearer_methods_supported":["header"],"resource":"https://mcp.example.com/mcp","scopes_supported":["files:read"]}"#,
/// );
/// # Ok::<(), proofkey::authorize::InvalidValue>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceMetadata {
    resource: String,
    authorization_servers: Vec<String>,
    scopes: Vec<String>,
}

impl ResourceMetadata {
    /// Creates the metadata of `server`, whose tokens come from these issuers.
    pub fn new<S: Into<String>>(server: &McpServer, issuers: impl IntoIterator<Item = S>) -> Self {
        Self {
            resource: server.as_str().to_owned(),
            authorization_servers: issuers.into_iter().map(Into::into).collect(),
            scopes: Vec::new(),
        }
    }

    /// Sets `scopes_supported`: the scopes that basic use needs. A client requests all of them, so name as few as
    /// possible. Leave out `offline_access`, which concerns the client and the authorization server only.
    #[must_use]
    pub fn with_scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// Returns the document to serve.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut document = Map::new();
        document.insert("authorization_servers".into(), self.authorization_servers.as_slice().into());
        document.insert("bearer_methods_supported".into(), vec!["header"].into());
        document.insert("resource".into(), self.resource.as_str().into());
        if !self.scopes.is_empty() {
            document.insert("scopes_supported".into(), self.scopes.as_slice().into());
        }
        Value::Object(document).to_string()
    }

    /// Reads the response to a request for the metadata of `server`. Nothing of the document is used unless its
    /// `resource` is the server's URL, byte for byte (RFC 9728 section 3.3).
    ///
    /// # Errors
    ///
    /// [`ResourceMetadataError`] for the first check that fails: status, media type, size, JSON, `resource`,
    /// `authorization_servers`.
    pub fn receive(server: &McpServer, response: &Response<impl AsRef<[u8]>>) -> Result<Self, ResourceMetadataError> {
        Self::read(server, response, false)
    }

    /// The same, with a `resource` above the server as well if that is tolerated.
    pub(crate) fn read(
        server: &McpServer,
        response: &Response<impl AsRef<[u8]>>,
        tolerates_parent: bool,
    ) -> Result<Self, ResourceMetadataError> {
        let status = response.status().as_u16();
        if status != 200 {
            return Err(DocumentError::Status { status }.into());
        }
        let document = Document::of(response)?;
        let resource = document.required("resource")?;
        if resource != server.as_str() && !(tolerates_parent && server.is_below(&resource)) {
            let (expected, received) = (server.clone(), sanitised(&resource, 512));
            return Err(ResourceMetadataError::ResourceMismatch { expected, received });
        }
        let authorization_servers = document.texts("authorization_servers")?.unwrap_or_default();
        if authorization_servers.is_empty() {
            return Err(DocumentError::Missing { member: "authorization_servers" }.into());
        }
        let scopes = document.texts("scopes_supported")?.unwrap_or_default();
        Ok(Self { resource: resource.into_owned(), authorization_servers, scopes })
    }

    /// Returns the `resource`, which every request for a token names.
    #[must_use]
    pub fn resource(&self) -> &str {
        &self.resource
    }

    /// Returns an iterator over `authorization_servers`: issuers, not validated.
    pub fn authorization_servers(&self) -> impl Iterator<Item = &str> {
        self.authorization_servers.iter().map(String::as_str)
    }

    /// Returns `scopes_supported` as one scope; `None` when there is none, or one of them is not valid.
    #[must_use]
    pub fn scope(&self) -> Option<Scope> {
        Scope::new(self.scopes.join(" ")).ok()
    }

    /// The issuer to log in at: the first that is known, or else the first.
    ///
    /// A server elsewhere has no business with this machine's ports.
    pub(crate) fn issuer(
        &self,
        server: &McpServer,
        is_known: impl Fn(&str) -> bool,
        compat: &Compat,
    ) -> Result<Issuer, ResourceMetadataError> {
        let known = self.authorization_servers().find(|listed| is_known(listed));
        let first = known.or(self.authorization_servers().next()).unwrap_or_default();
        let issuer = compat.issuer(first).map_err(ResourceMetadataError::Issuer)?;
        check_loopback(server, first)?;
        Ok(issuer)
    }
}

/// Refuses a URL on a loopback host, unless the server is on one as well.
pub(crate) fn check_loopback(server: &McpServer, url: &str) -> Result<(), ResourceMetadataError> {
    let is_loopback = McpServer::new(url).is_ok_and(|url| url.is_loopback());
    if is_loopback && !server.is_loopback() {
        return Err(ResourceMetadataError::Loopback { received: sanitised(url, 512) });
    }
    Ok(())
}
