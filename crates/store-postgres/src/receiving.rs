//! Takes what another store holds.
//!
//! While a part of it is there the schema says that no version can read it, so no server starts on it. Pages are committed without a wait
//! for the disk: they reach it in their order, and the last commit, which opens the store, waits for all.

mod columns;

use std::collections::HashMap;

use async_trait::async_trait;
use nightlatch_core::time::Instant;
use nightlatch_store::audit::AuditRecord;
use nightlatch_store::portable::{Arrived, Claimed, CopyError, Counts, Head, Target};
use nightlatch_store::secret::Secret;
use nightlatch_store::{Record, Result};
use tokio::sync::Mutex;
use tokio_postgres::types::{ToSql, Type};

use self::columns::Rows;
use crate::checks::{self, Purpose};
use crate::columns::Columns;
use crate::connection::{Commit, Connection, Param};
use crate::creating::NewRow;
use crate::entries::{Entries, entry_columns};
use crate::failure::{IfLost, damaged};
use crate::finding::ConnectError;
use crate::migrate::{self, NOBODY};
use crate::options::PostgresOptions;
use crate::pools::Pools;
use crate::{documents, facts, locks, months, text};

/// A database that another store is copied to.
#[derive(Debug)]
pub struct Receiver {
    pools: Pools,
    /// The numbers of the facts that have arrived.
    facts: Mutex<HashMap<String, i64>>,
}

impl Receiver {
    /// Connects, checks the server, and makes the tables or brings them up to date.
    pub async fn connect(options: &PostgresOptions) -> std::result::Result<Self, ConnectError> {
        let pools = checks::look(options, Purpose::Receive).await?;
        let mut connection = pools.connection().await?;
        if !is_partly_there(&mut connection).await? {
            migrate::migrate(&mut connection).await?;
        }
        drop(connection);
        Ok(Self {
            pools,
            facts: Mutex::default(),
        })
    }

    async fn add(&self, sql: &str, params: &[Param<'_>]) -> Result<()> {
        let mut connection = self.pools.connection().await?;
        connection.begin_long(Commit::AtOnce);
        connection.last(IfLost::Unknown, sql, params).await?;
        Ok(())
    }
}

/// Whether a part of a copy is there; false where there are no tables.
async fn is_partly_there(connection: &mut Connection) -> Result<bool> {
    connection.begin(Commit::Durable);
    let found = migrate::found(connection).await?;
    connection.rollback().await?;
    Ok(matches!(
        found,
        migrate::Found::Ours {
            oldest_reader: NOBODY,
            ..
        }
    ))
}

#[async_trait]
impl Target for Receiver {
    async fn begin(&self, head: &Head) -> std::result::Result<Arrived, CopyError> {
        self.facts.lock().await.clear();
        let mut connection = self.pools.connection().await?;
        // Two who copy at once would each find it empty.
        connection.begin_behind(Some(locks::take(locks::MIGRATE)));
        let oldest_reader = one::<i32>(&mut connection, "SELECT oldest_reader FROM schema FOR UPDATE").await?;
        if oldest_reader == NOBODY {
            let secret = one::<Vec<u8>>(&mut connection, "SELECT bytes FROM secret").await?;
            let latest = one::<i64>(&mut connection, "SELECT latest FROM clock").await?;
            if secret != head.secret.as_bytes() {
                connection.rollback().await?;
                return Err(CopyError::Refused(
                    "a part of another store was copied to the database; finish that copy, or give this one a database of its own"
                        .to_owned(),
                ));
            }
            if Instant::from_millis(latest) == head.latest {
                connection.rollback().await?;
                return Ok(arrived(&mut connection).await?);
            }
            // A server has worked with the source since: what has arrived may be wrong by now.
            forget(&mut connection).await?;
        } else if let Some(what) = inhabitant(&mut connection).await? {
            connection.rollback().await?;
            return Err(CopyError::Refused(what));
        }
        take_in(&mut connection, head).await?;
        connection
            .last(
                IfLost::Unknown,
                "UPDATE schema SET oldest_reader = $1",
                &[(&NOBODY, Type::INT4)],
            )
            .await?;
        Ok(Arrived::default())
    }

