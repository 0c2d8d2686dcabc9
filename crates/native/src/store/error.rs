use std::error::Error;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use proofkey::StoredIdentityError;
use proofkey::token::StoredTokensError;

/// The error of a [`TokenStore`](super::TokenStore). Nothing that is stored is shown, and nothing was removed.
#[derive(Debug)]
#[non_exhaustive]
pub enum StoreError {
    /// The file system refused an operation (`store_io`).
    Io {
        /// The operation that was attempted, such as `write`.
        doing: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The reason.
        error: io::Error,
    },
    /// The environment names no home directory (`store_no_directory`): use `FileStore::new`.
    NoDirectory,
    /// Other users can read the file, or write in the directory (`store_not_private`).
    NotPrivate {
        /// The file or directory.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
        /// The permissions that it needs.
        needed: u32,
    },
    /// The file or directory belongs to another user (`store_foreign_owner`), as when a program runs by `sudo`.
    ForeignOwner {
        /// The file or directory.
        path: PathBuf,
        /// The user that it belongs to.
        owner: u32,
        /// The user that the program runs as.
        user: u32,
    },
    /// There is something else where a file or a directory is expected, such as a symbolic link
    /// (`store_not_a_file`).
    NotAFile {
        /// What is there.
        path: PathBuf,
    },
    /// The record is larger than the limit (`store_too_large`).
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The record is damaged: not JSON of the expected form (`store_malformed`).
    Malformed,
    /// The record was written by another version of this crate (`store_version`).
    Version {
        /// The version of the record; this crate reads 1.
        version: u32,
    },
    /// The record is that of another issuer or client (`store_another_client`).
    AnotherClient,
    /// The record is in a keyring (`store_in_keyring`): a `KeyringStore` reads it.
    InKeyring,
    /// The stored identity cannot be read back.
    Identity(StoredIdentityError),
    /// The stored tokens cannot be read back.
    Tokens(StoredTokensError),
    /// Another process has written meanwhile (`store_conflict`).
    Conflict,
    /// Another process held the lock until the time-out (`store_busy`).
    Busy {
        /// The time-out.
        after: Duration,
    },
    /// Another kind of store failed, or the system returned no entropy (`store_other`). The error is shown, so it must
    /// not show a secret.
    Other(Box<dyn Error + Send + Sync>),
}

impl StoreError {
    /// Returns a stable code for logs and tests: the word in the variant's description, or the code of the error in
    /// the variant.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } => "store_io",
            Self::NoDirectory => "store_no_directory",
            Self::NotPrivate { .. } => "store_not_private",
            Self::ForeignOwner { .. } => "store_foreign_owner",
            Self::NotAFile { .. } => "store_not_a_file",
            Self::TooLarge { .. } => "store_too_large",
            Self::Malformed => "store_malformed",
            Self::Version { .. } => "store_version",
            Self::AnotherClient => "store_another_client",
            Self::InKeyring => "store_in_keyring",
            Self::Identity(error) => error.code(),
            Self::Tokens(error) => error.code(),
            Self::Conflict => "store_conflict",
            Self::Busy { .. } => "store_busy",
            Self::Other(_) => "store_other",
        }
    }

    /// Whether it names the file or directory that it is about.
    pub(crate) fn names_path(&self) -> bool {
        matches!(self, Self::Io { .. } | Self::NotPrivate { .. } | Self::ForeignOwner { .. } | Self::NotAFile { .. })
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { doing, path, error } => write!(f, "cannot {doing} {}: {error}", path.display()),
            Self::NoDirectory => {
                f.write_str("the environment names no home directory; name a directory for the tokens")
            }
            Self::NotPrivate { path, mode, needed } => {
                let path = path.display();
                write!(f, "other users have access to {path} (mode {mode:03o}); restrict it: chmod {needed:03o} {path}")
            }
            Self::ForeignOwner { path, owner, user } => write!(
                f,
                "{} belongs to user {owner}, and this program runs as user {user}; run it as the owner",
                path.display()
            ),
            Self::NotAFile { path } => {
                write!(f, "{} is a link or a special file; move it away", path.display())
            }
            Self::TooLarge { limit } => {
                write!(f, "the record has more than {limit} bytes; move it away and log in again")
            }
            Self::Malformed => f.write_str("the record is damaged; move it away and log in again"),
            Self::Version { version } => {
                write!(f, "the record has version {version} and this program reads 1; update the program")
            }
            Self::AnotherClient => {
                f.write_str("the record is that of another issuer or client; move it away and log in again")
            }
            Self::InKeyring => f.write_str(
                "the record is in the keyring of the operating system, which this program does not use; use the program \
                 that stored it, or move the file away and log in again",
            ),
            Self::Identity(error) => write!(f, "{error}; log in again"),
            Self::Tokens(error) => write!(f, "{error}; log in again"),
            Self::Conflict => f.write_str("another process has changed the record meanwhile; try again"),
            Self::Busy { after } => {
                write!(f, "another process has held the lock for {} seconds; end it or try again", after.as_secs())
            }
            Self::Other(error) => error.fmt(f),
        }
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Io { error, .. } => Some(error),
            Self::Other(error) => error.source(),
            _ => None,
        }
    }
}
