//! From an issuer to the metadata of its server.

use std::time::SystemTime;

use http::Response;
use proofkey_authorize::{self as authorize, AuthorizationServer, Compat, DiscoveryPath, DiscoveryRequest, Endpoint};
#[cfg(not(target_family = "wasm"))]
use proofkey_token::BlockingTransport;
use proofkey_token::{Transport, TransportError};

use crate::call::Call;
use crate::drive::drive;
#[cfg(not(target_family = "wasm"))]
use crate::drive::drive_blocking;
use crate::error::{LoginError, Stage};
use crate::renewal::Renewal;
use crate::steps::sealed::KeyFetches;
use crate::steps::{Step, Steps};

/// Fetches the metadata of `issuer` from `/.well-known/openid-configuration` after the issuer's path
/// (OpenID Connect Discovery section 4).
///
/// Write the issuer as the provider documents it, with or without a trailing slash. It is compared byte for byte with
/// the one in the document; if they differ, nothing of the document is used.
///
/// # Errors
///
/// [`LoginError::Invalid`], [`LoginError::DiscoveryTransport`] or [`LoginError::Discovery`].
pub async fn discover(http: &impl Transport, issuer: impl AsRef<str>) -> Result<AuthorizationServer, LoginError> {
    let discovery = Discovery::new(issuer);
    discovery.run(http).await
}

/// [`discover`] for a server that deviates from the specifications. `compat` names the tolerated
/// deviations: a profile such as `Compat::google()`, or single ones. They are tolerated in every
/// request to this server. [`Identity::deviations`](crate::Identity::deviations) lists those that a
/// login needed.
///
/// # Errors
///
/// As [`discover`].
pub async fn discover_with(
    http: &impl Transport,
    issuer: impl AsRef<str>,
    compat: Compat,
) -> Result<AuthorizationServer, LoginError> {
    let discovery = Discovery::new(issuer).compat(compat);
    discovery.run(http).await
}

/// A discovery with all its options, finished by [`run`](Self::run),
/// [`run_blocking`](Self::run_blocking) or [`steps`](Self::steps).
///
/// ```
/// # async fn example(http: &impl proofkey::token::Transport) -> Result<(), proofkey::LoginError> {
/// use proofkey::Discovery;
/// use proofkey::authorize::{Compat, DiscoveryPath};
///
/// let server = Discovery::new("https://as.example")
///     .path(DiscoveryPath::OAuth)
///     .compat(Compat::strict().with_pkce_not_announced())
///     .run(http)
///     .await?;
/// # drop(server);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a discovery does nothing unless it is run"]
pub struct Discovery {
    issuer: String,
    path: DiscoveryPath,
    compat: Compat,
}

impl Discovery {
    /// Creates the discovery of `issuer`, at [`DiscoveryPath::OpenIdConnect`] and without tolerated
    /// deviations.
    pub fn new(issuer: impl AsRef<str>) -> Self {
        Self { issuer: issuer.as_ref().to_owned(), path: DiscoveryPath::OpenIdConnect, compat: Compat::strict() }
    }

    /// Sets the well-known location. A server without OpenID Connect has its metadata at
    /// [`DiscoveryPath::OAuth`] (RFC 8414 section 3).
    pub fn path(mut self, path: DiscoveryPath) -> Self {
        self.path = path;
        self
    }

    /// Sets the deviations that are tolerated.
    pub fn compat(mut self, compat: Compat) -> Self {
        self.compat = compat;
        self
    }

    /// Sets another address of the metadata. The document must still name the issuer.
    ///
    /// This calls [`Compat::with_metadata_at`](proofkey_authorize::Compat::with_metadata_at), so call it
    /// after [`compat`](Self::compat).
    pub fn metadata_at(mut self, address: Endpoint) -> Self {
        self.compat = self.compat.with_metadata_at(address);
        self
    }

    /// Fetches the metadata.
    ///
    /// # Errors
    ///
    /// As [`discover`].
    pub async fn run(self, http: &impl Transport) -> Result<AuthorizationServer, LoginError> {
        drive(&mut self.steps()?, http, SystemTime::now).await
    }

    /// Fetches the metadata with a blocking transport.
    ///
    /// # Errors
    ///
    /// As [`discover`].
    #[cfg(not(target_family = "wasm"))]
    pub fn run_blocking(self, http: &impl BlockingTransport) -> Result<AuthorizationServer, LoginError> {
        drive_blocking(&mut self.steps()?, http, SystemTime::now)
    }

    /// Returns the discovery as steps without I/O.
    ///
    /// # Errors
    ///
    /// [`LoginError::Invalid`] if the issuer is not valid.
    pub fn steps(self) -> Result<DiscoverySteps, LoginError> {
        let issuer = self.compat.issuer(&self.issuer)?;
        let (request, discovery) = DiscoveryRequest::new(issuer).path(self.path).compat(self.compat).build()?;
        Ok(DiscoverySteps {
            // Nothing is renewed, so there is no such error.
            call: Call::new(request, Renewal::Nothing, Stage::Discovery, |_| LoginError::Finished {
                stage: Stage::Discovery,
            }),
            discovery,
        })
    }
}

/// A discovery, created by [`Discovery::steps`].
#[derive(Debug)]
#[must_use = "steps do nothing unless they are driven"]
pub struct DiscoverySteps {
    call: Call<AuthorizationServer>,
    discovery: authorize::Discovery,
}

impl Steps for DiscoverySteps {
    type Output = AuthorizationServer;
    type Error = LoginError;

    fn next(&mut self, _: SystemTime) -> Step<Result<AuthorizationServer, LoginError>> {
        self.call.next()
    }

    fn receive(&mut self, answer: Result<Response<Vec<u8>>, TransportError>, _: SystemTime) {
        self.call.receive(answer, |answer| {
            let response = answer.map_err(LoginError::DiscoveryTransport)?;
            Ok(self.discovery.receive(response)?)
        });
    }
}

impl KeyFetches for DiscoverySteps {}
