//! A set of public keys (RFC 7517 section 5), and the choice of one.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use crate::algorithm::{Algorithm, Hash};
use crate::json::Json;
use crate::json_reader::JsonFault;
use crate::jwk::{Jwk, SkipReason};
use crate::limits::{MAX_KEYS, MAX_SET, MAX_TRIED};
use crate::signature::{Crypto, Digest};
use crate::signature_error::SignatureError;
use crate::value::Value;

/// The keys of an issuer, each parsed once, here.
///
/// Entries that cannot check a signature are left out, and [`JwkSet::skipped`] says which and why:
/// one odd key must not keep everybody from signing in.
pub struct JwkSet {
    keys: Vec<Jwk>,
    by_kid: HashMap<String, Vec<usize>>,
    skipped: Vec<Skipped>,
    crypto: Arc<dyn Crypto>,
}

impl JwkSet {
    /// Reads the JSON document that an issuer serves at its `jwks_uri`.
    ///
    /// # Errors
    /// [`JwkSetError`] when the document as a whole is no key set. A bad entry is no error; a set
    /// without one usable key is none either, and no token will pass it.
    #[cfg(feature = "aws-lc-rs")]
    pub fn parse(document: &[u8]) -> Result<Self, JwkSetError> {
        Self::parse_with(document, Arc::new(crate::aws_lc::AwsLc))
    }

    /// Reads the same document with a library of cryptography that the caller brings.
    ///
    /// # Errors
    /// [`JwkSetError`] when the document as a whole is no key set.
    pub fn parse_with(document: &[u8], crypto: Arc<dyn Crypto>) -> Result<Self, JwkSetError> {
        if document.len() > MAX_SET {
            return Err(JwkSetError::TooLarge(document.len()));
        }
        let mut json = Json::with_room_for(document.len());
        let Ok(root) = json.read(|octets| {
            octets.extend_from_slice(document);
            Ok::<(), std::convert::Infallible>(())
        });
        let node = root.map_err(JwkSetError::from)?;
        let root = Value { json: &json, node };
        let mut members = root.members().ok_or(JwkSetError::NotAnObject)?;
        if members.by_ref().filter(|(name, _)| *name == "keys").count() > 1 {
            return Err(JwkSetError::DuplicateKeys);
        }
        let entries = root.get("keys").ok_or(JwkSetError::KeysMissing)?;
        let entries = entries.items().ok_or(JwkSetError::KeysNotAnArray)?;
        if entries.len() > MAX_KEYS {
            return Err(JwkSetError::TooManyKeys(entries.len()));
        }
        let (keys, by_kid) = (Vec::with_capacity(entries.len()), HashMap::with_capacity(entries.len()));
        let mut set = Self { keys, by_kid, skipped: Vec::new(), crypto };
        for (index, entry) in entries.enumerate() {
            match Jwk::read(entry, set.crypto.as_ref()) {
                Ok(key) => set.add(key),
                Err(reason) => set.skipped.push(Skipped { index, reason }),
            }
        }
        Ok(set)
    }

    /// The keys that can check signatures, in the order of the document.
    #[must_use]
    pub fn keys(&self) -> &[Jwk] {
        &self.keys
    }

    /// The entries that were left out. A [`SkipReason::PrivateKey`] or
    /// [`SkipReason::SymmetricKey`] among them is worth a word to the issuer.
    #[must_use]
    pub fn skipped(&self) -> &[Skipped] {
        &self.skipped
    }

    pub(crate) fn digest(&self, hash: Hash, message: &[u8]) -> Digest {
        self.crypto.digest(hash, message)
    }

    /// Checks `signature` with the keys that fit.
    ///
    /// A token that names a key is checked with the keys of that name only; one that names none
    /// with every key that fits its algorithm, each in full, until one agrees. `vouches` has a say in
    /// which keys count.
    pub(crate) fn verify(
        &self,
        algorithm: Algorithm,
        kid: Option<&str>,
        message: &[u8],
        signature: &[u8],
        vouches: impl Fn(&Jwk) -> bool,
    ) -> Result<(), SignatureError> {
        let (named, any) = match kid {
            Some(kid) => (self.by_kid.get(kid).map_or(&[][..], Vec::as_slice), &[][..]),
            None => (&[][..], self.keys.as_slice()),
        };
        let named = named.iter().filter_map(|index| self.keys.get(*index));
        let mut fitting = named.chain(any).filter(|key| key.serves(algorithm));
        match try_each(fitting.clone().filter(|key| vouches(key)), algorithm, message, signature) {
            Err(SignatureError::KeyNotFound) if fitting.next().is_some() => Err(SignatureError::KeyOfAnotherIssuer),
            result => result,
        }
    }

