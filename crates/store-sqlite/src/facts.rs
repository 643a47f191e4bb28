//! Facts, which many sessions share.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use nightlatch_core::facts::Facts;
use nightlatch_store::Filter;
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::columns::{self, Columns};
use crate::failure::Failure;

/// So many are remembered; there are hardly ever more.
const REMEMBERED: usize = 10_000;

/// The facts that were read through a connection: sessions that have the same share them. Their numbers are never given to
/// others.
#[derive(Debug, Default)]
pub(super) struct Remembered(RefCell<HashMap<i64, Arc<Facts>>>);

impl Remembered {
    pub(super) fn of(&self, connection: &Connection, id: i64) -> Result<Arc<Facts>, Failure> {
        let mut known = self.0.borrow_mut();
        if let Some(facts) = known.get(&id) {
            return Ok(Arc::clone(facts));
        }
        let facts = Arc::new(read(connection, id)?);
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(id, Arc::clone(&facts));
        Ok(facts)
    }
}

fn read(connection: &Connection, id: i64) -> Result<Facts, Failure> {
    let mut statement = connection.prepare_cached("SELECT application, device, roles FROM facts WHERE id = ?1")?;
    let mut rows = statement.query([id])?;
    let Some(row) = rows.next()? else {
        return Err(Failure::Damaged(format!("there are no facts {id}")));
    };
    let mut columns = Columns::of(row);
    Ok(Facts {
        application: columns.take()?,
        device: columns.take()?,
        roles: columns.json()?,
    })
}

/// The number of these facts, which they get here if they have none.
pub(super) fn intern(connection: &Connection, facts: &Facts) -> Result<i64, Failure> {
    let roles = columns::json(&facts.roles)?;
    let values = params![facts.application, facts.device, roles];
    let mut known = connection.prepare_cached(
        "SELECT id FROM facts INDEXED BY facts_by_all WHERE application IS ?1 AND device IS ?2 AND roles = ?3",
    )?;
    if let Some(id) = known.query_row(values, |row| row.get(0)).optional()? {
        return Ok(id);
    }
    let mut insert = connection.prepare_cached("INSERT INTO facts (application, device, roles) VALUES (?1, ?2, ?3)")?;
    let id = insert.insert(values)?;
    let mut insert = connection.prepare_cached("INSERT OR IGNORE INTO facts_roles (role, facts) VALUES (?1, ?2)")?;
    for role in &facts.roles {
        insert.execute(params![role, id])?;
    }
    Ok(id)
}

/// Forgets facts that no session has, ended or not.
pub(super) fn forget_unused(connection: &Connection) -> Result<(), Failure> {
    connection
        .prepare_cached(
            "DELETE FROM facts WHERE NOT EXISTS
                (SELECT 1 FROM sessions INDEXED BY by_facts WHERE sessions.facts = facts.id)",
        )?
        .execute([])?;
    connection
        .prepare_cached("DELETE FROM facts_roles WHERE facts NOT IN (SELECT id FROM facts)")?
        .execute([])?;
    Ok(())
}

/// The statement for the numbers of the facts that a filter means, and its values; `None` if it means all. Values are
/// numbered from `first`.
pub(super) fn meant_by(filter: &Filter, first: usize) -> Option<(String, Vec<&str>)> {
    let fields = [
        ("application = ", &filter.application, ""),
        ("device = ", &filter.device, ""),
        ("id IN (SELECT facts FROM facts_roles WHERE role = ", &filter.role, ")"),
    ];
    let (mut conditions, mut values) = (Vec::new(), Vec::new());
    for (before, value, after) in fields {
        if let Some(value) = value {
            conditions.push(format!("{before}?{}{after}", first + values.len()));
            values.push(value.as_ref());
        }
    }
    if let Some(within) = &filter.within {
        let numbers = (first + values.len()..)
            .take(within.len())
            .map(|number| format!("?{number}"));
        conditions.push(format!("application IN ({})", numbers.collect::<Vec<_>>().join(", ")));
        values.extend(within.iter().map(|application| &**application));
    }
    (!conditions.is_empty()).then(|| {
        (
            format!("SELECT id FROM facts WHERE {}", conditions.join(" AND ")),
            values,
        )
    })
}
