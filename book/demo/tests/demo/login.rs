use crate::person::{JOHN, MALLORY, Person, demo};

#[tokio::test]
async fn a_whole_login_by_google() {
    let demo = demo().await;
    let mut john = Person::at(demo.origin());
    let welcome = john.open("/").await;
    assert!(welcome.body.contains("google horse") && !welcome.body.contains("id=\"subject\""));
    let page = john.log_in().await;
    assert_eq!(page.url, format!("{}/", demo.origin()), "away from the address with the code");
    assert!(page.body.contains("<code id=\"subject\">google-oauth2|1234567890</code>"), "{}", page.body);
    assert!(page.body.contains("John Doe") && page.body.contains("user@gmail.com"));
    let page = john.submit(&page, &[]).await;
    assert_eq!(page.url, format!("{}/goodbye", demo.origin()));
    assert!(page.body.contains("You are logged out of the app") && !page.body.contains("id=\"subject\""));
}

#[tokio::test]
async fn after_a_logout_of_the_app_alone_the_server_signs_the_same_user_in() {
    let demo = demo().await;
    let mut john = Person::at(demo.origin());
    let signed_in = john.log_in().await;
    john.submit(&signed_in, &[]).await;
    assert!(!john.open("/").await.body.contains("id=\"subject\""));
    assert!(john.open("/login").await.body.contains("google-oauth2|1234567890"), "the server's session goes on");
}

#[tokio::test]
async fn after_a_logout_of_both_another_user_can_sign_in() {
    let demo = demo().await;
    let mut john = Person::at(demo.origin());
    let signed_in = john.log_in().await;
    let offer = john.submit(&signed_in, &[]).await;
    let page = john.click(&offer, "Log out of the server too").await;
    assert!(page.url.starts_with(&format!("{}/goodbye?state=", demo.origin())), "{}", page.url);
    assert!(page.body.contains("You are logged out of both") && page.body.contains("battery staple"));
    let login = john.begin().await;
    assert!(john.submit(&login, &MALLORY).await.body.contains("auth0|mallory"));

    // The return is taken once, and only in the browser that left.
    let again = john.open(&page.url).await;
    assert_eq!(again.status, 400);
    assert!(again.body.contains(">callback_state_mismatch<"), "{}", again.body);
}

#[tokio::test]
async fn a_forged_return_from_a_logout_is_refused() {
    let demo = demo().await;
    let mut john = Person::at(demo.origin());
    let signed_in = john.log_in().await;
    john.submit(&signed_in, &[]).await;
    let page = john.open("/goodbye?state=forged").await;
    assert_eq!(page.status, 400);
    assert!(page.body.contains(">callback_state_mismatch<"), "{}", page.body);
}

#[tokio::test]
async fn two_logins_at_once_stay_apart() {
    let demo = demo().await;
    let (mut john, mut mallory) = (Person::at(demo.origin()), Person::at(demo.origin()));
    let (johns, mallorys) = (john.begin().await, mallory.begin().await);
    let google = john.go_to_google(&johns).await;
    let page = mallory.submit(&mallorys, &MALLORY).await;
    assert!(page.body.contains("auth0|mallory"));
    assert!(!john.open("/").await.body.contains("id=\"subject\""), "John is not signed in by Mallory's login");
    assert!(john.submit(&google, &JOHN).await.body.contains("google-oauth2|1234567890"));
    assert!(mallory.open("/").await.body.contains("auth0|mallory"));

    // Nor does either see the other's messages.
    let (johns, mallorys) = (john.open("/live").await.body, mallory.open("/live").await.body);
    assert!(johns.contains("user@gmail.com") && !johns.contains("mallory"), "{johns}");
    assert!(mallorys.contains("mallory@example.com") && !mallorys.contains("gmail"), "{mallorys}");
}

#[tokio::test]
async fn two_tabs_of_one_browser_both_arrive() {
    let demo = demo().await;
    let mut john = Person::at(demo.origin());
    let first = john.begin().await;
    let second = john.begin().await;
    // The server's cookie is the second tab's; the first one's page is over, and says so.
    assert!(john.submit(&first, &MALLORY).await.body.contains("not begun in this browser"));
    assert!(john.submit(&second, &MALLORY).await.body.contains("auth0|mallory"));
}

#[tokio::test]
async fn a_refusal_at_the_provider_is_said_and_signs_nobody_in() {
    let demo = demo().await;
    let mut john = Person::at(demo.origin());
    let login = john.begin().await;
    let google = john.go_to_google(&login).await;
    let page = john.submit(&google, &[("cancel", "1")]).await;
    assert_eq!(page.status, 400);
    assert!(page.body.contains("You did not sign in") && page.body.contains(">callback_refused<"), "{}", page.body);
    assert!(!john.open("/").await.body.contains("id=\"subject\""));
    let live = john.open("/live").await.body;
    assert!(live.contains("the app sent nothing") && live.contains("access_denied"), "{live}");
    // Begun again, it works.
    assert!(john.log_in().await.body.contains("google-oauth2|1234567890"));
}

#[tokio::test]
async fn a_callback_of_another_browser_is_refused_and_asks_nobody() {
    let demo = demo().await;
    let mut mallory = Person::at(demo.origin());
    let login = mallory.begin().await;
    let landing = mallory.browser().submit(&login, &MALLORY).await.unwrap();
    let callback = mallory.stop_before(landing, "/callback").await;
    let mut john = Person::at(demo.origin());
    let page = john.open(&callback).await;
    assert_eq!(page.status, 400);
    assert!(page.body.contains(">callback_state_mismatch<"), "{}", page.body);
    // It was not burnt: where it belongs, it still works, once.
    assert!(mallory.open(&callback).await.body.contains("auth0|mallory"));
    assert!(mallory.open(&callback).await.body.contains(">callback_state_mismatch<"));
}

#[tokio::test]
async fn a_login_gives_the_session_a_new_name() {
    let demo = demo().await;
    let mut john = Person::at(demo.origin());
    let login = john.begin().await;
    let planted = john.browser().clone();
    assert!(john.submit(&login, &MALLORY).await.body.contains("auth0|mallory"));
    // Whoever knew the name from before the login has nothing.
    let mut other = Person::at(demo.origin());
    *other.browser() = planted;
    assert!(!other.open("/").await.body.contains("id=\"subject\""));
}

#[tokio::test]
async fn a_known_browser_is_not_asked_again() {
    let demo = demo().await;
    let mut john = Person::at(demo.origin());
    john.log_in().await;
    let page = john.open("/login").await;
    assert!(page.body.contains("google-oauth2|1234567890"), "{}", page.body);
    let live = john.open("/live").await.body;
    assert!(live.contains("Steps 5 to 14: the server still knows this browser"), "{live}");
    assert_eq!(live.matches("<li class=\"step").count(), 11, "4 steps, the skipped ones, 6 steps, and nothing besides");
}
