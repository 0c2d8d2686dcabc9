//! One request and its answer.

use serde::{Deserialize, Serialize};

use crate::encoding::decode_form;
use crate::rule::Rule;
use crate::url::origin;

/// One request and what was answered to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// Its place in the log, from 1.
    pub seq: u64,
    /// Who asked.
    pub from: Party,
    /// Who was asked: the name of an authority, or `client` for the client's redirect URI.
    pub to: String,
    /// What was asked for.
    pub endpoint: Endpoint,
    /// The method.
    pub method: String,
    /// The whole URL.
    pub url: String,
    /// Its path.
    pub path: String,
    /// Its query, decoded.
    pub query: Vec<(String, String)>,
    /// The request's headers, names in lower case, in order.
    pub headers: Vec<(String, String)>,
    /// The request's body when it is a form, decoded, as it was received: a lie does not show here.
    pub form: Vec<(String, String)>,
    /// The request's body, its first 64 KiB.
    pub body: Vec<u8>,
    /// The answer's status; none when no answer was given.
    pub status: Option<u16>,
    /// The answer's headers.
    pub response_headers: Vec<(String, String)>,
    /// The answer's body, its first 64 KiB.
    pub response_body: Vec<u8>,
    /// What the client did wrong.
    pub faults: Vec<Fault>,
    /// Remarks for a reader: which rule a refusal is due to, where the lie was told.
    pub notes: Vec<String>,
}

impl Exchange {
    /// How much of a body is kept.
    pub const BODY_LIMIT: usize = 64 * 1024;

    /// A request that no authority sees, for [`Wire::record`](crate::Wire::record): without headers and body, and not
    /// answered yet.
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

    /// The first query parameter of this name.
    #[must_use]
    pub fn query(&self, name: &str) -> Option<&str> {
        first(&self.query, name)
    }

    /// The first form parameter of this name.
    #[must_use]
    pub fn form(&self, name: &str) -> Option<&str> {
        first(&self.form, name)
    }

    /// The first request header of this name, which is given in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        first(&self.headers, name)
    }

    /// The first header of the answer of this name, which is given in lower case.
    #[must_use]
    pub fn response_header(&self, name: &str) -> Option<&str> {
        first(&self.response_headers, name)
    }

    /// The answer's body as text, octets that are not UTF-8 replaced.
    #[must_use]
    pub fn response_text(&self) -> String {
        String::from_utf8_lossy(&self.response_body).into_owned()
    }
}

fn first<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// Who sends a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    /// The person's user agent: a [`Browser`](crate::Browser).
    Browser,
    /// An authority that is itself a client of another one.
    Authority,
    /// Anything else: the client.
    Client,
}

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Endpoint {
    /// The metadata document, by either well-known path.
    Metadata,
    /// The authorization endpoint.
    Authorization,
    /// A login page or its form.
    Login,
    /// Where people come back from an upstream provider.
    LoginCallback,
    /// The pushed authorization request endpoint.
    Push,
    /// The device authorization endpoint.
    Device,
    /// The token endpoint.
    Token,
    /// The revocation endpoint.
    Revocation,
    /// The end session endpoint, where a browser logs out.
    EndSession,
    /// The userinfo endpoint.
    UserInfo,
    /// The JWK set.
    Jwks,
    /// The attacker's address.
    Attacker,
    /// The client's own pages, its redirect URI above all, visited by the browser.
    App,
    /// An API, visited with an access token.
    Api,
    /// Anything else.
    Other,
}

/// Something that a client did wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// The rule it broke.
    pub rule: Rule,
    /// How, without any secret.
    pub detail: String,
}

impl Fault {
    /// The rule's stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.rule.code()
    }
}
