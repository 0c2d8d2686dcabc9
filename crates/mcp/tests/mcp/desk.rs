//! An MCP server, its authorization server and the network between, as a table of answers.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::SystemTime;

use proofkey::http::{Request, Response};
use proofkey::token::TransportError;
use proofkey_mcp::{
    Demand, McpClient, McpError, McpServer, PendingAuthorization, Registration, Session, StartedAuthorization,
};
use serde_json::{Value, json};

pub(crate) const MCP: &str = "https://mcp.example/mcp";
pub(crate) const ISSUER: &str = "https://as.example";
pub(crate) const RESOURCE_METADATA: &str = "https://mcp.example/.well-known/oauth-protected-resource/mcp";
pub(crate) const SERVER_METADATA: &str = "https://as.example/.well-known/oauth-authorization-server";
pub(crate) const REGISTER: &str = "https://as.example/register";
pub(crate) const TOKEN: &str = "https://as.example/token";
pub(crate) const REDIRECT_URI: &str = "http://127.0.0.1:8091/callback";

/// Answers by URL, and the requests that were made.
#[derive(Default)]
pub(crate) struct Desk {
    answers: RefCell<BTreeMap<String, (u16, String, String)>>,
    pub(crate) requests: RefCell<Vec<Request<Vec<u8>>>>,
}

pub(crate) fn resource_metadata() -> Value {
    json!({"resource": MCP, "authorization_servers": [ISSUER], "scopes_supported": ["files:read"]})
}

pub(crate) fn server_metadata() -> Value {
    json!({
        "issuer": ISSUER,
        "authorization_endpoint": "https://as.example/authorize",
        "token_endpoint": TOKEN,
        "registration_endpoint": REGISTER,
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
        "scopes_supported": ["everything", "offline_access"],
    })
}

pub(crate) fn registered() -> Value {
    json!({"client_id": "dynamic-client", "redirect_uris": [REDIRECT_URI], "token_endpoint_auth_method": "none"})
}

pub(crate) fn tokens() -> Value {
    json!({"access_token": "AT-1", "token_type": "Bearer", "expires_in": 3600, "refresh_token": "RT-1"})
}

/// Metadata with one member changed.
pub(crate) fn with(mut document: Value, member: &str, value: Value) -> Value {
    document[member] = value;
    document
}

/// Metadata without a member.
pub(crate) fn without(mut document: Value, member: &str) -> Value {
    document.as_object_mut().unwrap().remove(member);
    document
}

impl Desk {
    /// Two servers that do everything right.
    pub(crate) fn honest() -> Self {
        let desk = Self::default();
        desk.answer(RESOURCE_METADATA, 200, resource_metadata());
        desk.answer(SERVER_METADATA, 200, server_metadata());
        desk.answer(REGISTER, 201, registered());
        desk.answer(TOKEN, 200, tokens());
        desk
    }

    pub(crate) fn answer(&self, url: &str, status: u16, body: Value) {
        self.answer_text(url, status, "application/json", &body.to_string());
    }

    pub(crate) fn answer_text(&self, url: &str, status: u16, media_type: &str, body: &str) {
        self.answers.borrow_mut().insert(url.into(), (status, media_type.into(), body.into()));
    }

    pub(crate) fn forget(&self, url: &str) {
        self.answers.borrow_mut().remove(url);
    }

    pub(crate) fn send(&self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, TransportError> {
        let url = request.uri().to_string();
        self.requests.borrow_mut().push(request);
        let (status, media_type, body) =
            self.answers.borrow().get(&url).cloned().unwrap_or((404, "text/html".into(), "-".into()));
        Ok(Response::builder().status(status).header("content-type", media_type).body(body.into_bytes()).unwrap())
    }

    /// The URLs that were asked, in order.
    pub(crate) fn urls(&self) -> Vec<String> {
        self.requests.borrow().iter().map(|request| request.uri().to_string()).collect()
    }

    pub(crate) fn begin_as(
        &self,
        client: &McpClient,
        demand: &Demand,
        registration: Option<Registration>,
    ) -> Result<StartedAuthorization, McpError> {
        let server = server();
        let authorization = client.authorization(&server, demand);
        let authorization = match registration {
            Some(registration) => authorization.registration(registration),
            None => authorization,
        };
        authorization.run_blocking(&|request| self.send(request))
    }

    pub(crate) fn begin(&self) -> Result<StartedAuthorization, McpError> {
        self.begin_as(&client(), &demand(""), None)
    }

    pub(crate) fn finish(&self, pending: PendingAuthorization, callback: &str) -> Result<Session, McpError> {
        client().finish_blocking(&|request| self.send(request), pending, callback)
    }

    /// A whole authorization by `demand`.
    pub(crate) fn session(&self, demand: &Demand) -> Session {
        let started = self.begin_as(&client(), demand, None).unwrap();
        let callback = callback(started.pending());
        self.finish(started.into_parts().1, &callback).unwrap()
    }
}

pub(crate) fn client() -> McpClient {
    McpClient::new("Example agent", REDIRECT_URI).unwrap()
}

pub(crate) fn server() -> McpServer {
    McpServer::new(MCP).unwrap()
}

/// A response with a challenge, which has these parameters.
pub(crate) fn refusal(status: u16, parameters: &str) -> Response<Vec<u8>> {
    let response = Response::builder().status(status);
    response.header("www-authenticate", format!("Bearer realm=\"mcp\"{parameters}")).body(Vec::new()).unwrap()
}

pub(crate) fn demand(parameters: &str) -> Demand {
    Demand::from_response(&refusal(401, parameters)).unwrap()
}

/// What the authorization server sends the browser back with.
pub(crate) fn callback(pending: &PendingAuthorization) -> String {
    format!("code=C-1&state={}&iss=https%3A%2F%2Fas.example", pending.pending().state().expose())
}

/// The parameters of a URL or of a form.
pub(crate) fn parameters(text: &str) -> Vec<(String, String)> {
    let form = text.split_once('?').map_or(text, |(_, query)| query);
    let decoded = |text: &str| proofkey::authorize::form::decode(text).unwrap().into_owned();
    form.split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect()
}

/// The value of a parameter that stands once; `None` without it.
pub(crate) fn parameter(text: &str, name: &str) -> Option<String> {
    let mut values = parameters(text).into_iter().filter(|(own, _)| own == name).map(|(_, value)| value);
    let first = values.next();
    assert_eq!(values.next(), None, "{name} stands twice in {text}");
    first
}

pub(crate) fn now() -> SystemTime {
    SystemTime::now()
}
