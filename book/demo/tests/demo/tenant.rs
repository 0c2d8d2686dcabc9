use std::process::Stdio;

use proofkey_authority::lie::ParamEdit;
use proofkey_authority::{Authority, Client, Endpoint, Lie, LoginMode, Setup};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::person::{MALLORY, Person};

/// The program, as a person starts it for a tenant of their own; the app's address, and what it said so far.
async fn start(authority: &Authority) -> (Child, String, String) {
    // A port that was free a moment ago; the tenant allows every port of this address.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let origin = format!("http://127.0.0.1:{port}");
    let mut child = Command::new(env!("CARGO_BIN_EXE_proofkey-demo"))
        .env("PROOFKEY_ISSUER", authority.issuer())
        .env("PROOFKEY_CLIENT_ID", Client::native().id)
        .env("PROOFKEY_REDIRECT_URI", format!("{origin}/cb"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut said = String::new();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    stdout.read_line(&mut said).await.unwrap();
    child.stdout = Some(stdout.into_inner());
    assert!(said.contains(&origin) && said.contains(authority.issuer()), "{said}");
    (child, origin, said)
}

#[tokio::test]
async fn the_same_app_before_a_tenant_of_one_s_own() {
    let authority = Authority::start(Setup { login: LoginMode::Page, ..Setup::honest() }).await;
    let (mut child, origin, mut said) = start(&authority).await;
    let mut mallory = Person::at(&origin);
    let welcome = mallory.open("/").await.body;
    assert!(!welcome.contains("google horse"), "the people of the stand-in are not there");
    let login = mallory.open("/login").await;
    let page = mallory.submit(&login, &MALLORY).await;
    assert!(page.body.contains("<code id=\"subject\">auth0|mallory</code>"), "{}", page.body);
    assert!(mallory.open("/api").await.body.contains("no API here"));

    // The page that looks on sees what the app sees, and keeps no value of it.
    let live = mallory.open("/live").await.body;
    assert!(live.contains("a tenant of your own") && live.contains("<ol class=\"checks rules\">"), "{live}");
    let wire = authority.wire();
    assert_eq!(wire.leaks_in(&live), []);
    assert_eq!(wire.count(Endpoint::Token), 1);

    child.start_kill().unwrap();
    child.stdout.take().unwrap().read_to_string(&mut said).await.unwrap();
    child.stderr.take().unwrap().read_to_string(&mut said).await.unwrap();
    assert_eq!(wire.leaks_in(&said), [], "{said}");
    assert!(!said.contains("google horse"), "{said}");
}

#[tokio::test]
async fn what_a_tenant_says_in_an_error_is_text() {
    let lie = Lie::Together(vec![
        Lie::refusal("access_denied"),
        Lie::callback([ParamEdit::set("error_description", "<script>alert(1)</script>")]),
    ]);
    let authority = Authority::start(Setup { lie: Some(lie), ..Setup::honest() }).await;
    let (_child, origin, _) = start(&authority).await;
    let mut john = Person::at(&origin);
    let page = john.open("/login").await;
    assert!(page.body.contains("You did not sign in"), "{}", page.body);
    assert!(page.body.contains("&lt;script&gt;alert(1)&lt;/script&gt;") && !page.body.contains("<script>"));
}

#[tokio::test]
async fn a_tenant_that_cannot_be_used_is_said_at_once() {
    let authority = Authority::honest().await;
    let issuer = authority.issuer().trim_end_matches('/').to_owned();
    let output = Command::new(env!("CARGO_BIN_EXE_proofkey-demo"))
        .args(["--port", "0"])
        .env("PROOFKEY_ISSUER", issuer)
        .env("PROOFKEY_CLIENT_ID", "abc")
        .output()
        .await
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("PROOFKEY_ISSUER") && said.contains("issuer"), "{said}");
}
