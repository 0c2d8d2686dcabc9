use proofkey_authority::lie::{JsonEdit, ParamEdit};
use proofkey_authority::{Authority, Endpoint, Lie, PushMode, Setup};

use crate::support::{Clock, Visitor, app, assert_no_faults, provider, routes, web_login};

#[tokio::test]
async fn a_user_logs_in_and_returns_to_the_page_that_was_asked_for() {
    let authority = Authority::honest().await;
    let mut visitor = Visitor::new(&app(&authority));
    assert_eq!(visitor.who().await, "no one");
    assert_eq!(visitor.get("/api").await.status, 401);
    for (asked, page) in [("/below/page?a=b&c=%2F", "auth0|john"), ("/report", "a report")] {
        let mut visitor = visitor.clone();
        let redirect = visitor.get(asked).await;
        assert_eq!(redirect.status, 303);
        assert_eq!((redirect.header("cache-control"), redirect.header("referrer-policy")), ("no-store", "no-referrer"));
        let callback = visitor.begin(&authority, redirect.location()).await;
        let back = visitor.get(&callback).await;
        assert_eq!((back.status, back.location()), (303, format!("http://localhost:8091{asked}").as_str()));
        assert_eq!(visitor.get(asked).await.text, page);
        assert_eq!((visitor.who().await.as_str(), visitor.pending()), ("auth0|john", 0));
    }
    assert_no_faults(&authority);
}

#[tokio::test]
async fn a_script_and_a_form_are_not_sent_to_the_login() {
    let authority = Authority::honest().await;
    let mut visitor = Visitor::new(&app(&authority));
    assert_eq!(visitor.send("GET", "/report", &[("sec-fetch-mode", "cors")], "").await.status, 401);
    assert_eq!(visitor.send("HEAD", "/report", &[], "").await.status, 401);
    assert_eq!(visitor.send("GET", "/report", &[("sec-fetch-mode", "navigate")], "").await.status, 303);
    // What is no visit begins no login: an image of another page, or a browser that looks ahead.
    for header in [("sec-fetch-mode", "no-cors"), ("sec-purpose", "prefetch;prerender")] {
        let page = visitor.send("GET", "/login", &[header], "").await;
        assert_eq!((page.status, page.set_cookies().len()), (403, 0));
    }
}

#[tokio::test]
async fn bw_04_two_tabs_end_in_any_order_and_each_callback_counts_once() {
    let authority = Authority::honest().await;
    let mut visitor = Visitor::new(&app(&authority));
    // Both begin without a cookie, as when a browser restores its tabs.
    let mut other_tab = visitor.clone();
    let callbacks =
        [visitor.begin(&authority, "/login").await, other_tab.begin(&authority, "/login?return_to=/a").await];
    visitor.cookies.extend(other_tab.cookies);
    assert_eq!(visitor.pending(), 2);
    for (callback, page) in callbacks.iter().zip(["/", "/a"]).rev() {
        let before = visitor.clone();
        let back = visitor.get(callback).await;
        assert_eq!(back.location(), format!("http://localhost:8091{page}"));
        assert_ne!(visitor.session(), before.session(), "the session has another identifier after the login");
        assert_eq!(visitor.who().await, "auth0|john");
        let again = (400, "This login is already complete".to_owned());
        assert_eq!(visitor.refused(callback).await, again, "the page was reloaded");
        assert_eq!(before.clone().refused(callback).await, again, "with the cookie of the pending login");
        assert_eq!(before.clone().who().await, "no one", "the session from before has ended");
        assert_eq!(visitor.who().await, "auth0|john", "a callback that came again ends nothing");
    }
    assert_eq!(authority.wire().code_requests().len(), 2);
    assert_no_faults(&authority);
}

#[tokio::test]
async fn one_of_many_copies_of_a_callback_signs_in() {
    let authority = Authority::honest().await;
    let mut visitor = Visitor::new(&app(&authority));
    let callback = visitor.begin(&authority, "/login").await;
    let mut tabs: Vec<_> = (0..8).map(|_| visitor.clone()).collect();
    let pages = futures(tabs.iter_mut().map(|tab| tab.get(&callback))).await;
    assert_eq!(pages.iter().filter(|page| page.location() == "http://localhost:8091/").count(), 1);
    assert_eq!(authority.wire().code_requests().len(), 1);
    assert_no_faults(&authority);
}

