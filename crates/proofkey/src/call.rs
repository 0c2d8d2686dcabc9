//! One request and the response to it.

use std::fmt;

use http::request::Parts;
use http::{Request, Response};
use proofkey_token::{TokenRequestError, TransportError};
use zeroize::{Zeroize, Zeroizing};

use crate::error::{LoginError, Stage};
use crate::renewal::Renewal;
use crate::steps::Step;

/// A request that can be made again as long as there is no final answer.
pub(crate) struct Call<T> {
    request: Option<Prepared>,
    stage: Stage,
    /// The error for a request that cannot be made again.
    unsent: fn(TokenRequestError) -> LoginError,
    result: Option<Result<T, LoginError>>,
}

impl<T> Call<T> {
    /// `unsent` makes the error for a request that cannot be made again.
    pub(crate) fn new(
        request: Request<Vec<u8>>,
        renewal: Renewal,
        stage: Stage,
        unsent: fn(TokenRequestError) -> LoginError,
    ) -> Self {
        Self { request: Some(Prepared::new(request, renewal)), stage, unsent, result: None }
    }

    pub(crate) fn next(&mut self) -> Step<Result<T, LoginError>> {
        match (self.result.take(), &mut self.request) {
            (Some(result), request) => {
                if !result.as_ref().is_err_and(LoginError::is_retryable) {
                    *request = None;
                }
                if let Some(request) = request {
                    request.start_over();
                }
                Step::Done(result)
            }
            (None, Some(request)) => match request.next_request() {
                Ok(request) => Step::Send(request),
                Err(error) => Step::Done(Err((self.unsent)(error))),
            },
            (None, None) => Step::Done(Err(LoginError::Finished { stage: self.stage })),
        }
    }

    /// What was read, if it was an answer: there is no request any more.
    pub(crate) fn take_ok(&mut self) -> Option<T> {
        let result = self.result.take_if(|result| result.is_ok())?;
        self.request = None;
        result.ok()
    }

    /// Reads the response, and overwrites it. One that asks for the request again is not read.
    pub(crate) fn receive(
        &mut self,
        answer: Result<Response<Vec<u8>>, TransportError>,
        read: impl FnOnce(Result<&Response<Vec<u8>>, TransportError>) -> Result<T, LoginError>,
    ) {
        if self.request.as_mut().is_some_and(|request| !request.is_asked_again(&answer)) {
            self.result = Some(read_once(answer, read));
        }
    }
}

/// Reads an answer, and overwrites its body, which may hold tokens.
pub(crate) fn read_once<T>(
    answer: Result<Response<Vec<u8>>, TransportError>,
    read: impl FnOnce(Result<&Response<Vec<u8>>, TransportError>) -> T,
) -> T {
    match answer {
        Ok(mut response) => {
            let read = read(Ok(&response));
            response.body_mut().as_mut_slice().zeroize();
            read
        }
        Err(error) => read(Err(error)),
    }
}

impl<T> fmt::Debug for Call<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("request", &self.request).finish_non_exhaustive()
    }
}

/// A request whose body is overwritten when it is dropped. Its authentication is renewed when it is
/// sent again, or later than it was made.
pub(crate) struct Prepared {
    head: Parts,
    body: Zeroizing<Vec<u8>>,
    renewal: Renewal,
    /// A client assertion and a proof are valid for one request, and for about a minute.
    is_stale: bool,
    /// The server demanded a retry, because of a DPoP nonce. That happens once an attempt.
    was_asked: bool,
}

impl Prepared {
    pub(crate) fn new(request: Request<Vec<u8>>, renewal: Renewal) -> Self {
        let (head, body) = request.into_parts();
        Self { head, body: Zeroizing::new(body), renewal, is_stale: false, was_asked: false }
    }

    /// The request, or why it cannot be made anew. Then nothing is to be sent, and it can be tried again.
    pub(crate) fn next_request(&mut self) -> Result<Request<Vec<u8>>, TokenRequestError> {
        let mut request = Request::from_parts(self.head.clone(), self.body.to_vec());
        if std::mem::replace(&mut self.is_stale, true)
            && let Err(error) = self.renewal.renew(&mut request)
        {
            request.body_mut().as_mut_slice().zeroize();
            return Err(error);
        }
        Ok(request)
    }

    /// Something else was sent or waited for since the request was made.
    pub(crate) fn expire(&mut self) {
        self.is_stale = true;
    }

    /// The next try is the caller's: the server may ask for a nonce once more.
    pub(crate) fn start_over(&mut self) {
        self.was_asked = false;
    }

    /// Whether the server refuses the request for want of a DPoP nonce, which it gives, and the
    /// request is to be sent with it. The nonce of any response is kept.
    pub(crate) fn is_asked_again(&mut self, answer: &Result<Response<Vec<u8>>, TransportError>) -> bool {
        let is_asked = answer.as_ref().is_ok_and(|response| self.renewal.asks_again(&self.head.uri, response));
        is_asked && !std::mem::replace(&mut self.was_asked, true)
    }
}

impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Prepared(..)")
    }
}
