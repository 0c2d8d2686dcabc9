//! The control interface: JSON over HTTP, on loopback.

use std::net::TcpListener;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post, put};
use proofkey_authority::Lie;
use serde::Deserialize;
use serde_json::{Value, json};

use super::page;
use super::tenant::{Plan, Tenant, Tenants, lie_of};

#[derive(Clone)]
struct Control {
    tenants: Arc<Tenants>,
    /// Its own address, without a slash.
    address: String,
}

/// Serves the interface until the program ends.
pub(super) async fn serve(socket: TcpListener, tenants: Arc<Tenants>, address: String) -> std::io::Result<()> {
    socket.set_nonblocking(true)?;
    let control = Control { tenants, address };
    let router = Router::new()
        .route("/", get(root))
        .route("/tenants", get(list).post(create))
        .route("/tenants/{name}", get(describe).delete(stop))
        .route("/tenants/{name}/lie", put(lie).delete(no_lie))
        .route("/tenants/{name}/log", get(log))
        .route("/tenants/{name}/log.txt", get(log_text))
        .route("/tenants/{name}/faults", get(faults))
        .route("/tenants/{name}/clock", get(clock).post(advance))
        .route("/tenants/{name}/browser", post(browse))
        .layer(middleware::from_fn_with_state(control.clone(), from_here))
        .with_state(control);
    axum::serve(tokio::net::TcpListener::from_std(socket)?, router).await
}

/// What went wrong, as `{"error": "..."}`.
struct Problem(StatusCode, String);

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        json_response(self.0, &json!({"error": self.1}))
    }
}

type Answer = Result<Response, Problem>;

fn json_response(status: StatusCode, value: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], format!("{value}\n")).into_response()
}

fn ok(value: &Value) -> Answer {
    Ok(json_response(StatusCode::OK, value))
}

fn wrong(error: impl Into<String>) -> Problem {
    Problem(StatusCode::BAD_REQUEST, error.into())
}

/// A page in a browser of the developer must not reach this interface: the name that it was asked by is its own, and
/// what changes something comes without an `Origin`, or with its own.
async fn from_here(State(control): State<Control>, request: Request, next: Next) -> Response {
    if is_from_here(&control.address, request.headers()) {
        return next.run(request).await;
    }
    let error = format!("only {} is served, to programs of this machine", control.address);
    Problem(StatusCode::FORBIDDEN, error).into_response()
}

fn is_from_here(address: &str, headers: &HeaderMap) -> bool {
    let field = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let host = address.trim_start_matches("http://");
    let port = host.rsplit(':').next().unwrap_or_default();
    field(header::HOST).is_some_and(|asked| asked == host || asked == format!("localhost:{port}"))
        && field(header::ORIGIN).is_none_or(|origin| origin == address)
}

fn body(bytes: &Bytes) -> Result<Value, Problem> {
    if bytes.is_empty() {
        return Ok(json!({}));
    }
    serde_json::from_slice(bytes).map_err(|error| wrong(format!("the body is not JSON: {error}")))
}

impl Control {
    async fn tenant(&self, name: &str) -> Result<Arc<Tenant>, Problem> {
        self.tenants
            .get(name)
            .await
            .ok_or_else(|| Problem(StatusCode::NOT_FOUND, format!("there is no tenant {name:?}")))
    }
}

async fn root(State(control): State<Control>) -> Html<String> {
    let mut tenants = Vec::new();
    for tenant in control.tenants.all().await {
        tenants.push(tenant.description(&control.address).await);
    }
    Html(page::page(&control.address, &tenants))
}

async fn list(State(control): State<Control>) -> Answer {
    let mut tenants = Vec::new();
    for tenant in control.tenants.all().await {
        tenants.push(tenant.description(&control.address).await);
    }
    ok(&json!({"tenants": tenants, "ca_pem": proofkey_authority::ca_pem()}))
}

