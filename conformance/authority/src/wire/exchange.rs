//! A request and its response.

use serde::{Deserialize, Serialize};

use crate::encoding::decode_form;
use crate::rule::Rule;
use crate::url::origin;

/// A request and its response.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// The position in the log, from 1.
    pub seq: u64,
    /// The sender of the request.
    pub from: Party,
    /// The recipient: the name of an authority, or `client` for the client's redirect URI.
    pub to: String,
    /// The endpoint.
    pub endpoint: Endpoint,
    /// The method.
    pub method: String,
    /// The complete URL.
    pub url: String,
    /// The path of the URL.
    pub path: String,
    /// The decoded query of the URL.
    pub query: Vec<(String, String)>,
    /// The headers of the request, in order, with names in lower case.
    pub headers: Vec<(String, String)>,
    /// The decoded body of the request if it is a form, as received: before any change by a lie.
    pub form: Vec<(String, String)>,
    /// The first 64 KiB of the body of the request.
    pub body: Vec<u8>,
    /// The status of the response; `None` without a response.
    pub status: Option<u16>,
    /// The headers of the response.
    pub response_headers: Vec<(String, String)>,
    /// The first 64 KiB of the body of the response.
    pub response_body: Vec<u8>,
    /// The faults of the client.
    pub faults: Vec<Fault>,
    /// Notes for the reader, such as the rule behind a refusal, or where the lie was told.
    pub notes: Vec<String>,
}

impl Exchange {
    /// The maximum size of a kept body, in bytes.
    pub const BODY_LIMIT: usize = 64 * 1024;

    /// Creates an unanswered request without headers and body that no authority sees, for
    /// [`Wire::record`](crate::Wire::record).
    #[must_use]
    pub fn new(from: Party, to: &str, endpoint: Endpoint, method: &str, url: &str) -> Self {
        let rest = &url[origin(url).len()..];
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        Self {
            seq: 0,
            from,
            to: to.into(),
            endpoint,
            method: method.into(),
            url: url.into(),
            path: path.into(),
            query: decode_form(query.as_bytes()),
            headers: Vec::new(),
            form: Vec::new(),
            body: Vec::new(),
            status: None,
            response_headers: Vec::new(),
            response_body: Vec::new(),
            faults: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Returns the first query parameter of this name.
    #[must_use]
    pub fn query(&self, name: &str) -> Option<&str> {
        first(&self.query, name)
    }

    /// Returns the first form parameter of this name.
    #[must_use]
    pub fn form(&self, name: &str) -> Option<&str> {
        first(&self.form, name)
    }

    /// Returns the first request header of this name, which must be in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        first(&self.headers, name)
    }

    /// Returns the first response header of this name, which must be in lower case.
    #[must_use]
    pub fn response_header(&self, name: &str) -> Option<&str> {
        first(&self.response_headers, name)
    }

    /// Returns the body of the response as text, in which invalid UTF-8 is replaced.
    #[must_use]
    pub fn response_text(&self) -> String {
        String::from_utf8_lossy(&self.response_body).into_owned()
    }
}

fn first<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// The sender of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    /// The user agent: a [`Browser`](crate::Browser).
    Browser,
    /// An authority that is a client of another one.
    Authority,
    /// Anything else: the client.
    Client,
}

/// The endpoint that a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Endpoint {
    /// The metadata document, at either well-known path.
    Metadata,
    /// The authorization endpoint.
    Authorization,
    /// A login page or its form.
    Login,
    /// The redirect URI of a login at an upstream provider.
    LoginCallback,
    /// The pushed authorization request endpoint.
    Push,
    /// The device authorization endpoint.
    Device,
    /// The token endpoint.
    Token,
    /// The revocation endpoint.
    Revocation,
    /// The client registration endpoint.
    Registration,
    /// The end session endpoint.
    EndSession,
    /// The userinfo endpoint.
    UserInfo,
    /// The JWK set.
    Jwks,
    /// The attacker's address.
    Attacker,
    /// A page of the client, such as its redirect URI, visited by the browser.
    App,
    /// An API that is called with an access token.
    Api,
    /// Anything else.
    Other,
}

/// A fault of a client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// The broken rule.
    pub rule: Rule,
    /// A description, without any secret.
    pub detail: String,
}

impl Fault {
    /// Returns the stable name of the rule.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.rule.code()
    }
}
