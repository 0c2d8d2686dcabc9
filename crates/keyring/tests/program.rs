//! The program, with a real Secret Service in a private D-Bus session.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

#[path = "../../cli/tests/cli/home.rs"]
#[allow(dead_code, reason = "the tests of the program itself use the rest")]
mod home;
mod session;

use std::env;
use std::fs;

use home::{Home, NATIVE, Outcome, Run};
use proofkey_authority::Authority;

/// Runs the program as the test was started: in the D-Bus session, if there is one.
async fn run(home: &Home, arguments: &[&str]) -> Outcome {
    let mut command = home.command(arguments);
    command.envs(env::var_os("DBUS_SESSION_BUS_ADDRESS").map(|bus| ("DBUS_SESSION_BUS_ADDRESS", bus)));
    if arguments[0] == "login" {
        let run = Run::start(&mut command).await;
        let authority = AUTHORITY.get().unwrap();
        return run.finish(authority).await;
    }
    let output = command.output().await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Outcome { code: output.status.code(), output: text(output.stdout), errors: text(output.stderr) }
}

static AUTHORITY: std::sync::OnceLock<Authority> = std::sync::OnceLock::new();

/// Logs in, and returns what the program said.
async fn log_in(home: &Home) -> String {
    let authority = Authority::honest().await;
    let issuer = authority.issuer().to_owned();
    AUTHORITY.set(authority).ok().unwrap();
    let login = run(home, &["login", "--issuer", &issuer, "--client-id", NATIVE]).await;
    let said = login.errors.clone();
    login.done();
    said
}

/// What is in the files of the default profile.
fn files(home: &Home) -> String {
    let files = fs::read_dir(home.store().join("default")).unwrap();
    files.map(|file| fs::read_to_string(file.unwrap().path()).unwrap()).collect()
}

#[tokio::test]
async fn a_login_is_in_the_secret_service() {
    if !session::is_inside() {
        return session::inside("a_login_is_in_the_secret_service", session::UNLOCKED);
    }
    let home = Home::new();
    let said = log_in(&home).await;
    assert!(said.contains("The tokens are in the keyring.\n"), "{said}");
    let token = run(&home, &["token"]).await.done();
    assert!(!token.trim().is_empty() && !files(&home).contains(token.trim()) && files(&home).contains("keyring"));
    assert!(run(&home, &["status"]).await.done().contains("the keyring\n"));
    // A profile that is moved to files is not silently logged out.
    let config = fs::read_to_string(home.config()).unwrap();
    home.write_config(&format!("{config}store = 'file'\n"));
    run(&home, &["token"]).await.failed(5, ".json: the record is in the keyring of the operating system");
    home.write_config(&config);
    run(&home, &["logout"]).await.done();
    run(&home, &["token"]).await.failed(3, "no user is signed in");
}

#[tokio::test]
async fn without_a_keyring_a_login_is_in_a_file_and_the_program_says_so() {
    if !session::is_inside() {
        return session::inside("without_a_keyring_a_login_is_in_a_file_and_the_program_says_so", session::NONE);
    }
    let home = Home::new();
    let said = log_in(&home).await;
    let place = format!("The tokens are in {}, because the keyring cannot be used (", home.store().join("default").display());
    assert!(said.contains(&place), "{said}");
    let token = run(&home, &["token"]).await.done();
    assert!(files(&home).contains(token.trim()));
    assert!(run(&home, &["status"]).await.done().contains("because the keyring cannot be used"));
}
