//! The end of the session at the authorization server.

use std::time::Duration;

use proofkey::authorize::{Endpoint, PendingLogout, RedirectUri, form};
use proofkey::{Identity, Stage};
use serde_json::json;

use crate::desk::*;

const GOODBYE: &str = "https://app.example/goodbye";

fn parameter(url: &str, name: &str) -> Option<String> {
    let query = url.split_once('?').unwrap().1;
    let value = form::raw_pairs(query).find(|(own, _)| *own == name)?.1;
    Some(form::decode(value).unwrap().into_owned())
}

#[tokio::test]
async fn a_stored_identity_is_logged_out_with_its_id_token() {
    let desk = Desk::open();
    let end = Endpoint::new("https://as.example/logout?p=1").unwrap();
    let login = desk.login_at(Desk::server().with_end_session_endpoint(end));
    let mut identity = login.finish(&desk.http(), desk.grant(&login, login.request())).await.unwrap();
    let first = identity.tokens().id_token().unwrap().expose().to_owned();
    // A refresh without an ID token leaves the first one for this.
    *desk.claims.lock().unwrap() = None;
    *desk.members.lock().unwrap() = json!({"access_token": "access-2"});
    login.refresh(&desk.http(), &mut identity).await.unwrap();
    let identity = Identity::from_json(&identity.to_json()).unwrap();

    let (url, pending) = login.logout(&identity).logout_hint("user").ui_locales("de").begin(GOODBYE).unwrap();
    assert!(url.starts_with("https://as.example/logout?p=1&client_id=client-id&"), "{url}");
    assert_eq!(parameter(&url, "id_token_hint"), Some(first));
    assert_eq!(parameter(&url, "post_logout_redirect_uri").as_deref(), Some(GOODBYE));
    assert_eq!(
        (parameter(&url, "logout_hint"), parameter(&url, "ui_locales")),
        (Some("user".into()), Some("de".into()))
    );
    assert_eq!(parameter(&url, "state").as_deref(), Some(pending.state().expose()));
    let callback = format!("{GOODBYE}?state={}", pending.state().expose());
    login.receive_logout(PendingLogout::from_json(&pending.to_json()).unwrap(), &callback).unwrap();

    let bare = login.logout(&identity).without_id_token().url().unwrap();
    assert_eq!(bare, "https://as.example/logout?p=1&client_id=client-id");
    let debug = format!("{:?}", login.logout(&identity));
    assert!(!debug.contains("eyJ"), "{debug}");
}

#[tokio::test]
async fn a_return_that_is_not_this_logout_s_is_refused() {
    let desk = Desk::open();
    let login =
        desk.login_at(Desk::server().with_end_session_endpoint(Endpoint::new("https://as.example/end").unwrap()));
    let identity = login.finish(&desk.http(), desk.grant(&login, login.request())).await.unwrap();
    let begin = || login.logout(&identity).expires_in(Duration::from_secs(60)).begin(GOODBYE).unwrap().1;
    let state = |pending: &PendingLogout| format!("state={}", pending.state().expose());
    let [a, b] = [begin(), begin()];
    let error = login.receive_logout(a, state(&b)).unwrap_err();
    assert_eq!((error.code(), error.stage()), ("callback_state_mismatch", Stage::Callback));
    assert_eq!(login.receive_logout(begin(), "").unwrap_err().code(), "callback_state_missing");
    desk.pass(59);
    let callback = state(&b);
    login.receive_logout(b, callback).unwrap();
    let late = begin();
    desk.pass(61);
    let callback = state(&late);
    assert_eq!(login.receive_logout(late, callback).unwrap_err().code(), "callback_expired");
}

#[tokio::test]
async fn without_the_endpoint_there_is_no_logout() {
    let desk = Desk::open();
    let login = desk.login();
    let identity = login.finish(&desk.http(), desk.grant(&login, login.request())).await.unwrap();
    let error = login.logout(&identity).begin(GOODBYE).unwrap_err();
    assert_eq!((error.code(), error.stage()), ("logout_no_endpoint", Stage::Logout));
    assert!(error.to_string().starts_with("logout: "), "{error}");
    assert_eq!(login.logout(&identity).url().unwrap_err().code(), "logout_no_endpoint");
    assert_eq!(login.logout(&identity).begin("http://app.example/").unwrap_err().stage(), Stage::Setup);
}

#[tokio::test]
async fn a_redirect_uri_of_a_scheme_of_its_own_is_set_as_a_value() {
    let desk = Desk::open();
    let redirect_uri = RedirectUri::with_scheme("vscode://publisher.extension/callback", "vscode").unwrap();
    let login = desk.login().with_redirect_uri(redirect_uri.clone());
    assert_eq!(login.redirect_uri(), &redirect_uri);
    let (url, _) = login.request().begin().unwrap();
    assert_eq!(parameter(&url, "redirect_uri").as_deref(), Some(redirect_uri.as_str()));
    let grant = desk.grant(&login, login.request());
    assert_eq!(login.finish(&desk.http(), grant).await.unwrap().subject(), "user-17");
    assert_eq!(desk.last_form()["redirect_uri"], redirect_uri.as_str());
}
