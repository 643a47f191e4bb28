//! How hard the server finds it to keep up.

use nightlatch_store::Result;
use nightlatch_store::nodes::Strain;
use tokio_postgres::Row;

use crate::changes::now;
use crate::columns::Columns;
use crate::connection::Connection;
use crate::failure::damaged;

/// A transaction in any database of the server keeps what all have deleted. Those that only clean up do not. Without the role
/// `pg_read_all_stats` others than our own are known by what they have prepared.
const ASK: &str = concat!(
    "SELECT greatest(coalesce(",
    now!(),
    " - (SELECT told FROM audit_new ORDER BY id LIMIT 1), 0), 0),
        greatest(coalesce((extract(epoch FROM clock_timestamp() - least(
            (SELECT min(xact_start) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()),
            (SELECT min(prepared) FROM pg_prepared_xacts)
        )) * 1000)::bigint, 0), 0)"
);

pub(super) async fn ask(connection: &mut Connection) -> Result<Strain> {
    let rows = connection.read(ASK, &[]).await?;
    let row: &Row = rows.first().ok_or_else(|| damaged("it tells nothing of itself"))?;
    let mut columns = Columns::of(row);
    Ok(Strain {
        seal_lag: columns.span()?,
        oldest_transaction: columns.span()?,
    })
}
