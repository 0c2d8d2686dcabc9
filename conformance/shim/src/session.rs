//! The conversation: one JSON object per line, in both directions.

use std::fmt;
use std::time::Duration;

use proofkey::token::StepUp;
use serde_json::{Value, json};
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;

use crate::api::Api;
use crate::client::Client;
use crate::config::{self, Config, Unimplemented};
use crate::listener::{self, Arrival};
use crate::verdict::refusal;

impl fmt::Display for Unimplemented {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not implemented: {}", self.0)
    }
}

/// Speaks the shim protocol until the input ends.
///
/// # Errors
/// The message or field that this shim does not implement. The exit code is then 89.
pub async fn serve(input: impl AsyncBufRead + Unpin, output: impl AsyncWrite + Unpin) -> Result<(), impl fmt::Display> {
    let mut session = Session { output, case: Case::new() };
    let mut lines = input.lines();
    loop {
        tokio::select! {
            line = lines.next_line() => match line {
                Ok(Some(line)) => session.message(&line).await?,
                _ => return Ok::<(), Unimplemented>(()),
            },
            Some(Arrival { flow, url }) = session.case.arrived.recv() => session.callback(&flow, &url).await?,
        }
    }
}

struct Session<W> {
    output: W,
    case: Case,
}

/// Everything that is known of one case, and nothing of another.
struct Case {
    arrivals: UnboundedSender<Arrival>,
    arrived: UnboundedReceiver<Arrival>,
    /// They end when this is dropped.
    listeners: JoinSet<()>,
    deadline: Duration,
    client: Option<Client>,
    /// In the place of the client, where the runner comes as one.
    api: Option<Api>,
}

impl Case {
    fn new() -> Self {
        let (arrivals, arrived) = unbounded_channel();
        Self {
            arrivals,
            arrived,
            listeners: JoinSet::new(),
            deadline: Duration::from_secs(10),
            client: None,
            api: None,
        }
    }
}

impl<W: AsyncWrite + Unpin> Session<W> {
    async fn message(&mut self, line: &str) -> Result<(), Unimplemented> {
        let message: Value =
            serde_json::from_str(line).map_err(|_| Unimplemented("a line that is not JSON".to_owned()))?;
        let flow = message["flow"].as_str().unwrap_or("f1").to_owned();
        match message["t"].as_str().unwrap_or_default() {
            "hello" if message["proto"] != 1 => Err(Unimplemented("a protocol other than 1".to_owned())),
            "hello" => {
                if let Some(deadline) = message["deadline_ms"].as_u64() {
                    self.case.deadline = Duration::from_millis(deadline);
                }
                self.write(json!({
                    "t": "hello", "proto": 1, "name": "proofkey", "version": env!("CARGO_PKG_VERSION"), "lang": "rust",
                    "can": ["code", "pkce_s256", "oidc", "discovery", "iss", "refresh", "userinfo", "userinfo_signed", "revoke",
                        "logout", "loopback", "fake_clock", "trusted_audiences", "providers", "resource", "secret_basic",
                        "secret_post", "private_key_jwt", "client_secret_jwt", "dpop", "parallel", "reset",
                        "par", "device", "client_credentials", "token_exchange", "step_up", "logout_token",
                        "resource_server", "resource_server_dpop"],
                    "callback": "both",
                }))
                .await
            }
            "config" => {
                self.case.client = Some(Client::new(Config::read(message, self.case.deadline)?));
                self.begin("f1", None, None).await
            }
            "begin" => self.begin(&flow, message["issuer"].as_str(), None).await,
            "step_up" => {
                let of = message["of"].as_str().unwrap_or_default();
                match self.client()?.step_up(&flow, of, &message) {
                    Ok(asked) => self.begin(&flow, None, Some(&asked)).await,
                    Err(outcome) => self.result(&flow, "step_up", outcome).await,
                }
            }
            "logout_token" => {
                let outcome = self.client()?.logout_token(&flow, message["token"].as_str().unwrap_or_default()).await;
                self.result(&flow, "logout_token", outcome).await
            }
            "guard" => {
                self.case.api = Some(Api::read(&message, config::http(&message, self.case.deadline)?)?);
                Ok(())
            }
            "request" => {
                let api = self.case.api.as_mut().ok_or_else(|| Unimplemented("a request before guard".to_owned()))?;
                let response = api.answer(&message).await;
                self.write(response).await
            }
            "callback" => self.callback(&flow, message["url"].as_str().unwrap_or_default()).await,
            of @ ("refresh" | "userinfo" | "revoke" | "client_credentials" | "token_exchange" | "device") => {
                let client = self.client()?;
                let outcome = match of {
                    "refresh" => client.refresh(&flow).await,
                    "userinfo" => client.userinfo(&flow).await,
                    "revoke" => client.revoke(&flow).await,
                    "client_credentials" => client.client_credentials().await,
                    "token_exchange" => client.token_exchange(&flow).await,
                    _ => client.device(&flow).await,
                };
                self.result(&flow, of, outcome).await
            }
            "logout" => match self.client()?.logout(&flow) {
                Ok(url) => self.write(json!({"t": "logout", "flow": flow, "url": url})).await,
                Err(outcome) => self.result(&flow, "logout", outcome).await,
            },
            "logged_out" => {
                let outcome = self.client()?.logged_out(&flow, message["url"].as_str().unwrap_or_default());
                self.result(&flow, "logout", outcome).await
            }
            "reset" => {
                self.case = Case::new();
                self.write(json!({"t": "reset"})).await
            }
            "advance" => self.client()?.config.clock.advance(message["s"].as_u64().unwrap_or(0)),
            other => Err(Unimplemented(format!("a message {other:?}"))),
        }
    }

