//! What the tests of the store need of a server beside what all need.

use nightlatch_programs::postgres::Server;
use nightlatch_store_postgres::PostgresOptions;
use tokio_postgres::{Client, NoTls};

/// No case has more calls under way.
pub(crate) const AT_ONCE: usize = 70;

pub(crate) trait ServerExt {
    /// How a database of it is reached: with a connection for each task of the cases in which many race.
    fn options(&self, database: &str) -> PostgresOptions;
    /// A connection of the test's own.
    async fn client(&self, database: &str) -> Client;
}

impl ServerExt for Server {
    fn options(&self, database: &str) -> PostgresOptions {
        PostgresOptions::new(&self.url(database)).connections(AT_ONCE)
    }

    async fn client(&self, database: &str) -> Client {
        client(&self.url(database)).await
    }
}

pub(crate) async fn client(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("a connection");
    tokio::spawn(connection);
    client
}
