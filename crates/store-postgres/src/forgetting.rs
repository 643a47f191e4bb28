//! What is old and goes.

use nightlatch_core::time::Instant;
use nightlatch_store::Result;
use tokio_postgres::types::Type;

use crate::columns::{self, Columns};
use crate::connection::{Commit, Connection};
use crate::facts;

/// Two nodes that forget at once take different records.
pub(super) async fn ended(connection: &mut Connection, before: Instant, limit: usize) -> Result<usize> {
    let sql = "DELETE FROM sessions WHERE id IN (
            SELECT id FROM sessions WHERE ended_at < $1 AND ended_at IS NOT NULL
            ORDER BY ended_at LIMIT $2 FOR UPDATE SKIP LOCKED
        ) RETURNING facts";
    let (before, limit) = (before.as_millis(), columns::count(limit));
    connection.begin(Commit::Durable);
    let rows = connection
        .query(sql, &[(&before, Type::INT8), (&limit, Type::INT8)])
        .await?;
    let mut of_forgotten: Vec<i64> = Vec::with_capacity(rows.len());
    for row in &rows {
        of_forgotten.push(Columns::of(row).take()?);
    }
    of_forgotten.sort_unstable();
    of_forgotten.dedup();
    if !of_forgotten.is_empty() {
        facts::forget_unused(connection, &of_forgotten).await?;
    }
    connection.commit().await?;
    Ok(rows.len())
}

pub(super) async fn claims(connection: &mut Connection, before: Instant, limit: usize) -> Result<usize> {
    let sql = "DELETE FROM claims WHERE key IN (
            SELECT key FROM claims WHERE at < $1 ORDER BY at LIMIT $2 FOR UPDATE SKIP LOCKED
        ) RETURNING 1";
    let (before, limit) = (before.as_millis(), columns::count(limit));
    let rows = connection
        .write(sql, &[(&before, Type::INT8), (&limit, Type::INT8)])
        .await?;
    Ok(rows.len())
}
