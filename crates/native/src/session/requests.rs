//! The channel between the thread of a session and the task that sends its requests.

use std::fmt;
use std::future::poll_fn;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use proofkey::http::{Request, Response};
use proofkey::token::{BlockingTransport, Transport, TransportError, TransportErrorKind};

type Answer = Result<Response<Vec<u8>>, TransportError>;

/// The requests of one operation of a [`Session`](super::Session), for a task of your runtime that sends them:
/// `requests.send_with(http)`.
#[must_use = "requests are sent by the task that runs `send_with`"]
pub struct Requests(Arc<Line>);

/// The thread's end of it.
pub(crate) struct Sender(Arc<Line>);

#[derive(Default)]
struct Line {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    request: Option<Request<Vec<u8>>>,
    answer: Option<Answer>,
    /// The task has begun to send a request.
    is_sending: bool,
    /// The task has ended.
    is_cut: bool,
    /// The thread has ended.
    is_done: bool,
    waker: Option<Waker>,
}

pub(crate) fn line() -> (Sender, Requests) {
    let line = Arc::new(Line::default());
    (Sender(Arc::clone(&line)), Requests(line))
}

impl Requests {
    /// Sends the requests until the operation has ended. If the future is dropped, a request in transit counts as lost.
    pub async fn send_with(self, http: impl Transport) {
        while let Some(request) = self.next().await {
            let answer = http.send(request).await;
            self.0.change(|state| (state.answer, state.is_sending) = (Some(answer), false));
        }
    }

    /// The next request; `None` at the end.
    async fn next(&self) -> Option<Request<Vec<u8>>> {
        poll_fn(|context| {
            let mut state = self.0.state();
            if let Some(request) = state.request.take() {
                state.is_sending = true;
                return Poll::Ready(Some(request));
            }
            if state.is_done {
                return Poll::Ready(None);
            }
            state.waker = Some(context.waker().clone());
            Poll::Pending
        })
        .await
    }
}

impl Drop for Requests {
    fn drop(&mut self) {
        self.0.change(|state| state.is_cut = true);
    }
}

impl fmt::Debug for Requests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Requests(..)")
    }
}

impl BlockingTransport for Sender {
    fn send(&self, request: Request<Vec<u8>>) -> Answer {
        self.0.change(|state| state.request = Some(request));
        let mut state = self.0.state();
        loop {
            if let Some(answer) = state.answer.take() {
                return answer;
            }
            if state.is_cut {
                state.request = None;
                let kind = TransportErrorKind::Other;
                let error = if state.is_sending {
                    TransportError::after_sending(kind)
                } else {
                    TransportError::before_sending(kind)
                };
                return Err(error.caused_by("the task that sends the session's requests has ended"));
            }
            state = self.0.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        self.0.change(|state| state.is_done = true);
    }
}

impl Line {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let waker = {
            let mut state = self.state();
            change(&mut state);
            state.waker.take()
        };
        self.changed.notify_all();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}
