//! The probe at servers that want its harm, or refuse everything.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::runtime::Handle;

use super::browser::Browser;
use super::catalogue::all;
use super::config::Config;
use super::http::{Http, Limits, client};
use super::reach::Reach;
use super::run::{Options, run, set_up};
use super::target::Target;
use crate::results::Results;

const CLIENT: &str = "scope = \"profile\"\n[[client]]\nid = \"c\"\nredirect_uris = [\"http://127.0.0.1/cb\"]\n";

/// Longer than a loaded machine takes.
const LONG: Duration = Duration::from_secs(600);

/// A server that writes what `answer` makes of the request, and how many requests it got. The answer may be endless.
fn serve(answer: impl Fn(&str, &mut TcpStream) + Send + Sync + 'static) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (count, answer) = (Arc::new(AtomicUsize::new(0)), Arc::new(answer));
    let counted = count.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (answer, counted) = (answer.clone(), counted.clone());
            std::thread::spawn(move || {
                let Ok(mut stream) = stream else { return };
                let mut request = vec![0; 65_536];
                let length = stream.read(&mut request).unwrap_or(0);
                counted.fetch_add(1, Ordering::SeqCst);
                answer(&String::from_utf8_lossy(&request[..length]), &mut stream);
            });
        }
    });
    (address, count)
}

fn reply(stream: &mut TcpStream, head: &str, body: &str) {
    let length = body.len();
    let _ = write!(stream, "HTTP/1.1 {head}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}");
}

fn metadata(address: &str, token: &str) -> String {
    format!(
        "{{\"issuer\":\"http://{address}\",\"authorization_endpoint\":\"http://{address}/auth\",\"token_endpoint\":\"{token}\"}}"
    )
}

/// The results of all probes at this issuer without the set-up, or why there are none; and why the set-up fails.
async fn probed(address: SocketAddr, answer: Duration) -> Result<(Results, Result<(), String>), String> {
    let runtime = Handle::current();
    let probed = tokio::task::spawn_blocking(move || {
        let issuer = format!("http://{address}");
        let limits = Limits { rate: 0, requests: 2000, time: LONG, answer };
        let http = Http::new(runtime, client(None)?, Reach::new(&issuer, &[], false)?, limits, Vec::new());
        let target = Target::discover(&issuer, Config::parse(CLIENT)?, &http)?;
        let ready = set_up(&http, &target, &mut Browser::new());
        Ok((run(&http, &target, &mut Browser::new(), &all(), &Options::default(), |_| {}), ready))
    });
    probed.await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_refuses_everything_passes_nothing() {
    let (address, _) = serve(|request, stream| {
        let host = request.split("host: ").nth(1).and_then(|rest| rest.split("\r\n").next()).unwrap_or_default();
        match request.split(' ').nth(1).unwrap_or_default() {
            "/.well-known/openid-configuration" => {
                reply(stream, "200 OK", &metadata(host, &format!("http://{host}/token")));
            }
            path if path.starts_with("/auth") => {
                let state = path.split("state=").nth(1).and_then(|rest| rest.split('&').next()).unwrap_or_default();
                let head = format!("302 Found\r\nlocation: http://127.0.0.1/cb?error=invalid_request&state={state}");
                reply(stream, &head, "");
            }
            _ => reply(stream, "400 Bad Request\r\ncontent-type: application/json", "{\"error\":\"invalid_grant\"}"),
        }
    });
    let (results, ready) = probed(address, LONG).await.unwrap();
    assert!(ready.unwrap_err().contains("cannot log in"));
    for case in &results.cases {
        assert!(
            !matches!(case.verdict.as_str(), "pass" | "fail" | "warn"),
            "{} {} {}",
            case.id,
            case.verdict,
            case.detail
        );
    }
    assert!(results.partial, "three controls that fail end the run");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_silent_is_left_alone() {
    let (address, count) = serve(|_, stream| {
        let _ = stream.read(&mut [0; 16]);
    });
    assert!(probed(address, Duration::from_millis(300)).await.unwrap_err().contains("no authorization_endpoint"));
    assert!(count.load(Ordering::SeqCst) <= 3);

    let (address, count) = serve(|request, stream| {
        if request.starts_with("GET /.well-known/") {
            let host = request.split("host: ").nth(1).and_then(|rest| rest.split("\r\n").next()).unwrap_or_default();
            reply(stream, "200 OK", &metadata(host, &format!("http://{host}/token")));
        }
        // To all else it hangs up without a word, which takes no time.
    });
    let (results, _) = probed(address, LONG).await.unwrap();
    assert!(results.partial && results.counted("pass") == 0);
    assert!(count.load(Ordering::SeqCst) <= 5, "three silences are enough");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_is_cut() {
    for endless in ["HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nx: "] {
        let (address, _) = serve(move |_, stream| {
            let _ = stream.write_all(endless.as_bytes());
            while stream.write_all(&[b'a'; 65_536]).is_ok() {}
        });
        let error = probed(address, LONG).await.unwrap_err();
        assert!(error.contains("no answer that can be read"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_out_of_reach() {
    let (elsewhere, count) = serve(|_, stream| reply(stream, "200 OK", "{\"access_token\":\"a\"}"));
    let there = elsewhere.to_string();
    let (address, _) = serve(move |request, stream| {
        let host = request.split("host: ").nth(1).and_then(|rest| rest.split("\r\n").next()).unwrap_or_default();
        reply(stream, "200 OK", &metadata(host, &format!("http://{there}/token")));
    });
    assert!(probed(address, LONG).await.unwrap_err().contains("allow"), "a token endpoint on another port");

    let there = elsewhere.to_string();
    let (address, _) = serve(move |request, stream| {
        let host = request.split("host: ").nth(1).and_then(|rest| rest.split("\r\n").next()).unwrap_or_default();
        if request.starts_with("GET /.well-known/") {
            return reply(stream, "200 OK", &metadata(host, &format!("http://{host}/token")));
        }
        reply(stream, &format!("302 Found\r\nlocation: http://{there}/login"), "");
    });
    let (results, ready) = probed(address, LONG).await.unwrap();
    assert!(ready.unwrap_err().contains("a redirect to"));
    assert_eq!(results.counted("pass"), 0);
    assert_eq!(count.load(Ordering::SeqCst), 0, "nobody came there");
}

#[tokio::test(flavor = "multi_thread")]
async fn redirects_that_never_end_do() {
    let (address, count) = serve(|request, stream| {
        let host = request.split("host: ").nth(1).and_then(|rest| rest.split("\r\n").next()).unwrap_or_default();
        if request.starts_with("GET /.well-known/") {
            return reply(stream, "200 OK", &metadata(host, &format!("http://{host}/token")));
        }
        reply(stream, &format!("302 Found\r\nlocation: http://{host}/auth?again"), "");
    });
    let (results, ready) = probed(address, LONG).await.unwrap();
    assert!(ready.unwrap_err().contains("redirects"));
    assert_eq!(results.counted("pass"), 0);
    assert!(count.load(Ordering::SeqCst) < 300);
}
