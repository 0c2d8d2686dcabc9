//! Callbacks over HTTP: what the listener takes, what it shrugs off, and when it is gone.

use proofkey_authority::{Authority, Browser, Client, Setup};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::drive::{Shim, config};

/// A login that waits for its callback.
struct Waiting {
    shim: Shim,
    _authority: Authority,
    /// The callback as the server sent it.
    callback: String,
}

async fn begin(defects: &[&str], redirect_uri: &str) -> Waiting {
    let authority = Authority::start(Setup::witness()).await;
    let mut shim = Shim::start(defects).await;
    let begun = shim.ask(config(&authority, &Client::native(), &json!({"redirect_uri": redirect_uri}))).await;
    assert!(!begun["redirect_uri"].as_str().unwrap().contains(":0/"), "{begun}");
    let landing = Browser::new(authority.wire()).open(begun["url"].as_str().unwrap()).await.unwrap();
    let callback = landing.callback().unwrap();
    assert!(callback.starts_with(begun["redirect_uri"].as_str().unwrap()));
    Waiting { shim, _authority: authority, callback }
}

/// Host and port of an address.
fn authority_of(url: &str) -> &str {
    url.trim_start_matches("http://").split('/').next().unwrap()
}

/// Path and query of an address.
fn target_of(url: &str) -> &str {
    url.trim_start_matches("http://").trim_start_matches(authority_of(url))
}

/// Sends a request as it is; the answer, or nothing when nobody listens.
async fn raw(address: &str, request: &str) -> Option<String> {
    let mut stream = TcpStream::connect(address).await.ok()?;
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.ok()?;
    Some(answer)
}

async fn get(url: &str) -> Option<String> {
    let host = authority_of(url);
    raw(host, &format!("GET {} HTTP/1.1\r\nHost: {host}\r\n\r\n", target_of(url))).await
}

async fn verdict(shim: &mut Shim) -> Value {
    let result = shim.hear().await.expect("a result");
    if result["ok"] == true { json!("ok") } else { result["class"].clone() }
}

#[tokio::test]
async fn a_callback_ends_the_login_and_the_listener() {
    let has_ipv6 = std::net::TcpListener::bind("[::1]:0").is_ok();
    let addresses = ["http://127.0.0.1:0/callback", "http://localhost:0/callback", "http://[::1]:0/callback"];
    for redirect_uri in addresses.into_iter().take(if has_ipv6 { 3 } else { 2 }) {
        let mut login = begin(&[], redirect_uri).await;
        let page = get(&login.callback).await.unwrap();
        assert!(page.starts_with("HTTP/1.1 200 "), "{page}");
        assert_eq!(verdict(&mut login.shim).await, "ok");
        assert_eq!(get(&login.callback).await, None, "still listening");
        // A second time by the other way is answered as well.
        let again = login.shim.ask(json!({"t": "callback", "flow": "f1", "url": login.callback})).await;
        assert_eq!(again["class"], "state");
        assert_eq!(login.shim.end().await.code, 0);
    }
}

#[tokio::test]
async fn junk_is_shrugged_off() {
    let mut login = begin(&[], "http://127.0.0.1:0/callback").await;
    let address = authority_of(&login.callback).to_owned();
    let half_open = TcpStream::connect(&address).await.unwrap();
    let host = format!("Host: {address}\r\n\r\n");
    let target = target_of(&login.callback);
    for request in [
        format!("GET /favicon.ico HTTP/1.1\r\n{host}"),
        format!("GET / HTTP/1.1\r\n{host}"),
        format!("GET /callback HTTP/1.1\r\n{host}"),
        format!("GET /callback?x=y HTTP/1.1\r\n{host}"),
        format!("POST {target} HTTP/1.1\r\nContent-Length: 0\r\n{host}"),
        "\r\n\r\n".to_owned(),
        "GET\r\n\r\n".to_owned(),
    ] {
        let page = raw(&address, &request).await.unwrap();
        assert!(page.starts_with("HTTP/1.1 404 "), "{request:?}: {page}");
    }
    get(&login.callback).await.unwrap();
    assert_eq!(verdict(&mut login.shim).await, "ok");
    drop(half_open);
}

