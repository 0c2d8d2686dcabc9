//! The end of sessions by their provider.

use axum::Router;
use proofkey_authority::lie::JsonEdit;
use proofkey_authority::{Authority, Client, Lie, Setup};
use serde_json::{Value, json};

use crate::support::{Clock, Visitor, assert_no_faults, provider, routes, web_login};

/// An issuer whose ID tokens name a session, or none, and the application.
async fn start(sid: Option<&str>) -> (Authority, Clock, Router) {
    let lie = sid.map(|sid| Lie::claims([JsonEdit::set("sid", sid)]));
    let authority = Authority::start(Setup { lie, ..Setup::honest() }).await;
    let clock = Clock::default();
    let (now, provider) = (clock.clone(), provider(&authority));
    let login = web_login(provider.backchannel_logout("/backchannel-logout")).clock(move || now.now());
    let app = login.attach(routes()).unwrap();
    (authority, clock, app)
}

/// Moves the clocks of both sides.
fn later(authority: &Authority, clock: &Clock, seconds: u32) {
    clock.advance(seconds.into());
    authority.clock().advance(seconds.into());
}

/// The claims of a logout token that is made now.
fn claims(authority: &Authority, id: &str) -> Value {
    let now = authority.clock().unix();
    json!({
        "iss": authority.issuer(), "aud": Client::native().id, "iat": now, "exp": now + 120, "jti": id,
        "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
    })
}

async fn post(app: &Router, token: &str) -> (u16, String) {
    let page = Visitor::new(app).send("POST", "/backchannel-logout", &[], &format!("logout_token={token}")).await;
    assert_eq!((page.header("cache-control"), page.set_cookies().len()), ("no-store", 0));
    (page.status, page.text)
}

#[tokio::test]
async fn lo_01_a_logout_ends_the_sessions_that_it_names_and_no_others() {
    let (named_session, unnamed_session) = (start(Some("s1")).await, start(None).await);
    for (number, (sid, named, is_ended)) in [
        (Some("s1"), json!({"sid": "s1"}), true),
        (Some("s1"), json!({"sub": "auth0|john"}), true),
        (Some("s1"), json!({"sid": "s1", "sub": "auth0|john"}), true),
        (None, json!({"sub": "auth0|john"}), true),
        // A session that does not say which one it is at the issuer may be the one that is meant.
        (None, json!({"sid": "s1", "sub": "auth0|john"}), true),
        (Some("s1"), json!({"sid": "s2"}), false),
        (Some("s1"), json!({"sid": "s2", "sub": "auth0|john"}), false),
        (Some("s1"), json!({"sub": "auth0|mallory"}), false),
        (None, json!({"sid": "s1"}), false),
        (None, json!({"sid": "s1", "sub": "auth0|mallory"}), false),
    ]
    .into_iter()
    .enumerate()
    {
        let (authority, clock, app) = if sid.is_some() { &named_session } else { &unnamed_session };
        let mut visitor = Visitor::new(app);
        visitor.sign_in(authority).await;
        later(authority, clock, 10);
        let mut claims = claims(authority, &format!("j{number}"));
        claims.as_object_mut().unwrap().extend(named.as_object().unwrap().clone());
        assert_eq!(post(app, &authority.sign_id_token(&claims)).await, (200, String::new()), "{claims}");
        let who = if is_ended { "no one" } else { "auth0|john" };
        assert_eq!((visitor.clone().who().await.as_str(), visitor.get("/token").await.status == 200), (who, !is_ended));
        // A login after it is another session, although the issuer gives it the same name.
        later(authority, clock, 10);
        visitor.sign_in(authority).await;
        assert_eq!(visitor.who().await, "auth0|john");
        assert_no_faults(authority);
    }
}

#[tokio::test]
async fn lo_01_a_token_that_breaks_a_rule_ends_nothing() {
    let (authority, clock, app) = start(None).await;
    let mut visitor = Visitor::new(&app);
    visitor.sign_in(&authority).await;
    later(&authority, &clock, 10);
    let other = Authority::start(Setup { keys: proofkey_authority::KeySet::Second, ..Setup::honest() }).await;
    let mut honest = claims(&authority, "j1");
    honest["sub"] = json!("auth0|john");
    for (name, value, code) in [
        ("iss", json!("https://other.example/"), "logout_token_iss_mismatch"),
        ("aud", json!("another"), "logout_token_aud_mismatch"),
        ("exp", json!(authority.clock().unix() - 100), "logout_token_exp_expired"),
        ("jti", Value::Null, "logout_token_jti"),
        ("events", json!({}), "logout_token_events"),
        ("nonce", json!("n"), "logout_token_nonce"),
        ("sub", Value::Null, "logout_token_"),
    ] {
        let mut claims = honest.clone();
        claims[name] = value;
        if claims[name].is_null() {
            claims.as_object_mut().unwrap().remove(name);
        }
        let (status, text) = post(&app, &authority.sign_id_token(&claims)).await;
        assert_eq!(status, 400, "{claims}");
        assert!(text.starts_with("{\"error\":\"invalid_request\"") && text.contains(code), "{text}");
    }
    for token in ["", "a.b.c", &other.sign_id_token(&honest)] {
        assert_eq!(post(&app, token).await.0, 400);
    }
    let huge = "a".repeat(65 << 10);
    assert_eq!(post(&app, &huge).await.0, 400);
    assert_eq!(visitor.who().await, "auth0|john");
    // The honest twin, and the same token again after the user is back.
    let token = authority.sign_id_token(&honest);
    assert_eq!(post(&app, &token).await.0, 200);
    assert_eq!(visitor.who().await, "no one");
    later(&authority, &clock, 10);
    visitor.sign_in(&authority).await;
    let (status, text) = post(&app, &token).await;
    assert!(status == 400 && text.contains("replay_seen"), "{text}");
    assert_eq!(visitor.who().await, "auth0|john");
}

#[tokio::test]
async fn a_login_that_was_under_way_at_the_logout_is_ended_by_it() {
    let (authority, clock, app) = start(Some("s1")).await;
    let mut visitor = Visitor::new(&app);
    // The logout token overtakes the callback: it is made after the ID token, and arrives before the session exists.
    let mut claims = claims(&authority, "j1");
    claims["sid"] = json!("s1");
    claims["iat"] = json!(authority.clock().unix() + 5);
    assert_eq!(post(&app, &authority.sign_id_token(&claims)).await.0, 200);
    let callback = visitor.begin(&authority, "/login").await;
    visitor.get(&callback).await;
    assert_eq!(visitor.who().await, "no one");
    // An older logout does not take the place of a later one.
    let mut older = claims.clone();
    older["jti"] = json!("j2");
    older["iat"] = json!(authority.clock().unix() - 100);
    assert_eq!(post(&app, &authority.sign_id_token(&older)).await.0, 200);
    visitor.sign_in(&authority).await;
    assert_eq!(visitor.who().await, "no one");
    later(&authority, &clock, 10);
    visitor.sign_in(&authority).await;
    assert_eq!(visitor.who().await, "auth0|john");
}
