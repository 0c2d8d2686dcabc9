//! The tokens of a session that has ended.

use std::sync::Arc;

use crate::session::Session;
use crate::site::Site;

/// Revokes the refresh token in the background: the session has ended whatever comes of it.
pub(crate) fn revoke(site: Arc<Site>, session: Session) {
    drop(tokio::spawn(async move {
        let (Some(client), Some(token)) = (site.client(&session.provider), session.identity.tokens().refresh_token())
        else {
            return;
        };
        let Ok(login) = client.login(&site.http, site.now()).await else { return };
        if let Err(error) = login.revoke(&site.http, token).await {
            tracing::warn!(provider = client.name, code = error.code(), "{error}");
        }
    }));
}
