//! A user's browser: it follows redirects, keeps cookies, and submits forms.

use std::error::Error;

use proofkey::authorize::form;
use proofkey::http::{Request, Response};
use proofkey::token::{Http, Transport};

/// The user, who has a password where a server has a login page.
pub(crate) const USER: &str = "user-17";
pub(crate) const PASSWORD: &str = "correct horse battery staple";

pub(crate) struct Browser<'a> {
    http: &'a Http,
    /// Host, name and value. The ports of a host share cookies.
    cookies: Vec<(String, String, String)>,
}

/// Where a browser ends up.
pub(crate) enum Landing {
    Page(Page),
    /// An address that it does not open.
    End(String),
}

/// What the user sees.
#[derive(Clone)]
pub(crate) struct Page {
    pub(crate) url: String,
    pub(crate) text: String,
    is_success: bool,
}

type Failure = Box<dyn Error + Send + Sync>;

impl<'a> Browser<'a> {
    pub(crate) fn new(http: &'a Http) -> Self {
        Self { http, cookies: Vec::new() }
    }

    /// Opens a page, fills in and submits each form that it meets, and returns the address that begins with `end`, or the last
    /// page.
    pub(crate) async fn open(&mut self, url: &str, end: &str) -> Result<String, Failure> {
        let mut landing = self.visit(url, end).await?;
        for _ in 0..20 {
            let page = match landing {
                Landing::Page(page) => page,
                Landing::End(address) => return Ok(address),
            };
            if !page.is_success {
                return Err(format!("{} answered: {}", page.url, page.text).into());
            }
            if page.form().is_none() {
                return Ok(page.text);
            }
            let filled_in = page.filled_in();
            let filled_in: Vec<_> = filled_in.iter().map(|(name, value)| (name.as_str(), *value)).collect();
            landing = self.submit(&page, &filled_in, end).await?;
        }
        Err("more than 20 pages".into())
    }

    /// Opens a page, or stops at an address that begins with `end`.
    pub(crate) async fn visit(&mut self, url: &str, end: &str) -> Result<Landing, Failure> {
        self.follow(Request::get(url).body(Vec::new())?, end).await
    }

    /// Submits the page's first form, with these values in the place of its own.
    pub(crate) async fn submit(&mut self, page: &Page, values: &[(&str, &str)], end: &str) -> Result<Landing, Failure> {
        let (action, mut fields) = page.form().ok_or("no form")?;
        fields.retain(|(name, _)| values.iter().all(|(own, _)| own != name));
        fields.extend(values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let mut body = String::new();
        for (name, value) in &fields {
            form::append_pair(&mut body, name, value);
        }
        let request = Request::post(absolute(&page.url, &action))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body.into_bytes())?;
        self.follow(request, end).await
    }

    async fn follow(&mut self, mut request: Request<Vec<u8>>, end: &str) -> Result<Landing, Failure> {
        for _ in 0..20 {
            let url = request.uri().to_string();
            let response = self.send(request).await?;
            let Some(location) = response.headers().get("location") else {
                let text = String::from_utf8(response.body().clone())?;
                return Ok(Landing::Page(Page { url, text, is_success: response.status().is_success() }));
            };
            let location = absolute(&url, location.to_str()?);
            if location.starts_with(end) {
                return Ok(Landing::End(location));
            }
            request = Request::get(location).body(Vec::new())?;
        }
        Err("more than 20 redirects".into())
    }

    async fn send(&mut self, mut request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, Failure> {
        let host = request.uri().host().unwrap_or_default().to_owned();
        let own = self.cookies.iter().filter(|(at, ..)| *at == host);
        let cookies: Vec<_> = own.map(|(_, name, value)| format!("{name}={value}")).collect();
        request.headers_mut().insert("cookie", cookies.join("; ").parse()?);
        request.headers_mut().insert("user-agent", "browser".parse()?);
        let response = self.http.send(request).await?;
        for cookie in response.headers().get_all("set-cookie") {
            let pair = cookie.to_str()?.split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').unwrap_or_default();
            self.cookies.retain(|(at, own, _)| (at.as_str(), own.as_str()) != (host.as_str(), name));
            if !value.is_empty() {
                self.cookies.push((host.clone(), name.to_owned(), value.to_owned()));
            }
        }
        Ok(response)
    }
}

impl Page {
    /// The address of the first form, and its inputs and first button.
    fn form(&self) -> Option<(String, Vec<(String, String)>)> {
        let form = self.first_form()?;
        let tags = form.split("<input").skip(1).chain(form.split("<button").skip(1).take(1));
        let fields = tags.filter_map(|tag| attribute(tag, "name").zip(attribute(tag, "value"))).collect();
        Some((attribute(form, "action").unwrap_or_default(), fields))
    }

    /// What the user writes into its empty fields.
    fn filled_in(&self) -> Vec<(String, &'static str)> {
        let inputs = self.first_form().into_iter().flat_map(|form| form.split("<input").skip(1));
        let empty = inputs.filter(|tag| attribute(tag, "value").is_none());
        empty
            .filter_map(|tag| {
                let value = match attribute(tag, "type")?.as_str() {
                    "text" => USER,
                    "password" => PASSWORD,
                    _ => return None,
                };
                Some((attribute(tag, "name")?, value))
            })
            .collect()
    }

    fn first_form(&self) -> Option<&str> {
        self.text.split("<form").nth(1)?.split("</form").next()
    }
}

fn absolute(base: &str, reference: &str) -> String {
    match reference {
        "#" | "" => base.to_owned(),
        _ if reference.starts_with('/') => base.splitn(4, '/').take(3).collect::<Vec<_>>().join("/") + reference,
        _ => reference.to_owned(),
    }
}

/// The value of an attribute of the tag that `text` is in.
fn attribute(text: &str, name: &str) -> Option<String> {
    let tag = text.split('>').next()?;
    let value = tag.split(&format!(" {name}=\"")).nth(1)?.split('"').next()?;
    Some(value.replace("&amp;", "&"))
}
