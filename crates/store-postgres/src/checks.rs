//! What is looked at before a server is used. Each of these would break a promise in silence, and late.

use nightlatch_store::StoreError;

use crate::columns::Columns;
use crate::connection::{Commit, Connection};
use crate::finding::{About, ConnectError, Finding};
use crate::migrate::{self, SCHEMA};
use crate::options::{Durability, PostgresOptions};
use crate::pools::Pools;

/// `pg_current_snapshot` and `xid8` are there since 13; what this is tested with and what is still looked after begins at 14.
const OLDEST: i32 = 140_000;

/// What the database is to be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Serve,
    /// To receive what another store holds: a part of that may be there.
    Receive,
}

/// Everything that keeps the store from being used, and a connection to it if nothing does.
pub(super) async fn look(options: &PostgresOptions, purpose: Purpose) -> Result<Pools, ConnectError> {
    let refused = |finding| ConnectError::Refused(vec![finding]);
    let pools = Pools::new(options).map_err(refused)?;
    let findings = match pools.connection().await {
        Ok(mut connection) => findings(&mut connection, options.durability, purpose).await?,
        // None takes writes, or none is there. One that does not take them can tell why.
        Err(error) => match of_any_server(options, purpose).await {
            Some(findings) if !findings.is_empty() => findings,
            _ => return Err(error.into()),
        },
    };
    if findings.is_empty() {
        Ok(pools)
    } else {
        Err(ConnectError::Refused(findings))
    }
}

async fn of_any_server(options: &PostgresOptions, purpose: Purpose) -> Option<Vec<Finding>> {
    let pools = Pools::of_any_server(options).ok()?;
    let mut connection = pools.connection().await.ok()?;
    findings(&mut connection, options.durability, purpose).await.ok()
}

struct Server {
    version: i32,
    has_snapshots: bool,
    is_standby: bool,
    is_read_only: bool,
    fsync: Box<str>,
    synchronous_commit: Box<str>,
    standbys: Box<str>,
    /// A function that beats call and this user may not.
    forbidden: Option<Box<str>>,
}

/// What a connection finds.
pub(super) async fn findings(
    connection: &mut Connection,
    durability: Durability,
    purpose: Purpose,
) -> Result<Vec<Finding>, StoreError> {
    let server = ask(connection).await?;
    let mut findings = of_server(&server, durability);
    // There is nothing to be found in a database that cannot be asked.
    if server.has_snapshots {
        findings.extend(of_schema(connection, purpose).await?);
    }
    Ok(findings)
}

async fn ask(connection: &mut Connection) -> Result<Server, StoreError> {
    let sql = "SELECT current_setting('server_version_num')::int, to_regprocedure('pg_current_snapshot()') IS NOT NULL,
            pg_is_in_recovery(), current_setting('default_transaction_read_only') = 'on', current_setting('fsync'),
            current_setting('synchronous_commit'), coalesce(current_setting('synchronous_standby_names', true), ''),
            (SELECT min(called) FROM unnest(ARRAY['pg_control_system()', 'pg_current_wal_lsn()', 'pg_walfile_name(pg_lsn)'])
                AS called WHERE NOT has_function_privilege(to_regprocedure(called)::oid, 'EXECUTE'))";
    let rows = connection.read(sql, &[]).await?;
    let row = rows
        .first()
        .ok_or_else(|| crate::failure::damaged("it has no settings"))?;
    let mut columns = Columns::of(row);
    Ok(Server {
        version: columns.take()?,
        has_snapshots: columns.take()?,
        is_standby: columns.take()?,
        is_read_only: columns.take()?,
        fsync: columns.take()?,
        synchronous_commit: columns.take()?,
        standbys: columns.take()?,
        forbidden: columns.take()?,
    })
}

