//! A visit of an operator: whoever looks at a server and a store changes neither.

use nightlatch_core::time::{Instant, Span};
use nightlatch_store::nodes::Node;
use nightlatch_store::{Migration, Result};

use crate::beats;
use crate::changes::{epoch, now};
use crate::checks::{self, Purpose};
use crate::columns::Columns;
use crate::connection::{Commit, Connection};
use crate::failure::{IfLost, damaged};
use crate::finding::{ConnectError, Finding};
use crate::migrate::{self, Found, SCHEMA};
use crate::options::{Durability, PostgresOptions};
use crate::pools::Pools;

/// Connections to a server, whether nightlatch could work with it or not.
#[derive(Debug)]
pub struct Visit {
    pools: Pools,
    durability: Durability,
}

/// A server, as a connection finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Its version, as it writes it.
    pub version: Box<str>,
    /// Its address by its own account; `None` behind the socket of a machine.
    pub address: Option<Box<str>>,
    /// Which database of it.
    pub database: Box<str>,
    /// The schema in it that holds the tables, if there is one.
    pub schema: Option<Box<str>>,
    /// Who is connected.
    pub user: Box<str>,
    /// What its clock shows.
    pub clock: Instant,
    /// `synchronous_standby_names`; empty where it waits for none.
    pub synchronous: Box<str>,
    /// The standbys that follow it now, as far as this user may see them.
    pub standbys: Vec<Standby>,
    /// So many sessions it takes, those that it keeps for superusers left out.
    pub connections: u32,
    /// So many it has now.
    pub connected: u32,
}

/// A standby that follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standby {
    /// Its `application_name`.
    pub name: Box<str>,
    /// `sync`, `quorum`, `potential` or `async`; `None` where this user may not see it.
    pub kind: Option<Box<str>>,
}

/// What a store holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    /// Its schema, and what the next start would make of it.
    pub migration: Migration,
    /// The oldest version of the schema whose programs can work with it.
    pub oldest_reader: u32,
    /// The life of the server that nodes agreed on, and whether the server is still in it.
    pub epoch: Option<(Box<str>, bool)>,
    /// By how many milliseconds cluster time is ahead of the server's clock, where nodes have agreed on it.
    pub offset: Option<i64>,
    /// Cluster time.
    pub time: Instant,
    /// The nodes that have beaten of late.
    pub nodes: Vec<Node>,
    /// Sessions that live.
    pub live: u64,
    /// Sessions that are over and not forgotten yet.
    pub ended: u64,
    /// Audit records in their place.
    pub sealed: u64,
    /// Audit records that nobody has numbered yet.
    pub unsealed: u64,
    /// Rows of the change log.
    pub changes: u64,
    /// How far the change log reaches back, where a node has noted it.
    pub changes_reach: Option<Span>,
    /// For how long the oldest transaction of the database is open, of those that this user may see.
    pub oldest_transaction: Option<Span>,
}

impl Visit {
    /// Connects to the first of the servers that takes writes, or to any if none does.
    pub async fn pay(options: &PostgresOptions) -> std::result::Result<Self, ConnectError> {
        let refused = |finding| ConnectError::Refused(vec![finding]);
        let mut pools = Pools::new(options).map_err(refused)?;
        if pools.connection().await.is_err() {
            pools = Pools::of_any_server(options).map_err(refused)?;
            pools.connection().await?;
        }
        Ok(Self {
            pools,
            durability: options.durability,
        })
    }

    /// What would keep nightlatch from starting with it.
    pub async fn findings(&self) -> Result<Vec<Finding>> {
        checks::findings(&mut self.pools.connection().await?, self.durability, Purpose::Serve).await
    }

