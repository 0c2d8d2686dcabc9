//! A request and its response, without redirects, and with limits of time and size.

use std::error::Error as _;
use std::io;
use std::sync::OnceLock;
use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION};
use reqwest::{Certificate, Client, Method, Url};

use crate::client_auth::{Headers, Pairs};
use crate::defects::Defects;
use crate::failure::{Failure, refuse};
use crate::form;

/// The largest body that is read.
const BODY_LIMIT: usize = 3 << 19;
/// What a client without a limit keeps all the same, so that a test run keeps its memory.
const KEPT_WITHOUT_LIMIT: usize = 64 << 20;
/// Where a client that follows redirects ends.
const HOPS: usize = 5;

/// What is sent.
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) url: String,
    pub(crate) headers: Vec<(HeaderName, String)>,
    pub(crate) body: Option<(&'static str, String)>,
    /// The switch that follows redirects with everything attached.
    pub(crate) follow: Option<&'static str>,
    /// The switch that reads a body of any size.
    pub(crate) uncapped: Option<&'static str>,
    /// The switch that sends it by http although https is due.
    pub(crate) insecure: Option<&'static str>,
}

impl Request {
    pub(crate) fn get(url: &str) -> Self {
        Self {
            method: Method::GET,
            url: url.to_owned(),
            headers: Vec::new(),
            body: None,
            follow: None,
            uncapped: None,
            insecure: None,
        }
    }

    /// Parameters in the body, and the headers of a client's authentication.
    pub(crate) fn pairs(url: &str, pairs: &Pairs, headers: Headers) -> Self {
        let body = form::encode(pairs.iter().map(|(name, value)| (*name, value.as_str())));
        Self { headers, ..Self::form(url, body) }
    }

    pub(crate) fn form(url: &str, body: String) -> Self {
        Self { method: Method::POST, body: Some(("application/x-www-form-urlencoded", body)), ..Self::get(url) }
    }
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// Whether the content type is `application/json`, whatever its parameters.
    pub(crate) fn is_json(&self) -> bool {
        self.is("application/json")
    }

    /// Whether the content type is that of a signed token.
    pub(crate) fn is_jwt(&self) -> bool {
        self.is("application/jwt")
    }

    /// Whether the content type is that of a form.
    pub(crate) fn is_form(&self) -> bool {
        self.is("application/x-www-form-urlencoded")
    }

    fn is(&self, media_type: &str) -> bool {
        let kind = self.headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok());
        let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or("");
        kind.trim().eq_ignore_ascii_case(media_type)
    }
}

/// The client's way to servers.
pub(crate) struct Http {
    client: Client,
    limit: Option<Duration>,
    http_allowed: bool,
    defects: Defects,
}

impl Http {
    /// `limit` is the time for one whole exchange, from the connection to the body's last octet.
    pub(crate) fn new(
        ca_pem: Option<&str>,
        http_allowed: bool,
        limit: Duration,
        defects: &Defects,
    ) -> Result<Self, String> {
        Ok(Self {
            client: client(ca_pem, defects)?,
            limit: (!defects.has("no-timeout")).then_some(limit),
            http_allowed,
            defects: defects.clone(),
        })
    }

    /// Sends and reads. A failure is a refusal at `stage`, of class `tls`, `redirect`, `timeout`
    /// or, for whatever else may break, of the class `broken`.
    pub(crate) async fn send(
        &self,
        request: Request,
        stage: &'static str,
        broken: &'static str,
    ) -> Result<Answer, Failure> {
        let exchange = self.exchange(request, stage, broken);
        match self.limit {
            None => exchange.await,
            Some(limit) => tokio::time::timeout(limit, exchange)
                .await
                .unwrap_or_else(|_| Err(refuse(stage, "timeout", "no whole answer in time"))),
        }
    }

