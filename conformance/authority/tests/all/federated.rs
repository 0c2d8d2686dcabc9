//! "Continue with Google": two flows, and what crosses which of them.

use proofkey_authority::lie::{JsonEdit, ResponseEdit};
use proofkey_authority::{
    Authority, Browser, Client, Clock, Endpoint, Landing, Lie, LoginMode, Page, Party, Setup, Upstream, User, Wire,
};

use crate::http::{first, pairs};
use crate::jwt;
use crate::login::{authorization_url, exchange, userinfo};

async fn start() -> (Authority, Authority) {
    Authority::federated(Setup { login: LoginMode::Page, ..Setup::honest() }).await
}

async fn page(landing: Landing) -> Page {
    landing.page().cloned().unwrap_or_else(|| panic!("a page, not {landing:?}"))
}

/// To Google's login page.
async fn to_google(browser: &mut Browser, authority: &Authority) -> Page {
    let login = page(browser.open(&authorization_url(authority, &[])).await.unwrap()).await;
    page(browser.click(&login, "Continue with Google").await.unwrap()).await
}

fn credentials(user: &User) -> [(&str, &str); 2] {
    [("email", &user.email), ("password", &user.password)]
}

fn callback_pairs(landing: &Landing) -> Vec<(String, String)> {
    let callback = landing.callback().expect("a callback");
    pairs(callback.split_once('?').expect("a query").1)
}

#[tokio::test]
async fn a_person_signs_in_at_google_and_the_app_sees_none_of_it() {
    let (authority, google) = start().await;
    let wire = authority.wire();
    let mut browser = Browser::new(wire);
    let at_google = to_google(&mut browser, &authority).await;
    assert!(at_google.url.starts_with(google.base()));
    let landing = browser.submit(&at_google, &credentials(&User::google())).await.unwrap();
    let callback = callback_pairs(&landing);
    assert_eq!(first(&callback, "state"), Some("the-state/+ of this"));

    let answer = exchange(&authority, first(&callback, "code").unwrap(), &[]);
    let tokens = answer.json();
    let claims = jwt::claims(tokens["id_token"].as_str().unwrap());
    assert_eq!(claims["sub"], "google-oauth2|1234567890");
    assert_eq!(claims["email"], "user@gmail.com");
    let profile = userinfo(&authority, tokens["access_token"].as_str().unwrap()).json();
    assert_eq!(profile["name"], "John Doe");
    let record = authority.users().into_iter().find(|user| user.sub == "google-oauth2|1234567890").unwrap();
    assert_eq!(record.name, "John Doe");

    // Who asked Google for what.
    let at_google = wire.to("google");
    let asked = |endpoint| at_google.iter().filter(move |exchange| exchange.endpoint == endpoint).collect::<Vec<_>>();
    let token_request = asked(Endpoint::Token).remove(0);
    assert_eq!(token_request.from, Party::Authority);
    assert_eq!(token_request.form("client_secret"), Client::google("").auth.secret());
    assert_eq!(token_request.form("redirect_uri").unwrap(), format!("{}/login/callback", authority.base()));
    assert_eq!(token_request.header("authorization"), None, "the secret is in the body");
    assert_eq!(asked(Endpoint::UserInfo).remove(0).from, Party::Authority);
    assert!(at_google.iter().all(|exchange| exchange.from != Party::Client), "{}", wire.render());

    let at_google: serde_json::Value = serde_json::from_slice(&token_request.response_body).unwrap();
    let upstream_claims = jwt::claims(at_google["id_token"].as_str().unwrap());
    assert_eq!((upstream_claims["sub"].as_str(), upstream_claims.get("id")), (Some("1234567890"), None));

    // Google's answers hold tokens; nothing that reached the browser or the app holds any of them, and
    // neither its code nor the server's secret reached the app.
    let google_tokens: serde_json::Value = serde_json::from_slice(&token_request.response_body).unwrap();
    let google_code = token_request.form("code").unwrap();
    let mut hidden: Vec<&str> =
        ["access_token", "id_token"].iter().map(|name| google_tokens[*name].as_str().unwrap()).collect();
    hidden.push(token_request.form("client_secret").unwrap());
    hidden.push(token_request.form("code_verifier").unwrap());
    let mut seen = 0;
    for exchange in wire.exchanges().iter().filter(|exchange| exchange.from != Party::Authority) {
        let text = format!("{exchange:?}{}{}", String::from_utf8_lossy(&exchange.body), exchange.response_text());
        for secret in &hidden {
            assert!(!text.contains(secret), "exchange {} shows a secret of the back channel", exchange.seq);
        }
        if exchange.from == Party::Client {
            seen += 1;
            assert!(!text.contains(google_code), "Google's code reached the app");
        }
    }
    assert_eq!(seen, 2, "the app made its token request and asked for userinfo");
    assert!(!landing.callback().unwrap().contains(google_code));
    assert!(wire.faults().is_empty(), "{}", wire.render());
}

