//! The conversation with the runner: one JSON object per line, in both directions.

use std::io;
use std::sync::{LazyLock, OnceLock};
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use crate::api::Api;
use crate::client::{Client, Members};
use crate::config::{self, Config, Unimplemented};
use crate::context::{Clock, Context, Notes};
use crate::defects::Defects;
use crate::dpop::Dpop;
use crate::failure::{self, Failure, Restart};
use crate::http::Http;
use crate::listener::Arrival;

/// The end of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The exit code: 0 at the end of the input, 89 for a message or a field that this client does not implement, 1 if
    /// the output cannot be written, 101 if a switch made it crash.
    pub code: u8,
    /// The text for standard error.
    pub stderr: String,
}

/// Speaks the shim protocol until `input` ends, with the switches in `defects`.
///
/// Needs a tokio runtime with I/O and time. Any number of sessions can run at once in one process.
pub async fn serve(input: impl AsyncBufRead + Unpin, output: impl AsyncWrite + Unpin, defects: &Defects) -> Ended {
    let notes = Notes::default();
    let code = match converse(input, output, defects, &notes).await {
        Ok(()) => 0,
        Err(Stop::Unimplemented(Unimplemented(what))) => {
            notes.write(&what);
            89
        }
        Err(Stop::Output) => 1,
        Err(Stop::Crashed) => 101,
    };
    Ended { code, stderr: notes.into_text() }
}

enum Stop {
    Unimplemented(Unimplemented),
    Output,
    Crashed,
}

impl From<Unimplemented> for Stop {
    fn from(what: Unimplemented) -> Self {
        Self::Unimplemented(what)
    }
}

impl From<io::Error> for Stop {
    fn from(_: io::Error) -> Self {
        Self::Output
    }
}

async fn converse(
    input: impl AsyncBufRead + Unpin,
    output: impl AsyncWrite + Unpin,
    defects: &Defects,
    notes: &Notes,
) -> Result<(), Stop> {
    let (arrivals, mut arrived) = unbounded_channel();
    let mut session = Session { output, defects, notes, deadline: Duration::from_secs(10), client: None, api: None };
    let mut lines = input.lines();
    loop {
        tokio::select! {
            line = lines.next_line() => match line? {
                Some(line) => session.message(&line, &arrivals).await?,
                None => return Ok(()),
            },
            Some((flow, url)) = arrived.recv() => session.callback(&flow, &url).await?,
        }
    }
}

struct Session<'a, W> {
    output: W,
    defects: &'a Defects,
    notes: &'a Notes,
    deadline: Duration,
    client: Option<Client<'a>>,
    /// In the place of the client, where the runner comes as one.
    api: Option<Api<'a>>,
}

