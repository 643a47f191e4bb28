//! What only reads.

use nightlatch_core::time::Instant;
use rusqlite::{Connection, OptionalExtension, Params, Row, ToSql, params, params_from_iter};

use super::failure::Failure;
use super::rows::{self, AUDIT, RECORD};
use super::selection::Selection;
use crate::audit::{AuditFilter, AuditRecord};
use crate::store::{ApiKey, Filter, Page, PolicyRevision, Record, Revision};
use crate::token::{Digest, Handle};

type Result<T> = std::result::Result<T, Failure>;

pub(super) fn get(connection: &Connection, digest: &Digest) -> Result<Option<Record>> {
    let found = all(
        connection,
        &format!("SELECT {RECORD} FROM sessions WHERE digest = ?"),
        [digest.as_bytes()],
        rows::record,
    )?;
    Ok(found.into_iter().next())
}

pub(super) fn find(connection: &Connection, handle: &Handle) -> Result<Option<Record>> {
    let found = all(
        connection,
        &format!("SELECT {RECORD} FROM sessions WHERE handle = ?"),
        [handle.as_bytes()],
        rows::record,
    )?;
    Ok(found.into_iter().next())
}

pub(super) fn due(connection: &Connection, now: Instant, limit: usize) -> Result<Vec<Record>> {
    let sql = format!(
        "SELECT {RECORD} FROM sessions INDEXED BY live_by_deadline
         WHERE ended_at IS NULL AND due <= ? ORDER BY due LIMIT ?"
    );
    all(
        connection,
        &sql,
        params![now.as_millis(), rows::count(limit)],
        rows::record,
    )
}

pub(super) fn list(connection: &Connection, filter: &Filter, page: Page) -> Result<Vec<Record>> {
    let (sql, values) = Selection::of(filter).page(RECORD, page);
    all(connection, &sql, params_from_iter(values), rows::record)
}

pub(super) fn count(connection: &Connection, filter: &Filter) -> Result<u64> {
    let selection = Selection::of(filter);
    let mut statement = connection.prepare_cached(&selection.all("count(*)"))?;
    Ok(statement.query_row(params_from_iter(selection.values), |row| row.get(0))?)
}

/// There are few revisions with live sessions, and a page of each is at hand: the first of all are the first of these.
pub(super) fn outdated(connection: &Connection, revision: Revision, page: Page) -> Result<Vec<Record>> {
    // One state of the file for all statements.
    let snapshot = connection.unchecked_transaction()?;
    let mut next = snapshot.prepare_cached(
        "SELECT min(today) FROM sessions INDEXED BY live_by_revision WHERE ended_at IS NULL AND today > ?",
    )?;
    let mut records = Vec::new();
    let mut last = -1_i64;
    while let Some(other) = next.query_row([last], |row| row.get::<_, Option<u32>>(0))? {
        last = i64::from(other);
        if other != revision {
            let (sql, values) = Selection::of_revision(other).page(RECORD, page);
            records.extend(all(&snapshot, &sql, params_from_iter(values), rows::record)?);
        }
    }
    records.sort_unstable_by_key(|record| record.handle);
    records.truncate(page.limit);
    Ok(records)
}

pub(super) fn audit(connection: &Connection, filter: &AuditFilter) -> Result<Vec<AuditRecord>> {
    let source = match filter {
        AuditFilter { handle: Some(_), .. } => "audit INDEXED BY audit_by_handle",
        AuditFilter { subject: Some(_), .. } => "audit INDEXED BY audit_by_subject",
        AuditFilter { kind: Some(_), .. } => "audit INDEXED BY audit_by_kind",
        _ => "audit NOT INDEXED",
    };
    let mut sql = format!("SELECT {AUDIT} FROM {source} WHERE seq > ?");
    let mut values: Vec<Box<dyn ToSql>> = vec![Box::new(i64::try_from(filter.after).unwrap_or(i64::MAX))];
    if let Some(handle) = &filter.handle {
        sql.push_str(" AND handle = ?");
        values.push(Box::new(*handle.as_bytes()));
    }
    if let Some(subject) = &filter.subject {
        sql.push_str(" AND subject = ?");
        values.push(Box::new(subject.clone()));
    }
    if let Some(kind) = filter.kind {
        sql.push_str(" AND kind = ?");
        values.push(Box::new(kind.as_str()));
    }
    sql.push_str(" ORDER BY seq LIMIT ?");
    values.push(Box::new(rows::count(filter.limit)));
    all(connection, &sql, params_from_iter(values), rows::audit)
}

pub(super) fn policies(connection: &Connection) -> Result<Vec<PolicyRevision>> {
    all(
        connection,
        "SELECT revision, since, document FROM policies ORDER BY revision",
        [],
        rows::policy,
    )
}

pub(super) fn api_keys(connection: &Connection) -> Result<Vec<ApiKey>> {
    all(
        connection,
        "SELECT name, digest, created FROM api_keys ORDER BY name",
        [],
        rows::api_key,
    )
}

pub(super) fn latest_instant(connection: &Connection) -> Result<Instant> {
    let mut statement = connection.prepare_cached("SELECT latest FROM clock")?;
    let latest: Option<i64> = statement.query_row([], |row| row.get(0)).optional()?;
    latest
        .map(Instant::from_millis)
        .ok_or_else(|| Failure::Damaged("the clock has lost its row".to_owned()))
}

pub(super) fn all<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnMut(&Row<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    connection.prepare_cached(sql)?.query_and_then(params, read)?.collect()
}
