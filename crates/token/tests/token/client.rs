//! The client against servers that misbehave: a socket on loopback that does exactly what is said.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use proofkey_token::{Http, Transport, TransportError, TransportErrorKind};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::server::{Server, read_request};

const LIMIT: usize = 4096;

/// A client with small limits, so that the tests end soon.
fn client() -> Http {
    Http::builder()
        .allow_http_loopback()
        .timeout(Duration::from_millis(600))
        .connect_timeout(Duration::from_millis(400))
        .body_limit(LIMIT)
        .build()
        .unwrap()
}

fn post(address: &str) -> http::Request<Vec<u8>> {
    http::Request::post(address).body(b"code=once".to_vec()).unwrap()
}

async fn failure(server: &Server) -> TransportError {
    client().send(post(&server.url("/token"))).await.unwrap_err()
}

#[tokio::test]
async fn a_whole_response_arrives_with_status_headers_and_body() {
    let server = Server::start(async |mut socket: TcpStream| {
        let request = read_request(&mut socket).await;
        assert!(request.starts_with("POST /token?tenant=1 HTTP/1.1\r\n"), "{request}");
        assert!(request.contains("user-agent: proofkey/"), "{request}");
        assert!(!request.to_ascii_lowercase().contains("referer"), "{request}");
        assert!(!request.to_ascii_lowercase().contains("accept-encoding"), "{request}");
        assert!(request.ends_with("\r\n\r\ncode=once"), "{request}");
        let answer = "HTTP/1.1 403 Forbidden\r\nX-Own: a\r\nContent-Length: 4\r\n\r\nbody";
        socket.write_all(answer.as_bytes()).await.unwrap();
    })
    .await;
    let response = client().send(post(&server.url("/token?tenant=1"))).await.unwrap();
    assert_eq!(response.status(), 403);
    assert_eq!(response.headers()["x-own"], "a");
    assert_eq!(response.body(), b"body");
}

#[tokio::test]
async fn oa_53_a_redirect_is_handed_back_and_not_followed() {
    for status in [300, 301, 302, 303, 304, 307, 308] {
        let target = Server::start(async |mut socket: TcpStream| {
            read_request(&mut socket).await;
            let _ = socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
        })
        .await;
        let location = target.url("/elsewhere");
        let server = Server::start(async move |mut socket: TcpStream| {
            read_request(&mut socket).await;
            let answer = format!("HTTP/1.1 {status} Moved\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n");
            socket.write_all(answer.as_bytes()).await.unwrap();
        })
        .await;
        let response = client().send(post(&server.url("/token"))).await.unwrap();
        assert_eq!((response.status().as_u16(), response.headers().contains_key("location")), (status, true));
        assert_eq!(target.connections(), 0, "{status}");
    }
}

#[tokio::test]
async fn oa_54_a_body_that_is_announced_too_long_is_cut() {
    let server = Server::start(async |mut socket: TcpStream| {
        read_request(&mut socket).await;
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", LIMIT + 1);
        socket.write_all(answer.as_bytes()).await.unwrap();
        tokio::time::sleep(Duration::from_secs(30)).await;
    })
    .await;
    assert_eq!(failure(&server).await.kind(), TransportErrorKind::TooLarge { limit: LIMIT });
}

#[tokio::test]
async fn oa_54_a_body_of_exactly_the_limit_is_read() {
    let server = Server::start(async |mut socket: TcpStream| {
        read_request(&mut socket).await;
        let mut answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
        for _ in 0..4 {
            answer.extend_from_slice(b"400\r\n");
            answer.extend_from_slice(&[b'x'; 1024]);
            answer.extend_from_slice(b"\r\n");
        }
        answer.extend_from_slice(b"0\r\n\r\n");
        socket.write_all(&answer).await.unwrap();
    })
    .await;
    let announced = Server::start(async |mut socket: TcpStream| {
        read_request(&mut socket).await;
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {LIMIT}\r\n\r\n");
        socket.write_all(&[head.as_bytes(), &[b'x'; LIMIT]].concat()).await.unwrap();
    })
    .await;
    for server in [server, announced] {
        let response = client().send(post(&server.url("/"))).await.unwrap();
        assert_eq!(response.body().len(), LIMIT);
    }
}

