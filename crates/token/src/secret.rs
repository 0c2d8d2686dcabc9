//! Secrets: redacted, overwritten when dropped, read by `expose`.

use std::error::Error;
use std::fmt;

use http::HeaderValue;
use zeroize::{Zeroize, Zeroizing};

use crate::authentication::sensitive;

/// A text that is overwritten when dropped. A move copies the pointer to it, not the text.
pub(crate) struct Text(String);

impl Text {
    pub(crate) fn new(text: String) -> Self {
        Self(text)
    }
}

impl std::ops::Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Drop for Text {
    fn drop(&mut self) {
        // Emptied first: spare capacity is overwritten as a whole, content byte by byte.
        self.0.clear();
        self.0.zeroize();
    }
}

macro_rules! secret {
    ($(#[$documentation:meta])* $name:ident) => {
        $(#[$documentation])*
        ///
        /// `Debug` does not show it, and it is overwritten when dropped.
        pub struct $name(Text);

        impl $name {
            /// Returns the secret. The caller wipes its own copies.
            #[must_use]
            pub fn expose(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    };
}

secret! {
    /// An access token: opaque to the client, never parsed (RFC 6749 section 1.4, RFC 9068 section 6).
    AccessToken
}

secret! {
    /// A refresh token (RFC 6749 section 1.5).
    RefreshToken
}

secret! {
    /// The text of an ID token, **not validated**. Do not use its claims before
    /// [validation](https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation), by
    /// `IdToken::validate` of `proofkey-jwt`.
    IdTokenText
}

secret! {
    /// A signed JWT that authenticates a client for one request (RFC 7523 section 2.2).
    ClientAssertion
}

secret! {
    /// The secret that a confidential client shares with its authorization server (RFC 6749
    /// section 2.3.1).
    ClientSecret
}

impl AccessToken {
    /// Creates an access token from its text, for instance from the application's own store.
    ///
    /// # Errors
    ///
    /// [`InvalidSecret`] when the text is empty or has a character outside `0x21..=0x7E`. That is RFC
    /// 6749 Appendix A.12 without the space, which would end the token in an `Authorization` header.
    /// Servers use more characters than RFC 6750 section 2.1 permits.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidSecret> {
        Self::from_text(Text::new(text.into())).map_err(|(invalid, _)| invalid)
    }

    /// The same, with the length of a text that is refused.
    pub(crate) fn from_text(text: Text) -> Result<Self, (InvalidSecret, usize)> {
        InvalidSecret::check("access_token", &text, |byte| matches!(byte, b'!'..=b'~'))
            .map_err(|invalid| (invalid, text.len()))?;
        Ok(Self(text))
    }
}

impl AccessToken {
    /// Returns the value of the `Authorization` header for a request to the API (RFC 6750 section 2.1):
    /// `Bearer` and the token. It is marked as sensitive, so that HTTP libraries keep it out of their
    /// logs and their compression tables. For a token that is bound to a key
    /// ([`TokenSet::token_type`](crate::TokenSet::token_type)), use
    /// [`Dpop::authorize`](crate::Dpop::authorize).
    ///
    /// ```
    /// use proofkey_token::AccessToken;
    ///
    /// let token = AccessToken::new("mF_9.B5f-4.1JqM")?;
    /// let request = http::Request::get("https://api.example/projects")
    ///     .header(http::header::AUTHORIZATION, token.authorization())
    ///     .body(())?;
    /// assert_eq!(request.headers()["authorization"], "Bearer mF_9.B5f-4.1JqM");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn authorization(&self) -> HeaderValue {
        sensitive(&Zeroizing::new(format!("Bearer {}", self.expose())))
    }
}

/// The copy is overwritten when dropped, too.
impl Clone for AccessToken {
    fn clone(&self) -> Self {
        Self(Text::new(self.expose().to_owned()))
    }
}

impl RefreshToken {
    /// Creates a refresh token from its text, for instance from the application's own store.
    ///
    /// # Errors
    ///
    /// [`InvalidSecret`] when the text is empty or has a character outside `0x20..=0x7E` (RFC 6749
    /// Appendix A.17).
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidSecret> {
        Self::from_text(Text::new(text.into())).map_err(|(invalid, _)| invalid)
    }

    /// The same, with the length of a text that is refused.
    pub(crate) fn from_text(text: Text) -> Result<Self, (InvalidSecret, usize)> {
        InvalidSecret::check("refresh_token", &text, |byte| matches!(byte, b' '..=b'~'))
            .map_err(|invalid| (invalid, text.len()))?;
        Ok(Self(text))
    }
}

impl IdTokenText {
    /// Takes any text: the validation says what is wrong with it.
    pub(crate) fn new(text: Text) -> Self {
        Self(text)
    }
}

impl ClientAssertion {
    /// Creates an assertion from a signed JWT that was made for one request.
    ///
    /// # Errors
    ///
    /// [`InvalidSecret`] when the text is empty or has a character outside `0x21..=0x7E`.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidSecret> {
        let text = Text::new(text.into());
        InvalidSecret::check("client_assertion", &text, |byte| matches!(byte, b'!'..=b'~'))?;
        Ok(Self(text))
    }

    /// One that was signed here, and is base64url with two dots.
    pub(crate) fn signed(text: Text) -> Self {
        Self(text)
    }
}

impl ClientSecret {
    /// Creates a client secret from the text that the authorization server issued at registration.
    ///
    /// # Errors
    ///
    /// [`InvalidSecret`] when the text is empty: a parameter without a value counts as omitted (RFC
    /// 6749 section 3.2), so the client would count as a public one.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidSecret> {
        let text = Text::new(text.into());
        InvalidSecret::check("client_secret", &text, |_| true)?;
        Ok(Self(text))
    }

    /// One that was signed here, and is base64url with two dots.
    pub(crate) fn signed(text: Text) -> Self {
        Self(text)
    }
}

