//! Private signing keys.

use std::fmt;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm,
    Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding,
};

use crate::aws_lc::AwsLc;
use crate::json_writer::write_string;
use crate::secret_bytes::SecretBytes;
use crate::signature::{Curve, PublicKey};
use crate::signing_algorithm::SigningAlgorithm;
use crate::signing_key_error::{SigningError, SigningKeyError};
use crate::{pem, private_jwk, thumbprint};

/// Maximum size of a document with a private key, in bytes: 64 KiB.
pub const MAX_PRIVATE_KEY_BYTES: usize = 64 * 1024;

/// A private key for one algorithm, by aws-lc-rs.
///
/// It signs bytes. The crate `proofkey-token` builds the JWTs that a client sends (client assertions, DPoP proofs), and
/// takes such a key as its `Signer`, adapted by `KeySigner` of `proofkey`. `Debug` shows the algorithm and the
/// thumbprint of the public key.
///
/// ```
/// use proofkey_jwt::{SigningAlgorithm, SigningKey};
///
/// let key = SigningKey::generate(SigningAlgorithm::Es256)?;
/// assert_eq!(key.sign(b"header.claims")?.len(), 64);
/// assert!(key.public_jwk().starts_with(r#"{"crv":"P-256","kty":"EC","x":""#));
///
/// // Store the key for the next start of the program, where only this user can read it.
/// let stored = key.to_pkcs8_der()?;
/// let again = SigningKey::from_pkcs8_der(SigningAlgorithm::Es256, stored.expose())?;
/// assert_eq!(again.thumbprint(), key.thumbprint());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct SigningKey {
    algorithm: SigningAlgorithm,
    pair: KeyPair,
    public: PublicKey,
    kid: Option<String>,
}

pub(crate) enum KeyPair {
    Ec(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Rsa(RsaKeyPair),
}

impl SigningKey {
    /// Generates a key from the system's random source. RSA keys have 2048 bits, and are slow to generate.
    ///
    /// # Errors
    /// [`SigningError`] when the cryptography library fails.
    pub fn generate(algorithm: SigningAlgorithm) -> Result<Self, SigningError> {
        let pair = match (curve_of(algorithm), algorithm) {
            (Some(curve), _) => EcdsaKeyPair::generate(curve).map(KeyPair::Ec),
            (None, SigningAlgorithm::EdDsa | SigningAlgorithm::Ed25519) => {
                Ed25519KeyPair::generate().map(KeyPair::Ed25519)
            }
            _ => RsaKeyPair::generate(KeySize::Rsa2048).map(KeyPair::Rsa),
        };
        Self::from_pair(algorithm, pair.map_err(|_| SigningError)?).ok_or(SigningError)
    }

    /// Loads a key from an unencrypted PKCS#8 document in DER (RFC 5958).
    ///
    /// # Errors
    /// [`SigningKeyError`] when the document is too large, or is not such a key for `algorithm`.
    pub fn from_pkcs8_der(algorithm: SigningAlgorithm, der: &[u8]) -> Result<Self, SigningKeyError> {
        check_size(der.len())?;
        let pair = match (curve_of(algorithm), algorithm) {
            (Some(curve), _) => EcdsaKeyPair::from_pkcs8(curve, der).map(KeyPair::Ec),
            (None, SigningAlgorithm::EdDsa | SigningAlgorithm::Ed25519) => {
                Ed25519KeyPair::from_pkcs8(der).map(KeyPair::Ed25519)
            }
            _ => RsaKeyPair::from_pkcs8(der).map(KeyPair::Rsa),
        };
        pair.ok().and_then(|pair| Self::from_pair(algorithm, pair)).ok_or(SigningKeyError::Der { algorithm })
    }

    /// Loads the private key of a PEM text: the block `PRIVATE KEY`, which must occur once (RFC 7468 section 10). Other
    /// blocks, such as certificates, are skipped.
    ///
    /// # Errors
    /// [`SigningKeyError`]. For a key of another format, its text says how to convert it.
    pub fn from_pem(algorithm: SigningAlgorithm, text: &str) -> Result<Self, SigningKeyError> {
        check_size(text.len())?;
        Self::from_pkcs8_der(algorithm, &pem::private_key(text)?)
    }

    /// Loads a private key from a JWK (RFC 7517), with its `kid`. An RSA key needs its primes, exponents and coefficient
    /// (RFC 7518 section 6.3.2). `alg`, `use` and `key_ops`, where they are present, must permit signing with
    /// `algorithm`.
    ///
    /// # Errors
    /// [`SigningKeyError`], whose text names the invalid member.
    pub fn from_jwk(algorithm: SigningAlgorithm, json: &[u8]) -> Result<Self, SigningKeyError> {
        check_size(json.len())?;
        let (pair, public, kid) = private_jwk::read(algorithm, json)?;
        Ok(Self { algorithm, pair, public, kid })
    }

    /// Sets `kid`: the identifier of the key in the client's registered key set.
    #[must_use]
    pub fn with_key_id(mut self, kid: impl Into<String>) -> Self {
        self.kid = Some(kid.into());
        self
    }

    /// Returns the algorithm.
    #[must_use]
    pub fn algorithm(&self) -> SigningAlgorithm {
        self.algorithm
    }

