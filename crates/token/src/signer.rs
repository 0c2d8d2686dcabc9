//! Signers of client JWTs.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use crate::public_jwk::PublicJwk;
use crate::shown::shown;

/// A key that signs the JWTs that a client sends.
///
/// `KeySigner` of `proofkey` implements it with a `SigningKey` of `proofkey-jwt`; implement it for another library or a
/// device. If a device signs only asynchronously, let it sign the
/// [`signing_input`](crate::UnsignedAssertion::signing_input) of an [`UnsignedAssertion`](crate::UnsignedAssertion) or an
/// [`UnsignedProof`](crate::UnsignedProof), which need a [`KeyHeader`] and no `Signer`.
pub trait Signer: fmt::Debug + Send + Sync {
    /// Returns what the header of a JWT states about the key.
    fn header(&self) -> &KeyHeader;

    /// Signs the bytes. An ECDSA signature is the concatenation of R and S (RFC 7518 section 3.4), not DER.
    ///
    /// # Errors
    ///
    /// The error of the library or device. It must not show a secret.
    fn sign(&self, signing_input: &[u8]) -> Result<Vec<u8>, Box<dyn Error + Send + Sync>>;
}

impl<S: Signer + ?Sized> Signer for Arc<S> {
    fn header(&self) -> &KeyHeader {
        (**self).header()
    }

    fn sign(&self, signing_input: &[u8]) -> Result<Vec<u8>, Box<dyn Error + Send + Sync>> {
        (**self).sign(signing_input)
    }
}

/// What the header of a JWT states about the key that signs it: `alg`, and optionally `kid` and the public key.
///
/// ```
/// use proofkey_token::KeyHeader;
///
/// let header = KeyHeader::new("ES256")?.with_key_id("2026-11").with_public_jwk(
///     r#"{"kty":"EC","crv":"P-256","x":"l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
///         "y":"9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA"}"#,
/// )?;
/// assert_eq!(header.thumbprint(), Some("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"));
/// # Ok::<(), proofkey_token::InvalidKeyHeader>(())
/// ```
#[derive(Clone, Debug)]
pub struct KeyHeader {
    algorithm: String,
    key_id: Option<String>,
    public_jwk: Option<PublicJwk>,
}

impl KeyHeader {
    /// Creates the header of a key for `algorithm`, a registered name such as `ES256`.
    ///
    /// # Errors
    ///
    /// [`InvalidKeyHeader::Algorithm`] for `none`, in any case, and for a text that is not the name of an algorithm.
    pub fn new(algorithm: impl Into<String>) -> Result<Self, InvalidKeyHeader> {
        let algorithm = algorithm.into();
        let is_name = !algorithm.is_empty() && algorithm.bytes().all(|byte| byte.is_ascii_graphic());
        if !is_name || algorithm.eq_ignore_ascii_case("none") {
            return Err(InvalidKeyHeader::Algorithm { received: shown(&algorithm, 128) });
        }
        Ok(Self { algorithm, key_id: None, public_jwk: None })
    }

    /// Sets `kid`: the identifier of the key in the client's registered key set.
    #[must_use]
    pub fn with_key_id(mut self, key_id: impl Into<String>) -> Self {
        self.key_id = Some(key_id.into());
        self
    }

    /// Sets the public key, a JWK. A DPoP proof needs it. Only the members that its kind requires are kept (RFC 7638
    /// section 3.2).
    ///
    /// # Errors
    ///
    /// [`InvalidKeyHeader`] for a key that is private, symmetric or malformed, and if the algorithm is an HMAC.
    pub fn with_public_jwk(mut self, json: &str) -> Result<Self, InvalidKeyHeader> {
        if self.is_symmetric() {
            return Err(InvalidKeyHeader::Symmetric);
        }
        self.public_jwk = Some(PublicJwk::parse(json)?);
        Ok(self)
    }

    /// Returns `alg`.
    #[must_use]
    pub fn algorithm(&self) -> &str {
        &self.algorithm
    }

    /// Returns `kid`.
    #[must_use]
    pub fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    /// Returns the public key as a JWK: the required members in lexicographic order, without white space.
    #[must_use]
    pub fn public_jwk(&self) -> Option<&str> {
        self.public_jwk.as_ref().map(PublicJwk::as_str)
    }

    /// Returns the SHA-256 thumbprint of the public key (RFC 7638), in base64url: the `dpop_jkt` of an authorization
    /// request, and the `jkt` that a token is bound to.
    #[must_use]
    pub fn thumbprint(&self) -> Option<&str> {
        self.public_jwk.as_ref().map(PublicJwk::thumbprint)
    }

    /// Whether the key is a secret that both sides have.
    pub(crate) fn is_symmetric(&self) -> bool {
        self.algorithm.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("HS"))
    }
}

/// The time and the random bytes for one JWT. The bytes become its `jti`; use them for nothing else.
#[derive(Clone, Copy)]
pub struct Fresh {
    /// The time at which the JWT is issued.
    pub now: SystemTime,
    /// 16 bytes of a cryptographic random source.
    pub entropy: [u8; 16],
}

impl fmt::Debug for Fresh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fresh").field("now", &self.now).finish_non_exhaustive()
    }
}

/// The error for a [`KeyHeader`] that is not valid. It contains no key material.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidKeyHeader {
    /// `key_header_algorithm`: the algorithm is `none`, or not the name of an algorithm.
    Algorithm {
        /// The text that was given.
        received: String,
    },
    /// `key_header_jwk`: the public key cannot be read.
    Jwk {
        /// The name of the invalid member; also `kty` when the text is not a JSON object.
        member: &'static str,
    },
    /// `key_header_private`: the JWK is a private or symmetric key, which must not be sent.
    Private,
    /// `key_header_symmetric`: an HMAC has no public key.
    Symmetric,
    /// `key_header_no_jwk`: a DPoP proof needs the public key.
    NoJwk,
}

impl InvalidKeyHeader {
    /// Returns the stable code: the word at the head of each variant's description.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Algorithm { .. } => "key_header_algorithm",
            Self::Jwk { .. } => "key_header_jwk",
            Self::Private => "key_header_private",
            Self::Symmetric => "key_header_symmetric",
            Self::NoJwk => "key_header_no_jwk",
        }
    }
}

impl fmt::Display for InvalidKeyHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Algorithm { received } => {
                write!(f, "\"{received}\" is not a signature algorithm; a name such as ES256 was expected")
            }
            Self::Jwk { member } => {
                write!(f, "the public JWK cannot be read: its member {member} is missing, or not of the expected form")
            }
            Self::Private => {
                f.write_str("the JWK is a private or symmetric key, and would be sent; pass the public key")
            }
            Self::Symmetric => f.write_str("an HMAC has no public key; use a key pair, such as one for ES256"),
            Self::NoJwk => f.write_str("a DPoP proof contains the public key; set it with `with_public_jwk`"),
        }
    }
}

impl Error for InvalidKeyHeader {}
