//! Two logins up to the moment at which they have the issuer's keys, in every order with few interruptions.
#![allow(clippy::unwrap_used, missing_docs)]

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Waker};

use proofkey::Login;
use proofkey::authorize::CodeGrant;
use proofkey::token::{TransportError, TransportErrorKind};
use shuttle::future::{block_on, yield_now};
use shuttle::scheduler::{DfsScheduler, Schedule, Scheduler, Task, TaskId};
use shuttle::{Config, Runner, thread};

#[allow(dead_code)] // The tests of the crate use the rest.
#[path = "../../../crates/proofkey/tests/proofkey/desk.rs"]
mod desk;
use desk::Desk;

/// How many orders there were.
fn in_every_order(scenario: impl Fn() + Send + Sync + 'static) -> usize {
    let mut config = Config::new();
    config.stack_size = 1 << 20;
    let orders = FewInterruptions { all: DfsScheduler::new(None, false), left: 0 };
    Runner::new(orders, config).run(scenario)
}

/// Every order in which at most [`INTERRUPTIONS`] times a thread that could go on does not. Where it waits, for a lock
/// or for an answer, any other may come next: that is no interruption.
struct FewInterruptions {
    all: DfsScheduler,
    left: usize,
}

const INTERRUPTIONS: usize = 4;

impl Scheduler for FewInterruptions {
    fn new_execution(&mut self) -> Option<Schedule> {
        self.left = INTERRUPTIONS;
        self.all.new_execution()
    }

    fn next_task(&mut self, runnable: &[&Task], current: Option<TaskId>, waits: bool) -> Option<TaskId> {
        let going_on = runnable.iter().find(|task| !waits && Some(task.id()) == current);
        match going_on {
            Some(task) if self.left == 0 => self.all.next_task(&[*task], current, waits),
            _ => {
                let next = self.all.next_task(runnable, current, waits)?;
                self.left -= usize::from(going_on.is_some_and(|task| task.id() != next));
                Some(next)
            }
        }
    }

    fn next_u64(&mut self) -> u64 {
        self.all.next_u64()
    }
}

/// Two grants, ready to be finished, and an issuer that hands out its keys and refuses every code at once.
struct Two {
    login: Login,
    keys: Vec<u8>,
    fetches: AtomicUsize,
    /// So many fetches fail before one goes well.
    failing: usize,
}

impl Two {
    fn new(failing: usize) -> (Arc<Self>, [CodeGrant; 2]) {
        let desk = Desk::open();
        let login = desk.login();
        let keys = block_on(desk.http()(http::Request::get("https://as.example/jwks").body(Vec::new()).unwrap()));
        let grants = [(); 2].map(|()| desk.grant(&login, login.request()));
        (Arc::new(Self { login, keys: keys.unwrap().into_body(), fetches: AtomicUsize::new(0), failing }), grants)
    }

    async fn serve(&self, request: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, TransportError> {
        if request.uri().path() != "/jwks" {
            return Err(TransportError::after_sending(TransportErrorKind::Other));
        }
        yield_now().await;
        if self.fetches.fetch_add(1, Ordering::SeqCst) < self.failing {
            return Err(TransportError::before_sending(TransportErrorKind::Connect));
        }
        Ok(http::Response::new(self.keys.clone()))
    }

    /// `transport_other`: it had the keys. `transport_connect`: its fetch failed.
    fn finish(&self, grant: CodeGrant) -> &'static str {
        block_on(self.login.finish(&|request| self.serve(request), grant)).unwrap_err().code()
    }
}

/// Both at once: how each ended, in alphabetical order.
fn at_once(two: &Arc<Two>, [first, second]: [CodeGrant; 2]) -> [&'static str; 2] {
    let other = Arc::clone(two);
    let other = thread::spawn(move || other.finish(first));
    let mut codes = [two.finish(second), other.join().unwrap()];
    codes.sort_unstable();
    codes
}

#[test]
fn one_fetch_serves_both() {
    let orders = in_every_order(|| {
        let (two, grants) = Two::new(0);
        assert_eq!(at_once(&two, grants), ["transport_other", "transport_other"]);
        assert_eq!(two.fetches.load(Ordering::SeqCst), 1);
    });
    assert!(orders > 100, "{orders}");
}

/// And uses what the other fetched, if that is there when it looks again.
#[test]
fn one_that_fails_lets_the_other_through() {
    let served = Arc::new(AtomicUsize::new(0));
    let by_the_other = Arc::clone(&served);
    let orders = in_every_order(move || {
        let (two, grants) = Two::new(1);
        match at_once(&two, grants) {
            ["transport_connect", "transport_other"] => {}
            ["transport_other", "transport_other"] => _ = by_the_other.fetch_add(1, Ordering::SeqCst),
            other => panic!("{other:?}"),
        }
        assert_eq!(two.fetches.load(Ordering::SeqCst), 2);
    });
    assert!(orders > 100, "{orders}");
    let served = served.load(Ordering::SeqCst);
    assert!(0 < served && served < orders, "{served} of {orders}");
}

/// The other one may be waiting for its fetch, or it for the other's.
#[test]
fn one_that_is_dropped_lets_the_other_through() {
    for polls in 1..4 {
        let orders = in_every_order(move || {
            let (two, [first, second]) = Two::new(0);
            let other = Arc::clone(&two);
            let dropped = thread::spawn(move || {
                let http = |request| other.serve(request);
                let mut finish = pin!(other.login.finish(&http, first));
                let mut context = Context::from_waker(Waker::noop());
                for _ in 0..polls {
                    if finish.as_mut().poll(&mut context).is_ready() {
                        break;
                    }
                    thread::yield_now();
                }
            });
            assert_eq!(two.finish(second), "transport_other");
            dropped.join().unwrap();
            assert!((1..=2).contains(&two.fetches.load(Ordering::SeqCst)));
        });
        assert!(orders > 100, "{orders}");
    }
}
