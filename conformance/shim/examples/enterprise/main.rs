//! Logs in to one application by a company's server with a directory, OpenID Connect or SAML behind it, and prints what the user
//! reads, what the application learns, and each hop.
//!
//! `conformance/servers/try` unpacks the servers and calls this: `enterprise COMMAND [ARGUMENTS...]`.

mod application;
#[path = "../servers/browser.rs"]
#[allow(dead_code)]
mod browser;
#[path = "../servers/server.rs"]
#[allow(dead_code)]
mod server;
mod staff;
mod wire;

use std::cell::Cell;
use std::error::Error;
use std::sync::PoisonError;
use std::time::Duration;

use axum::middleware::from_fn_with_state;
use proofkey::token::Http;
use tokio::net::TcpListener;

use application::Ahead;
use server::Server;
use staff::{ALICE, ALICE_GUESSED, BOB, CAROL, User};
use wire::{Hop, Logs, Wire};

type Failure = Box<dyn Error + Send + Sync>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let command: Vec<_> = std::env::args().skip(1).collect();
    for upstream in ["ldap", "oidc", "saml"] {
        try_upstream(&command, upstream).await?;
    }
    Ok(())
}

/// One upstream, and the application.
struct Trial {
    server: Server,
    http: Http,
    home: String,
    wire: Wire,
    logs: Logs,
    ahead: Ahead,
    /// Whether a page was not as expected.
    has_failed: Cell<bool>,
}

impl Trial {
    async fn start(command: &[String], upstream: &'static str) -> Result<Self, Failure> {
        let http = Http::builder().allow_http_loopback().build()?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let home = format!("http://localhost:{}/", listener.local_addr()?.port());
        let redirect_uri = format!("{home}callback");
        let command = [command, &[upstream.to_owned()]].concat();
        let server = Server::start(&command, &[("REDIRECT_URI", &redirect_uri)]).await?;
        let said = |name: &str| server.said[name].as_str().unwrap_or_default().to_owned();
        let asker = if upstream == "ldap" { "company" } else { "partner" };
        let whose = [(home.clone(), "application"), (server.issuer.clone(), "company"), (said("partner"), "partner")];
        let logs =
            Logs { portals: said("wire").into(), directory: said("directory").into(), addresses: whose.into(), asker };
        let (wire, ahead) = (Wire::default(), Ahead::default());
        // All that the application is told.
        let (issuer, client_id) = (&server.issuer, said("client_id"));
        let app = application::application(issuer, &client_id, &redirect_uri, http.clone(), ahead.clone())?;
        let app = app.layer(from_fn_with_state(wire.clone(), wire::record));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Ok(Self { server, http, home, wire, logs, ahead, has_failed: Cell::new(false) })
    }

    /// A new user, who sees a page that asks for a password. What was logged before is forgotten.
    async fn user(&self) -> Result<User<'_>, Failure> {
        self.wire.clear(&self.logs)?;
        User::open(&self.http, &self.home, self.server.said["partner"].as_str().unwrap_or("none")).await
    }

    fn set_ahead(&self, ahead: Duration) {
        *self.ahead.lock().unwrap_or_else(PoisonError::into_inner) = ahead;
    }

    /// A row of the table: what the user did, what is read after it, in which there has to be `expected`, and what the application
    /// gets.
    async fn row(&self, what: &str, user: &mut User<'_>, expected: &str) -> Result<(), Failure> {
        let read = user.read().await?;
        let gain = wire::gain(&self.wire.hops(&self.logs)?);
        let is_right = read.contains(expected);
        println!("| {what} | {}{read} | {gain} |", if is_right { "" } else { "**failed**: " });
        self.has_failed.set(self.has_failed.get() || !is_right);
        Ok(())
    }
}