#[tokio::test]
async fn oa_54_a_body_without_end_is_cut_while_it_streams() {
    for head in
        ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"]
    {
        let written = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&written);
        let server = Server::start(async move |mut socket: TcpStream| {
            read_request(&mut socket).await;
            socket.write_all(head.as_bytes()).await.unwrap();
            let chunk = [b"400\r\n".as_slice(), &[b'x'; 1024], b"\r\n"].concat();
            while socket.write_all(&chunk).await.is_ok() {
                counter.fetch_add(chunk.len(), Ordering::Relaxed);
            }
        })
        .await;
        assert_eq!(failure(&server).await.kind(), TransportErrorKind::TooLarge { limit: LIMIT });
        // Only what fits into the buffers of two sockets was ever written.
        server.finished().await;
        assert!(written.load(Ordering::Relaxed) < 64 * 1024 * 1024);
    }
}

#[tokio::test]
async fn oa_54_a_head_without_end_is_cut() {
    let server = Server::start(async |mut socket: TcpStream| {
        read_request(&mut socket).await;
        let _ = socket.write_all(b"HTTP/1.1 200 OK\r\n").await;
        let line = format!("X-Own: {}\r\n", "x".repeat(8192));
        while socket.write_all(line.as_bytes()).await.is_ok() {}
    })
    .await;
    assert_eq!(failure(&server).await.kind(), TransportErrorKind::Protocol);
}

