//! Where the states of an operation stop for its caller.

use proofkey::Step;
use proofkey::http::Request;

use crate::error::McpError;

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
