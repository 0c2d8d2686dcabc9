//! A browser of the application.

use std::collections::BTreeMap;

use proofkey_authority::Browser;
use reqwest::header::{COOKIE, HeaderMap, LOCATION, SET_COOKIE};
use reqwest::{Client, Method};

use crate::Result;
use crate::proxy::MACHINE;

/// A browser. A clone is another window, with the cookies of this moment.
#[derive(Clone)]
pub struct Visitor {
    http: Client,
    origin: String,
    cookies: BTreeMap<String, String>,
    /// The machine that answers, if the proxy does not choose.
    pub machine: Option<usize>,
}

/// What the application answers.
pub struct Page {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub text: String,
}

impl Page {
    /// Where it leads.
    pub fn location(&self) -> &str {
        self.headers.get(LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

impl Visitor {
    /// A browser without cookies.
    pub fn new(http: &Client, origin: &str) -> Self {
        Self { http: http.clone(), origin: origin.to_owned(), cookies: BTreeMap::new(), machine: None }
    }

    /// The same browser, at one machine.
    pub fn at(&self, machine: usize) -> Self {
        Self { machine: Some(machine), ..self.clone() }
    }

    /// Opens a page.
    pub async fn get(&mut self, path: &str) -> Result<Page> {
        self.send(Method::GET, path, String::new()).await
    }

    /// Sends a form of the application itself.
    pub async fn post(&mut self, path: &str, form: String) -> Result<Page> {
        self.send(Method::POST, path, form).await
    }

    async fn send(&mut self, method: Method, path: &str, form: String) -> Result<Page> {
        let path = path.strip_prefix(self.origin.as_str()).unwrap_or(path);
        let request =
            self.http.request(method, format!("{}{path}", self.origin)).header("sec-fetch-site", "same-origin");
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = if cookies.is_empty() { request } else { request.header(COOKIE, cookies.join("; ")) };
        let request = match self.machine {
            Some(machine) => request.header(MACHINE, machine),
            None => request,
        };
        let response = request.body(form).send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        for cookie in headers.get_all(SET_COOKIE) {
            let cookie = cookie.to_str()?;
            let (name, rest) = cookie.split_once('=').ok_or("a cookie without a value")?;
            if cookie.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), rest.split(';').next().unwrap_or_default().to_owned());
            }
        }
        Ok(Page { status, headers, text: response.text().await? })
    }

    /// Begins a login, and signs in at the provider. Returns the address of the callback.
    pub async fn begin(&mut self, browser: Browser) -> Result<String> {
        let page = self.get("/login").await?;
        if page.status != 303 {
            return Err(format!("/login answered {}", page.status).into());
        }
        Ok(browser.clone().open(page.location()).await?.callback().ok_or("the provider shows a page")?)
    }

    /// Whom the application takes the browser's user for.
    pub async fn who(&mut self) -> Result<String> {
        let page = self.get("/").await?;
        if page.status == 200 { Ok(page.text) } else { Err(format!("/ answered {}", page.status).into()) }
    }

    /// Opens a callback that is to be refused. Returns why it was, by the word in the address of the page.
    pub async fn refused(&mut self, callback: &str) -> Result<String> {
        let page = self.get(callback).await?;
        let why =
            page.location().strip_prefix(self.origin.as_str()).and_then(|path| path.strip_prefix("/login-failed?why="));
        let why = why.and_then(|why| why.split('&').next()).map(str::to_owned);
        Ok(why.ok_or(format!("a callback led with {} to {}", page.status, page.location()))?)
    }

    /// How many cookies it has.
    pub fn cookies(&self) -> usize {
        self.cookies.len()
    }
}
