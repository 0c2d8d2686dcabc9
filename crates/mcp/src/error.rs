//! The errors of an authorization, by step.

use std::error::Error;
use std::fmt;

use proofkey::authorize::{AuthorizationRequestError, CallbackError, DiscoveryError, InvalidValue, Issuer, sanitised};
use proofkey::token::{ExchangeError, RefreshError, TransportError};

use crate::address::AddressError;
use crate::server::McpServer;

mod document;
mod registration;
mod resource_metadata;

pub use document::DocumentError;
pub use registration::RegistrationError;
pub use resource_metadata::ResourceMetadataError;

/// The error of an MCP authorization, or of an operation after it. The description of each variant begins with the step
/// at which the error arises, or the variant has a field for the step. No variant shows a secret.
#[derive(Debug)]
#[non_exhaustive]
pub enum McpError {
    /// Set-up: a value such as the redirect URI is invalid.
    Invalid(InvalidValue),
    /// Set-up: the redirect URI is neither https nor http on a loopback host (`mcp_redirect_uri`).
    RedirectUri,
    /// Any step: the [`AddressPolicy`](crate::AddressPolicy) does not permit the address of a request.
    Address(AddressError),
    /// Metadata or registration: no complete response arrived.
    Transport {
        /// Where it arose.
        stage: Stage,
        /// Why there is no response.
        error: TransportError,
    },
    /// Any step: an address cannot be put into a request (`mcp_unsendable`).
    Unsendable {
        /// Where it arose.
        stage: Stage,
    },
    /// Metadata: none of the addresses has it (`mcp_not_found`).
    NotFound {
        /// Whose metadata: of the MCP server, or of its authorization server.
        stage: Stage,
        /// The addresses, in the order in which they were tried.
        tried: Vec<Tried>,
    },
    /// Resource: the response is not valid metadata of the MCP server.
    ResourceMetadata(ResourceMetadataError),
    /// Discovery: the response is not valid metadata of the authorization server.
    Discovery(DiscoveryError),
    /// Registration: the client was registered manually at an issuer that the MCP server no longer lists
    /// (`mcp_issuer_changed`). Ask the user, and register the client at the new one.
    IssuerChanged {
        /// The issuer of the registration.
        registered: String,
        /// The issuer that the server lists now.
        listed: Issuer,
    },
    /// Registration: the client is not registered at this issuer, and cannot register itself there (`mcp_ask_user`). Ask
    /// the user for a client identifier, and pass it as [`Registration::new`](crate::Registration::new).
    AskUser {
        /// The issuer.
        issuer: Issuer,
    },
    /// Registration: the authorization server did not register the client as requested.
    Registration(RegistrationError),
    /// Beginning: the system returned no entropy (`mcp_entropy`).
    Entropy(std::io::Error),
    /// Beginning: the authorization request cannot be built, for instance because the server does not announce PKCE.
    Request(AuthorizationRequestError),
    /// Callback: it was refused, or it reports an error of the server.
    Callback(CallbackError),
    /// Exchange: the token endpoint returned no usable tokens.
    Exchange(ExchangeError),
    /// Exchange: an earlier run was cancelled after the code may have been sent (`mcp_interrupted`). It is not sent
    /// again: begin a new authorization.
    Interrupted,
    /// Refresh: there are no new tokens; the old ones are unchanged.
    Refresh(RefreshError),
    /// Use: the request does not go to the server that the token is for (`mcp_another_server`). Nothing was added to it.
    AnotherServer {
        /// The server that the token is for.
        expected: McpServer,
        /// Where the request goes, without its query.
        received: String,
    },
    /// Use: the tokens cannot be sent as a bearer token (`mcp_no_bearer_token`).
    NoBearerToken,
    /// Use: the server refuses access, and asking the user again would not help (`mcp_denied`).
    Denied {
        /// The reason.
        reason: Denial,
    },
    /// Callback: the loopback receiver did not get one.
    #[cfg(feature = "native")]
    Native(proofkey_native::NativeLoginError),
    /// The steps have already ended (`mcp_finished`), with a result or with an error that is not retryable.
    Finished {
        /// Where it arose.
        stage: Stage,
    },
}

