//! The months of the audit, by UTC: each has a partition, so that a month that is too old goes as a whole, and leaves no holes in the
//! others. What is older than 1970 or younger than 9999 has one of its own.

use nightlatch_core::time::Instant;
use nightlatch_store::Result;
use tokio_postgres::types::Type;

use crate::changes::now;
use crate::columns::Columns;
use crate::connection::{ANSWERS_WITHIN, Connection, Param};
use crate::locks;

/// The months of some instants, `at`, that have no partition yet: its name, its first millisecond and the first behind it.
macro_rules! missing {
    ($instants:expr) => {
        concat!(
            "WITH months AS (
                SELECT DISTINCT date_trunc('month', to_timestamp(at / 1000) AT TIME ZONE 'UTC') AS month FROM (",
            $instants,
            ") AS told WHERE at BETWEEN 0 AND 253402300799999
            ), named AS (
                SELECT to_char(month, '\"audit_\"YYYY_MM') AS name, month FROM months
            )
            SELECT name, extract(epoch FROM month)::bigint * 1000,
                extract(epoch FROM month + interval '1 month')::bigint * 1000
            FROM named WHERE NOT EXISTS (
                SELECT FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
                WHERE inhparent = 'audit'::regclass AND relname = name
            ) ORDER BY name"
        )
    };
}

/// Those of the first rows that wait for their numbers.
const OF_NEW: &str = missing!("SELECT at FROM audit_new ORDER BY id LIMIT $1");

/// Those of some rows.
const OF: &str = missing!("SELECT unnest($1::bigint[]) AS at");

/// Today's, and that of the day in a week.
const AHEAD: &str = missing!(concat!(
    "SELECT ",
    now!(),
    " AS at UNION ALL SELECT ",
    now!(),
    " + 7 * 86400000::bigint"
));

/// Makes those that the first of the rows need which wait for their numbers.
pub(super) async fn make_for_new(connection: &mut Connection, rows: i64) -> Result<()> {
    make(connection, OF_NEW, &[(&rows, Type::INT8)]).await
}

/// Makes those that rows of these instants need.
pub(super) async fn make_for(connection: &mut Connection, instants: &[i64]) -> Result<()> {
    make(connection, OF, &[(&instants, Type::INT8_ARRAY)]).await
}

/// Makes those that are needed soon, so that nobody who reads the audit has to.
pub(super) async fn make_ahead(connection: &mut Connection) -> Result<()> {
    if connection.read(AHEAD, &[]).await?.is_empty() {
        return Ok(());
    }
    make(connection, AHEAD, &[]).await
}

/// A table that is made first and then becomes a part of the audit holds up neither those who read that nor those who add to it. Whoever
/// waits for the lock finds the months made.
async fn make(connection: &mut Connection, missing: &str, params: &[Param<'_>]) -> Result<()> {
    connection.begin_behind(Some(locks::take(locks::AUDIT)));
    let rows = connection.query(missing, params).await?;
    for row in &rows {
        let mut columns = Columns::of(row);
        let (name, from, to): (&str, i64, i64) = (columns.take()?, columns.take()?, columns.take()?);
        let sql = format!(
            "CREATE TABLE {name} (LIKE audit);
             ALTER TABLE audit ATTACH PARTITION {name} FOR VALUES FROM ({from}) TO ({to})"
        );
        connection.batch(&sql, ANSWERS_WITHIN).await?;
    }
    Ok(connection.commit().await?)
}

/// Forgets the months that were over by then. Answers how many.
pub(super) async fn forget(connection: &mut Connection, before: Instant) -> Result<usize> {
    let old = "SELECT relname::text FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
        WHERE inhparent = 'audit'::regclass AND $1 >= 1000 * extract(epoch FROM
            to_date(substring(relname FROM '^audit_(\\d{4}_\\d{2})$'), 'YYYY_MM') + interval '1 month')::bigint
        ORDER BY relname";
    let params: [Param<'_>; 1] = [(&before.as_millis(), Type::INT8)];
    if connection.read(old, &params).await?.is_empty() {
        return Ok(0);
    }
    // What is numbered now is numbered before or after that: it needs no month that goes.
    connection.begin_behind(Some(locks::take(locks::AUDIT)));
    let rows = connection.query(old, &params).await?;
    for row in &rows {
        let name: &str = Columns::of(row).take()?;
        connection.batch(&format!("DROP TABLE {name}"), ANSWERS_WITHIN).await?;
    }
    connection.commit().await?;
    Ok(rows.len())
}
