//! Where an attempt is played.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::http::{Request, header};
use proofkey::token::{Http, Transport};
use proofkey::{Login, discover};
use proofkey_authority::{Browser, Clock, Endpoint, Enforcement, Landing, LoginMode, Page, Rule, Setup};
use proofkey_book::cast::{API_SCOPE, CLIENT_ID, Cast, SCOPE};
use serde_json::Value;

use super::attacker::AttackersServer;
use super::attempt::{Attempt, End, Failure, Who};
use super::running::Running;
use crate::app::App;
use crate::careless::Careless;

/// Cast, app and what is told about them.
pub(super) struct Stage {
    pub(super) cast: Cast,
    pub(super) app: Running,
    console: Arc<Mutex<Vec<String>>>,
    told: Vec<(Who, String)>,
}

impl Stage {
    /// An honest server, or what `setup` makes of it. To the careless app belongs a server that lacks these checks.
    pub(super) async fn set(careless: bool, setup: Setup, lacking: &[Rule]) -> Result<Self, Failure> {
        Self::set_for(careless, setup, lacking, None).await
    }

    /// The same, with an app that is the client of another server.
    pub(super) async fn set_for(
        careless: bool,
        setup: Setup,
        lacking: &[Rule],
        other: Option<&AttackersServer>,
    ) -> Result<Self, Failure> {
        let enforcement = if careless { Enforcement::Without(lacking.to_vec()) } else { Enforcement::Strict };
        let setup = Setup { login: LoginMode::Auto, codes: Vec::new(), enforcement, ..setup };
        let cast = Cast::start_with(Setup { api: Cast::setup().api, ..setup }, Clock::new()).await?;
        if let Some(other) = other {
            other.send_on_to(&cast);
        }
        let console = Arc::default();
        let issuer = other.map_or_else(|| cast.authority.issuer().to_owned(), |other| other.issuer().to_owned());
        let app = Running::start(|base| app(&cast, &issuer, base, careless, &console)).await?;
        Ok(Self { cast, app, console, told: Vec::new() })
    }

    pub(super) fn tell(&mut self, who: Who, what: &str) {
        self.told.push((who, what.into()));
    }

    /// The end, and what led to it.
    pub(super) fn end(self, end: End) -> Attempt {
        Attempt { told: self.told, end, wire: self.cast.wire().render() }
    }

    /// A browser in which John, or Mallory, is signed in at the server.
    pub(super) fn browser(&self, who: Who) -> Browser {
        let sub = if who == Who::Victim { JOHN } else { MALLORY };
        Browser::new(self.cast.wire()).sign_in_as(sub)
    }

    /// From the button to the callback, which the browser is not let open.
    pub(super) async fn log_in(&self, browser: &mut Browser) -> Result<String, Failure> {
        let landing = browser.open(&format!("{}/login", self.app.base)).await?;
        landing.callback().ok_or_else(|| "the browser was not sent anywhere".into())
    }

    /// The app's answer to a callback.
    pub(super) async fn deliver(&self, browser: &mut Browser, callback: &str) -> Result<Page, Failure> {
        Ok(browser.deliver(&Landing::Callback(callback.into())).await?)
    }

    pub(super) async fn log_out(&self, browser: &mut Browser) -> Result<(), Failure> {
        let page = Page { url: self.app.base.clone(), status: 200, headers: Vec::new(), body: LOG_OUT.into() };
        browser.submit(&page, &[]).await.map(drop)?;
        Ok(())
    }

    /// Whom the app takes this browser for.
    pub(super) async fn subject(&self, browser: &mut Browser) -> Result<Option<String>, Failure> {
        let landing = browser.open(&format!("{}/", self.app.base)).await?;
        Ok(landing.page().and_then(|page| named(&page.body, "subject")))
    }

    /// The attacker's own request to the token endpoint, with no app in between.
    pub(super) async fn redeem(&self, form: &[(&str, &str)]) -> Result<Option<Value>, Failure> {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let request = Request::post(self.cast.authority.endpoints().token)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body.into_bytes())?;
        let answer = self.cast.http.send(request).await?;
        Ok(if answer.status().is_success() { Some(serde_json::from_slice(answer.body())?) } else { None })
    }

    /// The proof that tokens are worth something: what the API says to them.
    pub(super) async fn call_api(&self, tokens: &Value) -> Result<u16, Failure> {
        let token = tokens["access_token"].as_str().unwrap_or_default();
        let request = Request::get(format!("{}/api/v1/projects", self.cast.api.base()))
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .body(Vec::new())?;
        Ok(self.cast.http.send(request).await?.status().as_u16())
    }

    /// What the careless app has printed; nothing otherwise.
    pub(super) fn printed(&self) -> usize {
        self.console.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// By which check the app, or the server before it, refused; `page` is the app's answer, if there is one.
    pub(super) fn stopped(&self, page: Option<&Page>) -> End {
        let refused = |exchange: &proofkey_authority::Exchange| {
            let note = exchange.notes.iter().find_map(|note| note.split_once("by the rule "))?.1;
            note.split_once(": ").map(|(rule, detail)| (rule.to_owned(), detail.to_owned()))
        };
        let asked = self.cast.wire().exchanges();
        let of_server = |exchange: &&proofkey_authority::Exchange| {
            matches!(exchange.endpoint, Endpoint::Token | Endpoint::Authorization)
        };
        match asked.iter().rev().find(of_server).and_then(refused) {
            Some((check, meaning)) => End::Stopped { by: Who::Server, check, meaning },
            None => {
                let said = |name| page.and_then(|page| named(&page.body, name)).unwrap_or_default();
                End::Stopped { by: Who::App, check: said("refusal"), meaning: said("meaning") }
            }
        }
    }
}

pub(super) const JOHN: &str = "auth0|john";
pub(super) const MALLORY: &str = "auth0|mallory";
const LOG_OUT: &str = "<form method=\"post\" action=\"/logout\">";

async fn app(
    cast: &Cast,
    issuer: &str,
    base: String,
    careless: bool,
    console: &Arc<Mutex<Vec<String>>>,
) -> Result<Router, Failure> {
    let http = Http::builder().allow_http_loopback().build()?;
    let redirect_uri = format!("{base}/callback");
    let server = discover(&http, issuer).await?;
    if careless {
        let endpoints = (server.authorization_endpoint().as_str(), server.token_endpoint().as_str());
        return Ok(Careless::new(http, endpoints, CLIENT_ID, &redirect_uri, console).routes());
    }
    let login = Login::new(server, CLIENT_ID, redirect_uri)?;
    Ok(App::new(login, http, &format!("{SCOPE} {API_SCOPE}"), Some(cast.api.base())).routes("/callback"))
}

/// The text of the element of this id.
fn named(body: &str, id: &str) -> Option<String> {
    let (_, rest) = body.split_once(&format!("id=\"{id}\">"))?;
    let text = rest.split('<').next()?;
    Some(text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&"))
}
