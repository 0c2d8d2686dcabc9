//! The cast of the book: an authorization server with Auth0's shapes, a Google behind it, and a Flyte-like API, all on
//! loopback and all in one log.

mod anybody;
mod api;

use std::error::Error;

use proofkey::token::Http;
use proofkey::{Login, discover};
use proofkey_authority::{Authority, Browser, Client, Clock, Landing, LoginMode, Page, Setup, Upstream, User, Wire};

pub use anybody::parameter;
pub use api::Api;

/// The app's `client_id` at the authorization server.
pub const CLIENT_ID: &str = "QhgXEVKKNmJzLwQxZeUuxtfqXlf619S5";
/// Where the authorization server sends people back to the app.
pub const REDIRECT_URI: &str = "http://localhost:8091/callback";
/// What the app asks for: who somebody is.
pub const SCOPE: &str = "openid profile email";
/// The app's first code.
pub const CODE: &str = "AUTH_CODE_abc123xyz789";
/// The first code that Google issues to the authorization server.
pub const GOOGLE_CODE: &str = "GOOGLE_AUTH_CODE_xyz123";
/// When the book plays: 2024-01-27 13:40:00 UTC.
pub const NOW: i64 = 1_706_362_800;
/// The API's name, by which access tokens are addressed to it.
pub const AUDIENCE: &str = "https://flyte.example/";
/// What the API's calls need.
pub const API_SCOPE: &str = "read:workflows write:workflows";

/// What can go wrong in a listing: anything, and then the listing fails.
pub type Failure = Box<dyn Error + Send + Sync>;

/// Everybody but the app and the person. They stop when this is dropped.
#[derive(Debug)]
pub struct Cast {
    /// The authorization server that the app trusts.
    pub authority: Authority,
    /// The provider that the authorization server trusts.
    pub google: Authority,
    /// What an access token opens.
    pub api: Api,
    /// The app's HTTP client.
    pub http: Http,
}

impl Cast {
    /// The cast of the book. Time stands at [`NOW`], and the first codes are [`CODE`] and [`GOOGLE_CODE`].
    ///
    /// # Errors
    ///
    /// When something cannot be started on loopback.
    pub async fn start() -> Result<Self, Failure> {
        Self::start_with(Self::setup(), Clock::stopped_at(NOW)).await
    }

    /// The cast with another authorization server, or another clock: one that runs, say.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub async fn start_with(setup: Setup, clock: Clock) -> Result<Self, Failure> {
        let wire = Wire::new();
        let codes = if setup.codes.is_empty() { Vec::new() } else { vec![GOOGLE_CODE.to_owned()] };
        let google = Setup { clients: Vec::new(), codes, ..Setup::google("") };
        let google = Authority::start_with(google, &wire, &clock).await;
        let setup = Setup { upstream: Some(Upstream::google(google.base())), ..setup };
        let audience = setup.api.clone().unwrap_or_else(|| AUDIENCE.into());
        let authority = Authority::start_with(setup, &wire, &clock).await;
        google.register(Client::google(&format!("{}/login/callback", authority.base())));
        let http = Http::builder().allow_http_loopback().build()?;
        let api = Api::start(authority.issuer(), &audience, authority.jwks_json().as_bytes(), &clock, &wire).await?;
        Ok(Self { authority, google, api, http })
    }

    /// The authorization server of the book, to be changed: honest and strict, with a login page.
    #[must_use]
    pub fn setup() -> Setup {
        Setup {
            login: LoginMode::Page,
            codes: vec![CODE.to_owned()],
            api: Some(AUDIENCE.to_owned()),
            ..Setup::honest()
        }
    }

    /// What crossed the wire, in order.
    #[must_use]
    pub fn wire(&self) -> &Wire {
        self.authority.wire()
    }

    /// The time at which everybody's clock stands.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        self.authority.clock()
    }

    /// A browser in which nobody has signed in anywhere.
    #[must_use]
    pub fn browser(&self) -> Browser {
        Browser::new(self.wire())
    }

    /// The app's side: the authorization server discovered, and the app registered there.
    ///
    /// # Errors
    ///
    /// When discovery fails.
    pub async fn login(&self) -> Result<Login, Failure> {
        let server = discover(&self.http, self.authority.issuer()).await?;
        let clock = self.clock().clone();
        Ok(Login::new(server, CLIENT_ID, REDIRECT_URI)?.with_clock(move || clock.now()))
    }

    /// John Doe opens `url`, presses "Continue with Google", signs in there, and is sent back to the app: the URL of
    /// the callback, which the browser has not opened yet.
    ///
    /// # Errors
    ///
    /// When a page is missing on the way.
    pub async fn sign_in(&self, browser: &mut Browser, url: &str) -> Result<String, Failure> {
        let login = page(browser.open(url).await?)?;
        let google = page(browser.click(&login, "Continue with Google").await?)?;
        let john = User::google();
        let landing = browser.submit(&google, &[("email", &john.email), ("password", &john.password)]).await?;
        landing.callback().ok_or_else(|| "the browser was not sent back to the app".into())
    }
}

fn page(landing: Landing) -> Result<Page, Failure> {
    landing.page().cloned().ok_or_else(|| "the browser was sent on where a page was expected".into())
}
