//! The audit: numbered and read.
//!
//! Whoever tells it something adds to `audit_new`, and waits for nobody. Numbers without a gap need one who gives them at a time: that
//! is the node whose turn it is, or whoever reads, under a lock, and the rows move to `audit` for good in the same transaction. A row that
//! is committed late gets a later number; no row that was read gets another one, and none comes in between.

use std::fmt::Write as _;

use nightlatch_store::Result;
use nightlatch_store::audit::{AuditFilter, AuditRecord};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::Type;

use crate::columns::{self, Columns};
use crate::connection::{Connection, Param};
use crate::entries::entry_columns;
use crate::failure::IfLost;
use crate::{locks, months, rows, text};

/// So many rows move in one transaction, so that none holds the lock for long.
const AT_ONCE: i64 = 2_000;

/// So often in a row a month was missing that has just been made.
const TRIES: usize = 5;

/// Moves the first rows, in the order in which they were told. The number of the last is kept apart: it stays when the audit is cut.
const SEAL: &str = concat!(
    "WITH moved AS (
        DELETE FROM audit_new WHERE id IN (SELECT id FROM audit_new ORDER BY id LIMIT $1) RETURNING *
    ), head AS (
        UPDATE audit_head SET seq = seq + (SELECT count(*) FROM moved) RETURNING seq
    ), numbered AS (
        INSERT INTO audit (seq, ",
    entry_columns!(),
    ")
        SELECT head.seq - (SELECT count(*) FROM moved) + row_number() OVER (ORDER BY id), ",
    entry_columns!(),
    " FROM moved CROSS JOIN head
    )
    SELECT count(*) FROM moved"
);

/// Numbers all that was told before this was called.
pub(super) async fn seal(connection: &mut Connection) -> Result<()> {
    let mut tries = 0;
    loop {
        if connection.read("SELECT FROM audit_new LIMIT 1", &[]).await?.is_empty() {
            return Ok(());
        }
        // Two who number at once would give one number twice, or leave one out. The lock is taken before the statement begins: it
        // sees what whoever had the lock before has committed, and so takes no row that was moved and no number that was given.
        connection.begin_behind(Some(locks::take(locks::AUDIT)));
        let moved = match connection.last(IfLost::Nothing, SEAL, &[(&AT_ONCE, Type::INT8)]).await {
            Ok(rows) => rows.first().map_or(Ok(0), |row| Columns::of(row).take::<i64>())?,
            // One of them is of a month that is not there yet: it was told late, or nobody had the turn for a week.
            Err(failure) if failure.has(&SqlState::CHECK_VIOLATION) && tries < TRIES => {
                tries += 1;
                months::make_for_new(connection, AT_ONCE).await?;
                continue;
            }
            Err(failure) => return Err(failure.into()),
        };
        if moved < AT_ONCE {
            return Ok(());
        }
        tries = 0;
    }
}

/// The same for the node whose turn it is.
pub(super) async fn seal_in_turn(connection: &mut Connection) -> Result<()> {
    months::make_ahead(connection).await?;
    seal(connection).await
}

pub(super) async fn audit(connection: &mut Connection, filter: &AuditFilter) -> Result<Vec<AuditRecord>> {
    seal(connection).await?;
    let after = i64::try_from(filter.after).unwrap_or(i64::MAX);
    let limit = columns::count(filter.limit);
    let handle = filter.handle.as_ref().map(columns::handle);
    let subject = filter.subject.as_deref().map(text::stored);
    let within: Option<Vec<_>> = filter
        .within
        .as_ref()
        .map(|within| within.iter().map(|word| text::stored(word)).collect());
    let kind = filter.kind.map(nightlatch_store::audit::AuditKind::as_str);
    let mut params: Vec<Param<'_>> = vec![(&after, Type::INT8), (&limit, Type::INT8)];
    let mut sql = format!("SELECT {} FROM audit WHERE seq > $1", rows::AUDIT);
    if let Some(handle) = &handle {
        params.push((handle, Type::UUID));
        let _ = write!(sql, " AND handle = ${}", params.len());
    }
    if let Some(subject) = &subject {
        params.push((subject, Type::TEXT));
        let _ = write!(sql, " AND subject = ${}", params.len());
    }
    if let Some(within) = &within {
        params.push((within, Type::TEXT_ARRAY));
        let _ = write!(sql, " AND application = ANY (${})", params.len());
    }
    if let Some(kind) = &kind {
        params.push((kind, Type::TEXT));
        let _ = write!(sql, " AND kind = ${}", params.len());
    }
    sql.push_str(" ORDER BY seq LIMIT $2");
    let rows = connection.read(&sql, &params).await?;
    rows.iter().map(rows::audit).collect()
}
