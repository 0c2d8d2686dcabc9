use std::fmt;
use std::io;
use std::time::Duration;

use proofkey::LoginError;
use proofkey::authorize::RedirectUri;

/// The error for a receiver that could not be bound to a loopback port.
#[derive(Debug)]
pub struct BindError {
    pub(crate) ports: Vec<u16>,
    pub(crate) error: io::Error,
}

impl BindError {
    /// Returns the ports that were tried; 0 stands for one that the system chooses.
    pub fn ports(&self) -> &[u16] {
        &self.ports
    }

    /// Returns the stable code of this error, `native_bind`.
    pub fn code(&self) -> &'static str {
        "native_bind"
    }
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ports: Vec<_> = self.ports.iter().map(u16::to_string).collect();
        write!(
            f,
            "cannot listen on loopback port {}: {}. End the program that uses it, or register and try another port.",
            ports.join(", "),
            self.error
        )
    }
}

impl std::error::Error for BindError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}

/// The error of a native login.
#[derive(Debug)]
#[non_exhaustive]
pub enum NativeLoginError {
    /// The receiver could not be bound.
    Bind(BindError),
    /// The path of the redirect URI is invalid: it must begin with `/` and have neither query nor fragment.
    Path {
        /// The path.
        path: String,
    },
    /// The login's redirect URI is on loopback but does not lead to the receiver, so no callback would arrive.
    RedirectUri {
        /// The redirect URI of the receiver.
        expected: RedirectUri,
        /// The redirect URI of the login.
        found: RedirectUri,
    },
    /// No callback arrived in time. The user may have closed the page or not finished signing in.
    TimedOut {
        /// How long the receiver waited.
        after: Duration,
        /// The number of callbacks that arrived meanwhile and did not belong to this login.
        unrelated: u64,
    },
    /// A step of the login failed.
    Login(LoginError),
}

impl NativeLoginError {
    /// Returns a stable code for logs and tests: `native_bind`, `native_path`, `native_redirect_uri`,
    /// `native_timed_out`, or that of the [`LoginError`].
    pub fn code(&self) -> &'static str {
        match self {
            Self::Bind(error) => error.code(),
            Self::Path { .. } => "native_path",
            Self::RedirectUri { .. } => "native_redirect_uri",
            Self::TimedOut { .. } => "native_timed_out",
            Self::Login(error) => error.code(),
        }
    }
}

impl fmt::Display for NativeLoginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bind(error) => error.fmt(f),
            Self::Path { path } => {
                write!(f, "the path {path:?} cannot be that of a redirect URI: it must begin with / and have no query")
            }
            Self::RedirectUri { expected, found } => write!(
                f,
                "the login returns to {}, but the receiver waits at {}. Create the login with `receiver.redirect_uri()`.",
                found.as_str(),
                expected.as_str()
            ),
            Self::TimedOut { after, unrelated } => {
                write!(f, "the browser did not return within {} seconds", after.as_secs())?;
                if *unrelated > 0 {
                    write!(f, "; callbacks that do not belong to this login were refused: {unrelated}")?;
                }
                f.write_str(". Log in again.")
            }
            Self::Login(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for NativeLoginError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Bind(error) => Some(error),
            Self::Path { .. } | Self::RedirectUri { .. } | Self::TimedOut { .. } => None,
            Self::Login(error) => Some(error),
        }
    }
}

impl From<BindError> for NativeLoginError {
    fn from(error: BindError) -> Self {
        Self::Bind(error)
    }
}

impl From<LoginError> for NativeLoginError {
    fn from(error: LoginError) -> Self {
        Self::Login(error)
    }
}
