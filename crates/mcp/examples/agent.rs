//! An agent on the user's machine that lists the tools of an MCP server. When the server demands it, the agent asks its
//! user for access in the browser.
//!
//! ```text
//! cargo run --features native --example agent -- https://mcp.example.com/mcp [ISSUER CLIENT_ID]
//! ```
//!
//! Name an issuer and a client identifier if the authorization server registers no clients by itself.
#![allow(clippy::missing_errors_doc)] // The functions are public for the tests, and no interface.

use std::error::Error;

use proofkey::http::Request;
use proofkey::token::{Http, Transport};
use proofkey_mcp::{Demand, McpClient, McpServer, NativeAuthorization, Next, Registration, Session};
use proofkey_native::{Opened, Receiver, open_browser};
use serde_json::{Value, json};

type Failure = Box<dyn Error + Send + Sync>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().ok_or("usage: agent URL [ISSUER CLIENT_ID]")?;
    let by_hand = arguments.next().zip(arguments.next());
    let by_hand = by_hand.map(|(issuer, id)| Registration::new(issuer, id)).transpose()?;
    let http = Http::builder().allow_http_loopback().build()?;
    let mut agent = Agent::new(http, &url, by_hand, Box::new(open_browser))?;
    agent.call("initialize", json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "agent", "version": "1"}})).await?;
    for tool in agent.call("tools/list", json!({})).await?["tools"].as_array().into_iter().flatten() {
        println!("{}", tool["name"]);
    }
    Ok(())
}

/// How the browser opens.
pub type Open = Box<dyn Fn(&str) -> Opened + Send + Sync>;

/// The connection to one MCP server.
#[allow(missing_debug_implementations)]
pub struct Agent {
    http: Http,
    server: McpServer,
    /// Worth storing (`to_json`): then the client is registered once, and the user is asked once.
    registration: Option<Registration>,
    session: Option<Session>,
    open: Open,
    messages: u64,
}

impl Agent {
    /// A connection without access yet.
    pub fn new(http: Http, url: &str, registration: Option<Registration>, open: Open) -> Result<Self, Failure> {
        Ok(Self { http, server: McpServer::new(url)?, registration, session: None, open, messages: 0 })
    }

    /// Calls a method of the server, and asks the user for access as often as that can help.
    pub async fn call(&mut self, method: &str, parameters: Value) -> Result<Value, Failure> {
        self.messages += 1;
        let message =
            json!({"jsonrpc": "2.0", "id": self.messages, "method": method, "params": parameters}).to_string();
        loop {
            let mut request = Request::post(self.server.as_str())
                .header("content-type", "application/json")
                .header("accept", "application/json, text/event-stream")
                .body(message.clone().into_bytes())?;
            if let Some(session) = &self.session {
                session.authorize(&mut request)?;
            }
            let response = self.http.send(request).await?;
            let next = match &mut self.session {
                Some(session) => session.next_after(&response)?,
                None => Demand::from_response(&response).map_or(Next::Proceed, Next::Authorize),
            };
            match next {
                Next::Proceed if response.status().is_success() => return result(response.body()),
                Next::Proceed => return Err(format!("the server answers with status {}", response.status()).into()),
                Next::Refresh => self.refresh().await,
                Next::Authorize(demand) => self.authorize(&demand).await?,
            }
        }
    }

    /// Without new tokens, the server says next that the user is to be asked.
    async fn refresh(&mut self) {
        let (Some(session), Ok(client)) = (&mut self.session, McpClient::new("agent", "http://127.0.0.1/callback"))
        else {
            return;
        };
        if let Err(error) = client.refresh(&self.http, session).await {
            eprintln!("{error}");
        }
    }

    async fn authorize(&mut self, demand: &Demand) -> Result<(), Failure> {
        let receiver = Receiver::bind()?;
        let client = McpClient::new("agent", receiver.redirect_uri().as_str())?.with_offline_access();
        let mut authorization = client.authorization(&self.server, demand);
        if let Some(registration) = self.registration.clone() {
            authorization = authorization.registration(registration);
        }
        let open = &self.open;
        let session = NativeAuthorization::new(authorization, receiver).open(|url| open(url)).run(&self.http).await?;
        self.registration = Some(session.registration().clone());
        self.session = Some(session);
        Ok(())
    }
}

/// The result in a JSON document, or in the last event of a stream.
fn result(body: &[u8]) -> Result<Value, Failure> {
    let text = str::from_utf8(body)?;
    let event = text.lines().filter_map(|line| line.strip_prefix("data:")).next_back();
    let mut answer: Value = serde_json::from_str(event.unwrap_or(text))?;
    match answer["error"].take() {
        Value::Null => Ok(answer["result"].take()),
        error => Err(error.to_string().into()),
    }
}
