//! A user of the company at a browser.

use std::error::Error;

use proofkey::token::Http;
use serde_json::Value;

use crate::browser::{Browser, Landing, Page};

type Failure = Box<dyn Error + Send + Sync>;

/// Name and password of directory.ldif.
#[derive(Clone, Copy)]
pub(crate) struct Credentials(&'static str, &'static str);

pub(crate) const ALICE: Credentials = Credentials("alice", "alice-and-a-horse");
pub(crate) const ALICE_GUESSED: Credentials = Credentials("alice", "guessed");
pub(crate) const BOB: Credentials = Credentials("bob", "bob-and-a-battery");
pub(crate) const CAROL: Credentials = Credentials("carol", "carol-and-a-staple");

/// No address begins so: the browser opens all of them.
const NOWHERE: &str = "nowhere:";

/// A user at a browser, on the page that came last.
pub(crate) struct User<'a> {
    browser: Browser<'a>,
    page: Page,
    home: String,
    partner: String,
}

impl<'a> User<'a> {
    /// Opens the application's first page, which needs a login, and so comes to a page that asks for a password.
    pub(crate) async fn open(http: &'a Http, home: &str, partner: &str) -> Result<Self, Failure> {
        let mut browser = Browser::new(http);
        let page = page(browser.visit(home, NOWHERE).await?)?;
        Ok(Self { browser, page, home: home.to_owned(), partner: partner.to_owned() })
    }

    /// Enters name and password.
    pub(crate) async fn enter(&mut self, Credentials(name, password): Credentials) -> Result<(), Failure> {
        self.submit(&[("user", name), ("password", password)]).await
    }

    /// Submits the page, and each further one that needs no more than a click or is submitted by a script.
    pub(crate) async fn go_on(&mut self) -> Result<(), Failure> {
        while self.page.text.contains("<form") && !self.asks_for_a_password() && message(&self.page).is_none() {
            self.submit(&[]).await?;
        }
        Ok(())
    }

    /// Presses the other button of a page that asks for consent, whose script puts a minus before what the first one submits.
    pub(crate) async fn refuse(&mut self) -> Result<(), Failure> {
        self.submit(&[("confirm", "-1")]).await
    }

    /// An attacker who has obtained the page that this user sees, and none of the cookies.
    pub(crate) fn in_another_browser(&self, http: &'a Http) -> Self {
        let (page, home, partner) = (self.page.clone(), self.home.clone(), self.partner.clone());
        Self { browser: Browser::new(http), page, home, partner }
    }

    fn asks_for_a_password(&self) -> bool {
        self.page.text.contains("type=\"password\"")
    }

    async fn submit(&mut self, values: &[(&str, &str)]) -> Result<(), Failure> {
        self.page = page(self.browser.submit(&self.page, values, NOWHERE).await?)?;
        Ok(())
    }

    /// What is on the page, and whose it is. A portal's pages name their messages by numbers, and a script inserts the words.
    pub(crate) async fn read(&mut self) -> Result<String, Failure> {
        let Page { url, text, .. } = &self.page;
        if url.starts_with(&self.home) {
            return Ok(format!("application: {}", words(text)));
        }
        let whose = if url.starts_with(&self.partner) { "partner" } else { "company" };
        let Some(number) = message(&self.page) else {
            let what = if self.asks_for_a_password() { "asks for a password" } else { text };
            return Ok(format!("{whose}: {what}"));
        };
        let key = format!("PE{number}");
        // What this portal says in words of its own comes with the page.
        let settings = text.split("application/init\">").nth(1).and_then(|text| text.split("</script>").next());
        let settings: Value = serde_json::from_str(settings.unwrap_or_default()).unwrap_or_default();
        if let Some(own) = settings["trOver"]["en"][&key].as_str() {
            return Ok(format!("{whose}: {own}"));
        }
        let origin: Vec<_> = url.splitn(4, '/').take(3).collect();
        let texts = format!("{}/static/languages/en.json", origin.join("/"));
        let texts: Value = serde_json::from_str(&page(self.browser.visit(&texts, NOWHERE).await?)?.text)?;
        Ok(format!("{whose}: {}", texts[key].as_str().unwrap_or("no text")))
    }
}

fn page(landing: Landing) -> Result<Page, Failure> {
    match landing {
        Landing::Page(page) => Ok(page),
        Landing::End(address) => Err(address.into()),
    }
}

/// The number of a portal's message, unless it is the one that asks for a login.
fn message(page: &Page) -> Option<&str> {
    let number = page.text.split("trmsg=\"").nth(1)?.split('"').next()?;
    Some(number).filter(|number| *number != "9")
}

/// The words of a page of the application: its heading and its text, or all of it if it is not HTML.
fn words(page: &str) -> String {
    let parts = page.split("<h1>").nth(1).into_iter().flat_map(|rest| rest.split("<p>"));
    let parts: Vec<_> = parts.filter_map(|part| part.split('<').next()).collect();
    if parts.is_empty() { page.to_owned() } else { parts.join(": ") }
}
