//! Asking an issuer for its metadata.

use proofkey_authorize::{AuthorizationServer, Compat, DiscoveryPath, Issuer};
use proofkey_token::Transport;

use crate::error::LoginError;

/// Asks `issuer` for its metadata, as OpenID Connect Discovery has it:
/// `/.well-known/openid-configuration` behind the issuer's path.
///
/// The issuer is compared byte for byte with the one that the document names: give it as the
/// provider writes it, with or without the slash at its end. Nothing of a document that names
/// another one is used.
///
/// # Errors
///
/// [`LoginError::Invalid`], [`LoginError::DiscoveryTransport`] or [`LoginError::Discovery`].
pub async fn discover(
    http: &impl Transport,
    issuer: impl AsRef<str> + Send,
) -> Result<AuthorizationServer, LoginError> {
    discover_at(http, issuer, DiscoveryPath::OpenIdConnect).await
}

/// [`discover`], with the choice of the well-known location: an authorization server without OpenID
/// Connect has its metadata at `/.well-known/oauth-authorization-server`, in front of the issuer's
/// path (RFC 8414).
///
/// # Errors
///
/// As [`discover`].
pub async fn discover_at(
    http: &impl Transport,
    issuer: impl AsRef<str> + Send,
    path: DiscoveryPath,
) -> Result<AuthorizationServer, LoginError> {
    ask(http, issuer.as_ref(), path, Compat::strict()).await
}

/// [`discover`], of a server that is known to depart from the specifications: `Compat::google()`,
/// `Compat::entra(..)`, or single leniencies by their names. They hold for all that is asked of the
/// server from here on; those that a login needs are listed by
/// [`Identity::deviations`](crate::Identity::deviations).
///
/// Metadata at another address than the issuer's are asked for there
/// ([`Compat::with_metadata_at`](proofkey_authorize::Compat::with_metadata_at)).
///
/// # Errors
///
/// As [`discover`].
pub async fn discover_with(
    http: &impl Transport,
    issuer: impl AsRef<str> + Send,
    compat: Compat,
) -> Result<AuthorizationServer, LoginError> {
    ask(http, issuer.as_ref(), DiscoveryPath::OpenIdConnect, compat).await
}

async fn ask(
    http: &impl Transport,
    issuer: &str,
    path: DiscoveryPath,
    compat: Compat,
) -> Result<AuthorizationServer, LoginError> {
    let issuer = Issuer::new(issuer)?;
    let request = AuthorizationServer::discovery_request_with(&issuer, path, &compat)?;
    let response = http.send(request).await.map_err(LoginError::DiscoveryTransport)?;
    Ok(AuthorizationServer::from_response_with(&issuer, compat, &response)?)
}
