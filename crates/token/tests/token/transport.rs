//! The errors of a transport, and functions as transports.

use std::future::Future;
use std::io;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use http::{Request, Response};
use proofkey_token::{ExchangeError, Fault, RefreshError, RevocationError, Transport, TransportError, UserInfoError};

const FAULTS: [(Fault, &str, bool); 11] = [
    (Fault::Timeout, "timeout", true),
    (Fault::Resolve, "resolve", true),
    (Fault::Connect, "connect", true),
    (Fault::Tls, "tls", false),
    (Fault::Reset, "reset", true),
    (Fault::TooLarge { limit: 7 }, "too_large", false),
    (Fault::Redirected { status: 307 }, "redirected", false),
    (Fault::HttpsRequired, "https_required", false),
    (Fault::Address, "address", false),
    (Fault::Protocol, "protocol", false),
    (Fault::Other, "other", true),
];

/// The output of a future that never waits.
fn ready<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it waits"),
    }
}

fn send<T: Transport>(transport: &T) -> Result<Response<Vec<u8>>, TransportError> {
    fn assert_send<S: Send>(value: S) -> S {
        value
    }
    ready(assert_send(transport.send(Request::get("https://as.example/").body(Vec::new()).unwrap())))
}

#[test]
fn a_function_is_a_transport() {
    let function = |request: Request<Vec<u8>>| async move {
        Ok::<_, io::Error>(Response::new(request.uri().to_string().into_bytes()))
    };
    assert_eq!(send(&function).unwrap().body(), b"https://as.example/");
}

#[test]
fn a_foreign_error_is_kept_and_counts_as_sent() {
    let failing = |_| async { Err::<Response<Vec<u8>>, _>(io::Error::other("cable cut")) };
    let error = send(&failing).unwrap_err();
    assert_eq!((error.code(), error.may_have_been_sent()), ("other", true));
    assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "cable cut");
    let text = |_| async { Err::<Response<Vec<u8>>, _>("a text") };
    assert_eq!(send(&text).unwrap_err().code(), "other");
}

#[test]
fn a_function_can_name_the_fault_itself() {
    let failing = |_| async {
        let error = TransportError::before_sending(Fault::Connect).caused_by(io::Error::other("refused"));
        Err::<Response<Vec<u8>>, _>(error)
    };
    let error = send(&failing).unwrap_err();
    assert_eq!((error.fault(), error.may_have_been_sent()), (Fault::Connect, false));
    assert!(format!("{error:?}").contains("refused"));
}

#[test]
fn each_fault_has_a_name_and_says_whether_it_may_pass() {
    for (fault, code, transient) in FAULTS {
        let error = TransportError::after_sending(fault);
        assert_eq!((fault.code(), error.code(), error.is_transient()), (code, code, transient));
        assert!(fault.to_string().len() > 16 && error.to_string().starts_with(&fault.to_string()), "{error}");
        assert!(error.to_string().ends_with("the request may have reached the server"));
        assert!(TransportError::before_sending(fault).to_string().ends_with("nothing was sent"));
    }
}

#[test]
fn oa_23_a_code_is_retryable_only_when_it_was_certainly_not_sent() {
    for (fault, _, transient) in FAULTS {
        let sent = ExchangeError::from(TransportError::after_sending(fault));
        let kept = ExchangeError::from(TransportError::before_sending(fault));
        assert_eq!((sent.is_retryable(), kept.is_retryable()), (false, transient), "{fault:?}");
        assert_eq!(sent.code(), fault.code());
        assert!(sent.retry_after().is_none());
    }
}

#[test]
fn the_other_requests_may_be_repeated() {
    for (fault, _, transient) in FAULTS {
        let error = || TransportError::after_sending(fault);
        assert_eq!(RefreshError::from(error()).is_retryable(), transient, "{fault:?}");
        assert_eq!(RevocationError::from(error()).is_retryable(), transient, "{fault:?}");
        assert_eq!(UserInfoError::from(error()).is_retryable(), transient, "{fault:?}");
    }
}
