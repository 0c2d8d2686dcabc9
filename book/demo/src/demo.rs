//! The demo as a whole: the cast, the app before it, and the pages that look on.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use axum::{Router, middleware};
use proofkey::token::Http;
use proofkey::{Login, discover};
use proofkey_authority::{Client, ClientAuth, Clock, Setup, Wire};
use proofkey_book::cast::{API_SCOPE, CLIENT_ID, Cast, SCOPE};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::app::{App, goodbye_of};
use crate::fence::{Home, fence, not_found};
use crate::settings::{Settings, Tenant, parts};
use crate::start_error::StartError;
use crate::watch::{Watch, watch};
use crate::{assets, attack_page, live};

/// A running demo. It stops when dropped.
#[derive(Debug)]
pub struct Demo {
    origin: String,
    issuer: String,
    servers: Vec<JoinHandle<io::Result<()>>>,
    /// The servers that the app trusts; none with a tenant.
    cast: Option<Cast>,
}

impl Drop for Demo {
    fn drop(&mut self) {
        for server in &self.servers {
            server.abort();
        }
    }
}

impl Demo {
    /// Listens on loopback, in both versions of IP where the machine has both, and starts everybody.
    ///
    /// # Errors
    ///
    /// [`StartError`]: a port in use, a tenant that cannot be used, and so on.
    pub async fn start(settings: Settings) -> Result<Self, StartError> {
        let listeners = listen(settings.port).await?;
        let port =
            listeners.first().and_then(|listener| listener.local_addr().ok()).map_or(0, |address| address.port());
        let stage = match settings.tenant {
            Some(tenant) => Stage::at(tenant).await?,
            None => Stage::here(port).await?,
        };
        let (_, path) = parts(&stage.redirect_uri)?;
        let origin = stage.redirect_uri.trim_end_matches(&path).to_owned();
        let watching = Arc::new(Watch::new(stage.wire, &stage.redirect_uri, stage.cast.is_some()));
        let router = Router::new()
            .merge(stage.app.routes(&path))
            .layer(middleware::from_fn_with_state(watching.clone(), watch))
            .merge(live::routes(watching))
            .merge(attack_page::routes())
            .merge(assets::routes())
            .fallback(not_found)
            .layer(middleware::from_fn_with_state(Home { origin: origin.clone(), port }, fence));
        let serve = |listener| {
            let router = router.clone();
            tokio::spawn(async move { axum::serve(listener, router).await })
        };
        let servers = listeners.into_iter().map(serve).collect();
        Ok(Self { origin, issuer: stage.issuer, servers, cast: stage.cast })
    }

    /// Where the app is, such as `http://localhost:8091`.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Whom the app trusts.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Whether the servers are those of this machine, with people who are made up.
    #[must_use]
    pub fn has_stand_ins(&self) -> bool {
        self.cast.is_some()
    }

    /// Runs until it is stopped from outside.
    pub async fn run(mut self) {
        for server in &mut self.servers {
            // Serving ends with the process only; an error here is a listener that is gone.
            let _ = server.await;
        }
    }
}

/// The app, and whom it trusts.
struct Stage {
    app: App,
    redirect_uri: String,
    issuer: String,
    wire: Wire,
    cast: Option<Cast>,
}

impl Stage {
    /// The whole cast on this machine.
    async fn here(port: u16) -> Result<Self, StartError> {
        let redirect_uri = format!("http://localhost:{port}/callback");
        // Codes that nobody can know beforehand, and a clock that runs.
        let post_logout_redirect_uris = vec![goodbye_of(&redirect_uri)];
        let setup = Setup { codes: Vec::new(), post_logout_redirect_uris, ..Cast::setup() };
        let cast = Cast::start_with(setup, Clock::new()).await.map_err(StartError::Cast)?;
        let client = Client { id: CLIENT_ID.into(), auth: ClientAuth::None, redirect_uris: vec![redirect_uri.clone()] };
        cast.authority.register(client);
        let login = connect(&cast.http, cast.authority.issuer(), CLIENT_ID, &redirect_uri).await?;
        let app = App::new(login, cast.http.clone(), &format!("{SCOPE} {API_SCOPE}"), Some(cast.api.base()));
        let (issuer, wire) = (cast.authority.issuer().to_owned(), cast.wire().clone());
        Ok(Self { app, redirect_uri, issuer, wire, cast: Some(cast) })
    }

    /// The app alone, before a server of somebody else's.
    async fn at(tenant: Tenant) -> Result<Self, StartError> {
        let builder = Http::builder();
        // Plain http is for a server on this machine, and goes nowhere else.
        let builder = if tenant.issuer.starts_with("http://") { builder.allow_http_loopback() } else { builder };
        let http = builder.build().map_err(|error| StartError::Cast(error.into()))?;
        let login = connect(&http, &tenant.issuer, &tenant.client_id, &tenant.redirect_uri).await?;
        let app = App::new(login, http, SCOPE, None);
        Ok(Self { app, redirect_uri: tenant.redirect_uri, issuer: tenant.issuer, wire: Wire::new(), cast: None })
    }
}

async fn connect(http: &Http, issuer: &str, client_id: &str, redirect_uri: &str) -> Result<Login, StartError> {
    let server = discover(http, issuer).await.map_err(|error| StartError::Tenant(Box::new(error)))?;
    Login::new(server, client_id, redirect_uri).map_err(|error| StartError::Tenant(Box::new(error)))
}

/// `localhost` is 127.0.0.1 to some browsers and ::1 to others: whoever has the one and not the other lets somebody
/// else answer.
async fn listen(port: u16) -> Result<Vec<TcpListener>, StartError> {
    let tries = if port == 0 { 16 } else { 1 };
    let mut result = Err(StartError::PortInUse { port });
    for _ in 0..tries {
        result = listen_once(port).await;
        if !matches!(result, Err(StartError::PortInUse { .. })) {
            break;
        }
    }
    result
}

async fn listen_once(port: u16) -> Result<Vec<TcpListener>, StartError> {
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::AddrInUse => StartError::PortInUse { port },
        _ => StartError::Listen { port, error },
    };
    let first = bind(Ipv4Addr::LOCALHOST.into(), port).await.map_err(failed)?;
    let port = first.local_addr().map_err(failed)?.port();
    match bind(Ipv6Addr::LOCALHOST.into(), port).await {
        Ok(second) => Ok(vec![first, second]),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => Err(StartError::PortInUse { port }),
        // A machine without IPv6 has no ::1 that a browser could mean.
        Err(_) => Ok(vec![first]),
    }
}

async fn bind(address: IpAddr, port: u16) -> io::Result<TcpListener> {
    TcpListener::bind((address, port)).await
}
