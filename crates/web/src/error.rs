//! The error of a set-up.

use std::error::Error;
use std::fmt;

use proofkey::authorize::InvalidValue;
use proofkey::token::HttpError;

/// The error of [`WebLogin::attach`](crate::WebLogin::attach) and [`ApiGuard::attach`](crate::ApiGuard::attach). Each description begins with the [code](Self::code).
#[derive(Debug)]
#[non_exhaustive]
pub enum SetupError {
    /// A redirect URI or a client identifier is not valid. The code is that of the [`InvalidValue`].
    Invalid(InvalidValue),
    /// `web_redirect_uri`: a redirect URI is not an http(s) URL with a path. Plain `http` is allowed on loopback only.
    RedirectUri {
        /// The redirect URI.
        redirect_uri: String,
    },
    /// `web_origins_differ`: the redirect URI of a provider has another origin than that of the first one. One
    /// application has one origin.
    OriginsDiffer {
        /// The origin of the first provider.
        expected: String,
        /// The origin of another one.
        received: String,
    },
    /// `web_path_taken`: two routes have the same path, or a path does not begin with a slash. Each provider needs its
    /// own redirect URI, which also distinguishes the callbacks of two servers (RFC 9700 section 4.4.2.2).
    PathTaken {
        /// The path.
        path: String,
    },
    /// `web_provider_name`: the name of a provider has other characters than lower-case letters, digits and hyphens, or
    /// is used twice.
    ProviderName {
        /// The name.
        name: String,
    },
    /// `web_resource`: the address of an API is not an http or https URL without query and fragment.
    Resource {
        /// The address.
        resource: String,
    },
    /// The HTTP client cannot be created. The code is that of the [`HttpError`].
    Http(HttpError),
    /// `web_key`: no key was given to [`WebLogin::keys`](crate::WebLogin::keys), or the cryptographic library refuses one.
    Key,
    /// `web_entropy`: the system returned no entropy.
    Entropy(std::io::Error),
}

impl SetupError {
    /// Returns the stable code: the word at the head of each variant's description.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Invalid(error) => error.code(),
            Self::RedirectUri { .. } => "web_redirect_uri",
            Self::OriginsDiffer { .. } => "web_origins_differ",
            Self::PathTaken { .. } => "web_path_taken",
            Self::ProviderName { .. } => "web_provider_name",
            Self::Resource { .. } => "web_resource",
            Self::Http(error) => error.code(),
            Self::Key => "web_key",
            Self::Entropy(_) => "web_entropy",
        }
    }
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("set-up: ")?;
        match self {
            Self::Invalid(error) => error.fmt(f),
            Self::RedirectUri { redirect_uri } => write!(
                f,
                "the redirect URI {redirect_uri:?} is not an http(s) URL with a path, such as https://app.example/callback"
            ),
            Self::OriginsDiffer { expected, received } => write!(
                f,
                "the first redirect URI is at {expected}, another one at {received}; all must be at the same origin"
            ),
            Self::PathTaken { path } => {
                write!(
                    f,
                    "two routes have the path {path:?}, or it does not begin with a slash; register a separate redirect URI for each provider"
                )
            }
            Self::ProviderName { name } => write!(
                f,
                "the provider name {name:?} is used twice, or has characters other than lower-case letters, digits and hyphens"
            ),
            Self::Resource { resource } => write!(
                f,
                "the address of the API {resource:?} is not an http or https URL without query and fragment, such as \
                 https://api.example"
            ),
            Self::Http(error) => error.fmt(f),
            Self::Key => f.write_str(
                "`WebLogin::keys` received no key, or one that the cryptographic library refuses; pass at least one key of 32 random bytes",
            ),
            Self::Entropy(error) => write!(f, "the system returned no entropy: {error}"),
        }
    }
}

impl Error for SetupError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Http(error) => error.source(),
            Self::Entropy(error) => Some(error),
            _ => None,
        }
    }
}

impl From<InvalidValue> for SetupError {
    fn from(error: InvalidValue) -> Self {
        Self::Invalid(error)
    }
}

impl From<HttpError> for SetupError {
    fn from(error: HttpError) -> Self {
        Self::Http(error)
    }
}
