//! A request that cannot be made.

use std::error::Error;
use std::fmt;

use proofkey_authorize::Issuer;

/// The error for a request that cannot be built. Nothing was sent. Each description begins with the [code](Self::code).
#[derive(Debug)]
#[non_exhaustive]
pub enum TokenRequestError {
    /// `token_request_another_issuer`: the code comes from another issuer than the one that it was to be
    /// sent to (the mix-up attack, RFC 9700 section 4.4).
    AnotherIssuer {
        /// The issuer that the code comes from.
        code_from: Issuer,
        /// The issuer that the code was to be sent to.
        sent_to: Issuer,
    },
    /// `token_request_no_endpoint`: the server has no such endpoint.
    NoEndpoint {
        /// The name of the endpoint in the metadata.
        endpoint: &'static str,
    },
    /// `token_request_endpoint_address`: the URL of the endpoint cannot be put into a request.
    EndpointAddress,
    /// `token_request_no_refresh_token`: the token set has no refresh token.
    NoRefreshToken,
    /// `token_request_no_access_token`: the token set has no access token.
    NoAccessToken,
    /// `token_request_wider_scope`: the requested scope is not a subset of the granted one (RFC 6749
    /// section 6), and this is [not tolerated](proofkey_authorize::Deviation::WiderScopeOnRefresh).
    WiderScope,
    /// `token_request_reserved_parameter`: a parameter of the caller has a name that the request sets
    /// itself, or that came before (RFC 6749 section 3.2: none occurs twice).
    ReservedParameter {
        /// The name of the parameter.
        name: String,
    },
    /// `token_request_device_expired`: the codes of a device login have expired, or will have before the
    /// next poll is due (RFC 8628 section 3.2).
    DeviceExpired,
    /// `token_request_signing_algorithm`: the key signs with an algorithm that the server does not accept here.
    SigningAlgorithm {
        /// The algorithm of the key.
        algorithm: String,
        /// The name of the list in the server's metadata, or `private_key_jwt` or `client_secret_jwt` for a key of the
        /// wrong kind.
        list: &'static str,
        /// The algorithms that the list has.
        listed: String,
    },
    /// `token_request_proof_key`: a DPoP proof is required, and there is no key for it, or no public key in its header.
    ProofKey,
    /// `token_request_proof_target`: a DPoP proof is required, but the request has no absolute URI to name in it.
    ProofTarget,
    /// `token_request_api_address`: the address of an API is not an absolute URL, or has a user name.
    ApiAddress,
    /// `token_request_plain_http`: the address of an API is not https, so a token would cross the network in the clear.
    PlainHttp {
        /// Scheme, host and port.
        origin: String,
    },
    /// `token_request_another_origin`: the request goes to another origin than the API that the token is for.
    AnotherOrigin {
        /// Scheme, host and port of the API.
        expected: String,
        /// Those of the request.
        received: String,
    },
    /// `token_request_not_a_form`: the client authenticates in the body of a form POST, but the request is not a form POST.
    NotAForm,
    /// `token_request_credential`: the function that makes the client's credential failed, or the key could not sign.
    Credential(Box<dyn Error + Send + Sync>),
}

impl TokenRequestError {
    /// Returns the stable code: the word at the head of each variant's description.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::AnotherIssuer { .. } => "token_request_another_issuer",
            Self::NoEndpoint { .. } => "token_request_no_endpoint",
            Self::EndpointAddress => "token_request_endpoint_address",
            Self::NoRefreshToken => "token_request_no_refresh_token",
            Self::NoAccessToken => "token_request_no_access_token",
            Self::WiderScope => "token_request_wider_scope",
            Self::ReservedParameter { .. } => "token_request_reserved_parameter",
            Self::DeviceExpired => "token_request_device_expired",
            Self::SigningAlgorithm { .. } => "token_request_signing_algorithm",
            Self::ProofKey => "token_request_proof_key",
            Self::ProofTarget => "token_request_proof_target",
            Self::ApiAddress => "token_request_api_address",
            Self::PlainHttp { .. } => "token_request_plain_http",
            Self::AnotherOrigin { .. } => "token_request_another_origin",
            Self::NotAForm => "token_request_not_a_form",
            Self::Credential(_) => "token_request_credential",
        }
    }
}

impl fmt::Display for TokenRequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AnotherIssuer { code_from, sent_to } => write!(
                f,
                "the code comes from the issuer \"{}\" and must not be sent to \"{}\"",
                code_from.as_str(),
                sent_to.as_str()
            ),
            Self::NoEndpoint { endpoint } => write!(f, "the server's metadata has no {endpoint}"),
            Self::EndpointAddress => f.write_str("the endpoint's address cannot be put into an HTTP request"),
            Self::NoRefreshToken => f.write_str(
                "the token set has no refresh token: request one, at many servers with the scope offline_access",
            ),
            Self::NoAccessToken => f.write_str("the token set has no access token; the server issued none"),
            Self::WiderScope => f.write_str(
                "the requested scope is wider than the granted one: a refresh can only narrow it, unless the \
                 server's Compat has `with_wider_scope_on_refresh`",
            ),
            Self::ReservedParameter { name } => {
                write!(f, "the parameter \"{name}\" is set by the request itself, or was given before")
            }
            Self::DeviceExpired => {
                f.write_str("the user did not enter the code in time, and it has expired: begin a new login")
            }
            Self::SigningAlgorithm { algorithm, list, listed } => write!(
                f,
                "the key signs with {algorithm}, and {list} accepts: {listed}; use a key for one of these"
            ),
            Self::ProofKey => f.write_str(
                "a DPoP proof is required, but there is no public key for it; set the key by `with_dpop`, and its \
                 public half by `with_public_jwk`",
            ),
            Self::ProofTarget => f.write_str(
                "a DPoP proof is required, but the request has no absolute URI to name in it; give it one with scheme \
                 and host",
            ),
            Self::ApiAddress => f.write_str("the API's address is not an absolute URL with a host and without a user name"),
            Self::PlainHttp { origin } => write!(
                f,
                "the API's address is {origin}, and a token is sent over https only; in tests and development, \
                 `Api::allowing_http_loopback` permits loopback"
            ),
            Self::AnotherOrigin { expected, received } => write!(
                f,
                "the request goes to {received}, and the token is for {expected}; nothing was sent: create an `Api` for each \
                 server that is to get this token"
            ),
            Self::NotAForm => f.write_str(
                "the request is not a POST of application/x-www-form-urlencoded, so the client cannot authenticate in it",
            ),
            Self::Credential(_) => f.write_str("the client's credential for this request could not be created"),
        }
    }
}

impl Error for TokenRequestError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Credential(source) => Some(source.as_ref()),
            _ => None,
        }
    }
}
