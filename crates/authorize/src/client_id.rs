use std::fmt;
use std::sync::Arc;

use crate::uri::check_text;
use crate::{InvalidValue, InvalidValueKind};

/// A `client_id`: printable ASCII characters, kept as they are (RFC 6749 section 2.2 and Appendix A.1). A clone shares
/// the text. There is no maximum length.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ClientId(Arc<str>);

impl ClientId {
    /// Reads the identifier that the authorization server gave at registration.
    ///
    /// # Errors
    /// [`InvalidValue`] when it is empty or has a character outside `0x20..=0x7E`.
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

impl fmt::Debug for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClientId({:?})", self.as_str())
    }
}
