//! An MCP server, its authorization servers, and what they do wrong.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use proofkey_authority::{Authority, Clock, Endpoint, Exchange, IssuerShape, Lie, Party, Setup, Wire};
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
    /// The issuer of its authorization server has a path.
    IssuerWithPath,
    /// Its challenge names no scope.
    NoScopeInChallenge,
    /// Neither its challenge nor its metadata name a scope.
    NoScope,
    /// It refuses the first token for the list of tools.
    TokenExpires,
    /// It wants another scope for the list of tools, so many times.
    MoreScopes(usize),
    /// It refuses every token.
    RefusesAlways,
    /// Its metadata name another authorization server once the user was sent to the first.
    MovesInLogin,
    /// It names another authorization server after one request, and refuses the list of tools to tokens of the first.
    MovesAfterLogin,
    /// It redirects to another origin after one request.
    Redirects,
}

/// The scope of the first challenge.
pub(crate) const SCOPE: &str = "tools.list";

pub(crate) const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// The name of the authorization server that comes second.
pub(crate) const SECOND: &str = "second";

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
    second: Authority,
    asked: Mutex<Vec<Asked>>,
}

impl Place {
    /// Starts the servers.
    ///
    /// # Panics
    ///
    /// When no port on loopback can be listened on.
    pub async fn start(twist: Twist, lie: Option<Lie>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/mcp", listener.local_addr().expect("an address"));
        let (wire, clock) = (Wire::new(), Clock::new());
        let issuer = match twist {
            Twist::IssuerWithPath => IssuerShape::Path("tenant".into()),
            _ => IssuerShape::Plain,
        };
        let setup = Setup { issuer, clients: Vec::new(), registration: true, ..Setup::witness() };
        let second = Setup { lie: None, ..setup.clone() }.named(SECOND);
        let authority = Arc::new(Authority::start_with(Setup { lie, ..setup }, &wire, &clock).await);
        let second = Authority::start_with(second, &wire, &clock).await;
        let (asked, shared) = (Mutex::default(), Arc::clone(&authority));
        let server = Arc::new(Server { url: url.clone(), twist, authority: shared, second, asked });
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
    let seq = server.record(parts.method.as_str(), &parts.uri.to_string(), &asked);
    let response = match (parts.method.as_str(), asked.path.as_str()) {
        ("POST", "/register") => server.register(&asked.body),
        ("POST", "/mcp") => server.message(&asked),
        (_, "/mcp") => StatusCode::METHOD_NOT_ALLOWED.into_response(),
        ("GET", path) => server.metadata(path),
        _ => StatusCode::NOT_FOUND.into_response(),
    };
    asked.status = response.status().as_u16();
    let field = |(name, value): (&axum::http::HeaderName, &axum::http::HeaderValue)| {
        (name.to_string(), value.to_str().unwrap_or_default().to_owned())
    };
    let fields = response.headers().iter().map(field).collect();
    server.authority.wire().answer(seq, |exchange| {
        exchange.status = Some(asked.status);
        exchange.response_headers = fields;
    });
    server.asked().push(asked);
    response
}

impl Server {
    fn asked(&self) -> MutexGuard<'_, Vec<Asked>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes a request into the log of the authorization servers: a trace shows all in one order.
    fn record(&self, method: &str, target: &str, asked: &Asked) -> Option<u64> {
        let url = format!("{}{target}", self.base());
        let mut exchange = Exchange::new(Party::Client, "mcp", Endpoint::Api, method, &url);
        exchange.headers.extend(asked.token.iter().map(|token| ("authorization".into(), format!("Bearer {token}"))));
        if let Some(name) = asked.body["method"].as_str() {
            exchange.form.push(("method".into(), name.into()));
        }
        self.authority.wire().record(exchange)
    }

    fn base(&self) -> &str {
        self.url.trim_end_matches("/mcp")
    }

    /// The requests with a token so far.
    fn before(&self) -> Vec<Asked> {
        self.asked().iter().filter(|before| before.path == "/mcp" && before.token.is_some()).cloned().collect()
    }

