use crate::person::{Person, demo};

#[tokio::test]
async fn the_api_wants_the_token_and_nothing_else() {
    let demo = demo().await;
    let mut john = Person::at(demo.origin());
    let page = john.open("/api").await;
    assert_eq!(page.body.matches("HTTP 401").count(), 2, "{}", page.body);
    assert!(page.body.contains("WWW-Authenticate: Bearer realm=&quot;flyte&quot;"), "{}", page.body);
    assert!(!page.body.contains("With the token"));

    john.log_in().await;
    let page = john.open("/api").await;
    assert_eq!((page.body.matches("HTTP 200").count(), page.body.matches("HTTP 401").count()), (2, 2));
    assert!(page.body.contains("flytesnacks") && page.body.contains("hello_world"));
    let done = john.submit(&page, &[("token", "with")]).await;
    assert!(done.body.contains("HTTP 201") && done.body.contains("google-oauth2|1234567890"), "{}", done.body);
    let refused = john.submit(&page, &[("token", "without")]).await;
    assert!(refused.body.contains("HTTP 401") && !refused.body.contains("HTTP 201"));
    // The token stays at the app's server.
    assert!(!done.body.contains("eyJ") && !page.body.contains("eyJ"));
}
