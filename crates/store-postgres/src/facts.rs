//! Facts, which many sessions share.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use nightlatch_core::facts::Facts;
use nightlatch_store::{Result, StoreError};
use tokio_postgres::types::Type;

use crate::columns::{self, Columns};
use crate::connection::{self, Connection};
use crate::text;

/// So many are remembered; there are hardly ever more.
const REMEMBERED: usize = 10_000;

/// The facts that were read: sessions that have the same share them. Their numbers are never given to others.
#[derive(Debug, Default)]
pub(super) struct Remembered(Mutex<HashMap<i64, Arc<Facts>>>);

impl Remembered {
    /// The facts of a row: their number, then application, device and roles, which all are missing where nobody knows the number.
    pub(super) fn read(&self, columns: &mut Columns<'_>) -> Result<Arc<Facts>> {
        let id: i64 = columns.take()?;
        let roles = columns.optional_texts()?;
        let (application, device) = (columns.optional_text()?, columns.optional_text()?);
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(facts) = known.get(&id) {
            return Ok(Arc::clone(facts));
        }
        let Some(roles) = roles else {
            return Err(StoreError::Damaged(format!("there are no facts {id}")));
        };
        let facts = Arc::new(Facts {
            application,
            device,
            roles,
        });
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(id, Arc::clone(&facts));
        Ok(facts)
    }
}

/// What facts are found by.
pub(super) fn key(facts: &Facts) -> Result<String> {
    columns::json(facts)
}

/// Adds facts that are not there yet.
pub(super) async fn add(connection: &mut Connection, facts: &Facts, key: &str) -> connection::Result<()> {
    let sql = "INSERT INTO facts (key, application, device, roles)
         VALUES (sha256(convert_to($1, 'UTF8')), $2, $3, $4) ON CONFLICT DO NOTHING";
    let application = facts.application.as_deref().map(text::stored);
    let device = facts.device.as_deref().map(text::stored);
    let roles: Vec<_> = facts.roles.iter().map(|role| text::stored(role)).collect();
    let params: [connection::Param<'_>; 4] = [
        (&key, Type::TEXT),
        (&application, Type::TEXT),
        (&device, Type::TEXT),
        (&roles, Type::TEXT_ARRAY),
    ];
    connection.write(sql, &params).await?;
    Ok(())
}

/// The number of facts that are there.
pub(super) async fn number(connection: &mut Connection, key: &str) -> Result<i64> {
    let sql = "SELECT id FROM facts WHERE key = sha256(convert_to($1, 'UTF8'))";
    let rows = connection.read(sql, &[(&key, Type::TEXT)]).await?;
    let row = rows
        .first()
        .ok_or_else(|| StoreError::Damaged("facts have vanished".to_owned()))?;
    Columns::of(row).take()
}

/// Forgets facts of these numbers that no session has, ended or not, in a transaction.
///
/// Nobody must be left with facts that are gone. Whoever adds a session holds its facts (`FOR KEY SHARE`) until the session is there.
/// So the facts are locked here first, which waits for those; the statement after that sees their sessions, and nobody can hold the
/// facts meanwhile.
pub(super) async fn forget_unused(connection: &mut Connection, ids: &[i64]) -> connection::Result<()> {
    let lock = "SELECT id FROM facts WHERE id = ANY ($1) ORDER BY id FOR UPDATE";
    connection.query(lock, &[(&ids, Type::INT8_ARRAY)]).await?;
    let sql = "DELETE FROM facts WHERE id = ANY ($1)
            AND NOT EXISTS (SELECT FROM sessions WHERE sessions.facts = facts.id AND ended_at IS NULL)
            AND NOT EXISTS (SELECT FROM sessions WHERE sessions.facts = facts.id AND ended_at IS NOT NULL)";
    connection.query(sql, &[(&ids, Type::INT8_ARRAY)]).await?;
    Ok(())
}
