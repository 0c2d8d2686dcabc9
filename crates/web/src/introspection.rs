//! Access tokens that the authorization server is asked about.

use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};
use proofkey::authorize::{AuthorizationServer, ClientId};
use proofkey::jwt::{JwtAccessTokenError, Required, ResourceServer};
use proofkey::token::{
    AccessToken, ActiveToken, ClientAuthentication, FailedCheck, Http, IntrospectionCache, IntrospectionError,
    IntrospectionRequest, ResponseErrorKind, Transport as _,
};
use proofkey::{Discovery, Lazy};

use crate::failure::Failure;
use crate::patient::Patient;

/// Responses that are cached at a time.
const CAPACITY: usize = 10_000;

/// How long a response is cached unless that is set.
pub(crate) const CACHED_FOR: Duration = Duration::from_secs(10);

pub(crate) struct Introspector {
    server: Patient<AuthorizationServer>,
    client_id: ClientId,
    authentication: ClientAuthentication,
    cache: Mutex<IntrospectionCache>,
}

/// Why there is no access.
pub(crate) enum NoAccess {
    /// The token is not active, or is of another issuer.
    Inactive,
    /// It breaks a rule of this API.
    Refused(JwtAccessTokenError),
    /// The server cannot be discovered at the moment.
    NoServer(Failure),
    /// It gives no answer that can be used, so nothing is known about the token.
    NoAnswer(IntrospectionError),
}

impl Introspector {
    pub(crate) fn new(
        discovery: Discovery,
        client_id: ClientId,
        authentication: ClientAuthentication,
        cached_for: Duration,
    ) -> Self {
        Self {
            server: Patient::new(Lazy::new(discovery, Ok)),
            client_id,
            authentication,
            cache: Mutex::new(IntrospectionCache::new(CAPACITY, cached_for)),
        }
    }

    pub(crate) async fn validate(
        &self,
        http: &Http,
        token: &str,
        resource: &ResourceServer,
        required: &Required,
        now: SystemTime,
    ) -> Result<Arc<ActiveToken>, NoAccess> {
        let server = self.server.get(http, now).await.map_err(NoAccess::NoServer)?;
        let text = AccessToken::new(token).map_err(|_| NoAccess::Inactive)?;
        // The audience and the binding are compared below, for each request.
        let request =
            IntrospectionRequest::new(&text, "", server, &self.client_id).accept_any_audience().accept_bound();
        let cached = self.cache().get(&request, now);
        let active = match cached {
            Some(active) => active,
            None => {
                let active = self.ask(http, request, now).await.map_err(no_access)?;
                self.cache().insert(active, now)
            }
        };
        match resource.check_introspected(&active.to_json(), token, required, now) {
            Ok(()) => Ok(active),
            Err(error) => Err(NoAccess::Refused(error)),
        }
    }

    async fn ask(
        &self,
        http: &Http,
        request: IntrospectionRequest<'_>,
        now: SystemTime,
    ) -> Result<ActiveToken, IntrospectionError> {
        let (request, introspection) = request.build(&self.authentication)?;
        introspection.receive(&http.send(request).await?, now)
    }

    /// A thread that panicked while it held the lock left nothing half done.
    fn cache(&self) -> MutexGuard<'_, IntrospectionCache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Only the server's statement about the token is one.
fn no_access(error: IntrospectionError) -> NoAccess {
    match &error {
        IntrospectionError::Response(response) => match response.kind() {
            ResponseErrorKind::Check(FailedCheck::Inactive | FailedCheck::IntrospectedIssuer { .. }) => {
                NoAccess::Inactive
            }
            _ => NoAccess::NoAnswer(error),
        },
        _ => NoAccess::NoAnswer(error),
    }
}

/// What the authorization server says of the access token of a request that an
/// [introspecting](crate::ApiGuard::introspecting) [`ApiGuard`](crate::ApiGuard) admitted, as an extractor of axum.
#[derive(Clone, Debug)]
pub struct Introspected(pub(crate) Arc<ActiveToken>);

impl Deref for Introspected {
    type Target = ActiveToken;

    fn deref(&self) -> &ActiveToken {
        &self.0
    }
}

impl<S: Sync> FromRequestParts<S> for Introspected {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| {
            tracing::error!("this route is not protected by an `ApiGuard` that introspects tokens");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        })
    }
}
