//! The HTTP client of the feature `reqwest`.

use std::error::Error;
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use zeroize::Zeroizing;

use crate::transport::{Transport, TransportError, TransportErrorKind};

mod address;
mod classify;
mod execute;

use address::{Addresses, PlainHosts};
use classify::classify;

/// A [`Transport`] with a reqwest client of its own, configured for requests with credentials.
///
/// | | |
/// | --- | --- |
/// | TLS | rustls with aws-lc-rs, TLS 1.2 and newer, the system's root certificates |
/// | addresses | https only; http after [`HttpBuilder::allow_http_loopback`] or [`HttpBuilder::allow_http_host`] |
/// | redirects | not followed; a 3xx response is returned as it is |
/// | retries | none: a request that may have been sent is not sent again |
/// | time-outs | 10 s for the connection, 30 s for the whole exchange, body included |
/// | size | 1 MiB of body, counted while it streams; no decompression |
/// | 1xx responses | dropped; the time-out ends them, however many come |
/// | proxy | none, whatever the environment variables say; [`HttpBuilder::https_proxy`] sets one |
/// | cookies, referrer | none |
///
/// Environment variables set no proxy, because they should not decide where credentials are sent. A
/// proxy is used for https only, as a tunnel, so it learns the host and port and nothing else.
///
/// Cloning is cheap, and clones share the pool of connections. Its futures are `Send`, and must be
/// polled in a tokio runtime with time and network enabled.
#[derive(Clone)]
pub struct Http {
    client: reqwest::Client,
    addresses: Addresses,
    limit: usize,
}

impl Http {
    /// Creates a client with the settings of the table above.
    ///
    /// # Errors
    ///
    /// [`HttpError::Setup`] when TLS cannot be set up, for instance because the system has no
    /// root certificates.
    pub fn new() -> Result<Self, HttpError> {
        Self::builder().build()
    }

    /// Returns a builder with the settings of the table above.
    pub fn builder() -> HttpBuilder {
        HttpBuilder {
            plain: PlainHosts::default(),
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(30),
            limit: 1024 * 1024,
            proxy: None,
            roots: Vec::new(),
            identity: None,
        }
    }

    async fn exchange(
        &self,
        url: reqwest::Url,
        request: http::Request<Vec<u8>>,
    ) -> Result<http::Response<Vec<u8>>, TransportError> {
        // Only the address, the method, the headers and the body are the caller's to choose.
        let (parts, body) = request.into_parts();
        let mut request = reqwest::Request::new(parts.method, url);
        *request.headers_mut() = parts.headers;
        *request.body_mut() = Some(body.into());

        let mut response = self.client.execute(request).await.map_err(classify)?;
        let too_large = || TransportError::after_sending(TransportErrorKind::TooLarge { limit: self.limit });
        if response.content_length().is_some_and(|length| length > self.limit as u64) {
            return Err(too_large());
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(classify)? {
            if chunk.len() > self.limit - body.len() {
                return Err(too_large());
            }
            body.extend_from_slice(&chunk);
        }
        let mut whole = http::Response::new(body);
        *whole.status_mut() = response.status();
        *whole.headers_mut() = std::mem::take(response.headers_mut());
        Ok(whole)
    }
}

impl Transport for Http {
    async fn send(&self, request: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, TransportError> {
        let uri = request.uri().clone();
        let sent = match self.addresses.read(&uri) {
            Ok(url) => self.exchange(url, request).await,
            Err(kind) => Err(TransportError::before_sending(kind)),
        };
        sent.map_err(|error| error.at(&uri))
    }
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http")
            .field("http_hosts", self.addresses.plain_hosts())
            .field("body_limit", &self.limit)
            .finish_non_exhaustive()
    }
}

/// The settings of an [`Http`], finished by [`build`](Self::build). Created by [`Http::builder`].
#[must_use]
pub struct HttpBuilder {
    plain: PlainHosts,
    connect_timeout: Duration,
    timeout: Duration,
    limit: usize,
    proxy: Option<String>,
    roots: Vec<Vec<u8>>,
    identity: Option<Zeroizing<Vec<u8>>>,
}

impl HttpBuilder {
    /// Permits plain http to `127.0.0.0/8`, `[::1]` and `localhost`, for tests and development.
    ///
    /// The name `localhost` is not resolved: it means 127.0.0.1 or ::1.
    pub fn allow_http_loopback(mut self) -> Self {
        self.plain.loopback = true;
        self
    }

    /// Permits plain http to `host`, at any port. Call it again for another host.
    ///
    /// Write `host` as the URL has it (`keycloak`, `192.168.1.10`, `[fd00::1]`); it is compared without
    /// regard to case, and there are no wildcards. The server needs a permission of its own, for the
    /// same host: `Compat::with_http_host`, of `proofkey-authorize`.
    ///
    /// **Without TLS, everything that is sent there can be read and changed on the way**: codes,
    /// client secrets, tokens, and the keys that ID tokens are validated with. The host's
    /// identity is not verified either. Use it in development, or inside a network that is itself
    /// encrypted, such as a service mesh with mutual TLS.
    pub fn allow_http_host(mut self, host: impl Into<String>) -> Self {
        self.plain.named.push(host.into());
        self
    }

    /// Sets the time-out of a connection, TLS handshake included. The default is 10 seconds.
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// Sets the time-out of the whole exchange, from the call to the last byte of the body. The default is 30 seconds.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = limit;
        self
    }

    /// Sets the maximum size of a response body, in bytes. The default is 1 MiB.
    pub fn body_limit(mut self, limit: usize) -> Self {
        self.limit = limit;
        self
    }

