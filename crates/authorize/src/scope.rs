use std::fmt;
use std::sync::Arc;

use crate::uri::check_text;
use crate::{InvalidValue, InvalidValueKind};

/// One or more scope tokens, such as `openid profile email` (RFC 6749 section 3.3), with one space between two. A clone
/// shares the text. There is no maximum length.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Scope {
    text: Arc<str>,
    /// Whether `openid` is one of the tokens. It is asked for at each login.
    is_login: bool,
}

impl Scope {
    /// Reads scope tokens separated by spaces. Further spaces, at the ends or between two tokens, are left out.
    ///
    /// # Errors
    /// [`InvalidValue`] when there is no token, or a character outside `0x21 / 0x23..=0x5B / 0x5D..=0x7E` and the space.
    pub fn new(text: impl AsRef<str>) -> Result<Self, InvalidValue> {
        let text = text.as_ref();
        let check = || {
            check_text(text, |byte| matches!(byte, 0x20 | 0x21 | 0x23..=0x5B | 0x5D..=0x7E))?;
            let has_further_spaces = text.starts_with(' ') || text.ends_with(' ') || text.contains("  ");
            match has_further_spaces {
                false => Ok(Self::of(text)),
                true => match text.split(' ').filter(|token| !token.is_empty()).collect::<Vec<_>>().join(" ") {
                    tokens if tokens.is_empty() => Err(InvalidValueKind::Empty),
                    tokens => Ok(Self::of(&tokens)),
                },
            }
        };
        check().map_err(|kind| InvalidValue::new("scope", kind))
    }

    fn of(tokens: &str) -> Self {
        Self { text: tokens.into(), is_login: tokens.split(' ').any(|token| token == "openid") }
    }

    /// Returns the tokens with one space between two.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub(crate) fn is_login(&self) -> bool {
        self.is_login
    }

    /// Iterates over the tokens in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.text.split(' ')
    }

    /// Returns whether `token` is one of them; scope tokens are case-sensitive.
    pub fn contains(&self, token: &str) -> bool {
        // Tokens are short: comparing bytes is faster than a search that looks at many at a time.
        self.text.as_bytes().split(|byte| *byte == b' ').any(|own| own == token.as_bytes())
    }

    /// Returns whether every token of this scope is one of `other`'s.
    pub fn is_within(&self, other: &Scope) -> bool {
        self.iter().all(|token| other.contains(token))
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scope({:?})", self.as_str())
    }
}