    async fn exchange(&self, request: Request, stage: &'static str, broken: &'static str) -> Result<Answer, Failure> {
        let unusable = |what: &str| refuse(stage, broken, what);
        let has = |switch: Option<&'static str>| switch.is_some_and(|switch| self.defects.has(switch));
        let mut url = Url::parse(&request.url).map_err(|_| unusable("the address is no URL"))?;
        for _ in 0..HOPS {
            if !is_loopback(&url) {
                return Err(unusable("this client talks to loopback addresses only"));
            }
            let is_https = url.scheme() == "https";
            if is_https && self.defects.has("tls-refused") {
                return Err(refuse(stage, "tls", "this client does not know https"));
            }
            if !is_https && !self.http_allowed && !has(request.insecure) && !self.defects.has("http-allowed") {
                return Err(refuse(stage, "tls", "the address is not https"));
            }
            let client = if is_https && self.defects.has("tls-unchecked") {
                &build(&[], true, false).map_err(|what| unusable(&what))?
            } else {
                &self.client
            };
            let mut message = client.request(request.method.clone(), url.clone());
            message = message.header(ACCEPT, "application/json");
            for (name, value) in &request.headers {
                let value = HeaderValue::from_str(value).map_err(|_| unusable("a value cannot stand in a header"))?;
                message = message.header(name, value);
            }
            if let Some((kind, body)) = &request.body {
                message = message.header(CONTENT_TYPE, *kind).body(body.clone());
            }
            let mut response = message.send().await.map_err(|e| lost(&e, stage, broken))?;
            if response.status().is_redirection() {
                let next = response.headers().get(LOCATION).and_then(|l| l.to_str().ok());
                match next.and_then(|next| url.join(next).ok()) {
                    Some(next) if has(request.follow) => url = next,
                    _ => return Err(refuse(stage, "redirect", "the answer is a redirect")),
                }
                continue;
            }
            let mut body = Vec::new();
            while let Some(chunk) = response.chunk().await.map_err(|e| lost(&e, stage, broken))? {
                if body.len() + chunk.len() > BODY_LIMIT && !has(request.uncapped) {
                    return Err(unusable("the body is too long"));
                }
                if body.len() + chunk.len() <= KEPT_WITHOUT_LIMIT {
                    body.extend_from_slice(&chunk);
                }
            }
            return Ok(Answer { status: response.status().as_u16(), headers: response.headers().clone(), body });
        }
        Err(refuse(stage, "redirect", "too many redirects"))
    }
}

/// One client a process serves every configuration without a certificate of its own. Connections
/// are not kept: a request is never sent a second time because an old connection had died.
fn client(ca_pem: Option<&str>, defects: &Defects) -> Result<Client, String> {
    static SHARED: OnceLock<Client> = OnceLock::new();
    let Some(ca_pem) = ca_pem else {
        if let Some(client) = SHARED.get() {
            return Ok(client.clone());
        }
        let client = build(&[], false, false)?;
        return Ok(SHARED.get_or_init(|| client).clone());
    };
    let roots = Certificate::from_pem_bundle(ca_pem.as_bytes());
    let roots = roots.map_err(|_| "ca_pem is no list of certificates".to_owned())?;
    build(&roots, false, defects.has("tls-hostname-ignored"))
}

fn build(roots: &[Certificate], unchecked: bool, any_host: bool) -> Result<Client, String> {
    Client::builder()
        .tls_certs_only(roots.iter().cloned())
        .tls_danger_accept_invalid_certs(unchecked)
        .tls_danger_accept_invalid_hostnames(any_host)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .pool_max_idle_per_host(0)
        .referer(false)
        .no_proxy()
        .build()
        .map_err(|error| format!("the HTTP client cannot be built: {error}"))
}

/// The client lives in tests, and is told by them to do foolish things: it never leaves loopback.
fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or("");
    let literal = host.trim_start_matches('[').trim_end_matches(']');
    let address = literal.parse::<std::net::IpAddr>();
    address.map_or(host == "localhost", |address| address.is_loopback())
}

/// A request that got no whole answer.
fn lost(error: &reqwest::Error, stage: &'static str, broken: &'static str) -> Failure {
    let mut cause = error.source();
    while let Some(inner) = cause {
        if error.is_connect() && inner.downcast_ref::<io::Error>().is_some_and(is_distrust) {
            return refuse(stage, "tls", "the server's certificate is not accepted");
        }
        cause = inner.source();
    }
    let what = if error.is_connect() {
        "no connection to the server"
    } else {
        "the connection broke before the answer was whole"
    };
    refuse(stage, broken, what)
}

/// TLS reports what it does not accept as invalid data, in an I/O error, which may be in another.
fn is_distrust(error: &io::Error) -> bool {
    let within = error.get_ref().and_then(|inner| inner.downcast_ref::<io::Error>());
    error.kind() == io::ErrorKind::InvalidData || within.is_some_and(is_distrust)
}
