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
        // Tokens are short: comparing bytes is faster than a search that looks at many at a time.
        self.text.as_bytes().split(|byte| *byte == b' ').any(|own| own == token.as_bytes())
    }

    /// Returns whether `other` has every token of this scope.
    pub fn is_subset(&self, other: &Scope) -> bool {
        self.iter().all(|token| other.contains(token))
    }
}

text_value!(Scope);