    /// Sets the HTTP proxy for https requests, such as `http://proxy.example:3128`. They pass it in a
    /// `CONNECT` tunnel: the proxy learns the server's host and port, and TLS ends at the server.
    pub fn https_proxy(mut self, address: impl Into<String>) -> Self {
        self.proxy = Some(address.into());
        self
    }

    /// Also trusts these certificate authorities: one or more certificates in PEM.
    pub fn add_root_certificate_pem(mut self, pem: &[u8]) -> Self {
        self.roots.push(pem.to_vec());
        self
    }

    /// Authenticates by TLS with this certificate (RFC 8705): its chain and its private key in PEM, in any
    /// order. Send such requests to the addresses of
    /// [`with_mtls_endpoint_aliases`](proofkey_authorize::AuthorizationServer::with_mtls_endpoint_aliases),
    /// with [`ClientAuthentication::none`](crate::ClientAuthentication::none). The PEM text is overwritten
    /// when the client is created.
    pub fn identity_pem(mut self, pem: &[u8]) -> Self {
        self.identity = Some(Zeroizing::new(pem.to_vec()));
        self
    }

    /// Creates the client.
    ///
    /// # Errors
    ///
    /// [`HttpError::Identity`] when the client's PEM text has no certificate or no private key,
    /// [`HttpError::Certificate`] when a PEM text has no readable certificate, [`HttpError::Proxy`] when
    /// the address of the proxy is not a URL, [`HttpError::Setup`] when TLS cannot be set up.
    pub fn build(self) -> Result<Http, HttpError> {
        let mut client = reqwest::Client::builder()
            .user_agent(concat!("proofkey/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            // reqwest sends a request again when it takes that for safe, and copies each one beforehand unless the
            // number of repetitions is zero.
            .retry(reqwest::retry::never().max_retries_per_request(0))
            .no_proxy()
            // These are the defaults here. They are set because another crate of the application can switch on
            // features of reqwest, and a feature changes every client of the program.
            .tls_backend_rustls()
            .http1_only()
            .no_gzip()
            .no_brotli()
            .no_zstd()
            .no_deflate()
            .referer(false)
            .connect_timeout(self.connect_timeout)
            .timeout(self.timeout)
            // Common servers close an idle connection after five seconds. A request that meets
            // the closing is lost, and a code with it, so the connection is given up before.
            .pool_idle_timeout(Duration::from_secs(4))
            .resolve_to_addrs(
                "localhost",
                &[SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), SocketAddr::from((Ipv6Addr::LOCALHOST, 0))],
            );
        if let Some(address) = self.proxy {
            let proxy =
                reqwest::Proxy::https(address).map_err(|error| HttpError::Proxy(Box::new(error.without_url())))?;
            client = client.proxy(proxy);
        }
        for pem in &self.roots {
            let certificates = reqwest::Certificate::from_pem_bundle(pem)
                .map_err(|error| HttpError::Certificate(Some(Box::new(error))))?;
            if certificates.is_empty() {
                return Err(HttpError::Certificate(None));
            }
            client = client.tls_certs_merge(certificates);
        }
        if let Some(pem) = &self.identity {
            // Without the source: it could tell of the key.
            client = client.identity(reqwest::Identity::from_pem(pem).map_err(|_| HttpError::Identity)?);
        }
        let client = client.build().map_err(|error| HttpError::Setup(Box::new(error)))?;
        Ok(Http { client, addresses: Addresses::new(self.plain), limit: self.limit })
    }
}

impl fmt::Debug for HttpBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A proxy's address can hold a password.
        f.debug_struct("HttpBuilder")
            .field("http_hosts", &self.plain)
            .field("connect_timeout", &self.connect_timeout)
            .field("timeout", &self.timeout)
            .field("body_limit", &self.limit)
            .field("https_proxy", &self.proxy.is_some())
            .field("root_certificates", &self.roots.len())
            .field("identity", &self.identity.is_some())
            .finish()
    }
}

/// The error of [`HttpBuilder::build`]. Each description begins with the [code](Self::code).
#[derive(Debug)]
#[non_exhaustive]
pub enum HttpError {
    /// `http_certificate`: the PEM text holds no certificate, or one that cannot be read.
    Certificate(Option<Box<dyn Error + Send + Sync>>),
    /// `http_proxy`: the proxy's address is not a URL.
    Proxy(Box<dyn Error + Send + Sync>),
    /// `http_identity`: the PEM text of the client has no certificate, no private key, or neither can be
    /// read.
    Identity,
    /// `http_setup`: TLS could not be set up.
    Setup(Box<dyn Error + Send + Sync>),
}

impl HttpError {
    /// Returns the stable code: the word at the head of each variant's description.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Certificate(_) => "http_certificate",
            Self::Proxy(_) => "http_proxy",
            Self::Identity => "http_identity",
            Self::Setup(_) => "http_setup",
        }
    }
}

impl fmt::Display for HttpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Certificate(_) => {
                "the root certificate is not a readable certificate in PEM (text that begins with \
                 `-----BEGIN CERTIFICATE-----`)"
            }
            Self::Proxy(_) => "the proxy's address is not a URL such as http://proxy.example:3128",
            Self::Identity => {
                "the client's identity is not a certificate and its private key in PEM (text with \
                 `-----BEGIN CERTIFICATE-----` and `-----BEGIN PRIVATE KEY-----`)"
            }
            Self::Setup(_) => {
                "TLS could not be set up: install the system's root certificates, or check the \
                 certificates that were added"
            }
        })
    }
}

impl Error for HttpError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Certificate(source) => source.as_deref().map(|source| source as _),
            Self::Proxy(source) | Self::Setup(source) => Some(source.as_ref()),
            Self::Identity => None,
        }
    }
}
