//! Tenants: authorities that share nothing, one a test.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use proofkey_authority::{Authority, Browser, ClientAuth, Clock, Exchange, Lie, Setup, Wire};
use serde_json::{Value, json};
use tokio::sync::Mutex;

/// Maximum number of tenants at a time.
const MAX_TENANTS: usize = 500;

/// How a tenant is set up.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) setup: Setup,
    /// Further servers on the same log and clock, which start before it.
    others: Vec<Setup>,
}

impl Plan {
    pub(super) fn honest() -> Self {
        Self::of(Setup::honest())
    }

    pub(super) fn of(setup: Setup) -> Self {
        Self { setup, others: Vec::new() }
    }

    /// The servers of a case.
    pub(super) fn of_case(id: &str) -> Option<Self> {
        let case = crate::cases::all().into_iter().find(|case| case.id == id)?;
        Some(Self { setup: case.setup, others: case.others })
    }

    /// What `POST /tenants` asks for: `{}`, or one of `case`, `lie` and `setup`, and perhaps `https`.
    pub(super) fn asked(body: &Value) -> Result<Self, String> {
        let fields = body.as_object().ok_or("the body is not a JSON object")?;
        if let Some(unknown) = fields.keys().find(|name| !["case", "lie", "setup", "https"].contains(&name.as_str())) {
            return Err(format!("{unknown:?} is none of case, lie, setup, https"));
        }
        let mut plan = match (fields.get("case"), fields.get("setup")) {
            (Some(_), Some(_)) => return Err("case and setup exclude each other".to_owned()),
            (Some(id), None) => {
                let id = id.as_str().ok_or("case is not a string")?;
                Self::of_case(id).ok_or_else(|| format!("{id:?} is not a case"))?
            }
            (None, Some(setup)) => {
                Self::of(serde_json::from_value(setup.clone()).map_err(|error| format!("setup: {error}"))?)
            }
            (None, None) => Self::honest(),
        };
        if let Some(lie) = fields.get("lie") {
            plan.setup.lie = lie_of(lie)?;
        }
        plan.setup.https |= fields.get("https").and_then(Value::as_bool).unwrap_or_default();
        Ok(plan)
    }
}

/// A lie in JSON; null is none.
pub(super) fn lie_of(lie: &Value) -> Result<Option<Lie>, String> {
    serde_json::from_value(lie.clone()).map_err(|error| format!("lie: {error}"))
}

/// The tenants that run.
#[derive(Default)]
pub(super) struct Tenants {
    running: Mutex<BTreeMap<u64, Arc<Tenant>>>,
    started: AtomicU64,
}

impl Tenants {
    /// Starts one, at this socket or at a free port.
    pub(super) async fn start(&self, plan: Plan, socket: Option<TcpListener>) -> Result<Arc<Tenant>, String> {
        if self.running.lock().await.len() >= MAX_TENANTS {
            return Err(format!("{MAX_TENANTS} tenants run already: end some with DELETE"));
        }
        let number = self.started.fetch_add(1, Ordering::Relaxed) + 1;
        let (wire, clock) = (Wire::new(), Clock::new());
        let servers = Servers::start(&plan, &wire, &clock, socket).await;
        let tenant = Arc::new(Tenant { number, wire, clock, plan: Mutex::new(plan), servers: Mutex::new(servers) });
        self.running.lock().await.insert(number, tenant.clone());
        Ok(tenant)
    }

    /// The one of this name, `t1` and so on.
    pub(super) async fn get(&self, name: &str) -> Option<Arc<Tenant>> {
        self.running.lock().await.get(&number(name)?).cloned()
    }

    pub(super) async fn all(&self) -> Vec<Arc<Tenant>> {
        self.running.lock().await.values().cloned().collect()
    }

    /// Ends one; whether it ran.
    pub(super) async fn stop(&self, name: &str) -> bool {
        let Some(number) = number(name) else { return false };
        self.running.lock().await.remove(&number).is_some()
    }

    pub(super) async fn stop_all(&self) {
        self.running.lock().await.clear();
    }
}

fn number(name: &str) -> Option<u64> {
    name.strip_prefix('t')?.parse().ok()
}

struct Servers {
    authority: Option<Authority>,
    others: Vec<Authority>,
    port: u16,
}

