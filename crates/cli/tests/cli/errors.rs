use std::os::unix::fs::PermissionsExt;

use crate::home::Home;

#[tokio::test]
async fn an_error_has_a_code_and_says_what_to_do() {
    let home = Home::new();
    home.write_config("[profiles.a]\nissuer = 'https://a.example'\nclient_id = 'a'");
    let failed = home.run(&["token", "--json"]).await;
    let error = r#"{"error":{"advice":"Run `proofkey login`.","code":"session_signed_out","exit_code":3,"message":""#;
    failed.failed(3, error);

    home.run(&["--json", "token", "-p", "b"]).await.failed(2, r#""code":"cli_no_profile""#);
    home.run(&["--json", "token", "-p", "B"]).await.failed(2, r#""code":"cli_usage""#);
    home.run_with_env("PROOFKEY_CLIENT_SECRET", "", &["--json", "token"]).await.failed(2, r#""code":"cli_secret""#);
    home.run(&["--json", "token", "--config", "/"]).await.failed(5, r#""code":"cli_file""#);
    home.write_config("[profiles.a]\nissuer = 'https://a.example'\nclient_id = 'a'\ngrant = 'client_credentials'");
    std::fs::set_permissions(home.config(), std::fs::Permissions::from_mode(0o662)).unwrap();
    home.run(&["--json", "status"]).await.failed(2, r#""code":"cli_writable""#);
    std::fs::set_permissions(home.config(), std::fs::Permissions::from_mode(0o660)).unwrap();
    home.run(&["--json", "status"]).await.failed(2, r#""code":"cli_writable""#);
    std::fs::set_permissions(home.config(), std::fs::Permissions::from_mode(0o640)).unwrap();
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let full = home.command(&["--json", "status"]).stdout(full).spawn().unwrap().wait_with_output().await.unwrap();
    assert!(String::from_utf8(full.stderr).unwrap().contains(r#""code":"cli_io","exit_code":5"#));
    home.run(&["--json", "status"]).await.done();
    home.write_config("a");
    home.run(&["--json", "token"]).await.failed(2, r#""code":"cli_config""#);
}

#[tokio::test]
async fn completions_and_manual_pages_are_printed() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(home.run(&["completions", shell]).await.done().contains("git-credential"), "{shell}");
    }
    let page = home.run(&["man"]).await.done();
    assert!(page.starts_with(".ie") && page.contains("Exit codes"), "{page}");
    let pages = home.path().to_str().unwrap();
    home.run(&["man", pages]).await.done();
    assert!(home.path().join("proofkey-token.1").exists());
    home.run(&["man", "/proc/none"]).await.failed(5, "cannot write the manual pages");
    assert!(home.run(&["--version"]).await.done().starts_with("proofkey 0."));
    home.run(&["tokn"]).await.failed(2, "token");
    let error = r#"{"error":{"advice":null,"code":"cli_usage","exit_code":2,"message":"unrecognized subcommand 'tokn'"#;
    home.run(&["tokn", "--json"]).await.failed(2, error);
    let help = home.run(&["login", "--help"]).await.done();
    let (own, shared) = help.split_once("Options of every command:").unwrap();
    assert!(own.contains("--issuer") && !own.contains("--profile") && shared.contains("--profile"), "{help}");
    assert!(home.run(&["--help", "--json"]).await.done().contains("Exit codes"));
}