    fn add(&mut self, key: Jwk) {
        if let Some(kid) = key.key_id() {
            self.by_kid.entry(kid.to_owned()).or_default().push(self.keys.len());
        }
        self.keys.push(key);
    }
}

impl fmt::Debug for JwkSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwkSet").field("keys", &self.keys).field("skipped", &self.skipped).finish_non_exhaustive()
    }
}

/// An entry that was left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Skipped {
    /// Its place in `keys`, from 0.
    pub index: usize,
    /// Why.
    pub reason: SkipReason,
}

/// The document is no key set.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum JwkSetError {
    /// `set_too_large`: longer than [`MAX_SET`]; its length in octets.
    TooLarge(usize),
    /// `not_utf8`: the document is not UTF-8.
    NotUtf8,
    /// `bad_json`: the document is not JSON, or nested or numbered beyond the caps; the
    /// position, in bytes from 0, where that is known.
    BadJson(Option<usize>),
    /// `not_an_object`: the document is JSON, but no object.
    NotAnObject,
    /// `duplicate_keys`: the object has `keys` twice.
    DuplicateKeys,
    /// `keys_missing`: the object has no `keys`.
    KeysMissing,
    /// `keys_not_an_array`: `keys` is no array.
    KeysNotAnArray,
    /// `too_many_keys`: more entries than [`MAX_KEYS`].
    TooManyKeys(usize),
}

impl JwkSetError {
    /// The stable name of the failure, as given with each variant.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge(_) => "set_too_large",
            Self::NotUtf8 => "not_utf8",
            Self::BadJson(_) => "bad_json",
            Self::NotAnObject => "not_an_object",
            Self::DuplicateKeys => "duplicate_keys",
            Self::KeysMissing => "keys_missing",
            Self::KeysNotAnArray => "keys_not_an_array",
            Self::TooManyKeys(_) => "too_many_keys",
        }
    }
}

impl From<JsonFault> for JwkSetError {
    fn from(fault: JsonFault) -> Self {
        match fault {
            JsonFault::NotUtf8 => Self::NotUtf8,
            JsonFault::Malformed(position) => Self::BadJson(Some(position)),
            JsonFault::TooDeep | JsonFault::TooManyMembers | JsonFault::NumberOutOfRange { .. } => Self::BadJson(None),
        }
    }
}

impl fmt::Display for JwkSetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge(length) => {
                write!(f, "the key set has {length} octets, more than the {MAX_SET} that are read")
            }
            Self::NotUtf8 => f.write_str("the key set is not UTF-8"),
            Self::BadJson(Some(position)) => {
                write!(f, "the key set is not JSON: see byte {position} of it")
            }
            Self::BadJson(None) => {
                f.write_str("the key set is nested too deep, or has too many members or too large a number")
            }
            Self::NotAnObject => f.write_str("the key set is JSON, but not an object"),
            Self::DuplicateKeys => f.write_str("the key set has the member keys twice"),
            Self::KeysMissing => f.write_str("the key set has no member keys; is the address that of the jwks_uri?"),
            Self::KeysNotAnArray => f.write_str("the key set's member keys is not an array"),
            Self::TooManyKeys(count) => {
                write!(f, "the key set has {count} keys, more than the {MAX_KEYS} that are read")
            }
        }
    }
}

impl std::error::Error for JwkSetError {}

fn try_each<'a>(
    candidates: impl Iterator<Item = &'a Jwk> + Clone,
    algorithm: Algorithm,
    message: &[u8],
    signature: &[u8],
) -> Result<(), SignatureError> {
    match candidates.clone().take(MAX_TRIED + 1).count() {
        0 => return Err(SignatureError::KeyNotFound),
        count if count > MAX_TRIED => return Err(SignatureError::TooManyKeys),
        _ => {}
    }
    for key in candidates {
        if key.verify(algorithm, message, signature).is_ok() {
            return Ok(());
        }
    }
    Err(SignatureError::BadSignature)
}
