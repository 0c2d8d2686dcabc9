//! What carries a request to a server and its response back.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::time::Duration;

/// Sends one request and gives back the whole response.
///
/// Two kinds of values implement it: `Http`, the adapter of the feature `reqwest`,
/// and every function from a request to a future of a response, so that an application can use
/// the HTTP client it already has:
///
/// ```
/// use proofkey_token::Transport;
///
/// async fn answer(_: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, std::io::Error> {
///     Ok(http::Response::new(Vec::new()))
/// }
///
/// fn takes(_: &impl Transport) {}
/// takes(&answer);
/// ```
///
/// Whoever writes such a function promises four things, because they cannot be seen from here:
///
/// * it follows **no redirect** (RFC 6749 sends a code or a secret to one address, not to the
///   address that a response names): a 3xx is handed back as it came;
/// * it sends a request **at most once**: no retry on a time-out, a 5xx or a broken connection;
/// * it puts a **limit on the size** of a response and a **deadline** on the exchange;
/// * it checks the server's certificate (RFC 6749 section 10.9).
pub trait Transport: Sync {
    /// Sends `request` and waits for the whole response.
    ///
    /// # Errors
    ///
    /// [`TransportError`] when there is no whole response.
    fn send(
        &self,
        request: http::Request<Vec<u8>>,
    ) -> impl Future<Output = Result<http::Response<Vec<u8>>, TransportError>> + Send;
}

impl<F, A, E> Transport for F
where
    F: Fn(http::Request<Vec<u8>>) -> A + Sync,
    A: Future<Output = Result<http::Response<Vec<u8>>, E>> + Send,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    fn send(
        &self,
        request: http::Request<Vec<u8>>,
    ) -> impl Future<Output = Result<http::Response<Vec<u8>>, TransportError>> + Send {
        let answer = self(request);
        async move { answer.await.map_err(TransportError::from_foreign) }
    }
}

/// No whole response came: what went wrong, and whether the request may have reached the server.
///
/// The second half decides what may be done next. A code is sent at most once (RFC 6749 section
/// 4.1.2), so an exchange that [may have been sent](Self::may_have_been_sent) is lost, and one
/// that was not can be sent again.
pub struct TransportError {
    fault: Fault,
    may_have_been_sent: bool,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl TransportError {
    /// A fault before the first octet of the request was sent, for instance a refused connection.
    #[must_use]
    pub fn before_sending(fault: Fault) -> Self {
        Self { fault, may_have_been_sent: false, source: None }
    }

    /// A fault after the request was sent, or at a moment when nobody can say whether it was.
    #[must_use]
    pub fn after_sending(fault: Fault) -> Self {
        Self { fault, may_have_been_sent: true, source: None }
    }

    /// Adds the error behind this one, to be read by [`Error::source`].
    ///
    /// It is shown to whoever prints the chain, so it must hold nothing secret.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// What went wrong.
    #[must_use]
    pub fn fault(&self) -> Fault {
        self.fault
    }

    /// A stable name of the fault: see [`Fault::code`].
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.fault.code()
    }

    /// Whether the server may have seen the request. `false` only when it certainly has not.
    #[must_use]
    pub fn may_have_been_sent(&self) -> bool {
        self.may_have_been_sent
    }

    /// Whether the same request could fare better later, as far as the fault tells.
    ///
    /// Whether it may be sent again at all is the step's own question: see
    /// [`ExchangeError::is_retryable`](crate::ExchangeError::is_retryable).
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self.fault, Fault::Timeout | Fault::Connect | Fault::Resolve | Fault::Reset | Fault::Other)
    }

    /// A function's own error: kept as the source, unless it is one of ours already.
    fn from_foreign(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        match error.into().downcast::<Self>() {
            Ok(ours) => *ours,
            Err(foreign) => Self { source: Some(foreign), ..Self::after_sending(Fault::Other) },
        }
    }
}

impl fmt::Debug for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransportError")
            .field("fault", &self.fault)
            .field("may_have_been_sent", &self.may_have_been_sent)
            .field("source", &self.source)
            .finish()
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fault.fmt(f)?;
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

/// What kept a whole response from arriving.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// `timeout`: the time-out for connecting, or for the whole exchange, passed.
    Timeout,
    /// `resolve`: the host's name has no address.
    Resolve,
    /// `connect`: no connection: refused, unreachable, or turned away by the proxy.
    Connect,
    /// `tls`: the TLS handshake failed: an untrusted, expired or foreign certificate, or no TLS
    /// on the other side. The source says which.
    Tls,
    /// `reset`: the connection ended before the response did.
    Reset,
    /// `too_large`: the response is longer than the limit.
    TooLarge {
        /// The limit in octets.
        limit: usize,
    },
    /// `redirected`: the server answered with a redirect. It was not followed.
    Redirected {
        /// The status of the response: 300 to 399.
        status: u16,
    },
    /// `https_required`: the address is neither https nor http on a loopback host that was
    /// allowed by name.
    HttpsRequired,
    /// `address`: the request's address cannot be used: no host, or a user name in it.
    Address,
    /// `protocol`: what came back is not HTTP that can be read.
    Protocol,
    /// `other`: none of these, or a transport that does not say.
    Other,
}

impl Fault {
    /// A stable name: the word at the head of each variant's description.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Resolve => "resolve",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Reset => "reset",
            Self::TooLarge { .. } => "too_large",
            Self::Redirected { .. } => "redirected",
            Self::HttpsRequired => "https_required",
            Self::Address => "address",
            Self::Protocol => "protocol",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Timeout => f.write_str("the server did not answer in time"),
            Self::Resolve => f.write_str("the server's name could not be resolved"),
            Self::Connect => f.write_str("no connection to the server could be made"),
            Self::Tls => f.write_str("the TLS handshake failed, most often because the certificate is not trusted"),
            Self::Reset => f.write_str("the connection ended before the response did"),
            Self::TooLarge { limit } => {
                write!(f, "the response is longer than the limit of {limit} octets")
            }
            Self::Redirected { status } => write!(
                f,
                "the server answered with a redirect (status {status}), which is never followed: \
                 configure the final address"
            ),
            Self::HttpsRequired => f.write_str(
                "the address is not https (http is possible on a loopback host only, and only \
                 when allowed)",
            ),
            Self::Address => f.write_str("the address has no host, has a user name in it, or is no URL"),
            Self::Protocol => f.write_str("the response is not HTTP that can be read"),
            Self::Other => f.write_str("the transport failed"),
        }
    }
}

/// The longest time a server can ask us to wait: one day. A longer `Retry-After` is shortened.
pub(crate) const LONGEST_WAIT: Duration = Duration::from_secs(86_400);
