//! A runner in small: it starts the client in this process and plays the browser.

use std::time::Duration;

use proofkey_authority::{Authority, Browser, Client, Setup, Wire};
use proofkey_reference::{Defects, Ended, serve};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, Lines, duplex};
use tokio::task::JoinHandle;

/// How long the client may take for a request in these tests: a third of it.
pub(crate) const DEADLINE_MS: u64 = 6000;

/// One client under way.
pub(crate) struct Shim {
    input: DuplexStream,
    output: Lines<BufReader<DuplexStream>>,
    task: JoinHandle<Ended>,
}

impl Shim {
    /// Starts the client with the named switches and says hello.
    pub(crate) async fn start(defects: &[&str]) -> Self {
        let defects = Defects::named(defects).unwrap();
        let (input, theirs) = duplex(1 << 20);
        let (ours, output) = duplex(1 << 20);
        let task = tokio::spawn(async move { serve(BufReader::new(theirs), output, &defects).await });
        let mut shim = Self { input, output: BufReader::new(ours).lines(), task };
        shim.say(json!({"t": "hello", "proto": 1, "case": "t", "seed": "s", "deadline_ms": DEADLINE_MS})).await;
        assert_eq!(shim.hear().await.unwrap()["t"], "hello");
        shim
    }

    /// Sends a message.
    pub(crate) async fn say(&mut self, message: Value) {
        self.input.write_all(format!("{message}\n").as_bytes()).await.unwrap();
    }

    /// The next message; `None` at the end of the output, or when there is none for a while.
    pub(crate) async fn hear(&mut self) -> Option<Value> {
        let line = tokio::time::timeout(Duration::from_millis(2 * DEADLINE_MS), self.output.next_line());
        serde_json::from_str(&line.await.ok()?.unwrap()?).ok()
    }

    /// Sends a message and hears the answer.
    pub(crate) async fn ask(&mut self, message: Value) -> Value {
        self.say(message).await;
        self.hear().await.expect("an answer")
    }

    /// Ends the input.
    pub(crate) async fn end(self) -> Ended {
        drop(self.input);
        self.task.await.unwrap()
    }
}

/// What is asked of the client.
#[derive(Clone)]
pub(crate) struct Login {
    pub(crate) setup: Setup,
    pub(crate) client: Client,
    /// Members of the configuration that differ from the usual.
    pub(crate) config: Value,
    pub(crate) defects: Vec<&'static str>,
    /// Messages after the login; the last answer is the result.
    pub(crate) then: Vec<&'static str>,
}

impl Login {
    pub(crate) fn new(setup: Setup) -> Self {
        Self { setup, client: Client::native(), config: json!({}), defects: Vec::new(), then: Vec::new() }
    }

    pub(crate) fn config(mut self, config: Value) -> Self {
        self.config = config;
        self
    }

    pub(crate) fn with(mut self, defect: &'static str) -> Self {
        self.defects.push(defect);
        self
    }

    pub(crate) fn then(mut self, messages: &[&'static str]) -> Self {
        self.then = messages.to_vec();
        self
    }

    /// Runs it.
    pub(crate) async fn run(&self) -> Outcome {
        let authority = Authority::start(self.setup.clone()).await;
        let wire = authority.wire().clone();
        let mut shim = Shim::start(&self.defects).await;
        let mut heard = shim.ask(config(&authority, &self.client, &self.config)).await;
        let mut tries = 0;
        while heard["t"] == "authorize" && tries < 3 {
            tries += 1;
            let landing = Browser::new(&wire).open(heard["url"].as_str().unwrap()).await.unwrap();
            let Some(url) = landing.callback() else {
                heard = json!({"ok": false, "stage": "authorize", "class": "page"});
                break;
            };
            shim.say(json!({"t": "callback", "flow": heard["flow"], "url": url})).await;
            heard = shim.hear().await.unwrap_or_else(|| json!({"class": "silence"}));
        }
        for kind in &self.then {
            if heard["ok"] == true {
                heard = shim.ask(json!({"t": kind, "flow": "f1"})).await;
            }
        }
        Outcome { result: heard, wire, tries, ended: shim.end().await }
    }
}

/// What came of it.
pub(crate) struct Outcome {
    pub(crate) result: Value,
    pub(crate) wire: Wire,
    /// How many authorization requests the browser was sent with.
    pub(crate) tries: usize,
    pub(crate) ended: Ended,
}

impl Outcome {
    /// `ok`, or the class of the refusal, or how the client ended.
    pub(crate) fn verdict(&self) -> String {
        match (&self.result["ok"], self.ended.code) {
            (_, 101) => "crash".to_owned(),
            (Value::Bool(true), _) => "ok".to_owned(),
            _ => self.result["class"].as_str().unwrap_or("nothing").to_owned(),
        }
    }
}

/// The configuration of a client at an authority.
pub(crate) fn config(authority: &Authority, client: &Client, changes: &Value) -> Value {
    use proofkey_authority::ClientAuth;
    let (auth, secret) = match &client.auth {
        ClientAuth::None => ("none", None),
        ClientAuth::Basic(secret) => ("basic", Some(secret)),
        ClientAuth::Post(secret) => ("post", Some(secret)),
        ClientAuth::PrivateKeyJwt => ("private_key_jwt", None),
        ClientAuth::SecretJwt(secret) => ("client_secret_jwt", Some(secret)),
    };
    let mut message = json!({
        "t": "config",
        "issuer": authority.issuer(),
        "discovery": true,
        "client": {"id": client.id, "secret": secret, "auth": auth},
        "redirect_uri": "http://localhost:8091/callback",
        "scope": "openid profile email offline_access",
        "expect_nonce": true,
        "id_token_algs": ["RS256"],
        "max_age": null, "now": null, "skew": 0, "ca_pem": null,
        "allow_http_loopback": true,
        "issuers": [],
    });
    message.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    message
}
