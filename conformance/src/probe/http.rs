//! The one place where the probe's requests leave: within reach, at a pace, with a deadline and a size limit.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::{Duration, Instant};

use proofkey_authority::{Endpoint, Exchange, Party, SecretKind, Wire};
use reqwest::{Certificate, Client, Method, Url, redirect};
use tokio::runtime::Handle;

use super::looks;
use super::reach::Reach;

/// Maximum size of a body, in bytes.
const MAX_BODY: usize = 1 << 20;

/// A server that is silent this often, one request after the other, is not asked again.
const MAX_SILENCES: u32 = 3;

/// Limits of a whole run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Requests a second; 0 for no limit.
    pub(crate) rate: u32,
    /// Maximum number of requests.
    pub(crate) requests: u32,
    /// Maximum duration.
    pub(crate) time: Duration,
    /// How long a server has for one answer, body included.
    pub(crate) answer: Duration,
}

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    pub(crate) from: Party,
    pub(crate) endpoint: Endpoint,
    pub(crate) method: &'static str,
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
    /// The form of a POST, encoded.
    pub(crate) form: Option<String>,
}

impl Outgoing {
    pub(crate) fn get(from: Party, endpoint: Endpoint, url: &str) -> Self {
        Self { from, endpoint, method: "GET", url: url.into(), headers: Vec::new(), form: None }
    }

    pub(crate) fn post(from: Party, endpoint: Endpoint, url: &str, form: String) -> Self {
        Self { method: "POST", form: Some(form), ..Self::get(from, endpoint, url) }
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }
}

/// What came back.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Whether as.toml says that this page refuses, whatever its status.
    pub(crate) refuses: bool,
}

impl Answer {
    /// The first header of this name, which is given in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        looks::note("header", name);
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Where a browser is sent.
    pub(crate) fn location(&self) -> Option<&str> {
        self.header("location").filter(|_| (300..400).contains(&self.status))
    }
}

/// Why nothing came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The address is out of reach: nothing was sent.
    OutOfReach(String),
    /// The run is at its end: nothing was sent.
    Stopped(String),
    /// The server gave no answer that can be read.
    NoAnswer(String),
}

impl Failure {
    /// The address without its query, which may hold what a form was filled in with.
    pub(crate) fn out_of_reach(url: &str) -> Self {
        Self::OutOfReach(url.split(['?', '#']).next().unwrap_or_default().to_owned())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfReach(url) => write!(
                f,
                "nothing was sent to {url}, which is not the issuer's host and port; if it is yours, list it under \
                 `allow` in as.toml"
            ),
            Self::Stopped(why) => write!(f, "the probe has stopped: {why}"),
            Self::NoAnswer(why) => write!(f, "no answer that can be read: {why}"),
        }
    }
}

/// The HTTP client of a run.
///
/// # Errors
///
/// A sentence, when `ca` is not a certificate, or TLS or entropy cannot be had.
pub(crate) fn client(ca: Option<&[u8]>) -> Result<Client, String> {
    getrandom::fill(&mut [0]).map_err(|error| format!("the system gives no entropy: {error}"))?;
    let local = [SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), SocketAddr::from((Ipv6Addr::LOCALHOST, 0))];
    let mut builder = Client::builder()
        .redirect(redirect::Policy::none())
        .no_proxy()
        .http1_only()
        .pool_max_idle_per_host(0)
        .user_agent(concat!("proofkey-conformance probe/", env!("CARGO_PKG_VERSION")))
        // Whatever the resolver says: this name is this machine.
        .resolve_to_addrs("localhost", &local);
    if let Some(certificate) = ca {
        let certificate = Certificate::from_pem(certificate).map_err(|error| format!("ca_file: {error}"))?;
        builder = builder.add_root_certificate(certificate);
    }
    builder.build().map_err(|error| format!("the HTTP client cannot be set up: {error}"))
}

/// What sends the requests of a run: no redirects, no cookies, no proxy, no connection kept.
pub(crate) struct Http {
    runtime: Handle,
    client: Client,
    reach: Reach,
    limits: Limits,
    started: Instant,
    next: Cell<Instant>,
    sent: Cell<u32>,
    silences: Cell<u32>,
    /// The log of the probe that runs.
    wire: RefCell<Wire>,
    /// What the log does not show: the secrets of as.toml.
    hidden: Vec<(SecretKind, String)>,
}

impl Http {
    pub(crate) fn new(
        runtime: Handle,
        client: Client,
        reach: Reach,
        limits: Limits,
        hidden: Vec<(SecretKind, String)>,
    ) -> Self {
        let started = Instant::now();
        let (sent, silences, wire) = (Cell::new(0), Cell::new(0), RefCell::default());
        Self { runtime, client, reach, limits, started, next: Cell::new(started), sent, silences, wire, hidden }
    }

    pub(crate) fn reach(&self) -> &Reach {
        &self.reach
    }

    /// How many requests were sent.
    pub(crate) fn sent(&self) -> u32 {
        self.sent.get()
    }

