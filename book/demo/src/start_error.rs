//! Why the demo did not start.

use std::fmt;
use std::io;

use proofkey::LoginError;

/// Why the demo did not start. No variant shows a secret: there is none yet.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// `usage`: an argument or a variable cannot be meant.
    Usage(String),
    /// `port_in_use`: somebody else listens there.
    PortInUse {
        /// The port.
        port: u16,
    },
    /// `listen`: the port cannot be listened on.
    Listen {
        /// The port.
        port: u16,
        /// Why.
        error: io::Error,
    },
    /// `tenant`: the authorization server cannot be used.
    Tenant(Box<LoginError>),
    /// `cast`: the servers on this machine did not start.
    Cast(Box<dyn std::error::Error + Send + Sync>),
}

impl StartError {
    /// A stable name: the word in a variant's description.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Usage(_) => "usage",
            Self::PortInUse { .. } => "port_in_use",
            Self::Listen { .. } => "listen",
            Self::Tenant(_) => "tenant",
            Self::Cast(_) => "cast",
        }
    }

    /// 64 for a wrong call, otherwise 1.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        if matches!(self, Self::Usage(_)) { 64 } else { 1 }
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(message) => f.write_str(message),
            Self::PortInUse { port } => write!(
                f,
                "port {port} of this machine is in use: stop what listens there, or choose another one with `--port N`"
            ),
            Self::Listen { port, error } => {
                write!(f, "port {port} cannot be listened on ({error}): choose another one with `--port N`")
            }
            Self::Tenant(error) => write!(f, "the tenant of PROOFKEY_ISSUER cannot be used: {error}"),
            Self::Cast(error) => write!(f, "the servers on this machine did not start: {error}"),
        }
    }
}

impl std::error::Error for StartError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Listen { error, .. } => Some(error),
            Self::Tenant(error) => error.source(),
            Self::Cast(error) => error.source(),
            Self::Usage(_) | Self::PortInUse { .. } => None,
        }
    }
}