/// Why a refusal of the MCP server is final.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Denial {
    /// It refused four times in a row.
    TooManyRefusals,
    /// The challenge names no scope, or only scopes that were requested before.
    NothingToAskFor,
    /// It demands too many scopes.
    TooManyScopes,
}

/// The step at which an error arose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// `setup`: creating the client.
    Setup,
    /// `resource`: the metadata of the MCP server.
    Resource,
    /// `discovery`: the metadata of the authorization server.
    Discovery,
    /// `registration`: getting a client identifier.
    Registration,
    /// `begin`: the authorization request.
    Begin,
    /// `callback`
    Callback,
    /// `exchange`: the exchange of the code.
    Exchange,
    /// `refresh`
    Refresh,
    /// `use`: a request to the MCP server.
    Use,
}

impl Stage {
    /// Returns a stable name: the word at the head of each variant's description.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Setup => "setup",
            Self::Resource => "resource",
            Self::Discovery => "discovery",
            Self::Registration => "registration",
            Self::Begin => "begin",
            Self::Callback => "callback",
            Self::Exchange => "exchange",
            Self::Refresh => "refresh",
            Self::Use => "use",
        }
    }
}

/// An address that has no metadata.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    url: String,
    status: u16,
}

impl Tried {
    pub(crate) fn new(url: &str, status: u16) -> Self {
        Self { url: sanitised(url, 512), status }
    }

    /// Returns the URL.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the status of the response. If it is 200, the response was not JSON.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }
}

impl McpError {
    /// Returns the stable code: the word in the variant's description, or the code of the error in the variant.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Invalid(error) => error.code(),
            Self::RedirectUri => "mcp_redirect_uri",
            Self::Address(error) => error.code(),
            Self::Transport { error, .. } => error.code(),
            Self::Unsendable { .. } => "mcp_unsendable",
            Self::NotFound { .. } => "mcp_not_found",
            Self::ResourceMetadata(error) => error.code(),
            Self::Discovery(error) => error.code(),
            Self::IssuerChanged { .. } => "mcp_issuer_changed",
            Self::AskUser { .. } => "mcp_ask_user",
            Self::Registration(error) => error.code(),
            Self::Entropy(_) => "mcp_entropy",
            Self::Request(error) => error.code(),
            Self::Callback(error) => error.code(),
            Self::Exchange(error) => error.code(),
            Self::Interrupted => "mcp_interrupted",
            Self::Refresh(error) => error.code(),
            Self::AnotherServer { .. } => "mcp_another_server",
            Self::NoBearerToken => "mcp_no_bearer_token",
            Self::Denied { .. } => "mcp_denied",
            #[cfg(feature = "native")]
            Self::Native(error) => error.code(),
            Self::Finished { .. } => "mcp_finished",
        }
    }

    /// Returns whether trying again later can help: driving the same
    /// [`Steps`](proofkey::Steps) again. Never true for a code that may have been sent.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Transport { error, .. } => error.is_transient(),
            Self::ResourceMetadata(ResourceMetadataError::Document(error))
            | Self::Registration(RegistrationError::Document(error)) => error.is_retryable(),
            Self::Discovery(error) => error.is_retryable(),
            Self::Exchange(error) => error.is_retryable(),
            Self::Refresh(error) => error.is_retryable(),
            _ => false,
        }
    }

    /// Whether it only says that there is no such document at this address.
    pub(crate) fn is_elsewhere(&self) -> bool {
        use DiscoveryError::{ContentType, Status};
        let is_such = match self {
            Self::ResourceMetadata(ResourceMetadataError::Document(error)) => {
                matches!(error, DocumentError::Status { .. } | DocumentError::ContentType { .. })
            }
            Self::Discovery(error) => matches!(error, Status { .. } | ContentType { .. }),
            _ => false,
        };
        is_such && !self.is_retryable()
    }
}

