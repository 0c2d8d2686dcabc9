use proofkey_authority::lie::When;
use proofkey_authority::{Client, Endpoint, Lie};
use proofkey_web::Provider;

use crate::support::{Visitor, app, assert_no_faults, due, lying, routes, web_login};

#[tokio::test]
async fn a_token_that_is_due_is_refreshed_once_for_all_who_wait() {
    let authority = lying(due()).await;
    let mut visitor = Visitor::new(&app(&authority));
    visitor.sign_in(&authority).await;
    let tabs: Vec<_> = (0..8)
        .map(|_| {
            let mut tab = visitor.clone();
            tokio::spawn(async move { tab.get("/token").await })
        })
        .collect();
    let mut tokens = std::collections::BTreeSet::new();
    for tab in tabs {
        let page = tab.await.unwrap();
        assert_eq!(page.status, 200, "{}", page.text);
        tokens.insert(page.text);
    }
    tokens.insert(visitor.get("/token").await.text);
    assert_eq!((tokens.len(), authority.wire().refresh_requests().len()), (1, 1));
    assert_no_faults(&authority);
}

#[tokio::test]
async fn a_refresh_goes_on_when_the_request_is_dropped() {
    let authority = lying(due()).await;
    let mut visitor = Visitor::new(&app(&authority));
    visitor.sign_in(&authority).await;
    let mut tab = visitor.clone();
    tokio::select! {
        biased;
        page = tab.get("/token") => panic!("{}", page.text),
        () = async { while authority.wire().refresh_requests().is_empty() { tokio::task::yield_now().await; } } => {}
    }
    assert_eq!(visitor.get("/token").await.status, 200);
    assert_eq!(authority.wire().refresh_requests().len(), 1);
    assert_no_faults(&authority);
}

#[tokio::test]
async fn a_refresh_that_is_refused_ends_the_session_and_one_that_may_work_later_does_not() {
    for (status, error, code, who) in [
        (400, "invalid_grant", "web_session_ended", "no one"),
        (503, "temporarily_unavailable", "web_unavailable", "auth0|john"),
        (500, "server_error", "web_unavailable", "auth0|john"),
        // The secret was changed at one side only.
        (401, "invalid_client", "web_unavailable", "auth0|john"),
    ] {
        let lie = Lie::error(Endpoint::Token, status, error);
        let lie = Lie::Together(vec![due(), lie.only(When::AfterFirst)]);
        let authority = lying(lie).await;
        let mut visitor = Visitor::new(&app(&authority));
        visitor.sign_in(&authority).await;
        let page = visitor.get("/token").await;
        assert_eq!((page.status, page.text.as_str()), (502, code), "{error}");
        assert_eq!(visitor.who().await, who, "{error}");
    }
}

#[tokio::test]
async fn without_a_refresh_token_the_user_stays_signed_in() {
    let authority = lying(due()).await;
    let provider = Provider::new(authority.issuer(), Client::native().id, "http://localhost:8091/callback");
    let mut visitor = Visitor::new(&web_login(provider).attach(routes()).unwrap());
    visitor.sign_in(&authority).await;
    assert_eq!(visitor.get("/token").await.text, "web_session_ended");
    assert_eq!(visitor.who().await, "auth0|john");
    assert_eq!(authority.wire().refresh_requests().len(), 0);
}
