//! How sessions are added, and requests served only once.

use nightlatch_core::time::Instant;
use nightlatch_store::token::Handle;
use nightlatch_store::{Created, Creation, Quota, Record, Result, StoreError};
use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};

use crate::amending::locked_at;
use crate::claims::{self, Made};
use crate::columns::{self, Columns};
use crate::connection::{self, Commit, Connection, Param};
use crate::ending;
use crate::entries::{Entries, tell};
use crate::records::{Reading, record_from};
use crate::{facts, locks, presence, text};

/// Facts are forgotten when nobody has them. Whoever adds them and finds them forgotten so often meets no chance.
const TRIES: usize = 5;

pub(super) async fn create(connection: &mut Connection, reading: &Reading, creation: &Creation) -> Result<Created> {
    if creation.claim.is_none() && creation.quota.is_none() {
        return alone(connection, creation).await;
    }
    connection.begin(Commit::Durable);
    if let Some(claim) = &creation.claim
        && let Made::Before(claimed) = claims::make(connection, claim, &creation.record.handle.to_string()).await?
    {
        return Ok(claimed);
    }
    let created = in_transaction(connection, reading, creation).await;
    match &created {
        Ok(Created::Added(_)) => connection.commit().await?,
        // The claim with it.
        _ => connection.rollback().await?,
    }
    created
}

/// What is one statement.
async fn alone(connection: &mut Connection, creation: &Creation) -> Result<Created> {
    let key = facts::key(&creation.record.session.facts)?;
    for _ in 0..TRIES {
        match insert(connection, creation, &key, true).await? {
            Inserted::Yes => return Ok(Created::Added(Vec::new())),
            Inserted::Exists => return Ok(Created::Exists),
            Inserted::WithoutFacts => facts::add(connection, &creation.record.session.facts, &key, true).await?,
        }
    }
    Err(facts_vanish())
}

async fn in_transaction(connection: &mut Connection, reading: &Reading, creation: &Creation) -> Result<Created> {
    let Creation {
        record, audit, quota, ..
    } = creation;
    let mut ended = Vec::new();
    if let Some(quota) = quota {
        // Those who add sessions of one subject take turns, so that no two find the same last place free. The lock is taken by a
        // statement of its own: what the next one counts includes whatever was added before it got the lock.
        let subject = text::stored(&record.subject);
        connection.query(locks::OF_SUBJECT, &[(&subject, Type::TEXT)]).await?;
        if exists(connection, record).await? {
            return Ok(Created::Exists);
        }
        let ending = match make_room(connection, reading, &subject, quota).await? {
            Ok(ending) => ending,
            Err(counted) => return Ok(Created::Full(counted)),
        };
        if !ending.is_empty() {
            let endings = ending::lock(connection, &ending, audit.at).await?;
            ended = ending::finish(connection, endings, &audit.actor, false).await?;
        }
    }
    let key = facts::key(&record.session.facts)?;
    for _ in 0..TRIES {
        match insert(connection, creation, &key, false).await? {
            Inserted::Yes => return Ok(Created::Added(ended)),
            Inserted::Exists => return Ok(Created::Exists),
            Inserted::WithoutFacts => facts::add(connection, &record.session.facts, &key, false).await?,
        }
    }
    Err(facts_vanish())
}

fn facts_vanish() -> StoreError {
    StoreError::Contended("the facts of the session are forgotten again and again".to_owned())
}

enum Inserted {
    Yes,
    /// The digest or the handle is there.
    Exists,
    /// They have to be added first. Nothing was changed.
    WithoutFacts,
}

/// The facts are held until the session that has them is there: see [`facts::forget_unused`].
const INSERT: &str = concat!(
    "WITH known AS (
        SELECT id FROM facts WHERE key = sha256(convert_to($14, 'UTF8')) FOR KEY SHARE
    ), added AS (
        INSERT INTO sessions (facts, digest, handle, subject, amr, created, authenticated, seen, longest_absence, held_until,
            choice_ms, not_after, locked_at, own, today, due, version, ended_at, ended_reason, last_page, presence, ledger)
        SELECT id, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35
        FROM known
        ON CONFLICT DO NOTHING
        RETURNING id
    ), told AS (",
    tell!(),
    " WHERE EXISTS (SELECT FROM added)
    )
    SELECT EXISTS (SELECT FROM known), EXISTS (SELECT FROM added)"
);

