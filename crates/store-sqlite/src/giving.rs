//! What a file holds, for another store to take.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use nightlatch_core::time::Instant;
use nightlatch_store::audit::{AuditFilter, AuditRecord};
use nightlatch_store::portable::{Claimed, Counts, Head, Source};
use nightlatch_store::token::{Digest, Handle};
use nightlatch_store::{Claim, Record, Result, StoreError};
use rusqlite::params;

use crate::facts::Remembered;
use crate::failure::Failure;
use crate::records::{self, Reader};
use crate::{columns, reads, schema};

/// A file that nobody else has open, so that all pages are of one moment. No server can start on it meanwhile.
#[derive(Debug)]
pub struct Giver(Arc<Mutex<Reader>>);

impl Giver {
    /// Opens a file that is there. It changes nothing in it.
    ///
    /// Fails where the file is open elsewhere, or has an older schema than this nightlatch.
    pub fn open(path: &Path) -> Result<Self> {
        let connection = open(path).map_err(|failure| match failure {
            busy if busy.is_busy() => StoreError::Unavailable(
                "it is open elsewhere: stop the server, and whatever else has the database open".to_owned(),
            ),
            other => other.into(),
        })?;
        Ok(Self(Arc::new(Mutex::new(Reader {
            connection,
            facts: Remembered::default(),
            damage: Arc::default(),
        }))))
    }

    /// Runs `work` where it may wait for the disk.
    async fn call<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Reader) -> std::result::Result<T, Failure> + Send + 'static,
    {
        let reader = Arc::clone(&self.0);
        let read = tokio::task::spawn_blocking(move || {
            let reader = reader.lock().unwrap_or_else(PoisonError::into_inner);
            work(&reader)
        });
        let stopped = || StoreError::Unavailable("a read was stopped".to_owned());
        Ok(read.await.map_err(|_| stopped())??)
    }
}

fn open(path: &Path) -> std::result::Result<rusqlite::Connection, Failure> {
    let connection = schema::open_as_it_is(path)?;
    // Whoever has the file open keeps a lock on it, whether it works or waits. In this mode a connection wants it alone, and keeps it.
    connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    connection.execute_batch("BEGIN IMMEDIATE; COMMIT")?;
    schema::is_ours(&connection)?;
    if schema::needed(&connection)?.is_needed() {
        return Err(Failure::Refused(
            "its schema is older than this nightlatch; run nightlatch store migrate on it first".to_owned(),
        ));
    }
    Ok(connection)
}

#[async_trait]
impl Source for Giver {
    async fn head(&self) -> Result<Head> {
        self.call(|reader| {
            let connection = &reader.connection;
            let number = |sql| connection.query_row(sql, [], |row| row.get::<_, u64>(0));
            let secret = reads::secret(connection)?.ok_or_else(|| {
                Failure::Refused(
                    "no server has used it: there is nothing to copy that a new database would lack".to_owned(),
                )
            })?;
            Ok(Head {
                secret,
                latest: reads::latest_instant(connection)?,
                policies: reads::policies(connection)?,
                applications: reads::applications(connection)?,
                api_keys: reads::api_keys(connection)?,
                // It goes on counting where records were removed.
                last_seq: number("SELECT ifnull(max(seq), 0) FROM sqlite_sequence WHERE name = 'audit'")?,
                counts: Counts {
                    sessions: number("SELECT count(*) FROM sessions")?,
                    claims: number("SELECT count(*) FROM claims")?,
                    audit: number("SELECT count(*) FROM audit")?,
                },
            })
        })
        .await
    }

    async fn sessions(&self, after: Option<Handle>, limit: usize) -> Result<Vec<Record>> {
        self.call(move |reader| records::behind(reader, after, limit)).await
    }

    async fn claims(&self, after: Option<Digest>, limit: usize) -> Result<Vec<Claimed>> {
        self.call(move |reader| {
            // Every key is behind one without a byte.
            let after = after.map_or_else(Vec::new, |after| after.as_bytes().to_vec());
            let sql = "SELECT key, request, outcome, at FROM claims WHERE key > ?1 ORDER BY key LIMIT ?2";
            let mut statement = reader.connection.prepare_cached(sql)?;
            let claims = statement.query_map(params![after, columns::count(limit)], |row| {
                Ok(Claimed {
                    claim: Claim {
                        key: Digest::from_bytes(row.get(0)?),
                        request: Digest::from_bytes(row.get(1)?),
                        at: Instant::from_millis(row.get(3)?),
                    },
                    outcome: row.get(2)?,
                })
            })?;
            Ok(claims.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }

    async fn audit(&self, after: u64, limit: usize) -> Result<Vec<AuditRecord>> {
        let filter = AuditFilter {
            after,
            limit,
            ..AuditFilter::default()
        };
        self.call(move |reader| reads::audit(&reader.connection, &filter)).await
    }
}
