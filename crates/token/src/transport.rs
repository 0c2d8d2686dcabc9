//! The interface to an HTTP client.

use std::error::Error;
use std::fmt;
use std::future::Future;

use crate::shown::shown;

/// An HTTP client that sends one request and returns the whole response.
///
/// `Http`, the adapter of the feature `reqwest`, implements it. So does every function that takes a request and returns
/// a future of a response, so that an application can use the HTTP client that it already has:
///
/// ```
/// use proofkey_token::Transport;
///
/// async fn send(_: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, std::io::Error> {
///     Ok(http::Response::new(Vec::new()))
/// }
///
/// fn takes(_: &impl Transport) {}
/// takes(&send);
/// ```
///
/// Neither the transport nor its futures have to be `Send`. A future that uses a transport is `Send`
/// exactly when the futures of the transport are. Those of `Http` are.
///
/// Implementations must guarantee four things, which cannot be checked from here:
///
/// * They follow **no redirect**: a code or a secret is sent to the endpoint, not to an address that a
///   response names. They return a 3xx response as it is.
/// * They send a request **at most once**: no retry after a time-out, a 5xx or a broken connection.
/// * They limit the **size** of a response and set a **deadline** for the whole exchange.
/// * They verify the server's certificate (RFC 6749 section 10.9).
pub trait Transport {
    /// Sends `request` and waits for the whole response.
    ///
    /// # Errors
    ///
    /// [`TransportError`] when no whole response arrived.
    fn send(
        &self,
        request: http::Request<Vec<u8>>,
    ) -> impl Future<Output = Result<http::Response<Vec<u8>>, TransportError>>;
}

impl<F, A, E> Transport for F
where
    F: Fn(http::Request<Vec<u8>>) -> A,
    A: Future<Output = Result<http::Response<Vec<u8>>, E>>,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    async fn send(&self, request: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, TransportError> {
        self(request).await.map_err(TransportError::from_foreign)
    }
}

/// A blocking HTTP client: the counterpart of [`Transport`] for a program without an asynchronous
/// runtime.
///
/// Every function that takes a request and returns a response implements it. Implementations must guarantee what
/// [`Transport`] demands.
///
/// ```
/// use proofkey_token::BlockingTransport;
///
/// fn send(_: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, std::io::Error> {
///     Ok(http::Response::new(Vec::new()))
/// }
///
/// fn takes(_: &impl BlockingTransport) {}
/// takes(&send);
/// ```
pub trait BlockingTransport {
    /// Sends `request` and waits for the whole response.
    ///
    /// # Errors
    ///
    /// [`TransportError`] when no whole response arrived.
    fn send(&self, request: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, TransportError>;
}

impl<F, E> BlockingTransport for F
where
    F: Fn(http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, E>,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    fn send(&self, request: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, TransportError> {
        self(request).map_err(TransportError::from_foreign)
    }
}

/// The error of a transport: no whole response arrived.
///
/// It says whether the request [may have been sent](Self::may_have_been_sent). A code is sent at most
/// once (RFC 6749 section 4.1.2): if the request may have been sent, the code is lost; if not, the
/// request can be sent again.
pub struct TransportError {
    kind: TransportErrorKind,
    may_have_been_sent: bool,
    address: Option<Box<str>>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl TransportError {
    /// Creates an error for a failure before the first byte of the request was sent, such as a refused
    /// connection.
    #[must_use]
    pub fn before_sending(kind: TransportErrorKind) -> Self {
        Self { kind, may_have_been_sent: false, address: None, source: None }
    }

    /// Creates an error for a failure after the request was sent, or when it is not known whether it was.
    #[must_use]
    pub fn after_sending(kind: TransportErrorKind) -> Self {
        Self { may_have_been_sent: true, ..Self::before_sending(kind) }
    }

    /// Sets the cause, which [`Error::source`] returns.
    ///
    /// It is shown wherever the chain of sources is printed, so it must not show a secret.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Sets the address of the request: scheme, host, port and path, at most 256 characters. User name
    /// and query are left out, because they can hold secrets.
    #[must_use]
    pub fn at(mut self, uri: &http::Uri) -> Self {
        let host = uri.host().unwrap_or_default();
        let port = uri.port().map(|port| format!(":{port}")).unwrap_or_default();
        let scheme = uri.scheme_str().map(|scheme| format!("{scheme}://")).unwrap_or_default();
        let whole = format!("{scheme}{host}{port}{}", uri.path());
        self.address = Some(shown(&whole, 256).into());
        self
    }

    /// Returns what went wrong.
    #[must_use]
    pub fn kind(&self) -> TransportErrorKind {
        self.kind
    }

    /// Returns the stable code: see [`TransportErrorKind::code`].
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.kind.code()
    }

    /// Returns the address of the request, without user name and query; `None` when it was not set.
    #[must_use]
    pub fn address(&self) -> Option<&str> {
        self.address.as_deref()
    }

    /// Returns whether the server may have received the request: `false` only when it certainly has not.
    #[must_use]
    pub fn may_have_been_sent(&self) -> bool {
        self.may_have_been_sent
    }

    /// Returns whether the same request could succeed later, judged by the kind of failure alone.
    ///
    /// Whether it may be sent again depends on the request: see
    /// [`ExchangeError::is_retryable`](crate::ExchangeError::is_retryable).
    #[must_use]
    pub fn is_transient(&self) -> bool {
        use TransportErrorKind::{Connect, Other, Reset, Resolve, Timeout};
        matches!(self.kind, Timeout | Connect | Resolve | Reset | Other)
    }

    /// A function's own error: kept as the source, unless it is a `TransportError` already.
    pub(crate) fn from_foreign(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        match error.into().downcast::<Self>() {
            Ok(ours) => *ours,
            Err(foreign) => Self { source: Some(foreign), ..Self::after_sending(TransportErrorKind::Other) },
        }
    }
}

impl fmt::Debug for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransportError")
            .field("kind", &self.kind)
            .field("may_have_been_sent", &self.may_have_been_sent)
            .field("address", &self.address)
            .field("source", &self.source)
            .finish()
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)?;
        if let Some(address) = &self.address {
            write!(f, " (request to {address})")?;
        }
        f.write_str(if self.may_have_been_sent {
            "; the request may have reached the server"
        } else {
            "; nothing was sent"
        })
    }
}

