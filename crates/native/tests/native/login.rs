use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use proofkey::token::{Http, Transport};
use proofkey::{Login, discover};
use proofkey_authority::{Authority, Browser, Client, PushMode, Setup};
use proofkey_native::{NativeLogin, NativeLoginError, Opened, Receiver};

use crate::browser::{follow, get};

fn http() -> Http {
    Http::builder().allow_http_loopback().timeout(Duration::from_secs(20)).build().unwrap()
}

async fn login(authority: &Authority, receiver: &Receiver) -> Login {
    let server = discover(&http(), authority.issuer()).await.unwrap();
    Login::new(server, Client::native().id, receiver.redirect_uri().as_str()).unwrap()
}

/// A user's browser: opens the page, signs in, returns to the program and reads the closing page.
async fn browse(authority: &Authority, url: &str) -> String {
    let callback = Browser::new(authority.wire()).open(url).await.unwrap().callback().unwrap();
    tokio::task::spawn_blocking(move || follow(&callback, &get(&callback))).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_is_signed_in() {
    let authority = Authority::honest().await;
    let receiver = Receiver::bind().unwrap();
    let login = login(&authority, &receiver).await;
    let (sender, url) = tokio::sync::oneshot::channel();
    let (announced, seen) = channel();
    let native = NativeLogin::new(&login, receiver)
        .request(login.request().scope("openid profile"))
        .open(move |url| sender.send(url.to_owned()).map_or(Opened::NoDisplay, |()| Opened::Browser))
        .announce(move |announcement| announced.send(announcement.to_string()).unwrap());
    let http = http();
    let (identity, page) = tokio::join!(native.run(&http), async { browse(&authority, &url.await.unwrap()).await });
    assert_eq!(identity.unwrap().subject(), "auth0|john");
    assert!(page.contains("You are signed in"), "{page}");
    let text = seen.recv().unwrap();
    assert!(text.contains("Your browser opens this page") && text.contains(authority.issuer()), "{text}");
    assert!(authority.wire().faults().is_empty(), "{:?}", authority.wire().faults());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_is_signed_in_without_an_executor() {
    let authority = Authority::honest().await;
    let receiver = Receiver::bind().unwrap();
    let login = login(&authority, &receiver).await;
    let runtime = tokio::runtime::Handle::current();
    let (sender, url) = tokio::sync::oneshot::channel();
    let identity = thread::spawn(move || {
        let http = http();
        let send = |request| runtime.block_on(http.send(request));
        let native = NativeLogin::new(&login, receiver).request(login.request().scope("openid"));
        let native = native.open(|_| Opened::NotAsked).announce(|page| sender.send(page.url().to_owned()).unwrap());
        native.run_blocking(&send).map(|identity| identity.subject().to_owned())
    });
    assert!(browse(&authority, &url.await.unwrap()).await.contains("You are signed in"));
    let identity = tokio::task::spawn_blocking(|| identity.join().unwrap()).await.unwrap();
    assert_eq!(identity.unwrap(), "auth0|john");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_the_server_wants_pushed_is_pushed() {
    let authority = Authority::start(Setup { push: PushMode::Required, ..Setup::honest() }).await;
    let receiver = Receiver::bind().unwrap();
    let login = login(&authority, &receiver).await;
    let (sender, url) = tokio::sync::oneshot::channel();
    let native = NativeLogin::new(&login, receiver).request(login.request().scope("openid"));
    let native = native.open(|_| Opened::NotAsked).announce(|page| sender.send(page.url().to_owned()).unwrap());
    let http = http();
    let (identity, page) = tokio::join!(native.run(&http), async { browse(&authority, &url.await.unwrap()).await });
    assert_eq!(identity.unwrap().subject(), "auth0|john");
    assert!(page.contains("You are signed in"), "{page}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_that_fails_is_told_in_the_browser_too() {
    let authority = Authority::honest().await;
    let receiver = Receiver::bind().unwrap();
    let base = receiver.redirect_uri().as_str().to_owned();
    let login = login(&authority, &receiver).await;
    let (sender, url) = tokio::sync::oneshot::channel();
    let native = NativeLogin::new(&login, receiver).request(login.request().scope("openid"));
    let native = native.open(|_| Opened::NotAsked).announce(|page| sender.send(page.url().to_owned()).unwrap());
    let http = http();
    let (identity, page) = tokio::join!(native.run(&http), async {
        let url = url.await.unwrap();
        let state = url.split("&state=").nth(1).unwrap().split('&').next().unwrap().to_owned();
        let issuer = authority.issuer().replace(':', "%3A").replace('/', "%2F");
        let callback = format!("{base}?error=access_denied&state={state}&iss={issuer}");
        tokio::task::spawn_blocking(move || follow(&callback, &get(&callback))).await.unwrap()
    });
    let error = identity.unwrap_err();
    assert_eq!(error.code(), "callback_refused");
    assert!(matches!(&error, NativeLoginError::Login(error) if error.server_error() == Some("access_denied")));
    assert!(page.contains("You are not signed in") && page.contains("access_denied"), "{page}");
}

#[tokio::test]
async fn a_login_that_is_given_up_frees_its_port() {
    let authority = Authority::honest().await;
    let receiver = Receiver::bind().unwrap();
    let port = receiver.redirect_uri().as_str().to_owned();
    let login = login(&authority, &receiver).await;
    let http = http();
    let native = NativeLogin::new(&login, receiver).request(login.request().scope("openid"));
    let run = native.open(|_| Opened::NotAsked).announce(|_| {}).run(&http);
    assert!(tokio::time::timeout(Duration::from_millis(500), run).await.is_err());
    let address = port.trim_start_matches("http://").trim_end_matches("/callback").to_owned();
    std::net::TcpListener::bind(address).unwrap();
}

#[tokio::test]
async fn a_login_that_would_return_to_another_place_is_refused_before_the_browser_opens() {
    let authority = Authority::honest().await;
    let http = http();
    for redirect_uri in ["http://localhost:8091/callback", "https://app.example/callback"] {
        let server = discover(&http, authority.issuer()).await.unwrap();
        let login = Login::new(server, Client::native().id, redirect_uri).unwrap();
        let native = NativeLogin::new(&login, Receiver::bind().unwrap()).request(login.request().scope("openid"));
        let error = native.open(|_| panic!("opened")).run(&http).await.unwrap_err();
        assert_eq!(error.code(), "native_redirect_uri");
        assert!(error.to_string().contains(redirect_uri) && error.to_string().contains("127.0.0.1"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_callback_by_a_private_use_scheme_is_handed_over() {
    let redirect_uri = "com.example.app:/callback";
    let client = Client { id: "desktop".into(), redirect_uris: vec![redirect_uri.into()], ..Client::native() };
    let authority = Authority::start(Setup { clients: vec![client], ..Setup::honest() }).await;
    let (http, receiver) = (http(), Receiver::bind().unwrap());
    let handle = receiver.handle();
    let login = Login::new(discover(&http, authority.issuer()).await.unwrap(), "desktop", redirect_uri).unwrap();
    let (sender, url) = tokio::sync::oneshot::channel();
    let native = NativeLogin::new(&login, receiver).request(login.request().scope("openid"));
    let native = native.open(|_| Opened::NotAsked).announce(move |page| sender.send(page.url().to_owned()).unwrap());
    let (identity, ()) = tokio::join!(native.run(&http), async {
        let callback = Browser::new(authority.wire()).open(&url.await.unwrap()).await.unwrap().callback().unwrap();
        assert!(tokio::task::spawn_blocking(move || handle.submit(callback)).await.unwrap());
    });
    assert_eq!(identity.unwrap().subject(), "auth0|john");
}

#[test]
fn a_user_without_a_browser_learns_the_port_to_forward() {
    // What the text says by default; the URL and the port come from the login.
    let mut announced = Vec::new();
    for opened in [Opened::RemoteSession, Opened::NoDisplay] {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let authority = Authority::honest().await;
            let receiver = Receiver::builder().timeout(Duration::from_millis(1)).bind().unwrap();
            let login = login(&authority, &receiver).await;
            let native = NativeLogin::new(&login, receiver).request(login.request().scope("openid")).open(|_| opened);
            let native = native.announce(|page| announced.push((page.port(), page.to_string())));
            assert_eq!(native.run(&http()).await.unwrap_err().code(), "native_timed_out");
        });
    }
    for (port, text) in announced {
        assert!(text.contains(&format!("ssh -L {port}:127.0.0.1:{port} HOST")), "{text}");
    }
}
