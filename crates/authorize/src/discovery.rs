//! The metadata of an authorization server (RFC 8414, OpenID Connect Discovery 1.0).

use std::collections::BTreeMap;

use http::header::{ACCEPT, CONTENT_TYPE};
use http::{Request, Response};
use serde_json::Value;

use crate::headers::{content_encoding, media_type, retry_after};
use crate::json::Members;
use crate::shown::sanitised;
use crate::{AuthorizationServer, Compat, Deviation, Deviations, DiscoveryError, Endpoint, Issuer, IssuerMismatch};

/// Maximum size of a document, in bytes. It comes from the network, so it is bounded; Keycloak's, among the longest, has
/// about 8 KiB.
const MAX_DOCUMENT: usize = 256 * 1024;

/// Maximum number of values in a document: an object of seven bytes takes a hundred times as much memory.
const MAX_VALUES: usize = 16 * 1024;

/// Endpoints that a login sends a code, a token or a client secret to, or fetches keys from. One whose URL is not
/// usable is an error.
const LOGIN_ENDPOINTS: [&str; 3] = ["jwks_uri", "userinfo_endpoint", "revocation_endpoint"];

/// Endpoints that a login does not need. One whose URL is not usable counts as absent, so that it does not end a login.
const OTHER_ENDPOINTS: [&str; 5] = [
    "introspection_endpoint",
    "end_session_endpoint",
    "device_authorization_endpoint",
    "pushed_authorization_request_endpoint",
    "registration_endpoint",
];

/// A well-known location of metadata.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DiscoveryPath {
    /// `/.well-known/openid-configuration`, after the issuer's path (OpenID Connect Discovery section 4).
    OpenIdConnect,
    /// `/.well-known/oauth-authorization-server`, between the issuer's host and path (RFC 8414 section 3).
    OAuth,
    /// `/.well-known/openid-configuration`, between the issuer's host and path (RFC 8414 section 5).
    OpenIdConnectInserted,
}

/// The request for the metadata of an issuer (RFC 8414 section 3.1, OpenID Connect Discovery section 4.1). Finish it
/// with [`build`](Self::build).
///
/// ```
/// use proofkey_authorize::{Compat, DiscoveryPath, DiscoveryRequest, Issuer};
///
/// let (request, discovery) = DiscoveryRequest::new(Issuer::new("https://github.com/login/oauth")?)
///     .path(DiscoveryPath::OAuth)
///     .compat(Compat::github())
///     .build()?;
/// assert_eq!(request.uri(), "https://github.com/.well-known/oauth-authorization-server/login/oauth");
/// // Send `request` without following redirects, and read the response:
/// # let response = http::Response::builder().header("content-type", "application/json").body(r#"{
/// #     "issuer": "https://github.com/login/oauth",
/// #     "authorization_endpoint": "https://github.com/login/oauth/authorize",
/// #     "token_endpoint": "https://github.com/login/oauth/access_token"
/// # }"#)?;
/// let server = discovery.receive(&response)?;
/// assert_eq!(server.token_endpoint().as_str(), "https://github.com/login/oauth/access_token");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a request does nothing before `build`"]
pub struct DiscoveryRequest {
    issuer: Issuer,
    path: DiscoveryPath,
    compat: Compat,
}

impl DiscoveryRequest {
    /// Creates a request for the metadata of `issuer`, at [`DiscoveryPath::OpenIdConnect`] and without tolerated
    /// deviations.
    pub fn new(issuer: Issuer) -> Self {
        Self { issuer, path: DiscoveryPath::OpenIdConnect, compat: Compat::strict() }
    }

    /// Sets the well-known location. It has no effect if [`Compat::with_metadata_at`] names an address.
    pub fn path(mut self, path: DiscoveryPath) -> Self {
        self.path = path;
        self
    }

    /// Sets which deviations are tolerated, in the metadata and in every later request to the server. Those that the
    /// metadata needed are in [`AuthorizationServer::deviations`].
    pub fn compat(mut self, compat: Compat) -> Self {
        self.compat = compat;
        self
    }

