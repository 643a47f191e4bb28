//! What only reads. What takes several statements sees one state of the file in all of them.

use nightlatch_core::time::Instant;
use nightlatch_store::audit::{AuditFilter, AuditRecord};
use nightlatch_store::secret::Secret;
use nightlatch_store::{ApiKey, Application, Filter, Page, PolicyRevision, Record};
use rusqlite::{Connection, OptionalExtension, Params, Row, ToSql, params_from_iter};

use crate::columns;
use crate::failure::Failure;
use crate::merge::Place;
use crate::records::{self, Reader};
use crate::rows::{self, AUDIT};
use crate::selection;

type Result<T> = std::result::Result<T, Failure>;

pub(super) fn due(reader: &Reader, now: Instant, limit: usize) -> Result<Vec<Record>> {
    let snapshot = reader.connection.unchecked_transaction()?;
    let selected = selection::by_deadline(&snapshot, limit)?;
    let reached = |place: &Place| place.due <= now.as_millis() && place.due != columns::NEVER;
    records::page(reader, selected, limit, reached)
}

pub(super) fn list(reader: &Reader, filter: &Filter, page: Page) -> Result<Vec<Record>> {
    let snapshot = reader.connection.unchecked_transaction()?;
    let selected = selection::matching(&snapshot, filter, page)?;
    records::page(reader, selected, page.limit, |_| true)
}

pub(super) fn audit(connection: &Connection, filter: &AuditFilter) -> Result<Vec<AuditRecord>> {
    let source = match filter {
        AuditFilter { handle: Some(_), .. } => "audit INDEXED BY audit_by_handle",
        AuditFilter { subject: Some(_), .. } => "audit INDEXED BY audit_by_subject",
        AuditFilter {
            within: Some(within), ..
        } if within.len() == 1 => "audit INDEXED BY audit_by_application",
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
    if let Some(within) = &filter.within {
        sql.push_str(" AND application IN (");
        sql.push_str(&vec!["?"; within.len()].join(", "));
        sql.push(')');
        for application in within {
            values.push(Box::new(application.clone()));
        }
    }
    if let Some(kind) = filter.kind {
        sql.push_str(" AND kind = ?");
        values.push(Box::new(kind.as_str()));
    }
    sql.push_str(" ORDER BY seq LIMIT ?");
    values.push(Box::new(columns::count(filter.limit)));
    all(connection, &sql, params_from_iter(values), rows::audit)
}

pub(super) fn policies(connection: &Connection) -> Result<Vec<PolicyRevision>> {
    let sql = "SELECT revision, since, document, actor, reason, restored FROM policies ORDER BY revision";
    all(connection, sql, [], rows::policy)
}

pub(super) fn applications(connection: &Connection) -> Result<Vec<Application>> {
    let sql = "SELECT id, name, origins, logout_urls, version FROM applications ORDER BY id";
    all(connection, sql, [], rows::application)
}

pub(super) fn api_keys(connection: &Connection) -> Result<Vec<ApiKey>> {
    let sql = "SELECT name, digest, created, scopes, applications FROM api_keys ORDER BY name";
    all(connection, sql, [], rows::api_key)
}

pub(super) fn secret(connection: &Connection) -> Result<Option<Secret>> {
    let kept = all(connection, "SELECT bytes FROM secret", [], rows::secret)?;
    Ok(kept.into_iter().next())
}

pub(super) fn latest_instant(connection: &Connection) -> Result<Instant> {
    let mut statement = connection.prepare_cached("SELECT latest FROM clock")?;
    let latest: Option<i64> = statement.query_row([], |row| row.get(0)).optional()?;
    latest
        .map(Instant::from_millis)
        .ok_or_else(|| Failure::Damaged("the clock has lost its row".to_owned()))
}

fn all<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnMut(&Row<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    connection.prepare_cached(sql)?.query_and_then(params, read)?.collect()
}
