//! Requests of reqwest to an API (AT-10, AT-11).

use std::sync::{Arc, Mutex};

use http::Method;
use proofkey_token::{AccessToken, Api, ApiCallError, ApiToken, Http, StepUp, TokenSource, Transport};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::server::{Server, read_request};

/// The tokens a and b.
struct Two;

impl TokenSource for Two {
    type Error = ApiCallError;

    async fn token(&self, _: &impl Transport, refused: Option<&ApiToken>) -> Result<Option<ApiToken>, ApiCallError> {
        let text = if refused.is_some_and(|refused| refused.access_token().expose() == "a") { "b" } else { "a" };
        Ok(Some(ApiToken::bearer(AccessToken::new(text).unwrap())))
    }
}

/// An API that answers with these heads in turn, and what it received.
async fn start(heads: &[&'static str]) -> (Server, Arc<Mutex<Vec<String>>>) {
    let received = Arc::new(Mutex::new(Vec::new()));
    let (heads, log) = (Mutex::new(heads.to_vec()), Arc::clone(&received));
    let server = Server::start(async move |mut socket: TcpStream| {
        let request = read_request(&mut socket).await;
        log.lock().unwrap().push(request);
        let head = heads.lock().unwrap().remove(0);
        let answer = format!("HTTP/1.1 {head}\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbody");
        socket.write_all(answer.as_bytes()).await.unwrap();
    })
    .await;
    (server, received)
}

fn client() -> Http {
    Http::builder().allow_http_loopback().build().unwrap()
}

fn lines(received: &Mutex<Vec<String>>, name: &str) -> Vec<String> {
    let received = received.lock().unwrap();
    let line = |request: &String| {
        let line = request.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap_or_default().trim_start_matches(": ").to_owned()
    };
    received.iter().map(line).collect()
}

#[tokio::test]
async fn at_10_a_request_of_reqwest_is_sent_again_with_a_new_token() {
    let (server, received) = start(&["401 No", "200 OK"]).await;
    let api = Api::allowing_http_loopback(server.url("/")).unwrap();
    let request = client().request(Method::PUT, server.url("/notes?a=%20b")).header("authorization", "Basic x");
    let request = request.header("x-own", "1").body("a note").build().unwrap();
    let (http, call_api) = (client(), api.clone());
    let response = tokio::spawn(async move { http.execute(&call_api, &Two, request).await }).await.unwrap().unwrap();
    assert_eq!((response.status().as_u16(), response.url().path()), (200, "/notes"));
    assert_eq!(response.text().await.unwrap(), "body");
    assert_eq!(lines(&received, "authorization"), ["Bearer a", "Bearer b"]);
    assert_eq!(lines(&received, "x-own"), ["1", "1"]);
    assert_eq!(lines(&received, "PUT "), ["/notes?a=%20b HTTP/1.1"; 2]);
    assert!(received.lock().unwrap().iter().all(|request| request.ends_with("\r\n\r\na note")));

    // A stream is sent once.
    let (source, _) = start(&["200 OK"]).await;
    let (server, received) =
        start(&["401 No\r\nWWW-Authenticate: Bearer error=insufficient_user_authentication, max_age=5"]).await;
    let api = Api::allowing_http_loopback(server.url("/")).unwrap();
    let stream = client().request(Method::GET, source.url("/")).send().await.unwrap();
    let request = client().request(Method::POST, server.url("/notes")).body(stream).build().unwrap();
    let response = client().execute(&api, &Two, request).await.unwrap();
    assert_eq!(lines(&received, "authorization"), ["Bearer a"]);
    assert_eq!(StepUp::from_head(response.status(), response.headers()).unwrap().max_age(), Some(5));
}

#[tokio::test]
async fn at_11_a_request_of_reqwest_goes_to_the_api_and_to_no_other_origin() {
    let (server, received) = start(&["307 No\r\nLocation: /elsewhere", "200 OK"]).await;
    let api = Api::allowing_http_loopback(server.url("/")).unwrap();
    let get = |url: String| client().request(Method::GET, url).build().unwrap();
    let response = client().execute(&api, &Two, get(server.url("/notes"))).await.unwrap();
    assert_eq!((response.status().as_u16(), received.lock().unwrap().len()), (307, 1));

    let (other, received) = start(&["200 OK"]).await;
    let error = client().execute(&api, &Two, get(other.url("/notes"))).await.unwrap_err();
    assert_eq!(error.code(), "token_request_another_origin");
    let named = reqwest::Url::parse(&server.url("/notes").replace("http://", "http://a@")).unwrap();
    let error = client().execute(&api, &Two, reqwest::Request::new(Method::GET, named)).await.unwrap_err();
    assert_eq!(error.code(), "transport_address");
    // https alone is allowed to this client.
    let error = Http::new().unwrap().execute(&api, &Two, get(server.url("/notes"))).await.unwrap_err();
    assert_eq!((error.code(), error.is_retryable()), ("transport_https_required", false));
    assert_eq!(received.lock().unwrap().len(), 0);
}