    /// Why no request is sent any more, if so.
    pub(crate) fn stopped(&self) -> Option<String> {
        if self.silences.get() >= MAX_SILENCES {
            return Some(format!("the server gave no answer to {MAX_SILENCES} requests, one after the other"));
        }
        if self.sent.get() >= self.limits.requests {
            return Some(format!("{} requests were sent (--max-requests)", self.limits.requests));
        }
        let is_late = self.started.elapsed() >= self.limits.time;
        is_late.then(|| format!("{} s are over (--max-seconds)", self.limits.time.as_secs()))
    }

    /// Begins a new log, in which the secrets of as.toml are known and masked.
    pub(crate) fn turn_page(&self) {
        self.wire.replace(Wire::new());
        for (kind, secret) in &self.hidden {
            self.wire.borrow().add_secret(*kind, secret);
        }
    }

    /// The log of the probe that runs.
    pub(crate) fn wire(&self) -> Wire {
        self.wire.borrow().clone()
    }

    /// Sends a request and waits for the answer.
    pub(crate) fn send(&self, request: &Outgoing) -> Result<Answer, Failure> {
        self.send_all(std::slice::from_ref(request)).pop().unwrap_or(Err(Failure::NoAnswer("none".into())))
    }

    /// Sends requests at the same moment.
    pub(crate) fn send_all(&self, requests: &[Outgoing]) -> Vec<Result<Answer, Failure>> {
        if let Some(why) = self.stopped() {
            return requests.iter().map(|_| Err(Failure::Stopped(why.clone()))).collect();
        }
        self.pace();
        let sent = requests.iter().map(|request| self.begin(request));
        let tasks: Vec<_> = sent.collect();
        tasks
            .into_iter()
            .map(|task| {
                let (seq, task) = task?;
                let outcome = self.runtime.block_on(task).unwrap_or_else(|error| Err(error.to_string()));
                self.note(seq, &outcome);
                outcome.map_err(Failure::NoAnswer)
            })
            .collect()
    }

    /// Waits until the next request is due.
    fn pace(&self) {
        let now = Instant::now();
        std::thread::sleep(self.next.get().saturating_duration_since(now));
        let interval = Duration::from_secs(1).checked_div(self.limits.rate).unwrap_or_default();
        self.next.set(self.next.get().max(now) + interval);
    }

    #[expect(clippy::type_complexity, reason = "the number in the log, and the task")]
    fn begin(
        &self,
        request: &Outgoing,
    ) -> Result<(Option<u64>, tokio::task::JoinHandle<Result<Answer, String>>), Failure> {
        let url = Url::parse(&request.url).ok().filter(|_| self.reach.contains(&request.url));
        let url = url.ok_or_else(|| Failure::out_of_reach(&request.url))?;
        self.sent.set(self.sent.get() + 1);
        let seq = self.wire.borrow().record(self.exchange_of(request));
        let method = Method::from_bytes(request.method.as_bytes()).unwrap_or_default();
        let mut outgoing = self.client.request(method, url).timeout(self.limits.answer);
        for (name, value) in &request.headers {
            outgoing = outgoing.header(name, value);
        }
        if let Some(form) = &request.form {
            outgoing = outgoing.header("content-type", "application/x-www-form-urlencoded").body(form.clone());
        }
        Ok((seq, self.runtime.spawn(exchanged(outgoing))))
    }

    fn exchange_of(&self, request: &Outgoing) -> Exchange {
        let form = request.form.as_deref().unwrap_or_default();
        let shown = |(name, value): (String, String)| {
            let is_hidden = self.hidden.iter().any(|(_, secret)| *secret == value);
            (name, if is_hidden { "<from as.toml>".to_owned() } else { value })
        };
        // The log has the query decoded and masked; a form that is sent by GET stands in it.
        let mut exchange = Exchange::new(request.from, "server", request.endpoint, request.method, &request.url);
        exchange.url.truncate(exchange.url.find(['?', '#']).unwrap_or(exchange.url.len()));
        Exchange {
            headers: request.headers.clone(),
            query: exchange.query.into_iter().map(shown).collect(),
            form: form_urlencoded::parse(form.as_bytes()).into_owned().map(shown).collect(),
            ..exchange
        }
    }

    fn note(&self, seq: Option<u64>, outcome: &Result<Answer, String>) {
        self.silences.set(if outcome.is_ok() { 0 } else { self.silences.get() + 1 });
        self.wire.borrow().answer(seq, |exchange| match outcome {
            Ok(answer) => {
                exchange.status = Some(answer.status);
                exchange.response_headers.clone_from(&answer.headers);
                exchange.response_body = answer.body.iter().copied().take(Exchange::BODY_LIMIT).collect();
            }
            Err(why) => exchange.notes.push(why.clone()),
        });
    }
}

async fn exchanged(request: reqwest::RequestBuilder) -> Result<Answer, String> {
    let mut response = request.send().await.map_err(|error| sentence(&error))?;
    let status = response.status().as_u16();
    let headers = response
        .headers()
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| sentence(&error))? {
        if chunk.len() > MAX_BODY - body.len() {
            return Err(format!("the body is larger than {MAX_BODY} bytes"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { status, headers, body, refuses: false })
}

/// The innermost reason, without the address, which may hold a code.
fn sentence(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "none in time (--deadline)".to_owned();
    }
    let mut inner: &dyn std::error::Error = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}
