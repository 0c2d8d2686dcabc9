//! The client's errors, named.

use std::error::Error;
use std::io;

use crate::transport::{Fault, TransportError};

/// Names an error of the client and says whether the request may have left.
pub(super) fn classify(error: reqwest::Error) -> TransportError {
    let fault = name(&error);
    // Only while connecting is it certain that no octet of the request has left. A time-out of
    // the whole exchange does not say how far it came.
    let error = error.without_url();
    if error.is_connect() || error.is_builder() {
        TransportError::before_sending(fault)
    } else {
        TransportError::after_sending(fault)
    }
    .caused_by(error)
}

fn name(error: &reqwest::Error) -> Fault {
    if error.is_timeout() {
        return Fault::Timeout;
    }
    if error.is_dns() {
        return Fault::Resolve;
    }
    let connecting = error.is_connect();
    let mut canceled = false;
    let mut cause = error.source();
    while let Some(current) = cause {
        if let Some(io) = current.downcast_ref::<io::Error>() {
            match innermost(io).kind() {
                // A handshake cut short is a failure to connect, not of a response.
                io::ErrorKind::UnexpectedEof if connecting => return Fault::Tls,
                // The form in which rustls hands out its refusals.
                io::ErrorKind::InvalidData if connecting => return Fault::Tls,
                io::ErrorKind::ConnectionReset
                | io::ErrorKind::ConnectionAborted
                | io::ErrorKind::BrokenPipe
                | io::ErrorKind::UnexpectedEof => return Fault::Reset,
                _ => {}
            }
        }
        if let Some(hyper) = current.downcast_ref::<hyper::Error>() {
            if hyper.is_incomplete_message() || hyper.is_closed() {
                return Fault::Reset;
            }
            if hyper.is_canceled() {
                // The connection is gone; why, is said by the error behind this one, if there is one.
                canceled = true;
            } else if hyper.is_parse() || !hyper.is_user() && hyper.source().is_none() {
                // What a server says unasked has no name in hyper, and nothing behind it.
                return Fault::Protocol;
            }
        }
        cause = current.source();
    }
    if canceled {
        Fault::Reset
    } else if connecting {
        Fault::Connect
    } else if error.is_body() || error.is_decode() {
        Fault::Protocol
    } else {
        Fault::Other
    }
}

/// An I/O error can be wrapped in others whose kind says nothing; `source` passes over the inner ones.
fn innermost(mut error: &io::Error) -> &io::Error {
    while let Some(inner) = error.get_ref().and_then(|inner| inner.downcast_ref()) {
        error = inner;
    }
    error
}
