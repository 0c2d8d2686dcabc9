use std::process::Stdio;

use proofkey_demo::{Demo, Settings};
use tokio::process::Command;

use crate::person::demo;

#[tokio::test]
async fn a_port_in_use_is_named_with_the_way_out() {
    let first = demo().await;
    let port: u16 = first.origin().rsplit(':').next().unwrap().parse().unwrap();
    let error = Demo::start(Settings { port, tenant: None }).await.unwrap_err();
    assert_eq!(error.code(), "port_in_use");

    let output = Command::new(env!("CARGO_BIN_EXE_proofkey-demo"))
        .args(["--port", &port.to_string()])
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains(&format!("port {port} of this machine is in use")) && said.contains("`--port N`"), "{said}");
    assert_eq!(output.stdout, b"");
}

#[tokio::test]
async fn a_port_in_use_on_one_of_the_two_addresses_is_in_use() {
    let Ok(other) = std::net::TcpListener::bind("[::1]:0") else { return };
    let port = other.local_addr().unwrap().port();
    // Whoever asks for localhost might get that one.
    assert_eq!(Demo::start(Settings { port, tenant: None }).await.unwrap_err().code(), "port_in_use");
}

#[tokio::test]
async fn a_wrong_call_is_told_apart() {
    let output = Command::new(env!("CARGO_BIN_EXE_proofkey-demo"))
        .args(["--prot", "1"])
        .env("PROOFKEY_ISSUER", "")
        .output()
        .await
        .unwrap();
    assert_eq!(output.status.code(), Some(64));
    assert!(String::from_utf8(output.stderr).unwrap().contains("unknown argument `--prot`"));
}
