//! An identity that outlives its process.

use proofkey::authorize::{AuthorizationServer, Compat, Endpoint, Issuer};
use proofkey::token::TransportErrorKind;
use proofkey::{Identity, Login, Stage, StoredIdentityError};
use serde_json::json;

use crate::desk::*;

#[tokio::test]
async fn what_is_stored_is_read_back_and_goes_on() {
    let desk = Desk::open();
    desk.edit_claims(|claims| claims["iss"] = json!("accounts.google.com"));
    let login = desk.login_at(Desk::server().with_compat(Compat::google()));
    let identity = login.finish(&desk.http(), desk.grant(&login, login.request())).await.unwrap();
    let stored = identity.to_json();
    let mut again = Identity::from_json(&stored).unwrap();
    assert_eq!(*again.to_json(), *stored);
    assert_eq!((again.issuer(), again.subject()), (identity.issuer(), identity.subject()));
    assert_eq!(again.claims().email(), identity.claims().email());
    assert_eq!(again.checks(), identity.checks());
    assert_eq!((again.deviations(), again.deviations().is_empty()), (identity.deviations(), false));
    assert_eq!((again.received_at(), again.expires_at()), (identity.received_at(), identity.expires_at()));
    let by_serde: Identity = serde_json::from_str(&serde_json::to_string(&identity).unwrap()).unwrap();
    assert_eq!(*by_serde.to_json(), *stored);

    // Another process: the rules of Core 12.2 hold against the token of the first login.
    let login = desk.login_at(Desk::server().with_compat(Compat::google()));
    desk.edit_claims(|claims| claims["sub"] = json!("another"));
    let error = login.refresh(&desk.http(), &mut again).await.unwrap_err();
    assert_eq!(error.code(), "id_token_sub_mismatch");
    desk.edit_claims(|claims| claims["sub"] = json!("user-17"));
    *desk.members.lock().unwrap() = json!({"access_token": "access-2", "refresh_token": "refresh-2"});
    login.refresh(&desk.http(), &mut again).await.unwrap();
    assert_eq!(again.tokens().refresh_token().unwrap().expose(), "refresh-2");
    login.userinfo(&desk.http(), &again).await.unwrap();
    login.revoke(&desk.http(), again.tokens().refresh_token().unwrap()).await.unwrap();
}

/// The program ends between the new tokens and the keys that they need.
#[tokio::test]
async fn tokens_that_wait_for_their_keys_are_stored_too() {
    let desk = Desk::open();
    let login = desk.login();
    let mut identity = login.finish(&desk.http(), desk.grant(&login, login.request())).await.unwrap();
    *desk.members.lock().unwrap() = json!({"access_token": "access-2", "refresh_token": "refresh-2"});
    *desk.signs.lock().unwrap() = 2;
    *desk.published.lock().unwrap() = vec![2];
    desk.answer("/jwks", Answer::Fail(TransportErrorKind::Connect, Sent::No));
    assert!(login.refresh(&desk.http(), &mut identity).await.unwrap_err().is_retryable());
    let mut again = Identity::from_json(&identity.to_json()).unwrap();
    drop((identity, login));
    let login = desk.login();
    let before = desk.count("POST /token");
    login.refresh(&desk.http(), &mut again).await.unwrap();
    assert_eq!(again.tokens().refresh_token().unwrap().expose(), "refresh-2");
    assert_eq!(desk.count("POST /token"), before, "nothing is sent a second time");
}

#[tokio::test]
async fn what_is_not_an_identity_is_refused_by_name() {
    let desk = Desk::open();
    let login = desk.login();
    let identity = login.finish(&desk.http(), desk.grant(&login, login.request())).await.unwrap();
    let stored: serde_json::Value = serde_json::from_str(&identity.to_json()).unwrap();
    let with = |name: &str, value: serde_json::Value| {
        let mut stored = stored.clone();
        stored[name] = value;
        Identity::from_json(&stored.to_string()).unwrap_err()
    };
    assert_eq!(with("version", json!(2)), StoredIdentityError::Version { version: 2 });
    assert_eq!(with("further", json!(1)), StoredIdentityError::Malformed);
    for (name, value) in [
        ("id_token", json!("{}")),
        ("tokens", json!("{}")),
        ("unconfirmed", json!("")),
        ("deviations", json!(["no such deviation"])),
    ] {
        let error = with(name, value);
        assert_eq!((error, error.code()), (StoredIdentityError::Invalid { member: name }, "stored_identity_invalid"));
        assert!(!texts(&error).contains("Sentinel"));
    }
    for text in ["", "{}", "[]", "{\"version\":1}"] {
        assert_eq!(Identity::from_json(text).unwrap_err(), StoredIdentityError::Malformed);
    }
    let long = " ".repeat((16 << 20) + 1);
    assert_eq!(Identity::from_json(&long).unwrap_err().code(), "stored_identity_too_large");
}

/// The configuration names another issuer, or another client, than the one that the identity came from.
#[tokio::test]
async fn an_identity_is_not_used_at_another_issuer_or_client() {
    let desk = Desk::open();
    let login = desk.login();
    let mut identity = login.finish(&desk.http(), desk.grant(&login, login.request())).await.unwrap();
    let goodbye = Endpoint::new("https://as.example/goodbye").unwrap();
    let server = || Desk::server().with_end_session_endpoint(goodbye.clone());
    let another = Issuer::new("https://as.example").unwrap(); // without the slash
    let endpoint = |path: &str| Endpoint::new(format!("https://as.example{path}")).unwrap();
    let another = AuthorizationServer::new(another, endpoint("/authorize"), endpoint("/token"))
        .with_jwks_uri(endpoint("/jwks"))
        .with_userinfo_endpoint(endpoint("/userinfo"))
        .with_end_session_endpoint(goodbye.clone());
    let before = desk.log();
    for login in
        [desk.login_at(another), Login::new(server(), "another-client", "https://app.example/callback").unwrap()]
    {
        let errors = [
            (login.refresh(&desk.http(), &mut identity).await.unwrap_err(), Stage::Refresh),
            (login.userinfo(&desk.http(), &identity).await.unwrap_err(), Stage::UserInfo),
            (login.logout(&identity).url().unwrap_err(), Stage::Logout),
            (login.logout(&identity).begin("https://app.example/goodbye").unwrap_err(), Stage::Logout),
        ];
        for (error, stage) in errors {
            assert_eq!((error.code(), error.stage()), ("login_another", stage));
        }
    }
    assert_eq!(desk.log(), before);
    // The same at its own.
    let login = desk.login_at(server());
    login.refresh(&desk.http(), &mut identity).await.unwrap();
    login.userinfo(&desk.http(), &identity).await.unwrap();
    login.logout(&identity).url().unwrap();
}
