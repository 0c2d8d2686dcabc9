//! What the threads of a receiver share with the program that waits for its callback.

use std::collections::VecDeque;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::{Duration, Instant};

/// A request that may be the callback. The waiting program knows the login, and decides.
pub(crate) struct Candidate {
    number: u64,
    /// The whole URL at which it arrived.
    pub(crate) url: String,
    /// Whether a browser waits for the outcome.
    pub(crate) is_shown: bool,
    /// Whether it belongs to the login.
    pub(crate) is_accepted: Sender<bool>,
}

/// Candidates that wait for the program at a time.
const MAX_CANDIDATES: usize = 64;
/// For the program to look at a candidate.
const CHECK_TIMEOUT: Duration = Duration::from_secs(30);

/// How the login ended, as shown on the closing page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    SignedIn,
    Failed(String),
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) candidates: VecDeque<Candidate>,
    /// Number of the latest candidate.
    latest: u64,
    /// Callbacks that did not belong to the login.
    pub(crate) unrelated: u64,
    /// The callback of the login. Another is not even looked at; the same once more, as after a reload, leads to the
    /// closing page.
    pub(crate) accepted: Option<String>,
    /// The callback was accepted, and its browser has to be told the outcome.
    pub(crate) owes_page: bool,
    pub(crate) outcome: Option<Outcome>,
    /// The time of the future that waits is over.
    pub(crate) is_over: bool,
    pub(crate) is_closed: bool,
    /// Number of the latest timer.
    pub(crate) timer: u64,
    waker: Option<Waker>,
}

impl State {
    /// The number of a timer that takes the place of the one before.
    pub(crate) fn next_timer(&mut self) -> u64 {
        self.is_over = false;
        self.timer += 1;
        self.timer
    }

    /// Whether `url` is the callback that was accepted; `None` as long as none was.
    pub(crate) fn is_accepted(&self, url: &str) -> Option<bool> {
        self.accepted.as_ref().map(|accepted| accepted == url)
    }

    /// Queues a candidate and returns its number, unless the answer is known already.
    fn queue(&mut self, url: String, is_shown: bool, is_accepted: Sender<bool>) -> Result<u64, bool> {
        if let Some(is_accepted) = self.is_accepted(&url) {
            return Err(is_accepted);
        }
        if self.is_closed || self.candidates.len() >= MAX_CANDIDATES {
            return Err(false);
        }
        self.latest += 1;
        self.candidates.push_back(Candidate { number: self.latest, url, is_shown, is_accepted });
        Ok(self.latest)
    }
}

/// The state, and both ways to wait for a change of it: a thread blocks, a future is woken.
///
/// It has no `Debug`: a candidate holds a code.
#[derive(Default)]
pub(crate) struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

impl Shared {
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let (result, waker) = {
            let mut state = self.lock();
            (change(&mut state), state.waker.take())
        };
        self.changed.notify_all();
        if let Some(waker) = waker {
            waker.wake();
        }
        result
    }

    /// Asks the waiting program whether `url` is its callback.
    pub(crate) fn offer(&self, url: String, is_shown: bool) -> bool {
        let (is_accepted, answer) = channel();
        let number = match self.change(|state| state.queue(url, is_shown, is_accepted)) {
            Ok(number) => number,
            Err(is_accepted) => return is_accepted,
        };
        answer.recv_timeout(CHECK_TIMEOUT).unwrap_or_else(|_| {
            // The answer is no, so it must not be accepted later.
            self.change(|state| state.candidates.retain(|candidate| candidate.number != number));
            answer.try_recv().unwrap_or(false)
        })
    }

    /// Blocks until `found` returns something, or until `deadline`.
    pub(crate) fn wait<T>(&self, deadline: Instant, mut found: impl FnMut(&mut State) -> Option<T>) -> Option<T> {
        let mut state = self.lock();
        loop {
            if let Some(value) = found(&mut state) {
                return Some(value);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left == Duration::ZERO {
                return None;
            }
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// What `found` returns now; if that is nothing, `waker` is woken at the next change.
    pub(crate) fn poll<T>(&self, waker: &Waker, found: impl FnOnce(&mut State) -> Option<T>) -> Option<T> {
        let mut state = self.lock();
        let value = found(&mut state);
        let old = if value.is_none() { state.waker.replace(waker.clone()) } else { None };
        // A waker that is dropped may run code of the executor.
        drop(state);
        drop(old);
        value
    }
}
