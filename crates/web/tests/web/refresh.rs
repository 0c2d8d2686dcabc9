use proofkey_authority::lie::{JsonEdit, When};
use proofkey_authority::{Authority, Endpoint, Lie, Setup};

use crate::support::{Visitor, app, assert_no_faults};

/// Tokens that are as good as expired when they come from a login. Those of a refresh last.
fn due() -> Lie {
    Lie::token_response([JsonEdit::set("expires_in", 0)]).only(When::First)
}

#[tokio::test]
async fn a_token_that_is_due_is_refreshed_once_for_all_who_wait() {
    let authority = Authority::start(Setup { lie: Some(due()), ..Setup::honest() }).await;
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
    let authority = Authority::start(Setup { lie: Some(due()), ..Setup::honest() }).await;
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
    for (lie, code, who) in [
        (Lie::error(Endpoint::Token, 400, "invalid_grant"), "web_session_ended", "no one"),
        (Lie::error(Endpoint::Token, 503, "temporarily_unavailable"), "web_unavailable", "auth0|john"),
    ] {
        let lie = Lie::Together(vec![due(), lie.only(When::AfterFirst)]);
        let authority = Authority::start(Setup { lie: Some(lie), ..Setup::honest() }).await;
        let mut visitor = Visitor::new(&app(&authority));
        visitor.sign_in(&authority).await;
        let page = visitor.get("/token").await;
        assert_eq!((page.status, page.text.as_str()), (502, code));
        assert_eq!(visitor.who().await, who);
    }
}
