//! Opens the file: settings, whose it is, and which tables it has.

use std::path::Path;
use std::time::Duration;

use nightlatch_store::Migration;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use crate::failure::Failure;

/// Written into the header of every file: tells our files from those of other programs ("nlat").
const APPLICATION_ID: i64 = 0x6e6c_6174;

/// What leads from each schema to the next. Files in the field have them applied: only ever add to the end.
const MIGRATIONS: [&str; 7] = [
    include_str!("schema/1.sql"),
    include_str!("schema/2.sql"),
    include_str!("schema/3.sql"),
    include_str!("schema/4.sql"),
    include_str!("schema/5.sql"),
    include_str!("schema/6.sql"),
    include_str!("schema/7.sql"),
];

/// How long a statement waits for another process.
const BUSY_TIMEOUT: Duration = Duration::from_millis(500);

/// Statements that stay prepared; above the number there are.
const STATEMENTS: usize = 64;

/// Opens the file to write, bringing its tables up to date.
pub(super) fn open_to_write(path: &Path) -> Result<Connection, Failure> {
    let mut connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    // Before anything is written: the file may be somebody else's.
    let version = version(&connection)?;
    // The log is folded into the file every 32 MiB: large sweeps write the same pages many times.
    connection.execute_batch(
        "PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA wal_autocheckpoint = 32768;
         PRAGMA journal_size_limit = 67108864;
         PRAGMA cache_size = -65536;",
    )?;
    if version < MIGRATIONS.len() {
        migrate(&mut connection)?;
    }
    Ok(connection)
}

/// Opens the file to read.
pub(super) fn open_to_read(path: &Path) -> Result<Connection, Failure> {
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.execute_batch("PRAGMA cache_size = -8192")?;
    Ok(connection)
}

/// Opens the file as it is, whatever its schema. To write, though nothing is written: the last to close a file that was opened
/// to read alone leaves its log behind.
pub(super) fn open_as_it_is(path: &Path) -> Result<Connection, Failure> {
    connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)
}

/// Never creates a file: one that vanishes while the server runs is an error, not a fresh start.
fn connect(path: &Path, access: OpenFlags) -> Result<Connection, Failure> {
    let connection = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(connection)
}

/// What [`open_to_write`] would do to the tables of a file.
pub(super) fn needed(connection: &Connection) -> Result<Migration, Failure> {
    let number = |version: usize| u32::try_from(version).unwrap_or_default();
    Ok(Migration {
        from: number(version(connection)?),
        to: number(MIGRATIONS.len()),
    })
}

fn migrate(connection: &mut Connection) -> Result<(), Failure> {
    let transaction = Transaction::new(connection, TransactionBehavior::Immediate)?;
    // Asked again: another process may have done it in between.
    let version = version(&transaction)?;
    for (migration, reached) in MIGRATIONS.iter().zip(1_i64..).skip(version) {
        transaction.execute_batch(migration)?;
        transaction.pragma_update(None, "user_version", reached)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    Ok(transaction.commit()?)
}

/// Refuses a file that has no tables of ours.
pub(super) fn is_ours(connection: &Connection) -> Result<(), Failure> {
    match version(connection)? {
        0 => Err(Failure::Refused(
            "it is empty: no server has used it; check the path".to_owned(),
        )),
        _ => Ok(()),
    }
}

/// The schema of the file, if the file is ours and the schema known.
fn version(connection: &Connection) -> Result<usize, Failure> {
    let number = |sql| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
    let (application, version) = (number("PRAGMA application_id")?, number("PRAGMA user_version")?);
    let new = application == 0 && version == 0 && number("SELECT count(*) FROM sqlite_schema")? == 0;
    match usize::try_from(version) {
        _ if application != APPLICATION_ID && !new => Err(Failure::Refused(
            "it is a database of another program; choose another path".to_owned(),
        )),
        Ok(version) if version <= MIGRATIONS.len() => Ok(version),
        _ => Err(Failure::Refused(format!(
            "its schema {version} is newer than the schema {} of this nightlatch; run the newer one, or restore a copy of \
             the file from before the update",
            MIGRATIONS.len(),
        ))),
    }
}
