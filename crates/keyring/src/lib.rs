#![doc = include_str!("../README.md")]

use keyring::v1::{Entry, Error};
use proofkey_native::{FileStore, Keyring, KeyringError, KeyringStore};
use zeroize::Zeroizing;

/// The platform's keyring: the Secret Service on Linux and BSD, the Keychain on macOS, the Credential Manager on Windows.
#[derive(Clone, Debug)]
pub struct PlatformKeyring {
    service: String,
}

impl PlatformKeyring {
    /// Keeps secrets under the name of this service, such as that of the program.
    pub fn new(service: impl Into<String>) -> Self {
        Self { service: service.into() }
    }

    fn entry(&self, name: &str) -> Result<Entry, KeyringError> {
        if let Err(error) = Entry::store_status() {
            return Err(error.to_string().into());
        }
        Ok(Entry::new(&self.service, name)?)
    }
}

/// Returns a store of this program that keeps tokens in the platform's keyring, and in files where there is none.
///
/// # Errors
///
/// [`StoreError::NoDirectory`](proofkey_native::StoreError::NoDirectory).
pub fn keyring_store(program: &str) -> Result<KeyringStore, proofkey_native::StoreError> {
    Ok(KeyringStore::new(PlatformKeyring::new(program), FileStore::for_program(program)?))
}

impl Keyring for PlatformKeyring {
    /// Windows takes 2,560 bytes.
    fn limit(&self) -> usize {
        if cfg!(windows) { 2_500 } else { 64 * 1024 }
    }

    fn get(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, KeyringError> {
        match self.entry(name)?.get_secret() {
            Ok(secret) => Ok(Some(Zeroizing::new(secret))),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(error.to_string().into()),
        }
    }

    fn set(&self, name: &str, secret: &[u8]) -> Result<(), KeyringError> {
        self.entry(name)?.set_secret(secret).map_err(|error| error.to_string().into())
    }

    fn remove(&self, name: &str) -> Result<(), KeyringError> {
        match self.entry(name)?.delete_credential() {
            Ok(()) | Err(Error::NoEntry) => Ok(()),
            Err(error) => Err(error.to_string().into()),
        }
    }
}
