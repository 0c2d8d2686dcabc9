//! Adapts the keys of `proofkey-jwt` to the `Signer` of `proofkey-token`.

use std::error::Error;
use std::io;
use std::time::SystemTime;

use proofkey_jwt::{HmacKey, SigningKey};
use proofkey_token::{Fresh, InvalidKeyHeader, KeyHeader, Signer};

/// A private key, or a client secret, that signs client assertions and DPoP proofs.
///
/// ```
/// use proofkey::jwt::{SigningAlgorithm, SigningKey};
/// use proofkey::token::ClientAuthentication;
/// use proofkey::KeySigner;
///
/// # let pem = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
/// #     -----END PRIVATE KEY-----\n";
/// let key = SigningKey::from_pem(SigningAlgorithm::EdDsa, pem)?.with_key_id("2026-11");
/// let authentication = ClientAuthentication::private_key_jwt(KeySigner::new(key)?, proofkey::fresh);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct KeySigner {
    header: KeyHeader,
    key: Key,
}

#[derive(Debug)]
enum Key {
    Pair(Box<SigningKey>),
    Mac(HmacKey),
}

impl KeySigner {
    /// Creates a signer from a private key. The JWTs name the algorithm and the identifier of the key; a DPoP proof also
    /// has the public key.
    ///
    /// # Errors
    ///
    /// [`InvalidKeyHeader`], which does not occur for a key of `proofkey-jwt`.
    pub fn new(key: SigningKey) -> Result<Self, InvalidKeyHeader> {
        let header = KeyHeader::new(key.algorithm().name())?.with_public_jwk(&key.public_jwk())?;
        let header = match key.key_id() {
            Some(key_id) => header.with_key_id(key_id),
            None => header,
        };
        Ok(Self { header, key: Key::Pair(Box::new(key)) })
    }

    /// Creates a signer from a client secret, for `client_secret_jwt` only.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn hmac(key: HmacKey) -> Result<Self, InvalidKeyHeader> {
        Ok(Self { header: KeyHeader::new(key.algorithm().name())?, key: Key::Mac(key) })
    }
}

impl Signer for KeySigner {
    fn header(&self) -> &KeyHeader {
        &self.header
    }

    fn sign(&self, signing_input: &[u8]) -> Result<Vec<u8>, Box<dyn Error + Send + Sync>> {
        match &self.key {
            Key::Pair(key) => Ok(key.sign(signing_input)?),
            Key::Mac(key) => Ok(key.sign(signing_input)),
        }
    }
}

/// Reads the system's clock and random source, for one JWT.
///
/// # Errors
///
/// The error of the system, if it returns no entropy.
pub fn fresh() -> Result<Fresh, io::Error> {
    let mut entropy = [0; 16];
    getrandom::fill(&mut entropy)?;
    Ok(Fresh { now: SystemTime::now(), entropy })
}
