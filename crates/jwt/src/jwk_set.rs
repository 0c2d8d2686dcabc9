//! A set of public keys (RFC 7517 section 5), and the choice of one for a token.

use std::fmt;
use std::sync::Arc;

use crate::algorithm::{Algorithm, Hash};
use crate::json::Json;
use crate::json_reader::JsonFault;
use crate::jwk::{Jwk, NotVerified};
use crate::limits::{MAX_JWK_SET_BYTES, MAX_KEYS, MAX_KEYS_TRIED};
use crate::shown::shown;
use crate::signature::{Crypto, Digest};
use crate::signature_error::SignatureError;
use crate::skipped::{SkipReason, Skipped};
use crate::value::Value;

/// The public keys of an issuer (RFC 7517 section 5).
///
/// Form and strength of each key are checked when the set is parsed. An entry that cannot verify a signature is skipped,
/// so that one bad key does not keep all users from signing in; [`JwkSet::skipped`] lists such entries with a reason.
pub struct JwkSet {
    keys: Vec<Jwk>,
    skipped: Vec<Skipped>,
    crypto: Arc<dyn Crypto>,
}

impl JwkSet {
    /// Parses the JSON document that an issuer serves at its `jwks_uri`.
    ///
    /// # Errors
    /// [`JwkSetError`] when the document as a whole is not a key set. A bad entry is not an error, and neither is a set
    /// without usable keys.
    #[cfg(feature = "aws-lc-rs")]
    pub fn parse(document: &[u8]) -> Result<Self, JwkSetError> {
        Self::parse_with(document, Arc::new(crate::aws_lc::AwsLc))
    }

    /// Creates a set without keys, for a client that accepts HMAC only
    /// ([`RelyingParty::needs_keys`](crate::RelyingParty::needs_keys)).
    #[cfg(feature = "aws-lc-rs")]
    #[must_use]
    pub fn empty() -> Self {
        Self::empty_with(Arc::new(crate::aws_lc::AwsLc))
    }

    /// [`JwkSet::empty`] with a cryptography backend of the caller, which computes `at_hash` and `c_hash`.
    #[must_use]
    pub fn empty_with(crypto: Arc<dyn Crypto>) -> Self {
        Self { keys: Vec::new(), skipped: Vec::new(), crypto }
    }

    /// [`JwkSet::parse`] with a cryptography backend of the caller.
    ///
    /// # Errors
    /// [`JwkSetError`] when the document as a whole is not a key set.
    pub fn parse_with(document: &[u8], crypto: Arc<dyn Crypto>) -> Result<Self, JwkSetError> {
        if document.len() > MAX_JWK_SET_BYTES {
            return Err(JwkSetError::TooLarge { length: document.len() });
        }
        let mut json = Json::with_room_for(document.len());
        let Ok(root) = json.read(|bytes| {
            bytes.extend_from_slice(document);
            Ok::<(), std::convert::Infallible>(())
        });
        let node = root.map_err(JwkSetError::from)?;
        let root = Value { json: &json, node };
        let mut members = root.members().ok_or(JwkSetError::NotAnObject)?;
        if members.by_ref().filter(|(name, _)| *name == "keys").count() > 1 {
            return Err(JwkSetError::DuplicateKeys);
        }
        let entries = root.present("keys").ok_or(JwkSetError::KeysMissing)?;
        let entries = entries.items().ok_or(JwkSetError::KeysNotAnArray)?;
        if entries.len() > MAX_KEYS {
            return Err(JwkSetError::TooManyKeys { count: entries.len() });
        }
        let mut set = Self { keys: Vec::with_capacity(entries.len()), skipped: Vec::new(), crypto };
        for (index, entry) in entries.enumerate() {
            match Jwk::read(index, entry) {
                Ok(key) => set.keys.push(key),
                Err(reason) => {
                    let key_id = entry.get("kid").and_then(Value::as_str);
                    set.skipped.push(Skipped::new(index, key_id, reason));
                }
            }
        }
        Ok(set)
    }

    /// Returns the keys that are used, in the order of the document.
    #[must_use]
    pub fn keys(&self) -> &[Jwk] {
        &self.keys
    }

    /// Returns the entries that are not used. A [`SkipReason::PrivateKey`] or [`SkipReason::SymmetricKey`] among them
    /// should be reported to the issuer.
    #[must_use]
    pub fn skipped(&self) -> &[Skipped] {
        &self.skipped
    }

    pub(crate) fn digest(&self, hash: Hash, message: &[u8]) -> Digest {
        self.crypto.digest(hash, message)
    }

