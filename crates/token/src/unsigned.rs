//! A JWT without its signature, and the signature added (RFC 7515 section 7.1).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use std::time::{SystemTime, UNIX_EPOCH};

use crate::response::push_string;
use crate::signer::KeyHeader;

/// The members of a JSON object, as they are added.
pub(crate) struct Object(Zeroizing<String>);

impl Object {
    pub(crate) fn new() -> Self {
        Self(Zeroizing::new(String::with_capacity(1024)))
    }

    pub(crate) fn text(self, name: &str, value: &str) -> Self {
        self.member(name, |json| push_string(json, value))
    }

    /// A value that is JSON already.
    pub(crate) fn json(self, name: &str, value: &str) -> Self {
        self.member(name, |json| json.push_str(value))
    }

    /// Seconds since 1970; a time before that is 0.
    pub(crate) fn time(self, name: &str, time: SystemTime) -> Self {
        let seconds = time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        self.json(name, &seconds.to_string())
    }

    fn member(mut self, name: &str, push: impl FnOnce(&mut String)) -> Self {
        let before = if self.0.is_empty() { '{' } else { ',' };
        self.0.push(before);
        push_string(&mut self.0, name);
        self.0.push(':');
        push(&mut self.0);
        self
    }

    fn encoded(mut self) -> Zeroizing<String> {
        self.0.push('}');
        Zeroizing::new(URL_SAFE_NO_PAD.encode(self.0.as_bytes()))
    }
}

/// A header with `typ`, if there is one, `alg` and `kid`.
pub(crate) fn header(typ: Option<&str>, key: &KeyHeader) -> Object {
    let header = match typ {
        Some(typ) => Object::new().text("typ", typ),
        None => Object::new(),
    };
    let header = header.text("alg", key.algorithm());
    match key.key_id() {
        Some(key_id) => header.text("kid", key_id),
        None => header,
    }
}

/// Header and claims with the dot between: what is signed.
pub(crate) struct Unsigned(Zeroizing<String>);

impl Unsigned {
    pub(crate) fn new(header: Object, claims: Object) -> Self {
        Self(Zeroizing::new(format!("{}.{}", *header.encoded(), *claims.encoded())))
    }

    pub(crate) fn signing_input(&self) -> &[u8] {
        self.0.as_bytes()
    }

    pub(crate) fn finish(self, signature: &[u8]) -> String {
        format!("{}.{}", *self.0, URL_SAFE_NO_PAD.encode(signature))
    }
}

/// The text of `jti`: 128 bits in base64url.
pub(crate) fn jti(entropy: &[u8; 16]) -> String {
    URL_SAFE_NO_PAD.encode(entropy)
}
