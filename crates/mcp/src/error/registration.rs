use std::error::Error;
use std::fmt;

use proofkey::authorize::InvalidValue;

use super::DocumentError;

/// The error of a registration (RFC 7591). The registration is not used.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RegistrationError {
    /// The response is not the expected document.
    Document(DocumentError),
    /// The server refused (`registration_refused`, RFC 7591 section 3.2.2). `invalid_redirect_uri` often means that it
    /// has other rules for clients on the user's machine than for those on a server.
    Refused {
        /// The status of the response.
        status: u16,
        /// Its `error`, such as `invalid_redirect_uri`; at most 128 characters.
        error: String,
        /// Its `error_description`; at most 1024 characters.
        description: Option<String>,
    },
    /// The identifier that the server issued is not valid.
    ClientId(InvalidValue),
    /// The server registered other redirect URIs (`registration_redirect_uris`).
    RedirectUris {
        /// The first registered URI that was not requested; empty when the requested one is missing.
        received: String,
    },
    /// The server registered the client without the authorization code grant or the response type `code`
    /// (`registration_grant`).
    Grant {
        /// The member that has them.
        member: &'static str,
    },
    /// The server chose a method of client authentication that this client does not support
    /// (`registration_authentication`).
    Authentication {
        /// The method.
        received: String,
    },
    /// The server chose a method that needs a secret, and issued none (`registration_secret_missing`).
    SecretMissing,
    /// The secret that the server issued has expired (`registration_secret_expired`).
    SecretExpired,
}

impl RegistrationError {
    /// Returns the stable code: the word in the variant's description, or the code of the error in the variant.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Document(error) => error.code(),
            Self::Refused { .. } => "registration_refused",
            Self::ClientId(error) => error.code(),
            Self::RedirectUris { .. } => "registration_redirect_uris",
            Self::Grant { .. } => "registration_grant",
            Self::Authentication { .. } => "registration_authentication",
            Self::SecretMissing => "registration_secret_missing",
            Self::SecretExpired => "registration_secret_expired",
        }
    }
}

impl fmt::Display for RegistrationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Document(error) => error.fmt(f),
            Self::Refused { status, error, description } => {
                write!(f, "the server refused with status {status} and \"{error}\"")?;
                description.as_ref().map_or(Ok(()), |description| write!(f, ": {description}"))
            }
            Self::ClientId(error) => error.fmt(f),
            Self::RedirectUris { received } if received.is_empty() => {
                f.write_str("the server did not register the requested redirect URI")
            }
            Self::RedirectUris { received } => {
                write!(f, "the server registered a redirect URI that was not requested: \"{received}\"")
            }
            Self::Grant { member } => write!(f, "the server registered {member} without the code flow"),
            Self::Authentication { received } => write!(
                f,
                "the server chose the client authentication \"{received}\"; expected none, client_secret_basic or \
                 client_secret_post"
            ),
            Self::SecretMissing => f.write_str("the server chose client authentication by a secret, and issued none"),
            Self::SecretExpired => f.write_str("the secret that the server issued has already expired"),
        }
    }
}

impl Error for RegistrationError {}

impl From<DocumentError> for RegistrationError {
    fn from(error: DocumentError) -> Self {
        Self::Document(error)
    }
}
