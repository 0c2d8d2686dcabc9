//! Logins that share one `Login`, on threads that shuttle puts in one order after another: at each lock and at each
//! step of an exchange another thread may come first. A deadlock is found by shuttle itself.
#![allow(clippy::unwrap_used, missing_docs)]

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;

use proofkey::authorize::{CodeGrant, PendingLogins};
use proofkey::token::{Transport, TransportError, TransportErrorKind};
use proofkey::{Identity, Login, LoginError};
use shuttle::future::{block_on, yield_now};
use shuttle::rand::{Rng, thread_rng};
use shuttle::scheduler::{PctScheduler, RandomScheduler, Scheduler};
use shuttle::{Config, Runner, thread};

#[allow(dead_code)] // The tests of the crate use the rest.
#[path = "../../../crates/proofkey/tests/proofkey/desk.rs"]
mod desk;
use desk::Desk;

const LOGINS: usize = 3;

/// Runs `scenario` in so many orders: half of them at random, half by few changes of thread at the worst moments.
fn in_many_orders(scenario: fn()) {
    fn run(scheduler: impl Scheduler + 'static, scenario: fn()) {
        let mut config = Config::new();
        // Signatures need more than the 32 KiB of a thread here.
        config.stack_size = 1 << 20;
        Runner::new(scheduler, config).run(scenario);
    }
    run(RandomScheduler::new(ORDERS / 2), scenario);
    run(PctScheduler::new(3, ORDERS / 2), scenario);
}

const ORDERS: usize = 400;

/// One client, and a desk for each login, so that each has its own nonce. They are one issuer: the same keys.
struct Stage {
    login: Login,
    desks: Vec<Arc<Desk>>,
    fetches: AtomicUsize,
    /// So many fetches of the keys fail before one goes well.
    failing: usize,
}

impl Stage {
    fn new(failing: usize) -> Arc<Self> {
        let desks: Vec<_> = (0..LOGINS).map(|_| Desk::open()).collect();
        let login = desks[0].login();
        Arc::new(Self { login, desks, fetches: AtomicUsize::new(0), failing })
    }

    fn warm_up(&self) {
        assert_eq!(self.log_in(0).unwrap().subject(), "user-17");
    }

    /// Other logins come first before a request leaves, and before its answer is there.
    fn http(&self, of: usize) -> impl Transport {
        let desk = self.desks[of].http();
        move |request: http::Request<Vec<u8>>| {
            let is_keys = request.uri().path() == "/jwks";
            let answer = desk(request);
            async move {
                yield_now().await;
                if is_keys && self.fetches.fetch_add(1, Ordering::SeqCst) < self.failing {
                    return Err(TransportError::before_sending(TransportErrorKind::Connect));
                }
                let answer = answer.await;
                yield_now().await;
                answer
            }
        }
    }

    /// A callback at that desk, which will put its nonce into the ID token.
    fn grant(&self, of: usize) -> CodeGrant {
        self.desks[of].edit_claims(|claims| claims["nonce"] = "{nonce}".into());
        self.desks[of].grant(&self.login, self.login.request())
    }

    fn log_in(&self, of: usize) -> Result<Identity, LoginError> {
        let grant = self.grant(of);
        block_on(self.login.finish(&self.http(of), grant))
    }

    /// The issuer signs with its second key from now on, and publishes these.
    fn rotate(&self, published: &[u8]) {
        for desk in &self.desks {
            *desk.signs.lock().unwrap() = 2;
            *desk.published.lock().unwrap() = published.to_vec();
        }
    }

    fn fetches(&self) -> usize {
        self.fetches.load(Ordering::SeqCst)
    }
}

/// All logins at once, each on a thread of its own, and what became of them.
fn at_once(stage: &Arc<Stage>) -> Vec<Result<String, &'static str>> {
    let threads: Vec<_> = (0..LOGINS)
        .map(|of| {
            let stage = Arc::clone(stage);
            thread::spawn(move || stage.log_in(of).map(|identity| identity.subject().to_owned()).map_err(|e| e.code()))
        })
        .collect();
    threads.into_iter().map(|thread| thread.join().unwrap()).collect()
}

fn signed_in(outcome: &Result<String, &'static str>) -> bool {
    outcome.as_deref() == Ok("user-17")
}

#[test]
fn without_any_keys_all_logins_make_one_fetch() {
    in_many_orders(|| {
        let stage = Stage::new(0);
        let outcomes = at_once(&stage);
        assert!(outcomes.iter().all(signed_in), "{outcomes:?}");
        assert_eq!(stage.fetches(), 1);
        assert!(stage.desks.iter().all(|desk| desk.count("POST /token") == 1));
        // And it was kept.
        stage.warm_up();
        assert_eq!(stage.fetches(), 1);
    });
}

