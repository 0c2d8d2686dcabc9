use std::error::Error;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use super::Api;
use super::error::ApiCallError;
use super::send::run;
use super::source::ApiToken;
use crate::transport::TransportError;

type BoxError = Box<dyn Error + Send + Sync>;
type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// A layer of tower that does what [`Api::send`] does around a service for `http::Request`, whose body can be cloned.
///
/// There must be no layer beneath it that follows redirects or sends requests again.
///
/// ```
/// use proofkey_token::{Api, ApiLayer, ApiToken};
/// # use proofkey_token::{AccessToken, InvalidSecret};
/// # async fn current_token(_: Option<ApiToken>) -> Result<Option<ApiToken>, InvalidSecret> {
/// #     Ok(Some(ApiToken::bearer(AccessToken::new("a")?)))
/// # }
///
/// // `current_token` has the refused token, if there is one, and calls `TokenSource::token`.
/// let layer = ApiLayer::new(Api::new("https://api.example")?, |refused| current_token(refused));
/// # drop(layer);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct ApiLayer {
    api: Api,
    source: Arc<Source>,
}

type Source = dyn Fn(Option<ApiToken>) -> BoxFuture<Result<Option<ApiToken>, BoxError>> + Send + Sync;

impl ApiLayer {
    /// Creates the layer. `source` is a function that calls [`TokenSource::token`](super::TokenSource::token), or does what
    /// that demands.
    pub fn new<T, E>(api: Api, source: impl Fn(Option<ApiToken>) -> T + Send + Sync + 'static) -> Self
    where
        T: Future<Output = Result<Option<ApiToken>, E>> + Send + 'static,
        E: Into<BoxError>,
    {
        let source = Arc::new(move |refused| {
            let token = source(refused);
            Box::pin(async move { token.await.map_err(Into::into) }) as BoxFuture<_>
        });
        Self { api, source }
    }
}

impl fmt::Debug for ApiLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiLayer").field("api", &self.api).finish_non_exhaustive()
    }
}

impl<I> Layer<I> for ApiLayer {
    type Service = ApiService<I>;

    fn layer(&self, inner: I) -> ApiService<I> {
        ApiService { layer: self.clone(), inner }
    }
}

/// A service whose requests to an API have an access token. Made by [`ApiLayer`].
///
/// Its error is that of the source, or an [`ApiCallError`], which has the error of the service beneath as its source.
#[derive(Clone, Debug)]
pub struct ApiService<I> {
    layer: ApiLayer,
    inner: I,
}

impl<I, B, R> Service<Request<B>> for ApiService<I>
where
    I: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    I::Error: Into<BoxError>,
    I::Future: Send,
    B: Clone + Send + 'static,
    R: Send + 'static,
{
    type Response = Response<R>;
    type Error = BoxError;
    type Future = BoxFuture<Result<Response<R>, BoxError>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context).map_err(|error| failed(error).into())
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (layer, next) = (self.layer.clone(), self.inner.clone());
        // The service that is ready answers the first attempt.
        let mut ready = Some(std::mem::replace(&mut self.inner, next.clone()));
        Box::pin(async move {
            let send = move |attempt| {
                let mut service = ready.take().unwrap_or_else(|| next.clone());
                async move {
                    poll_fn(|context| service.poll_ready(context)).await.map_err(failed)?;
                    service.call(attempt).await.map_err(failed)
                }
            };
            run(layer.api.call(), request, |refused| (layer.source)(refused), send).await
        })
    }
}

fn failed(error: impl Into<BoxError>) -> ApiCallError {
    TransportError::from_foreign(error).into()
}
