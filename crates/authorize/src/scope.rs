use std::fmt;
use std::sync::Arc;

use crate::uri::check_text;
use crate::{InvalidValue, InvalidValueKind};

/// One or more scope tokens with a space between them, such as `openid profile email` (RFC 6749 section 3.3). It
/// keeps the caller's bytes; a clone shares them.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Scope(Arc<str>);

impl Scope {
    /// Takes scope tokens separated by single spaces.
    ///
    /// # Errors
    /// [`InvalidValue`] when the text is empty or too long, or has a character outside `0x21 / 0x23..=0x5B /
    /// 0x5D..=0x7E` and the space between two tokens.
    pub fn new(text: impl AsRef<str>) -> Result<Self, InvalidValue> {
        let text = text.as_ref();
        let check = || {
            check_text(text, |octet| matches!(octet, 0x20 | 0x21 | 0x23..=0x5B | 0x5D..=0x7E))?;
            // Where an empty token would begin: a token ends at a space and at both ends.
            let is_end =
                |at: Option<usize>| at.and_then(|at| text.as_bytes().get(at)).is_none_or(|octet| *octet == b' ');
            match (0..=text.len()).find(|&at| is_end(at.checked_sub(1)) && is_end(Some(at))) {
                Some(position) => Err(InvalidValueKind::BadCharacter { position: position.min(text.len() - 1) }),
                None => Ok(()),
            }
        };
        check().map_err(|kind| InvalidValue::new("scope", kind))?;
        Ok(Self(text.into()))
    }

    /// The tokens with their spaces, byte for byte.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The tokens in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.split(' ')
    }

    /// Whether `token` is one of them; scope tokens are case-sensitive.
    pub fn contains(&self, token: &str) -> bool {
        // Tokens are short: octet by octet is faster than a search that looks at many at a time.
        self.0.as_bytes().split(|octet| *octet == b' ').any(|own| own == token.as_bytes())
    }

    /// Whether every token of this scope is one of `other`'s.
    pub fn is_within(&self, other: &Scope) -> bool {
        self.iter().all(|token| other.contains(token))
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scope({:?})", self.as_str())
    }
}
