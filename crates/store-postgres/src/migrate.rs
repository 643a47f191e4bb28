//! Whose tables the database has, and how they are brought up to date.

use std::time::Duration;

use nightlatch_store::{Migration, Result};

use crate::columns::Columns;
use crate::connection::{Commit, Connection};
use crate::failure::damaged;
use crate::locks;

/// What leads from each schema to the next, and the oldest schema whose programs can work with what that makes. Databases in the field
/// have them applied: only ever add to the end.
const MIGRATIONS: [(&str, i32); 1] = [(include_str!("schema/1.sql"), 1)];

/// The schema of this nightlatch.
pub(super) const SCHEMA: i32 = 1;

/// The oldest reader while a store is copied to the database in parts: no version of nightlatch can work with that.
pub(super) const NOBODY: i32 = i32::MAX;

/// A migration may rewrite tables, and another node may be at it.
const MIGRATES_WITHIN: Duration = Duration::from_mins(10);

/// The oldest reader of the schema of this nightlatch.
pub(super) fn oldest_reader() -> i32 {
    MIGRATIONS.last().map_or(SCHEMA, |(_, oldest_reader)| *oldest_reader)
}

/// What is in the first schema of the search path.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// There is no such schema.
    Nowhere,
    /// No tables.
    Empty,
    /// Tables of another program, such as this one.
    Foreign(Box<str>),
    /// Tables of nightlatch.
    Ours { version: i32, oldest_reader: i32 },
}

/// Looks whose tables there are, in a transaction. Tables of extensions are nobody's.
pub(super) async fn found(connection: &mut Connection) -> Result<Found> {
    let sql = "SELECT current_schema() IS NOT NULL, (
            SELECT count(*) = 2 FROM pg_attribute
            WHERE attrelid = to_regclass(quote_ident(current_schema()) || '.schema')
                AND attname IN ('version', 'oldest_reader') AND NOT attisdropped
        ), (
            SELECT min(relname::text) FROM pg_class
            WHERE relkind IN ('r', 'p') AND relnamespace = to_regnamespace(quote_ident(current_schema()))
                AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e')
        )";
    let rows = connection.query(sql, &[]).await?;
    let row = rows.first().ok_or_else(|| damaged("it has no schema"))?;
    let mut columns = Columns::of(row);
    let (exists, is_ours, table): (bool, bool, Option<Box<str>>) = (columns.take()?, columns.take()?, columns.take()?);
    match (exists, is_ours, table) {
        (false, ..) => Ok(Found::Nowhere),
        (_, true, _) => versions(connection).await,
        (_, false, Some(table)) => Ok(Found::Foreign(table)),
        (_, false, None) => Ok(Found::Empty),
    }
}

async fn versions(connection: &mut Connection) -> Result<Found> {
    let rows = connection
        .query("SELECT version, oldest_reader FROM schema", &[])
        .await?;
    let row = rows
        .first()
        .ok_or_else(|| damaged("it does not say which schema it has"))?;
    let mut columns = Columns::of(row);
    Ok(Found::Ours {
        version: columns.take()?,
        oldest_reader: columns.take()?,
    })
}

/// What [`migrate`] would do to tables that may be used.
pub(super) async fn needed(connection: &mut Connection) -> Result<Migration> {
    connection.begin(Commit::Durable);
    let found = found(connection).await?;
    connection.rollback().await?;
    match found {
        Found::Empty => Ok(migration(0)),
        Found::Ours { version, .. } => Ok(migration(version)),
        Found::Nowhere | Found::Foreign(_) => Err(damaged("its tables are not those of nightlatch any more")),
    }
}

/// A newer schema that this nightlatch can work with stays as it is.
fn migration(from: i32) -> Migration {
    let number = |version| u32::try_from(version).unwrap_or_default();
    Migration {
        from: number(from),
        to: number(from.max(SCHEMA)),
    }
}

/// Brings the tables up to date, in one transaction: all of it, or nothing.
pub(super) async fn migrate(connection: &mut Connection) -> Result<Migration> {
    // Nodes that start at once come here at once. The lock lets one at a time look and migrate; whoever comes later finds it done.
    // Whoever waits for it longer than lock_timeout fails and starts again, so the limits are lifted first.
    connection.begin(Commit::Durable);
    connection.query("SELECT 1", &[]).await?;
    connection
        .batch(
            "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0",
            MIGRATES_WITHIN,
        )
        .await?;
    connection.batch(&locks::take(locks::MIGRATE), MIGRATES_WITHIN).await?;
    let version = match found(connection).await? {
        Found::Empty => 0,
        Found::Ours { version, .. } => version,
        // Looked at before already. Whoever has made it so since is told by the next start.
        Found::Nowhere | Found::Foreign(_) => {
            connection.rollback().await?;
            return Err(damaged("its tables are not those of nightlatch any more"));
        }
    };
    for (migration, reached) in MIGRATIONS.iter().zip(1..) {
        if reached > version {
            let (sql, oldest_reader) = migration;
            connection.batch(sql, MIGRATES_WITHIN).await?;
            let note = format!("DELETE FROM schema; INSERT INTO schema VALUES ({reached}, {oldest_reader})");
            connection.batch(&note, MIGRATES_WITHIN).await?;
        }
    }
    connection.commit().await?;
    Ok(migration(version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_is_that_of_the_last_migration() {
        assert_eq!(usize::try_from(SCHEMA), Ok(MIGRATIONS.len()));
        assert!(
            MIGRATIONS
                .iter()
                .zip(1..)
                .all(|((_, oldest_reader), reached)| *oldest_reader <= reached)
        );
    }
}
