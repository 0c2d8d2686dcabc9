use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

/// Length of 32 bytes in base64url, in characters.
const LEN: usize = 43;

/// A value made of 32 bytes of entropy, inline; what `State` and `Nonce` have in common.
struct Random([u8; LEN]);

impl Random {
    fn from_entropy(entropy: &[u8; 32]) -> Self {
        let mut text = [0; LEN];
        let encoded = URL_SAFE_NO_PAD.encode_slice(entropy, &mut text);
        debug_assert_eq!(encoded, Ok(LEN));
        Self(text)
    }

    /// Only what `from_entropy` writes.
    fn parse(text: &str) -> Option<Self> {
        let mut bytes = Zeroizing::new([0; 32]);
        let is_own = URL_SAFE_NO_PAD.decode_slice(text, bytes.as_mut_slice()) == Ok(bytes.len());
        Some(Self(text.as_bytes().try_into().ok().filter(|_| is_own)?))
    }

    fn expose(&self) -> &str {
        // Only base64url characters are ever stored, so this is always UTF-8.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    fn matches(&self, received: &str) -> bool {
        // Word by word: what takes constant time takes it for each item, so it is given few.
        let (ours, our_rest) = self.0.as_chunks();
        let (theirs, their_rest) = received.as_bytes().as_chunks();
        let word = |bytes: &[u8; 8]| u64::from_ne_bytes(*bytes);
        let words = ours.iter().zip(theirs);
        let same = words.fold(our_rest.ct_eq(their_rest), |same, (a, b)| same & word(a).ct_eq(&word(b)));
        received.len() == LEN && same.into()
    }
}

impl Drop for Random {
    fn drop(&mut self) {
        // As a slice: an array is overwritten byte by byte.
        self.0.as_mut_slice().zeroize();
    }
}

macro_rules! random_value {
    ($(#[$documentation:meta])* $name:ident) => {
        $(#[$documentation])*
        pub struct $name(Random);

        impl $name {
            pub(crate) fn from_entropy(entropy: &[u8; 32]) -> Self {
                Self(Random::from_entropy(entropy))
            }

            pub(crate) fn parse(text: &str) -> Option<Self> {
                Random::parse(text).map(Self)
            }

            /// Returns the secret: 43 characters.
            pub fn expose(&self) -> &str {
                self.0.expose()
            }

            /// Returns whether `received` is this value. The comparison takes constant time.
            pub fn matches(&self, received: &str) -> bool {
                self.0.matches(received)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    };
}

random_value! {
    /// The `state` of one authorization or logout request: 256 bits as 43 characters of base64url (RFC 6749 section
    /// 10.12).
    ///
    /// `Debug` does not show it, and it is overwritten when it is dropped.
    State
}

random_value! {
    /// The `nonce` of one authentication request, which the ID token must repeat: 256 bits as 43 characters of base64url
    /// (OpenID Connect Core section 3.1.2.1).
    ///
    /// `Debug` does not show it, and it is overwritten when it is dropped.
    Nonce
}

/// The `code` of a callback: opaque, of any length, valid for one exchange (RFC 6749 section 4.1.2).
///
/// `Debug` does not show it, and it is overwritten when it is dropped.
pub struct AuthorizationCode(Zeroizing<String>);

impl AuthorizationCode {
    pub(crate) fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// Returns the secret, as it is sent to the token endpoint.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AuthorizationCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuthorizationCode(..)")
    }
}
