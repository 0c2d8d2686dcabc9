//! Requests of reqwest to an API.

use http::header::{AUTHORIZATION, HeaderName};
use http::{Method, Request, Response};
use reqwest::{IntoUrl, RequestBuilder};

use super::Http;
use super::classify::classify;
use crate::api::send::run;
use crate::api::{Api, ApiCallError, ApiToken, TokenSource};
use crate::transport::{TransportError, TransportErrorKind};

impl Http {
    /// Begins a request of reqwest, which [`execute`](Self::execute) sends after `build`.
    pub fn request(&self, method: Method, url: impl IntoUrl) -> RequestBuilder {
        self.client.request(method, url)
    }

    /// Does what [`Api::send`] does with a request of reqwest, whose response can be streamed: the limit for bodies does not
    /// hold here. The time-out does, unless the request has one of its own.
    ///
    /// A request whose body is a stream is sent once: its first response is final.
    ///
    /// ```
    /// # use proofkey_token::{Api, Http, TokenSource};
    /// # async fn example<S: TokenSource<Error = Box<dyn std::error::Error>>>(http: Http, session: S)
    /// # -> Result<(), Box<dyn std::error::Error>> {
    /// let api = Api::new("https://api.example")?;
    /// let request = http.request(http::Method::POST, "https://api.example/notes").body("a note").build()?;
    /// let mut response = http.execute(&api, &session, request).await?;
    /// while let Some(chunk) = response.chunk().await? {
    ///     println!("{} bytes", chunk.len());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Api::send`].
    pub async fn execute<S: TokenSource>(
        &self,
        api: &Api,
        source: &S,
        mut request: reqwest::Request,
    ) -> Result<reqwest::Response, S::Error> {
        let address = || TransportError::before_sending(TransportErrorKind::Address);
        let mut head = Request::new(());
        *head.method_mut() = request.method().clone();
        *head.uri_mut() = request.url().as_str().parse().map_err(|_| ApiCallError::from(address()))?;
        let uri = head.uri().clone();
        let url = self.addresses.read(&uri);
        // What was checked is what is sent.
        *request.url_mut() = url.map_err(|kind| ApiCallError::from(TransportError::before_sending(kind).at(&uri)))?;
        let is_repeatable = request.body().is_none_or(|body| body.as_bytes().is_some());
        let call = if is_repeatable { api.call() } else { api.call_once() };

        let token = |refused: Option<ApiToken>| async move { source.token(self, refused.as_ref()).await };
        let mut whole = Some(request);
        let send = |head: Request<()>| {
            let copy = whole.as_ref().and_then(reqwest::Request::try_clone);
            let attempt = copy.or_else(|| whole.take());
            let uri = &uri;
            async move {
                let mut attempt = attempt.ok_or_else(address)?;
                for name in [AUTHORIZATION, HeaderName::from_static("dpop")] {
                    attempt.headers_mut().remove(&name);
                    attempt.headers_mut().extend(head.headers().get(&name).map(|value| (name, value.clone())));
                }
                let received = self.client.execute(attempt).await.map_err(|error| classify(error).at(uri))?;
                let mut response = Response::new(());
                *response.status_mut() = received.status();
                *response.headers_mut() = received.headers().clone();
                Ok(response.map(|()| received))
            }
        };
        Ok(run(call, head, token, send).await?.into_body())
    }
}
