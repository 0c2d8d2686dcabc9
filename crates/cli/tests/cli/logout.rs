use proofkey_authority::Authority;

use crate::home::Home;

#[tokio::test]
async fn a_logout_revokes_the_tokens_and_removes_them() {
    let (authority, home) = (Authority::honest().await, Home::new());
    home.log_in(&authority, &[]).await.done();
    let logout = home.run(&["logout", "--json"]).await;
    assert_eq!(logout.done().trim(), r#"{"profile":"default","revoked":true,"was_logged_in":true}"#);
    assert_eq!(authority.wire().revocation_requests().len(), 1);
    home.run(&["token"]).await.failed(3, "no user is signed in");
    assert!(home.run(&["logout"]).await.errors.contains("No user was logged in"));
}

#[tokio::test]
async fn tokens_that_could_not_be_revoked_are_kept_unless_that_is_asked_for() {
    let (authority, home) = (Authority::honest().await, Home::new());
    home.log_in(&authority, &[]).await.done();
    drop(authority);
    home.run(&["logout"]).await.failed(4, "");
    home.run(&["token"]).await.done();
    assert!(home.run(&["logout", "--local"]).await.errors.contains("stay valid"));
    home.run(&["token"]).await.failed(3, "");
}

#[tokio::test]
async fn a_logout_does_not_log_the_previous_user_in_again() {
    for arguments in [&["logout"][..], &["logout", "--local"]] {
        let (authority, home) = (Authority::honest().await, Home::new());
        home.log_in(&authority, &[]).await.done();
        home.log_in(&authority, &["--scope", "profile offline_access"]).await.done();
        home.run(arguments).await.done();
        home.run(&["token"]).await.failed(3, "no user is signed in");
        let revoked = if arguments.len() == 1 { 2 } else { 0 };
        assert_eq!(authority.wire().revocation_requests().len(), revoked);
    }
}
