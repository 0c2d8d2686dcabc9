//! Two machines with one store, and what happens to them: `machines [LOGINS] [redis | postgres | postgres-as-it-is]`.
//!
//! See the README.md of this package.

mod crowd;
mod process;
mod proxy;
mod scenes;
mod store;
mod visitor;
mod world;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use store::Kind;
use world::World;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

const USERS: usize = 400;

#[tokio::main]
async fn main() -> ExitCode {
    match try_all().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn try_all() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let logins = arguments.next().unwrap_or("1000".into()).parse()?;
    let kinds = match arguments.next().as_deref() {
        None => vec![Kind::Redis, Kind::Postgres, Kind::PostgresAsItIs],
        Some("redis") => vec![Kind::Redis],
        Some("postgres") => vec![Kind::Postgres],
        Some("postgres-as-it-is") => vec![Kind::PostgresAsItIs],
        Some(other) => return Err(format!("no store is called {other}").into()),
    };
    for kind in kinds {
        let folder = new_folder(kind)?;
        let mut sweeper = process::sweep(&folder)?;
        let result = try_store(kind, &folder, logins).await;
        if result.is_err() {
            show_logs(&folder);
        }
        sweeper.wait().await?;
        result?;
    }
    Ok(())
}

async fn try_store(kind: Kind, folder: &Path, logins: usize) -> Result<()> {
    let since = Instant::now();
    println!("## {}", kind.name());
    let mut world = World::start(kind, folder, USERS).await?;
    scenes::across(&world).await?;
    scenes::killed(&mut world).await?;
    scenes::store_restarted(&mut world).await?;
    scenes::store_down(&mut world).await?;
    scenes::logged_out(&world).await?;
    scenes::twice(&world).await?;
    scenes::flooded(&world).await?;
    scenes::refreshed(&mut world).await?;
    crowd::log_in(&mut world, logins).await?;
    world.end().await?;
    println!("({:.0} s)\n", since.elapsed().as_secs_f64());
    Ok(())
}

/// A folder that all can enter, and no one else can write to: Postgres runs as a user of its own.
fn new_folder(kind: Kind) -> Result<PathBuf> {
    let folder = std::env::temp_dir().join(format!("proofkey-machines-{}-{kind:?}", std::process::id()));
    std::fs::create_dir(&folder)?;
    Ok(folder)
}

/// The last lines of each log, which are gone with the folder.
fn show_logs(folder: &Path) {
    for file in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let text = std::fs::read_to_string(file.path()).unwrap_or_default();
        let lines: Vec<_> = text.lines().collect();
        if !lines.is_empty() {
            eprintln!("{}:\n{}", file.path().display(), lines[lines.len().saturating_sub(20)..].join("\n"));
        }
    }
}

/// What has to hold.
fn expect(holds: bool, what: &str) -> Result<()> {
    if holds { Ok(()) } else { Err(format!("this does not hold: {what}").into()) }
}

fn say(what: &str) {
    println!("- {what}");
}
