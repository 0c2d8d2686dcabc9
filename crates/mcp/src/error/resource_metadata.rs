use std::error::Error;
use std::fmt;

use proofkey::authorize::InvalidValue;

use super::DocumentError;
use crate::server::McpServer;

/// The error for metadata that is not that of the MCP server (RFC 9728). Nothing of it is used.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResourceMetadataError {
    /// The response is not the expected document.
    Document(DocumentError),
    /// The `resource_metadata` of the challenge is not a valid URL.
    Url(InvalidValue),
    /// The `resource` is not the server's URL, byte for byte (`resource_metadata_mismatch`).
    ResourceMismatch {
        /// The server.
        expected: McpServer,
        /// The `resource` that the document names.
        received: String,
    },
    /// The issuer that the document names is not valid.
    Issuer(InvalidValue),
    /// A URL is on a loopback host, and the MCP server is not (`resource_metadata_loopback`).
    Loopback {
        /// The URL.
        received: String,
    },
}

impl ResourceMetadataError {
    /// Returns the stable code: the word in the variant's description, or the code of the error in the variant.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Document(error) => error.code(),
            Self::Url(error) | Self::Issuer(error) => error.code(),
            Self::ResourceMismatch { .. } => "resource_metadata_mismatch",
            Self::Loopback { .. } => "resource_metadata_loopback",
        }
    }
}

impl fmt::Display for ResourceMetadataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Document(error) => error.fmt(f),
            Self::Url(error) => write!(f, "resource_metadata: {error}"),
            Self::ResourceMismatch { expected, received } => write!(
                f,
                "the metadata is of another resource, compared byte for byte: expected \"{expected}\", received \
                 \"{received}\"; if the server documents the received one, connect to that"
            ),
            Self::Issuer(error) => write!(f, "authorization_servers: {error}"),
            Self::Loopback { received } => {
                write!(
                    f,
                    "\"{received}\" is on a loopback host, and the MCP server is not; expected a URL on another host"
                )
            }
        }
    }
}

impl Error for ResourceMetadataError {}

impl From<DocumentError> for ResourceMetadataError {
    fn from(error: DocumentError) -> Self {
        Self::Document(error)
    }
}
