use proofkey_authority::{Authority, DevicePlan, Endpoint, Setup};

use crate::home::{Home, NATIVE, Run};

fn plan(answers: &[&str]) -> Setup {
    let answers = answers.iter().map(|answer| (*answer).to_owned()).collect();
    Setup { device: Some(DevicePlan { interval: Some(0), lifetime: 600, answers }), ..Setup::honest() }
}

#[tokio::test]
async fn a_code_is_shown_and_the_login_ends_when_the_user_has_entered_it() {
    let (authority, home) = (Authority::start(plan(&[])).await, Home::new());
    let arguments = ["login", "--issuer", authority.issuer(), "--client-id", NATIVE, "--device"];
    let login = home.run(&arguments).await;
    assert!(login.errors.contains("code  WDJB-MJHT") && login.errors.contains("/device\n"), "{login:?}");
    login.done();
    assert!(home.run(&["whoami"]).await.done().starts_with("auth0|john"));
    // The profile remembers how its user logs in.
    assert!(std::fs::read_to_string(home.config()).unwrap().contains("grant = \"device\""));
}

#[tokio::test]
async fn a_code_that_the_user_refuses_ends_with_1() {
    let (authority, home) = (Authority::start(plan(&["access_denied"])).await, Home::new());
    let arguments = ["login", "--issuer", authority.issuer(), "--client-id", NATIVE, "--device"];
    home.run(&arguments).await.failed(1, "access_denied");
}

#[tokio::test]
async fn a_server_without_the_device_grant_is_named() {
    let (authority, home) = (Authority::honest().await, Home::new());
    let arguments = ["login", "--issuer", authority.issuer(), "--client-id", NATIVE, "--device"];
    home.run(&arguments).await.failed(1, "device");
}

#[tokio::test]
async fn dv_08_the_device_grant_is_offered_and_never_chosen() {
    let (authority, home) = (Authority::start(plan(&[])).await, Home::new());
    let arguments = ["login", "--issuer", authority.issuer(), "--client-id", NATIVE];
    let mut run = Run::start(home.command(&arguments).env("SSH_CONNECTION", "a b c d")).await;
    run.read_until("proofkey login --device").await;
    assert!(run.errors.contains("No browser is available on this machine"), "{}", run.errors);
    assert!(run.errors.contains("ssh -L "), "{}", run.errors);
    run.finish(&authority).await.done();
    assert_eq!(authority.wire().count(Endpoint::Device), 0);
}
