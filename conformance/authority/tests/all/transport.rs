//! What goes wrong below HTTP.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use proofkey_authority::lie::TransportFault;
use proofkey_authority::{Authority, Endpoint, Lie, Setup};

use crate::http::{get, try_request};
use crate::login::{code, exchange, log_in};

async fn faulty(at: Endpoint, fault: TransportFault) -> Authority {
    Authority::start(Setup::lying(Lie::Transport { at, fault })).await
}

/// What comes back over the raw connection, at most so many octets, and how it ended.
fn raw(url: &str, most: usize, patience: Duration) -> (Vec<u8>, std::io::Result<usize>) {
    let rest = url.strip_prefix("http://").unwrap();
    let (authority, path) = rest.split_at(rest.find('/').unwrap());
    let mut stream = TcpStream::connect(authority).unwrap();
    stream.set_read_timeout(Some(patience)).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: {authority}\r\n\r\n").unwrap();
    let mut received = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        match stream.read(&mut buffer) {
            Ok(read) if read > 0 && received.len() < most => received.extend(&buffer[..read]),
            end => return (received, end),
        }
    }
}

#[tokio::test]
async fn only_the_named_endpoint_stands_elsewhere_and_misbehaves() {
    let authority = faulty(Endpoint::Token, TransportFault::Reset).await;
    let endpoints = authority.endpoints();
    assert!(!endpoints.token.starts_with(authority.base()));
    assert!(endpoints.jwks.starts_with(authority.base()));
    let document = get(&format!("{}/.well-known/openid-configuration", authority.base())).json();
    assert_eq!(document["token_endpoint"], endpoints.token);
    assert_eq!(get(&endpoints.jwks).status, 200);
    let code = code(&authority, &[]);
    let body = crate::http::form(&[("code", &code), ("grant_type", "authorization_code")]);
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    assert!(try_request("POST", &endpoints.token, &headers, &body).is_none());
    let seen = authority.wire().token_requests().remove(0);
    assert_eq!((seen.form("code"), seen.status), (Some(code.as_str()), None), "seen, and not answered");
    assert!(authority.stored_codes()[0].redeemed, "the request was handled before the connection broke");
}

#[tokio::test]
async fn a_reset_is_a_reset_and_a_close_is_a_close() {
    let authority = faulty(Endpoint::Jwks, TransportFault::Reset).await;
    let (received, end) = raw(&authority.endpoints().jwks, usize::MAX, Duration::from_secs(5));
    assert!(received.is_empty());
    assert_eq!(end.unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);

    let authority = faulty(Endpoint::Jwks, TransportFault::ResetInBody).await;
    let (received, end) = raw(&authority.endpoints().jwks, usize::MAX, Duration::from_secs(5));
    assert!(String::from_utf8_lossy(&received).contains("{\"keys\":"));
    assert_eq!(end.unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);

    let authority = faulty(Endpoint::Jwks, TransportFault::CloseInBody).await;
    let (received, end) = raw(&authority.endpoints().jwks, usize::MAX, Duration::from_secs(5));
    let text = String::from_utf8_lossy(&received).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let announced: usize =
        head.split("content-length: ").nth(1).unwrap().split("\r\n").next().unwrap().parse().unwrap();
    assert_eq!((end.unwrap(), body.len()), (0, announced / 2));
}

#[tokio::test]
async fn bodies_and_headers_may_never_end() {
    for (fault, part) in [(TransportFault::EndlessBody, "chunked"), (TransportFault::EndlessHeaders, "x-more: aaa")] {
        let authority = faulty(Endpoint::Jwks, fault.clone()).await;
        let (received, _) = raw(&authority.endpoints().jwks, 3_000_000, Duration::from_secs(5));
        assert!(received.len() >= 3_000_000, "{fault:?}: {}", received.len());
        assert!(String::from_utf8_lossy(&received).contains(part));
    }
}

#[tokio::test]
async fn silence_is_silence_until_the_client_gives_up() {
    let authority = faulty(Endpoint::Jwks, TransportFault::Silence).await;
    let (received, end) = raw(&authority.endpoints().jwks, usize::MAX, Duration::from_millis(150));
    assert!(received.is_empty());
    assert_eq!(end.unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    assert_eq!(authority.wire().jwks_requests()[0].status, None);
}

#[tokio::test]
async fn a_drip_is_the_honest_answer_slowly() {
    let authority = faulty(Endpoint::Jwks, TransportFault::Drip(0)).await;
    assert_eq!(get(&authority.endpoints().jwks).text(), authority.jwks_json());
}

#[tokio::test]
async fn gibberish_is_not_http() {
    let authority = faulty(Endpoint::Token, TransportFault::Gibberish).await;
    assert!(try_request("POST", &authority.endpoints().token, &[], "").is_none());
}

#[tokio::test]
async fn with_faulty_metadata_the_issuer_moves_and_the_rest_works() {
    let authority = faulty(Endpoint::Metadata, TransportFault::Reset).await;
    assert!(authority.issuer().starts_with(authority.base()));
    assert!(try_request("GET", &format!("{}/.well-known/openid-configuration", authority.base()), &[], "").is_none());
    assert_eq!(log_in(&authority).status, 200, "the listener serves all other endpoints honestly");
}

#[tokio::test]
async fn the_listener_reads_bodies_in_chunks() {
    let authority = faulty(Endpoint::Metadata, TransportFault::Silence).await;
    let code = code(&authority, &[]);
    let form = crate::http::form(&[
        ("grant_type", "authorization_code"),
        ("client_id", &proofkey_authority::Client::native().id),
        ("code", &code),
        ("redirect_uri", crate::login::REDIRECT_URI),
        ("code_verifier", crate::login::VERIFIER),
    ]);
    let (one, two) = form.split_at(form.len() / 2);
    let endpoint = authority.endpoints().token;
    let rest = endpoint.strip_prefix("http://").unwrap();
    let (host, path) = rest.split_at(rest.find('/').unwrap());
    let mut stream = TcpStream::connect(host).unwrap();
    write!(
        stream,
        "POST {path} HTTP/1.1\r\nhost: {host}\r\ntransfer-encoding: chunked\r\n\
         content-type: application/x-www-form-urlencoded\r\n\r\n{:x}\r\n{one}\r\n",
        one.len()
    )
    .unwrap();
    std::thread::sleep(Duration::from_millis(20));
    write!(stream, "{:x}\r\n{two}\r\n0\r\n\r\n", two.len()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert_eq!(exchange(&authority, &code, &[]).status, 200, "a witness forgives the second redemption");
}

#[tokio::test]
async fn dropping_an_authority_ends_what_never_ends() {
    let authority = faulty(Endpoint::Jwks, TransportFault::Silence).await;
    let url = authority.endpoints().jwks;
    let waiting = std::thread::spawn(move || raw(&url, usize::MAX, Duration::from_secs(20)));
    while authority.wire().jwks_requests().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let started = Instant::now();
    drop(authority);
    assert!(waiting.join().unwrap().1.is_ok(), "closed, {:?} after the drop", started.elapsed());
}
