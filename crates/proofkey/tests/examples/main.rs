//! Each example, run against an authorization server on loopback.
#![cfg(feature = "reqwest")]
#![allow(clippy::unwrap_used, dead_code, unreachable_pub, missing_docs)]

use std::path::{Path, PathBuf};
use std::time::Duration;

use proofkey::token::{Http, Transport};
use proofkey_authority::lie::{JsonEdit, When};
use proofkey_authority::{Authority, Browser, Client, DevicePlan, Endpoint, Lie, PushMode, Setup};

#[path = "../../examples/api.rs"]
mod api_example;
#[path = "../../examples/axum/main.rs"]
mod axum_example;
#[path = "../../examples/blocking.rs"]
mod blocking;
#[path = "../../examples/command_line.rs"]
mod command_line;
#[path = "../../examples/device.rs"]
mod device;
#[path = "../../examples/dpop.rs"]
mod dpop;
#[path = "../../examples/fapi.rs"]
mod fapi_example;
#[path = "../../examples/machine.rs"]
mod machine_example;
#[path = "../../examples/own_transport.rs"]
mod own_transport;
#[path = "../../examples/stored.rs"]
mod stored;

mod api;
mod fapi;
mod machine;
mod terminal;
mod web;

fn http() -> Http {
    Http::builder().allow_http_loopback().timeout(Duration::from_secs(60)).build().unwrap()
}

/// A user's browser: it signs in, and brings the callback to the listener, after a request for an icon.
async fn browse(authority: &Authority, url: String) {
    let callback = Browser::new(authority.wire()).open(&url).await.unwrap().callback().unwrap();
    let (base, _) = callback.split_once("/callback").unwrap();
    for (url, status) in [(format!("{base}/favicon.ico"), 404), (callback.clone(), 200)] {
        let request = proofkey::http::Request::get(url).body(Vec::new()).unwrap();
        assert_eq!(http().send(request).await.unwrap().status(), status);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn blocking_signs_a_user_in_without_a_runtime() {
    let authority = Authority::honest().await;
    let issuer = authority.issuer().to_owned();
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let login = std::thread::spawn(move || {
        let open = |url: &str| sender.send(url.to_owned()).unwrap();
        blocking::sign_in(&blocking::agent(false), &issuer, &Client::native().id, open).unwrap().subject().to_owned()
    });
    browse(&authority, receiver.await.unwrap()).await;
    assert_eq!(tokio::task::spawn_blocking(|| login.join().unwrap()).await.unwrap(), "auth0|john");
    assert_no_faults(&authority);
    // An address that is not https is refused when the agent says so.
    let issuer = authority.issuer().to_owned();
    let refused = tokio::task::spawn_blocking(move || {
        blocking::sign_in(&blocking::agent(true), &issuer, "client", |_| panic!("no URL")).unwrap_err().to_string()
    });
    assert!(refused.await.unwrap().contains("discovery"));
}

#[tokio::test]
async fn device_signs_a_user_in() {
    let plan = DevicePlan { answers: vec!["authorization_pending".to_owned()], ..DevicePlan::default() };
    let authority = Authority::start(Setup { device: Some(plan), ..Setup::honest() }).await;
    let shown = std::cell::RefCell::new(String::new());
    let show = |text: &str| shown.borrow_mut().push_str(text);
    let identity = device::sign_in(&http(), authority.issuer(), &Client::native().id, show).await.unwrap();
    assert_eq!((identity.subject(), authority.wire().count(Endpoint::Token)), ("auth0|john", 2));
    assert_eq!(shown.into_inner(), format!("Open {}/device and enter WDJB-MJHT", authority.base()));
    assert_no_faults(&authority);
}

#[tokio::test]
async fn a_server_that_takes_pushed_requests_only_is_served() {
    let authority = Authority::start(Setup { push: PushMode::Required, ..Setup::honest() }).await;
    let http = http();
    let server = proofkey::discover(&http, authority.issuer()).await.unwrap();
    let login = proofkey::Login::new(server, Client::native().id, "http://localhost:8091/callback").unwrap();
    let (url, pending) = login.request().scope("openid").start(&http).await.unwrap().into_parts();
    let callback = Browser::new(authority.wire()).open(&url).await.unwrap().callback().unwrap();
    let identity = login.finish(&http, login.receive(pending, callback).unwrap()).await.unwrap();
    assert_eq!(identity.subject(), "auth0|john");
    assert_no_faults(&authority);
}

#[tokio::test]
async fn own_transport_is_a_function_that_is_not_send() {
    let authority = Authority::honest().await;
    let (server, log) = own_transport::look_up(http(), authority.issuer()).await.unwrap();
    assert_eq!(server.issuer().as_str(), authority.issuer());
    assert_eq!(log, ["GET /.well-known/openid-configuration: 200 OK"]);
}

/// Where another process finds the issuer and its files.
const OTHER: [&str; 2] = ["EXAMPLE_ISSUER", "EXAMPLE_FILES"];

/// The issuer and the files, in a process that a test has started.
fn given() -> Option<[String; 2]> {
    let [Ok(issuer), Ok(files)] = OTHER.map(std::env::var) else { return None };
    Some([issuer, files])
}

/// Runs one test in a process of its own. What it writes.
async fn in_another_process(test: &str, authority: &Authority, files: &Path) -> String {
    let output = tokio::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(OTHER[0], authority.issuer())
        .env(OTHER[1], files)
        .output()
        .await
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said} {}", String::from_utf8_lossy(&output.stderr));
    said
}

/// A folder for what an example stores. It is removed afterwards.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("proofkey-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// An access token that is as good as expired when it comes, as after a day. Those of a refresh last.
fn as_after_a_day() -> Lie {
    Lie::token_response([JsonEdit::set("expires_in", 20)]).only(When::First)
}

fn assert_no_faults(authority: &Authority) {
    assert!(authority.wire().faults().is_empty(), "{:?}", authority.wire().faults());
}

#[tokio::test]
async fn stored_resumes_in_another_process() {
    if let Some([issuer, file]) = given() {
        let login = stored::login_at(&http(), &issuer, &Client::native().id).await.unwrap();
        return println!("{}", stored::resume(&http(), &login, file.as_ref()).await.unwrap());
    }
    let (authority, folder) = (Authority::honest().await, Folder::new("stored"));
    let file = folder.0.join("identity.json");
    let login = stored::login_at(&http(), authority.issuer(), &Client::native().id).await.unwrap();
    let callback =
        async |url: &str| Ok(Browser::new(authority.wire()).open(url).await?.callback().ok_or("no callback")?);
    stored::sign_in(&http(), &login, &file, callback).await.unwrap();
    let said = in_another_process("stored_resumes_in_another_process", &authority, &file).await;
    assert!(said.contains("was here"), "{said}");
    assert!(!file.exists(), "tokens that were revoked are not kept");
    let wire = authority.wire();
    assert_eq!((wire.token_requests().len(), wire.revocation_requests().len()), (2, 1));
    assert_no_faults(&authority);
}
