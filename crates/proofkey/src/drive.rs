//! The two drivers: steps, a transport and a clock.

use std::time::SystemTime;

use http::Uri;
#[cfg(not(target_family = "wasm"))]
use proofkey_token::BlockingTransport;
use proofkey_token::{Transport, TransportError};

use crate::steps::{Step, Steps};

/// Runs `steps` to their result with an asynchronous transport, on any runtime.
///
/// The future is `Send` if the transport's futures and the steps are. If it is dropped, drive the
/// same value again: see [`Steps`].
///
/// Keys that several logins need at once are fetched once; the other logins wait for that fetch. The
/// lock is released before anything else is sent.
///
/// # Errors
///
/// Those of the operation: see the method that runs it, such as [`Login::finish`](crate::Login::finish).
pub async fn drive<S: Steps>(
    steps: &mut S,
    http: &impl Transport,
    clock: impl Fn() -> SystemTime,
) -> Result<S::Output, S::Error> {
    loop {
        let flight = match steps.flight(clock()) {
            Some(flight) => Some(flight.lock().await),
            None => None,
        };
        let request = match steps.next(clock()) {
            Step::Send(request) => request,
            Step::Done(result) => return result,
        };
        // Another login may have fetched meanwhile. Then this is another request.
        let flight = flight.filter(|_| steps.is_fetching());
        let uri = request.uri().clone();
        let sent = Sent(&mut *steps);
        let answer = http.send(request).await;
        sent.0.receive(answer.map_err(|error| addressed(error, &uri)), clock());
        drop(flight);
    }
}

/// Runs `steps` to their result with a blocking transport, without a runtime.
///
/// Keys that several threads need at once are fetched once; the others wait for that fetch.
///
/// # Errors
///
/// Those of the operation: see the method that runs it, such as [`Login::finish`](crate::Login::finish).
#[cfg(not(target_family = "wasm"))]
pub fn drive_blocking<S: Steps>(
    steps: &mut S,
    http: &impl BlockingTransport,
    clock: impl Fn() -> SystemTime,
) -> Result<S::Output, S::Error> {
    loop {
        let flight = steps.flight(clock()).map(|flight| flight.lock_blocking());
        let request = match steps.next(clock()) {
            Step::Send(request) => request,
            Step::Done(result) => return result,
        };
        let flight = flight.filter(|_| steps.is_fetching());
        let uri = request.uri().clone();
        let sent = Sent(&mut *steps);
        let answer = http.send(request);
        sent.0.receive(answer.map_err(|error| addressed(error, &uri)), clock());
        drop(flight);
    }
}

/// A request under way. When its answer is not waited for, others may fetch in its place at once.
struct Sent<'a, S: Steps>(&'a mut S);

impl<S: Steps> Drop for Sent<'_, S> {
    fn drop(&mut self) {
        self.0.abandon();
    }
}

/// An error that says where the request was to go, if the transport did not.
fn addressed(error: TransportError, uri: &Uri) -> TransportError {
    if error.address().is_some() { error } else { error.at(uri) }
}
