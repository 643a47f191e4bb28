//! What operators ask of a file. Whoever looks changes nothing, whatever the schema of the file.

use std::path::Path;

use nightlatch_core::time::Instant;
use nightlatch_store::{Migration, Result};

use crate::failure::Failure;
use crate::{CREATING, SqliteStore, schema};

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contents {
    /// Its schema, and what the next start would make of it.
    pub migration: Migration,
    /// Sessions that live.
    pub live: u64,
    /// Sessions that are over and not forgotten yet.
    pub ended: u64,
    /// Audit records.
    pub audit: u64,
    /// The latest instant that it has heard of.
    pub latest: Instant,
    /// How large it is, what stands in the log beside it left out.
    pub bytes: u64,
}

impl SqliteStore {
    /// What is in a file that is there.
    pub fn contents(path: &Path) -> Result<Contents> {
        Ok(contents(path)?)
    }

    /// What opening a file that is there would do to its tables. Changes nothing.
    pub fn migration(path: &Path) -> Result<Migration> {
        let needed = schema::open_as_it_is(path).and_then(|connection| schema::needed(&connection));
        Ok(needed?)
    }

    /// Brings the tables of a file that is there up to date, and nothing else.
    pub fn migrate(path: &Path) -> Result<Migration> {
        let _creating = CREATING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let migration = Self::migration(path)?;
        schema::open_to_write(path)?;
        Ok(migration)
    }
}

fn contents(path: &Path) -> std::result::Result<Contents, Failure> {
    let connection = schema::open_as_it_is(path)?;
    let migration = schema::needed(&connection)?;
    schema::is_ours(&connection)?;
    let number = |sql| connection.query_row(sql, [], |row| row.get::<_, u64>(0));
    Ok(Contents {
        migration,
        live: number("SELECT count(*) FROM sessions WHERE ended_at IS NULL")?,
        ended: number("SELECT count(*) FROM sessions WHERE ended_at IS NOT NULL")?,
        audit: number("SELECT count(*) FROM audit")?,
        latest: Instant::from_millis(connection.query_row("SELECT latest FROM clock", [], |row| row.get(0))?),
        bytes: number("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")?,
    })
}
