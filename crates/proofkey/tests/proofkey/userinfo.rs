//! Userinfo as a signed response (B10; OpenID Connect Core sections 5.3.2 and 5.3.4).

use std::sync::Arc;

use proofkey::authorize::{AuthorizationServer, Compat, Deviation};
use proofkey::jwt::{Algorithm, MacAlgorithm};
use proofkey::token::{ClientSecret, TransportErrorKind};
use proofkey::{Identity, Login, LoginError, Stage, Step, Steps};
use serde_json::{Value, json};

use crate::desk::*;

/// A user who is signed in at an issuer that signs userinfo.
async fn logged_in(login: impl FnOnce(&Desk) -> Login) -> (Arc<Desk>, Login, Identity) {
    let desk = Desk::open();
    let login = login(&desk);
    let identity = login.finish(&desk.http(), desk.grant(&login, login.request())).await.unwrap();
    *desk.signed_userinfo.lock().unwrap() =
        Some(json!({"iss": ISSUER, "aud": CLIENT, "sub": "user-17", "email": "Sentinel0@example.com"}));
    (desk, login, identity)
}

fn edit(desk: &Desk, edit: impl FnOnce(&mut Value)) {
    edit(desk.signed_userinfo.lock().unwrap().as_mut().unwrap());
}

#[tokio::test]
async fn b10_both_forms_end_in_the_same_claims() {
    #[derive(serde::Deserialize)]
    struct Profile {
        email: String,
    }
    let (desk, login, identity) = logged_in(Desk::login).await;
    let signed = login.userinfo(&desk.http(), &identity).await.unwrap();
    assert_eq!(login.userinfo_blocking(&desk.blocking(), &identity).unwrap().as_map(), signed.as_map());
    *desk.signed_userinfo.lock().unwrap() = None;
    let plain = login.userinfo(&desk.http(), &identity).await.unwrap();
    for (claims, email) in [(signed, "Sentinel0@example.com"), (plain, "a@example.com")] {
        assert_eq!((claims.subject(), claims.get("email").unwrap().as_str()), ("user-17", Some(email)));
        assert_eq!(claims.deserialize::<Profile>().unwrap().email, email);
        assert!(claims.deviations().is_empty());
    }
    // The keys of the login's cache.
    assert_eq!(desk.count("GET /jwks"), 1);
}

#[tokio::test]
async fn b10_a_signed_response_that_breaks_a_rule_is_refused() {
    type Edit = fn(&mut Value);
    let edits: [(Edit, &str); 4] = [
        (|claims| claims["sub"] = json!("another"), "signed_userinfo_sub_mismatch"),
        (|claims| claims["iss"] = json!("https://evil.example/"), "signed_userinfo_iss_mismatch"),
        (|claims| claims["aud"] = json!("another"), "signed_userinfo_aud_mismatch"),
        (|claims| claims["exp"] = json!(NOW - 61), "signed_userinfo_exp_expired"),
    ];
    for (change, code) in edits {
        let (desk, login, identity) = logged_in(Desk::login).await;
        edit(&desk, change);
        let error = login.userinfo(&desk.http(), &identity).await.unwrap_err();
        assert_eq!((error.code(), error.stage(), error.is_retryable()), (code, Stage::UserInfo, false));
        assert!(!texts(&error).contains("Sentinel"), "{error:?}");
        // Newer keys make no other claims of it.
        assert_eq!(desk.count("GET /jwks"), 1);
    }
    // Signed by a key that is not the issuer's.
    let (desk, login, identity) = logged_in(Desk::login).await;
    *desk.signs.lock().unwrap() = 2;
    let mut steps = login.userinfo_steps(&identity).unwrap();
    let error = desk.drive(&mut steps, &desk.http()).await.unwrap_err();
    assert_eq!((error.code(), error.stage()), ("jws_key_not_found", Stage::UserInfo));
    assert_eq!((desk.count("GET /userinfo"), desk.count("GET /jwks")), (1, 2));
    assert!(matches!(desk.drive(&mut steps, &desk.http()).await, Err(LoginError::Finished { stage: Stage::UserInfo })));
}

