//! The two drivers: steps, a transport and a clock.

use std::time::SystemTime;

use proofkey::Step;
use proofkey::http::Uri;
use proofkey::token::{BlockingTransport, Transport, TransportError};

use crate::error::McpError;
use crate::steps::Steps;

/// Runs `steps` to their result with an asynchronous transport, on any runtime. If the future is dropped, drive the same
/// value again: see [`Steps`].
///
/// # Errors
///
/// Those of the operation.
pub async fn drive<S: Steps>(
    steps: &mut S,
    http: &impl Transport,
    clock: impl Fn() -> SystemTime,
) -> Result<S::Output, McpError> {
    loop {
        match steps.next(clock()) {
            Step::Send(request) => {
                let uri = request.uri().clone();
                let answer = http.send(request).await;
                steps.receive(answer.map_err(|error| addressed(error, &uri)), clock());
            }
            Step::Done(result) => return result,
        }
    }
}

/// Runs `steps` to their result with a blocking transport, without a runtime.
///
/// # Errors
///
/// Those of the operation.
pub fn drive_blocking<S: Steps>(
    steps: &mut S,
    http: &impl BlockingTransport,
    clock: impl Fn() -> SystemTime,
) -> Result<S::Output, McpError> {
    loop {
        match steps.next(clock()) {
            Step::Send(request) => {
                let uri = request.uri().clone();
                let answer = http.send(request);
                steps.receive(answer.map_err(|error| addressed(error, &uri)), clock());
            }
            Step::Done(result) => return result,
        }
    }
}

/// An error that says where the request was to go, if the transport did not.
fn addressed(error: TransportError, uri: &Uri) -> TransportError {
    if error.address().is_some() { error } else { error.at(uri) }
}
