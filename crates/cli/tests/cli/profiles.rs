use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::process::Stdio;

use proofkey_authority::Authority;

use crate::home::{Home, NATIVE, Run};

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
    home.run(&["token", "-p", "one"]).await.failed(3, "Run `proofkey login --profile one`.");
    home.run(&["token", "-p", "other"]).await.done();
}

#[tokio::test]
async fn a_profile_is_not_turned_into_that_of_another_issuer() {
    let (authority, home) = (Authority::honest().await, Home::new());
    home.log_in(&authority, &[]).await.done();
    let other = ["login", "--issuer", "http://127.0.0.1:9/", "--client-id", NATIVE];
    home.run(&other).await.failed(2, "choose another profile with --profile");
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
        ("[profiles.a]\nissuer = 'https://a.example'\nclient_id = 'a'\nstore = 'keyring'", "without the keyring"),
    ] {
        home.write_config(text);
        home.run(&["token"]).await.failed(2, said);
    }
    home.run(&["token", "--profile", "A/../b"]).await.failed(2, "profile name");
    home.write_config("[profiles.a]\nissuer = 'https://a.example'\nclient_id = 'a'");
    home.run(&["token"]).await.failed(3, "no user is signed in");
}

#[tokio::test]
async fn a_secret_in_the_configuration_is_not_printed() {
    let home = Home::new();
    let profile = "[profiles.a]\nissuer = 'https://a.example'\nclient_id = 'a'\n";
    for (line, problem) in [("client_secret = 'hunter2'", "client_secret"), ("client_secret = 'hunter2", "string")] {
        home.write_config(&format!("{profile}{line}\n"));
        let login = ["login", "-p", "b", "--issuer", "http://127.0.0.1:9/", "--client-id", "b"];
        for arguments in [&["token"][..], &login] {
            let run = home.run(arguments).await;
            assert!(run.errors.contains("line 4") && !run.errors.contains("hunter2"), "{run:?}");
            run.failed(2, problem);
        }
    }
}

#[tokio::test]
async fn a_login_writes_a_configuration_that_is_accepted_with_every_umask() {
    let (authority, home) = (Authority::honest().await, Home::new());
    // What an earlier run or another user left there is replaced, and not written through.
    fs::create_dir_all(home.config().parent().unwrap()).unwrap();
    std::os::unix::fs::symlink(home.path().join("elsewhere"), home.config().with_extension("toml.new")).unwrap();
    let mut command = tokio::process::Command::new("/bin/sh");
    command.args(["-c", "umask 002; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_proofkey")]);
    command.args(["login", "--issuer", authority.issuer(), "--client-id", NATIVE]);
    command.env_clear().env("HOME", home.path()).kill_on_drop(true);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    Run::start(&mut command).await.finish(&authority).await.done();
    home.run(&["token"]).await.done();
    assert!(!home.path().join("elsewhere").exists());
    assert_eq!(fs::metadata(home.config()).unwrap().permissions().mode() & 0o777, 0o600);
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

    // Only root can give a file away.
    if chown(home.config(), Some(1), None).is_ok() {
        home.run(&["token"]).await.failed(2, "belongs to another user (1)");
        home.run(&["--json", "token"]).await.failed(2, r#""code":"cli_foreign_owner""#);
        chown(home.config(), Some(0), None).unwrap();
        home.run(&["token"]).await.done();
    }

    let store = home.store().join("default");
    set(&store, 0o777);
    home.run(&["token"]).await.failed(5, "other users");
    set(&store, 0o700);
    home.run(&["token"]).await.done();
}
