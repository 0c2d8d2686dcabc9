use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use proofkey_authority::lie::ParamEdit;
use proofkey_authority::{Authority, Client, Lie, Setup};
use tokio::io::AsyncWriteExt;

use crate::home::{Home, NATIVE, Run};

#[tokio::test]
async fn a_login_creates_the_profile_and_keeps_the_user_logged_in() {
    let (authority, home) = (Authority::honest().await, Home::new());
    home.run(&["token"]).await.failed(2, "there is no profile \"default\"");

    let login = home.log_in(&authority, &[]).await;
    assert!(login.errors.contains("Logged in as auth0|john"), "{login:?}");
    assert_eq!(login.done(), "");

    let issuer = authority.issuer();
    let config = fs::read_to_string(home.config()).unwrap();
    assert_eq!(config, format!("[profiles.default]\nissuer = \"{issuer}\"\nclient_id = \"{NATIVE}\"\n"));
    assert_eq!(home.run(&["whoami"]).await.done(), "auth0|john (John Doe, user@example.com)\n");
    let store = fs::metadata(home.store().join("default")).unwrap();
    assert_eq!(store.permissions().mode() & 0o777, 0o700);
}

#[tokio::test]
async fn no_secret_is_in_what_a_login_says_but_the_state_in_the_url() {
    let (authority, home) = (Authority::honest().await, Home::new());
    let login = home.log_in(&authority, &["--json"]).await;
    let token = home.run(&["token"]).await.done();
    for text in [&login.output, &login.errors] {
        assert!(!text.contains(token.trim()) && !text.contains("code="), "{text}");
    }
    let result = format!(r#"{{"issuer":"{}","profile":"default","subject":"auth0|john"}}"#, authority.issuer());
    assert_eq!(login.done().trim(), result);
}

#[tokio::test]
async fn the_browser_of_the_user_is_started_and_does_not_inherit_the_secret() {
    let (authority, home) = (Authority::honest().await, Home::new());
    let (browser, opened) = (home.path().join("xdg-open"), home.path().join("opened"));
    // In a process group of its own, Ctrl-C in the terminal does not reach it.
    let script = format!(
        "#!/bin/sh\nset -- \"$1\" $(ps -o pgid= -p $$)\n\
         printf '%s %s %s' \"$1\" \"$(($2 - $$))\" \"$PROOFKEY_CLIENT_SECRET\" > '{0}.new'; mv '{0}.new' '{0}'\n",
        opened.display()
    );
    write_program(&browser, &script);
    let secret = Client::web().auth.secret().unwrap().to_owned();
    let path = format!("{}:/usr/bin:/bin", home.path().display());
    // The one that the environment names, and the one of the platform.
    for (name, value) in [("BROWSER", browser.to_str().unwrap()), ("DISPLAY", ":0")] {
        let mut command = home.command(&["login", "--issuer", authority.issuer(), "--client-id", "proofkey-web"]);
        command.env(name, value).env("PATH", &path).env("PROOFKEY_CLIENT_SECRET", &secret);
        let run = Run::start(&mut command).await;
        assert!(run.errors.contains("Your browser opens this page"), "{}", run.errors);
        while !opened.exists() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        assert_eq!(fs::read_to_string(&opened).unwrap(), format!("{} 0 ", run.url), "{name}");
        fs::remove_file(&opened).unwrap();
        run.finish(&authority).await.done();
    }
}

#[tokio::test]
async fn a_browser_that_fails_is_named_without_the_url() {
    let (authority, home) = (Authority::honest().await, Home::new());
    write_program(&home.path().join("xdg-open"), "#!/bin/sh\nexit 3\n");
    for (path, said) in [(home.path(), "(xdg-open: it ended with exit status: 3)"), ("/none".as_ref(), "is installed)")]
    {
        let mut command = home.command(&["login", "--issuer", authority.issuer(), "--client-id", NATIVE]);
        command.env("DISPLAY", ":0").env("PATH", path);
        let run = Run::start(&mut command).await;
        let problem = run.errors.lines().find(|line| line.contains("No browser could be started")).unwrap();
        assert!(problem.contains(said) && !problem.contains("http"), "{problem}");
        run.finish(&authority).await.done();
    }
}

fn write_program(path: &Path, script: &str) {
    fs::write(path, script).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o700)).unwrap();
}

#[tokio::test]
async fn a_callback_is_pasted_where_no_browser_comes_back() {
    let (authority, home) = (Authority::honest().await, Home::new());
    let arguments = ["login", "--issuer", authority.issuer(), "--client-id", NATIVE, "--no-browser"];
    let mut run = Run::start(home.command(&arguments).stdin(Stdio::piped())).await;
    run.read_until("paste it here").await;
    let callback = run.callback(&authority).await;
    let mut input = run.child.stdin.take().unwrap();

    let forged = callback.replace("state=", "state=a");
    input.write_all(format!("\n{forged}\n").as_bytes()).await.unwrap();
    run.read_until("not the address to which this login returns").await;
    assert!(authority.wire().token_requests().is_empty());

    input.write_all(format!("  {callback}\n").as_bytes()).await.unwrap();
    run.end().await.done();
    assert_eq!(home.run(&["whoami"]).await.code, Some(0));
}

