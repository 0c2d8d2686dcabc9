//! Work on a thread of its own, whose result tasks wait for.

use std::future::{Future, poll_fn};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::{io, thread};

use super::SessionError;

/// Work that goes on when no one waits for it any more.
pub(crate) struct Flight<T>(Arc<Mutex<State<T>>>);

struct State<T> {
    result: Option<Result<T, SessionError>>,
    wakers: Vec<Waker>,
}

impl<T: Clone + Send + 'static> Flight<T> {
    pub(crate) fn start(work: impl FnOnce() -> Result<T, SessionError> + Send + 'static) -> Self {
        let flight = Self(Arc::new(Mutex::new(State { result: None, wakers: Vec::new() })));
        let pilot = Pilot(flight.clone());
        let run = move || {
            let result = work();
            pilot.0.land(result);
        };
        if let Err(error) = thread::Builder::new().name("proofkey-session".into()).spawn(run) {
            flight.land(Err(SessionError::Thread(Arc::new(error))));
        }
        flight
    }

    pub(crate) fn has_landed(&self) -> bool {
        self.state().result.is_some()
    }

    pub(crate) fn wait(&self) -> impl Future<Output = Result<T, SessionError>> + Send {
        let flight = self.clone();
        poll_fn(move |context| {
            let mut state = flight.state();
            if let Some(result) = &state.result {
                return Poll::Ready(result.clone());
            }
            if !state.wakers.iter().any(|waker| waker.will_wake(context.waker())) {
                state.wakers.push(context.waker().clone());
            }
            Poll::Pending
        })
    }
}

impl<T> Flight<T> {
    /// The first result counts.
    fn land(&self, result: Result<T, SessionError>) {
        let wakers = {
            let mut state = self.state();
            state.result.get_or_insert(result);
            std::mem::take(&mut state.wakers)
        };
        wakers.into_iter().for_each(Waker::wake);
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Clone for Flight<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// Lands the flight of a thread that panicked.
struct Pilot<T>(Flight<T>);

impl<T> Drop for Pilot<T> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.land(Err(SessionError::Thread(Arc::new(io::Error::other("it panicked")))));
        }
    }
}
