//! A store of its own for each test.

use std::sync::Arc;

use nightlatch_programs::postgres::{Server, shared, url};
use nightlatch_store_postgres::{PostgresOptions, PostgresStore};

use crate::bouncer::{Bouncer, bouncer};
use crate::server::{AT_ONCE, ServerExt as _};

/// A store, and the database that it has for itself.
pub(crate) struct Fresh {
    pub(crate) store: Arc<PostgresStore>,
    pub(crate) server: Arc<Server>,
    pub(crate) database: String,
}

impl Fresh {
    pub(crate) async fn new() -> Self {
        let server = shared();
        let database = server.database();
        let store = connect(&server.options(&database)).await;
        Self {
            store: Arc::new(store),
            server,
            database,
        }
    }

    /// A connection of the test's own.
    pub(crate) async fn client(&self) -> tokio_postgres::Client {
        self.server.client(&self.database).await
    }

    /// Waits until somebody waits for a lock in the database.
    pub(crate) async fn somebody_waits(&self) {
        let client = self.client().await;
        let sql = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        while client.query(sql, &[]).await.expect("activity").is_empty() {
            tokio::task::yield_now().await;
        }
    }
}

pub(crate) async fn connect(options: &PostgresOptions) -> PostgresStore {
    PostgresStore::connect(options).await.expect("a store")
}

/// A store in a database of its own, and the server that goes with it.
pub(crate) async fn store() -> (PostgresStore, Arc<Server>) {
    let server = shared();
    let store = connect(&server.options(&server.database())).await;
    (store, server)
}

/// The same behind a bouncer.
pub(crate) async fn bounced() -> (PostgresStore, Arc<Bouncer>) {
    let bouncer = bouncer();
    let database = bouncer.server().database();
    let options = PostgresOptions::new(&url(bouncer.address(), &database))
        .connections(AT_ONCE)
        .prepared_statements(false);
    (connect(&options).await, bouncer)
}
