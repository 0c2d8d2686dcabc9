//! The client's errors, named.

use std::error::Error;
use std::io;

use crate::transport::{TransportError, TransportErrorKind};

/// Names an error of the client and says whether the request may have left.
pub(super) fn classify(error: reqwest::Error) -> TransportError {
    let kind = kind_of(&error);
    // Only while connecting is it certain that no byte of the request has left. A time-out of
    // the whole exchange does not say how far it came.
    let error = error.without_url();
    if error.is_connect() || error.is_builder() {
        TransportError::before_sending(kind)
    } else {
        TransportError::after_sending(kind)
    }
    .caused_by(error)
}

fn kind_of(error: &reqwest::Error) -> TransportErrorKind {
    if error.is_timeout() {
        return TransportErrorKind::Timeout;
    }
    if error.is_dns() {
        return TransportErrorKind::Resolve;
    }
    let connecting = error.is_connect();
    let mut canceled = false;
    let mut cause = error.source();
    while let Some(current) = cause {
        if let Some(io) = current.downcast_ref::<io::Error>() {
            match innermost(io).kind() {
                // A handshake cut short is a failure to connect, not of a response.
                io::ErrorKind::UnexpectedEof if connecting => return TransportErrorKind::Tls,
                // The form in which rustls hands out its refusals.
                io::ErrorKind::InvalidData if connecting => return TransportErrorKind::Tls,
                io::ErrorKind::ConnectionReset
                | io::ErrorKind::ConnectionAborted
                | io::ErrorKind::BrokenPipe
                | io::ErrorKind::UnexpectedEof => return TransportErrorKind::Reset,
                _ => {}
            }
        }
        if let Some(hyper) = current.downcast_ref::<hyper::Error>() {
            if hyper.is_incomplete_message() || hyper.is_closed() {
                return TransportErrorKind::Reset;
            }
            if hyper.is_canceled() {
                // The connection is gone; why, is said by the error behind this one, if there is one.
                canceled = true;
            } else if hyper.is_parse() || !hyper.is_user() && hyper.source().is_none() {
                // What a server says unasked has no name in hyper, and nothing behind it.
                return TransportErrorKind::Protocol;
            }
        }
        cause = current.source();
    }
    if canceled {
        TransportErrorKind::Reset
    } else if connecting {
        TransportErrorKind::Connect
    } else if error.is_body() || error.is_decode() {
        TransportErrorKind::Protocol
    } else {
        TransportErrorKind::Other
    }
}

/// An I/O error can be wrapped in others whose kind says nothing; `source` passes over the inner ones.
fn innermost(mut error: &io::Error) -> &io::Error {
    while let Some(inner) = error.get_ref().and_then(|inner| inner.downcast_ref()) {
        error = inner;
    }
    error
}