#[tokio::test]
async fn a_slow_drip_ends_by_the_time_out() {
    for head in ["HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n", "HTTP/1.1 200 OK\r\nX-Own: "] {
        let server = Server::start(async move |mut socket: TcpStream| {
            read_request(&mut socket).await;
            let _ = socket.write_all(head.as_bytes()).await;
            while socket.write_all(b"x").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
        .await;
        let error = failure(&server).await;
        assert_eq!(error.kind(), TransportErrorKind::Timeout, "{head:?}");
        assert!(error.may_have_been_sent());
    }
}

#[tokio::test]
async fn silence_ends_by_the_time_out() {
    let server = Server::start(async |mut socket: TcpStream| {
        read_request(&mut socket).await;
        tokio::time::sleep(Duration::from_secs(30)).await;
    })
    .await;
    let error = failure(&server).await;
    assert_eq!(error.kind(), TransportErrorKind::Timeout);
    assert!(error.may_have_been_sent());
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn oa_23_a_connection_that_ends_is_a_reset_and_nothing_is_sent_again() {
    for part in [
        "",
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhal",
    ] {
        for abort in [false, true] {
            let server = Server::start(async move |mut socket: TcpStream| {
                read_request(&mut socket).await;
                socket.write_all(part.as_bytes()).await.unwrap();
                socket.flush().await.unwrap();
                if abort {
                    // An RST in place of a FIN.
                    #[allow(deprecated)]
                    socket.set_linger(Some(Duration::ZERO)).unwrap();
                }
            })
            .await;
            let error = failure(&server).await;
            assert_eq!(error.kind(), TransportErrorKind::Reset, "{part:?} {abort}");
            assert!(error.may_have_been_sent());
            assert_eq!(server.connections(), 1, "{part:?} {abort}");
        }
    }
}

#[tokio::test]
async fn what_is_not_http_is_named() {
    for answer in [
        "SSH-2.0-OpenSSH_9.9\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: ten\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/9.9 200 OK\r\n\r\n",
    ] {
        let server = Server::start(async move |mut socket: TcpStream| {
            read_request(&mut socket).await;
            socket.write_all(answer.as_bytes()).await.unwrap();
            tokio::time::sleep(Duration::from_secs(30)).await;
        })
        .await;
        assert_eq!(failure(&server).await.kind(), TransportErrorKind::Protocol, "{answer:?}");
    }
}

/// Whether the words come before the request or after it is the network's choice: they are no answer either way.
#[tokio::test]
async fn what_comes_unasked_is_no_http_that_can_be_read() {
    for _ in 0..20 {
        let server = Server::start(async |mut socket: TcpStream| {
            let _ = socket.write_all(b"what do you want?\r\n").await;
            read_request(&mut socket).await;
        })
        .await;
        assert_eq!(failure(&server).await.kind(), TransportErrorKind::Protocol);
    }
}

#[tokio::test]
async fn a_refused_connection_was_not_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/token", listener.local_addr().unwrap());
    drop(listener);
    let error = client().send(post(&address)).await.unwrap_err();
    assert_eq!(error.kind(), TransportErrorKind::Connect);
    assert_eq!(error.address(), Some(address.as_str()));
    assert!(!error.may_have_been_sent());
}

#[tokio::test]
async fn a_name_without_address_was_not_sent() {
    // A label has at most 63 octets, so this name is not even asked for. It is the proxy's, since a server's name is
    // checked for TLS before it is looked up.
    let proxy = format!("http://{}.invalid:3128", "a".repeat(64));
    let client = Http::builder().https_proxy(proxy).build().unwrap();
    let error = client.send(post("https://127.0.0.1:1/token")).await.unwrap_err();
    assert_eq!(error.kind(), TransportErrorKind::Resolve);
    assert!(!error.may_have_been_sent());
}

#[tokio::test]
async fn plain_http_needs_permission_and_a_loopback_host() {
    let server = Server::start(async |mut socket: TcpStream| {
        read_request(&mut socket).await;
    })
    .await;
    let strict = Http::new().unwrap();
    let error = strict.send(post(&server.url("/token"))).await.unwrap_err();
    assert_eq!(error.kind(), TransportErrorKind::HttpsRequired);
    assert!(!error.may_have_been_sent());

    let error = client().send(post("http://as.example/token")).await.unwrap_err();
    assert_eq!(error.kind(), TransportErrorKind::HttpsRequired);
    // Loopback by one parser's reading, and not by the other's.
    let short = server.url("/token").replace("127.0.0.1", "127.1");
    assert_eq!(client().send(post(&short)).await.unwrap_err().kind(), TransportErrorKind::HttpsRequired);
    let address = server.url("/token").replace("http://", "http://user:word@");
    assert_eq!(client().send(post(&address)).await.unwrap_err().kind(), TransportErrorKind::Address);
    let error = client().send(post("/token")).await.unwrap_err();
    assert_eq!(error.kind(), TransportErrorKind::Address);
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn b1_plain_http_goes_to_a_host_that_was_allowed_by_name() {
    let server = Server::start(async |mut socket: TcpStream| {
        read_request(&mut socket).await;
        let _ = socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    })
    .await;
    let client = |host: &str| Http::builder().allow_http_host(host).build().unwrap();
    assert_eq!(client("127.0.0.1").send(post(&server.url("/token"))).await.unwrap().status(), 200);
    let error = client("keycloak").send(post(&server.url("/token?a=secret"))).await.unwrap_err();
    assert_eq!(error.kind(), TransportErrorKind::HttpsRequired);
    assert_eq!(error.address(), Some(server.url("/token").as_str()));
    assert!(error.to_string().contains("allow_http_host") && !error.to_string().contains("secret"), "{error}");
}

#[tokio::test]
async fn localhost_is_loopback_without_being_looked_up() {
    let server = Server::start(async |mut socket: TcpStream| {
        read_request(&mut socket).await;
        let _ = socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    })
    .await;
    let address = server.url("/token").replace("127.0.0.1", "LOCALHOST");
    assert_eq!(client().send(post(&address)).await.unwrap().status(), 200);
}

/// A server that answers the first request and keeps the connection, then closes it: at once,
/// or in the face of the second request.
#[tokio::test]
async fn oa_23_a_stale_connection_never_sends_a_request_twice() {
    for wait_for_second in [false, true] {
        let bodies = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&bodies);
        let server = Server::start(async move |mut socket: TcpStream| {
            read_request(&mut socket).await;
            seen.fetch_add(1, Ordering::SeqCst);
            let answer = b"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n";
            socket.write_all(answer).await.unwrap();
            if wait_for_second {
                let mut first = [0];
                if socket.read_exact(&mut first).await.is_ok() {
                    seen.fetch_add(1, Ordering::SeqCst);
                }
            }
        })
        .await;
        let client = client();
        client.send(post(&server.url("/"))).await.unwrap();
        if !wait_for_second {
            server.finished().await;
        }
        let second = client.send(post(&server.url("/"))).await;
        if wait_for_second {
            // It was sent on the old connection, and it is lost.
            let error = second.unwrap_err();
            assert_eq!(error.kind(), TransportErrorKind::Reset);
            assert!(error.may_have_been_sent());
            assert_eq!(server.connections(), 1);
        }
        assert_eq!(bodies.load(Ordering::SeqCst), 2, "{wait_for_second}");
    }
}

#[tokio::test]
async fn clones_share_their_connections() {
    let server = Server::start(async |mut socket: TcpStream| {
        loop {
            if read_request(&mut socket).await.is_empty() {
                return;
            }
            let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
            socket.write_all(answer).await.unwrap();
        }
    })
    .await;
    let client = client();
    for _ in 0..3 {
        client.clone().send(post(&server.url("/"))).await.unwrap();
    }
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn no_cookie_is_kept() {
    let server = Server::start(async |mut socket: TcpStream| {
        let request = read_request(&mut socket).await;
        assert!(!request.to_ascii_lowercase().contains("\r\ncookie:"), "{request}");
        let answer = "HTTP/1.1 200 OK\r\nSet-Cookie: a=b; Path=/\r\nConnection: close\r\n\
                      Content-Length: 0\r\n\r\n";
        socket.write_all(answer.as_bytes()).await.unwrap();
    })
    .await;
    let client = client();
    for _ in 0..2 {
        client.send(post(&server.url("/"))).await.unwrap();
    }
    server.finished().await;
}

/// Variables of the environment are those of the whole process, so this is one of its own: the test of a whole
/// response once more, with proxies named that nobody is.
#[test]
fn no_proxy_is_read_from_the_environment() {
    let nobody = "http://127.0.0.1:9";
    let names = ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"];
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "client::a_whole_response_arrives_with_status_headers_and_body"])
        .envs(names.map(|name| (name, nobody)))
        .env_remove("no_proxy")
        .env_remove("NO_PROXY")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

#[tokio::test]
async fn a_proxy_sees_a_tunnel_for_https_and_nothing_else() {
    let proxy = Server::start(async |mut socket: TcpStream| {
        let request = read_request(&mut socket).await;
        assert!(request.starts_with("CONNECT 127.0.0.1:1 HTTP/1.1\r\n"), "{request}");
        assert!(!request.contains("code"), "{request}");
        let _ = socket.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n").await;
    })
    .await;
    let server = Server::start(async |mut socket: TcpStream| {
        read_request(&mut socket).await;
        let _ = socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    })
    .await;
    let client = Http::builder().allow_http_loopback().https_proxy(proxy.url("")).build().unwrap();
    let error = client.send(post("https://127.0.0.1:1/token")).await.unwrap_err();
    assert_eq!(error.kind(), TransportErrorKind::Connect);
    assert!(!error.may_have_been_sent());
    assert_eq!(client.send(post(&server.url("/token"))).await.unwrap().status(), 200);
    proxy.finished().await;
    assert_eq!((proxy.connections(), server.connections()), (1, 1));
}

#[tokio::test]
async fn unusable_settings_are_errors() {
    let certificate = Http::builder().add_root_certificate_pem(b"not a certificate").build();
    let certificate = certificate.unwrap_err();
    assert_eq!(certificate.code(), "http_certificate");
    assert!(certificate.to_string().contains("-----BEGIN CERTIFICATE-----"), "{certificate}");
    let broken = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    assert_eq!(Http::builder().add_root_certificate_pem(broken).build().unwrap_err().code(), "http_setup");
    let proxy = Http::builder().https_proxy("not a url").build().unwrap_err();
    assert_eq!(proxy.code(), "http_proxy");
    assert!(proxy.to_string().contains("http://proxy.example:3128") && std::error::Error::source(&proxy).is_some());
}

#[test]
fn debug_shows_the_settings_that_the_documentation_promises() {
    let builder = Http::builder();
    assert_eq!(
        format!("{builder:?}"),
        "HttpBuilder { http_hosts: PlainHosts { loopback: false, named: [] }, connect_timeout: 10s, timeout: 30s, body_limit: 1048576, \
         https_proxy: false, root_certificates: 0, identity: false }"
    );
    let http = builder.body_limit(5).build().unwrap();
    assert_eq!(
        format!("{http:?}"),
        "Http { http_hosts: PlainHosts { loopback: false, named: [] }, body_limit: 5, .. }"
    );
}

#[tokio::test]
async fn no_text_of_a_client_shows_a_password_of_its_proxy() {
    let builder = Http::builder().https_proxy("http://user:Sentinel@proxy.example:3128");
    assert!(!format!("{builder:?}").contains("Sentinel"));
    assert!(!format!("{:?}", builder.build().unwrap()).contains("Sentinel"));
    let error = Http::builder().https_proxy("http://user:Sentinel@:x").build().unwrap_err();
    let mut text = format!("{error} {error:?}");
    let mut cause = std::error::Error::source(&error);
    while let Some(current) = cause {
        text.push_str(&format!("{current} {current:?}"));
        cause = current.source();
    }
    assert!(!text.contains("Sentinel"), "{text}");
}
