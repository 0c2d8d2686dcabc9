//! What another site, another browser or another user tries.

use axum::Router;
use proofkey_authority::{Authority, Browser};

use crate::support::{ORIGIN, Visitor, app, assert_no_faults, provider, routes, web_login};

const ELSEWHERE: &str = "This login cannot be completed here";

#[tokio::test]
async fn oa_49_ak_12_co_01_a_callback_of_another_browser_signs_no_one_in() {
    let authority = Authority::honest().await;
    let app = app(&authority);
    let (mut attacker, mut victim) = (Visitor::new(&app), Visitor::new(&app));
    attacker.user = Some("auth0|mallory".into());
    let callback = attacker.begin(&authority, "/login").await;
    // With no login under way, with one of their own, and while they are signed in.
    assert_eq!(victim.refused(&callback).await, (400, ELSEWHERE.to_owned()));
    let own = victim.begin(&authority, "/login").await;
    assert_eq!(victim.refused(&callback).await, (400, ELSEWHERE.to_owned()));
    victim.get(&own).await;
    assert_eq!(victim.refused(&callback).await, (400, ELSEWHERE.to_owned()));
    assert_eq!(victim.who().await, "auth0|john");
    assert_eq!(authority.wire().code_requests().len(), 1, "no code of the attacker was sent");
    // The same in the browser where it began.
    assert_eq!(attacker.get(&callback).await.location(), "http://localhost:8091/");
    assert_eq!(attacker.who().await, "auth0|mallory");
    assert_no_faults(&authority);
}

#[tokio::test]
async fn a_link_from_the_attacker_leads_to_a_login_of_the_one_who_follows_it() {
    let authority = Authority::honest().await;
    let app = app(&authority);
    let (mut attacker, mut victim) = (Visitor::new(&app), Visitor::new(&app));
    // The attacker begins, and the victim signs in at the provider: the code reaches a browser that began nothing.
    let url = attacker.get("/login").await.location().to_owned();
    let callback = Browser::new(authority.wire()).open(&url).await.unwrap().callback().unwrap();
    assert_eq!(victim.refused(&callback).await, (400, ELSEWHERE.to_owned()));
    assert_eq!((victim.session(), authority.wire().code_requests().len()), (None, 0));
}

#[tokio::test]
async fn a_session_identifier_from_outside_is_never_adopted() {
    let authority = Authority::honest().await;
    let mut visitor = Visitor::new(&app(&authority));
    let planted = "A".repeat(43);
    visitor.cookies.insert("login8091".into(), (planted.clone(), false));
    assert_eq!(visitor.who().await, "no one");
    let callback = visitor.begin(&authority, "/login").await;
    visitor.get(&callback).await;
    assert_ne!(visitor.session(), Some(planted.as_str()));
    assert_eq!(visitor.who().await, "auth0|john");
    let mut attacker = Visitor::new(&visitor.app);
    attacker.cookies.insert("login8091".into(), (planted, false));
    assert_eq!(attacker.who().await, "no one");
}

#[tokio::test]
async fn a_pending_login_is_neither_forged_nor_moved_to_another_name() {
    let authority = Authority::honest().await;
    let app = app(&authority);
    let mut visitor = Visitor::new(&app);
    let callback = visitor.begin(&authority, "/login").await;
    let (name, (value, _)) = visitor.cookies.first_key_value().map(|(k, v)| (k.clone(), v.clone())).unwrap();
    let mut changed = value.clone().into_bytes();
    changed[40] ^= 1;
    for (name, value) in [
        (name.clone(), String::from_utf8(changed).unwrap()),
        (name.clone(), String::new()),
        ("login8091-000000000000".to_owned(), value.clone()),
        ("login8091".to_owned(), value.clone()),
    ] {
        let mut other = Visitor::new(&app);
        other.cookies.insert(name, (value, false));
        assert_eq!(other.refused(&callback).await, (400, ELSEWHERE.to_owned()));
    }
    // Another application, or this one after a restart without a key.
    let mut restarted = Visitor { app: crate::support::app(&authority), ..visitor.clone() };
    assert_eq!(restarted.refused(&callback).await, (400, ELSEWHERE.to_owned()));
    assert_eq!(visitor.get(&callback).await.location(), "http://localhost:8091/");
}

#[tokio::test]
async fn a_login_goes_on_at_another_machine_with_the_same_key_and_store() {
    let authority = Authority::honest().await;
    let store = tower_sessions::MemoryStore::default();
    let machine = |keys: &[u8]| -> Router {
        let login = proofkey_web::WebLogin::new(store.clone(), provider(&authority)).http(crate::support::http());
        login.keys(keys.iter().map(|byte| [*byte; 32])).attach(routes()).unwrap()
    };
    let (one, rotated, other) = (machine(&[1]), machine(&[2, 1]), machine(&[2]));
    let mut visitor = Visitor::new(&one);
    let callback = visitor.begin(&authority, "/login").await;
    visitor.app = rotated.clone();
    assert_eq!(visitor.get(&callback).await.location(), "http://localhost:8091/");
    assert_eq!(visitor.who().await, "auth0|john");
    // The machine where it began knows that it was used, and the session is sealed.
    visitor.app = one;
    assert_eq!(visitor.refused(&callback).await, (400, "This login is already complete".to_owned()));
    assert_eq!(visitor.who().await, "no one", "the first key, which this machine does not have, sealed the session");
    visitor.app = other;
    assert_eq!(visitor.who().await, "auth0|john");
}