impl fmt::Display for McpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(error) => write!(f, "setup: {error}"),
            Self::RedirectUri => f.write_str(
                "setup: the redirect URI is neither https nor http on a loopback host, as MCP requires; \
                 with_redirect_uri accepts another one",
            ),
            Self::Address(error) => error.fmt(f),
            Self::Transport { stage, error } => write!(f, "{}: {error}", stage.as_str()),
            Self::Unsendable { stage } => {
                write!(f, "{}: the address cannot be put into an HTTP request", stage.as_str())
            }
            Self::NotFound { stage, tried } => {
                write!(f, "{}: there is no metadata at ", stage.as_str())?;
                for (at, Tried { url, status }) in tried.iter().enumerate() {
                    write!(f, "{}{url} (status {status})", if at == 0 { "" } else { ", " })?;
                }
                Ok(())
            }
            Self::ResourceMetadata(error) => write!(f, "resource: {error}"),
            Self::Discovery(error) => error.fmt(f),
            Self::IssuerChanged { registered, listed } => write!(
                f,
                "registration: the client is registered at \"{registered}\", and the MCP server now names \"{listed}\"; \
                 if that is intended, register it there"
            ),
            Self::AskUser { issuer } => write!(
                f,
                "registration: the client is not known to \"{issuer}\" and cannot register itself there; register it \
                 manually, and pass its client_id"
            ),
            Self::Registration(error) => write!(f, "registration: {error}"),
            Self::Entropy(error) => write!(f, "begin: the system returned no entropy: {error}"),
            Self::Request(error) => error.fmt(f),
            Self::Callback(error) => error.fmt(f),
            Self::Exchange(error) => error.fmt(f),
            Self::Interrupted => {
                f.write_str("exchange: the code may have been sent and is not sent again; begin a new authorization")
            }
            Self::Refresh(error) => error.fmt(f),
            Self::AnotherServer { expected, received } => {
                write!(f, "use: the token is for {expected}, and the request goes to \"{received}\"; nothing was added")
            }
            Self::NoBearerToken => f.write_str("use: there is no access token of the type Bearer"),
            Self::Denied { reason } => {
                f.write_str("use: the MCP server refuses access permanently: ")?;
                f.write_str(match reason {
                    Denial::TooManyRefusals => "it refused four times in a row",
                    Denial::NothingToAskFor => "it demands no scope that was not requested before",
                    Denial::TooManyScopes => "it demands more scopes than one request may have",
                })
            }
            #[cfg(feature = "native")]
            Self::Native(error) => error.fmt(f),
            Self::Finished { stage } => write!(f, "{}: the steps have already ended; begin again", stage.as_str()),
        }
    }
}

impl Error for McpError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        // `Display` shows what the variant holds, and not what is behind that.
        match self {
            Self::Transport { error, .. } => error.source(),
            Self::Exchange(error) => error.source(),
            Self::Refresh(error) => error.source(),
            Self::Request(error) => error.source(),
            Self::Entropy(error) => Some(error),
            #[cfg(feature = "native")]
            Self::Native(error) => error.source(),
            _ => None,
        }
    }
}

macro_rules! from {
    ($($error:ty => $variant:ident,)*) => {
        $(
            impl From<$error> for McpError {
                fn from(error: $error) -> Self {
                    Self::$variant(error)
                }
            }
        )*
    };
}

from! {
    InvalidValue => Invalid,
    AddressError => Address,
    ResourceMetadataError => ResourceMetadata,
    DiscoveryError => Discovery,
    RegistrationError => Registration,
    AuthorizationRequestError => Request,
    CallbackError => Callback,
    ExchangeError => Exchange,
    RefreshError => Refresh,
}

#[cfg(feature = "native")]
impl From<proofkey_native::NativeLoginError> for McpError {
    fn from(error: proofkey_native::NativeLoginError) -> Self {
        Self::Native(error)
    }
}
