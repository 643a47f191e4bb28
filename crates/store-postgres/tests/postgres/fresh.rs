//! A store of its own for each test.

use std::sync::Arc;

use nightlatch_store_postgres::{PostgresOptions, PostgresStore};

use crate::bouncer::{Bouncer, bouncer};
use crate::server::{self, Server, shared};

/// A store in a database of its own, and the server that goes with it.
pub(crate) async fn store() -> (PostgresStore, Arc<Server>) {
    let server = shared();
    let options = server.options(&server.database().await);
    let store = PostgresStore::connect(&options).await.expect("a store");
    (store, server)
}

/// The same behind a bouncer.
pub(crate) async fn bounced() -> (PostgresStore, Arc<Bouncer>) {
    let bouncer = bouncer();
    let database = bouncer.server().database().await;
    let options = PostgresOptions::new(&server::url(bouncer.address(), &database)).prepared_statements(false);
    let store = PostgresStore::connect(&options).await.expect("a store");
    (store, bouncer)
}
