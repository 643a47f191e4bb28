//! The store on PostgreSQL 14 or newer, for any number of nodes.
//!
//! Every call is one conditional statement where that can be, in READ COMMITTED; its audit entry and what the other nodes are told of it
//! are in the same statement. So two nodes that change the same never undo each other, and nothing has to be cleaned up after a node
//! that vanishes in the middle of a call.

mod address;
mod amending;
mod audit;
mod beats;
mod changes;
mod checks;
mod claims;
mod clock;
mod columns;
mod connection;
mod creating;
mod documents;
mod ending;
mod entries;
mod facts;
mod failure;
mod filters;
mod finding;
mod forgetting;
mod hints;
mod life;
mod line;
mod locks;
mod migrate;
mod months;
mod options;
mod pools;
mod position;
mod presence;
mod reading;
mod receiving;
mod records;
mod rows;
mod store;
mod strain;
mod text;
mod tls;
mod touching;
mod visit;

use std::sync::{Mutex, PoisonError};

use nightlatch_store::Migration;
use nightlatch_store::nodes::Epoch;

use self::checks::Purpose;
pub use self::finding::{About, ConnectError, Finding};
use self::hints::Hints;
pub use self::life::Restored;
pub use self::options::{Durability, PostgresOptions};
use self::pools::Pools;
pub use self::receiving::Receiver;
use self::records::Reading;
pub use self::visit::{Contents, Server, Standby, Visit};

/// Keeps everything in a database, or in the first schema of its search path.
#[derive(Debug)]
pub struct PostgresStore {
    pools: Pools,
    hints: Hints,
    reading: Reading,
    /// The life of the server that the last beat has met.
    epoch: Mutex<Option<Epoch>>,
}

impl PostgresStore {
    /// Connects to the first of the servers that takes writes, checks it, and brings its tables up to date: an empty database gets
    /// them.
    ///
    /// Fails with [`ConnectError::Refused`] where the server or what it holds must not be used, and with [`ConnectError::Store`] where
    /// it cannot be reached.
    pub async fn connect(options: &PostgresOptions) -> Result<Self, ConnectError> {
        let pools = checks::look(options, Purpose::Serve).await?;
        migrate::migrate(&mut pools.connection().await?).await?;
        let hints = Hints::new(options).map_err(|finding| ConnectError::Refused(vec![finding]))?;
        Ok(Self::of(pools, hints))
    }

    fn of(pools: Pools, hints: Hints) -> Self {
        Self {
            pools,
            hints,
            reading: Reading::default(),
            epoch: Mutex::default(),
        }
    }

    /// Checks the server as [`Self::connect`] does and brings its tables up to date, and nothing else.
    pub async fn migrate(options: &PostgresOptions) -> Result<Migration, ConnectError> {
        let pools = checks::look(options, Purpose::Serve).await?;
        Ok(migrate::migrate(&mut pools.connection().await?).await?)
    }

    /// What [`Self::migrate`] would do. Changes nothing.
    pub async fn migration(options: &PostgresOptions) -> Result<Migration, ConnectError> {
        let pools = checks::look(options, Purpose::Serve).await?;
        Ok(migrate::needed(&mut pools.connection().await?).await?)
    }

    /// What keeps the store from being used; nothing if it can be. Changes nothing.
    ///
    /// Fails where no server can be reached.
    pub async fn check(options: &PostgresOptions) -> nightlatch_store::Result<Vec<Finding>> {
        match checks::look(options, Purpose::Serve).await {
            Ok(_) => Ok(Vec::new()),
            Err(ConnectError::Refused(findings)) => Ok(findings),
            Err(ConnectError::Store(error)) => Err(error),
        }
    }

    /// Connections that were made to another life of the server, or to another server, may lead to one that nobody listens to.
    fn met(&self, epoch: &Epoch) {
        let mut met = self.epoch.lock().unwrap_or_else(PoisonError::into_inner);
        if met.as_ref().is_some_and(|met| met != epoch) {
            self.pools.empty();
            self.hints.move_on();
        }
        *met = Some(epoch.clone());
    }
}