#[tokio::test]
async fn google_is_asked_before_the_apps_code_is_made() {
    let (authority, _google) = start().await;
    let mut browser = Browser::new(authority.wire());
    let at_google = to_google(&mut browser, &authority).await;
    assert!(authority.stored_codes().is_empty());
    browser.submit(&at_google, &credentials(&User::google())).await.unwrap();
    assert_eq!(authority.stored_codes().len(), 1);
    let order: Vec<(String, Endpoint)> =
        authority.wire().exchanges().into_iter().map(|exchange| (exchange.to, exchange.endpoint)).collect();
    let expected = [
        ("authority", Endpoint::Authorization),
        ("authority", Endpoint::Login),
        ("google", Endpoint::Authorization),
        ("google", Endpoint::Login),
        ("authority", Endpoint::LoginCallback),
        ("google", Endpoint::Token),
        ("google", Endpoint::UserInfo),
    ];
    assert_eq!(order, expected.map(|(to, endpoint)| (to.to_owned(), endpoint)));
}

#[tokio::test]
async fn the_answer_of_another_browsers_login_is_refused() {
    let (authority, _google) = start().await;
    let mut attacker = Browser::new(authority.wire());
    let page = to_google(&mut attacker, &authority).await;
    let way_back = way_back_from_google(&page);
    let mut victim = Browser::new(authority.wire());
    let landing = victim.open(&way_back).await.unwrap();
    assert_eq!(landing.page().expect("a page").status, 400);
    assert!(authority.stored_codes().is_empty());
    // In the browser that began it, the same answer is good.
    let landing = attacker.open(&way_back).await.unwrap();
    assert!(landing.callback().is_some(), "{landing:?}");
}