    /// Builds a GET request without a body, and the [`Discovery`] that reads its response. Send the request without
    /// following redirects.
    ///
    /// The issuers `https://as.example` and `https://as.example/` have the same metadata URL. The `issuer` member of
    /// the response tells which of the two it is.
    ///
    /// # Errors
    /// [`DiscoveryError::Url`] when the URL is not valid for `http::Uri`.
    pub fn build(self) -> Result<(Request<Vec<u8>>, Discovery), DiscoveryError> {
        let url = match self.compat.metadata_at() {
            Some(address) => address.as_str().to_owned(),
            None => well_known(&self.issuer, self.path),
        };
        let request = Request::get(&url).header(ACCEPT, "application/json").body(Vec::new());
        Ok((request.map_err(|_| DiscoveryError::Url)?, Discovery { issuer: self.issuer, compat: self.compat, url }))
    }
}

/// A discovery that waits for its response. Created by [`DiscoveryRequest::build`].
#[derive(Clone, Debug)]
#[must_use = "a discovery does nothing before `receive`"]
pub struct Discovery {
    issuer: Issuer,
    compat: Compat,
    url: String,
}

impl Discovery {
    /// Returns the URL of the request.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Reads the response.
    ///
    /// Nothing of the document is used unless its `issuer` is the expected one, byte for byte. An optional member that is
    /// `null` or empty counts as absent. Unknown members, among them `signed_metadata`, are kept for
    /// [`AuthorizationServer::member`] and otherwise ignored.
    ///
    /// # Errors
    /// [`DiscoveryError`] for the first check that fails: status, content type, size, number of values, JSON, issuer,
    /// endpoints.
    pub fn receive(&self, response: &Response<impl AsRef<[u8]>>) -> Result<AuthorizationServer, DiscoveryError> {
        let Self { issuer, compat, url } = self;
        let status = response.status().as_u16();
        if status != 200 {
            let retry_after = retry_after(response.headers());
            return Err(DiscoveryError::Status { status, url: sanitised(url, 512), retry_after });
        }
        let mut deviations = check_content_type(response, compat, url)?;
        let body = response.body().as_ref();
        if body.len() > MAX_DOCUMENT {
            return Err(DiscoveryError::TooLarge { length: body.len(), limit: MAX_DOCUMENT });
        }
        // Each value but the first follows one of these.
        if body.iter().filter(|byte| matches!(byte, b'{' | b'[' | b',')).count() > MAX_VALUES {
            return Err(DiscoveryError::TooManyValues { limit: MAX_VALUES });
        }
        let members = Members::parse(body).map_err(|(line, column)| match content_encoding(response.headers()) {
            Some(value) => {
                DiscoveryError::ContentEncoding { received: sanitised(value, 128), url: sanitised(url, 512) }
            }
            None => DiscoveryError::Malformed { line, column },
        })?;
        let document = Document { members, issuer, compat };
        match document.text("issuer")? {
            None => return Err(DiscoveryError::Missing { member: "issuer" }),
            Some(announced) if announced == issuer.as_str() => {}
            Some(announced) if compat.issuer_template(issuer).as_deref() == Some(announced) => {
                deviations = deviations.with(Deviation::IssuerTemplate);
            }
            Some(announced) => {
                return Err(DiscoveryError::IssuerMismatch(IssuerMismatch::new(issuer, announced)));
            }
        }
        let paths = [DiscoveryPath::OpenIdConnect, DiscoveryPath::OAuth, DiscoveryPath::OpenIdConnectInserted];
        if !paths.iter().any(|path| well_known(issuer, *path) == *url) {
            deviations = deviations.with(Deviation::DiscoveryElsewhere);
        }
        if compat.metadata_at().is_some_and(Endpoint::is_exposed) {
            deviations = deviations.with(Deviation::HttpIssuer);
        }
        Ok(AuthorizationServer {
            authorization_endpoint: document.required("authorization_endpoint")?,
            token_endpoint: document.required("token_endpoint")?,
            endpoints: document.endpoints()?,
            iss_parameter_supported: document.flag("authorization_response_iss_parameter_supported")?,
            pushed_requests_required: document.flag("require_pushed_authorization_requests")?,
            code_challenge_methods: document.list("code_challenge_methods_supported")?,
            token_endpoint_auth_methods: document.list("token_endpoint_auth_methods_supported")?,
            id_token_signing_algs: document.list("id_token_signing_alg_values_supported")?,
            metadata: Some(document.members.clone()),
            issuer: issuer.clone(),
            compat: compat.clone(),
            deviations,
        })
    }
}