    /// Verifies `signature` with the keys that fit.
    ///
    /// A token that names a key is checked with the keys of that name only; one that names none with every key that
    /// serves its algorithm, each in full, until one agrees. Keys for which `is_eligible` returns false do not count.
    pub(crate) fn verify(
        &self,
        algorithm: Algorithm,
        kid: Option<&str>,
        message: &[u8],
        signature: &[u8],
        is_eligible: impl Fn(&Jwk) -> bool,
    ) -> Result<(), SignatureError> {
        let is_named = |key: &&Jwk| kid.is_none() || key.key_id() == kid;
        let serving = self.keys.iter().filter(is_named).filter(|key| key.serves(algorithm));
        let candidates = serving.clone().filter(|key| is_eligible(key));
        match candidates.clone().take(MAX_KEYS_TRIED + 1).count() {
            0 if serving.clone().next().is_some() => return Err(SignatureError::KeyOfAnotherIssuer),
            0 => {
                let known = self.keys.iter().filter_map(Jwk::key_id);
                let skipped = self.skipped_candidate(kid).map(SignatureError::KeySkipped);
                return Err(skipped.unwrap_or_else(|| SignatureError::key_not_found(algorithm, kid, known)));
            }
            count if count > MAX_KEYS_TRIED => return Err(SignatureError::TooManyKeys),
            _ => {}
        }
        let (mut invalid, mut is_bad) = (None, false);
        for key in candidates {
            match key.verify(self.crypto.as_ref(), algorithm, message, signature) {
                Ok(()) => return Ok(()),
                Err(NotVerified::BadSignature) => is_bad = true,
                Err(NotVerified::InvalidKey) => {
                    invalid = Some(Skipped::new(key.index(), key.key_id(), SkipReason::RefusedByCrypto));
                }
            }
        }
        let skipped = invalid.or_else(|| self.skipped_candidate(kid));
        match skipped {
            Some(skipped) if !is_bad => Err(SignatureError::KeySkipped(skipped)),
            skipped => Err(SignatureError::BadSignature(skipped)),
        }
    }

    /// The first skipped entry that could have been the key of a token with this `kid`.
    fn skipped_candidate(&self, kid: Option<&str>) -> Option<Skipped> {
        let kid = kid.map(shown);
        let could_be = |skipped: &&Skipped| match &kid {
            Some(_) => skipped.key_id == kid,
            None => skipped.reason.is_a_defect(),
        };
        self.skipped.iter().find(could_be).cloned()
    }
}

impl fmt::Debug for JwkSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwkSet").field("keys", &self.keys).field("skipped", &self.skipped).finish_non_exhaustive()
    }
}

/// The error for a document that is not a key set.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum JwkSetError {
    /// `jwks_too_large`: the document is larger than [`MAX_JWK_SET_BYTES`].
    TooLarge {
        /// Its size, in bytes.
        length: usize,
    },
    /// `jwks_not_utf8`: the document is not UTF-8.
    NotUtf8,
    /// `jwks_bad_json`: the document is not JSON.
    BadJson {
        /// The position, in bytes from 0; `None` when the document exceeds [`MAX_NESTING`](crate::MAX_NESTING),
        /// [`MAX_MEMBERS`](crate::MAX_MEMBERS) or the range of numbers.
        position: Option<usize>,
    },
    /// `jwks_not_an_object`: the document is JSON, but not an object.
    NotAnObject,
    /// `jwks_duplicate_keys`: the object has `keys` twice.
    DuplicateKeys,
    /// `jwks_keys_missing`: the object has no `keys`.
    KeysMissing,
    /// `jwks_keys_not_an_array`: `keys` is not an array.
    KeysNotAnArray,
    /// `jwks_too_many_keys`: the set has more entries than [`MAX_KEYS`].
    TooManyKeys {
        /// Their number.
        count: usize,
    },
}

impl JwkSetError {
    /// Returns the stable code, given with each variant.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "jwks_too_large",
            Self::NotUtf8 => "jwks_not_utf8",
            Self::BadJson { .. } => "jwks_bad_json",
            Self::NotAnObject => "jwks_not_an_object",
            Self::DuplicateKeys => "jwks_duplicate_keys",
            Self::KeysMissing => "jwks_keys_missing",
            Self::KeysNotAnArray => "jwks_keys_not_an_array",
            Self::TooManyKeys { .. } => "jwks_too_many_keys",
        }
    }
}

impl From<JsonFault> for JwkSetError {
    fn from(fault: JsonFault) -> Self {
        match fault {
            JsonFault::NotUtf8 => Self::NotUtf8,
            JsonFault::Malformed(position) => Self::BadJson { position: Some(position) },
            JsonFault::TooDeep | JsonFault::TooManyMembers | JsonFault::NumberOutOfRange { .. } => {
                Self::BadJson { position: None }
            }
        }
    }
}

impl fmt::Display for JwkSetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { length } => {
                write!(f, "the key set has {length} bytes, more than the limit of {MAX_JWK_SET_BYTES}")
            }
            Self::NotUtf8 => f.write_str("the key set is not UTF-8"),
            Self::BadJson { position: Some(position) } => {
                write!(f, "the key set is not JSON: see byte {position} of it")
            }
            Self::BadJson { position: None } => {
                f.write_str("the key set is nested too deep, or has too many members or too large a number")
            }
            Self::NotAnObject => f.write_str("the key set is JSON, but not an object"),
            Self::DuplicateKeys => f.write_str("the key set has the member keys twice"),
            Self::KeysMissing => f.write_str("the key set has no member keys; is the address that of the jwks_uri?"),
            Self::KeysNotAnArray => f.write_str("the key set's member keys is not an array"),
            Self::TooManyKeys { count } => {
                write!(f, "the key set has {count} keys, more than the limit of {MAX_KEYS}")
            }
        }
    }
}

impl std::error::Error for JwkSetError {}