/// Runs futures at the same time.
async fn futures<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut futures: Vec<_> = futures.map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(|context| {
        for (future, output) in futures.iter_mut().filter(|(_, output)| output.is_none()) {
            if let std::task::Poll::Ready(ready) = future.as_mut().poll(context) {
                *output = Some(ready);
            }
        }
        if futures.iter().all(|(_, output)| output.is_some()) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    futures.into_iter().filter_map(|(_, output)| output).collect()
}

#[tokio::test]
async fn a_login_expires() {
    let (authority, clock) = (Authority::honest().await, Clock::default());
    let now = clock.clone();
    let login = web_login(provider(&authority)).clock(move || now.now());
    let mut visitor = Visitor::new(&login.attach(routes()).unwrap());
    let callback = visitor.begin(&authority, "/login?return_to=/a").await;
    let mut in_time = visitor.clone();
    clock.advance(590);
    assert_eq!(in_time.get(&callback).await.location(), "http://localhost:8091/a");
    let callback = visitor.begin(&authority, "/login").await;
    clock.advance(620);
    assert_eq!(visitor.refused(&callback).await, (400, "This login has expired".to_owned()));
    assert_eq!(authority.wire().code_requests().len(), 1);
}

#[tokio::test]
async fn a_session_expires_although_it_is_used() {
    let (authority, clock) = (Authority::honest().await, Clock::default());
    let now = clock.clone();
    let login = web_login(provider(&authority)).clock(move || now.now());
    let mut visitor = Visitor::new(&login.attach(routes()).unwrap());
    visitor.sign_in(&authority).await;
    clock.advance(12 * 3600 - 60);
    assert_eq!(visitor.who().await, "auth0|john");
    clock.advance(120);
    assert_eq!(visitor.who().await, "no one");
}

#[tokio::test]
async fn logins_of_one_browser_are_bounded_and_the_newest_stay() {
    let authority = Authority::honest().await;
    let mut visitor = Visitor::new(&app(&authority));
    let first = visitor.begin(&authority, "/login").await;
    let mut last = String::new();
    for _ in 0..8 {
        last = visitor.begin(&authority, "/login").await;
    }
    assert!((4..=6).contains(&visitor.pending()), "{}", visitor.pending());
    let size: usize = visitor.cookies.iter().map(|(name, (value, _))| name.len() + value.len()).sum();
    assert!(size <= 4096, "{size}");
    assert_eq!(visitor.clone().get(&last).await.location(), "http://localhost:8091/");
    assert_eq!(visitor.refused(&first).await, (400, "This login cannot be completed here".to_owned()));
    // A long address to return to takes the room of several.
    let long = format!("/login?return_to=/{}", "a".repeat(1023));
    for _ in 0..3 {
        last = visitor.begin(&authority, &long).await;
    }
    let size: usize = visitor.cookies.iter().map(|(name, (value, _))| name.len() + value.len()).sum();
    assert!(size <= 4096, "{size}");
    assert!(visitor.get(&last).await.location().ends_with("aaa"));
}

#[tokio::test]
async fn a_request_that_the_server_wants_pushed_is_pushed() {
    let authority = Authority::start(Setup { push: PushMode::Required, ..Setup::honest() }).await;
    let mut visitor = Visitor::new(&app(&authority));
    visitor.sign_in(&authority).await;
    assert_no_faults(&authority);
}

#[tokio::test]
async fn bs_01_a_failed_login_ends_at_an_address_without_a_code() {
    for (lie, expected) in [
        (Lie::refusal("access_denied"), (403, "The login was cancelled")),
        (Lie::refusal("server_error"), (400, "The login failed")),
        (Lie::callback([ParamEdit::set("state", "forged")]), (400, "This login cannot be completed here")),
        (Lie::callback([ParamEdit::remove("state")]), (400, "The login failed")),
        (Lie::callback([ParamEdit::set("iss", "https://other.example")]), (400, "The login failed")),
        (Lie::claims([JsonEdit::set("nonce", "another")]), (400, "The login failed")),
        (Lie::error(Endpoint::Token, 400, "invalid_grant"), (400, "The login failed")),
    ] {
        let authority = Authority::start(Setup { lie: Some(lie), ..Setup::honest() }).await;
        let mut visitor = Visitor::new(&app(&authority));
        let callback = visitor.begin(&authority, "/login?return_to=/a").await;
        let page = visitor.get(&callback).await;
        assert_eq!((page.status, page.header("referrer-policy")), (303, "no-referrer"));
        let location = page.location().to_owned();
        for secret in ["code=", "state=", "error", "iss="] {
            assert!(!location.contains(secret), "{location}");
        }
        let shown = visitor.failed(&page).await;
        assert_eq!((shown.0, shown.1.as_str()), expected);
        let page = visitor.get(&location).await;
        assert_eq!((page.header("cache-control"), page.header("x-frame-options")), ("no-store", "DENY"));
        assert!(page.header("content-security-policy").contains("frame-ancestors 'none'"));
        assert!(!page.text.contains("http"), "it loads nothing: {}", page.text);
        assert_eq!((visitor.who().await.as_str(), visitor.session()), ("no one", None));
    }
}

#[tokio::test]
async fn a_page_that_depends_on_the_user_is_not_stored_unless_the_application_says_otherwise() {
    let authority = Authority::honest().await;
    let cached = |_: Option<proofkey_web::User>| async { ([("cache-control", "private")], "cached") };
    let app =
        routes().route("/cached", axum::routing::get(cached)).route("/free", axum::routing::get(|| async { "free" }));
    let mut visitor = Visitor::new(&web_login(provider(&authority)).attach(app).unwrap());
    for (path, cache_control) in [("/", "no-store"), ("/cached", "private"), ("/free", "")] {
        assert_eq!(visitor.get(path).await.header("cache-control"), cache_control, "{path}");
    }
}

#[tokio::test]
async fn pages_can_be_replaced() {
    let authority = Authority::start(Setup { lie: Some(Lie::refusal("access_denied")), ..Setup::honest() }).await;
    let login = web_login(provider(&authority)).pages(|page| format!("<h1>{}</h1>", page.kind.as_str()));
    let mut visitor = Visitor::new(&login.attach(routes()).unwrap());
    let callback = visitor.begin(&authority, "/login").await;
    assert_eq!(visitor.refused(&callback).await, (403, "denied".to_owned()));
}
