//! All that is running: an authorization server, a store, two machines and a proxy.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use proofkey_authority::{Authority, Browser, Client, Setup, User};
use reqwest::redirect::Policy;

use crate::Result;
use crate::process::Process;
use crate::proxy::Proxy;
use crate::store::{Kind, Store};
use crate::visitor::Visitor;

/// The application on two machines.
pub struct World {
    /// The store's kind.
    pub kind: Kind,
    /// The authorization server.
    pub authority: Authority,
    /// Where the sessions are.
    pub store: Store,
    /// The processes of the application.
    pub machines: [Option<Process>; 2],
    proxy: Arc<Proxy>,
    http: reqwest::Client,
    folder: PathBuf,
}

impl World {
    /// Starts everything. The authorization server knows the users 0 to `users`.
    pub async fn start(kind: Kind, folder: &Path, users: usize) -> Result<Self> {
        let http = reqwest::Client::builder().redirect(Policy::none()).timeout(Duration::from_secs(60)).build()?;
        let mut world = Self {
            kind,
            authority: Authority::start(setup(users)).await,
            store: Store::make(kind, folder).await?,
            machines: [None, None],
            proxy: Proxy::start(http.clone()).await?,
            http,
            folder: folder.to_owned(),
        };
        world.restart().await?;
        Ok(world)
    }

    /// Puts another authorization server in the place of this one, whose log is limited.
    pub async fn replace_authority(&mut self, setup: Setup) -> Result<()> {
        self.authority = Authority::start(setup).await;
        self.restart().await
    }

    /// Ends everything.
    pub async fn end(mut self) -> Result<()> {
        for machine in 0..2 {
            self.kill_machine(machine).await?;
        }
        self.store.kill().await
    }

    async fn restart(&mut self) -> Result<()> {
        for machine in 0..2 {
            self.kill_machine(machine).await?;
            self.start_machine(machine).await?;
        }
        Ok(())
    }

    /// Starts a machine.
    pub async fn start_machine(&mut self, machine: usize) -> Result<()> {
        let program = std::env::current_exe()?;
        let program = program.with_file_name(if self.kind == Kind::Redis { "redis" } else { "postgres" });
        let (store, issuer) = (self.store.url(), self.authority.issuer().to_owned());
        let mut command = vec![OsStr::new("env"), OsStr::new(KEY)];
        if self.kind == Kind::PostgresAsItIs {
            command.push(OsStr::new("PROOFKEY_AS_IT_IS=1"));
        }
        let client = Client::native().id;
        command.push(program.as_os_str());
        command.extend([&store, &issuer, &client, &self.proxy.origin, "127.0.0.1:0"].map(OsStr::new));
        let log = self.folder.join(format!("machine-{machine}.log"));
        let mut process = Process::start(&command, "KILL", &log).await?;
        let address = process.line().await?.parse()?;
        self.machines[machine] = Some(process);
        self.proxy.set(machine, Some(address));
        Ok(())
    }

    /// Kills a machine. The proxy is not told.
    pub async fn kill_machine(&mut self, machine: usize) -> Result<()> {
        match self.machines[machine].take() {
            Some(process) => process.end().await,
            None => Ok(()),
        }
    }

    /// A browser without cookies.
    pub fn visitor(&self) -> Visitor {
        Visitor::new(&self.http, &self.proxy.origin)
    }

    /// A user's browser at the authorization server.
    pub fn browser(&self, user: usize) -> Browser {
        Browser::new(self.authority.wire()).sign_in_as(&subject(user))
    }

    /// The browser of an attacker, who is a user as well.
    pub fn mallory(&self) -> (Visitor, Browser) {
        (self.visitor(), Browser::new(self.authority.wire()).sign_in_as(&User::mallory().sub))
    }

    /// Signs a user in.
    pub async fn sign_in(&self, user: usize) -> Result<Visitor> {
        let mut visitor = self.visitor();
        let callback = visitor.begin(self.browser(user)).await?;
        visitor.get(&callback).await?;
        let who = visitor.who().await?;
        if who == subject(user) { Ok(visitor) } else { Err(format!("{} is {who}", subject(user)).into()) }
    }

    /// How many codes came to the authorization server that had come before.
    pub fn repeated_codes(&self) -> usize {
        let mut codes = self.authority.wire().codes_redeemed();
        let all = codes.len();
        codes.sort_unstable();
        codes.dedup();
        all - codes.len()
    }
}

/// The key of all machines, for this test only.
const KEY: &str = "PROOFKEY_KEY=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

/// The `sub` of a user.
pub fn subject(user: usize) -> String {
    format!("user-{user}")
}

/// An authorization server with so many users.
pub fn setup(users: usize) -> Setup {
    let user = |user| User { sub: subject(user), ..User::john() };
    Setup { users: (0..users).map(user).chain([User::mallory()]).collect(), ..Setup::honest() }
}
