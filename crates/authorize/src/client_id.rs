use std::sync::Arc;

use crate::text::text_value;
use crate::uri::check_text;
use crate::{InvalidValue, InvalidValueKind};

/// A `client_id`: one or more printable ASCII characters, kept byte for byte (RFC 6749 section 2.2 and Appendix A.1). A
/// clone shares the text. There is no maximum length.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ClientId(Arc<str>);

impl ClientId {
    /// Parses the identifier that the authorization server issued at registration.
    ///
    /// # Errors
    /// [`InvalidValue`] when the text is empty or has a character outside `0x20..=0x7E`.
    pub fn new(text: impl AsRef<str>) -> Result<Self, InvalidValue> {
        let text = text.as_ref();
        check_text(text, |byte| (0x20..=0x7E).contains(&byte))
            .map_err(|kind: InvalidValueKind| InvalidValue::new("client_id", kind))?;
        Ok(Self(text.into()))
    }

    /// Returns the identifier, byte for byte.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

text_value!(ClientId);
