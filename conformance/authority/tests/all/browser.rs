//! The login page, and the browser that fills it in.

use std::io::{Read, Write};
use std::net::TcpListener;

use proofkey_authority::{Authority, Browser, BrowserError, Endpoint, Landing, LoginMode, Setup, User};

use crate::http::{first, get, pairs, post};
use crate::login::{authorization_url, exchange};

async fn with_page() -> Authority {
    Authority::start(Setup { login: LoginMode::Page, ..Setup::honest() }).await
}

#[tokio::test]
async fn a_person_signs_in_with_a_password() {
    let authority = with_page().await;
    let mut browser = Browser::new(authority.wire());
    let landing = browser.open(&authorization_url(&authority, &[("login_hint", Some("\"><script>x"))])).await.unwrap();
    let page = landing.page().expect("the login page").clone();
    assert!(!page.body.contains("<script"), "what the client sends is escaped");
    for (name, part) in [
        ("content-security-policy", "frame-ancestors 'none'"),
        ("content-security-policy", "default-src 'none'"),
        ("content-security-policy", "form-action 'self' http://127.0.0.1:50123"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
        ("cache-control", "no-store"),
        ("set-cookie", "HttpOnly; SameSite=Lax"),
    ] {
        assert!(page.header(name).unwrap().contains(part), "{name}: {part}");
    }
    let waiting = authority.waiting_logins();
    assert_eq!((waiting.len(), waiting[0].challenge.as_deref()), (1, Some(crate::login::CHALLENGE)));
    assert_eq!((waiting[0].method.as_deref(), waiting[0].nonce.as_deref()), (Some("S256"), Some("the-nonce")));
    assert_eq!(waiting[0].state.as_deref(), Some("the-state/+ of this"));
    let john = User::john();
    let wrong = browser.submit(&page, &[("email", &john.email), ("password", "wrong")]).await.unwrap();
    assert_eq!(wrong.page().expect("the page again").status, 401);
    assert!(authority.stored_codes().is_empty());
    let landing = browser.submit(&page, &[("email", &john.email), ("password", &john.password)]).await.unwrap();
    let callback = landing.callback().expect("the callback");
    let code = pairs(callback.split_once('?').unwrap().1);
    assert_eq!(exchange(&authority, first(&code, "code").unwrap(), &[]).status, 200);
    let form = authority.wire().at(Endpoint::Login).pop().unwrap();
    assert_eq!(form.status, Some(303), "the password is not posted on");
    let again = browser.submit(&page, &[("email", &john.email), ("password", &john.password)]).await.unwrap();
    assert_eq!(again.page().expect("a page").status, 400, "a login ends once");
    assert!(authority.waiting_logins().is_empty());
    assert_eq!(authority.stored_codes().len(), 1);
}

#[tokio::test]
async fn who_has_signed_in_is_not_asked_again_unless_the_client_wants_it() {
    let authority = with_page().await;
    let mut browser = Browser::new(authority.wire());
    let url = authorization_url(&authority, &[]);
    let page = browser.open(&url).await.unwrap().page().expect("the login page").clone();
    let john = User::john();
    browser.submit(&page, &[("email", &john.email), ("password", &john.password)]).await.unwrap();
    assert!(browser.open(&url).await.unwrap().callback().is_some());
    let again = browser.open(&authorization_url(&authority, &[("prompt", Some("login"))])).await.unwrap();
    assert!(again.page().is_some());
    authority.clock().advance(100);
    let recent = browser.open(&authorization_url(&authority, &[("max_age", Some("50"))])).await.unwrap();
    assert!(recent.page().is_some(), "the sign-in is older than max_age");
    let silent = browser.open(&authorization_url(&authority, &[("prompt", Some("none"))])).await.unwrap();
    assert!(silent.callback().unwrap().contains("code="));
    let elsewhere = url.replacen("127.0.0.1", "localhost", 1);
    assert!(browser.open(&elsewhere).await.unwrap().page().is_some(), "another host has its own cookies");
    let mut other = Browser::new(authority.wire());
    assert!(other.open(&url).await.unwrap().page().is_some(), "another browser has no session");
}

#[tokio::test]
async fn a_login_begun_in_another_browser_is_refused() {
    let authority = with_page().await;
    let mut victim = Browser::new(authority.wire());
    let page = Browser::new(authority.wire())
        .open(&authorization_url(&authority, &[]))
        .await
        .unwrap()
        .page()
        .expect("the attacker's login page")
        .clone();
    let john = User::john();
    let landing = victim.submit(&page, &[("email", &john.email), ("password", &john.password)]).await.unwrap();
    assert_eq!(landing.page().expect("a page").status, 400);
    // Having begun a login of one's own does not help.
    victim.open(&authorization_url(&authority, &[])).await.unwrap();
    let landing = victim.submit(&page, &[("email", &john.email), ("password", &john.password)]).await.unwrap();
    assert_eq!(landing.page().expect("a page").status, 400);
    let mut fields = vec![("email", john.email.as_str()), ("password", john.password.as_str())];
    fields.push(("login", ""));
    assert_eq!(post(&format!("{}/u/login", authority.base()), &[("cookie", "authority_login=")], &fields).status, 400);
    assert_eq!(get(&format!("{}/u/login", authority.base())).status, 405);
    assert!(authority.stored_codes().is_empty());
}

#[tokio::test]
async fn the_person_at_an_authority_without_a_page_is_the_browsers() {
    let authority = Authority::honest().await;
    let url = authorization_url(&authority, &[]);
    Browser::new(authority.wire()).open(&url).await.unwrap();
    Browser::new(authority.wire()).sign_in_as("auth0|mallory").open(&url).await.unwrap();
    Browser::new(authority.wire()).sign_in_as("nobody").open(&url).await.unwrap();
    let subs: Vec<String> = authority.stored_codes().into_iter().map(|code| code.sub).collect();
    assert_eq!(subs, ["auth0|john", "auth0|mallory", "auth0|john"]);
}

/// A client that listens for one request and returns its text.
fn listening_client() -> (String, std::thread::JoinHandle<String>) {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/callback", socket.local_addr().unwrap());
    let thread = std::thread::spawn(move || {
        let (mut stream, _) = socket.accept().unwrap();
        let mut buffer = [0; 4096];
        let read = stream.read(&mut buffer).unwrap();
        // HTTP/1.0 without a length, as small listeners answer.
        stream.write_all(b"HTTP/1.0 200 OK\r\ncontent-type: text/plain\r\n\r\nsigned in").unwrap();
        String::from_utf8_lossy(&buffer[..read]).into_owned()
    });
    (address, thread)
}

#[tokio::test]
async fn the_callback_is_delivered_and_written_down() {
    let authority = Authority::honest().await;
    let (address, client) = listening_client();
    let mut browser = Browser::new(authority.wire());
    let url = authorization_url(&authority, &[("redirect_uri", Some(&address))]);
    let landing = browser.open(&url).await.unwrap();
    let page = browser.deliver(&landing).await.unwrap();
    assert_eq!((page.status, page.body.as_str()), (200, "signed in"));
    assert!(client.join().unwrap().starts_with("GET /callback?code="));
    let visit = authority.wire().at(Endpoint::App).remove(0);
    assert_eq!((visit.to.as_str(), visit.status), ("client", Some(200)));
    assert!(visit.query("code").is_some());
}

#[tokio::test]
async fn a_client_that_does_not_listen_is_an_error_and_still_a_visit() {
    let authority = Authority::honest().await;
    let gone = {
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}/callback", socket.local_addr().unwrap())
    };
    let mut browser = Browser::new(authority.wire());
    let error = browser.deliver(&Landing::Callback(gone)).await.unwrap_err();
    assert_eq!(error.code(), "unreachable");
    assert_eq!(authority.wire().at(Endpoint::App).remove(0).status, None);
    let page = with_page().await;
    let landing = browser.open(&authorization_url(&page, &[])).await;
    let page = landing.unwrap().page().cloned().unwrap();
    assert_eq!(browser.click(&page, "Nowhere").await, Err(BrowserError::NoLink("Nowhere".into())));
}

#[tokio::test]
async fn a_page_of_the_client_is_in_the_log_too() {
    let authority = with_page().await;
    let client = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/login?again=1", client.local_addr().unwrap());
    let login = authorization_url(&authority, &[]);
    let visited = std::thread::spawn(move || {
        let (mut stream, _) = client.accept().unwrap();
        let _ = stream.read(&mut [0; 4096]).unwrap();
        write!(stream, "HTTP/1.1 302 Found\r\nlocation: {login}\r\ncontent-length: 0\r\n\r\n").unwrap();
    });
    let landing = Browser::new(authority.wire()).open(&address).await.unwrap();
    visited.join().unwrap();
    assert!(landing.page().is_some_and(|page| page.body.contains("Password")));
    let log = authority.wire().exchanges();
    let order: Vec<_> = log.iter().map(|exchange| (exchange.to.as_str(), exchange.endpoint)).collect();
    assert_eq!(order, [("client", Endpoint::App), ("authority", Endpoint::Authorization)]);
    assert_eq!((log[0].path.as_str(), log[0].query("again"), log[0].status), ("/login", Some("1"), Some(302)));
}
