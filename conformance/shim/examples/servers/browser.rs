//! A user's browser: it follows redirects, keeps cookies, and presses the button of each form that it meets.

use std::error::Error;

use proofkey::authorize::form;
use proofkey::http::{Request, Response};
use proofkey::token::{Http, Transport};

pub(crate) struct Browser<'a> {
    http: &'a Http,
    /// Name and value. There is one server.
    cookies: Vec<(String, String)>,
}

type Failure = Box<dyn Error + Send + Sync>;

impl<'a> Browser<'a> {
    pub(crate) fn new(http: &'a Http) -> Self {
        Self { http, cookies: Vec::new() }
    }

    /// Opens a page of the server, and returns the address that begins with `end`, or the last page.
    pub(crate) async fn open(&mut self, url: &str, end: &str) -> Result<String, Failure> {
        let mut request = Request::get(url).body(Vec::new())?;
        for _ in 0..20 {
            let url = request.uri().clone();
            let response = self.send(request).await?;
            if let Some(location) = response.headers().get("location") {
                let location = absolute(&url.to_string(), location.to_str()?);
                if location.starts_with(end) {
                    return Ok(location);
                }
                request = Request::get(location).body(Vec::new())?;
                continue;
            }
            let page = String::from_utf8(response.body().clone())?;
            if !response.status().is_success() {
                return Err(format!("{url} answered with status {}: {page}", response.status()).into());
            }
            let Some((action, body)) = submitted(&page) else { return Ok(page) };
            request = Request::post(absolute(&url.to_string(), &action))
                .header("content-type", "application/x-www-form-urlencoded")
                .body(body.into_bytes())?;
        }
        Err("more than 20 pages".into())
    }

    async fn send(&mut self, mut request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, Failure> {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        request.headers_mut().insert("cookie", cookies.join("; ").parse()?);
        let response = self.http.send(request).await?;
        for cookie in response.headers().get_all("set-cookie") {
            let pair = cookie.to_str()?.split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').unwrap_or_default();
            self.cookies.retain(|(own, _)| own != name);
            if !value.is_empty() {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        Ok(response)
    }
}

fn absolute(base: &str, reference: &str) -> String {
    if !reference.starts_with('/') {
        return reference.to_owned();
    }
    let origin: Vec<_> = base.splitn(4, '/').take(3).collect();
    origin.join("/") + reference
}

/// The address of the page's first form, and its inputs and first button.
fn submitted(page: &str) -> Option<(String, String)> {
    let action = attribute(page.split("<form").nth(1)?, "action")?;
    let inputs = page.split("<input").skip(1);
    let mut body = String::new();
    for tag in inputs.chain(page.split("<button").skip(1).take(1)) {
        if let Some((name, value)) = attribute(tag, "name").zip(attribute(tag, "value")) {
            form::append_pair(&mut body, &name, &value);
        }
    }
    Some((action, body))
}

/// The value of an attribute of the tag that `text` is in.
fn attribute(text: &str, name: &str) -> Option<String> {
    let tag = text.split('>').next()?;
    let value = tag.split(&format!(" {name}=\"")).nth(1)?.split('"').next()?;
    Some(value.replace("&amp;", "&"))
}
