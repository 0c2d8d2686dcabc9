use std::error::Error;
use std::fmt;

use http::header::{ACCEPT, CONTENT_TYPE};
use http::{Request, Response};
use serde_json::Value;

use crate::json::{Members, NotAnObject};
use crate::{AuthorizationServer, Compat, Deviation, Deviations, Endpoint, InvalidValue, Issuer};

/// The most octets of a discovery document that are read.
const MAX_DOCUMENT: usize = 256 * 1024;

/// The most values of a discovery document that are read: an object of seven octets takes a hundred times as many.
const MAX_VALUES: usize = 16 * 1024;

/// Which of the two well-known locations is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiscoveryPath {
    /// OpenID Connect Discovery section 4: `/.well-known/openid-configuration` behind the issuer's path.
    OpenIdConnect,
    /// RFC 8414 section 3: `/.well-known/oauth-authorization-server` between the issuer's host and path.
    OAuth,
}

impl AuthorizationServer {
    /// The request for the discovery document of `issuer`: a GET without a body. Send it without following
    /// redirects, and hand the answer to [`from_response`](Self::from_response).
    ///
    /// A slash at the end of the issuer is not doubled: `https://as.example/` and `https://as.example` are asked at
    /// the same URL, and tell themselves apart by the `issuer` member of the answer.
    ///
    /// # Errors
    /// [`DiscoveryError::Url`] when `http::Uri` cannot hold the URL.
    pub fn discovery_request(issuer: &Issuer, path: DiscoveryPath) -> Result<Request<Vec<u8>>, DiscoveryError> {
        get(&well_known(issuer, path))
    }

    /// [`discovery_request`](Self::discovery_request), at the [other address](Compat::with_metadata_at) if there is
    /// one.
    ///
    /// # Errors
    /// As [`discovery_request`](Self::discovery_request).
    pub fn discovery_request_with(
        issuer: &Issuer,
        path: DiscoveryPath,
        compat: &Compat,
    ) -> Result<Request<Vec<u8>>, DiscoveryError> {
        match compat.metadata_at() {
            Some(address) => get(address.as_str()),
            None => Self::discovery_request(issuer, path),
        }
    }

    /// Reads the answer to [`discovery_request`](Self::discovery_request).
    ///
    /// Nothing of a document is used unless its `issuer` is `issuer`, byte for byte. Members that are not known are
    /// ignored, `signed_metadata` among them.
    ///
    /// # Errors
    /// [`DiscoveryError`], by the first check that fails: status, content type, size, number of values, JSON, issuer,
    /// the endpoints.
    pub fn from_response(issuer: &Issuer, response: &Response<impl AsRef<[u8]>>) -> Result<Self, DiscoveryError> {
        Self::from_response_with(issuer, Compat::strict(), response)
    }

    /// [`from_response`](Self::from_response) of a server that is known to depart from the specifications. What of
    /// `compat` was needed is told by [`deviations`](Self::deviations).
    ///
    /// # Errors
    /// As [`from_response`](Self::from_response).
    pub fn from_response_with(
        issuer: &Issuer,
        compat: Compat,
        response: &Response<impl AsRef<[u8]>>,
    ) -> Result<Self, DiscoveryError> {
        if response.status().as_u16() != 200 {
            return Err(DiscoveryError::Status { status: response.status().as_u16() });
        }
        if !is_json(response) {
            return Err(DiscoveryError::ContentType);
        }
        let body = response.body().as_ref();
        if body.len() > MAX_DOCUMENT {
            return Err(DiscoveryError::TooLarge { len: body.len() });
        }
        // Each value but the first comes behind one of these.
        if body.iter().filter(|octet| matches!(octet, b'{' | b'[' | b',')).count() > MAX_VALUES {
            return Err(DiscoveryError::TooManyValues);
        }
        let document = Document { members: Members::parse(body)?, issuer, compat: &compat };
        let mut deviations = Deviations::NONE;
        match document.text("issuer")? {
            None => return Err(DiscoveryError::Missing { member: "issuer" }),
            Some(announced) if announced == issuer.as_str() => {}
            Some(announced) if compat.issuer_template(issuer).as_deref() == Some(announced) => {
                deviations = deviations.with(Deviation::IssuerTemplate);
            }
            Some(_) => return Err(DiscoveryError::IssuerMismatch),
        }
        let is_own = |address: &str| {
            [DiscoveryPath::OpenIdConnect, DiscoveryPath::OAuth]
                .map(|path| well_known(issuer, path))
                .iter()
                .any(|own| own == address)
        };
        if compat.metadata_at().is_some_and(|address| !is_own(address.as_str())) {
            deviations = deviations.with(Deviation::DiscoveryElsewhere);
        }
        Ok(Self {
            authorization_endpoint: document.required("authorization_endpoint")?,
            token_endpoint: document.required("token_endpoint")?,
            jwks_uri: document.endpoint("jwks_uri")?,
            userinfo_endpoint: document.endpoint("userinfo_endpoint")?,
            revocation_endpoint: document.endpoint("revocation_endpoint")?,
            iss_parameter_supported: document.flag("authorization_response_iss_parameter_supported")?,
            code_challenge_methods: document.list("code_challenge_methods_supported")?,
            token_endpoint_auth_methods: document.list("token_endpoint_auth_methods_supported")?,
            id_token_signing_algs: document.list("id_token_signing_alg_values_supported")?,
            issuer: issuer.clone(),
            metadata_read: true,
            compat,
            deviations,
        })
    }
}

