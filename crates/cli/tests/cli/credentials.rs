//! The credential helpers of git and kubectl.

use std::time::{SystemTime, UNIX_EPOCH};

use proofkey_authority::lie::{IdTokenEdit, JsonEdit, When};
use proofkey_authority::{Authority, Lie, Setup};

use crate::home::Home;
use crate::token::fleeting;

const QUESTION: &str = "protocol=https\nhost=git.example\npath=a.git\n\n";

async fn at_git(authority: &Authority) -> Home {
    let home = Home::new();
    home.log_in(authority, &["-p", "work"]).await.done();
    let config = std::fs::read_to_string(home.config()).unwrap();
    let other = "[profiles.other]\nissuer = 'https://a.example'\nclient_id = 'a'\n";
    home.write_config(&format!("{config}git_hosts = ['git.example', 'git.example:8443']\n{other}"));
    home
}

#[tokio::test]
async fn git_gets_a_token_for_a_host_that_a_profile_lists() {
    let authority = Authority::honest().await;
    let home = at_git(&authority).await;
    let token = home.run(&["token", "-p", "work"]).await.done();
    let answer = home.run_with_input(QUESTION, &["git-credential", "get"]).await.done();
    let begin = format!("username=oauth2\npassword={token}password_expiry_utc=");
    assert!(answer.starts_with(&begin), "{answer}");
    let named = QUESTION.replace("path=a.git", "username=me");
    let answer = home.run_with_input(&named, &["git-credential", "get"]).await.done();
    assert!(answer.starts_with("username=me\n"), "{answer}");
    assert_eq!(home.run_with_input(QUESTION, &["git-credential", "store"]).await.done(), "");
}

#[tokio::test]
async fn no_other_host_gets_a_token_and_none_does_without_tls() {
    let authority = Authority::honest().await;
    let home = at_git(&authority).await;
    for question in [
        "protocol=https\nhost=attacker.example\n\n",
        "protocol=https\nhost=git.example.attacker.example\n\n",
        "protocol=https\nhost=git.example:8444\n\n",
        "protocol=http\nhost=git.example\n\n",
        "host=git.example\n\n",
        "protocol=https\n\n",
        "",
    ] {
        let answer = home.run_with_input(question, &["git-credential", "get"]).await;
        assert_eq!(answer.done(), "", "{question:?}");
    }
    // Another profile does not answer for the one that lists it.
    assert_eq!(home.run_with_input(QUESTION, &["git-credential", "get", "-p", "other"]).await.done(), "");
    home.run_with_input(QUESTION, &["git-credential", "get", "--client-secret-file", "-"])
        .await
        .failed(2, "another use");
}

#[tokio::test]
async fn a_token_that_git_s_server_refused_is_replaced() {
    let authority = Authority::honest().await;
    let home = at_git(&authority).await;
    let token = home.run(&["token", "-p", "work"]).await.done();
    let erase = |password: &str| format!("protocol=https\nhost=git.example\nusername=oauth2\npassword={password}\n\n");
    home.run_with_input(&erase("another"), &["git-credential", "erase"]).await.done();
    assert_eq!(home.run(&["token", "-p", "work"]).await.done(), token);
    home.run_with_input(&erase(token.trim()), &["git-credential", "erase"]).await.done();
    assert_ne!(home.run(&["token", "-p", "work"]).await.done(), token);
}

#[tokio::test]
async fn kubectl_gets_the_id_token_or_the_access_token() {
    let (authority, home) = (Authority::honest().await, Home::new());
    home.log_in(&authority, &[]).await.done();
    let credential = home.run(&["kubectl-credential"]).await.done();
    let begin = r#"{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"expirationTimestamp":"20"#;
    assert!(credential.starts_with(begin) && credential.contains(r#""token":"ey"#), "{credential}");

    let info = r#"{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1beta1","spec":{}}"#;
    let credential = home.run_with_env("KUBERNETES_EXEC_INFO", info, &["kubectl-credential"]).await.done();
    assert!(credential.contains("k8s.io/v1beta1"), "{credential}");

    let token = home.run(&["token"]).await.done();
    let credential = home.run(&["kubectl-credential", "--access-token"]).await.done();
    assert!(credential.contains(&format!(r#""token":"{}""#, token.trim())), "{credential}");
}

#[tokio::test]
async fn an_id_token_that_ends_soon_is_replaced_or_a_login_asked_for() {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let ends = |when, at: u64| Lie::IdToken { when, edits: vec![IdTokenEdit::Claim(JsonEdit::set("exp", at))] };
    for (lie, code) in [(ends(When::First, now + 30), 0), (ends(When::Always, now - 30), 3)] {
        let (authority, home) = (Authority::start(Setup::lying(lie)).await, Home::new());
        home.log_in(&authority, &[]).await.done();
        let credential = home.run(&["kubectl-credential"]).await;
        assert_eq!(authority.wire().refresh_requests().len(), 1);
        assert_eq!(credential.code, Some(code), "{credential:?}");
    }
}

#[tokio::test]
async fn a_valid_id_token_needs_no_access_token() {
    let (authority, home) = (fleeting().await, Home::new());
    home.log_in(&authority, &["--scope", "openid"]).await.done();
    home.run(&["token"]).await.failed(3, "has expired");
    home.run(&["kubectl-credential"]).await.done();
}

#[tokio::test]
async fn an_id_token_that_ends_soon_serves_while_there_is_no_other() {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let edits = vec![IdTokenEdit::Claim(JsonEdit::set("exp", now + 30))];
    let lie = Lie::IdToken { when: When::Always, edits };
    let (authority, home) = (Authority::start(Setup::lying(lie)).await, Home::new());
    home.log_in(&authority, &[]).await.done();
    drop(authority);
    home.run(&["kubectl-credential"]).await.done();
}

#[tokio::test]
async fn nothing_is_refreshed_for_a_login_without_an_id_token() {
    let (authority, home) = (fleeting().await, Home::new());
    home.log_in(&authority, &["--scope", "profile offline_access"]).await.done();
    home.run(&["kubectl-credential"]).await.failed(3, "log in with the scope openid, or use --access-token");
    assert_eq!(authority.wire().refresh_requests().len(), 0);
}
