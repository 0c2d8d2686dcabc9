use std::error::Error;
use std::fmt;

/// The error for a stored login or logout that cannot be read back. Begin it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoredLoginError {
    /// The text is too large.
    TooLarge {
        /// Its size, in bytes.
        length: usize,
        /// The maximum size, in bytes.
        limit: usize,
    },
    /// The text is not JSON of the expected form.
    Malformed {
        /// The column where reading ended, in bytes from 1.
        column: usize,
    },
    /// The text was written by another version of this crate.
    Version {
        /// The version of the text.
        version: u32,
        /// The version that this crate reads.
        expected: u32,
    },
    /// A member is not valid.
    Invalid {
        /// The name of the member.
        member: &'static str,
    },
}

impl StoredLoginError {
    /// Returns the stable code, `stored_login_` and what is wrong, such as `stored_login_version`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "stored_login_too_large",
            Self::Malformed { .. } => "stored_login_malformed",
            Self::Version { .. } => "stored_login_version",
            Self::Invalid { .. } => "stored_login_invalid",
        }
    }
}

impl fmt::Display for StoredLoginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("stored login: ")?;
        match self {
            Self::TooLarge { length, limit } => write!(f, "it has {length} bytes; the maximum is {limit}"),
            Self::Malformed { column } => write!(f, "it is not JSON of the expected form (column {column})"),
            Self::Version { version, expected } => write!(f, "it has version {version}; this crate reads {expected}"),
            Self::Invalid { member } => write!(f, "its {member} is not valid"),
        }
    }
}

impl Error for StoredLoginError {}