impl<'a, W: AsyncWrite + Unpin> Session<'a, W> {
    async fn message(&mut self, line: &str, arrivals: &UnboundedSender<Arrival>) -> Result<(), Stop> {
        let message = serde_json::from_str::<Map<String, Value>>(line);
        let message = message.map_err(|_| unimplemented("a line that is no JSON object"))?;
        let kind = message.get("t").and_then(Value::as_str).unwrap_or("");
        let flow = config::text(&message, "flow")?.unwrap_or_else(|| "f1".to_owned());
        match kind {
            "hello" => self.hello(&message).await,
            "config" => self.configure(&message, arrivals).await,
            "begin" => {
                config::known(&message, kind, &["t", "flow", "issuer"])?;
                let issuer = config::text(&message, "issuer")?;
                let server = self.client()?.server(issuer.as_deref())?;
                self.begin(&flow, server, None).await
            }
            "callback" => {
                config::known(&message, kind, &["t", "flow", "url"])?;
                let url = config::text(&message, "url")?.unwrap_or_default();
                self.callback(&flow, &url).await
            }
            "refresh" | "userinfo" | "revoke" | "client_credentials" | "token_exchange" | "device" => {
                config::known(&message, kind, &["t", "flow"])?;
                let client = self.client()?;
                let outcome = match kind {
                    "refresh" => client.refresh(&flow).await,
                    "userinfo" => client.userinfo(&flow).await,
                    "revoke" => client.revoke(&flow).await,
                    "client_credentials" => client.client_credentials().await,
                    "token_exchange" => client.token_exchange(&flow).await,
                    _ => client.device().await,
                };
                self.result(&flow, kind, outcome).await
            }
            "logout" => {
                config::known(&message, kind, &["t", "flow"])?;
                match self.client()?.logout(&flow) {
                    Ok(url) => self.write(&json!({"t": "logout", "flow": flow, "url": url})).await,
                    Err(failure) => self.result(&flow, kind, Err(failure)).await,
                }
            }
            "logged_out" => {
                config::known(&message, kind, &["t", "flow", "url"])?;
                let url = config::text(&message, "url")?.unwrap_or_default();
                let outcome = self.client()?.logged_out(&flow, &url);
                self.result(&flow, "logout", outcome).await
            }
            "step_up" => {
                config::known(&message, kind, &["t", "flow", "of", "status", "headers"])?;
                let of = config::text(&message, "of")?.unwrap_or_default();
                let begun = self.client()?.step_up(&flow, &of, &message).await;
                self.begun(&flow, kind, begun).await
            }
            "logout_token" => {
                config::known(&message, kind, &["t", "flow", "token"])?;
                let token = config::text(&message, "token")?.unwrap_or_default();
                let outcome = self.client()?.logout_token(&token).await;
                self.result(&flow, kind, outcome).await
            }
            "guard" => {
                static NONE: LazyLock<Defects> = LazyLock::new(Defects::none);
                let http_allowed = config::flag(&message, "allow_http_loopback")?.unwrap_or(false);
                let skew = config::number(&message, "skew")?.unwrap_or(0);
                let cx = self.context(&NONE, None, http_allowed)?;
                self.api = Some(Api::new(&message, Context { skew, ..cx }, self.defects)?);
                Ok(())
            }
            "request" => {
                let api = self.api.as_mut().ok_or_else(|| unimplemented("a request before guard"))?;
                let response = api.answer(&message).await?;
                self.write(&response).await
            }
            "advance" => {
                config::known(&message, kind, &["t", "s"])?;
                let seconds = config::number(&message, "s")?.unwrap_or(0);
                self.client()?.cx.clock.advance(seconds);
                Ok(())
            }
            other => Err(unimplemented(&format!("a message {other:?}"))),
        }
    }

    async fn hello(&mut self, message: &Map<String, Value>) -> Result<(), Stop> {
        config::known(message, "hello", &["t", "proto", "case", "seed", "deadline_ms"])?;
        if config::number(message, "proto")? != Some(1) {
            return Err(unimplemented("a protocol other than 1"));
        }
        if let Some(deadline) = config::number(message, "deadline_ms")? {
            self.deadline = Duration::from_millis(deadline);
        }
        let can = [
            "code",
            "pkce_s256",
            "oidc",
            "discovery",
            "iss",
            "refresh",
            "userinfo",
            "userinfo_signed",
            "revoke",
            "logout",
            "loopback",
            "fake_clock",
            "trusted_audiences",
            "providers",
            "resource",
            "secret_basic",
            "secret_post",
            "private_key_jwt",
            "client_secret_jwt",
            "parallel",
            "par",
            "dpop",
            "device",
            "client_credentials",
            "token_exchange",
            "step_up",
            "logout_token",
            "resource_server",
            "resource_server_dpop",
        ];
        self.write(&json!({
            "t": "hello", "proto": 1, "name": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION"),
            "lang": "rust", "can": can, "callback": "both",
        }))
        .await
    }

