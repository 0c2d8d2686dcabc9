//! What can go wrong, for people and for scripts.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use proofkey::LoginError;
use proofkey::token::HttpError;
use proofkey_native::{NativeLoginError, SessionError};

/// Why a command failed. No variant holds a secret.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The arguments contradict each other or the configuration.
    Usage(String),
    /// The configuration file cannot be used.
    Config {
        path: PathBuf,
        problem: String,
    },
    /// There is no profile of this name.
    NoProfile {
        name: String,
        path: PathBuf,
        known: Vec<String>,
    },
    /// Other users can change a file that decides where tokens and secrets go.
    #[cfg_attr(not(unix), expect(dead_code, reason = "files have owners and modes on Unix only"))]
    Writable {
        path: PathBuf,
        mode: u32,
    },
    /// Another user owns such a file.
    #[cfg_attr(not(unix), expect(dead_code, reason = "files have owners and modes on Unix only"))]
    ForeignOwner {
        path: PathBuf,
        owner: u32,
    },
    /// The client secret cannot be read.
    Secret(String),
    /// A file cannot be read or written.
    File {
        doing: &'static str,
        path: PathBuf,
        error: io::Error,
    },
    /// The operating system refused something that is no file of ours.
    Io {
        what: &'static str,
        error: io::Error,
    },
    /// The stored login has no valid ID token, and a refresh brings none.
    NoIdToken,
    Http(HttpError),
    Native(NativeLoginError),
    Session(SessionError),
}

impl Failure {
    pub(crate) fn file(doing: &'static str, path: &Path, error: io::Error) -> Self {
        Self::File { doing, path: path.to_owned(), error }
    }

    pub(crate) fn input(error: io::Error) -> Self {
        Self::Io { what: "standard input", error }
    }

    pub(crate) fn output(error: io::Error) -> Self {
        Self::Io { what: "standard output", error }
    }

    pub(crate) fn runtime(error: io::Error) -> Self {
        Self::Io { what: "starting the runtime", error }
    }

    /// A stable code, as those of the crates.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Usage(_) => "cli_usage",
            Self::Config { .. } => "cli_config",
            Self::NoProfile { .. } => "cli_no_profile",
            Self::Writable { .. } => "cli_writable",
            Self::ForeignOwner { .. } => "cli_foreign_owner",
            Self::Secret(_) => "cli_secret",
            Self::File { .. } => "cli_file",
            Self::Io { .. } => "cli_io",
            Self::NoIdToken => "cli_no_id_token",
            Self::Http(error) => error.code(),
            Self::Native(error) => error.code(),
            Self::Session(error) => error.code(),
        }
    }

    fn kind(&self) -> Kind {
        match self {
            Self::Usage(_) | Self::Config { .. } | Self::NoProfile { .. } | Self::Writable { .. } => Kind::Usage,
            Self::ForeignOwner { .. } | Self::Secret(_) | Self::Http(_) => Kind::Usage,
            Self::File { .. } | Self::Io { .. } => Kind::Machine,
            Self::NoIdToken => Kind::LoginRequired,
            Self::Native(NativeLoginError::Path { .. } | NativeLoginError::RedirectUri { .. }) => Kind::Usage,
            Self::Native(NativeLoginError::Bind(_)) => Kind::Machine,
            Self::Native(NativeLoginError::Login(error)) => of_login(error),
            Self::Native(_) => Kind::Refused,
            Self::Session(error) if error.is_login_required() => Kind::LoginRequired,
            Self::Session(SessionError::Login(error)) => of_login(error),
            Self::Session(_) => Kind::Machine,
        }
    }

    pub(crate) fn exit_code(&self) -> u8 {
        self.kind() as u8
    }

    /// What to do, where the error does not say it.
    pub(crate) fn advice(&self, profile: Option<&str>) -> Option<String> {
        let of_profile = profile.map(|name| format!(" --profile {name}")).unwrap_or_default();
        match (self, self.kind()) {
            (_, Kind::LoginRequired) => Some(format!("Run `proofkey login{of_profile}`.")),
            (_, Kind::Network) => Some("Check the connection, then try again.".into()),
            (Self::Session(SessionError::Login(error)), _) if matches!(**error, LoginError::Revocation(_)) => {
                Some(format!("`proofkey logout --local{of_profile}` only removes the tokens from this machine."))
            }
            _ => None,
        }
    }
}

/// The exit codes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Refused = 1,
    Usage = 2,
    LoginRequired = 3,
    Network = 4,
    Machine = 5,
}

fn of_login(error: &LoginError) -> Kind {
    let code = error.code();
    let is_transport = code.starts_with("transport_");
    if matches!(code, "transport_https_required" | "transport_address") || matches!(error, LoginError::Invalid(_)) {
        Kind::Usage
    } else if is_transport || error.is_retryable() || error.status().is_some_and(|status| status >= 500) {
        Kind::Network
    } else {
        Kind::Refused
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(problem) => f.write_str(problem),
            Self::Config { path, problem } => write!(f, "{} cannot be used: {problem}", path.display()),
            Self::NoProfile { name, path, known } if known.is_empty() => write!(
                f,
                "there is no profile {name:?} in {}: create it with `proofkey login --issuer URL --client-id ID`",
                path.display()
            ),
            Self::NoProfile { name, path, known } => write!(
                f,
                "there is no profile {name:?} in {}, which has {}: name one with --profile, or create it with `proofkey \
                 login --profile {name} --issuer URL --client-id ID`",
                path.display(),
                known.join(", ")
            ),
            Self::Writable { path, mode } => write!(
                f,
                "{} can be changed by other users (mode {mode:03o}), who could redirect your login to their server: run \
                 `chmod go-w {}`",
                path.display(),
                path.display()
            ),
            Self::ForeignOwner { path, owner } => write!(
                f,
                "{} belongs to another user ({owner}), who could redirect your login to their server: use a file of \
                 your own",
                path.display()
            ),
            Self::Secret(problem) => write!(f, "the client secret cannot be used: {problem}"),
            Self::File { doing, path, error } => write!(f, "cannot {doing} {}: {error}", path.display()),
            Self::Io { what, error } => write!(f, "{what} failed: {error}"),
            Self::NoIdToken => {
                f.write_str("there is no valid ID token: log in with the scope openid, or use --access-token")
            }
            Self::Http(error) => error.fmt(f),
            Self::Native(error) => error.fmt(f),
            Self::Session(error) => error.fmt(f),
        }
    }
}

impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        // The others show theirs.
        match self {
            Self::Http(error) => error.source(),
            Self::Native(NativeLoginError::Login(error)) => error.source(),
            Self::Session(error) => error.source(),
            _ => None,
        }
    }
}

impl From<HttpError> for Failure {
    fn from(error: HttpError) -> Self {
        Self::Http(error)
    }
}

impl From<NativeLoginError> for Failure {
    fn from(error: NativeLoginError) -> Self {
        Self::Native(error)
    }
}

impl From<LoginError> for Failure {
    fn from(error: LoginError) -> Self {
        Self::Native(error.into())
    }
}

impl From<SessionError> for Failure {
    fn from(error: SessionError) -> Self {
        Self::Session(error)
    }
}
