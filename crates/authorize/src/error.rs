use std::error::Error;
use std::fmt;

/// The error for a client identifier, issuer, redirect URI, scope or endpoint that is not valid. It shows a position,
/// never content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidValue {
    name: &'static str,
    kind: InvalidValueKind,
}

impl InvalidValue {
    pub(crate) fn new(name: &'static str, kind: InvalidValueKind) -> Self {
        Self { name, kind }
    }

    /// Returns the name of the value: `client_id`, `issuer`, `redirect_uri`, `scope`, `endpoint` or
    /// `request_uri`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Returns what is wrong with the value.
    pub fn kind(&self) -> InvalidValueKind {
        self.kind
    }

    /// Returns the stable code: see [`InvalidValueKind::code`].
    pub fn code(&self) -> &'static str {
        self.kind.code()
    }
}

impl fmt::Display for InvalidValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.kind)?;
        f.write_str(match (self.kind, self.name) {
            (InvalidValueKind::PlainHttp, "redirect_uri") => {
                "; to permit http all the same, name the scheme with RedirectUri::with_scheme"
            }
            (InvalidValueKind::PlainHttp, _) => "; to permit http on this host, name it with Compat::with_http_host",
            (InvalidValueKind::Scheme, "redirect_uri") => ", or a private-use scheme such as com.example.app:/callback",
            _ => "",
        })
    }
}

impl Error for InvalidValue {}

/// What is wrong with an [`InvalidValue`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidValueKind {
    /// The value is empty.
    Empty,
    /// The value has a character that its grammar does not permit.
    BadCharacter {
        /// The position of the first such character, in bytes from 0.
        position: usize,
    },
    /// The URI has no scheme, or a malformed one.
    NotAbsolute,
    /// The scheme is not permitted here: it is neither https, nor http on a loopback host, nor, in a redirect URI, a
    /// reversed domain name.
    Scheme,
    /// The scheme is http, and the host is not this machine.
    PlainHttp,
    /// The scheme of a redirect URI has no dot, so it is no reversed domain name (RFC 8252 section 7.1).
    PrivateUseScheme,
    /// The host is empty or malformed.
    Host,
    /// The port is not a number up to 65535.
    Port,
    /// There is a user name or password before the host.
    UserInfo,
    /// The issuer has a query (RFC 8414 section 2).
    Query,
    /// The URI has a fragment (RFC 6749 sections 3.1, 3.1.2 and 3.2).
    Fragment,
}

impl InvalidValueKind {
    /// Returns the stable code, `value_` and what is wrong, such as `value_fragment`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "value_empty",
            Self::BadCharacter { .. } => "value_bad_character",
            Self::NotAbsolute => "value_not_absolute",
            Self::Scheme => "value_scheme",
            Self::PlainHttp => "value_plain_http",
            Self::PrivateUseScheme => "value_private_use_scheme",
            Self::Host => "value_host",
            Self::Port => "value_port",
            Self::UserInfo => "value_userinfo",
            Self::Query => "value_query",
            Self::Fragment => "value_fragment",
        }
    }
}

impl fmt::Display for InvalidValueKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("is empty"),
            Self::BadCharacter { position } => {
                write!(f, "has a character that is not allowed at position {position}")
            }
            Self::NotAbsolute => f.write_str("is not an absolute URI; begin it with a scheme such as https:"),
            Self::Scheme => f.write_str("has a scheme that is not allowed here; use https, or http on a loopback host"),
            Self::PlainHttp => f.write_str("is http on a host that is not this machine; use https"),
            Self::PrivateUseScheme => f.write_str(
                "has a private-use scheme without a dot; use a reversed domain name such as com.example.app:/callback, \
                 or name this scheme with RedirectUri::with_scheme",
            ),
            Self::Host => f.write_str("has no host, or a malformed one"),
            Self::Port => f.write_str("has a port that is not a number up to 65535"),
            Self::UserInfo => f.write_str("has a user name or password before the host; remove it"),
            Self::Query => f.write_str("has a query; remove it"),
            Self::Fragment => f.write_str("has a fragment; remove it"),
        }
    }
}