    /// Reads the configuration and begins the first login.
    async fn configure(
        &mut self,
        message: &Map<String, Value>,
        arrivals: &UnboundedSender<Arrival>,
    ) -> Result<(), Stop> {
        let config = Config::read(message)?;
        let cx = Context {
            clock: Clock::new(config.now),
            skew: config.skew,
            ways: config::ways(message)?,
            dpop: config.dpop.then(Dpop::new),
            ..self.context(self.defects, config.ca_pem.as_deref(), config.allow_http_loopback)?
        };
        self.client = Some(Client::new(config, cx, arrivals.clone()));
        self.begin("f1", 0, None).await
    }

    fn context(
        &self,
        defects: &'a Defects,
        ca_pem: Option<&str>,
        allow_http_loopback: bool,
    ) -> Result<Context<'a>, Unimplemented> {
        // A whole login makes up to three requests, and one of them may run into its limit.
        let http = Http::new(ca_pem, allow_http_loopback, self.deadline / 3, defects);
        Ok(Context {
            defects,
            http: http.map_err(Unimplemented)?,
            clock: Clock::new(None),
            skew: 0,
            allow_http_loopback,
            notes: self.notes,
            ways: config::ways(&Map::new())?,
            dpop: None,
            assertion: OnceLock::new(),
        })
    }

    async fn begin(&mut self, flow: &str, server: usize, restart: Option<Restart>) -> Result<(), Stop> {
        let begun = self.client()?.begin(flow, server, restart).await;
        self.begun(flow, "login", begun).await
    }

    /// Says where the browser is to be sent, or why not.
    async fn begun(&mut self, flow: &str, of: &str, begun: Result<(String, String), Failure>) -> Result<(), Stop> {
        match begun {
            Ok((url, redirect_uri)) => {
                self.write(&json!({"t": "authorize", "flow": flow, "url": url, "redirect_uri": redirect_uri})).await
            }
            Err(failure) => self.result(flow, of, Err(failure)).await,
        }
    }

    async fn callback(&mut self, flow: &str, url: &str) -> Result<(), Stop> {
        let outcome = self.client()?.callback(flow, url).await;
        if self.defects.has("silent") {
            return Ok(());
        }
        match outcome {
            Err(Failure::Restarted(restart)) => {
                // Begun once more, and not for ever: the client remembers that it did.
                let server = self.client()?.server_of(flow);
                self.begin(flow, server, Some(restart)).await
            }
            outcome => self.result(flow, "login", outcome).await,
        }
    }

    async fn result(&mut self, flow: &str, of: &str, outcome: Result<Members, Failure>) -> Result<(), Stop> {
        let mut message = Map::new();
        message.insert("t".to_owned(), json!("result"));
        message.insert("flow".to_owned(), json!(flow));
        message.insert("of".to_owned(), json!(of));
        match outcome {
            Ok(members) => {
                message.insert("ok".to_owned(), json!(true));
                message.extend(members);
            }
            Err(Failure::Refused { stage, class, code, detail }) => {
                let members = failure::members(stage, class, code.as_deref(), &detail);
                message.extend(members.map(|(name, value)| (name.to_owned(), value)));
                if let Some(client) = &self.client {
                    client.cx.ways.tell(&client.cx.ways.take(), &mut message, self.defects);
                }
            }
            Err(Failure::Crashed | Failure::Restarted(_)) => return Err(Stop::Crashed),
        }
        if self.defects.has("junk-on-stdout") {
            self.output.write_all(b"about to answer\n").await?;
        }
        self.write(&Value::Object(message)).await
    }

    fn client(&mut self) -> Result<&mut Client<'a>, Stop> {
        self.client.as_mut().ok_or_else(|| unimplemented("a message before config"))
    }

    async fn write(&mut self, message: &Value) -> Result<(), Stop> {
        self.output.write_all(format!("{message}\n").as_bytes()).await?;
        Ok(self.output.flush().await?)
    }
}

fn unimplemented(what: &str) -> Stop {
    Stop::Unimplemented(Unimplemented(what.to_owned()))
}