#[test]
fn with_an_unknown_key_all_logins_make_one_fetch() {
    in_many_orders(|| {
        let stage = Stage::new(0);
        stage.warm_up();
        stage.rotate(&[1, 2]);
        let outcomes = at_once(&stage);
        assert!(outcomes.iter().all(signed_in), "{outcomes:?}");
        assert_eq!(stage.fetches(), 2);
    });
}

#[test]
fn with_a_key_that_is_nobodys_all_logins_make_one_fetch() {
    in_many_orders(|| {
        let stage = Stage::new(0);
        stage.warm_up();
        stage.rotate(&[1]);
        assert!(at_once(&stage).iter().all(|outcome| *outcome == Err("jws_key_not_found")));
        assert_eq!(stage.fetches(), 2);
    });
}

#[test]
fn a_fetch_that_fails_lets_the_next_one_through() {
    in_many_orders(|| {
        let stage = Stage::new(1);
        let outcomes = at_once(&stage);
        let refused: Vec<_> = outcomes.iter().filter(|outcome| !signed_in(outcome)).collect();
        // None is, when the next fetch has ended before the first login looks for the keys again.
        assert!(matches!(refused[..], [] | [Err("transport_connect")]), "{outcomes:?}");
        assert_eq!(stage.fetches(), 2);
    });
}

/// One login is dropped at a moment of shuttle's choice. The others go on, and it can be run again itself.
#[test]
fn a_login_that_is_dropped_holds_up_nobody() {
    in_many_orders(|| {
        let stage = Stage::new(0);
        let dropped = {
            let stage = Arc::clone(&stage);
            let polls = thread_rng().gen_range(0..12);
            thread::spawn(move || {
                let mut finish = stage.login.finish_steps(stage.grant(0)).unwrap();
                let finished = block_on(for_polls(polls, stage.desks[0].drive(&mut finish, &stage.http(0))));
                let again = block_on(stage.desks[0].drive(&mut finish, &stage.http(0)));
                match (finished, again) {
                    (Some(first), Err(LoginError::Finished { .. })) => assert_eq!(first.unwrap().subject(), "user-17"),
                    (None, Ok(identity)) => assert_eq!(identity.subject(), "user-17"),
                    // The transport had the code, and may not have come to sending it.
                    (None, Err(LoginError::Interrupted)) => {}
                    other => panic!("{other:?}"),
                }
                assert!(stage.desks[0].count("POST /token") <= 1);
            })
        };
        let others: Vec<_> = (1..LOGINS)
            .map(|of| {
                let stage = Arc::clone(&stage);
                thread::spawn(move || assert_eq!(stage.log_in(of).unwrap().subject(), "user-17"))
            })
            .collect();
        dropped.join().unwrap();
        others.into_iter().for_each(|thread| thread.join().unwrap());
        assert!((1..=2).contains(&stage.fetches()), "{}", stage.fetches());
    });
}

/// Polls a future so many times; `None` when it was dropped before it was ready.
async fn for_polls<T>(polls: usize, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        match future.as_mut().poll(context) {
            // The last one is not waited for.
            Poll::Pending if left == 0 => Poll::Ready(None),
            poll => poll.map(Some),
        }
    })
    .await
}

/// The store of one session, behind a lock: a callback that comes twice is one grant, and two tabs are two.
#[test]
fn a_callback_that_comes_twice_at_once_is_one_grant() {
    in_many_orders(|| {
        let stage = Stage::new(0);
        let logins = Arc::new(Mutex::new(PendingLogins::new(4)));
        let callbacks: Vec<_> = (0..2)
            .map(|_| {
                let (_, pending) = stage.login.request().begin().unwrap();
                let callback = format!("code=abc&state={}", pending.state().expose());
                let now = pending.created_at();
                logins.lock().unwrap().insert(pending, now);
                (callback, now)
            })
            .collect();
        let threads: Vec<_> = (0..4)
            .map(|at| {
                let (logins, (callback, now)) = (Arc::clone(&logins), callbacks[at % 2].clone());
                thread::spawn(move || logins.lock().unwrap().receive(&callback, now).is_ok())
            })
            .collect();
        let granted: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        assert!(granted[0] != granted[2] && granted[1] != granted[3], "{granted:?}");
        assert!(logins.lock().unwrap().is_empty());
    });
}
