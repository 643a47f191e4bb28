//! Sessions that are asked for.

use std::collections::HashMap;
use std::fmt::Write as _;

use nightlatch_core::time::Instant;
use nightlatch_store::token::{Digest, Handle};
use nightlatch_store::{Filter, Page, Record, Result, Revision};
use tokio_postgres::types::Type;

use crate::columns::{self, Columns, NEVER};
use crate::connection::{Connection, Param};
use crate::failure::damaged;
use crate::filters::Conditions;
use crate::records::{Reading, record_from};

pub(super) async fn by_digest(
    connection: &mut Connection,
    reading: &Reading,
    digest: &Digest,
) -> Result<Option<Record>> {
    let sql = concat!(record_from!("sessions s"), "WHERE s.digest = $1");
    let digest = digest.as_bytes().as_slice();
    let rows = connection.read(sql, &[(&digest, Type::BYTEA)]).await?;
    rows.first().map(|row| reading.record(row)).transpose()
}

pub(super) async fn by_handle(
    connection: &mut Connection,
    reading: &Reading,
    handle: &Handle,
) -> Result<Option<Record>> {
    let sql = concat!(record_from!("sessions s"), "WHERE s.handle = $1");
    let rows = connection.read(sql, &[(&columns::handle(handle), Type::UUID)]).await?;
    rows.first().map(|row| reading.record(row)).transpose()
}

pub(super) async fn by_digests(
    connection: &mut Connection,
    reading: &Reading,
    digests: &[Digest],
) -> Result<Vec<Option<Record>>> {
    let sql = concat!(record_from!("sessions s"), "WHERE s.digest = ANY ($1)");
    let keys: Vec<&[u8]> = digests.iter().map(|digest| digest.as_bytes().as_slice()).collect();
    let rows = connection.read(sql, &[(&keys, Type::BYTEA_ARRAY)]).await?;
    let mut found = HashMap::with_capacity(rows.len());
    for row in &rows {
        let record = reading.record(row)?;
        found.insert(record.digest, record);
    }
    Ok(digests.iter().map(|digest| found.get(digest).cloned()).collect())
}

/// Where a list goes on.
#[derive(Clone, Copy)]
struct Place {
    due: i64,
    handle: Option<Handle>,
}

pub(super) async fn list(
    connection: &mut Connection,
    reading: &Reading,
    filter: &Filter,
    page: Page,
) -> Result<Vec<Record>> {
    let conditions = Conditions::of(filter);
    let few = few_facts(connection, &conditions).await?;
    if few.as_ref().is_some_and(Vec::is_empty) {
        return Ok(Vec::new());
    }
    let mut records = Vec::new();
    let mut after = page.after;
    // What is damaged is left out, so a page may take more than one look.
    while records.len() < page.limit {
        let wanted = page.limit - records.len();
        let (limit, behind) = (columns::count(wanted), after.as_ref().map(columns::handle));
        let mut params: Vec<Param<'_>> = vec![(&limit, Type::INT8)];
        let mut sql = concat!(record_from!("sessions s"), "WHERE s.ended_at IS NULL").to_owned();
        sql.push_str(&conditions.add_to(&mut params));
        if let Some(behind) = &behind {
            params.push((behind, Type::UUID));
            let _ = write!(sql, " AND s.handle > ${}", params.len());
        }
        if let Some(few) = &few {
            let behind = behind.map_or_else(String::new, |_| format!(" AND handle > ${}", params.len()));
            params.push((few, Type::INT8_ARRAY));
            let _ = write!(
                sql,
                " AND s.id = ANY (ARRAY(
                    SELECT picked.id FROM unnest(${}) AS among CROSS JOIN LATERAL (
                        SELECT id, handle FROM sessions WHERE facts = among AND ended_at IS NULL{behind} ORDER BY handle LIMIT $1
                    ) AS picked ORDER BY picked.handle LIMIT $1
                ))",
                params.len()
            );
        }
        sql.push_str(" ORDER BY s.handle LIMIT $1");
        let rows = connection.read(&sql, &params).await?;
        records.extend(rows.iter().filter_map(|row| reading.listed(row)));
        match rows.last() {
            Some(last) if rows.len() == wanted => after = Some(Columns::after(last, HANDLE).handle()?),
            _ => break,
        }
    }
    Ok(records)
}

