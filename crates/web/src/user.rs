//! The signed-in user, as handlers take it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::extract::{FromRequestParts, OptionalFromRequestParts, OriginalUri};
use axum::http::header::WWW_AUTHENTICATE;
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use proofkey::Identity;
use proofkey::jwt::Claims;

use crate::access::AccessError;
use crate::begin::is_navigation;
use crate::failure::{RETRY_AFTER, unavailable};
use crate::layer::SessionRead;
use crate::page::{CHALLENGE, redirect};
use crate::return_to::ReturnTo;
use crate::session::Session;
use crate::site::Site;

/// The user who is signed in, as an extractor of axum.
///
/// If no user is signed in, `User` responds with 401, `Option<User>` is `None`, and [`RequireLogin`] redirects the
/// browser to the login. All three respond with 503 if the session store fails: that a session cannot be read does not
/// mean that no user is signed in.
///
/// ```
/// use proofkey_web::User;
///
/// async fn home(user: Option<User>) -> String {
///     match user {
///         Some(user) => format!("Hello {}", user.claims().name().unwrap_or(user.subject())),
///         None => "Hello stranger".to_owned(),
///     }
/// }
/// # let _ = home;
/// ```
#[derive(Clone)]
pub struct User {
    pub(crate) site: Arc<Site>,
    pub(crate) session: Arc<Session>,
}

impl User {
    /// Returns the issuer, byte for byte.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.session.identity.issuer()
    }

    /// Returns `sub`: the user's identifier at this issuer. Store issuer and subject together as the key of an account; an
    /// e-mail address is not one.
    #[must_use]
    pub fn subject(&self) -> &str {
        self.session.identity.subject()
    }

    /// Returns the claims of the ID token about the user.
    #[must_use]
    pub fn claims(&self) -> &Claims {
        self.session.identity.claims()
    }

    /// Returns the identity in the session. For the access token use [`access_token`](Self::access_token), which
    /// refreshes it when necessary.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.session.identity
    }

    /// Returns the name of the provider with which the user logged in ([`Provider::named`](crate::Provider::named)).
    #[must_use]
    pub fn provider(&self) -> &str {
        &self.session.provider
    }

    /// The login that covers the route, and the user of the request.
    async fn of(parts: &mut Parts) -> Result<(Arc<Site>, Option<Self>), Response> {
        let Some(site) = parts.extensions.get::<Arc<Site>>().cloned() else {
            tracing::error!("this route has no login: add it before `WebLogin::attach`");
            return Err(StatusCode::INTERNAL_SERVER_ERROR.into_response());
        };
        if let Some(known) = parts.extensions.get::<Option<Self>>() {
            return Ok((site, known.clone()));
        }
        let session = site.session(&parts.headers).await.map_err(|failure| {
            failure.log("session");
            site.show_failure(&failure, &ReturnTo::home())
        })?;
        if let Some(read) = parts.extensions.get::<SessionRead>() {
            read.0.store(true, Ordering::Relaxed);
        }
        let user = session.map(|session| Self { site: Arc::clone(&site), session: Arc::new(session) });
        parts.extensions.insert(user.clone());
        Ok((site, user))
    }
}

impl<S: Sync> FromRequestParts<S> for User {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        let (site, user) = Self::of(parts).await?;
        user.ok_or_else(|| site.sign_in_required())
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for User {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Response> {
        let (_, user) = Self::of(parts).await?;
        Ok(user)
    }
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User").field("session", &self.session).finish_non_exhaustive()
    }
}

/// The signed-in user, as an extractor that otherwise redirects to the login. The login leads back to the requested
/// page.
///
/// Only a browser that opens a page is redirected. A script's request, or a form, gets 401.
///
/// ```
/// use axum::middleware::from_extractor;
/// use axum::{Router, routing::get};
/// use proofkey_web::RequireLogin;
///
/// async fn account(RequireLogin(user): RequireLogin) -> String {
///     user.subject().to_owned()
/// }
/// // For one route, or for several at once:
/// let app: Router = Router::new()
///     .route("/account", get(account))
///     .route("/report", get(|| async { "for signed-in users" }))
///     .route_layer(from_extractor::<RequireLogin>());
/// # drop(app);
/// ```
#[derive(Clone, Debug)]
pub struct RequireLogin(pub User);

impl<S: Sync> FromRequestParts<S> for RequireLogin {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        let (site, user) = User::of(parts).await?;
        if let Some(user) = user {
            return Ok(Self(user));
        }
        if parts.method != Method::GET || !is_navigation(&parts.headers) {
            return Err(site.sign_in_required());
        }
        let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |original| &original.0);
        let page = uri.path_and_query().map_or("/", |page| page.as_str());
        Err(redirect(&site.return_to(page).link(&site.paths.login)))
    }
}

impl IntoResponse for AccessError {
    /// 401 if the user has to log in again, 503 with `Retry-After` if a retry can help.
    fn into_response(self) -> Response {
        match self {
            Self::Ended => (StatusCode::UNAUTHORIZED, [(WWW_AUTHENTICATE, CHALLENGE)]).into_response(),
            Self::Unavailable { retry_after } => unavailable(retry_after.unwrap_or(RETRY_AFTER)),
        }
    }
}