#[tokio::test]
async fn an_answer_at_a_wrong_address_is_refused_and_the_login_goes_on() {
    let mut login = begin(&[], "http://127.0.0.1:0/callback").await;
    let address = authority_of(&login.callback).to_owned();
    let elsewhere = login.callback.replace("/callback", "/other");
    assert!(get(&elsewhere).await.unwrap().starts_with("HTTP/1.1 404 "));
    assert_eq!(verdict(&mut login.shim).await, "callback_malformed");
    let target = target_of(&login.callback);
    let rebound = format!("GET {target} HTTP/1.1\r\nHost: attacker.example\r\n\r\n");
    assert!(raw(&address, &rebound).await.unwrap().starts_with("HTTP/1.1 404 "));
    assert_eq!(verdict(&mut login.shim).await, "callback_malformed");
    get(&login.callback.replace("state=", "state=x")).await.unwrap();
    assert_eq!(verdict(&mut login.shim).await, "state");
    get(&format!("{}&x={}", login.callback, "a".repeat(65_536))).await.unwrap();
    assert_eq!(verdict(&mut login.shim).await, "callback_malformed");
    get(&login.callback).await.unwrap();
    assert_eq!(verdict(&mut login.shim).await, "ok");
}

#[tokio::test]
async fn the_page_has_nothing_of_the_request_in_it() {
    let mut login = begin(&[], "http://127.0.0.1:0/callback").await;
    let address = format!("{}&return_to=http://attacker.example/<script>", login.callback);
    let page = get(&address).await.unwrap();
    assert!(!page.contains("attacker") && !page.contains("script") && !page.contains("state"), "{page}");
    for header in ["Referrer-Policy: no-referrer", "Cache-Control: no-store", "default-src 'none'", "nosniff"] {
        assert!(page.contains(header), "{header}: {page}");
    }
    assert_eq!(verdict(&mut login.shim).await, "ok");
    for (switch, visible) in [
        ("listener-echo", "<script>"),
        ("listener-open-redirect", "Location: http://attacker.example/"),
        ("listener-third-party", "https://cdn.example/"),
    ] {
        let login = begin(&[switch], "http://127.0.0.1:0/callback").await;
        let address = format!("{}&return_to=http://attacker.example/<script>", login.callback);
        assert!(get(&address).await.unwrap().contains(visible), "{switch}");
    }
    for (switch, missing) in [("listener-referrer", "Referrer-Policy"), ("listener-cacheable", "Cache-Control")] {
        let login = begin(&[switch], "http://127.0.0.1:0/callback").await;
        assert!(!get(&login.callback).await.unwrap().contains(missing), "{switch}");
    }
}

#[tokio::test]
async fn what_a_careless_listener_does() {
    let mut login = begin(&["listener-stays-open"], "http://127.0.0.1:0/callback").await;
    get(&login.callback).await.unwrap();
    assert_eq!(verdict(&mut login.shim).await, "ok");
    assert!(get(&login.callback).await.is_some());

    let mut login = begin(&["listener-any-path"], "http://127.0.0.1:0/callback").await;
    get(&login.callback.replace("/callback", "/other")).await.unwrap();
    assert_eq!(verdict(&mut login.shim).await, "ok");

    let mut login = begin(&["listener-any-method"], "http://127.0.0.1:0/callback").await;
    let (address, target) = (authority_of(&login.callback), target_of(&login.callback));
    raw(address, &format!("POST {target} HTTP/1.1\r\nHost: {address}\r\n\r\n")).await.unwrap();
    assert_eq!(verdict(&mut login.shim).await, "ok");

    let mut login = begin(&["listener-junk-ends"], "http://127.0.0.1:0/callback").await;
    get(&login.callback.replace("/callback?", "/favicon.ico?x")).await.unwrap();
    assert_ne!(verdict(&mut login.shim).await, "ok");
}
