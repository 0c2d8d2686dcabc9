//! A user agent: it follows redirects between authorities, keeps cookies, and stops before it reaches the client.

use std::fmt;

use crate::encoding::{decode_form, encode_form, encode_value};
use crate::fetch::{self, FetchError};
use crate::message::{BROWSER, Outgoing, Response};
use crate::url::{host, origin, with_encoded_query};
use crate::wire::{Endpoint, Exchange, Party, Wire};

/// A browser of one user.
#[derive(Debug, Clone)]
pub struct Browser {
    wire: Wire,
    /// Host, name, value: cookies do not tell ports apart.
    cookies: Vec<(String, String, String)>,
    user: Option<String>,
}

/// The place where a browser ends up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Landing {
    /// The browser was redirected to the client: the complete callback URL.
    Callback(String),
    /// The browser must post a form to the client (response mode form_post).
    FormPost {
        /// Where to.
        action: String,
        /// The form, encoded.
        body: String,
    },
    /// The browser shows a page.
    Page(Page),
}

impl Landing {
    /// Returns the callback URL. Form fields are in its query, as a shim expects them.
    #[must_use]
    pub fn callback(&self) -> Option<String> {
        match self {
            Self::Callback(url) => Some(url.clone()),
            Self::FormPost { action, body } => Some(with_encoded_query(action, body)),
            Self::Page(_) => None,
        }
    }

    /// Returns the page, if this is one.
    #[must_use]
    pub fn page(&self) -> Option<&Page> {
        match self {
            Self::Page(page) => Some(page),
            Self::Callback(_) | Self::FormPost { .. } => None,
        }
    }
}

/// A page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The URL.
    pub url: String,
    /// The HTTP status.
    pub status: u16,
    /// The headers, with names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body as text.
    pub body: String,
}

impl Page {
    /// Returns the header of this name, which must be in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The fields of its form that have a value, and the form's address.
    fn form(&self) -> (String, Vec<(String, String)>) {
        let action = attribute(&self.body, "<form ", "action").unwrap_or_default();
        let fields = self.body.split("<input ").skip(1).filter_map(|input| {
            let tag = format!("<input {}", input.split('>').next().unwrap_or_default());
            Some((attribute(&tag, "<input ", "name")?, attribute(&tag, "<input ", "value").unwrap_or_default()))
        });
        (self.absolute(&action), fields.collect())
    }

    fn link(&self, text: &str) -> Option<String> {
        let end = self.body.find(&format!(">{text}</a>"))?;
        let start = self.body[..end].rfind("<a ")?;
        attribute(&self.body[start..=end], "<a ", "href").map(|href| self.absolute(&href))
    }

    fn absolute(&self, reference: &str) -> String {
        if reference.contains("://") { reference.to_owned() } else { format!("{}{reference}", origin(&self.url)) }
    }
}

/// The reason why a browser did not get to a page or a callback.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum BrowserError {
    /// There was no response.
    Unreachable(String),
    /// More than twenty redirects.
    TooManyRedirects,
    /// The page has no such link.
    NoLink(String),
}

impl BrowserError {
    /// Returns a stable name: `unreachable`, `too_many_redirects` or `no_link`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreachable(_) => "unreachable",
            Self::TooManyRedirects => "too_many_redirects",
            Self::NoLink(_) => "no_link",
        }
    }
}

impl fmt::Display for BrowserError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(why) => write!(f, "the browser got no answer: {why}"),
            Self::TooManyRedirects => f.write_str("the browser was redirected more than twenty times"),
            Self::NoLink(text) => write!(f, "the page has no link \"{text}\""),
        }
    }
}

impl std::error::Error for BrowserError {}

impl From<FetchError> for BrowserError {
    fn from(error: FetchError) -> Self {
        Self::Unreachable(error.to_string())
    }
}

impl Browser {
    /// Creates a browser without cookies that knows the authorities of this log.
    #[must_use]
    pub fn new(wire: &Wire) -> Self {
        Self { wire: wire.clone(), cookies: Vec::new(), user: None }
    }

    /// Signs the user with this `sub` in at authorities with [`LoginMode::Auto`](crate::LoginMode::Auto).
    #[must_use]
    pub fn sign_in_as(mut self, sub: &str) -> Self {
        self.user = Some(sub.into());
        self
    }

    /// Opens a URL of an authority or of the client, and follows redirects while they lead to authorities of this log.
    ///
    /// # Errors
    ///
    /// An error if there is no response, or if there are more than twenty redirects.
    pub async fn open(&mut self, url: &str) -> Result<Landing, BrowserError> {
        self.follow(Outgoing::get(url)).await
    }

