//! What comes after a login: refresh, userinfo, revocation.

use proofkey_jwt::{IdToken, IdTokenError};
use proofkey_token::{RefreshError, Refreshed, Revocable, RevocationError, TokenSet, Transport, UserInfoError};
use proofkey_token::{revoke, userinfo};
use serde_json::{Map, Value};
use zeroize::Zeroize;

use crate::error::LoginError;
use crate::identity::Identity;
use crate::login::Login;

impl Login {
    /// Refreshes the tokens of an identity, in place.
    ///
    /// An ID token that comes along is validated, and must be about the same person (OpenID Connect
    /// Core section 12.2). If the future is dropped after new tokens came and before that was done, a
    /// second call goes on from there and sends nothing.
    ///
    /// Only one refresh of the same tokens may be under way: most servers take a refresh token that is
    /// used twice for a stolen one, and end the session. `&mut` sees to that within one process.
    ///
    /// # Errors
    ///
    /// [`LoginError::Refresh`] when there are no new tokens, [`LoginError::Keys`] or
    /// [`LoginError::IdToken`] when the new ID token cannot be validated. The old tokens stay as they
    /// are.
    pub async fn refresh(&self, http: &impl Transport, identity: &mut Identity) -> Result<(), LoginError> {
        if identity.unconfirmed.is_none() {
            let refreshed = self.send_refresh(http, &identity.tokens).await?;
            identity.unconfirmed = Some((refreshed, self.now()));
        }
        let id_token = match &identity.unconfirmed {
            Some((refreshed, _)) => self.validate_refreshed(http, refreshed, &identity.id_token).await,
            None => Ok(None),
        };
        match id_token {
            // Nothing was said about the token yet.
            Err(error @ LoginError::Keys(_)) => Err(error),
            Err(error) => {
                identity.unconfirmed = None;
                Err(error)
            }
            Ok(id_token) => {
                if let Some((refreshed, at)) = identity.unconfirmed.take() {
                    identity.confirm(id_token, refreshed, at);
                }
                Ok(())
            }
        }
    }

    /// Refreshes the tokens of a plain OAuth authorization, in place.
    ///
    /// # Errors
    ///
    /// [`LoginError::Refresh`]. The old tokens stay as they are.
    pub async fn refresh_tokens(&self, http: &impl Transport, tokens: &mut TokenSet) -> Result<(), LoginError> {
        let refreshed = self.send_refresh(http, tokens).await?;
        tokens.update(refreshed);
        Ok(())
    }

    /// Asks for claims about the person, by the access token. Claims about anybody else are discarded.
    ///
    /// # Errors
    ///
    /// [`LoginError::UserInfo`].
    pub async fn userinfo(&self, http: &impl Transport, identity: &Identity) -> Result<Map<String, Value>, LoginError> {
        let (request, userinfo) = userinfo(identity.tokens.access_token(), identity.subject(), self.server())?;
        let response = http.send(request).await.map_err(UserInfoError::from)?;
        Ok(userinfo.receive(&response)?)
    }

    /// Ends the validity of a token. Revoking the refresh token ends the whole grant at most servers.
    ///
    /// # Errors
    ///
    /// [`LoginError::Revocation`]: the token still counts as valid.
    pub async fn revoke<'t>(
        &self,
        http: &impl Transport,
        token: impl Into<Revocable<'t>> + Send,
    ) -> Result<(), LoginError> {
        let (request, revocation) = revoke(token, self.server(), self.client_id(), &self.authentication)?;
        let response = http.send(request).await.map_err(RevocationError::from)?;
        Ok(revocation.receive(&response)?)
    }

    async fn send_refresh(&self, http: &impl Transport, tokens: &TokenSet) -> Result<Refreshed, LoginError> {
        let request = tokens.refresh_request(self.server(), self.client_id()).map_err(RefreshError::from)?;
        let (request, refresh) = request.build(&self.authentication)?;
        let mut response = http.send(request).await.map_err(RefreshError::from)?;
        let refreshed = refresh.receive(&response);
        response.body_mut().as_mut_slice().zeroize();
        Ok(refreshed?)
    }

    /// Validates the ID token of a refresh, if there is one.
    async fn validate_refreshed(
        &self,
        http: &impl Transport,
        refreshed: &Refreshed,
        before: &IdToken,
    ) -> Result<Option<IdToken>, LoginError> {
        let Some(text) = refreshed.id_token() else { return Ok(None) };
        let validate = |keys: &_| -> Result<Result<IdToken, IdTokenError>, LoginError> {
            let expected = self.expected()?.access_token(refreshed.access_token().expose()).refreshed_from(before);
            Ok(IdToken::validate(text.expose(), keys, &expected))
        };
        let source = self.key_source(http);
        let keys = self.keys.current(&source).await?;
        match validate(&keys)? {
            Err(error) if error.is_key_not_found() => match self.keys.newer(&source, &keys).await? {
                Some(newer) => Ok(Some(validate(&newer)??)),
                None => Err(error.into()),
            },
            result => Ok(Some(result?)),
        }
    }
}