    async fn add_sessions(&self, records: &[Record]) -> Result<()> {
        let mut numbers = Vec::with_capacity(records.len());
        let mut known = self.facts.lock().await;
        for record in records {
            let facts = &record.session.facts;
            let key = facts::key(facts)?;
            if !known.contains_key(&key) {
                let mut connection = self.pools.connection().await?;
                facts::add(&mut connection, facts, &key).await?;
                let id = facts::number(&mut connection, &key).await?;
                known.insert(key.clone(), id);
            }
            numbers.push(known[&key]);
        }
        drop(known);
        let rows = records.iter().map(NewRow::of).collect::<Result<Vec<_>>>()?;
        let rows = Rows::of(&numbers, &rows);
        self.add(columns::INSERT, &rows.params()).await
    }

    async fn add_claims(&self, claims: &[Claimed]) -> Result<()> {
        let sql = "INSERT INTO claims (key, request, outcome, at)
            SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::text[], $4::bigint[]) ON CONFLICT DO NOTHING";
        let keys: Vec<&[u8]> = claims.iter().map(|made| &made.claim.key.as_bytes()[..]).collect();
        let requests: Vec<&[u8]> = claims.iter().map(|made| &made.claim.request.as_bytes()[..]).collect();
        let outcomes: Vec<_> = claims.iter().map(|made| text::stored(&made.outcome)).collect();
        let at: Vec<i64> = claims.iter().map(|made| made.claim.at.as_millis()).collect();
        let params: [Param<'_>; 4] = [
            (&keys, Type::BYTEA_ARRAY),
            (&requests, Type::BYTEA_ARRAY),
            (&outcomes, Type::TEXT_ARRAY),
            (&at, Type::INT8_ARRAY),
        ];
        self.add(sql, &params).await
    }

