use std::fs;

use proofkey_authority::lie::JsonEdit;
use proofkey_authority::{Authority, Client, Lie, Setup};

use crate::home::Home;

/// An authority whose access tokens have expired when they arrive.
pub(crate) async fn fleeting() -> Authority {
    let lie = Lie::token_response([JsonEdit::set("expires_in", 0)]);
    Authority::start(Setup { lie: Some(lie), ..Setup::honest() }).await
}

#[tokio::test]
async fn a_valid_token_needs_no_request() {
    let (authority, home) = (Authority::honest().await, Home::new());
    home.log_in(&authority, &[]).await.done();
    let (token, same) = (home.run(&["token"]).await.done(), home.run(&["token"]).await.done());
    assert_eq!(token, same);
    assert_eq!((token.lines().count(), authority.wire().token_requests().len()), (1, 1));
    // Nor does the server have to be there.
    drop(authority);
    assert_eq!(home.run(&["token", "--valid-for", "10m"]).await.done(), token);
}

#[tokio::test]
async fn an_expired_token_is_refreshed_and_the_new_one_kept() {
    let (authority, home) = (fleeting().await, Home::new());
    home.log_in(&authority, &[]).await.done();
    let (first, second) = (home.run(&["token"]).await.done(), home.run(&["token"]).await.done());
    assert_ne!(first, second);
    assert_eq!(authority.wire().token_requests().len(), 3);
    drop(authority);
    home.run(&["token"]).await.failed(4, "Check the connection");
    // Nothing is lost by that.
    assert!(home.run(&["status"]).await.done().contains("can refresh"));
}

#[tokio::test]
async fn a_login_that_has_ended_asks_for_another_one() {
    let (authority, home) = (fleeting().await, Home::new());
    home.run(&["token", "--profile", "other"]).await.failed(2, "no profile \"other\"");
    home.log_in(&authority, &["--scope", "openid"]).await.done();
    home.run(&["token"]).await.failed(3, "Run `proofkey login`");
    let status = home.run(&["status"]).await;
    assert!(status.code == Some(3) && status.output.contains("expired"), "{status:?}");

    // Another machine has the same refresh token, and ends the login.
    let (home, other) = (Home::new(), Home::new());
    home.log_in(&authority, &[]).await.done();
    let mut copy = std::process::Command::new("cp");
    assert!(copy.args(["-a", "--"]).arg(home.path().join(".")).arg(other.path()).status().unwrap().success());
    other.run(&["logout"]).await.done();
    home.run(&["token"]).await.failed(3, "log in again");
    home.run(&["whoami"]).await.failed(3, "log in again");
    home.log_in(&authority, &[]).await.done();
    home.run(&["token"]).await.done();
}

#[tokio::test]
async fn the_shapes_in_json() {
    let (authority, home) = (Authority::honest().await, Home::new());
    home.log_in(&authority, &[]).await.done();
    let token = home.run(&["token"]).await.done();
    let json = home.run(&["token", "--json"]).await.done();
    assert!(json.starts_with(&format!(r#"{{"access_token":"{}","expires_at":"20"#, token.trim())), "{json}");
    assert!(
        json.contains(r#""profile":"default","scope":"openid profile email offline_access","token_type":"Bearer"}"#)
    );
    let whoami = home.run(&["whoami", "--json"]).await.done();
    let issuer = authority.issuer();
    let expected = format!(
        r#"{{"email":"user@example.com","issuer":"{issuer}","name":"John Doe","profile":"default","subject":"auth0|john"}}"#
    );
    assert_eq!(whoami.trim(), expected);
    let status = home.run(&["status", "--json"]).await.done();
    assert!(status.starts_with(r#"{"profiles":[{"access_token_expires_at":"20"#), "{status}");
    assert!(status.contains(r#""state":"logged_in""#) && !status.contains(token.trim()), "{status}");
}

async fn machine() -> (Authority, Home) {
    let authority = Authority::start(Setup { machine: true, ..Setup::honest() }).await;
    let home = Home::new();
    let secret = Client::web().auth.secret().unwrap().to_owned();
    fs::create_dir_all(home.config().parent().unwrap()).unwrap();
    fs::write(home.config().with_file_name("secret"), &secret).unwrap();
    home.write_config(&format!(
        "[profiles.job]\nissuer = \"{}\"\nclient_id = \"proofkey-web\"\ngrant = \"client_credentials\"\n\
         client_secret_file = \"secret\"\ngit_hosts = [\"git.example\"]\n",
        authority.issuer()
    ));
    (authority, home)
}

#[tokio::test]
async fn a_machine_logs_in_as_itself() {
    let (_authority, home) = machine().await;
    assert!(!home.run(&["token"]).await.done().trim().is_empty());
    home.run_with_env("PROOFKEY_CLIENT_SECRET", "wrong", &["token"]).await.failed(1, "invalid_client");
}

#[tokio::test]
async fn a_machine_has_credentials_and_no_user() {
    let (_authority, home) = machine().await;
    let question = "protocol=https\nhost=git.example\n\n";
    let answer = home.run_with_input(question, &["git-credential", "get"]).await.done();
    assert!(answer.starts_with("username=oauth2\npassword="), "{answer}");
    let erased = format!("{question}{answer}");
    assert_eq!(home.run_with_input(&erased, &["git-credential", "erase"]).await.done(), "");
    assert!(home.run(&["kubectl-credential", "--access-token"]).await.done().contains(r#""token":""#));
    home.run(&["kubectl-credential"]).await.failed(2, "use --access-token");
    for command in ["login", "whoami", "logout"] {
        let said = "the profile job uses client credentials and has no user: run `proofkey token`";
        home.run(&[command]).await.failed(2, said);
    }
    assert!(home.run(&["status"]).await.done().contains("client_credentials"));
}