fn well_known(issuer: &Issuer, path: DiscoveryPath) -> String {
    let (origin, issuer_path) = issuer.origin_and_path();
    match path {
        DiscoveryPath::OpenIdConnect => format!("{origin}{issuer_path}/.well-known/openid-configuration"),
        DiscoveryPath::OAuth => format!("{origin}/.well-known/oauth-authorization-server{issuer_path}"),
    }
}

fn get(url: &str) -> Result<Request<Vec<u8>>, DiscoveryError> {
    Request::get(url).header(ACCEPT, "application/json").body(Vec::new()).map_err(|_| DiscoveryError::Url)
}

/// Whether the media type, stated once, is `application/json`, with or without parameters (RFC 8414 section 3.2).
fn is_json<B>(response: &Response<B>) -> bool {
    let mut values = response.headers().get_all(CONTENT_TYPE).iter();
    let only = values.next().filter(|_| values.next().is_none());
    let media_type = only.and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}

struct Document<'a> {
    members: Members,
    issuer: &'a Issuer,
    compat: &'a Compat,
}

impl Document<'_> {
    fn text(&self, member: &'static str) -> Result<Option<&str>, DiscoveryError> {
        match self.members.get(member) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(DiscoveryError::WrongType { member, expected: "a string" }),
        }
    }

    /// An endpoint on a loopback host is accepted only from an issuer that is itself on one: an issuer elsewhere has no
    /// business with this machine's ports.
    fn endpoint(&self, member: &'static str) -> Result<Option<Endpoint>, DiscoveryError> {
        let Some(text) = self.text(member)? else { return Ok(None) };
        let endpoint = self.compat.endpoint(text).map_err(|error| DiscoveryError::Endpoint { member, error })?;
        if endpoint.is_loopback() && !self.issuer.is_loopback() && !self.compat.names_host_of(&endpoint) {
            return Err(DiscoveryError::NotHttps { member });
        }
        Ok(Some(endpoint))
    }

    fn required(&self, member: &'static str) -> Result<Endpoint, DiscoveryError> {
        self.endpoint(member)?.ok_or(DiscoveryError::Missing { member })
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

/// Why a discovery document is not used. Nothing of it is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DiscoveryError {
    /// The URL of the document cannot be asked.
    Url,
    /// The answer's status is not 200. A redirect is not followed: it must not change the issuer.
    Status {
        /// The status that came.
        status: u16,
    },
    /// The answer's media type is not `application/json`, is missing, or stands twice.
    ContentType,
    /// The document is larger than 256 KiB.
    TooLarge {
        /// Its size in octets.
        len: usize,
    },
    /// The document has more than 16384 values, whatever is in them.
    TooManyValues,
    /// The document is not one JSON object with each member name once.
    Malformed(NotAnObject),
    /// The document's `issuer` is not the one that was asked, byte for byte (RFC 8414 section 3.3).
    IssuerMismatch,
    /// A member that the code flow needs is absent.
    Missing {
        /// Its name.
        member: &'static str,
    },
    /// A member has another JSON type than its specification says.
    WrongType {
        /// Its name.
        member: &'static str,
        /// What it must be.
        expected: &'static str,
    },
    /// An endpoint that is no usable URL.
    Endpoint {
        /// The member that names it.
        member: &'static str,
        /// What is wrong with the URL.
        error: InvalidValue,
    },
    /// An https issuer names an endpoint that is not https.
    NotHttps {
        /// The member that names it.
        member: &'static str,
    },
}

impl DiscoveryError {
    /// A stable name, `discovery_` and the check that failed, such as `discovery_issuer_mismatch`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Url => "discovery_url",
            Self::Status { .. } => "discovery_status",
            Self::ContentType => "discovery_content_type",
            Self::TooLarge { .. } => "discovery_too_large",
            Self::TooManyValues => "discovery_too_many_values",
            Self::Malformed(_) => "discovery_malformed",
            Self::IssuerMismatch => "discovery_issuer_mismatch",
            Self::Missing { .. } => "discovery_member_missing",
            Self::WrongType { .. } => "discovery_member_type",
            Self::Endpoint { .. } => "discovery_endpoint",
            Self::NotHttps { .. } => "discovery_not_https",
        }
    }
}

impl From<NotAnObject> for DiscoveryError {
    fn from(error: NotAnObject) -> Self {
        Self::Malformed(error)
    }
}

impl fmt::Display for DiscoveryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("discovery: ")?;
        match self {
            Self::Url => f.write_str("the well-known URL of this issuer cannot be asked"),
            Self::Status { status } => write!(f, "the server answered {status}; 200 was expected"),
            Self::ContentType => f.write_str("the answer is not application/json; is this the issuer's own URL?"),
            Self::TooLarge { len } => write!(f, "the document has {len} octets; at most {MAX_DOCUMENT} are read"),
            Self::TooManyValues => write!(f, "the document has more than {MAX_VALUES} values"),
            Self::Malformed(error) => write!(f, "the document is {error}"),
            Self::IssuerMismatch => f.write_str(
                "the document's issuer is not the one that was asked, byte for byte; compare the slash at the end, \
                 the scheme and the case with the server's documentation",
            ),
            Self::Missing { member } => write!(f, "the document has no {member}"),
            Self::WrongType { member, expected } => write!(f, "{member} is not {expected}"),
            Self::Endpoint { member, error } => write!(f, "{member}: {error}"),
            Self::NotHttps { member } => write!(f, "{member} is not https although the issuer is"),
        }
    }
}

impl Error for DiscoveryError {}