    /// Returns `kid`: the identifier of the key.
    #[must_use]
    pub fn key_id(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// Returns the public key.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// Returns the public key as a JWK to register at a server: the members that its kind requires, `alg`, `use` and,
    /// if it is set, `kid`.
    #[must_use]
    pub fn public_jwk(&self) -> String {
        let mut jwk = thumbprint::required_members(&self.public);
        jwk.pop(); // the closing brace
        jwk.push_str(r#","alg":"#);
        write_string(self.algorithm.name(), &mut jwk);
        if let Some(kid) = &self.kid {
            jwk.push_str(r#","kid":"#);
            write_string(kid, &mut jwk);
        }
        jwk.push_str(r#","use":"sig"}"#);
        jwk
    }

    /// Returns the SHA-256 thumbprint of the public key, in base64url (RFC 7638).
    #[must_use]
    pub fn thumbprint(&self) -> String {
        thumbprint::of(&self.public, &AwsLc)
    }

    /// Signs `message`. An ECDSA signature is the concatenation of R and S (RFC 7518 section 3.4).
    ///
    /// # Errors
    /// [`SigningError`] when the cryptography library fails.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningError> {
        let random = SystemRandom::new();
        match &self.pair {
            KeyPair::Ec(pair) => pair.sign(&random, message).map(|signature| signature.as_ref().to_vec()),
            KeyPair::Ed25519(pair) => pair.try_sign(message).map(|signature| signature.as_ref().to_vec()),
            KeyPair::Rsa(pair) => {
                let encoding: &dyn RsaEncoding = match self.algorithm {
                    SigningAlgorithm::Ps256 => &RSA_PSS_SHA256,
                    _ => &RSA_PKCS1_SHA256,
                };
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(encoding, &random, message, &mut signature).map(|()| signature)
            }
        }
        .map_err(|_| SigningError)
    }

    /// Returns the private key for a store, as PKCS#8 in DER. Store a DPoP key as long as the tokens that are bound to it.
    ///
    /// # Errors
    /// [`SigningError`] when the cryptography library fails.
    pub fn to_pkcs8_der(&self) -> Result<PrivateKeyDer, SigningError> {
        let der = match &self.pair {
            KeyPair::Ec(pair) => pair.to_pkcs8v1().map(|document| document.as_ref().to_vec()),
            KeyPair::Ed25519(pair) => pair.to_pkcs8v1().map(|document| document.as_ref().to_vec()),
            KeyPair::Rsa(pair) => AsDer::<Pkcs8V1Der<'_>>::as_der(pair).map(|document| document.as_ref().to_vec()),
        };
        Ok(PrivateKeyDer(SecretBytes::new(der.map_err(|_| SigningError)?)))
    }

    fn from_pair(algorithm: SigningAlgorithm, pair: KeyPair) -> Option<Self> {
        let public = match &pair {
            KeyPair::Ec(pair) => {
                let point = pair.public_key().as_ref().get(1..).unwrap_or_default();
                let (x, y) = point.split_at(point.len() / 2);
                let curve = if x.len() == 32 { Curve::P256 } else { Curve::P384 };
                Some(PublicKey::Ec { curve, x: x.to_vec(), y: y.to_vec() })
            }
            KeyPair::Ed25519(pair) => pair.public_key().as_ref().try_into().ok().map(|x| PublicKey::Ed25519 { x }),
            KeyPair::Rsa(pair) => rsa_numbers(pair.public_key().as_ref()),
        };
        Some(Self { algorithm, pair, public: public?, kid: None })
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("algorithm", &self.algorithm)
            .field("thumbprint", &self.thumbprint())
            .finish_non_exhaustive()
    }
}

/// A private key for a store. `Debug` does not show it, and it is overwritten when it is dropped.
pub struct PrivateKeyDer(SecretBytes);

impl PrivateKeyDer {
    /// Returns the bytes of the PKCS#8 document. The caller wipes its own copies.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for PrivateKeyDer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKeyDer(..)")
    }
}

/// The parameters of an ECDSA algorithm.
pub(crate) fn curve_of(algorithm: SigningAlgorithm) -> Option<&'static EcdsaSigningAlgorithm> {
    match algorithm {
        SigningAlgorithm::Es256 => Some(&ECDSA_P256_SHA256_FIXED_SIGNING),
        SigningAlgorithm::Es384 => Some(&ECDSA_P384_SHA384_FIXED_SIGNING),
        _ => None,
    }
}

fn check_size(length: usize) -> Result<(), SigningKeyError> {
    if length > MAX_PRIVATE_KEY_BYTES { Err(SigningKeyError::TooLarge { length }) } else { Ok(()) }
}

/// The numbers of an `RSAPublicKey` in DER (RFC 8017 appendix A.1.1), as aws-lc-rs hands it out.
fn rsa_numbers(der: &[u8]) -> Option<PublicKey> {
    let (sequence, _) = element(der, 0x30)?;
    let (n, rest) = element(sequence, 0x02)?;
    let (e, _) = element(rest, 0x02)?;
    // A zero byte keeps the highest bit from being a sign.
    let number = |bytes: &[u8]| bytes.iter().copied().skip_while(|byte| *byte == 0).collect();
    Some(PublicKey::Rsa { n: number(n), e: number(e) })
}

/// The content of the element of that tag at the front of `der`, and what follows it.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&first, rest) = der.split_first()?;
    let (&short, rest) = rest.split_first()?;
    let bytes = usize::from(short & 0x7f);
    let (length, rest) = match short {
        0x80.. => {
            let (long, rest) = rest.split_at_checked(bytes).filter(|_| bytes <= 4)?;
            (long.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
        }
        _ => (bytes, rest),
    };
    rest.split_at_checked(length).filter(|_| first == tag)
}