    fn has_answered(&self) -> bool {
        self.before().iter().any(|before| before.status == 200)
    }

    /// The authorization server of now.
    fn issuer(&self) -> &str {
        let has_moved = match self.twist {
            Twist::MovesInLogin => !self.authority.wire().authorization_requests().is_empty(),
            Twist::MovesAfterLogin => self.has_answered(),
            _ => false,
        };
        if has_moved { self.second.issuer() } else { self.authority.issuer() }
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
        let mut document = json!({"resource": self.url, "authorization_servers": [self.issuer()]});
        if self.twist != Twist::NoScope {
            document["scopes_supported"] = json!([SCOPE, "tools.call"]);
        }
        if let Twist::Resource(resource) = self.twist {
            document["resource"] = match resource {
                "" => Value::Null,
                resource => resource.replace("{url}", &self.url).replace("{base}", self.base()).into(),
            };
        }
        json_response(StatusCode::OK, &document)
    }

    /// Only a client that makes up the addresses of an authorization server comes here. Such a server would let it in.
    fn register(&self, body: &Value) -> Response {
        let mut answer = body.clone();
        answer["client_id"] = "made-up".into();
        json_response(StatusCode::CREATED, &answer)
    }

    fn message(&self, asked: &Asked) -> Response {
        let address = match self.twist {
            Twist::MetadataElsewhere => format!("{}/elsewhere", self.base()),
            _ => format!("{}{WELL_KNOWN}/mcp", self.base()),
        };
        let metadata = match self.twist {
            Twist::MetadataAtRoot => String::new(),
            _ => format!("resource_metadata=\"{address}\""),
        };
        let in_query = form_urlencoded::parse(asked.query.as_bytes()).find(|(name, _)| name == "access_token");
        let Some(token) = asked.token.clone().or(in_query.map(|(_, token)| token.into_owned())) else {
            let scope = match self.twist {
                Twist::NoScopeInChallenge | Twist::NoScope => String::new(),
                // Not every client asks for a refresh token by itself.
                Twist::TokenExpires => format!("scope=\"{SCOPE} offline_access\""),
                _ => format!("scope=\"{SCOPE}\""),
            };
            return challenge(StatusCode::UNAUTHORIZED, &[&scope, &metadata]);
        };
        let before = self.before();
        let is_first = before.iter().all(|before| before.token.as_ref() == Some(&token));
        let refused = before.iter().filter(|before| before.status == 403).count();
        let is_of_the_second =
            || self.second.wire().to(SECOND).iter().any(|exchange| exchange.response_text().contains(&token));
        let is_list = asked.body["method"] == "tools/list";
        let is_refused = match self.twist {
            Twist::RefusesAlways => true,
            Twist::TokenExpires => is_list && is_first,
            Twist::MovesAfterLogin => is_list && !is_of_the_second(),
            _ => false,
        };
        if is_refused {
            return challenge(StatusCode::UNAUTHORIZED, &["error=\"invalid_token\"", &metadata]);
        }
        match self.twist {
            Twist::MoreScopes(times) if refused < times && is_list => {
                let scope = format!("error=\"insufficient_scope\", scope=\"tools.call{refused}\"");
                return challenge(StatusCode::FORBIDDEN, &[&scope, &metadata]);
            }
            Twist::Redirects if self.has_answered() => {
                let other = format!("{}/mcp", self.authority.attacker());
                return (StatusCode::TEMPORARY_REDIRECT, [("location", other)]).into_response();
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

fn challenge(status: StatusCode, parameters: &[&str]) -> Response {
    let parameters: Vec<&str> = parameters.iter().copied().filter(|parameter| !parameter.is_empty()).collect();
    (status, [("www-authenticate", format!("Bearer {}", parameters.join(", ")))]).into_response()
}

fn json_response(status: StatusCode, document: &Value) -> Response {
    (status, [("content-type", "application/json")], document.to_string()).into_response()
}
