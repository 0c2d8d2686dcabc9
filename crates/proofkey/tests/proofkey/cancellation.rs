//! Each future of the facade, dropped at every await point in turn: nothing is lost, sent twice, or held up.

use std::future::Future;
use std::pin::pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use http::Request;
use proofkey::authorize::CodeGrant;
use proofkey::token::Transport;
use proofkey::{Identity, Login};
use serde_json::json;
use tokio::task::yield_now;

use crate::desk::*;

/// A way to the desk that is put off twice for each request: before it leaves, and before its answer is there.
#[derive(Default)]
struct Road {
    /// Requests that were given to the transport, and those whose answer was handed over.
    given: Mutex<Vec<String>>,
    answered: Mutex<Vec<String>>,
}

impl Road {
    fn to<'a>(&'a self, desk: &Arc<Desk>) -> impl Transport + use<'a> {
        let http = desk.http();
        move |request: Request<Vec<u8>>| {
            let path = request.uri().path().to_owned();
            self.given.lock().unwrap().push(path.clone());
            let answer = http(request);
            async move {
                yield_now().await;
                let answer = answer.await;
                yield_now().await;
                self.answered.lock().unwrap().push(path);
                answer
            }
        }
    }

    /// Whether a request to `path` was given away, and its answer never came.
    fn lost(&self, path: &str) -> bool {
        let count = |list: &Mutex<Vec<String>>| list.lock().unwrap().iter().filter(|own| *own == path).count();
        count(&self.given) > count(&self.answered)
    }
}

/// Polls a future so many times. Its output, when it was ready by then; else it was dropped.
fn polled<T>(polls: usize, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    (0..polls).find_map(|_| match future.as_mut().poll(&mut context) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    })
}

/// Drives a future that only waits for its turn.
fn run<T>(future: impl Future<Output = T>) -> T {
    polled(100, future).expect("a future that never ends")
}

/// Calls `case` with 0, 1, 2 .. polls until it says that its future came to its end, and gives their number.
fn at_every_moment(mut case: impl FnMut(usize) -> bool) -> usize {
    (0..100).find(|polls| case(*polls)).expect("a future that never ends")
}

fn grant(desk: &Desk, login: &Login) -> CodeGrant {
    let now = desk.now.load(Ordering::SeqCst);
    desk.edit_claims(|claims| {
        (claims["nonce"], claims["iat"], claims["exp"]) = (json!("{nonce}"), json!(now), json!(now + 600));
    });
    desk.grant(login, login.request())
}

fn log_in(desk: &Arc<Desk>, login: &Login) -> Identity {
    run(login.finish(&desk.http(), grant(desk, login))).unwrap()
}

/// The issuer signs with its second key, and publishes it.
fn rotate(desk: &Desk) {
    *desk.signs.lock().unwrap() = 2;
    *desk.published.lock().unwrap() = vec![1, 2];
}