    async fn begin(&mut self, flow: &str, issuer: Option<&str>, step_up: Option<&StepUp>) -> Result<(), Unimplemented> {
        let mut redirect_uri = self.client()?.config.redirect_uri().to_owned();
        if redirect_uri.contains(":0/") {
            let case = &mut self.case;
            redirect_uri = listener::listen(&redirect_uri, flow, case.arrivals.clone(), &mut case.listeners)
                .await
                .map_err(|error| Unimplemented(format!("a listener: {error}")))?;
        }
        match self.client()?.begin(flow, issuer, &redirect_uri, step_up).await {
            Ok(url) => {
                self.write(json!({"t": "authorize", "flow": flow, "url": url, "redirect_uri": redirect_uri})).await
            }
            Err(error) => self.result(flow, "login", refusal(&error)).await,
        }
    }

    async fn callback(&mut self, flow: &str, url: &str) -> Result<(), Unimplemented> {
        let outcome = self.client()?.callback(flow, url).await;
        self.result(flow, "login", outcome).await
    }

    async fn result(&mut self, flow: &str, of: &str, mut outcome: Value) -> Result<(), Unimplemented> {
        outcome["t"] = "result".into();
        outcome["flow"] = flow.into();
        outcome["of"] = of.into();
        self.write(outcome).await
    }

    fn client(&mut self) -> Result<&mut Client, Unimplemented> {
        self.case.client.as_mut().ok_or_else(|| Unimplemented("a message before config".to_owned()))
    }

    async fn write(&mut self, message: Value) -> Result<(), Unimplemented> {
        let gone = |_| Unimplemented("the output is closed".to_owned());
        self.output.write_all(format!("{message}\n").as_bytes()).await.map_err(gone)?;
        self.output.flush().await.map_err(gone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str =
        r#"{"t":"config","issuer":"http://127.0.0.1:1/","discovery":false,"allow_http_loopback":true}"#;

    /// What is said to these lines, and why the conversation ended.
    async fn converse(lines: &str) -> (String, Option<String>) {
        let mut said = Vec::new();
        let ended = serve(lines.as_bytes(), &mut said).await.err().map(|refusal| refusal.to_string());
        (String::from_utf8(said).unwrap(), ended)
    }

    #[tokio::test]
    async fn another_protocol_is_not_spoken() {
        let (said, ended) = converse(r#"{"t":"hello","proto":1}"#).await;
        assert!(said.contains(r#""t":"hello""#) && ended.is_none(), "{ended:?}");
        for other in [r#"{"t":"hello","proto":2}"#, r#"{"t":"hello"}"#] {
            assert_eq!(converse(other).await, (String::new(), Some("not implemented: a protocol other than 1".into())));
        }
    }

    #[tokio::test]
    async fn after_a_reset_nothing_of_the_case_before_is_left() {
        let (mut input, theirs) = tokio::io::duplex(4096);
        let (output, writer) = tokio::io::duplex(4096);
        let ended =
            tokio::spawn(async { serve(tokio::io::BufReader::new(theirs), writer).await.map_err(|e| e.to_string()) });
        let mut said = tokio::io::BufReader::new(output).lines();
        let config = r#"{"t":"config","issuer":"http://127.0.0.1:1/","discovery":false,"allow_http_loopback":true,
            "client":{"id":"c"},"redirect_uri":"http://127.0.0.1:0/callback",
            "endpoints":{"authorization":"http://127.0.0.1:1/a","token":"http://127.0.0.1:1/t"}}"#;
        input.write_all(format!("{}\n", config.replace('\n', "")).as_bytes()).await.unwrap();
        let began: Value = serde_json::from_str(&said.next_line().await.unwrap().unwrap()).unwrap();
        let listens_at = began["redirect_uri"].as_str().unwrap_or_else(|| panic!("{began}"));
        let listens_at = listens_at.trim_start_matches("http://").trim_end_matches("/callback");
        assert!(tokio::net::TcpStream::connect(listens_at).await.is_ok());

        input.write_all(b"{\"t\":\"reset\"}\n").await.unwrap();
        assert_eq!(said.next_line().await.unwrap().as_deref(), Some(r#"{"t":"reset"}"#));
        assert!(tokio::net::TcpStream::connect(listens_at).await.is_err());
        input.write_all(b"{\"t\":\"begin\"}\n").await.unwrap();
        assert_eq!(ended.await.unwrap().unwrap_err(), "not implemented: a message before config");
    }

    #[tokio::test]
    async fn a_time_that_no_clock_shows_is_refused() {
        let advanced = |seconds: u64| format!("{CONFIG}\n{{\"t\":\"advance\",\"s\":{seconds}}}\n{{\"t\":\"begin\"}}\n");
        assert_eq!(converse(&advanced(3600)).await.1, None);
        let stands = CONFIG.replace("\"t\"", "\"now\":18446744073709551615,\"t\"");
        for ended in [converse(&advanced(u64::MAX)).await.1, converse(&stands).await.1] {
            assert_eq!(ended.as_deref(), Some("not implemented: a time that no clock shows"));
        }
    }
}
