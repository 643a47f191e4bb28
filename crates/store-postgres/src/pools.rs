//! The connections to the server.

use std::fmt;
use std::time::Duration;

use deadpool::Runtime;
use deadpool::managed::{self, PoolError, TimeoutType};
use nightlatch_store::StoreError;
use tokio_postgres::Error;
use tokio_postgres::config::TargetSessionAttrs;

use crate::address::{self, Address};
use crate::connection::Connection;
use crate::failure::describe;
use crate::finding::Finding;
use crate::line::Dial;
use crate::options::PostgresOptions;
use crate::tls::Tls;

/// Whoever finds all connections in use waits so long for one.
const WAITS: Duration = Duration::from_millis(500);
/// Signing in at each of the hosts.
const SIGNS_IN_WITHIN: Duration = Duration::from_secs(2);

/// What every session of ours is set to. A server that is busy cancels a statement before its caller gives up, so that nothing is done
/// later; a transaction that nobody ends holds no locks for long.
const SETTINGS: &str = "-c statement_timeout=2s -c lock_timeout=500ms -c idle_in_transaction_session_timeout=10s \
     -c default_transaction_isolation=read\\ committed -c jit=off";

type Pool = managed::Pool<Dial>;

/// The connections for all calls, and one for beats: a node must not lose its lease because others wait for a connection.
pub(super) struct Pools {
    calls: Pool,
    beats: Pool,
    beats_answered_within: Duration,
    named: bool,
}

impl Pools {
    pub(super) fn new(options: &PostgresOptions) -> Result<Self, Finding> {
        let address = address::read(options)?;
        Ok(Self {
            calls: pool(options, &address, options.connections)?,
            beats: pool(options, &address, 1)?,
            beats_answered_within: options.beats_answered_within,
            named: options.prepared_statements,
        })
    }

    /// The first server that answers, whether it takes writes or not: to tell why it does not.
    pub(super) fn of_any_server(options: &PostgresOptions) -> Result<Self, Finding> {
        let mut address = address::read(options)?;
        address.config.target_session_attrs(TargetSessionAttrs::Any);
        Ok(Self {
            calls: pool(options, &address, 1)?,
            beats: pool(options, &address, 1)?,
            beats_answered_within: options.beats_answered_within,
            named: options.prepared_statements,
        })
    }

    /// A connection, as soon as one is free.
    pub(super) async fn connection(&self) -> Result<Connection, StoreError> {
        self.take(&self.calls).await
    }

    /// The connection of the beats.
    pub(super) async fn for_beats(&self) -> Result<Connection, StoreError> {
        let connection = self.take(&self.beats).await?;
        Ok(connection.answered_within(self.beats_answered_within))
    }

    async fn take(&self, pool: &Pool) -> Result<Connection, StoreError> {
        let line = pool.get().await.map_err(|error| StoreError::Unavailable(why(&error)))?;
        Ok(Connection::new(line, self.named))
    }

    /// Closes what is idle. It may lead to a server that is no longer the one.
    pub(super) fn empty(&self) {
        drop(self.calls.retain(|_, _| false));
    }
}

impl fmt::Debug for Pools {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = self.calls.status();
        f.debug_struct("Pools")
            .field("most", &status.max_size)
            .field("open", &status.size)
            .field("idle", &status.available)
            .finish_non_exhaustive()
    }
}

fn pool(options: &PostgresOptions, address: &Address, connections: usize) -> Result<Pool, Finding> {
    Pool::builder(dial(options, address, "")?)
        .runtime(Runtime::Tokio1)
        .max_size(connections)
        .wait_timeout(Some(WAITS))
        .create_timeout(Some(connects_within(address)))
        .recycle_timeout(Some(SIGNS_IN_WITHIN))
        .build()
        .map_err(|error| Finding::new(format!("the connections cannot be set up: {error}"), "report this"))
}

/// How connections are made whose sessions have our settings, and these as well.
pub(super) fn dial(options: &PostgresOptions, address: &Address, settings: &str) -> Result<Dial, Finding> {
    let mut config = address.config.clone();
    if options.prepared_statements {
        // PgBouncer knows no such parameter; there every transaction brings the limits itself.
        let given = config.get_options().unwrap_or_default();
        config.options(format!("{given} {SETTINGS} {settings}").trim());
    }
    let tls = if address.tls {
        Tls::new(options.root_certificates.as_deref())?
    } else {
        Tls::unused()?
    };
    Ok(Dial { config, tls })
}

/// Of several hosts each is asked.
pub(super) fn connects_within(address: &Address) -> Duration {
    let hosts = u32::try_from(address.config.get_hosts().len().max(1)).unwrap_or(u32::MAX);
    SIGNS_IN_WITHIN.saturating_mul(hosts)
}

fn why(error: &PoolError<Error>) -> String {
    match error {
        PoolError::Timeout(TimeoutType::Wait) => "all connections are in use".to_owned(),
        PoolError::Timeout(_) => "the server does not answer in time".to_owned(),
        PoolError::Backend(error) => describe(error),
        other => other.to_string(),
    }
}
