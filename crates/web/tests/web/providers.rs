use proofkey_authority::lie::When;
use proofkey_authority::{Authority, Browser, Client, Endpoint, IssuerShape, KeySet, Landing, Lie, Setup};
use proofkey_web::Provider;

use crate::support::{Clock, ORIGIN, Visitor, assert_no_faults, provider, routes, web_login};

fn other_client() -> Client {
    Client { redirect_uris: vec!["http://localhost:8091/callback/other".into()], ..Client::native() }
}

async fn two(announces_iss: bool) -> (Authority, Authority, axum::Router) {
    let iss = |setup| Setup { announces_iss, sends_iss: announces_iss, ..setup };
    let one = Authority::start(iss(Setup::honest())).await;
    let other =
        Setup { clients: vec![other_client()], keys: KeySet::Second, issuer: IssuerShape::Plain, ..Setup::honest() };
    let other = Authority::start_with(iss(other), one.wire(), one.clock()).await;
    let second = Provider::new(other.issuer(), other_client().id, "http://localhost:8091/callback/other");
    let login = web_login(provider(&one).named("one", "First <Provider>")).provider(second.named("other", "Second"));
    let app = login.attach(routes()).unwrap();
    (one, other, app)
}

#[tokio::test]
async fn users_choose_one_of_several_providers() {
    let (one, other, app) = two(true).await;
    let mut visitor = Visitor::new(&app);
    let page = visitor.get("/login?return_to=/a%3Fb%3Dc%26d").await;
    assert_eq!(page.status, 200);
    for link in [
        "<a href=\"/login/one?return_to=%2Fa%3Fb%3Dc%26d\">First &lt;Provider&gt;</a>",
        "<a href=\"/login/other?return_to=%2Fa%3Fb%3Dc%26d\">Second</a>",
    ] {
        assert!(page.text.contains(link), "{}", page.text);
    }
    for (path, authority) in [("/login/one", &one), ("/login/other", &other)] {
        let callback = visitor.begin(authority, path).await;
        assert_eq!(visitor.get(&callback).await.location(), "http://localhost:8091/");
        assert_eq!(visitor.who().await, "auth0|john");
    }
    assert_eq!(visitor.get("/login/third").await.status, 404);
    assert_no_faults(&one);
}

#[tokio::test]
async fn ak_04_ak_05_bp_10_the_code_of_one_provider_is_never_sent_to_another() {
    for announces_iss in [true, false] {
        let (one, other, app) = two(announces_iss).await;
        let mut visitor = Visitor::new(&app);
        let honest = visitor.begin(&one, "/login/one").await;
        let second = visitor.begin(&other, "/login/other").await;
        // The callback of each at the redirect URI of the other.
        for swapped in
            [honest.replace("/callback?", "/callback/other?"), second.replace("/callback/other?", "/callback?")]
        {
            let mut visitor = visitor.clone();
            assert_eq!(visitor.refused(&swapped).await, (400, "The login failed".to_owned()), "{swapped}");
            assert_eq!(visitor.session(), None);
        }
        assert_eq!(one.wire().code_requests().len(), 0);
        // A login at one whose answer has the code of the other.
        let code = |url: &str| url.split("code=").nth(1).unwrap().split('&').next().unwrap().to_owned();
        let mixed = honest.replace(&code(&honest), &code(&second));
        for callback in [honest, second] {
            assert_eq!(visitor.clone().get(&callback).await.location(), "http://localhost:8091/");
        }
        assert_eq!(visitor.refused(&mixed).await, (400, "This login is already complete".to_owned()));
        assert_no_faults(&one);
    }
}

#[tokio::test]
async fn bs_03_a_form_post_arrives_although_the_session_cookie_is_withheld() {
    let authority = Authority::honest().await;
    let login = web_login(provider(&authority).form_post());
    let mut visitor = Visitor::new(&login.attach(routes()).unwrap());
    visitor.sign_in_by_form(&authority).await;
    let first = visitor.clone();
    // A second login: the callback comes without the cookie of the first session, which ends all the same.
    let form = visitor.sign_in_by_form(&authority).await;
    assert_eq!(first.clone().who().await, "no one");
    assert_eq!(visitor.who().await, "auth0|john");
    // The same form again, in a browser that began nothing, and as a query.
    let page = visitor.post_from_another_site("/callback", &form).await;
    assert_eq!(visitor.failed(&page).await, (400, "This login is already complete".to_owned()));
    let form = visitor.begin_form(&authority).await;
    let mut stranger = Visitor::new(&visitor.app);
    let page = stranger.post_from_another_site("/callback", &form).await;
    assert_eq!(stranger.failed(&page).await, (400, "This login cannot be completed here".to_owned()));
    assert_eq!(visitor.refused(&format!("/callback?{form}")).await, (400, "The login failed".to_owned()));
    assert_no_faults(&authority);
}

#[tokio::test]
async fn bs_02_a_response_in_a_mode_that_was_not_asked_for_is_refused() {
    let authority = Authority::honest().await;
    let mut visitor = Visitor::new(&crate::support::app(&authority));
    let callback = visitor.begin(&authority, "/login").await;
    let form = callback.split_once('?').unwrap().1.to_owned();
    let page = visitor.send("POST", "/callback", &[("origin", ORIGIN)], &form).await;
    assert_eq!(visitor.failed(&page).await, (400, "The login failed".to_owned()));
    assert_eq!(authority.wire().code_requests().len(), 0);
    let large = format!("{form}&a={}", "a".repeat(64 << 10));
    let page = visitor.send("POST", "/callback", &[("origin", ORIGIN)], &large).await;
    assert_eq!(visitor.failed(&page).await.0, 400);
}

impl Visitor {
    /// Begins a login whose callback is posted: the form.
    async fn begin_form(&mut self, authority: &Authority) -> String {
        let page = self.get("/login").await;
        let cookies = page.set_cookies();
        assert!(cookies[0].contains("SameSite=None; Secure"), "{cookies:?}");
        match Browser::new(authority.wire()).open(page.location()).await.unwrap() {
            Landing::FormPost { body, .. } => body,
            other => panic!("{other:?}"),
        }
    }

    async fn sign_in_by_form(&mut self, authority: &Authority) -> String {
        let form = self.begin_form(authority).await;
        let page = self.post_from_another_site("/callback", &form).await;
        assert_eq!(page.location(), "http://localhost:8091/", "{}", page.status);
        assert_eq!(self.who().await, "auth0|john");
        form
    }
}

#[tokio::test]
async fn the_application_starts_while_the_issuer_is_down_and_recovers() {
    let lie = Lie::error(Endpoint::Metadata, 503, "temporarily_unavailable").only(When::First);
    let authority = Authority::start(Setup { lie: Some(lie), ..Setup::honest() }).await;
    let clock = Clock::default();
    let now = clock.clone();
    let login = web_login(provider(&authority)).clock(move || now.now());
    let mut visitor = Visitor::new(&login.attach(routes()).unwrap());
    for _ in 0..3 {
        let page = visitor.get("/login?return_to=/a").await;
        assert_eq!((page.status, page.header("retry-after"), page.header("cache-control")), (503, "5", "no-store"));
        assert!(page.text.contains("<a href=\"/login?return_to=%2Fa\">Log in again</a>"), "{}", page.text);
    }
    assert_eq!(authority.wire().metadata_requests().len(), 1, "an issuer that is down is left alone for a moment");
    assert_eq!(visitor.who().await, "no one", "the rest of the application answers");
    clock.advance(6);
    visitor.sign_in(&authority).await;
    assert_no_faults(&authority);
}
