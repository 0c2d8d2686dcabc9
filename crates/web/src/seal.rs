//! Text that only this application can read and write: AES-256-GCM-SIV with a random nonce.

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use crate::error::SetupError;

/// The keys. The first one seals, and each of them opens.
pub(crate) struct Seal(Vec<RandomizedNonceKey>);

impl Seal {
    /// A key that ends with the process.
    pub(crate) fn ephemeral() -> Result<Self, SetupError> {
        let mut key = Zeroizing::new([0; 32]);
        getrandom::fill(key.as_mut_slice()).map_err(|error| SetupError::Entropy(error.into()))?;
        Self::new(&[key])
    }

    pub(crate) fn new(keys: &[Zeroizing<[u8; 32]>]) -> Result<Self, SetupError> {
        if keys.is_empty() {
            return Err(SetupError::Key);
        }
        let keys = keys.iter().map(|key| RandomizedNonceKey::new(&AES_256_GCM_SIV, key.as_slice()));
        Ok(Self(keys.collect::<Result<_, _>>().map_err(|_| SetupError::Key)?))
    }

    /// Seals `text` for one purpose: it opens for no other. `None` if the system has no entropy.
    pub(crate) fn seal(&self, purpose: &str, text: &str) -> Option<String> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(text.len() + 16));
        bytes.extend_from_slice(text.as_bytes());
        let nonce = self.0.first()?.seal_in_place_append_tag(Aad::from(purpose), &mut *bytes).ok()?;
        Some(URL_SAFE_NO_PAD.encode([nonce.as_ref().as_slice(), &bytes].concat()))
    }

    pub(crate) fn open(&self, purpose: &str, sealed: &str) -> Option<Zeroizing<String>> {
        let bytes = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE_LEN)?;
        self.0.iter().find_map(|key| {
            let mut sealed = Zeroizing::new(sealed.to_vec());
            let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
            let text = key.open_in_place(nonce, Aad::from(purpose), &mut sealed).ok()?;
            Some(Zeroizing::new(std::str::from_utf8(text).ok()?.to_owned()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sealed_opens_for_its_purpose_and_key_only() {
        let [one, two] = [[1; 32], [2; 32]].map(Zeroizing::new);
        let old = Seal::new(std::slice::from_ref(&one)).unwrap();
        let both = Seal::new(&[two.clone(), one]).unwrap();
        let sealed = old.seal("a", "text").unwrap();
        for seal in [&old, &both] {
            assert_eq!(seal.open("a", &sealed).as_ref().map(|text| text.as_str()), Some("text"));
            assert!(seal.open("b", &sealed).is_none());
        }
        assert!(Seal::new(&[]).is_err());
        assert!(Seal::new(&[two]).unwrap().open("a", &sealed).is_none());
        assert!(old.open("a", &both.seal("a", "text").unwrap()).is_none(), "the first key seals");
        assert_ne!(old.seal("a", "text"), Some(sealed.clone()));
        for at in 0..sealed.len() {
            let mut changed = sealed.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            assert!(old.open("a", std::str::from_utf8(&changed).unwrap()).is_none(), "{at}");
            assert!(old.open("a", &sealed[..at]).is_none(), "{at}");
        }
    }
}
