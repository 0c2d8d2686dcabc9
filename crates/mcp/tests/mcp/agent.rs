//! The two examples, with a real authorization server between them and a browser.

use std::sync::{Arc, Mutex};

use proofkey::http::Request;
use proofkey::token::{Http, Transport};
use proofkey_authority::{Authority, Browser, Client, Setup};
use proofkey_mcp::{McpClient, McpError, McpServer, NativeAuthorization, Registration};
use proofkey_native::{Opened, Receiver};
use serde_json::json;
use tokio::net::TcpListener;

use crate::desk::{demand, parameter};

#[allow(dead_code, unreachable_pub)]
#[path = "../../examples/agent.rs"]
mod example;
#[allow(dead_code, unreachable_pub)]
#[path = "../../examples/server.rs"]
mod server;

use example::Agent;

/// An MCP server and its authorization server.
struct Place {
    url: String,
    authority: Arc<Authority>,
    http: Http,
    /// The URLs that the user was sent to.
    opened: Arc<Mutex<Vec<String>>>,
}

impl Place {
    async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/mcp", listener.local_addr().unwrap());
        let authority = Authority::start(Setup { api: Some(url.clone()), ..Setup::honest() }).await;
        let http = Http::builder().allow_http_loopback().build().unwrap();
        let app = server::app(http.clone(), authority.issuer(), &url).await.unwrap();
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { url, authority: Arc::new(authority), http, opened: Arc::default() }
    }

    fn registration(&self) -> Registration {
        Registration::new(self.authority.issuer(), Client::native().id).unwrap()
    }

    /// A user who consents to everything.
    fn open(&self) -> example::Open {
        let (authority, http, opened) = (Arc::clone(&self.authority), self.http.clone(), Arc::clone(&self.opened));
        Box::new(move |url| {
            opened.lock().unwrap().push(url.to_owned());
            let (authority, http, url) = (Arc::clone(&authority), http.clone(), url.to_owned());
            tokio::spawn(async move {
                let callback = Browser::new(authority.wire()).open(&url).await.unwrap().callback().unwrap();
                let get = |url: String| http.send(Request::get(url).body(Vec::new()).unwrap());
                let answer = get(callback.clone()).await.unwrap();
                let page = answer.headers()["location"].to_str().unwrap();
                get(format!("{}{page}", callback.split("/callback").next().unwrap())).await.unwrap();
            });
            Opened::Browser
        })
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_logs_in_lists_the_tools_and_is_given_more() {
    let place = Place::new().await;
    let mut agent = Agent::new(place.http.clone(), &place.url, Some(place.registration()), place.open()).unwrap();
    agent.call("initialize", json!({"protocolVersion": "2025-11-25"})).await.unwrap();
    let tools = agent.call("tools/list", json!({})).await.unwrap();
    assert_eq!(tools["tools"][0]["name"], "write_note");
    let asked = || -> Vec<_> {
        let opened = place.opened.lock().unwrap();
        opened.iter().map(|url| parameter(url, "scope").unwrap()).collect()
    };
    assert_eq!(asked(), ["tools.list offline_access"], "the user was asked once");

    // Another call needs another scope.
    let called = agent.call("tools/call", json!({"name": "write_note"})).await.unwrap();
    assert_eq!(called["content"][0]["text"], "written");
    assert_eq!(asked()[1..], ["tools.list offline_access notes.write"]);
    agent.call("tools/list", json!({})).await.unwrap();
    assert_eq!(asked().len(), 2, "nothing was lost by it");
    assert!(place.authority.wire().faults().is_empty(), "{:?}", place.authority.wire().faults());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_an_executor_the_same_and_a_client_that_returns_elsewhere_is_refused() {
    let place = Place::new().await;
    let runtime = tokio::runtime::Handle::current();
    let (http, url, registration, open) = (place.http.clone(), place.url.clone(), place.registration(), place.open());
    let run = move || {
        let entered = runtime.enter();
        let send = |request| runtime.block_on(http.send(request));
        let (server, receiver) = (McpServer::new(url).unwrap(), Receiver::bind().unwrap());
        let client = McpClient::new("agent", "http://127.0.0.1/callback").unwrap();
        let first = demand("");
        let elsewhere = NativeAuthorization::new(client.authorization(&server, &first), receiver);
        let elsewhere = elsewhere.open(|_| unreachable!("nobody is asked")).run_blocking(&send);
        let receiver = Receiver::bind().unwrap();
        let client = client.with_redirect_uri(receiver.redirect_uri().clone());
        let authorization = client.authorization(&server, &first).registration(registration);
        let session = NativeAuthorization::new(authorization, receiver).open(|url| open(url)).announce(|_, _| {});
        let session = session.run_blocking(&send);
        drop(entered);
        (elsewhere, session)
    };
    let (elsewhere, session) = tokio::task::spawn_blocking(run).await.unwrap();
    let error = elsewhere.unwrap_err();
    assert!(matches!(error, McpError::Native(_)) && error.code() == "native_redirect_uri", "{error}");
    assert_eq!(session.unwrap().scope().unwrap().as_str(), "tools.list");
}
