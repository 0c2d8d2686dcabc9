//! This program, as a client of MCP servers.

use proofkey::authorize::{Compat, RedirectUri};
use serde_json::{Map, Value, json};

use crate::address::AddressPolicy;
use crate::client_id_url::ClientIdUrl;
use crate::error::McpError;

/// This program, as a client of any number of MCP servers: its name, its redirect URI, and the deviations that it
/// tolerates.
#[derive(Clone, Debug)]
pub struct McpClient {
    name: String,
    redirect_uri: RedirectUri,
    client_uri: Option<String>,
    logo_uri: Option<String>,
    pub(crate) client_id_url: Option<ClientIdUrl>,
    pub(crate) compat: Compat,
    pub(crate) policy: AddressPolicy,
    pub(crate) tolerates_parent: bool,
    pub(crate) asks_offline_access: bool,
}

impl McpClient {
    /// Creates a client. The authorization server shows `name` to the user when it asks for consent; callbacks arrive
    /// at `redirect_uri`.
    ///
    /// # Errors
    ///
    /// [`McpError::Invalid`] when the redirect URI is not valid, [`McpError::RedirectUri`] when it is neither https nor
    /// http on a loopback host (MCP "Communication Security").
    pub fn new(name: impl Into<String>, redirect_uri: impl AsRef<str>) -> Result<Self, McpError> {
        let redirect_uri = RedirectUri::new(redirect_uri)?;
        // Any other scheme is a private-use one: over http, only a loopback host is valid.
        let scheme = redirect_uri.as_str().split(':').next().unwrap_or_default().to_ascii_lowercase();
        if scheme != "https" && scheme != "http" {
            return Err(McpError::RedirectUri);
        }
        Ok(Self {
            name: name.into(),
            redirect_uri,
            client_uri: None,
            logo_uri: None,
            client_id_url: None,
            compat: Compat::strict(),
            policy: AddressPolicy::any(),
            tolerates_parent: false,
            asks_offline_access: false,
        })
    }

    /// Replaces the redirect URI by a [`RedirectUri`], such as that of a loopback receiver, or one with a private-use
    /// scheme, which MCP does not provide for.
    #[must_use]
    pub fn with_redirect_uri(mut self, redirect_uri: RedirectUri) -> Self {
        self.redirect_uri = redirect_uri;
        self
    }

    /// Sets `client_uri`: the address of a page about the client.
    #[must_use]
    pub fn with_client_uri(mut self, url: impl Into<String>) -> Self {
        self.client_uri = Some(url.into());
        self
    }

    /// Sets `logo_uri`: the address of the client's logo.
    #[must_use]
    pub fn with_logo_uri(mut self, url: impl Into<String>) -> Self {
        self.logo_uri = Some(url.into());
        self
    }

    /// Sets the URL that is the client's identifier at every authorization server that supports Client ID Metadata
    /// Documents. Serve [`client_id_document`](Self::client_id_document) at it.
    #[must_use]
    pub fn with_client_id_url(mut self, url: ClientIdUrl) -> Self {
        self.client_id_url = Some(url);
        self
    }

    /// Sets the deviations of authorization servers that are tolerated; the default is none.
    ///
    /// MCP requires a client to refuse a server that does not announce PKCE. Amazon Cognito and Microsoft Entra support
    /// it and do not announce it: [`Compat::with_pkce_not_announced`] tolerates that.
    #[must_use]
    pub fn with_compat(mut self, compat: Compat) -> Self {
        self.compat = compat;
        self
    }

    /// Sets which addresses requests may be sent to; the default is [`AddressPolicy::any`]. A program that does not run
    /// on its users' machines, and connects to servers that they name, sets [`AddressPolicy::public`].
    #[must_use]
    pub fn with_address_policy(mut self, policy: AddressPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// Tolerates an MCP server whose metadata names the server's origin, or a parent path, as the resource: many name
    /// `https://mcp.example.com` for the endpoint `https://mcp.example.com/mcp`.
    ///
    /// **Risk.** The token is then valid for everything below that address, and each server below it can ask for one.
    /// Use it only where one operator controls the whole host.
    #[must_use]
    pub fn with_parent_resource(mut self) -> Self {
        self.tolerates_parent = true;
        self
    }

    /// Requests a refresh token with the scope `offline_access`, at authorization servers that list it. Without a
    /// refresh token, the user logs in again when the access token expires. A server may issue one without this
    /// request.
    #[must_use]
    pub fn with_offline_access(mut self) -> Self {
        self.asks_offline_access = true;
        self
    }

    /// Returns the redirect URI.
    #[must_use]
    pub fn redirect_uri(&self) -> &RedirectUri {
        &self.redirect_uri
    }

    /// Returns the document to serve at the client's URL with `Content-Type: application/json`; `None` without
    /// [`with_client_id_url`](Self::with_client_id_url). Its `client_id` is that URL, byte for byte.
    ///
    /// A program on the user's machine creates it with the redirect URI `http://127.0.0.1/callback`: the port varies
    /// (RFC 8252 section 7.3).
    #[must_use]
    pub fn client_id_document(&self) -> Option<String> {
        let mut document = self.metadata("none");
        document.insert("client_id".into(), self.client_id_url.as_ref()?.as_client_id().as_str().into());
        Some(Value::Object(document).to_string())
    }

    /// The metadata of the client, for its document and for its registration (RFC 7591 section 2).
    pub(crate) fn metadata(&self, authentication: &str) -> Map<String, Value> {
        let mut members = Map::new();
        for (name, value) in [
            ("client_name", json!(self.name)),
            ("redirect_uris", json!([self.redirect_uri.as_str()])),
            ("application_type", json!(application_type(&self.redirect_uri))),
            ("grant_types", json!(["authorization_code", "refresh_token"])),
            ("response_types", json!(["code"])),
            ("token_endpoint_auth_method", json!(authentication)),
        ] {
            members.insert(name.into(), value);
        }
        let texts = [("client_uri", &self.client_uri), ("logo_uri", &self.logo_uri)];
        members.extend(texts.into_iter().filter_map(|(name, text)| Some((name.into(), json!(text.as_ref()?)))));
        members
    }
}

/// `web` for a client on a server: its callbacks arrive by https at another machine than the user's (OpenID Connect
/// Dynamic Client Registration section 2).
fn application_type(redirect_uri: &RedirectUri) -> &'static str {
    let rest = redirect_uri.as_str().strip_prefix("https://").unwrap_or_default();
    let host = rest.split(['/', '?', ':']).next().unwrap_or_default();
    if host.is_empty() || host.eq_ignore_ascii_case("localhost") { "native" } else { "web" }
}
