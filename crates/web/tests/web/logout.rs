use proofkey_authority::{Authority, Browser};
use tower_sessions::{MemoryStore, Session, SessionManagerLayer};

use crate::support::{Visitor, app, assert_no_faults, provider, routes, web_login};

#[tokio::test]
async fn a_logout_ends_the_session_in_every_window() {
    let authority = Authority::honest().await;
    let mut visitor = Visitor::new(&app(&authority));
    visitor.sign_in(&authority).await;
    let mut window = visitor.clone();
    visitor.get("/login").await;
    let asked = visitor.get("/logout").await;
    assert!(asked.text.contains("<form method=\"post\" action=\"/logout\">"), "{}", asked.text);
    assert_eq!(visitor.who().await, "auth0|john", "a link changes nothing");
    let page = visitor.post("/logout").await;
    assert_eq!((page.status, page.location()), (303, "http://localhost:8091/logged-out"));
    assert!(visitor.cookies.is_empty(), "pending logins end as well");
    for visitor in [&mut visitor, &mut window] {
        assert_eq!(visitor.who().await, "no one");
    }
    assert!(visitor.get("/logged-out").await.text.contains("You are logged out"));
    // A second click, and a session that is not there.
    assert_eq!(window.post("/logout").await.location(), "http://localhost:8091/logged-out");
    assert_eq!(Visitor::new(&visitor.app).post("/logout").await.location(), "http://localhost:8091/logged-out");
    // The token is revoked in the background.
    while authority.wire().revocation_requests().is_empty() {
        tokio::task::yield_now().await;
    }
    assert_no_faults(&authority);
}

#[tokio::test]
async fn a_cookie_of_the_application_that_is_not_ascii_is_in_no_ones_way() {
    let authority = Authority::honest().await;
    let mut visitor = Visitor::new(&app(&authority));
    visitor.cookies.insert("city".into(), ("Zürich".into(), false));
    visitor.sign_in(&authority).await;
    assert_eq!(visitor.who().await, "auth0|john");
    assert_eq!(visitor.post("/logout").await.location(), "http://localhost:8091/logged-out");
    assert_eq!((visitor.who().await.as_str(), visitor.session()), ("no one", None));
    assert_no_faults(&authority);
}

#[tokio::test]
async fn lo_02_the_session_at_the_provider_ends_as_well_if_that_is_asked_for() {
    let authority = Authority::honest().await;
    let provider = provider(&authority).post_logout_redirect_uri("http://localhost:8091/goodbye");
    let mut visitor = Visitor::new(&web_login(provider).attach(routes()).unwrap());
    visitor.sign_in(&authority).await;
    let url = visitor.post("/logout").await.location().to_owned();
    assert!(url.starts_with(authority.base()) && url.contains("id_token_hint="), "{url}");
    assert_eq!(visitor.who().await, "no one", "before the provider does anything");
    let back = Browser::new(authority.wire()).open(&url).await.unwrap().callback().unwrap();
    assert!(back.starts_with("http://localhost:8091/goodbye?"), "{back}");
    let page = visitor.get(&back).await;
    assert_eq!((page.status, page.location()), (303, "http://localhost:8091/logged-out"));
    assert!(visitor.cookies.is_empty());
    // A return that no logout waits for says the same, and changes nothing.
    visitor.sign_in(&authority).await;
    assert_eq!(visitor.get("/goodbye?state=forged").await.location(), "http://localhost:8091/logged-out");
    assert_eq!(visitor.who().await, "auth0|john");
    assert_no_faults(&authority);
}

#[tokio::test]
async fn the_sessions_of_the_application_follow_the_login() {
    let authority = Authority::honest().await;
    let cart = |session: Session| async move {
        let before: u32 = session.get("cart").await.unwrap().unwrap_or_default();
        session.insert("cart", before + 1).await.unwrap();
        before.to_string()
    };
    let app = web_login(provider(&authority)).attach(routes().route("/cart", axum::routing::get(cart))).unwrap();
    let app = app.layer(SessionManagerLayer::new(MemoryStore::default()).with_secure(false));
    let mut visitor = Visitor::new(&app);
    assert_eq!(visitor.get("/cart").await.text, "0");
    let before = visitor.clone();
    visitor.sign_in(&authority).await;
    assert_ne!(visitor.cookies["id"], before.cookies["id"], "the identifier from before the login was renewed");
    assert_eq!(visitor.get("/cart").await.text, "1", "what was in it is kept");
    assert_eq!(before.clone().get("/cart").await.text, "0", "the old identifier opens nothing");
    visitor.post("/logout").await;
    assert!(!visitor.cookies.contains_key("id"));
    assert_eq!(visitor.get("/cart").await.text, "0");
}