    /// Fills in the fields of a page's form, by name, and submits it.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub async fn submit(&mut self, page: &Page, fields: &[(&str, &str)]) -> Result<Landing, BrowserError> {
        let (action, mut form) = page.form();
        for (name, value) in fields {
            form.retain(|(key, _)| key != name);
            form.push(((*name).into(), (*value).into()));
        }
        let body = encode_form(form.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        self.follow(Outgoing::post_form(&action, body)).await
    }

    /// Follows the link with this text.
    ///
    /// # Errors
    ///
    /// [`BrowserError::NoLink`], and as [`open`](Self::open).
    pub async fn click(&mut self, page: &Page, text: &str) -> Result<Landing, BrowserError> {
        let url = page.link(text).ok_or_else(|| BrowserError::NoLink(text.into()))?;
        self.open(&url).await
    }

    /// Visits the client's redirect URI on loopback, like a browser that was redirected there.
    ///
    /// # Errors
    ///
    /// An error if there is no response.
    pub async fn deliver(&mut self, landing: &Landing) -> Result<Page, BrowserError> {
        let request = match landing {
            Landing::Callback(url) => Outgoing::get(url),
            Landing::FormPost { action, body } => Outgoing::post_form(action, body.clone()),
            Landing::Page(page) => return Ok(page.clone()),
        };
        let url = request.url.clone();
        let response = self.visit(request).await?;
        Ok(page(url, response))
    }

    /// A request to the client, which no authority writes down.
    async fn visit(&mut self, request: Outgoing) -> Result<Response, BrowserError> {
        let seq = self.wire.record(visit_of_client(&request));
        let response = self.send(request).await?;
        self.wire.answer(seq, |exchange| {
            exchange.status = Some(response.status);
            exchange.response_headers.clone_from(&response.headers);
            exchange.response_body = response.body.iter().copied().take(Exchange::BODY_LIMIT).collect();
        });
        Ok(response)
    }

    async fn follow(&mut self, mut request: Outgoing) -> Result<Landing, BrowserError> {
        for _ in 0..20 {
            let url = request.url.clone();
            let response = if self.wire.authority_at(&url).is_some() {
                self.send(request).await?
            } else {
                self.visit(request).await?
            };
            let location = response.header("location").filter(|_| (300..400).contains(&response.status));
            let Some(location) = location.map(String::from) else {
                return Ok(self.landed(page(url, response)));
            };
            let location = if location.starts_with('/') { format!("{}{location}", origin(&url)) } else { location };
            if self.wire.authority_at(&location).is_none() {
                return Ok(Landing::Callback(location));
            }
            request = Outgoing::get(&location);
        }
        Err(BrowserError::TooManyRedirects)
    }

    /// A page whose form submits itself to a client is on its way there.
    fn landed(&self, page: Page) -> Landing {
        let (action, fields) = page.form();
        if page.body.contains("document.forms[0].submit()") && self.wire.authority_at(&action).is_none() {
            let body = encode_form(fields.iter().map(|(name, value)| (name.as_str(), value.as_str())));
            return Landing::FormPost { action, body };
        }
        Landing::Page(page)
    }

    async fn send(&mut self, request: Outgoing) -> Result<Response, BrowserError> {
        let host = host(&request.url).to_owned();
        let mut cookies: Vec<String> = self
            .cookies
            .iter()
            .filter(|(of, _, _)| *of == host)
            .map(|(_, name, value)| format!("{name}={value}"))
            .collect();
        if let Some(user) = &self.user {
            cookies.push(format!("user={}", encode_value(user)));
        }
        let mut request = request.header("user-agent", BROWSER);
        if !cookies.is_empty() {
            request = request.header("cookie", &cookies.join("; "));
        }
        let response = fetch::send(request).await?;
        for (_, cookie) in response.headers.iter().filter(|(name, _)| name == "set-cookie") {
            let pair = cookie.split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                self.cookies.retain(|(of, key, _)| !(*of == host && key == name));
                self.cookies.push((host.clone(), name.into(), value.into()));
            }
        }
        Ok(response)
    }
}

fn page(url: String, response: Response) -> Page {
    Page {
        url,
        status: response.status,
        headers: response.headers,
        body: String::from_utf8_lossy(&response.body).into_owned(),
    }
}

fn visit_of_client(request: &Outgoing) -> Exchange {
    let exchange = Exchange::new(Party::Browser, "client", Endpoint::App, &request.method, &request.url);
    Exchange {
        headers: request.headers.clone(),
        form: decode_form(request.body.as_bytes()),
        body: request.body.clone().into_bytes(),
        ..exchange
    }
}

/// An attribute of the first tag that begins so.
fn attribute(html: &str, tag: &str, name: &str) -> Option<String> {
    let start = html.find(tag)?;
    let tag = html[start..].split('>').next()?;
    let value = tag.split(&format!(" {name}=\"")).nth(1)?.split('"').next()?;
    Some(
        value
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&quot;", "\"")
            .replace("&#39;", "'")
            .replace("&amp;", "&"),
    )
}