impl Servers {
    async fn start(plan: &Plan, wire: &Wire, clock: &Clock, socket: Option<TcpListener>) -> Self {
        let mut others = Vec::new();
        for other in &plan.others {
            others.push(Authority::start_with(other.clone(), wire, clock).await);
        }
        let socket = match socket {
            Some(socket) => socket,
            None => TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a listener on loopback"),
        };
        let port = socket.local_addr().map(|address| address.port()).unwrap_or_default();
        let authority = Authority::start_at(socket, plan.setup.clone(), wire, clock).await;
        Self { authority: Some(authority), others, port }
    }
}

/// One tenant.
pub(super) struct Tenant {
    number: u64,
    pub(super) wire: Wire,
    pub(super) clock: Clock,
    plan: Mutex<Plan>,
    servers: Mutex<Servers>,
}

impl Tenant {
    pub(super) fn name(&self) -> String {
        format!("t{}", self.number)
    }

    /// Everything that a test needs to know.
    pub(super) async fn description(&self, control: &str) -> Value {
        let servers = self.servers.lock().await;
        let Some(authority) = &servers.authority else { return Value::Null };
        let others: Vec<Value> = servers.others.iter().map(server).collect();
        let mut description = server(authority);
        description["id"] = self.name().into();
        description["control"] = format!("{control}/tenants/{}", self.name()).into();
        description["others"] = others.into();
        description
    }

    /// Tells another lie from now on, or none. The server begins anew at its address: logins under way and tokens are
    /// forgotten, log and clock stay.
    pub(super) async fn lie(&self, lie: Option<Lie>) -> Result<(), String> {
        let mut plan = self.plan.lock().await;
        let mut servers = self.servers.lock().await;
        plan.setup.lie = lie;
        let port = servers.port;
        servers.authority = None;
        servers.others.clear();
        let socket = bound_again(port).await?;
        *servers = Servers::start(&plan, &self.wire, &self.clock, Some(socket)).await;
        Ok(())
    }

    /// Opens `url` as the browser of a user, the first one if none is named, and gives the callback.
    pub(super) async fn browse(&self, url: &str, user: Option<&str>) -> Result<String, String> {
        let browser = Browser::new(&self.wire);
        let mut browser = match user {
            Some(sub) => browser.sign_in_as(sub),
            None => browser,
        };
        let landing = browser.open(url).await.map_err(|error| format!("the browser got nowhere: {}", error.code()))?;
        landing.callback().ok_or_else(|| "the server showed a page in place of a redirect to the client".to_owned())
    }

    /// The exchanges after number `since`.
    pub(super) fn log(&self, since: u64) -> Value {
        let exchanges: Vec<Value> = self.wire.since(since).iter().map(exchange).collect();
        json!({"last": self.wire.last(), "exchanges": exchanges})
    }
}

/// The port of a server that was just stopped, as soon as it is free.
async fn bound_again(port: u16) -> Result<TcpListener, String> {
    let mut last = None;
    for _ in 0..100 {
        match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            Ok(socket) => return Ok(socket),
            Err(error) => last = Some(error),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Err(format!(
        "port {port} cannot be listened on again: {}",
        last.map_or_else(String::new, |error| error.to_string())
    ))
}

fn server(authority: &Authority) -> Value {
    let setup = authority.setup();
    let clients: Vec<Value> = setup
        .clients
        .iter()
        .map(|client| {
            let auth = match client.auth {
                ClientAuth::None => "none",
                ClientAuth::Basic(_) => "client_secret_basic",
                ClientAuth::Post(_) => "client_secret_post",
                ClientAuth::PrivateKeyJwt => "private_key_jwt",
                ClientAuth::SecretJwt(_) => "client_secret_jwt",
            };
            json!({
                "id": client.id, "auth": auth, "secret": client.auth.secret(), "redirect_uris": client.redirect_uris,
            })
        })
        .collect();
    json!({
        "name": setup.name, "issuer": authority.issuer(), "endpoints": authority.endpoints(),
        "metadata": format!("{}/.well-known/openid-configuration", authority.issuer().trim_end_matches('/')),
        "clients": clients, "users": setup.users, "lie": setup.lie,
    })
}

/// An exchange with its bodies as text.
fn exchange(exchange: &Exchange) -> Value {
    let mut value = serde_json::to_value(exchange).unwrap_or_default();
    value["body"] = String::from_utf8_lossy(&exchange.body).into();
    value["response_body"] = exchange.response_text().into();
    // Lists of pairs are awkward in most languages; a name that stands twice is in `url` and `body`.
    for field in ["query", "form", "headers", "response_headers"] {
        let pairs = match field {
            "query" => &exchange.query,
            "form" => &exchange.form,
            "headers" => &exchange.headers,
            _ => &exchange.response_headers,
        };
        value[field] = pairs.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect();
    }
    value
}