fn of_server(server: &Server, durability: Durability) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut found = |is_so: bool, what: &str, mend: &str| {
        if is_so {
            findings.push(Finding::new(what, mend));
        }
    };
    found(
        !server.has_snapshots,
        "the server has no pg_current_snapshot: it is none of PostgreSQL (CockroachDB has the protocol alone), or older than 13",
        "use PostgreSQL 14 or newer",
    );
    found(
        server.version < OLDEST && server.has_snapshots,
        "the server is older than PostgreSQL 14",
        "use PostgreSQL 14 or newer",
    );
    found(
        server.is_standby,
        "the server is a standby and takes no writes",
        "name the primary as well, or promote this one",
    );
    found(
        server.is_read_only && !server.is_standby,
        "the server takes no writes: default_transaction_read_only is on",
        "set default_transaction_read_only = off",
    );
    found(
        &*server.fsync != "on",
        "fsync is off: whatever was acknowledged may be gone after a crash of the machine",
        "set fsync = on and restart the server",
    );
    found(
        !["on", "remote_apply"].contains(&&*server.synchronous_commit),
        "synchronous_commit is neither on nor remote_apply: an acknowledged end may be gone after a crash",
        "set synchronous_commit = on for the server, the database and the user",
    );
    if durability == Durability::Replicated && server.standbys.trim().is_empty() {
        let finding = Finding::new(
            "durability is `replicated`, and the server waits for no standby",
            "set synchronous_standby_names, or say durability = \"local\" or \"managed\"",
        );
        findings.push(finding.about(About::Durability));
    }
    if let Some(function) = &server.forbidden {
        findings.push(Finding::new(
            format!("the user may not call {function}, which tells one life of the server from the next"),
            format!("run GRANT EXECUTE ON FUNCTION {function} TO that user, in this database, as a superuser"),
        ));
    }
    findings
}

async fn of_schema(connection: &mut Connection, purpose: Purpose) -> Result<Option<Finding>, StoreError> {
    connection.begin(Commit::Durable);
    let found = migrate::found(connection).await?;
    connection.rollback().await?;
    Ok(match found {
        migrate::Found::Nowhere => Some(Finding::new(
            "none of the schemas in search_path exists",
            "create one with CREATE SCHEMA, or take search_path out of the address",
        )),
        migrate::Found::Foreign(table) => Some(Finding::new(
            format!("the database holds tables of another program, such as `{table}`"),
            "give nightlatch a database of its own, or a schema of its own with options='-c search_path=nightlatch'",
        )),
        migrate::Found::Ours {
            oldest_reader: migrate::NOBODY,
            ..
        } => (purpose == Purpose::Serve).then(|| {
            Finding::new(
                "what another store holds was copied to the database in part",
                "run the same nightlatch store copy again, which goes on where it stopped",
            )
        }),
        migrate::Found::Ours { oldest_reader, version } if oldest_reader > SCHEMA => Some(Finding::new(
            format!("the schema {version} of the database is newer than the schema {SCHEMA} of this nightlatch"),
            "run the newer nightlatch, or restore a backup from before the update",
        )),
        migrate::Found::Empty | migrate::Found::Ours { .. } => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server() -> Server {
        Server {
            version: 140_000,
            has_snapshots: true,
            is_standby: false,
            is_read_only: false,
            fsync: "on".into(),
            synchronous_commit: "on".into(),
            standbys: "".into(),
            forbidden: None,
        }
    }

    #[test]
    fn what_breaks_a_promise_is_found() {
        let found = |server: Server| {
            let findings = of_server(&server, Durability::Local);
            findings
                .into_iter()
                .map(|finding| finding.what)
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(found(server()), "");
        let one = |change: fn(&mut Server)| {
            let mut server = server();
            change(&mut server);
            found(server)
        };
        assert!(one(|server| server.version = 139_999).contains("older than PostgreSQL 14"));
        assert!(one(|server| server.has_snapshots = false).contains("CockroachDB"));
        assert!(one(|server| server.is_standby = true).contains("standby"));
        assert!(one(|server| server.is_read_only = true).contains("default_transaction_read_only"));
        assert!(one(|server| server.fsync = "off".into()).contains("fsync"));
        assert!(one(|server| server.forbidden = Some("f()".into())).contains("f()"));
        for weak in ["off", "local", "remote_write"] {
            let mut server = server();
            server.synchronous_commit = weak.into();
            assert!(found(server).contains("synchronous_commit"), "{weak}");
        }
    }

    #[test]
    fn replicated_wants_a_synchronous_standby() {
        assert_eq!(of_server(&server(), Durability::Replicated).len(), 1);
        let mut replicated = server();
        replicated.standbys = "ANY 1 (b, c)".into();
        assert_eq!(of_server(&replicated, Durability::Replicated), []);
        assert_eq!(of_server(&server(), Durability::Managed), []);
    }
}