    async fn add_audit(&self, records: &[AuditRecord]) -> Result<()> {
        let sql = concat!(
            "INSERT INTO audit (",
            entry_columns!(),
            ", seq)
            SELECT * FROM unnest($1::bigint[], $2::text[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::bigint[],
                $8::bigint[], $9::text[], $10::text[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[])
            ON CONFLICT DO NOTHING"
        );
        let entries = Entries::of(records.iter().map(|record| &record.entry));
        let numbers: Vec<i64> = records.iter().map(|record| number(record.seq)).collect();
        let instants: Vec<i64> = records.iter().map(|record| record.entry.at.as_millis()).collect();
        let mut connection = self.pools.connection().await?;
        months::make_for(&mut connection, &instants).await?;
        drop(connection);
        let params = entries.and([(&numbers as &(dyn ToSql + Sync), Type::INT8_ARRAY)]);
        self.add(sql, &params).await
    }

    async fn finish(&self, head: &Head) -> std::result::Result<(), CopyError> {
        let mut connection = self.pools.connection().await?;
        let there = counts(&mut connection).await?;
        let nodes = one::<i64>(&mut connection, "SELECT count(*) FROM nodes").await?;
        connection.rollback().await?;
        if there != head.counts || nodes != 0 {
            return Err(CopyError::Refused(format!(
                "{} sessions, {} claims and {} audit records have arrived of {}, {} and {}, and {nodes} servers work with the \
                 database: somebody else changes it; stop them, empty the database and copy again",
                there.sessions, there.claims, there.audit, head.counts.sessions, head.counts.claims, head.counts.audit
            )));
        }
        connection.begin_long(Commit::Durable);
        let (last_seq, oldest_reader) = (number(head.last_seq), migrate::oldest_reader());
        query(
            &mut connection,
            "UPDATE audit_head SET seq = $1",
            &[(&last_seq, Type::INT8)],
        )
        .await?;
        // What is new to the server it would read row by row, until it has counted by itself.
        query(&mut connection, "ANALYZE sessions, facts, claims, audit", &[]).await?;
        query(
            &mut connection,
            "UPDATE schema SET oldest_reader = $1",
            &[(&oldest_reader, Type::INT4)],
        )
        .await?;
        connection.commit().await?;
        Ok(())
    }
}

/// Who is in a database that is not half a copy, in words; nobody if it is empty.
async fn inhabitant(connection: &mut Connection) -> Result<Option<String>> {
    let sql = "SELECT (SELECT count(*) FROM sessions), EXISTS (SELECT FROM audit) OR EXISTS (SELECT FROM audit_new)
            OR EXISTS (SELECT FROM policies) OR EXISTS (SELECT FROM api_keys) OR EXISTS (SELECT FROM applications)
            OR EXISTS (SELECT FROM secret), (SELECT count(*) FROM nodes)";
    let rows = connection.query(sql, &[]).await?;
    let row = rows.first().ok_or_else(|| damaged("it counts nothing"))?;
    let mut columns = Columns::of(row);
    let (sessions, is_used, nodes): (i64, bool, i64) = (columns.take()?, columns.take()?, columns.take()?);
    Ok(if nodes > 0 {
        Some(format!(
            "{nodes} servers work with the database, or did minutes ago; stop them, and give the copy a database of its own"
        ))
    } else if sessions > 0 || is_used {
        Some(format!(
            "the database holds a store already, with {sessions} sessions; nothing was changed. Give the copy a database of its own"
        ))
    } else {
        None
    })
}

/// Empties the tables of a part of a copy, in its transaction.
async fn forget(connection: &mut Connection) -> Result<()> {
    let sql = "TRUNCATE sessions, facts, claims, audit, policies, applications, api_keys, secret";
    query(connection, sql, &[]).await
}

/// What is small, in its transaction.
async fn take_in(connection: &mut Connection, head: &Head) -> Result<()> {
    let Head { secret, latest, .. } = head;
    let bytes = Secret::as_bytes(secret).as_slice();
    query(
        connection,
        "INSERT INTO secret (id, bytes) VALUES (1, $1)",
        &[(&bytes, Type::BYTEA)],
    )
    .await?;
    query(
        connection,
        "UPDATE clock SET latest = $1",
        &[(&latest.as_millis(), Type::INT8)],
    )
    .await?;
    for policy in &head.policies {
        documents::insert_policy(connection, policy).await?;
    }
    for application in &head.applications {
        documents::insert_application(connection, application).await?;
    }
    for key in &head.api_keys {
        documents::insert_api_key(connection, key).await?;
    }
    Ok(())
}

async fn arrived(connection: &mut Connection) -> Result<Arrived> {
    let counts = counts(connection).await?;
    let sql = "SELECT (SELECT handle FROM sessions ORDER BY handle DESC LIMIT 1),
            (SELECT key FROM claims ORDER BY key DESC LIMIT 1), (SELECT coalesce(max(seq), 0) FROM audit)";
    let rows = connection.query(sql, &[]).await?;
    connection.rollback().await?;
    let row = rows.first().ok_or_else(|| damaged("it counts nothing"))?;
    let mut columns = Columns::of(row);
    Ok(Arrived {
        session: columns.optional_handle()?,
        claim: columns.optional_digest()?,
        seq: columns.number()?,
        counts,
    })
}

/// Begins a transaction with what takes long.
async fn counts(connection: &mut Connection) -> Result<Counts> {
    connection.begin_long(Commit::Durable);
    let sql = "SELECT (SELECT count(*) FROM sessions), (SELECT count(*) FROM claims), (SELECT count(*) FROM audit)";
    let rows = connection.query(sql, &[]).await?;
    let row = rows.first().ok_or_else(|| damaged("it counts nothing"))?;
    let mut columns = Columns::of(row);
    Ok(Counts {
        sessions: columns.number()?,
        claims: columns.number()?,
        audit: columns.number()?,
    })
}

async fn query(connection: &mut Connection, sql: &str, params: &[Param<'_>]) -> Result<()> {
    connection.query(sql, params).await?;
    Ok(())
}

/// The only column of the only row.
async fn one<T: for<'r> tokio_postgres::types::FromSql<'r>>(connection: &mut Connection, sql: &str) -> Result<T> {
    let rows = connection.query(sql, &[]).await?;
    let row = rows.first().ok_or_else(|| damaged("a row is missing"))?;
    Columns::of(row).take()
}

fn number(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}
