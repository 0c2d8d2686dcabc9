//! A web application on many machines: its sessions are in Redis, or Valkey.

use std::error::Error;
use std::time::Duration;

use proofkey_web_machines::Settings;
use tower_sessions_redis_store::RedisStore;
use tower_sessions_redis_store::fred::prelude::{ClientLike as _, Config, PerformanceConfig, Pool, ReconnectPolicy};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let settings = Settings::read()?;
    // Unless set, commands wait for ever while Redis is down, and nothing connects again.
    let performance =
        PerformanceConfig { default_command_timeout: Duration::from_secs(2), ..PerformanceConfig::default() };
    let reconnect = ReconnectPolicy::new_exponential(0, 100, 1000, 2);
    let pool = Pool::new(Config::from_url(&settings.store)?, Some(performance), None, Some(reconnect), 4)?;
    // In the background: the application starts while Redis is down.
    let _connections = pool.connect();
    settings.serve(RedisStore::new(pool)).await
}
