//! A web application on many machines: its sessions are in Postgres.

use std::error::Error;
use std::time::Duration;

use proofkey_web_machines::{AtomicPostgres, Settings};
use tower_sessions_core::ExpiredDeletion as _;
use tower_sessions_sqlx_store::PostgresStore;
use tower_sessions_sqlx_store::sqlx::postgres::PgPoolOptions;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let settings = Settings::read()?;
    // Unless set, requests wait for half a minute while Postgres is down.
    let pool = PgPoolOptions::new().acquire_timeout(Duration::from_secs(2)).connect_lazy(&settings.store)?;
    let store = PostgresStore::new(pool.clone());
    store.migrate().await?;
    // Postgres forgets nothing by itself.
    tokio::spawn(store.clone().continuously_delete_expired(Duration::from_secs(3600)));
    // What happens without it, `machines` shows.
    if std::env::var_os("PROOFKEY_AS_IT_IS").is_some() {
        return settings.serve(store).await;
    }
    settings.serve(AtomicPostgres::new(pool)).await
}
