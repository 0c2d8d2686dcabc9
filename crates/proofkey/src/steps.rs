//! What remains to be done, as a value without I/O.

use std::time::SystemTime;

use http::{Request, Response};
use proofkey_token::TransportError;

/// The next step of a [`Steps`] value.
#[derive(Debug)]
#[must_use]
#[expect(clippy::large_enum_variant, reason = "a request is moved once; a box would be an allocation for each")]
pub enum Step<T> {
    /// Send this request once, follow no redirect, and pass the result to [`Steps::receive`]. The
    /// request may hold secrets.
    Send(Request<Vec<u8>>),
    /// The operation has ended, with this result.
    Done(T),
}

/// A network operation as a state machine: a discovery, the end of a login, a refresh, and so on. It
/// does no I/O, needs no runtime and reads no clock.
///
/// [`drive`](crate::drive) and [`drive_blocking`](crate::drive_blocking) run it with a transport. To
/// run it by hand, loop over two calls:
///
/// ```
/// use std::time::SystemTime;
/// use proofkey::http::{Request, Response};
/// use proofkey::{Step, Steps};
/// use proofkey::token::TransportError;
///
/// fn run<S: Steps>(
///     steps: &mut S,
///     mut send: impl FnMut(Request<Vec<u8>>) -> Result<Response<Vec<u8>>, TransportError>,
/// ) -> Result<S::Output, S::Error> {
///     loop {
///         match steps.next(SystemTime::now()) {
///             Step::Send(request) => steps.receive(send(request), SystemTime::now()),
///             Step::Done(result) => return result,
///         }
///     }
/// }
/// ```
///
/// What `send` must guarantee is documented at [`Transport`](proofkey_token::Transport).
///
/// If the response to a request is lost, for instance because a task was cancelled, call [`next`](Self::next) again: it
/// returns the request again, unless the request has a code that may have been sent. Do the same after an error that is
/// [retryable](crate::LoginError::is_retryable), and after
/// [`TokenRequestError::Credential`](proofkey_token::TokenRequestError::Credential): nothing was sent then. After a
/// result and after any other error, `next` returns [`LoginError::Finished`](crate::LoginError::Finished).
///
/// Values that are run by hand use the cached keys of their [`Login`](crate::Login). Two that need keys at the same
/// time may each fetch them; the drivers fetch them once.
///
/// The trait is sealed: only this crate and those built on it, such as `proofkey-mcp`, implement it.
pub trait Steps: sealed::KeyFetches {
    /// The result of the operation.
    type Output;
    /// Its error: [`LoginError`](crate::LoginError), [`AccessTokenError`](crate::AccessTokenError) at an API, or that of
    /// the crate whose steps these are.
    type Error;

    /// Returns the next request, or the result.
    fn next(&mut self, now: SystemTime) -> Step<Result<Self::Output, Self::Error>>;

    /// Takes the response to the last request that [`next`](Self::next) returned, or the error of the
    /// transport. Does nothing if no response is expected.
    fn receive(&mut self, answer: Result<Response<Vec<u8>>, TransportError>, now: SystemTime);
}

pub(crate) mod sealed {
    use std::time::SystemTime;

    use crate::flight::Flight;

    /// What the drivers need to fetch keys, or metadata, once for all logins that wait for them.
    pub trait KeyFetches {
        /// The lock to hold around the next request, if that is likely to be a shared fetch.
        fn flight(&mut self, _now: SystemTime) -> Option<Flight> {
            None
        }

        /// Whether the request under way is a shared fetch.
        fn is_fetching(&self) -> bool {
            false
        }

        /// Gives up the request under way, if it can be made again.
        fn abandon(&mut self) {}
    }
}
