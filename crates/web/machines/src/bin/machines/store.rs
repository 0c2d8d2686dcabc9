//! Redis and Postgres, each in a folder of its own and on loopback.

use std::ffi::OsStr;
use std::net::TcpListener;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::process::Command;

use crate::Result;
use crate::process::Process;

/// The stores that are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `tower-sessions-redis-store`.
    Redis,
    /// `tower-sessions-sqlx-store`, with an atomic `create`.
    Postgres,
    /// `tower-sessions-sqlx-store` as it is.
    PostgresAsItIs,
}

impl Kind {
    /// What it is called in the report.
    pub fn name(self) -> &'static str {
        match self {
            Self::Redis => "Redis",
            Self::Postgres => "Postgres, atomic `create`",
            Self::PostgresAsItIs => "Postgres as it is",
        }
    }

    /// Whether one of two machines that claim something at the same instant gets it, and the other does not.
    pub fn is_atomic(self) -> bool {
        self != Self::PostgresAsItIs
    }
}

/// A store that can be killed and started again.
pub struct Store {
    kind: Kind,
    port: String,
    folder: PathBuf,
    process: Option<Process>,
}

impl Store {
    /// Makes a store, and starts it.
    pub async fn make(kind: Kind, folder: &Path) -> Result<Self> {
        let folder = folder.join("store");
        std::fs::create_dir(&folder)?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port().to_string();
        let mut store = Self { kind, port, folder, process: None };
        if kind != Kind::Redis {
            if is_root()? {
                run("chown", &["postgres", store.path()?]).await?;
            }
            let make = postgres(&["initdb", "--auth=trust", "--username=postgres", "--pgdata", store.path()?])?;
            let make: Vec<_> = make.iter().map(String::as_str).collect();
            run(make[0], &make[1..]).await?;
        }
        store.start().await?;
        Ok(store)
    }

    /// The address for its clients.
    pub fn url(&self) -> String {
        match self.kind {
            Kind::Redis => format!("redis://127.0.0.1:{}", self.port),
            _ => format!("postgres://postgres@127.0.0.1:{}/postgres", self.port),
        }
    }

    /// Starts it, with what it held, and waits until it answers.
    pub async fn start(&mut self) -> Result<()> {
        let (port, folder) = (self.port.as_str(), self.path()?);
        let (command, signal) = match self.kind {
            // What it has answered is on the disk.
            Kind::Redis => {
                let log = ["--appendonly", "yes", "--appendfsync", "always", "--save", "", "--logfile", "redis.log"];
                let place = ["redis-server", "--bind", "127.0.0.1", "--port", port, "--dir", folder];
                (place.into_iter().chain(log).map(str::to_owned).collect(), "KILL")
            }
            // Killed at once too, but for the memory that its processes share.
            _ => {
                let place = ["postgres", "-h", "127.0.0.1", "-p", port, "-D", folder];
                (postgres(&[&place as &[_], &["-c", "unix_socket_directories="]].concat())?, "QUIT")
            }
        };
        let command: Vec<_> = command.iter().map(OsStr::new).collect();
        self.process = Some(Process::start(&command, signal, &self.folder.with_file_name("store.log")).await?);
        for _ in 0..600 {
            if self.records().await.is_ok() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Err(format!("{} does not answer", self.kind.name()).into())
    }

    /// Kills it.
    pub async fn kill(&mut self) -> Result<()> {
        match self.process.take() {
            Some(process) => process.end().await,
            None => Ok(()),
        }
    }

    /// How many records it holds.
    pub async fn records(&self) -> Result<u64> {
        let text = match self.kind {
            Kind::Redis => run("redis-cli", &["-p", &self.port, "dbsize"]).await?,
            _ => {
                let query = "select coalesce((xpath('/table/row/count/text()', query_to_xml('select count(*) from ' || \
                     to_regclass('tower_sessions.session'), false, false, '')))[1]::text, '0')";
                let count = ["-qtA", "-h", "127.0.0.1", "-p", &self.port, "-U", "postgres", "-c", query];
                run("psql", &count).await?
            }
        };
        Ok(text.trim().parse()?)
    }

    fn path(&self) -> Result<&str> {
        Ok(self.folder.to_str().ok_or("the temporary folder is not UTF-8")?)
    }
}

/// A command of Postgres, which refuses to be root, and which Debian keeps out of the path.
fn postgres(words: &[&str]) -> Result<Vec<String>> {
    let installed = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let tool = installed.map(|version| version.path().join("bin").join(words[0])).filter(|path| path.exists()).max();
    let tool = tool.map_or(words[0].to_owned(), |path| path.display().to_string());
    let user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"];
    let user = if is_root()? { &user as &[&str] } else { &[] };
    let rest = words[1..].iter().copied();
    Ok(user.iter().copied().chain([tool.as_str()]).chain(rest).map(str::to_owned).collect())
}

fn is_root() -> Result<bool> {
    Ok(std::fs::metadata("/proc/self")?.uid() == 0)
}

/// Runs a program to its end, and returns what it wrote.
async fn run(program: &str, arguments: &[&str]) -> Result<String> {
    let output = Command::new(program).args(arguments).output().await?;
    if !output.status.success() {
        return Err(format!("{program}: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}
