//! The errors of a transport, and functions as transports.

use std::cell::Cell;
use std::future::Future;
use std::io;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use http::{Request, Response, Uri};
use proofkey_token::{
    BlockingTransport, ExchangeError, RefreshError, RevocationError, Transport, TransportError, TransportErrorKind,
    UserInfoError,
};

const KINDS: [(TransportErrorKind, &str, bool); 10] = [
    (TransportErrorKind::Timeout, "transport_timeout", true),
    (TransportErrorKind::Resolve, "transport_resolve", true),
    (TransportErrorKind::Connect, "transport_connect", true),
    (TransportErrorKind::Tls, "transport_tls", false),
    (TransportErrorKind::Reset, "transport_reset", true),
    (TransportErrorKind::TooLarge { limit: 7 }, "transport_too_large", false),
    (TransportErrorKind::HttpsRequired, "transport_https_required", false),
    (TransportErrorKind::Address, "transport_address", false),
    (TransportErrorKind::Protocol, "transport_protocol", false),
    (TransportErrorKind::Other, "transport_other", true),
];

/// The output of a future that never waits.
fn ready<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it waits"),
    }
}

fn request() -> Request<Vec<u8>> {
    Request::get("https://as.example/").body(Vec::new()).unwrap()
}

fn assert_send<S: Send>(value: S) -> S {
    value
}

async fn status_over(transport: &impl Transport) -> Result<u16, TransportError> {
    Ok(transport.send(request()).await?.status().as_u16())
}

fn send<T: Transport>(transport: &T) -> Result<Response<Vec<u8>>, TransportError> {
    ready(transport.send(request()))
}

#[test]
fn a_function_is_a_transport() {
    let function = |request: Request<Vec<u8>>| async move {
        Ok::<_, io::Error>(Response::new(request.uri().to_string().into_bytes()))
    };
    assert_eq!(send(&function).unwrap().body(), b"https://as.example/");
}

#[test]
fn a_future_over_a_transport_is_send_when_the_transports_own_futures_are() {
    let function = |_: Request<Vec<u8>>| async { Ok::<_, io::Error>(Response::new(Vec::new())) };
    assert_eq!(ready(assert_send(status_over(&function))).unwrap(), 200);
    #[cfg(feature = "reqwest")]
    drop(assert_send(status_over(&proofkey_token::Http::new().unwrap())));
}

#[test]
fn a_transport_may_hold_what_is_neither_send_nor_sync() {
    let sent = Rc::new(Cell::new(0));
    let transport = |_: Request<Vec<u8>>| {
        let sent = Rc::clone(&sent);
        async move {
            sent.set(sent.get() + 1);
            Ok::<_, io::Error>(Response::new(Vec::new()))
        }
    };
    assert_eq!(ready(status_over(&transport)).unwrap(), 200);
    assert_eq!(sent.get(), 1);
}

#[test]
fn a_function_without_a_future_is_a_blocking_transport() {
    fn send(transport: &impl BlockingTransport) -> Result<Response<Vec<u8>>, TransportError> {
        transport.send(request())
    }
    let echo = |request: Request<Vec<u8>>| Ok::<_, io::Error>(Response::new(request.uri().to_string().into_bytes()));
    assert_eq!(send(&echo).unwrap().body(), b"https://as.example/");
    let failing = |_: Request<Vec<u8>>| Err::<Response<Vec<u8>>, _>(io::Error::other("cable cut"));
    let error = send(&failing).unwrap_err();
    assert_eq!((error.code(), error.may_have_been_sent()), ("transport_other", true));
    assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "cable cut");
    let refused =
        |_: Request<Vec<u8>>| Err::<Response<Vec<u8>>, _>(TransportError::before_sending(TransportErrorKind::Connect));
    assert_eq!(send(&refused).unwrap_err().kind(), TransportErrorKind::Connect);
}

#[test]
fn f19_an_error_names_the_address_without_user_name_and_query() {
    let at = |uri: &str| {
        let error = TransportError::before_sending(TransportErrorKind::Connect).at(&uri.parse::<Uri>().unwrap());
        assert!(error.to_string().contains(&format!("(request to {})", error.address().unwrap())), "{error}");
        assert!(format!("{error:?}").contains(error.address().unwrap()), "{error:?}");
        error.address().unwrap().to_owned()
    };
    assert_eq!(at("https://as.example:8443/token?client_secret=s"), "https://as.example:8443/token");
    assert_eq!(at("https://user:word@[::1]/a"), "https://[::1]/a");
    assert_eq!(at("/token"), "/token");
    assert_eq!(at(&format!("https://as.example/{}", "a".repeat(1000))).len(), 256);
    assert_eq!(TransportError::after_sending(TransportErrorKind::Tls).address(), None);
}

#[test]
fn a_foreign_error_is_kept_and_counts_as_sent() {
    let failing = |_| async { Err::<Response<Vec<u8>>, _>(io::Error::other("cable cut")) };
    let error = send(&failing).unwrap_err();
    assert_eq!((error.code(), error.may_have_been_sent()), ("transport_other", true));
    assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "cable cut");
    let text = |_| async { Err::<Response<Vec<u8>>, _>("a text") };
    assert_eq!(send(&text).unwrap_err().code(), "transport_other");
}

#[test]
fn a_function_can_name_the_kind_itself() {
    let failing = |_| async {
        let error =
            TransportError::before_sending(TransportErrorKind::Connect).caused_by(io::Error::other("token_refused"));
        Err::<Response<Vec<u8>>, _>(error)
    };
    let error = send(&failing).unwrap_err();
    assert_eq!((error.kind(), error.may_have_been_sent()), (TransportErrorKind::Connect, false));
    assert!(format!("{error:?}").contains("token_refused"));
}

#[test]
fn each_kind_has_a_name_and_says_whether_it_may_pass() {
    for (kind, code, transient) in KINDS {
        let error = TransportError::after_sending(kind);
        assert_eq!((kind.code(), error.code(), error.is_transient()), (code, code, transient));
        assert!(kind.to_string().len() > 16 && error.to_string().starts_with(&kind.to_string()), "{error}");
        assert!(error.to_string().ends_with("the request may have reached the server"));
        assert!(TransportError::before_sending(kind).to_string().ends_with("nothing was sent"));
    }
}

#[test]
fn oa_23_a_code_is_retryable_only_when_it_was_certainly_not_sent() {
    for (kind, _, transient) in KINDS {
        let sent = ExchangeError::from(TransportError::after_sending(kind));
        let kept = ExchangeError::from(TransportError::before_sending(kind));
        assert_eq!((sent.is_retryable(), kept.is_retryable()), (false, transient), "{kind:?}");
        assert_eq!(sent.code(), kind.code());
        assert!(sent.retry_after().is_none());
    }
}

#[test]
fn the_other_requests_may_be_repeated() {
    for (kind, _, transient) in KINDS {
        let error = || TransportError::after_sending(kind);
        assert_eq!(RefreshError::from(error()).is_retryable(), transient, "{kind:?}");
        assert_eq!(RevocationError::from(error()).is_retryable(), transient, "{kind:?}");
        assert_eq!(UserInfoError::from(error()).is_retryable(), transient, "{kind:?}");
    }
}
