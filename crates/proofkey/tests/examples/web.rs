//! The web application, with browsers that keep its cookie.

use std::time::Duration;

use proofkey::http::{Method, Request};
use proofkey::token::Transport;
use proofkey_authority::lie::TransportFault;
use proofkey_authority::{Authority, Browser, Client, Endpoint, Lie, Setup};

use crate::axum_example::{app, login_at, sessions::Sessions};
use crate::{Folder, as_after_a_day, assert_no_faults, http};

/// Starts the application, as after a restart: all that it knows is in the folder. Its address.
async fn start(authority: &Authority, client: &Client, folder: &Folder) -> String {
    let login = login_at(authority.issuer(), &client.id, client.auth.secret().map(str::to_owned)).unwrap();
    let app = app(http(), login, Sessions::new(&folder.0).unwrap());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    base
}

/// One browser of the application: it keeps the cookie.
#[derive(Clone, Default)]
struct Visitor {
    base: String,
    cookie: Option<String>,
}

struct Page {
    status: u16,
    location: Option<String>,
    text: String,
}

impl Visitor {
    async fn get(&mut self, path: &str) -> Page {
        self.send(Method::GET, path).await
    }

    async fn send(&mut self, method: Method, path: &str) -> Page {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.base));
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        let response = http().send(request.body(Vec::new()).unwrap()).await.unwrap();
        let header = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        if let Some(cookie) = header("set-cookie") {
            self.cookie = cookie.split(';').next().map(str::to_owned);
        }
        let text = String::from_utf8(response.body().clone()).unwrap();
        Page { status: response.status().as_u16(), location: header("location"), text }
    }

    /// Begins a login and signs in at the issuer. The path of the callback.
    async fn begin(&mut self, authority: &Authority) -> String {
        let url = self.get("/login").await.location.unwrap();
        let callback = Browser::new(authority.wire()).open(&url).await.unwrap().callback().unwrap();
        callback.replace("http://localhost:8091", "")
    }

    async fn sign_in(&mut self, authority: &Authority) {
        let callback = self.begin(authority).await;
        assert_eq!(self.get(&callback).await.location.as_deref(), Some("/"));
    }
}

#[tokio::test]
async fn two_tabs_sign_in_although_the_application_restarts_in_between() {
    let (authority, folder) = (Authority::honest().await, Folder::new("tabs"));
    let base = start(&authority, &Client::native(), &folder).await;
    let mut visitor = Visitor { base, cookie: None };
    assert_eq!(visitor.get("/").await.text, "Nobody is signed in");
    let callbacks = [visitor.begin(&authority).await, visitor.begin(&authority).await];
    let base = start(&authority, &Client::native(), &folder).await;
    visitor.base = base.clone();
    // A callback in another browser is refused, and costs nothing.
    let mut stranger = Visitor { base, cookie: None };
    assert_eq!(stranger.get(&callbacks[0]).await.status, 400);
    stranger.get("/login").await;
    assert_eq!(stranger.get(&callbacks[0]).await.status, 400);
    for callback in callbacks.iter().rev() {
        let before = visitor.clone();
        assert_eq!(visitor.get(callback).await.location.as_deref(), Some("/"));
        assert_eq!(visitor.get("/").await.text, "auth0|john is signed in");
        assert_eq!(visitor.get(callback).await.status, 400, "a callback counts once");
        assert_ne!(visitor.cookie, before.cookie, "the session has another name after the login");
        assert_eq!(before.clone().get("/").await.text, "Nobody is signed in", "the name from before opens nothing");
    }
    // Nor does a login whose error came back wait any longer.
    let callback = visitor.begin(&authority).await;
    for answer in [callback.replace("code=", "error="), callback] {
        assert_eq!(visitor.get(&answer).await.status, 400);
    }
    assert_eq!(authority.wire().token_requests().len(), 2);
    assert_no_faults(&authority);
}

