//! The requirements of one request to an API on its access token.

use std::time::Duration;

use crate::dpop_proof::DpopProof;

/// The requirements of one request on its access token, and the sender's proof of possession. Rules for every request
/// belong to [`ResourceServer`](crate::ResourceServer).
///
/// The default requires no scope and has no proof of possession, so it refuses a token that is bound to a key or a
/// certificate. A certificate that the token is not bound to is ignored. `Debug` does not show the certificate.
///
/// ```
/// use std::time::Duration;
/// use proofkey_jwt::Required;
///
/// let required = Required::new().scope("orders:write").max_age(Duration::from_secs(300));
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Required {
    pub(crate) scopes: Vec<String>,
    pub(crate) acr: Option<Vec<String>>,
    pub(crate) max_age: Option<Duration>,
    pub(crate) proof: Option<DpopProof>,
    pub(crate) certificate: Option<Certificate>,
}

/// The DER of a certificate.
#[derive(Clone)]
pub(crate) struct Certificate(pub(crate) Vec<u8>);

impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Certificate({} bytes)", self.0.len())
    }
}

impl Required {
    /// Requires only a valid token.
    pub fn new() -> Self {
        Self::default()
    }

    /// Requires each of these scopes, separated by spaces. Call it again for more.
    pub fn scope(mut self, scopes: &str) -> Self {
        self.scopes.extend(scopes.split_ascii_whitespace().map(str::to_owned));
        self
    }

    /// Returns the required scopes.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.scopes.iter().map(String::as_str)
    }

    /// Requires one of these `values` in `acr` (RFC 9470 section 6.2). An empty list refuses every token.
    pub fn acr<S: Into<String>>(mut self, values: impl IntoIterator<Item = S>) -> Self {
        self.acr = Some(values.into_iter().map(Into::into).collect());
        self
    }

    /// Requires that the user authenticated at most `max_age` ago, by `auth_time` (RFC 9470 section 6.2).
    pub fn max_age(mut self, max_age: Duration) -> Self {
        self.max_age = Some(max_age);
        self
    }

    /// Sets the DPoP proof of the request. Without a proof, a token that is bound to a key (`jkt`, RFC 9449 section
    /// 6.1) is refused. With a proof, a token is refused unless it is bound to the key of the proof, and the proof was
    /// created for this token.
    pub fn proof(mut self, proof: DpopProof) -> Self {
        self.proof = Some(proof);
        self
    }

    /// Sets the client certificate of the TLS connection, in DER. A token that is bound to a certificate
    /// (`x5t#S256`, RFC 8705 section 3.1) is refused without it.
    pub fn certificate(mut self, der: impl Into<Vec<u8>>) -> Self {
        self.certificate = Some(Certificate(der.into()));
        self
    }
}
