//! The store for Postgres, with a `create` that is atomic.

use async_trait::async_trait;
use tower_sessions_core::SessionStore;
use tower_sessions_core::session::{Id, Record};
use tower_sessions_core::session_store::{Error, Result};
use tower_sessions_sqlx_store::PostgresStore;
use tower_sessions_sqlx_store::sqlx::{self, PgPool};

/// The store for Postgres, whose own `create` looks first whether a record exists and then writes over it: two machines can
/// both find that it does not. This one lets the primary key of the table decide, which is that of `tower-sessions-sqlx-store`
/// 0.15 with its default names.
#[derive(Clone, Debug)]
pub struct AtomicPostgres {
    store: PostgresStore,
    pool: PgPool,
}

impl AtomicPostgres {
    /// Creates the store, over the same pool as the store that it improves.
    #[must_use]
    pub fn new(pool: PgPool) -> Self {
        Self { store: PostgresStore::new(pool.clone()), pool }
    }
}

#[async_trait]
impl SessionStore for AtomicPostgres {
    async fn create(&self, record: &mut Record) -> Result<()> {
        loop {
            let data = rmp_serde::to_vec(record).map_err(|error| Error::Encode(error.to_string()))?;
            let insert = "insert into tower_sessions.session (id, data, expiry_date) values ($1, $2, $3) \
                          on conflict (id) do nothing";
            let insert = sqlx::query(insert).bind(record.id.to_string()).bind(data).bind(record.expiry_date);
            let done = insert.execute(&self.pool).await.map_err(|error| Error::Backend(error.to_string()))?;
            if done.rows_affected() == 1 {
                return Ok(());
            }
            record.id = Id::default();
        }
    }

    async fn save(&self, record: &Record) -> Result<()> {
        self.store.save(record).await
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        self.store.load(id).await
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        self.store.delete(id).await
    }
}
