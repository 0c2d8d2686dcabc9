//! An MCP server, its authorization server, and what they do wrong.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use proofkey_authority::lie::JsonEdit;
use proofkey_authority::{Authority, Client, ClientAuth, IssuerShape, Lie, Setup};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// What the MCP server does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Twist {
    /// Everything as it should be.
    None,
    /// Its metadata have another `resource`; none if it is empty.
    Resource(&'static str),
    /// Its metadata are at an address that only the challenge names.
    MetadataElsewhere,
    /// Its metadata are at the root, and the challenge does not say so.
    MetadataAtRoot,
    /// It refuses the first token after one request.
    TokenExpires,
    /// It wants another scope, so many times.
    MoreScopes(usize),
    /// It refuses every token.
    RefusesAlways,
}

/// The scope of the first challenge.
pub(crate) const SCOPE: &str = "tools.list";

pub(crate) const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// A request to the MCP server.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The path.
    pub path: String,
    /// The query.
    pub query: String,
    /// The access token of the header.
    pub token: Option<String>,
    /// The body, if it is JSON.
    pub body: Value,
    /// The status of the answer.
    pub status: u16,
}

/// The servers of one case. They end when this is dropped.
pub struct Place {
    /// The address of the MCP server.
    pub url: String,
    /// The authorization server.
    pub authority: Arc<Authority>,
    server: Arc<Server>,
    task: tokio::task::JoinHandle<()>,
}

struct Server {
    url: String,
    twist: Twist,
    authority: Arc<Authority>,
    asked: Mutex<Vec<Asked>>,
}

impl Place {
    /// Starts both servers.
    ///
    /// # Panics
    ///
    /// When no port on loopback can be listened on.
    pub async fn start(twist: Twist, lie: Option<Lie>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let registration = Lie::metadata([JsonEdit::set("registration_endpoint", format!("{base}/register"))]);
        let authority = Authority::start(Setup {
            issuer: IssuerShape::Plain,
            clients: Vec::new(),
            lie: Some(Lie::Together([registration].into_iter().chain(lie).collect())),
            ..Setup::witness()
        });
        let authority = Arc::new(authority.await);
        let url = format!("{base}/mcp");
        let (asked, shared) = (Mutex::default(), Arc::clone(&authority));
        let server = Arc::new(Server { url: url.clone(), twist, authority: shared, asked });
        let app = Router::new().fallback(answer).with_state(Arc::clone(&server));
        let task = tokio::spawn(async move {
            let _ = axum::serve(listener, app).await;
        });
        Self { url, authority, server, task }
    }

    /// What was asked of the MCP server.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        self.server.asked().clone()
    }
}

impl std::fmt::Debug for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Place").field("url", &self.url).field("authority", &self.authority).finish_non_exhaustive()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(State(server): State<Arc<Server>>, request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap_or_default();
    let token = parts.headers.get("authorization").and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let mut asked = Asked {
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        token: token.map(str::to_owned),
        body: serde_json::from_slice(&body).unwrap_or_default(),
        status: 0,
    };
    let response = match (parts.method.as_str(), asked.path.as_str()) {
        ("POST", "/register") => server.register(&asked.body),
        ("POST", "/mcp") => server.message(&asked),
        (_, "/mcp") => StatusCode::METHOD_NOT_ALLOWED.into_response(),
        ("GET", path) => server.metadata(path),
        _ => StatusCode::NOT_FOUND.into_response(),
    };
    asked.status = response.status().as_u16();
    server.asked().push(asked);
    response
}

