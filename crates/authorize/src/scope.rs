use std::sync::Arc;

use crate::text::text_value;
use crate::uri::check_text;
use crate::{InvalidValue, InvalidValueKind};

/// One or more scope tokens separated by single spaces, such as `openid profile email` (RFC 6749 section 3.3).
///
/// A clone shares the text. There is no maximum length.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Scope {
    text: Arc<str>,
    /// Whether `openid` is one of the tokens. Every login needs it.
    is_login: bool,
}

impl Scope {
    /// Parses scope tokens separated by any number of spaces.
    ///
    /// # Errors
    /// [`InvalidValue`] when there is no token, or when a token has another character than printable ASCII without `"`
    /// and `\` (RFC 6749 section 3.3).
    pub fn new(text: impl AsRef<str>) -> Result<Self, InvalidValue> {
        let text = text.as_ref();
        let check = || {
            check_text(text, |byte| matches!(byte, 0x20 | 0x21 | 0x23..=0x5B | 0x5D..=0x7E))?;
            if split(text).any(<[u8]>::is_empty) {
                let tokens = text.split(' ').filter(|token| !token.is_empty()).collect::<Vec<_>>().join(" ");
                return if tokens.is_empty() { Err(InvalidValueKind::Empty) } else { Ok(Self::of(&tokens)) };
            }
            Ok(Self::of(text))
        };
        check().map_err(|kind| InvalidValue::new("scope", kind))
    }

    fn of(tokens: &str) -> Self {
        Self { text: tokens.into(), is_login: split(tokens).any(|token| token == b"openid") }
    }

    /// Returns the tokens, separated by single spaces.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub(crate) fn is_login(&self) -> bool {
        self.is_login
    }

    /// Returns an iterator over the tokens, in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.text.split(' ')
    }

    /// Returns whether `token` is one of the tokens. Scope tokens are case-sensitive.
    pub fn contains(&self, token: &str) -> bool {
        split(&self.text).any(|own| own == token.as_bytes())
    }

    /// Returns whether `other` has every token of this scope.
    pub fn is_subset(&self, other: &Scope) -> bool {
        self.iter().all(|token| other.contains(token))
    }
}

/// Tokens are short: comparing bytes is faster than a search that looks at many at a time.
fn split(tokens: &str) -> impl Iterator<Item = &[u8]> {
    tokens.as_bytes().split(|byte| *byte == b' ')
}

text_value!(Scope);