#[tokio::test]
async fn b10_a_key_that_was_rotated_is_found_and_a_response_waits_for_its_keys() {
    let (desk, login, identity) = logged_in(Desk::login).await;
    *desk.signs.lock().unwrap() = 2;
    *desk.published.lock().unwrap() = vec![1, 2];
    desk.answer("/jwks", Answer::Fail(TransportErrorKind::Connect, Sent::No));
    let mut steps = login.userinfo_steps(&identity).unwrap();
    for code in ["transport_connect", "keys_cooldown"] {
        let error = desk.drive(&mut steps, &desk.http()).await.unwrap_err();
        assert_eq!((error.code(), error.is_retryable()), (code, true), "{error}");
    }
    desk.pass(30);
    assert_eq!(desk.drive(&mut steps, &desk.http()).await.unwrap().subject(), "user-17");
    assert_eq!((desk.count("GET /userinfo"), desk.count("GET /jwks")), (1, 3));
}

#[tokio::test]
async fn b10_the_algorithms_are_those_that_the_client_is_registered_for() {
    let (desk, login, identity) =
        logged_in(|desk| desk.login().with_userinfo_algorithms([Algorithm::Rs256, Algorithm::Es256])).await;
    let error = login.userinfo(&desk.http(), &identity).await.unwrap_err();
    assert_eq!(error.code(), "jws_algorithm_not_accepted", "{error}");

    // ID tokens by the secret, userinfo by the issuer's key.
    let secret = "a secret of thirty-two characters";
    let by_secret = |desk: &Desk| {
        let secret = ClientSecret::new(secret).unwrap();
        desk.login().with_id_token_algorithms([]).with_id_token_hmac(MacAlgorithm::Hs256, &secret).unwrap()
    };
    let desk = Desk::open();
    let login = by_secret(&desk).with_userinfo_algorithms([Algorithm::EdDsa]);
    let grant = desk.grant(&login, login.request());
    *desk.id_token.lock().unwrap() = desk.claims.lock().unwrap().as_ref().map(|claims| sign_hs256(secret, claims));
    let identity = login.finish(&desk.http(), grant).await.unwrap();
    assert_eq!(desk.count("GET /jwks"), 0);
    *desk.signed_userinfo.lock().unwrap() = Some(json!({"sub": "user-17"}));
    assert_eq!(login.userinfo(&desk.http(), &identity).await.unwrap().subject(), "user-17");
    assert_eq!(desk.count("GET /jwks"), 1);
    // Without that, no key set is asked for, and none is trusted.
    let error = by_secret(&desk).userinfo(&desk.http(), &identity).await.unwrap_err();
    assert_eq!((error.code(), desk.count("GET /jwks")), ("jws_algorithm_not_accepted", 1));
}

#[tokio::test]
async fn b10_the_signed_form_is_asked_for_where_it_can_be_validated() {
    let (desk, login, identity) = logged_in(Desk::login).await;
    let accepted = |login: &Login| {
        let Step::Send(request) = login.userinfo_steps(&identity).unwrap().next(desk.time()) else {
            panic!("there is something to send")
        };
        request.headers()["accept"].to_str().unwrap().to_owned()
    };
    assert_eq!(accepted(&login), "application/json, application/jwt");
    let known = Desk::server();
    let bare = AuthorizationServer::new(
        known.issuer().clone(),
        known.authorization_endpoint().clone(),
        known.token_endpoint().clone(),
    );
    let bare = desk.login_at(bare.with_userinfo_endpoint(known.userinfo_endpoint().unwrap().clone()));
    assert_eq!(accepted(&bare), "application/json");
    // What comes all the same is refused.
    let error = bare.userinfo(&desk.http(), &identity).await.unwrap_err();
    assert_eq!(error.code(), "keys_no_jwks_uri", "{error}");
}

#[tokio::test]
async fn b10_the_deviations_of_a_signed_response_are_reported() {
    let alias = |desk: &Desk| desk.login_at(Desk::server().with_compat(Compat::strict().with_issuer_alias("other")));
    let (desk, login, identity) = logged_in(alias).await;
    assert!(login.userinfo(&desk.http(), &identity).await.unwrap().deviations().is_empty());
    edit(&desk, |claims| claims["iss"] = json!("other"));
    let claims = login.userinfo(&desk.http(), &identity).await.unwrap();
    assert_eq!(claims.deviations().iter().collect::<Vec<_>>(), [Deviation::IssuerAlias]);
}
