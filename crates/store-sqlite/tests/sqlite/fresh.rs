//! A store of its own for each test.

use nightlatch_store_sqlite::SqliteStore;
use tempfile::TempDir;

/// A store in a fresh file, and the directory that goes with it.
pub(crate) fn store() -> (SqliteStore, TempDir) {
    let directory = tempfile::tempdir().expect("directory");
    let store = SqliteStore::open(&directory.path().join("nightlatch.db"));
    (store.expect("store"), directory)
}
