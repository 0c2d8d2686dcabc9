//! What every stored value has in common: JSON with a version, bounded, and no copy of a secret left behind.

use std::io::{self, Write};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::StoredLoginError;

/// Maximum size of what is read back, in bytes: hundreds of logins, which have about 600 bytes each.
const MAX_STORED: usize = 1024 * 1024;

/// The version that is written. Another form gets another number.
pub(crate) const VERSION: u32 = 1;

#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

pub(crate) fn since_1970(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, millis)
}

pub(crate) fn at(millis: u64) -> Option<SystemTime> {
    UNIX_EPOCH.checked_add(Duration::from_millis(millis))
}

/// Writes a struct of texts and numbers, which always has a JSON form. Its size is found out first: a buffer that grows
/// leaves a copy of the secrets behind.
pub fn to_json(stored: &impl Serialize) -> Zeroizing<String> {
    let mut size = Size(0);
    let _ = serde_json::to_writer(&mut size, stored);
    let mut text = Vec::with_capacity(size.0);
    let _ = serde_json::to_writer(&mut text, stored);
    Zeroizing::new(String::from_utf8(text).unwrap_or_default())
}

/// Counts what is written.
struct Size(usize);

impl Write for Size {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads a document of this version.
pub(crate) fn from_json<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, StoredLoginError> {
    if text.len() > MAX_STORED {
        return Err(StoredLoginError::TooLarge { length: text.len(), limit: MAX_STORED });
    }
    let malformed = |error: serde_json::Error| StoredLoginError::Malformed { column: error.column() };
    let Versioned { version } = serde_json::from_str(text).map_err(malformed)?;
    if version != VERSION {
        return Err(StoredLoginError::Version { version, expected: VERSION });
    }
    serde_json::from_str(text).map_err(malformed)
}

macro_rules! serde_as_json {
    ($($type:ty),*) => {$(
        /// One string, the text of `to_json`, whatever the format of the session store is.
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.to_json())
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = zeroize::Zeroizing::new(<String as serde::Deserialize>::deserialize(deserializer)?);
                Self::from_json(&text).map_err(serde::de::Error::custom)
            }
        }
    )*};
}

pub(crate) use serde_as_json;