async fn create(State(control): State<Control>, bytes: Bytes) -> Answer {
    let plan = Plan::asked(&body(&bytes)?).map_err(wrong)?;
    let tenant = control.tenants.start(plan, None).await.map_err(|error| Problem(StatusCode::CONFLICT, error))?;
    Ok(json_response(StatusCode::CREATED, &tenant.description(&control.address).await))
}

async fn describe(State(control): State<Control>, Path(name): Path<String>) -> Answer {
    ok(&control.tenant(&name).await?.description(&control.address).await)
}

async fn stop(State(control): State<Control>, Path(name): Path<String>) -> Answer {
    control.tenant(&name).await?;
    control.tenants.stop(&name).await;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn lie(State(control): State<Control>, Path(name): Path<String>, bytes: Bytes) -> Answer {
    let tenant = control.tenant(&name).await?;
    let lie = lie_of(&body(&bytes)?).map_err(wrong)?;
    told(&control, &tenant, lie).await
}

async fn no_lie(State(control): State<Control>, Path(name): Path<String>) -> Answer {
    let tenant = control.tenant(&name).await?;
    told(&control, &tenant, None).await
}

async fn told(control: &Control, tenant: &Tenant, lie: Option<Lie>) -> Answer {
    tenant.lie(lie).await.map_err(|error| Problem(StatusCode::INTERNAL_SERVER_ERROR, error))?;
    ok(&tenant.description(&control.address).await)
}

#[derive(Deserialize)]
struct Since {
    #[serde(default)]
    since: u64,
}

async fn log(State(control): State<Control>, Path(name): Path<String>, Query(asked): Query<Since>) -> Answer {
    ok(&control.tenant(&name).await?.log(asked.since))
}

async fn log_text(State(control): State<Control>, Path(name): Path<String>) -> Result<String, Problem> {
    Ok(control.tenant(&name).await?.wire.render())
}

async fn faults(State(control): State<Control>, Path(name): Path<String>) -> Answer {
    let faults = control.tenant(&name).await?.wire.faults();
    let faults: Vec<Value> = faults
        .iter()
        .map(|fault| json!({"code": fault.code(), "row": fault.rule.row(), "detail": fault.detail}))
        .collect();
    ok(&json!({"faults": faults}))
}

async fn clock(State(control): State<Control>, Path(name): Path<String>) -> Answer {
    ok(&json!({"now": control.tenant(&name).await?.clock.unix()}))
}

async fn advance(State(control): State<Control>, Path(name): Path<String>, bytes: Bytes) -> Answer {
    let tenant = control.tenant(&name).await?;
    let seconds = body(&bytes)?["advance"].as_i64().ok_or_else(|| wrong("advance is not a whole number of seconds"))?;
    tenant.clock.advance(seconds);
    ok(&json!({"now": tenant.clock.unix()}))
}

async fn browse(State(control): State<Control>, Path(name): Path<String>, bytes: Bytes) -> Answer {
    let tenant = control.tenant(&name).await?;
    let asked = body(&bytes)?;
    let url = asked["url"].as_str().ok_or_else(|| wrong("url is not a string"))?;
    let callback = tenant.browse(url, asked["user"].as_str()).await.map_err(wrong)?;
    ok(&json!({"callback": callback}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_another_site_and_a_name_that_was_rebound_are_refused() {
        let asked = |pairs: &[(header::HeaderName, &'static str)]| {
            let headers = pairs.iter().map(|(name, value)| (name.clone(), header::HeaderValue::from_static(value)));
            is_from_here("http://127.0.0.1:4000", &headers.collect())
        };
        assert!(asked(&[(header::HOST, "127.0.0.1:4000")]));
        assert!(asked(&[(header::HOST, "localhost:4000"), (header::ORIGIN, "http://127.0.0.1:4000")]));
        assert!(!asked(&[(header::HOST, "evil.example:4000")]));
        assert!(!asked(&[(header::HOST, "127.0.0.1:4000"), (header::ORIGIN, "https://evil.example")]));
        assert!(!asked(&[]));
    }
}