/// The longest way of a login: keys, code, and keys once more, because they changed in between.
#[test]
fn a_login_dropped_at_any_moment_goes_on_or_says_that_its_code_may_be_spent() {
    for stale in [false, true] {
        let moments = at_every_moment(|polls| {
            let (desk, road) = (Desk::open(), Road::default());
            let login = desk.login();
            if stale {
                log_in(&desk, &login);
                desk.pass(3600);
            } else {
                desk.answer("/jwks", Answer::Reply(200, r#"{"keys":[]}"#.to_owned()));
            }
            let before = desk.count("POST /token");
            let mut finish = login.finish_steps(grant(&desk, &login)).unwrap();
            rotate(&desk);
            let dropped = match polled(polls, desk.drive(&mut finish, &road.to(&desk))) {
                Some(identity) => {
                    assert_eq!(identity.unwrap().subject(), "user-17");
                    false
                }
                None => {
                    let again = run(desk.drive(&mut finish, &desk.http()));
                    match again {
                        Ok(identity) => assert!(!road.lost("/token") && identity.subject() == "user-17"),
                        Err(error) => assert!(road.lost("/token") && error.code() == "login_interrupted", "{error}"),
                    }
                    true
                }
            };
            let last = run(desk.drive(&mut finish, &desk.http())).unwrap_err().code();
            assert_eq!(last, if road.lost("/token") { "login_interrupted" } else { "login_finished" });
            assert!(desk.count("POST /token") <= before + 1, "{polls}: the code was sent twice");
            // Nobody else is held up, and the keys are not fetched once a login.
            let fetches = desk.count("GET /jwks");
            for _ in 0..3 {
                log_in(&desk, &login);
            }
            assert!(desk.count("GET /jwks") <= fetches + 1, "{polls}: {:?}", desk.log());
            !dropped
        });
        // Two of each request, and the last.
        assert_eq!(moments, if stale { 5 } else { 7 });
    }
}

/// The other login waits for the fetch of the one that is dropped.
#[test]
fn a_login_behind_one_that_is_dropped_goes_on() {
    let moments = at_every_moment(|polls| {
        let (desk, road) = (Desk::open(), Road::default());
        let login = desk.login();
        let first = grant(&desk, &login);
        let second = grant(&desk, &login);
        let http = road.to(&desk);
        let mut first = Box::pin(login.finish(&http, first));
        let mut context = Context::from_waker(Waker::noop());
        let begun = polls > 0 && first.as_mut().poll(&mut context).is_pending();
        let straight = desk.http();
        let mut second = pin!(login.finish(&straight, second));
        assert_eq!(second.as_mut().poll(&mut context).is_pending(), begun);
        if !begun {
            return false;
        }
        let ended = (1..polls).any(|_| first.as_mut().poll(&mut context).is_ready());
        drop(first);
        assert_eq!(run(second).unwrap().subject(), "user-17");
        ended
    });
    assert_eq!(moments, 5);
}

/// One that waits for another's fetch is dropped there.
#[test]
fn a_login_dropped_while_it_waits_for_anothers_fetch_leaves_no_trace() {
    let (desk, road) = (Desk::open(), Road::default());
    let login = desk.login();
    let mut waiting = login.finish_steps(grant(&desk, &login)).unwrap();
    let http = road.to(&desk);
    let mut fetching = Box::pin(login.finish(&http, grant(&desk, &login)));
    assert!(fetching.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    for polls in 1..5 {
        assert!(polled(polls, desk.drive(&mut waiting, &desk.http())).is_none());
    }
    assert_eq!(run(fetching).unwrap().subject(), "user-17");
    // Not its own nonce, so this is as far as it comes: with the keys, and with its code.
    assert_eq!(run(desk.drive(&mut waiting, &desk.http())).unwrap_err().code(), "id_token_nonce_mismatch");
    assert_eq!((desk.count("GET /jwks"), desk.count("POST /token")), (1, 2));
}

#[test]
fn a_refresh_dropped_at_any_moment_changes_all_or_nothing() {
    let moments = at_every_moment(|polls| {
        let (desk, road) = (Desk::open(), Road::default());
        let login = desk.login();
        let mut identity = log_in(&desk, &login);
        rotate(&desk);
        *desk.members.lock().unwrap() = json!({"access_token": "access-2", "refresh_token": "refresh-2"});
        let tokens = |identity: &Identity| {
            let tokens = identity.tokens();
            format!("{} {}", tokens.access_token().unwrap().expose(), tokens.refresh_token().unwrap().expose())
        };
        let ended = polled(polls, login.refresh(&road.to(&desk), &mut identity));
        let asked = desk.count("POST /token") + usize::from(road.answered.lock().unwrap().is_empty());
        if ended.is_none() {
            assert_eq!(tokens(&identity), "access-1 refresh-1");
            run(login.refresh(&desk.http(), &mut identity)).unwrap();
        }
        assert_eq!((tokens(&identity).as_str(), identity.subject()), ("access-2 refresh-2", "user-17"));
        // An answer that came is not asked for again.
        assert_eq!(desk.count("POST /token"), asked, "{polls}: {:?}", desk.log());
        ended.is_some()
    });
    assert_eq!(moments, 5);
}

#[test]
fn plain_oauth_dropped_at_any_moment_sends_its_code_once() {
    let moments = at_every_moment(|polls| {
        let (desk, road) = (Desk::open(), Road::default());
        *desk.claims.lock().unwrap() = None;
        let login = desk.login();
        let grant = || desk.grant(&login, login.authorization().scope("notes.read"));
        let ended = polled(polls, login.exchange(&road.to(&desk), grant()));
        assert!(desk.count("POST /token") <= 1);
        // Another login goes on, and so does its refresh, dropped at the same moment.
        let mut tokens = run(login.exchange(&desk.http(), grant())).unwrap();
        *desk.members.lock().unwrap() = json!({"access_token": "access-2", "refresh_token": "refresh-2"});
        let refreshed = polled(polls, login.refresh_tokens(&road.to(&desk), &mut tokens));
        assert_eq!(tokens.access_token().unwrap().expose(), if refreshed.is_some() { "access-2" } else { "access-1" });
        run(login.refresh_tokens(&desk.http(), &mut tokens)).unwrap();
        assert_eq!(tokens.refresh_token().unwrap().expose(), "refresh-2");
        assert_eq!(ended.is_some(), refreshed.is_some());
        ended.is_some()
    });
    assert_eq!(moments, 3);
}

#[test]
fn what_is_only_asked_can_be_asked_again() {
    let moments = at_every_moment(|polls| {
        let (desk, road) = (Desk::open(), Road::default());
        let login = desk.login();
        let identity = log_in(&desk, &login);
        let (late, straight) = (road.to(&desk), desk.http());
        let token = identity.tokens().access_token().unwrap();
        let ended = [
            polled(polls, proofkey::discover(&late, ISSUER)).is_some(),
            polled(polls, login.userinfo(&late, &identity)).is_some(),
            polled(polls, login.revoke(&late, token)).is_some(),
        ];
        run(proofkey::discover(&straight, ISSUER)).unwrap();
        assert_eq!(run(login.userinfo(&straight, &identity)).unwrap().subject(), "user-17");
        run(login.revoke(&straight, token)).unwrap();
        assert!(ended == [ended[0]; 3]);
        ended[0]
    });
    assert_eq!(moments, 3);
}
