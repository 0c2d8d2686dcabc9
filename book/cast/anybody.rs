//! What anybody can do who has a terminal and read a value somewhere: the attacker's hands.

use axum::http::{Request, header};
use proofkey::authorize::form;
use proofkey::token::Transport as _;
use proofkey_authority::{Browser, User};
use serde_json::Value;

use super::{Cast, Failure, page};

impl Cast {
    /// Somebody with an account at the authorization server itself opens `url` and signs in with the password: the URL
    /// of the callback, which the browser has not opened yet.
    ///
    /// # Errors
    ///
    /// When a page is missing on the way.
    pub async fn sign_in_as(&self, browser: &mut Browser, url: &str, user: &User) -> Result<String, Failure> {
        let login = page(browser.open(url).await?)?;
        let landing = browser.submit(&login, &[("email", &user.email), ("password", &user.password)]).await?;
        landing.callback().ok_or_else(|| "the browser was not sent back to the app".into())
    }

    /// Posts a form to the token endpoint: the status and the JSON of the answer.
    ///
    /// # Errors
    ///
    /// When there is no answer, or it is no JSON.
    pub async fn post_token(&self, form: &[(&str, &str)]) -> Result<(u16, Value), Failure> {
        let mut body = String::new();
        for (name, value) in form {
            form::append_pair(&mut body, name, value);
        }
        let request = Request::post(self.authority.endpoints().token)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body.into_bytes())?;
        let response = self.http.send(request).await?;
        Ok((response.status().as_u16(), serde_json::from_slice(response.body())?))
    }

    /// Whose access token this is, if the authorization server takes it.
    ///
    /// # Errors
    ///
    /// When there is no answer, or it is no JSON.
    pub async fn whose(&self, access_token: &str) -> Result<Option<String>, Failure> {
        let request = Request::get(self.authority.endpoints().userinfo)
            .header(header::AUTHORIZATION, format!("Bearer {access_token}"))
            .body(Vec::new())?;
        let claims: Value = serde_json::from_slice(self.http.send(request).await?.body())?;
        Ok(claims["sub"].as_str().map(String::from))
    }
}

/// What the query of a URL says under this name, decoded; the first, if it says so twice.
#[must_use]
pub fn parameter(url: &str, name: &str) -> Option<String> {
    let (_, query) = url.split_once('?')?;
    let (_, value) = form::raw_pairs(query).find(|(key, _)| *key == name)?;
    form::decode(value).ok().map(|value| value.into_owned())
}
