//! What remains to be done, as a value without I/O.

use std::time::SystemTime;

use proofkey::Step;
use proofkey::http::{Request, Response};
use proofkey::token::TransportError;

use crate::error::McpError;

/// A network operation as a state machine: the start of an authorization, its end, or a refresh. It does no I/O, needs
/// no runtime and reads no clock. [`drive`](crate::drive) and [`drive_blocking`](crate::drive_blocking) run it.
///
/// If the response to a request is lost, for instance because a task was cancelled, call [`next`](Self::next) again: it
/// returns the request again, unless that has a code that may have been sent. Do the same after an error that is
/// [retryable](McpError::is_retryable). After a result and after any other error, `next` returns
/// [`McpError::Finished`].
///
/// The trait is sealed: only this crate implements it.
pub trait Steps: sealed::Sealed {
    /// The result of the operation.
    type Output;

    /// Returns the next request, which may hold secrets, or the result. Send the request once, and follow no redirect.
    fn next(&mut self, now: SystemTime) -> Step<Result<Self::Output, McpError>>;

    /// Takes the response to the last request that [`next`](Self::next) returned, or the error of the transport.
    fn receive(&mut self, answer: Result<Response<Vec<u8>>, TransportError>, now: SystemTime);
}

pub(crate) mod sealed {
    /// Keeps others from implementing `Steps`.
    pub trait Sealed {}
}

/// Why a state is not left: it has a request, or an error, for the caller.
pub(crate) enum Pause {
    Send(Box<Request<Vec<u8>>>),
    Failed(McpError),
}

impl<E: Into<McpError>> From<E> for Pause {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// The result of a part, so that `?` passes on everything else.
pub(crate) fn finished<T>(step: Step<Result<T, McpError>>) -> Result<T, Pause> {
    match step {
        Step::Send(request) => Err(Pause::Send(Box::new(request))),
        Step::Done(result) => Ok(result?),
    }
}
