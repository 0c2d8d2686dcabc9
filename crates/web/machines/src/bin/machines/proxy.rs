//! A reverse proxy that sends each request to the next machine.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use reqwest::Client;
use reqwest::header::{CONTENT_LENGTH, HOST, TRANSFER_ENCODING};

use crate::Result;

/// The header of a request that is for one machine.
pub const MACHINE: &str = "x-machine";

/// The proxy.
pub struct Proxy {
    /// Where the application is reached.
    pub origin: String,
    machines: Mutex<[Option<SocketAddr>; 2]>,
    turn: AtomicUsize,
    http: Client,
}

impl Proxy {
    /// Starts a proxy before machines that have yet to be named.
    pub async fn start(http: Client) -> Result<Arc<Self>> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let origin = format!("http://{}", listener.local_addr()?);
        let proxy = Arc::new(Self { origin, machines: Mutex::default(), turn: AtomicUsize::new(0), http });
        let app = Router::new().fallback(forward).with_state(Arc::clone(&proxy));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Ok(proxy)
    }

    /// Says where a machine is.
    pub fn set(&self, machine: usize, address: Option<SocketAddr>) {
        self.machines.lock().unwrap_or_else(PoisonError::into_inner)[machine] = address;
    }

    /// The machines that a request may go to, the first one first.
    fn machines(&self, request: &Request) -> Vec<SocketAddr> {
        let all = *self.machines.lock().unwrap_or_else(PoisonError::into_inner);
        match request.headers().get(MACHINE).and_then(|value| value.to_str().ok()?.parse::<usize>().ok()) {
            Some(machine) => all.get(machine).copied().flatten().into_iter().collect(),
            None => {
                let first = self.turn.fetch_add(1, Ordering::Relaxed);
                (0..2).filter_map(|next| all[(first + next) % 2]).collect()
            }
        }
    }
}

/// A machine that does not accept the connection is passed over. A request that may have reached one is not sent again.
async fn forward(State(proxy): State<Arc<Proxy>>, request: Request) -> Response {
    let machines = proxy.machines(&request);
    let (parts, body) = request.into_parts();
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let Ok(body) = to_bytes(body, 1 << 20).await else { return StatusCode::BAD_REQUEST.into_response() };
    for machine in machines {
        let mut headers = parts.headers.clone();
        headers.remove(CONTENT_LENGTH);
        headers.remove(HOST);
        let request = proxy.http.request(parts.method.clone(), format!("http://{machine}{path}"));
        match request.headers(headers).body(body.clone()).send().await {
            Ok(response) => return answer(response).await,
            Err(error) if error.is_connect() => {}
            Err(_) => break,
        }
    }
    StatusCode::BAD_GATEWAY.into_response()
}

async fn answer(response: reqwest::Response) -> Response {
    let (status, mut headers) = (response.status(), response.headers().clone());
    headers.remove(CONTENT_LENGTH);
    headers.remove(TRANSFER_ENCODING);
    let Ok(body) = response.bytes().await else { return StatusCode::BAD_GATEWAY.into_response() };
    (status, headers, Body::from(body)).into_response()
}