#[tokio::test]
async fn a_day_later_a_confidential_client_refreshes_once_and_logs_out() {
    let (client, folder) = (Client::web(), Folder::new("day"));
    let authority = Authority::start(Setup { lie: Some(as_after_a_day()), ..Setup::honest() }).await;
    let mut visitor = Visitor { base: start(&authority, &client, &folder).await, cookie: None };
    visitor.sign_in(&authority).await;
    // After a restart, two tabs at once.
    visitor.base = start(&authority, &client, &folder).await;
    let mut tab = visitor.clone();
    let (one, other) = tokio::join!(visitor.get("/"), tab.get("/"));
    for page in [one, other] {
        assert_eq!(page.text, "auth0|john is signed in");
    }
    assert_eq!(authority.wire().refresh_requests().len(), 1);
    // The logout ends the session here before anything else, and the one at the issuer in the browser.
    visitor.base = start(&authority, &client, &folder).await;
    let url = visitor.send(Method::POST, "/logout").await.location.unwrap();
    assert_eq!(authority.wire().revocation_requests().len(), 1);
    for visitor in [&mut visitor, &mut tab] {
        assert_eq!(visitor.get("/").await.text, "Nobody is signed in");
    }
    let back = Browser::new(authority.wire()).open(&url).await.unwrap().callback().unwrap();
    let goodbye = back.replace("http://localhost:8091", "");
    assert_eq!(visitor.get(&goodbye).await.text, "Signed out");
    assert_eq!(visitor.get(&goodbye).await.location.as_deref(), Some("/"), "a logout is answered once");
    assert_no_faults(&authority);
}

#[tokio::test]
async fn a_session_whose_refresh_token_was_revoked_ends() {
    let folder = Folder::new("revoked");
    let authority = Authority::start(Setup { lie: Some(as_after_a_day()), ..Setup::honest() }).await;
    let mut visitor = Visitor { base: start(&authority, &Client::native(), &folder).await, cookie: None };
    visitor.sign_in(&authority).await;
    // Another place of the same user, such as a page of the issuer where applications are removed.
    let text = authority.wire().token_requests()[0].response_text();
    let token = text.split("\"refresh_token\":\"").nth(1).unwrap().split('"').next().unwrap();
    let login = proofkey::discover(&http(), authority.issuer()).await.unwrap();
    let login = proofkey::Login::new(login, Client::native().id, "http://localhost:8091/callback").unwrap();
    login.revoke(&http(), &proofkey::token::RefreshToken::new(token).unwrap()).await.unwrap();
    assert_eq!(visitor.get("/").await.status, 400);
    assert_eq!(visitor.get("/").await.text, "Nobody is signed in");
}

#[tokio::test]
async fn a_refresh_is_not_lost_when_the_browser_disconnects() {
    let folder = Folder::new("disconnect");
    let slow = Lie::Transport { at: Endpoint::Token, fault: TransportFault::Drip(1) };
    let lie = Lie::Together(vec![as_after_a_day(), slow]);
    let authority = Authority::start(Setup { lie: Some(lie), ..Setup::honest() }).await;
    let mut visitor = Visitor { base: start(&authority, &Client::native(), &folder).await, cookie: None };
    visitor.sign_in(&authority).await;
    let mut tab = visitor.clone();
    let refresh = async {
        while authority.wire().refresh_requests().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::select! {
        page = tab.get("/") => panic!("{}", page.text),
        () = refresh => {}
    }
    // The new refresh token was stored: the one from before would be refused.
    assert_eq!(visitor.get("/").await.text, "auth0|john is signed in");
    assert_eq!(authority.wire().refresh_requests().len(), 1);
    assert_no_faults(&authority);
}

#[cfg(unix)]
#[test]
fn no_one_else_can_list_the_sessions() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new("sessions");
    let sessions = folder.0.join("sessions");
    Sessions::new(&sessions).unwrap();
    assert_eq!(std::fs::metadata(sessions).unwrap().permissions().mode() & 0o777, 0o700);
}
