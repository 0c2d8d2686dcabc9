//! OA-46: nothing is sent to a server whose certificate is not right.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use proofkey_token::{Http, Transport, TransportError, TransportErrorKind};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use crate::server::Server;

struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn pem(&self) -> String {
        self.0.pem()
    }

    /// The server's end of a handshake that demands a certificate of this authority.
    fn demanding(&self, name: &str) -> TlsAcceptor {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new([name.to_owned()]).unwrap().signed_by(&key, &self.0).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(self.0.der().clone()).unwrap();
        let verifier = WebPkiClientVerifier::builder(Arc::new(roots)).build().unwrap();
        let config = ServerConfig::builder()
            .with_client_cert_verifier(verifier)
            .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
            .unwrap();
        TlsAcceptor::from(Arc::new(config))
    }

    /// The server's end of a handshake, with a certificate for `name`.
    fn acceptor(&self, name: &str, expired: bool) -> TlsAcceptor {
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        if expired {
            params.not_before = date_time_ymd(2001, 1, 1);
            params.not_after = date_time_ymd(2002, 1, 1);
        }
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
            .unwrap();
        TlsAcceptor::from(Arc::new(config))
    }

    /// A server with a certificate for `name`, and how many octets of requests it was sent.
    async fn serve(&self, name: &str, expired: bool) -> (Server, Arc<AtomicUsize>) {
        self.serve_by(self.acceptor(name, expired)).await
    }

    async fn serve_by(&self, acceptor: TlsAcceptor) -> (Server, Arc<AtomicUsize>) {
        let sent = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&sent);
        let server = Server::start(async move |socket: TcpStream| {
            let Ok(mut socket) = acceptor.accept(socket).await else { return };
            let mut buffer = [0; 4096];
            let Ok(read) = socket.read(&mut buffer).await else { return };
            counter.fetch_add(read, Ordering::SeqCst);
            let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
            let _ = socket.write_all(answer).await;
            let _ = socket.shutdown().await;
        })
        .await;
        (server, sent)
    }
}

async fn send(trusted: Option<&Authority>, server: &Server) -> Result<http::StatusCode, TransportError> {
    let mut builder = Http::builder().timeout(Duration::from_secs(20));
    if let Some(authority) = trusted {
        builder = builder.add_root_certificate_pem(authority.pem().as_bytes());
    }
    let address = server.url("/token").replace("http://", "https://");
    let request = http::Request::post(address).body(b"code=once".to_vec()).unwrap();
    Ok(builder.build().unwrap().send(request).await?.status())
}

fn chain(error: &TransportError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(current) = cause {
        text.push_str(&format!(": {current}"));
        cause = current.source();
    }
    text
}

#[tokio::test]
async fn oa_46_a_trusted_certificate_for_the_host_is_taken() {
    let authority = Authority::new();
    let (server, sent) = authority.serve("127.0.0.1", false).await;
    assert_eq!(send(Some(&authority), &server).await.unwrap(), 200);
    assert!(sent.load(Ordering::SeqCst) > 0);
}

#[tokio::test]
async fn oa_46_an_unknown_authority_a_foreign_host_and_an_expired_certificate_get_nothing() {
    let authority = Authority::new();
    let other = Authority::new();
    for (trusted, name, expired, reason) in [
        (None, "127.0.0.1", false, "UnknownIssuer"),
        (Some(&other), "127.0.0.1", false, "invalid peer certificate"),
        (Some(&authority), "as.example", false, "not valid for name"),
        (Some(&authority), "127.0.0.1", true, "expired"),
    ] {
        let (server, sent) = authority.serve(name, expired).await;
        let error = send(trusted, &server).await.unwrap_err();
        assert_eq!(error.kind(), TransportErrorKind::Tls, "{reason}");
        assert!(!error.may_have_been_sent(), "{reason}");
        assert!(!error.is_transient(), "{reason}");
        assert!(chain(&error).contains(reason), "{}", chain(&error));
        server.finished().await;
        assert_eq!(sent.load(Ordering::SeqCst), 0, "{reason}");
    }
}

#[tokio::test]
async fn rfc_8705_a_client_authenticates_with_its_certificate() {
    let authority = Authority::new();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(["client".to_owned()]).unwrap().signed_by(&key, &authority.0).unwrap();
    let identity = format!("{}{}", certificate.pem(), key.serialize_pem());
    let builder = |authority: &Authority| {
        Http::builder().timeout(Duration::from_secs(20)).add_root_certificate_pem(authority.pem().as_bytes())
    };
    for (http, is_taken) in
        [(builder(&authority).identity_pem(identity.as_bytes()), true), (builder(&authority), false)]
    {
        let (server, _) = authority.serve_by(authority.demanding("127.0.0.1")).await;
        let address = server.url("/token").replace("http://", "https://");
        let request = http::Request::post(address).body(b"client_id=client".to_vec()).unwrap();
        assert!(!format!("{http:?}").contains("PRIVATE"));
        let answer = http.build().unwrap().send(request).await;
        assert_eq!(answer.is_ok_and(|response| response.status() == 200), is_taken);
    }
    for bad in ["", &certificate.pem(), &key.serialize_pem(), "-----BEGIN PRIVATE KEY-----"] {
        let error = builder(&authority).identity_pem(bad.as_bytes()).build().unwrap_err();
        assert_eq!(error.code(), "http_identity");
        assert!(error.to_string().contains("BEGIN PRIVATE KEY") && std::error::Error::source(&error).is_none());
    }
}

#[tokio::test]
async fn no_tls_on_the_other_side_is_a_tls_fault_and_nothing_is_sent() {
    for answer in ["HTTP/1.1 400 Bad Request\r\n\r\n", ""] {
        let server = Server::start(async move |mut socket: TcpStream| {
            let mut buffer = [0; 4096];
            let read = socket.read(&mut buffer).await.unwrap();
            assert!(!String::from_utf8_lossy(&buffer[..read]).contains("code=once"));
            let _ = socket.write_all(answer.as_bytes()).await;
        })
        .await;
        let error = send(None, &server).await.unwrap_err();
        assert_eq!(error.kind(), TransportErrorKind::Tls, "{answer:?} {}", chain(&error));
        assert!(!error.may_have_been_sent());
    }
}

#[tokio::test]
async fn what_breaks_after_the_handshake_is_no_tls_fault_and_may_have_been_sent() {
    let authority = Authority::new();
    let acceptor = authority.acceptor("127.0.0.1", false);
    let server = Server::start(async move |socket: TcpStream| {
        let mut socket = acceptor.accept(socket).await.unwrap();
        let _ = socket.read(&mut [0; 4096]).await;
        let (mut plain, _) = socket.into_inner();
        let _ = plain.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    })
    .await;
    let error = send(Some(&authority), &server).await.unwrap_err();
    assert!(error.may_have_been_sent() && error.kind() != TransportErrorKind::Tls, "{}", chain(&error));
}

#[tokio::test]
async fn a_handshake_that_never_ends_is_a_time_out_before_sending() {
    let server = Server::start(async |_socket: TcpStream| {
        tokio::time::sleep(Duration::from_secs(30)).await;
    })
    .await;
    let client = Http::builder().connect_timeout(Duration::from_millis(300)).build().unwrap();
    let address = server.url("/token").replace("http://", "https://");
    let request = http::Request::post(address).body(Vec::new()).unwrap();
    let error = client.send(request).await.unwrap_err();
    assert_eq!(error.kind(), TransportErrorKind::Timeout);
    assert!(!error.may_have_been_sent());
}