/// The facts that a filter means, where it asks for no subject and they are few. One index has the sessions of each in the order of
/// handles, so the first of each are taken together. The server would rather go through all sessions until it has found enough, and goes
/// through every one where few or none are meant.
async fn few_facts(connection: &mut Connection, conditions: &Conditions) -> Result<Option<Vec<i64>>> {
    /// So many facts mean so many sessions that a page of them is found soon in any case.
    const FEW: usize = 100;
    if conditions.name_a_subject() {
        return Ok(None);
    }
    let mut params = Vec::new();
    let Some(sql) = conditions.facts(&mut params) else {
        return Ok(None);
    };
    let rows = connection.read(&format!("{sql} LIMIT {}", FEW + 1), &params).await?;
    let mut few = Vec::with_capacity(rows.len());
    for row in &rows {
        few.push(Columns::of(row).take()?);
    }
    Ok((few.len() <= FEW).then_some(few))
}

/// Where the handle and the deadline stand among the columns of a record.
const HANDLE: usize = 1;
const DUE: usize = 16;

/// The index has the deadlines of each policy in their order. There are few policies, so the first of each are taken together.
pub(super) async fn due(
    connection: &mut Connection,
    reading: &Reading,
    now: Instant,
    limit: usize,
) -> Result<Vec<Record>> {
    let sql = concat!(
        "WITH RECURSIVE revisions AS (
            SELECT min(today) AS today FROM sessions WHERE ended_at IS NULL
            UNION ALL
            SELECT (SELECT min(today) FROM sessions WHERE ended_at IS NULL AND today > revisions.today)
            FROM revisions WHERE revisions.today IS NOT NULL
        ) ",
        record_from!(
            "revisions CROSS JOIN LATERAL (
                SELECT * FROM sessions
                WHERE ended_at IS NULL AND today = revisions.today AND due <= $1 AND due >= $3 AND (due, handle) > ($3, $4)
                ORDER BY due, handle LIMIT $2
            ) s"
        ),
        "ORDER BY s.due, s.handle LIMIT $2"
    );
    let now = now.as_millis().min(NEVER - 1);
    let mut records = Vec::new();
    let mut after = Place {
        due: i64::MIN,
        handle: None,
    };
    while records.len() < limit {
        let wanted = limit - records.len();
        let behind = after.handle.as_ref().map_or_else(uuid::Uuid::nil, columns::handle);
        let params: [Param<'_>; 4] = [
            (&now, Type::INT8),
            (&columns::count(wanted), Type::INT8),
            (&after.due, Type::INT8),
            (&behind, Type::UUID),
        ];
        let rows = connection.read(sql, &params).await?;
        records.extend(rows.iter().filter_map(|row| reading.listed(row)));
        match rows.last() {
            Some(last) if rows.len() == wanted => {
                after = Place {
                    due: Columns::after(last, DUE).take()?,
                    handle: Some(Columns::after(last, HANDLE).handle()?),
                };
            }
            _ => break,
        }
    }
    Ok(records)
}

pub(super) async fn count(connection: &mut Connection, filter: &Filter) -> Result<u64> {
    let conditions = Conditions::of(filter);
    let mut params = Vec::new();
    let mut sql = "SELECT count(*) FROM sessions s WHERE s.ended_at IS NULL".to_owned();
    sql.push_str(&conditions.add_to(&mut params));
    counted(connection, &sql, &params).await
}

pub(super) async fn count_outdated(connection: &mut Connection, revision: Revision) -> Result<u64> {
    let sql = "SELECT count(*) FROM sessions WHERE ended_at IS NULL AND today < $1";
    counted(connection, sql, &[(&i64::from(revision), Type::INT8)]).await
}

async fn counted(connection: &mut Connection, sql: &str, params: &[Param<'_>]) -> Result<u64> {
    let rows = connection.read(sql, params).await?;
    let row = rows.first().ok_or_else(|| damaged("nothing is counted"))?;
    Columns::of(row).number()
}
