//! The HTTP client of rmcp's transport, with access to one server: the user is asked when the server asks.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use futures::stream::BoxStream;
use http::header::{AUTHORIZATION, HeaderName, HeaderValue, WWW_AUTHENTICATE};
use http::{Request, Response, StatusCode};
use proofkey::token::Http;
use proofkey_mcp::{Demand, McpClient, McpServer, NativeAuthorization, Next, Registration, Session};
use proofkey_native::Receiver;
use rmcp::model::ClientJsonRpcMessage;
use rmcp::transport::streamable_http_client::{
    SseError, StreamableHttpClient, StreamableHttpError, StreamableHttpPostResponse, StreamableHttpResponseLimits,
};
use sse_stream::Sse;
use tokio::sync::Mutex;

type Failure = Box<dyn std::error::Error + Send + Sync>;
type Outcome<T> = Result<T, StreamableHttpError<reqwest::Error>>;
type Fields = HashMap<HeaderName, HeaderValue>;

/// Access to one MCP server. Its clones share it.
#[derive(Clone)]
pub struct Access {
    http: reqwest::Client,
    held: Arc<Mutex<Held>>,
}

struct Held {
    name: String,
    oauth: Http,
    server: McpServer,
    session: Option<Session>,
    /// Worth storing (`to_json`): then the client is registered once.
    registration: Option<Registration>,
}

impl Access {
    /// Access that the user has not given yet, to the server at `url`, for a client of this name.
    pub fn new(name: &str, url: &str) -> Result<Self, Failure> {
        let oauth = Http::builder().allow_http_loopback().build()?;
        let server = McpServer::new(url)?;
        let held = Held { name: name.to_owned(), oauth, server, session: None, registration: None };
        // A redirect would lead the token, and what the user types, elsewhere.
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
        Ok(Self { http, held: Arc::new(Mutex::new(held)) })
    }

    /// Sends by `call` until the server no longer refuses, or asking again would not help.
    async fn send<T, F: Future<Output = Outcome<T>>>(&self, call: impl Fn(Option<String>) -> F) -> Outcome<T> {
        loop {
            let token = self.held.lock().await.token().map_err(failed)?;
            let outcome = call(token.clone()).await;
            let answer = match &outcome {
                Err(StreamableHttpError::AuthRequired(error)) => {
                    answer(StatusCode::UNAUTHORIZED, &error.www_authenticate_header)
                }
                Err(StreamableHttpError::InsufficientScope(error)) => {
                    answer(StatusCode::FORBIDDEN, &error.www_authenticate_header)
                }
                Ok(_) => answer(StatusCode::OK, ""),
                Err(_) => return outcome,
            };
            let mut held = self.held.lock().await;
            // Another request may have asked the user meanwhile.
            let is_current = held.token().map_err(failed)? == token;
            if is_current && !held.follow(&answer).await.map_err(failed)? || !is_current && outcome.is_ok() {
                return outcome;
            }
        }
    }
}

impl Held {
    /// The access token, as rmcp wants it.
    fn token(&self) -> Result<Option<String>, Failure> {
        let Some(session) = &self.session else { return Ok(None) };
        let mut request = Request::post(self.server.as_str()).body(())?;
        session.authorize(&mut request)?;
        let field = request.headers().get(AUTHORIZATION).and_then(|field| field.to_str().ok());
        Ok(field.and_then(|field| field.strip_prefix("Bearer ")).map(str::to_owned))
    }

    /// Does what an answer of the server asks for. Returns whether to send again.
    async fn follow(&mut self, answer: &Response<()>) -> Result<bool, Failure> {
        let next = match &mut self.session {
            Some(session) => session.next_after(answer)?,
            None => Demand::from_response(answer).map_or(Next::Proceed, Next::Authorize),
        };
        match next {
            Next::Proceed => return Ok(false),
            Next::Refresh => {
                let client = McpClient::new(&self.name, "http://127.0.0.1/callback")?;
                if let Some(session) = &mut self.session
                    && let Err(error) = client.refresh(&self.oauth, session).await
                {
                    // The next refusal asks the user.
                    eprintln!("{error}");
                }
            }
            Next::Authorize(demand) => {
                let receiver = Receiver::bind()?;
                let client = McpClient::new(&self.name, receiver.redirect_uri().as_str())?.with_offline_access();
                let mut authorization = client.authorization(&self.server, &demand);
                if let Some(registration) = self.registration.clone() {
                    authorization = authorization.registration(registration);
                }
                let session = NativeAuthorization::new(authorization, receiver).run(&self.oauth).await?;
                self.registration = Some(session.registration().clone());
                self.session = Some(session);
            }
        }
        Ok(true)
    }
}

/// The refusal as proofkey-mcp reads it.
fn answer(status: StatusCode, challenge: &str) -> Response<()> {
    let mut answer = Response::new(());
    *answer.status_mut() = status;
    if let Ok(challenge) = HeaderValue::from_str(challenge) {
        answer.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
    answer
}

fn failed(error: Failure) -> StreamableHttpError<reqwest::Error> {
    StreamableHttpError::Io(io::Error::other(error))
}

impl StreamableHttpClient for Access {
    type Error = reqwest::Error;

    async fn post_message(
        &self,
        uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session: Option<Arc<str>>,
        _: Option<String>,
        fields: Fields,
    ) -> Outcome<StreamableHttpPostResponse> {
        let limits = StreamableHttpResponseLimits::default();
        self.post_message_with_response_limits(uri, message, session, None, fields, limits).await
    }

    async fn post_message_with_response_limits(
        &self,
        uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session: Option<Arc<str>>,
        _: Option<String>,
        fields: Fields,
        limits: StreamableHttpResponseLimits,
    ) -> Outcome<StreamableHttpPostResponse> {
        self.send(|token| {
            let (uri, message, session, fields) = (uri.clone(), message.clone(), session.clone(), fields.clone());
            self.http.post_message_with_response_limits(uri, message, session, token, fields, limits)
        })
        .await
    }

    async fn delete_session(&self, uri: Arc<str>, session: Arc<str>, _: Option<String>, fields: Fields) -> Outcome<()> {
        self.send(|token| self.http.delete_session(uri.clone(), session.clone(), token, fields.clone())).await
    }

    async fn get_stream(
        &self,
        uri: Arc<str>,
        session: Option<Arc<str>>,
        last_event: Option<String>,
        _: Option<String>,
        fields: Fields,
    ) -> Outcome<BoxStream<'static, Result<Sse, SseError>>> {
        let size = StreamableHttpResponseLimits::default().max_sse_event_size;
        self.get_stream_with_max_sse_event_size(uri, session, last_event, None, fields, size).await
    }

    async fn get_stream_with_max_sse_event_size(
        &self,
        uri: Arc<str>,
        session: Option<Arc<str>>,
        last_event: Option<String>,
        _: Option<String>,
        fields: Fields,
        size: usize,
    ) -> Outcome<BoxStream<'static, Result<Sse, SseError>>> {
        self.send(|token| {
            let (uri, session, last_event, fields) = (uri.clone(), session.clone(), last_event.clone(), fields.clone());
            self.http.get_stream_with_max_sse_event_size(uri, session, last_event, token, fields, size)
        })
        .await
    }
}
