//! Which DPoP proofs a resource server accepts.

use std::sync::Arc;
use std::time::Duration;

use crate::algorithm::Algorithm;
use crate::secret::Secret;
use crate::signature::Crypto;

/// The rules of a resource server for every DPoP proof (RFC 9449 section 4.3). Create it once and keep it.
///
/// By default it accepts ES256, ES384, EdDSA, PS256 and RS256, and proofs that are at most 60 seconds old, with 30 seconds
/// of leeway.
#[derive(Clone, Debug)]
#[must_use]
pub struct DpopPolicy {
    pub(crate) algorithms: Vec<Algorithm>,
    pub(crate) max_age: Duration,
    pub(crate) leeway: Duration,
    pub(crate) crypto: Arc<dyn Crypto>,
}

impl DpopPolicy {
    /// Creates the default policy.
    #[cfg(feature = "aws-lc-rs")]
    #[expect(clippy::new_without_default, reason = "there is none without the feature")]
    pub fn new() -> Self {
        Self::with_crypto(Arc::new(crate::aws_lc::AwsLc))
    }

    /// [`DpopPolicy::new`] with a cryptography backend of the caller.
    pub fn with_crypto(crypto: Arc<dyn Crypto>) -> Self {
        use Algorithm::{EdDsa, Es256, Es384, Ps256, Rs256};
        let algorithms = vec![Es256, Es384, EdDsa, Ps256, Rs256];
        Self { algorithms, max_age: Duration::from_secs(60), leeway: Duration::from_secs(30), crypto }
    }

    /// Sets the accepted algorithms. Neither `none` nor an HMAC algorithm can be named.
    pub fn algorithms(mut self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        self.algorithms = algorithms.into_iter().collect();
        self
    }

    /// Sets the maximum time since `iat`. The default is 60 seconds.
    pub fn max_age(mut self, max_age: Duration) -> Self {
        self.max_age = max_age;
        self
    }

    /// Sets how much the clocks of client and resource server may differ. The default is 30 seconds.
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway;
        self
    }
}

/// The request that a DPoP proof is for. `Debug` does not show the access token and the nonces.
///
/// ```
/// use proofkey_jwt::DpopRequest;
///
/// let request = DpopRequest::new("GET", "https://api.example/orders", "the access token");
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct DpopRequest {
    pub(crate) method: String,
    pub(crate) url: String,
    pub(crate) access_token: Secret,
    pub(crate) nonces: Option<Vec<Secret>>,
}

impl DpopRequest {
    /// Creates the description of a request: its method, its URL as the client sees it, and the access token that came
    /// with the proof. Query and fragment of the URL are ignored. Behind a proxy, `url` has the proxy's scheme and host:
    /// take them from the configuration and not from a header field that any client can send.
    pub fn new(method: impl Into<String>, url: impl Into<String>, access_token: impl Into<String>) -> Self {
        let access_token = Secret::new(access_token);
        Self { method: method.into(), url: url.into(), access_token, nonces: None }
    }

    /// Requires one of the `nonces` that the server issued, typically the current and the previous one; an empty list
    /// refuses every proof. Without this call, a nonce in the proof is ignored (RFC 9449 section 9).
    ///
    /// A nonce is any unpredictable text without spaces or quotes, such as 128 random bits in base64url. The API
    /// creates it and replaces it after a few minutes. It is sent in the header field `DPoP-Nonce` of the response that
    /// refuses a proof without it ([`is_nonce_needed`](crate::DpopProofError::is_nonce_needed)), and of any other
    /// response once there is a newer one.
    pub fn nonces<S: Into<String>>(mut self, nonces: impl IntoIterator<Item = S>) -> Self {
        self.nonces = Some(nonces.into_iter().map(Secret::new).collect());
        self
    }
}