impl Error for TransportError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

/// The kind of a [`TransportError`]. Each description begins with the [code](Self::code).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// `transport_timeout`: the connection, or the whole exchange, took longer than its time-out.
    Timeout,
    /// `transport_resolve`: the name of the host could not be resolved.
    Resolve,
    /// `transport_connect`: no connection could be made: it was refused, the host is unreachable, or the
    /// proxy rejected it.
    Connect,
    /// `transport_tls`: the TLS handshake failed. The certificate is untrusted, expired or issued for
    /// another host, or the server does not speak TLS; the source says which.
    Tls,
    /// `transport_reset`: the connection ended before the response did.
    Reset,
    /// `transport_too_large`: the response is larger than the limit.
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// `transport_https_required`: the address is neither https nor http on a host that was allowed
    /// by name.
    HttpsRequired,
    /// `transport_address`: the address has no host, has a user name, or is not a URL.
    Address,
    /// `transport_protocol`: the response is not readable HTTP.
    Protocol,
    /// `transport_other`: another failure, or one that the transport did not name.
    Other,
}

impl TransportErrorKind {
    /// Returns the stable code: the word at the head of each variant's description.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Timeout => "transport_timeout",
            Self::Resolve => "transport_resolve",
            Self::Connect => "transport_connect",
            Self::Tls => "transport_tls",
            Self::Reset => "transport_reset",
            Self::TooLarge { .. } => "transport_too_large",
            Self::HttpsRequired => "transport_https_required",
            Self::Address => "transport_address",
            Self::Protocol => "transport_protocol",
            Self::Other => "transport_other",
        }
    }
}

impl fmt::Display for TransportErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Timeout => f.write_str("the server did not respond in time"),
            Self::Resolve => f.write_str("the server's name could not be resolved"),
            Self::Connect => f.write_str("no connection to the server could be made"),
            Self::Tls => f.write_str("the TLS handshake failed, most often because the certificate is not trusted"),
            Self::Reset => f.write_str("the connection ended before the response did"),
            Self::TooLarge { limit } => write!(f, "the response is larger than the limit of {limit} bytes"),
            Self::HttpsRequired => f.write_str(
                "the address is not https, and http is sent only to hosts that were allowed: on loopback by \
                 `HttpBuilder::allow_http_loopback()`, elsewhere by `allow_http_host(..)`",
            ),
            Self::Address => f.write_str("the address has no host, has a user name in it, or is not a URL"),
            Self::Protocol => f.write_str("the response is not readable HTTP"),
            Self::Other => f.write_str("the transport failed"),
        }
    }
}
