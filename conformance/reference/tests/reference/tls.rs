//! Whom the client trusts: the certificates in its configuration, for their hosts, and nobody else.

use std::sync::Arc;

use proofkey_authority::{Authority, Client, Setup};
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::drive::{Login, Shim, config};

/// A server on https that has no metadata; its address, and its certificate.
async fn server(host: &str, last_year: i32) -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let mut parameters = CertificateParams::new([host.to_owned()]).unwrap();
    parameters.not_after = date_time_ymd(last_year, 1, 1);
    let certificate = parameters.self_signed(&key).unwrap();
    let chain = vec![CertificateDer::from(certificate.der().to_vec())];
    let secret = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let tls = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, secret).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(tls));
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let issuer = format!("https://127.0.0.1:{}/", socket.local_addr().unwrap().port());
    tokio::spawn(async move {
        while let Ok((stream, _)) = socket.accept().await {
            // A client that does not trust us hangs up.
            if let Ok(mut stream) = acceptor.accept(stream).await {
                let _ = stream.read(&mut [0; 4096]).await;
                let _ = stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n").await;
            }
        }
    });
    (issuer, certificate.pem())
}

/// How far discovery gets: `tls`, or `discovery` when the request went through.
async fn verdict(issuer: &str, ca_pem: Option<&str>, defects: &[&str]) -> String {
    let authority = Authority::start(Setup::honest()).await;
    let mut shim = Shim::start(defects).await;
    let changes = json!({"issuer": issuer, "ca_pem": ca_pem});
    let result = shim.ask(config(&authority, &Client::native(), &changes)).await;
    result["class"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn certificates() {
    let (issuer, pem) = server("127.0.0.1", 2100).await;
    let (_, stranger) = server("127.0.0.1", 2100).await;
    assert_eq!(verdict(&issuer, Some(&pem), &[]).await, "discovery", "the right certificate");
    assert_eq!(verdict(&issuer, None, &[]).await, "tls", "no certificate");
    assert_eq!(verdict(&issuer, Some(&stranger), &[]).await, "tls", "another certificate");
    assert_eq!(verdict(&issuer, Some(&stranger), &["tls-unchecked"]).await, "discovery");
    assert_eq!(verdict(&issuer, None, &["tls-unchecked"]).await, "discovery");

    let (issuer, pem) = server("as.example", 2100).await;
    assert_eq!(verdict(&issuer, Some(&pem), &[]).await, "tls", "another host");
    assert_eq!(verdict(&issuer, Some(&pem), &["tls-hostname-ignored"]).await, "discovery");

    let (issuer, pem) = server("127.0.0.1", 2001).await;
    assert_eq!(verdict(&issuer, Some(&pem), &[]).await, "tls", "expired");
    assert_eq!(verdict(&issuer, Some(&pem), &["tls-unchecked"]).await, "discovery");
}

#[tokio::test]
async fn http_where_https_is_due() {
    let login = Login::new(Setup::honest()).config(json!({"allow_http_loopback": false}));
    let off = login.run().await;
    assert_eq!((off.verdict().as_str(), off.wire.metadata_requests().len()), ("tls", 0));
    let on = login.with("http-allowed").run().await;
    assert_eq!(on.wire.metadata_requests().len(), 1);
}

#[tokio::test]
async fn the_client_never_leaves_loopback() {
    assert_eq!(verdict("https://as.example/", None, &["tls-unchecked"]).await, "discovery");
}
