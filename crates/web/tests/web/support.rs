//! An application, and browsers of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request};
use axum::middleware::from_extractor;
use axum::routing::{get, post};
use proofkey::token::Http;
use proofkey_authority::lie::{JsonEdit, When};
use proofkey_authority::{Authority, Browser, Client, Lie, Setup};
use proofkey_web::{Provider, RequireLogin, User, WebLogin};
use tower::ServiceExt as _;
use tower_sessions::MemoryStore;

pub const ORIGIN: &str = "http://localhost:8091";

pub fn http() -> Http {
    Http::builder().allow_http_loopback().timeout(Duration::from_secs(60)).build().unwrap()
}

/// An authorization server that is honest but for a lie.
pub async fn lying(lie: Lie) -> Authority {
    Authority::start(Setup { lie: Some(lie), ..Setup::honest() }).await
}

/// Tokens that are as good as expired when they come from a login. Those of a refresh last.
pub fn due() -> Lie {
    Lie::token_response([JsonEdit::set("expires_in", 0)]).only(When::First)
}

pub fn provider(authority: &Authority) -> Provider {
    Provider::new(authority.issuer(), Client::native().id, "http://localhost:8091/callback")
        .scope("openid profile email offline_access")
}

pub fn web_login(provider: Provider) -> WebLogin {
    WebLogin::new(MemoryStore::default(), provider).http(http())
}

/// The routes of an application.
pub fn routes() -> Router {
    let home = |user: Option<User>| async move { user.map_or("no one".into(), |user| user.subject().to_owned()) };
    let token = |user: User| async move {
        user.access_token()
            .await
            .map(|token| token.expose().to_owned())
            .map_err(|error| (axum::http::StatusCode::BAD_GATEWAY, error.code()))
    };
    let below =
        Router::new().route("/page", get(|RequireLogin(user): RequireLogin| async move { user.subject().to_owned() }));
    Router::new()
        .route("/", get(home))
        .route("/api", get(|user: User| async move { user.subject().to_owned() }))
        .route("/token", get(token))
        .route("/change", post(|user: Option<User>| async move { user.map_or("no one", |_| "changed") }))
        .nest("/below", below)
        .merge(
            Router::new().route("/report", get(|| async { "a report" })).route_layer(from_extractor::<RequireLogin>()),
        )
}

pub fn app(authority: &Authority) -> Router {
    web_login(provider(authority)).attach(routes()).unwrap()
}

/// A clock that can be moved.
#[derive(Clone, Debug, Default)]
pub struct Clock(Arc<AtomicU64>);

impl Clock {
    pub fn advance(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }

    pub fn now(&self) -> SystemTime {
        SystemTime::now() + Duration::from_secs(self.0.load(Ordering::SeqCst))
    }
}

/// A browser of the application. A clone is another window, with the cookies of this moment.
#[derive(Clone)]
pub struct Visitor {
    pub app: Router,
    /// The value of each cookie, and whether it is sent with forms of other sites.
    pub cookies: BTreeMap<String, (String, bool)>,
    pub user: Option<String>,
}

pub struct Page {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Page {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn location(&self) -> &str {
        self.header("location")
    }

    pub fn set_cookies(&self) -> Vec<&str> {
        self.headers.get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap()).collect()
    }
}

impl Visitor {
    pub fn new(app: &Router) -> Self {
        Self { app: app.clone(), cookies: BTreeMap::new(), user: None }
    }

    pub async fn get(&mut self, path: &str) -> Page {
        self.send("GET", path, &[], "").await
    }

    /// A form of the application itself.
    pub async fn post(&mut self, path: &str) -> Page {
        self.send("POST", path, &[("sec-fetch-site", "same-origin"), ("origin", ORIGIN)], "").await
    }

    /// A form of another site: cookies with `SameSite=Lax` do not come with it.
    pub async fn post_from_another_site(&mut self, path: &str, form: &str) -> Page {
        let all = self.cookies.clone();
        self.cookies.retain(|_, (_, is_sent)| *is_sent);
        let page =
            self.send("POST", path, &[("sec-fetch-site", "cross-site"), ("origin", "http://evil.example")], form).await;
        for (name, cookie) in all.into_iter().filter(|(_, (_, is_sent))| !is_sent) {
            self.cookies.entry(name).or_insert(cookie);
        }
        page
    }

    pub async fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Page {
        let path = path.strip_prefix(ORIGIN).unwrap_or(path);
        let mut request = Request::builder().method(method).uri(path);
        if !self.cookies.is_empty() {
            let cookies: Vec<_> = self.cookies.iter().map(|(name, (value, _))| format!("{name}={value}")).collect();
            request = request.header("cookie", cookies.join("; "));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.app.clone().oneshot(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let text = String::from_utf8(to_bytes(body, 1 << 20).await.unwrap().into()).unwrap();
        let page = Page { status: parts.status.as_u16(), headers: parts.headers, text };
        for cookie in page.set_cookies() {
            let (name, rest) = cookie.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            if cookie.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), (value.to_owned(), cookie.contains("SameSite=None")));
            }
        }
        page
    }

    /// Begins a login and signs in at the provider. The address of the callback.
    pub async fn begin(&mut self, authority: &Authority, path: &str) -> String {
        let page = self.get(path).await;
        assert_eq!(page.status, 303, "{}", page.text);
        let mut browser = Browser::new(authority.wire());
        if let Some(user) = &self.user {
            browser = browser.sign_in_as(user);
        }
        browser.open(page.location()).await.unwrap().callback().unwrap()
    }

    pub async fn sign_in(&mut self, authority: &Authority) {
        let callback = self.begin(authority, "/login").await;
        let page = self.get(&callback).await;
        assert_eq!((page.status, page.location()), (303, "http://localhost:8091/"));
    }

    /// Who the application says is signed in.
    pub async fn who(&mut self) -> String {
        self.get("/").await.text
    }

    /// Opens a callback, and the page that it leads to: status and heading.
    pub async fn refused(&mut self, callback: &str) -> (u16, String) {
        let page = self.get(callback).await;
        self.failed(&page).await
    }

    pub async fn failed(&mut self, page: &Page) -> (u16, String) {
        let location = page.location().to_owned();
        assert!(location.starts_with("http://localhost:8091/login-failed?why="), "{} {location}", page.status);
        let page = self.get(&location).await;
        let heading = page.text.split("<h1>").nth(1).unwrap_or_default().split("</h1>").next().unwrap().to_owned();
        (page.status, heading)
    }

    pub fn session(&self) -> Option<&str> {
        self.cookies.get("login8091").map(|(value, _)| value.as_str())
    }

    pub fn pending(&self) -> usize {
        self.cookies.keys().filter(|name| name.starts_with("login8091-")).count()
    }
}

pub fn assert_no_faults(authority: &Authority) {
    assert!(authority.wire().faults().is_empty(), "{:?}", authority.wire().faults());
}