/// The error for a text that is not a valid token, assertion or client secret. It does not hold the
/// text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidSecret {
    name: &'static str,
    position: Option<usize>,
}

impl InvalidSecret {
    fn check(name: &'static str, text: &str, is_allowed: impl Fn(u8) -> bool) -> Result<(), Self> {
        // Without an early end, so that the compiler compares many bytes at once.
        let is_good = text.bytes().fold(true, |is_good, byte| is_good & is_allowed(byte));
        if is_good && !text.is_empty() {
            return Ok(());
        }
        Err(Self { name, position: text.bytes().position(|byte| !is_allowed(byte)) })
    }

    /// Returns the name of the value: `access_token`, `refresh_token`, `client_assertion` or
    /// `client_secret`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the position of the first character that is not allowed, in bytes from 0; `None` for an
    /// empty text.
    #[must_use]
    pub fn position(&self) -> Option<usize> {
        self.position
    }

    /// Returns the stable code: `secret_empty` or `secret_bad_character`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self.position {
            None => "secret_empty",
            Some(_) => "secret_bad_character",
        }
    }
}

impl fmt::Display for InvalidSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.position {
            None => write!(f, "the {} is empty", self.name),
            Some(position) => write!(f, "the {} has a character that is not allowed at position {position}", self.name),
        }
    }
}

impl Error for InvalidSecret {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_12_an_access_token_has_nothing_that_could_break_a_header() {
        // Salesforce has a `!` in its tokens, and others have what RFC 6750 leaves out as well.
        for good in ["a", "abc.DEF-123_~+/", "opaque==", "00Dx0000000BV7z!AR8A", "a=b", "a,b;\"c\"|{}[]<>", "="] {
            assert_eq!(AccessToken::new(good).unwrap().expose(), good);
        }
        for (bad, position) in [
            ("", None),
            ("a b", Some(1)),
            (" ", Some(0)),
            ("a\r\nX-Admin: 1", Some(1)),
            ("\u{e9}", Some(0)),
            ("a\0", Some(1)),
            ("a\x7f", Some(1)),
        ] {
            assert_eq!(AccessToken::new(bad).unwrap_err().position(), position, "{bad:?}");
        }
    }

    #[test]
    fn a_refresh_token_is_printable_ascii() {
        assert!(RefreshToken::new("1//0g dash=+\"").is_ok());
        let empty = RefreshToken::new("").unwrap_err();
        assert_eq!((empty.code(), empty.to_string().as_str()), ("secret_empty", "the refresh_token is empty"));
        assert!(RefreshToken::new("a\u{e4}").unwrap_err().to_string().ends_with("not allowed at position 1"));
        let error = RefreshToken::new("a\nb").unwrap_err();
        assert_eq!((error.position(), error.code()), (Some(1), "secret_bad_character"));
    }

    #[test]
    fn a_client_secret_may_hold_anything_but_not_nothing() {
        assert!(ClientSecret::new(":% +\u{e9}").is_ok());
        assert_eq!(ClientSecret::new("").unwrap_err().code(), "secret_empty");
    }
}