#[tokio::test]
async fn bp_03_co_02_a_login_returns_to_this_application_only() {
    let authority = Authority::honest().await;
    let mut visitor = Visitor::new(&app(&authority));
    for evil in [
        "https://evil.example",
        "//evil.example",
        "/%5Cevil.example",
        "%5C%5Cevil.example",
        "/%09/evil.example",
        "javascript:alert(1)",
        "%0d%0aLocation:https://evil.example",
        "http://localhost:8091@evil.example",
        "http://localhost:8091.evil.example",
        // Those that would only lead back to the login.
        "/login",
        "/login/login?return_to=/a",
        "/login-failed?why=used",
        "/logout",
    ] {
        let callback = visitor.begin(&authority, &format!("/login?return_to={evil}")).await;
        assert_eq!(visitor.get(&callback).await.location(), "http://localhost:8091/", "{evil}");
        let failed = visitor.get(&format!("/login-failed?why=used&return_to={evil}")).await;
        assert!(!failed.text.contains("evil"), "{}", failed.text);
    }
    let callback = visitor.begin(&authority, "/login?return_to=/loginpage%3Fa%3D%2F%2Fb").await;
    assert_eq!(visitor.get(&callback).await.location(), "http://localhost:8091/loginpage?a=//b");
}

#[tokio::test]
async fn bw_02_a_request_of_another_site_changes_nothing() {
    let authority = Authority::honest().await;
    let mut visitor = Visitor::new(&app(&authority));
    visitor.sign_in(&authority).await;
    for (headers, is_accepted) in [
        (&[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")] as &[_], false),
        // A sibling domain, whose requests come with the `Lax` cookie.
        (&[("sec-fetch-site", "same-site"), ("origin", "http://other.localhost:8091")], false),
        // What the browser states wins over what a page could set.
        (&[("sec-fetch-site", "cross-site"), ("origin", ORIGIN)], false),
        (&[("origin", "https://evil.example")], false),
        (&[("origin", "null")], false),
        (&[("origin", "http://localhost:8092")], false),
        (&[("origin", "http://localhost:8091.evil.example")], false),
        (&[], false),
        (&[("origin", ORIGIN)], true),
        (&[("sec-fetch-site", "same-origin"), ("origin", "null")], true),
        (&[("sec-fetch-site", "none")], true),
    ] {
        for method in ["POST", "PUT", "PATCH", "DELETE"] {
            let page = visitor.send(method, "/change", headers, "").await;
            let expected = match (is_accepted, method) {
                (false, _) => 403,
                (true, "POST") => 200,
                (true, _) => 405,
            };
            assert_eq!(page.status, expected, "{method} {headers:?}");
        }
        let socket: Vec<_> = headers.iter().copied().chain([("upgrade", "websocket")]).collect();
        assert_eq!(visitor.send("GET", "/", &socket, "").await.status, if is_accepted { 200 } else { 403 });
        let mut other = Visitor::new(&visitor.app);
        other.sign_in(&authority).await;
        let logout = other.clone().send("POST", "/logout", headers, "").await;
        assert_eq!(logout.status, if is_accepted { 303 } else { 403 }, "{headers:?}");
        assert_eq!(other.who().await, if is_accepted { "no one" } else { "auth0|john" });
    }
    assert_eq!(visitor.who().await, "auth0|john");
    // The form of another site comes without the cookie. The answer must not remove it.
    let logout = visitor.post_from_another_site("/logout", "").await;
    assert_eq!((logout.status, logout.set_cookies().len()), (403, 0));
    assert_eq!(visitor.who().await, "auth0|john");
    // Reading is free, and so is a request without a session, such as that of a program.
    assert_eq!(visitor.send("GET", "/api", &[("sec-fetch-site", "cross-site")], "").await.status, 200);
    assert_eq!(Visitor::new(&visitor.app).send("POST", "/change", &[], "").await.text, "no one");
}

#[tokio::test]
async fn a_cookie_of_another_port_or_domain_beside_ours_signs_no_one_in() {
    let authority = Authority::honest().await;
    let app = app(&authority);
    let (mut visitor, mut attacker) = (Visitor::new(&app), Visitor::new(&app));
    attacker.user = Some("auth0|mallory".into());
    visitor.sign_in(&authority).await;
    attacker.sign_in(&authority).await;
    let [own, tossed] = [&visitor, &attacker].map(|browser| browser.session().unwrap().to_owned());
    for cookies in [format!("login8091={tossed}; login8091={own}"), format!("login8091={own}; login8091={tossed}")] {
        let page = Visitor::new(&app).send("GET", "/", &[("cookie", &cookies)], "").await;
        assert_eq!(page.text, "no one");
    }
}

#[tokio::test]
async fn on_https_every_cookie_is_host_bound_and_secure() {
    let authority = Authority::honest().await;
    let provider = proofkey_web::Provider::new(authority.issuer(), "web", "https://app.example/callback");
    let mut visitor = Visitor::new(&web_login(provider).attach(routes()).unwrap());
    let page = visitor.get("/login").await;
    let [cookie] = page.set_cookies()[..] else { panic!("{:?}", page.set_cookies()) };
    assert!(cookie.starts_with("__Host-login-"), "{cookie}");
    assert!(cookie.ends_with("; Path=/; Max-Age=600; HttpOnly; SameSite=Lax; Secure"), "{cookie}");
}