    /// The server.
    pub async fn server(&self) -> Result<Server> {
        let mut connection = self.pools.connection().await?;
        let standbys = standbys(&mut connection).await?;
        let sql = concat!(
            "SELECT current_setting('server_version'), host(inet_server_addr()) || ':' || inet_server_port(),
                current_database()::text, current_schema()::text, current_user::text, ",
            now!(),
            ", coalesce(current_setting('synchronous_standby_names', true), ''),
                current_setting('max_connections')::bigint - current_setting('superuser_reserved_connections')::bigint,
                (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')"
        );
        let rows = connection.read(sql, &[]).await?;
        let row = rows.first().ok_or_else(|| damaged("it says nothing of itself"))?;
        let mut columns = Columns::of(row);
        Ok(Server {
            version: columns.take()?,
            address: columns.take()?,
            database: columns.take()?,
            schema: columns.take()?,
            user: columns.take()?,
            clock: columns.instant()?,
            synchronous: columns.take()?,
            standbys,
            connections: columns.number()?,
            connected: columns.number()?,
        })
    }

    /// What its clock shows, in one round trip.
    pub async fn ping(&self) -> Result<Instant> {
        let sql = concat!("SELECT ", now!());
        let rows = self.pools.connection().await?.read(sql, &[]).await?;
        let row = rows.first().ok_or_else(|| damaged("it tells no time"))?;
        Columns::of(row).instant()
    }

    /// What the store holds; `None` where there are no tables of nightlatch yet. A large store takes some seconds to count.
    pub async fn contents(&self) -> Result<Option<Contents>> {
        let mut connection = self.pools.connection().await?;
        connection.begin(Commit::Durable);
        let found = migrate::found(&mut connection).await?;
        connection.rollback().await?;
        let Found::Ours { version, oldest_reader } = found else {
            return Ok(None);
        };
        let nodes = beats::list(&mut connection).await?;
        connection.begin_long(Commit::Durable);
        let rows = connection.last(IfLost::Nothing, CONTENTS, &[]).await?;
        let row = rows.first().ok_or_else(|| damaged("it has lost its epoch"))?;
        let mut columns = Columns::of(row);
        let name: Box<str> = columns.take()?;
        let is_now: Option<bool> = columns.take()?;
        let offset: Option<i64> = columns.take()?;
        let clock = columns.instant()?;
        let number = |version: i32| u32::try_from(version).unwrap_or_default();
        Ok(Some(Contents {
            migration: Migration {
                from: number(version),
                to: number(version.max(SCHEMA)),
            },
            oldest_reader: number(oldest_reader),
            epoch: (!name.is_empty()).then(|| (name, is_now.unwrap_or(false))),
            offset,
            time: Instant::from_millis(clock.as_millis().saturating_add(offset.unwrap_or(0))),
            nodes,
            live: columns.number()?,
            ended: columns.number()?,
            sealed: columns.number()?,
            unsealed: columns.number()?,
            changes: columns.number()?,
            changes_reach: columns.optional_span()?,
            oldest_transaction: columns.optional_span()?,
        }))
    }
}

/// A standby has no position to write at, and so no epoch.
const CONTENTS: &str = concat!(
    "SELECT epoch.name, CASE WHEN NOT pg_is_in_recovery() THEN epoch.name = ",
    epoch!(),
    " END, epoch.time_offset, ",
    now!(),
    ",
        (SELECT count(*) FROM sessions WHERE ended_at IS NULL),
        (SELECT count(*) FROM sessions WHERE ended_at IS NOT NULL),
        (SELECT count(*) FROM audit), (SELECT count(*) FROM audit_new), (SELECT count(*) FROM changes),
        (SELECT greatest(",
    now!(),
    " - at, 0) FROM marks ORDER BY at LIMIT 1),
        (SELECT (extract(epoch FROM max(clock_timestamp() - xact_start)) * 1000)::bigint FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid())
     FROM epoch"
);

async fn standbys(connection: &mut Connection) -> Result<Vec<Standby>> {
    let sql =
        "SELECT coalesce(application_name, ''), sync_state FROM pg_stat_replication ORDER BY application_name, pid";
    let rows = connection.read(sql, &[]).await?;
    let standbys = rows.iter().map(|row| {
        let mut columns = Columns::of(row);
        Ok(Standby {
            name: columns.take()?,
            kind: columns.take()?,
        })
    });
    standbys.collect()
}