impl Server {
    fn asked(&self) -> MutexGuard<'_, Vec<Asked>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn metadata(&self, path: &str) -> Response {
        let at = match self.twist {
            Twist::MetadataElsewhere => "/elsewhere".to_owned(),
            Twist::MetadataAtRoot => WELL_KNOWN.to_owned(),
            _ => format!("{WELL_KNOWN}/mcp"),
        };
        if path != at {
            return StatusCode::NOT_FOUND.into_response();
        }
        let mut document = json!({
            "resource": self.url,
            "authorization_servers": [self.authority.issuer()],
            "scopes_supported": [SCOPE, "tools.call"],
        });
        if let Twist::Resource(resource) = self.twist {
            document["resource"] = match resource {
                "" => Value::Null,
                resource => resource.replace("{url}", &self.url).into(),
            };
        }
        json_response(StatusCode::OK, &document)
    }

    fn register(&self, body: &Value) -> Response {
        let redirect_uris: Vec<String> = serde_json::from_value(body["redirect_uris"].clone()).unwrap_or_default();
        let id = format!("client-{}", self.asked().len());
        self.authority.register(Client { id: id.clone(), auth: ClientAuth::None, redirect_uris });
        let mut answer = body.clone();
        answer["client_id"] = id.into();
        answer["token_endpoint_auth_method"] = "none".into();
        json_response(StatusCode::CREATED, &answer)
    }

    fn message(&self, asked: &Asked) -> Response {
        let base = self.url.trim_end_matches("/mcp");
        let address = match self.twist {
            Twist::MetadataElsewhere => format!("{base}/elsewhere"),
            _ => format!("{base}{WELL_KNOWN}/mcp"),
        };
        let metadata = match self.twist {
            Twist::MetadataAtRoot => String::new(),
            _ => format!(", resource_metadata=\"{address}\""),
        };
        let in_query = form_urlencoded::parse(asked.query.as_bytes()).find(|(name, _)| name == "access_token");
        let Some(token) = asked.token.clone().or(in_query.map(|(_, token)| token.into_owned())) else {
            return challenge(StatusCode::UNAUTHORIZED, &format!("scope=\"{SCOPE}\"{metadata}"));
        };
        let before: Vec<_> =
            self.asked().iter().filter(|before| before.path == "/mcp" && before.token.is_some()).cloned().collect();
        let is_first = before.iter().all(|before| before.token.as_ref() == Some(&token));
        let refused = before.iter().filter(|before| before.status == 403).count();
        match self.twist {
            Twist::RefusesAlways => {
                return challenge(StatusCode::UNAUTHORIZED, &format!("error=\"invalid_token\"{metadata}"));
            }
            Twist::TokenExpires if is_first && before.iter().any(|before| before.status == 200) => {
                return challenge(StatusCode::UNAUTHORIZED, &format!("error=\"invalid_token\"{metadata}"));
            }
            Twist::MoreScopes(times) if refused < times => {
                let scope = format!("error=\"insufficient_scope\", scope=\"tools.call{refused}\"{metadata}");
                return challenge(StatusCode::FORBIDDEN, &scope);
            }
            _ => {}
        }
        let result = match asked.body["method"].as_str() {
            Some("initialize") => json!({
                "protocolVersion": asked.body["params"]["protocolVersion"],
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "judge", "version": "1"},
            }),
            Some("tools/list") => json!({"tools": [{"name": "nothing", "inputSchema": {"type": "object"}}]}),
            Some("ping") => json!({}),
            _ if asked.body.get("id").is_none() => return StatusCode::ACCEPTED.into_response(),
            _ => {
                let error = json!({"code": -32601, "message": "there is no such method"});
                let answer = json!({"jsonrpc": "2.0", "id": asked.body["id"], "error": error});
                return json_response(StatusCode::OK, &answer);
            }
        };
        json_response(StatusCode::OK, &json!({"jsonrpc": "2.0", "id": asked.body["id"], "result": result}))
    }
}

fn challenge(status: StatusCode, parameters: &str) -> Response {
    (status, [("www-authenticate", format!("Bearer {parameters}"))]).into_response()
}

fn json_response(status: StatusCode, document: &Value) -> Response {
    (status, [("content-type", "application/json")], document.to_string()).into_response()
}
