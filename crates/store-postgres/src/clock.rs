//! The latest instant that was told.

use nightlatch_core::time::Instant;
use nightlatch_store::Result;
use tokio_postgres::types::Type;

use crate::columns::Columns;
use crate::connection::{Commit, Connection};
use crate::failure::{IfLost, damaged};

/// Nothing notes it with every change: that would be one row for which all changes wait. It is found in what was changed. That reads all
/// sessions, since no index has their activity; it is asked when a node starts.
const LATEST: &str = "SELECT greatest(
        (SELECT latest FROM clock),
        (SELECT max(seen) FROM sessions),
        (SELECT max(at) FROM audit),
        (SELECT max(at) FROM audit_new),
        (SELECT max(since) FROM policies)
    )";

pub(super) async fn latest(connection: &mut Connection) -> Result<Instant> {
    connection.begin_long(Commit::Durable);
    let rows = connection.last(IfLost::Nothing, LATEST, &[]).await?;
    let row = rows.first().ok_or_else(|| damaged("it tells no time"))?;
    let latest = Columns::of(row).optional_instant()?;
    latest.ok_or_else(|| damaged("the clock has lost its row"))
}

/// Whether the server takes writes.
pub(super) async fn probe(connection: &mut Connection, now: Instant) -> Result<()> {
    let sql = "UPDATE clock SET latest = greatest(latest, $1)";
    connection.write(sql, &[(&now.as_millis(), Type::INT8)]).await?;
    Ok(())
}
