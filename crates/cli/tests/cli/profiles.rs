use std::fs;
use std::os::unix::fs::PermissionsExt;

use proofkey_authority::Authority;

use crate::home::{Home, NATIVE};

#[tokio::test]
async fn two_profiles_have_tokens_of_their_own() {
    let (one, other, home) = (Authority::honest().await, Authority::honest().await, Home::new());
    home.log_in(&one, &["--profile", "one"]).await.done();
    // The only profile is the default.
    let first = home.run(&["token"]).await.done();
    home.log_in(&other, &["--profile", "other"]).await.done();
    home.run(&["token"]).await.failed(2, "which has one, other");

    let second = home.run_with_env("PROOFKEY_PROFILE", "other", &["token"]).await.done();
    assert_ne!(first, second);
    let config = fs::read_to_string(home.config()).unwrap();
    fs::write(home.config(), format!("# mine\ndefault = \"one\"\n\n{config}")).unwrap();
    assert_eq!(home.run(&["token"]).await.done(), first);

    home.run(&["logout", "-p", "one"]).await.done();
    home.run(&["token"]).await.failed(3, "");
    assert_eq!(home.run(&["token", "-p", "other"]).await.done(), second);
    let status = home.run(&["status", "--all"]).await.done();
    assert!(status.contains("logged_out") && status.contains("logged_in"), "{status}");

    // A login adds to the file, and leaves the rest of it as it is.
    home.log_in(&one, &["--profile", "third"]).await.done();
    let config = fs::read_to_string(home.config()).unwrap();
    assert!(config.starts_with("# mine\ndefault = \"one\"\n\n[profiles.one]"), "{config}");
    assert!(config.contains("[profiles.third]"), "{config}");
}

#[tokio::test]
async fn two_profiles_of_one_client_are_two_logins() {
    let (authority, home) = (Authority::honest().await, Home::new());
    home.log_in(&authority, &["--profile", "one"]).await.done();
    home.log_in(&authority, &["--profile", "other"]).await.done();
    home.run(&["logout", "-p", "one"]).await.done();
    home.run(&["token", "-p", "one"]).await.failed(3, "");
    home.run(&["token", "-p", "other"]).await.done();
}

#[tokio::test]
async fn a_profile_is_not_turned_into_that_of_another_issuer() {
    let (authority, home) = (Authority::honest().await, Home::new());
    home.log_in(&authority, &[]).await.done();
    let other = ["login", "--issuer", "http://127.0.0.1:9/", "--client-id", NATIVE];
    home.run(&other).await.failed(2, "name another one with --profile");
    home.log_in(&authority, &[]).await.done();
}

#[tokio::test]
async fn a_configuration_that_cannot_be_used_is_named() {
    let home = Home::new();
    for (text, said) in [
        ("profiles = 1", "config.toml cannot be used"),
        ("[profiles.a]\nissuer = 'https://a.example'\nclient_id = 'a'\nclient_secret = 'b'", "client_secret"),
        ("[profiles.a]\nissuer = 'https://a.example'", "client_id"),
        ("[profiles.'../a']\nissuer = 'https://a.example'\nclient_id = 'a'", "profile name"),
        ("[profiles.a]\nissuer = 'https://a.example'\nclient_id = 'a'\ngrant = 'password'", "password"),
        ("[profiles.a]\nissuer = 'https://a.example'\nclient_id = 'a'\nid_token_algorithms = ['none']", "\"none\""),
        ("[profiles.a]\nissuer = 'https://a.example'\nclient_id = 'a'\nca_file = 'none'", "there is no file"),
        ("[profiles.a]\nissuer = 'https://a.example'\nclient_id = 'a'\nhttps_proxy = ':'", "proxy"),
    ] {
        home.write_config(text);
        home.run(&["token"]).await.failed(2, said);
    }
    home.run(&["token", "--profile", "A/../b"]).await.failed(2, "profile name");
    home.write_config("[profiles.a]\nissuer = 'https://a.example'\nclient_id = 'a'");
    home.run(&["token"]).await.failed(3, "no user is signed in");
}

#[tokio::test]
async fn files_that_other_users_can_change_are_refused() {
    let (authority, home) = (Authority::honest().await, Home::new());
    home.log_in(&authority, &[]).await.done();
    let set = |path: &std::path::Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    set(&home.config(), 0o666);
    home.run(&["token"]).await.failed(2, "can be changed by other users (mode 666)");
    set(&home.config(), 0o644);
    home.run(&["token"]).await.done();

    let store = home.store().join("default");
    set(&store, 0o777);
    home.run(&["token"]).await.failed(5, "other users");
    set(&store, 0o700);
    home.run(&["token"]).await.done();
}