fn well_known(issuer: &Issuer, path: DiscoveryPath) -> String {
    let (origin, issuer_path) = issuer.origin_and_path();
    match path {
        DiscoveryPath::OpenIdConnect => format!("{origin}{issuer_path}/.well-known/openid-configuration"),
        DiscoveryPath::OAuth => format!("{origin}/.well-known/oauth-authorization-server{issuer_path}"),
        DiscoveryPath::OpenIdConnectInserted => format!("{origin}/.well-known/openid-configuration{issuer_path}"),
    }
}

/// Checks that the media type, stated once, is `application/json` (RFC 8414 section 3.2) or a tolerated one, with or
/// without parameters.
fn check_content_type<B>(response: &Response<B>, compat: &Compat, url: &str) -> Result<Deviations, DiscoveryError> {
    let is = |accepted: &str| media_type(response.headers()).eq_ignore_ascii_case(accepted);
    if is("application/json") {
        Ok(Deviations::NONE)
    } else if compat.media_types().any(is) {
        Ok(Deviations::NONE.with(Deviation::MediaTypes))
    } else {
        let values: Vec<_> = response.headers().get_all(CONTENT_TYPE).iter().map(|value| value.as_bytes()).collect();
        let stated = String::from_utf8_lossy(&values.join(&b", "[..])).into_owned();
        Err(DiscoveryError::ContentType { received: sanitised(&stated, 128), url: sanitised(url, 512) })
    }
}

struct Document<'a> {
    members: Members,
    issuer: &'a Issuer,
    compat: &'a Compat,
}

impl Document<'_> {
    /// An empty text counts as absent.
    fn text(&self, member: &'static str) -> Result<Option<&str>, DiscoveryError> {
        match self.members.get(member) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.as_str()).filter(|text| !text.is_empty())),
            Some(_) => Err(DiscoveryError::WrongType { member, expected: "a string" }),
        }
    }

    fn endpoint(&self, member: &'static str) -> Result<Option<Endpoint>, DiscoveryError> {
        let Some(text) = self.text(member)? else { return Ok(None) };
        let endpoint = self.compat.endpoint(text).map_err(|error| DiscoveryError::Endpoint { member, error })?;
        if !self.compat.permits_endpoint_of(self.issuer, &endpoint) {
            return Err(DiscoveryError::LoopbackEndpoint { member });
        }
        Ok(Some(endpoint))
    }

    fn required(&self, member: &'static str) -> Result<Endpoint, DiscoveryError> {
        self.endpoint(member)?.ok_or(DiscoveryError::Missing { member })
    }

    fn endpoints(&self) -> Result<BTreeMap<&'static str, Endpoint>, DiscoveryError> {
        let mut endpoints = BTreeMap::new();
        for member in LOGIN_ENDPOINTS {
            endpoints.extend(self.endpoint(member)?.map(|endpoint| (member, endpoint)));
        }
        for member in OTHER_ENDPOINTS {
            endpoints.extend(self.endpoint(member).ok().flatten().map(|endpoint| (member, endpoint)));
        }
        Ok(endpoints)
    }

    fn flag(&self, member: &'static str) -> Result<bool, DiscoveryError> {
        match self.members.get(member) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(DiscoveryError::WrongType { member, expected: "true or false" }),
        }
    }

    fn list(&self, member: &'static str) -> Result<Option<Vec<String>>, DiscoveryError> {
        let wrong = || DiscoveryError::WrongType { member, expected: "an array of strings" };
        match self.members.get(member) {
            None => Ok(None),
            Some(Value::Array(values)) => values
                .iter()
                .map(|value| value.as_str().map(str::to_owned).ok_or_else(wrong))
                .collect::<Result<_, _>>()
                .map(Some),
            Some(_) => Err(wrong()),
        }
    }
}