#[tokio::test]
async fn a_login_that_the_user_or_a_check_refuses_ends_with_1() {
    let denied = Lie::callback([ParamEdit::remove("code"), ParamEdit::set("error", "access_denied")]);
    let mixed_up = Lie::callback([ParamEdit::set("iss", "https://attacker.example/")]);
    for (lie, text) in [(denied, "access_denied"), (mixed_up, "iss")] {
        let (authority, home) = (Authority::start(Setup::lying(lie)).await, Home::new());
        home.log_in(&authority, &[]).await.failed(1, text);
        home.run(&["whoami"]).await.failed(3, "no user is signed in");
    }
}

#[tokio::test]
async fn the_outcome_is_known_to_a_script_by_its_exit_code() {
    let home = Home::new();
    let unreachable = ["login", "--issuer", "http://127.0.0.1:9/", "--client-id", "a"];
    home.run(&unreachable).await.failed(4, "Check the connection");
    let insecure = ["login", "--issuer", "http://as.example/", "--client-id", "a"];
    home.run(&insecure).await.failed(2, "https");
    home.run(&["login", "--client-id", "a"]).await.failed(2, "--issuer URL");
    home.run(&["login", "--no-browser", "--device"]).await.failed(2, "cannot be used with");
    // Nothing was saved of an issuer that was not found.
    assert!(!home.config().exists());
}

#[tokio::test]
async fn an_unusable_store_is_named_before_the_user_logs_in() {
    let (authority, home) = (Authority::honest().await, Home::new());
    fs::create_dir_all(home.store()).unwrap();
    fs::write(home.store().join("default"), "").unwrap();
    let run = home.log_in(&authority, &[]).await;
    assert!(!run.errors.contains("Open this page"), "{run:?}");
    run.failed(5, "token store: ");
}

#[tokio::test]
async fn plain_oauth_has_tokens_and_no_user() {
    let (authority, home) = (Authority::honest().await, Home::new());
    let login = home.log_in(&authority, &["--scope", "profile offline_access"]).await;
    assert!(login.errors.contains("Logged in at http"), "{login:?}");
    login.done();
    assert!(!home.run(&["token"]).await.done().trim().is_empty());
    assert!(home.run(&["whoami"]).await.done().contains("unknown user"));
    home.run(&["kubectl-credential", "--json"]).await.failed(3, r#""code":"cli_no_id_token""#);
}

#[tokio::test]
async fn a_client_secret_comes_from_a_file_the_environment_or_standard_input() {
    let authority = Authority::honest().await;
    let secret = Client::web().auth.secret().unwrap().to_owned();
    let arguments = ["login", "--issuer", authority.issuer(), "--client-id", "proofkey-web"];

    let home = Home::new();
    let file = home.path().join("secret");
    fs::write(&file, format!("{secret}\n")).unwrap();
    let by_file = [&arguments[..], &["--client-secret-file", file.to_str().unwrap()]].concat();
    Run::start(&mut home.command(&by_file)).await.finish(&authority).await.done();
    // The file is named in the profile, and its content is not.
    let config = fs::read_to_string(home.config()).unwrap();
    assert!(config.contains("client_secret_file") && !config.contains(&secret), "{config}");
    home.run(&["logout"]).await.done();

    let home = Home::new();
    let mut command = home.command(&arguments);
    Run::start(command.env("PROOFKEY_CLIENT_SECRET", &secret)).await.finish(&authority).await.done();
    home.run_with_input(&secret, &["logout", "--client-secret-file", "-"]).await.done();

    let home = Home::new();
    let by_input = [&arguments[..], &["--client-secret-file", "-"]].concat();
    let input = home.path().join("input");
    fs::write(&input, &secret).unwrap();
    let input = fs::File::open(&input).unwrap();
    Run::start(home.command(&by_input).stdin(input)).await.finish(&authority).await.done();
    home.run_with_input(&secret, &["logout", "--client-secret-file", "-"]).await.done();

    let home = Home::new();
    let run = Run::start(home.command(&arguments).env("PROOFKEY_CLIENT_SECRET", "another-secret")).await;
    let refused = run.finish(&authority).await;
    assert!(!refused.errors.contains("another-secret"), "{refused:?}");
    assert_eq!(refused.errors.matches("invalid_client").count(), 1, "{refused:?}");
    refused.failed(1, "invalid_client");

    let taken = [&arguments[..], &["--no-browser", "--client-secret-file", "-"]].concat();
    home.run(&taken).await.failed(2, "another use");
    home.run(&["token", "--client-secret-file", "missing"]).await.failed(2, "there is no file missing");
    home.run_with_env("PROOFKEY_CLIENT_SECRET", "", &["token"]).await.failed(2, "client secret cannot be used");
}
