use proofkey::token::ClientSecret;
use proofkey_mcp::{PendingAuthorization, Registration, Session, StoredAccessError};
use serde_json::{Value, json};

use crate::desk::*;

#[test]
fn a_registration_comes_back_as_it_was() {
    let desk = Desk::honest();
    desk.answer(REGISTER, 201, json!({"client_id": "c \"1\"", "client_secret": "s\\\u{1f511}", "client_secret_expires_at": 9_999_999_999_u64, "token_endpoint_auth_method": "client_secret_post"}));
    let dynamic = desk.begin().unwrap().pending().registration().clone();
    let by_hand = Registration::new(ISSUER, "by-hand").unwrap();
    for registration in [dynamic, by_hand.clone().with_secret(&ClientSecret::new("s-1").unwrap()), by_hand] {
        let read = Registration::from_json(&registration.to_json()).unwrap();
        assert!(read == registration, "{registration:?}");
        assert_eq!(read.to_json(), registration.to_json());
    }
}

#[test]
fn an_authorization_goes_on_in_another_process() {
    let desk = Desk::honest();
    let started = desk.begin().unwrap();
    let callback = callback(started.pending());
    let text = started.into_parts().1.to_json();
    let pending = PendingAuthorization::from_json(&text).unwrap();
    assert_eq!((pending.to_json(), pending.server()), (text, &server()));
    assert!(pending.check(&callback, now()).is_ok());
    assert_eq!(pending.check("state=other", now()).unwrap_err().code(), "callback_state_mismatch");

    // The metadata are asked of the issuer that was recorded, and must still be its own.
    desk.requests.borrow_mut().clear();
    let read = || PendingAuthorization::from_json(&pending.to_json()).unwrap();
    desk.answer(SERVER_METADATA, 200, with(server_metadata(), "issuer", json!("https://evil.example")));
    assert_eq!(desk.finish(read(), &callback).unwrap_err().code(), "discovery_issuer_mismatch");
    assert_eq!(desk.urls(), [SERVER_METADATA]);
    desk.answer(SERVER_METADATA, 200, server_metadata());
    let session = desk.finish(read(), &callback).unwrap();
    assert_eq!(session.resource(), MCP);
    assert_eq!(desk.urls()[1..], [SERVER_METADATA, TOKEN]);
}

#[test]
fn a_session_is_used_and_refreshed_after_a_restart() {
    let desk = Desk::honest();
    let session = desk.session(&demand(", scope=\"a\""));
    let text = session.to_json();
    let mut session = Session::from_json(&text).unwrap();
    assert_eq!(session.to_json(), text);
    let mut request = proofkey::http::Request::post(MCP).body(()).unwrap();
    session.authorize(&mut request).unwrap();
    desk.requests.borrow_mut().clear();
    client().refresh_blocking(&|request| desk.send(request), &mut session).unwrap();
    assert_eq!(desk.urls(), [SERVER_METADATA, TOKEN]);
    let form = String::from_utf8(desk.requests.borrow()[1].body().clone()).unwrap();
    assert_eq!(parameter(&form, "resource").as_deref(), Some(MCP));
}

#[test]
fn what_is_not_such_a_text_is_refused() {
    let desk = Desk::honest();
    let text = desk.session(&demand("")).to_json();
    let document: Value = serde_json::from_str(&text).unwrap();
    let read = |document: &Value| Session::from_json(&document.to_string()).map(drop);
    assert!(read(&document).is_ok());
    for (member, value, expected) in [
        ("version", json!(2), "stored_access_version"),
        ("version", json!("1"), "stored_access_malformed"),
        ("server", json!("http://mcp.example"), "stored_access_invalid"),
        ("scope", json!("\""), "stored_access_invalid"),
        ("registration", json!("{}"), "stored_access_invalid"),
        ("state", json!("{}"), "stored_access_invalid"),
        ("refusals", json!(-1), "stored_access_malformed"),
        ("more", json!(1), "stored_access_malformed"),
    ] {
        let error = read(&with(document.clone(), member, value)).unwrap_err();
        assert_eq!(error.code(), expected, "{member}");
    }
    assert_eq!(PendingAuthorization::from_json(&text).unwrap_err(), StoredAccessError::Invalid { member: "state" });
    let registration = serde_json::from_str::<Value>(document["registration"].as_str().unwrap()).unwrap();
    for member in ["kind", "method", "client_id"] {
        let text = with(registration.clone(), member, json!("\u{e9}")).to_string();
        assert_eq!(Registration::from_json(&text).unwrap_err(), StoredAccessError::Invalid { member });
    }
    let large = Registration::from_json(&" ".repeat((16 << 20) + 1)).unwrap_err();
    assert_eq!(large.code(), "stored_access_too_large");
    assert!(large.to_string().contains("the limit is 16777216"), "{large}");
}

#[test]
fn nothing_shows_a_secret() {
    let desk = Desk::honest();
    let secret = "a-secret-of-the-client-that-is-long";
    desk.answer(REGISTER, 201, json!({"client_id": "c", "client_secret": secret, "client_secret_expires_at": 0}));
    desk.answer(
        TOKEN,
        200,
        json!({"access_token": "ACCESS-token", "token_type": "Bearer", "refresh_token": "REFRESH-token"}),
    );
    let started = desk.begin().unwrap();
    let (state, callback) = (started.pending().pending().state().expose().to_owned(), callback(started.pending()));
    let shown = format!("{started:?} {:?} {:?}", started.pending(), started.pending().registration());
    let session = desk.finish(started.into_parts().1, &callback).unwrap();
    let shown = format!("{shown} {session:?}");
    for hidden in [secret, "ACCESS-token", "REFRESH-token", &state] {
        assert!(!shown.contains(hidden), "{hidden} in {shown}");
    }
}