async fn insert(connection: &mut Connection, creation: &Creation, key: &str, is_alone: bool) -> Result<Inserted> {
    let Creation { record, audit, .. } = creation;
    let session = &record.session;
    let presence = presence::write(session)?;
    let entries = Entries::of([audit]);
    let ended = record.ended();
    let (ended_at, ended_reason) = (
        ended.map(|(at, _)| at.as_millis()),
        ended.map(|(_, reason)| reason.as_str()),
    );
    let (digest, subject) = (record.digest.as_bytes().as_slice(), text::stored(&record.subject));
    let (handle, amr) = (columns::handle(&record.handle), columns::json(&*record.amr)?);
    let ledger = record.ledger.as_deref().map(columns::json).transpose()?;
    let params: [Param<'_>; 22] = [
        (&key as &(dyn ToSql + Sync), Type::TEXT),
        (&digest, Type::BYTEA),
        (&handle, Type::UUID),
        (&subject, Type::TEXT),
        (&amr, Type::TEXT),
        (&record.created.as_millis(), Type::INT8),
        (&session.authenticated.as_millis(), Type::INT8),
        (&session.activity.seen.as_millis(), Type::INT8),
        (&columns::millis(session.activity.longest_absence), Type::INT8),
        (&presence.held_until, Type::INT8),
        (&columns::choice(session.choice), Type::INT8),
        (&session.not_after.map(Instant::as_millis), Type::INT8),
        (&locked_at(session.state), Type::INT8),
        (&i64::from(record.revisions.own), Type::INT8),
        (&i64::from(record.revisions.today), Type::INT8),
        (&columns::due(record.due), Type::INT8),
        (&columns::version(record.version), Type::INT8),
        (&ended_at, Type::INT8),
        (&ended_reason, Type::TEXT),
        (&presence.last_page, Type::TEXT),
        (&presence.presence, Type::TEXT),
        (&ledger, Type::TEXT),
    ];
    let params = entries.and(params);
    let rows = if is_alone {
        connection.write(INSERT, &params).await?
    } else {
        connection.query(INSERT, &params).await?
    };
    inserted(rows.first())
}

fn inserted(row: Option<&Row>) -> Result<Inserted> {
    let Some(row) = row else {
        return Ok(Inserted::WithoutFacts);
    };
    let mut columns = Columns::of(row);
    Ok(match (columns.take()?, columns.take()?) {
        (_, true) => Inserted::Yes,
        (true, false) => Inserted::Exists,
        (false, false) => Inserted::WithoutFacts,
    })
}

async fn exists(connection: &mut Connection, record: &Record) -> connection::Result<bool> {
    let sql = "SELECT FROM sessions WHERE digest = $1 OR handle = $2";
    let digest = record.digest.as_bytes().as_slice();
    let params: [Param<'_>; 2] = [(&digest, Type::BYTEA), (&columns::handle(&record.handle), Type::UUID)];
    Ok(!connection.query(sql, &params).await?.is_empty())
}

/// Which sessions end to make room for a new one of a subject; or, where that is not enough, all that take it up.
async fn make_room(
    connection: &mut Connection,
    reading: &Reading,
    subject: &str,
    quota: &Quota,
) -> Result<std::result::Result<Vec<i64>, Vec<Record>>> {
    let sql = "SELECT s.id, s.handle, f.application FROM sessions s JOIN facts f ON f.id = s.facts
        WHERE s.subject = $1 AND s.ended_at IS NULL ORDER BY s.handle";
    let rows = connection.query(sql, &[(&subject, Type::TEXT)]).await?;
    let (mut counted, mut ending) = (Vec::new(), Vec::new());
    for row in &rows {
        let mut columns = Columns::of(row);
        let (id, handle): (i64, Handle) = (columns.take()?, columns.handle()?);
        if !quota.counted.includes(columns.optional_text()?.as_deref()) {
            continue;
        }
        counted.push(id);
        if quota.ending.contains(&handle) {
            ending.push(id);
        }
    }
    if quota.has_room_beside(counted.len() - ending.len()) {
        return Ok(Ok(ending));
    }
    let sql = concat!(
        record_from!("sessions s"),
        "WHERE s.id = ANY ($1) AND s.ended_at IS NULL ORDER BY s.handle"
    );
    let rows = connection.query(sql, &[(&counted, Type::INT8_ARRAY)]).await?;
    rows.iter()
        .map(|row| reading.record(row))
        .collect::<Result<_>>()
        .map(Err)
}