/// Signs in at Google's page by hand, and returns the redirect unfollowed.
fn way_back_from_google(page: &Page) -> String {
    let login = page.body.split("name=\"login\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let cookie = page.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    let user = User::google();
    let address = page.url.split("/o/oauth2").next().unwrap();
    let fields = [("login", login), ("email", user.email.as_str()), ("password", user.password.as_str())];
    let answer = crate::http::post(&format!("{address}/signin"), &[("cookie", &cookie)], &fields);
    assert_eq!(answer.status, 303, "after a form 303, so that the password is not posted on");
    answer.header("location").unwrap().to_owned()
}

#[tokio::test]
async fn a_wrong_state_from_google_makes_no_code() {
    let (authority, _google) = start().await;
    let mut browser = Browser::new(authority.wire());
    let page = to_google(&mut browser, &authority).await;
    let way_back = way_back_from_google(&page);
    let landing = browser.open(&way_back.replace("state=", "state=x")).await.unwrap();
    assert_eq!(landing.page().expect("a page").status, 400);
    let landing = browser.open(&format!("{way_back}&state=again")).await.unwrap();
    assert_eq!(landing.page().expect("a page").status, 400);
    assert!(authority.wire().to("google").iter().all(|exchange| exchange.endpoint != Endpoint::Token));
}

#[tokio::test]
async fn who_was_never_sent_to_google_does_not_come_back_from_there() {
    let (authority, _google) = start().await;
    let mut browser = Browser::new(authority.wire());
    browser.open(&authorization_url(&authority, &[])).await.unwrap();
    let landing = browser.open(&format!("{}/login/callback?code=x&state=", authority.base())).await.unwrap();
    assert_eq!(landing.page().expect("a page").status, 400);
    assert!(authority.wire().to("google").is_empty());
}

#[tokio::test]
async fn who_comes_again_is_the_same_person() {
    let (authority, _google) = start().await;
    for _ in 0..2 {
        let mut browser = Browser::new(authority.wire());
        let page = to_google(&mut browser, &authority).await;
        browser.submit(&page, &credentials(&User::google())).await.unwrap();
    }
    assert_eq!(authority.users().iter().filter(|user| user.sub == "google-oauth2|1234567890").count(), 1);
}

#[tokio::test]
async fn a_failing_provider_lets_nobody_in() {
    let lies = [
        Lie::response(Endpoint::Token, [ResponseEdit::Status(500)]),
        Lie::response(Endpoint::UserInfo, [ResponseEdit::Status(500)]),
        Lie::answer(Endpoint::Token, 200, "application/json", "[]"),
        Lie::userinfo([JsonEdit::set("id", "")]),
        Lie::userinfo([JsonEdit::Text("nonsense".into())]),
    ];
    for lie in lies {
        let (wire, clock) = (Wire::new(), Clock::new());
        let google = Setup { lie: Some(lie.clone()), ..Setup::google("") };
        let google = Authority::start_with(google, &wire, &clock).await;
        let upstream = Some(Upstream::google(google.base()));
        let setup = Setup { login: LoginMode::Page, upstream, ..Setup::honest() };
        let authority = Authority::start_with(setup, &wire, &clock).await;
        google.register(Client::google(&format!("{}/login/callback", authority.base())));
        let mut browser = Browser::new(&wire);
        let page = to_google(&mut browser, &authority).await;
        let landing = browser.submit(&page, &credentials(&User::google())).await.unwrap();
        assert_eq!(first(&callback_pairs(&landing), "error"), Some("server_error"), "{lie:?}");
        assert!(authority.stored_codes().is_empty());
    }
}

#[tokio::test]
async fn a_refusal_by_google_is_told_to_the_app() {
    let (authority, _google) = start().await;
    let mut browser = Browser::new(authority.wire());
    let page = to_google(&mut browser, &authority).await;
    let way_back = way_back_from_google(&page);
    let landing = browser.open(&way_back.replace("code=", "error=access_denied&x=")).await.unwrap();
    assert_eq!(first(&callback_pairs(&landing), "error"), Some("access_denied"));
    // A code that Google does not know is a failure of the server, not of the person.
    let page = to_google(&mut browser, &authority).await;
    let way_back = way_back_from_google(&page);
    let landing = browser.open(&way_back.replace("code=", "code=x")).await.unwrap();
    assert_eq!(first(&callback_pairs(&landing), "error"), Some("server_error"));
    assert!(authority.stored_codes().is_empty());
}

#[tokio::test]
async fn google_answers_in_its_own_words() {
    let (authority, google) = start().await;
    let mut browser = Browser::new(authority.wire());
    let page = to_google(&mut browser, &authority).await;
    browser.submit(&page, &credentials(&User::google())).await.unwrap();
    let profile = authority.wire().userinfo_requests().remove(0);
    let profile: serde_json::Value = serde_json::from_slice(&profile.response_body).unwrap();
    assert_eq!(profile["id"], "1234567890");
    assert_eq!(profile["verified_email"], true);
    assert_eq!(google.endpoints().authorization, format!("{}/o/oauth2/v2/auth", google.base()));
    assert_ne!(google.jwks_json(), authority.jwks_json(), "keys of its own");
}

#[tokio::test]
async fn a_person_who_cancels_at_google_brings_a_refusal_to_the_app() {
    let (authority, _google) = start().await;
    let mut browser = Browser::new(authority.wire());
    let at_google = to_google(&mut browser, &authority).await;
    assert!(at_google.body.contains("formnovalidate>Cancel</button>"));
    let refused = callback_pairs(&browser.submit(&at_google, &[("cancel", "1")]).await.unwrap());
    assert_eq!(first(&refused, "error"), Some("access_denied"));
    assert_eq!(first(&refused, "state"), Some("the-state/+ of this"));
    assert_eq!(first(&refused, "code"), None);

    // At the server's own page as well, and the login is over then: its form is of no use any more.
    let login = page(browser.open(&authorization_url(&authority, &[])).await.unwrap()).await;
    let refused = callback_pairs(&browser.submit(&login, &[("cancel", "1")]).await.unwrap());
    assert_eq!(first(&refused, "error"), Some("access_denied"));
    assert_eq!(page(browser.submit(&login, &credentials(&User::john())).await.unwrap()).await.status, 400);
    assert!(authority.stored_codes().is_empty());
}