async fn try_upstream(command: &[String], upstream: &'static str) -> Result<(), Failure> {
    let trial = Trial::start(command, upstream).await?;
    let Server { name, version, .. } = &trial.server;
    println!("## {name}, by {version}\n\n| The user | reads | The application gets |\n| --- | --- | --- |");
    let hops = first_login(&trial).await?;
    if upstream == "oidc" {
        only_openid_connect(&trial).await?;
    }
    every_upstream(&trial).await?;
    if upstream == "saml" {
        only_saml(&trial).await?;
    }
    println!("\n| | From | To | Request | Response |\n| --- | --- | --- | --- | --- |");
    for (number, hop) in hops.iter().enumerate() {
        println!("| {} | {} | {} | {} | {} |", number + 1, hop.from, hop.to, hop.request, hop.response);
    }
    let (secrets, leaked) = wire::kept_from_the_application(&hops);
    let got = if leaked.is_some() { "**one**" } else { "none" };
    println!("\nSecrets that crossed the wire elsewhere: {secrets}. Of these, the application got {got}.\n");
    let has_failed = trial.has_failed.get();
    trial.server.end().await?;
    match leaked {
        Some(_) => Err("the application got a secret of those behind it".into()),
        None if secrets == 0 => Err("no secret was seen at all".into()),
        None if has_failed => Err("a page was not as expected".into()),
        None => Ok(()),
    }
}

/// The hops of a login.
async fn first_login(trial: &Trial) -> Result<Vec<Hop>, Failure> {
    let mut alice = trial.user().await?;
    alice.enter(ALICE).await?;
    alice.go_on().await?;
    let hops = trial.wire.hops(&trial.logs)?;
    trial.row("Alice enters her password", &mut alice, "groups: engineering, release-managers").await?;
    Ok(hops)
}

/// What comes out the same whatever is upstream.
async fn every_upstream(trial: &Trial) -> Result<(), Failure> {
    let mut bob = trial.user().await?;
    bob.enter(BOB).await?;
    bob.go_on().await?;
    trial.row("Bob enters his", &mut bob, "bob@company.example, subject bob, groups: engineering").await?;

    let mut alice = trial.user().await?;
    alice.enter(ALICE_GUESSED).await?;
    trial.row("Alice mistypes hers", &mut alice, "Wrong credentials").await?;
    alice.enter(ALICE).await?;
    alice.go_on().await?;
    trial.row("and enters it on the page that says so", &mut alice, "alice@company.example").await?;

    let mut carol = trial.user().await?;
    carol.enter(CAROL).await?;
    trial.row("Carol, whose account is locked, enters hers", &mut carol, "Your account is locked").await?;

    let mut alice = trial.user().await?;
    trial.set_ahead(LATE);
    alice.enter(ALICE).await?;
    alice.go_on().await?;
    trial.row("Alice enters hers 11 minutes later", &mut alice, "This login has expired").await?;
    trial.set_ahead(Duration::ZERO);
    Ok(())
}

/// Before Bob has ever agreed, since the partner remembers that.
async fn only_openid_connect(trial: &Trial) -> Result<(), Failure> {
    let mut bob = trial.user().await?;
    bob.enter(BOB).await?;
    bob.refuse().await?;
    trial.row("Bob does not agree that the company is told who he is", &mut bob, "refused").await
}

async fn only_saml(trial: &Trial) -> Result<(), Failure> {
    let mut alice = trial.user().await?;
    alice.enter(ALICE).await?;
    tokio::time::sleep(ASSERTION_LIFETIME).await;
    alice.go_on().await?;
    trial.row("Alice's browser delivers an assertion that has expired", &mut alice, "expired").await?;

    let mut alice = trial.user().await?;
    alice.enter(ALICE).await?;
    let mut attacker = alice.in_another_browser(&trial.http);
    alice.go_on().await?;
    trial.wire.clear(&trial.logs)?;
    attacker.go_on().await?;
    trial
        .row("An attacker delivers the assertion with which Alice has logged in", &mut attacker, "asks for a password")
        .await
}

/// The two seconds of portal.py, the minute that the partner adds, the ten seconds that the company adds, and one more.
const ASSERTION_LIFETIME: Duration = Duration::from_secs(2 + 60 + 10 + 1);

/// Later than a login is waited for.
const LATE: Duration = Duration::from_secs(11 * 60);
