//! An MCP server that admits requests by JWT access tokens (RFC 9068) which were issued for it.
//!
//! ```text
//! cargo run --example server -- https://issuer.example http://127.0.0.1:8092/mcp
//! ```
//!
//! The second argument is the server's own address, which is also the audience of its tokens. Of MCP it speaks as much as
//! shows a list of tools.
#![allow(clippy::missing_errors_doc)] // The functions are public for the tests, and no interface.

use std::error::Error;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Router, serve};
use proofkey::http::Uri;
use proofkey::jwt::{Challenge, ChallengeCode, Credentials, JwtAccessToken, Required, ResourceServer};
use proofkey::token::Http;
use proofkey::{AccessTokenError, IssuerKeys, discover};
use proofkey_mcp::{McpServer, ResourceMetadata};
use serde_json::{Value, json};

type Failure = Box<dyn Error + Send + Sync>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let (issuer, url) = arguments.next().zip(arguments.next()).ok_or("usage: server ISSUER URL")?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8092").await?;
    serve(listener, app(Http::new()?, &issuer, &url).await?).await?;
    Ok(())
}

/// The MCP server at `url`, whose tokens `issuer` issues.
pub async fn app(http: Http, issuer: &str, url: &str) -> Result<Router, Failure> {
    let server = McpServer::new(url)?;
    let metadata = ResourceMetadata::new(&server, [issuer]).with_scopes(["tools.list"]).to_json();
    let metadata_path = server.metadata_url().parse::<Uri>()?.path().to_owned();
    let path = url.parse::<Uri>()?.path().to_owned();
    let guard = Guard {
        keys: IssuerKeys::new(&discover(&http, issuer).await?),
        resource_server: ResourceServer::new(issuer, url),
        http,
        server,
    };
    Ok(Router::new()
        .route(&path, post(message))
        .route(&metadata_path, get(|| async { ([(CONTENT_TYPE, "application/json")], metadata) }))
        .with_state(Arc::new(guard)))
}

struct Guard {
    http: Http,
    keys: IssuerKeys,
    resource_server: ResourceServer,
    server: McpServer,
}

async fn message(State(guard): State<Arc<Guard>>, headers: HeaderMap, body: Bytes) -> Result<Response, Refused> {
    let message: Value = serde_json::from_slice(&body).map_err(|_| Refused::Status(StatusCode::BAD_REQUEST))?;
    // Each call says which scope it needs: the first ones the least.
    let scope = match message["params"]["name"].as_str() {
        Some("write_note") => "notes.write",
        _ => "tools.list",
    };
    guard.admit(&headers, scope).await?;
    let tools = json!([{"name": "write_note", "inputSchema": {"type": "object"}}]);
    let result = match message["method"].as_str() {
        Some("initialize") => json!({
            "protocolVersion": message["params"]["protocolVersion"],
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "notes", "version": "1"},
        }),
        Some("tools/list") => json!({ "tools": tools }),
        Some("tools/call") => json!({"content": [{"type": "text", "text": "written"}]}),
        // A notification has no answer.
        _ => return Ok(StatusCode::ACCEPTED.into_response()),
    };
    let answer = json!({"jsonrpc": "2.0", "id": message["id"], "result": result});
    Ok(([(CONTENT_TYPE, "application/json")], answer.to_string()).into_response())
}

impl Guard {
    /// Admits a request with a token of the issuer, for this server, with `scope`.
    async fn admit(&self, headers: &HeaderMap, scope: &str) -> Result<JwtAccessToken, Refused> {
        let challenge = || Challenge::bearer("notes").resource_metadata(&self.server.metadata_url());
        let credentials = Credentials::parse(headers.get_all(AUTHORIZATION), headers.get_all("dpop"));
        let credentials = credentials.map_err(|error| challenge().credentials_refused(&error))?;
        if credentials.proof().is_some() {
            return Err(challenge().refused(ChallengeCode::InvalidToken).into());
        }
        let required = Required::new().scope(scope);
        let access = self.keys.validate(&self.http, credentials.access_token(), &self.resource_server, &required).await;
        access.map_err(|error| match error {
            AccessTokenError::Token(error) => challenge().token_refused(&error, &required).into(),
            _ => Refused::Status(StatusCode::SERVICE_UNAVAILABLE),
        })
    }
}

enum Refused {
    Challenge(Challenge),
    Status(StatusCode),
}

impl From<Challenge> for Refused {
    fn from(challenge: Challenge) -> Self {
        Self::Challenge(challenge)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        match self {
            Self::Status(status) => status.into_response(),
            Self::Challenge(challenge) => {
                let status = StatusCode::from_u16(challenge.status()).unwrap_or(StatusCode::UNAUTHORIZED);
                (status, [(WWW_AUTHENTICATE, challenge.to_string())]).into_response()
            }
        }
    }
}
