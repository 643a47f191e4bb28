//! How sessions are added, and requests served only once.

use std::borrow::Cow;

use nightlatch_core::time::Instant;
use nightlatch_store::token::Handle;
use nightlatch_store::{Created, Creation, Quota, Record, Result, StoreError};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{ToSql, Type};
use uuid::Uuid;

use crate::amending::locked_at;
use crate::claims::{self, Made};
use crate::columns::{self, Columns};
use crate::connection::{Connection, Param};
use crate::ending;
use crate::entries::{Entries, tell};
use crate::failure::IfLost;
use crate::records::{Reading, record_from};
use crate::{facts, locks, presence, text};

/// Facts are forgotten when nobody has them. Whoever adds them and finds them forgotten so often meets no chance.
const TRIES: usize = 5;

pub(super) async fn create(connection: &mut Connection, reading: &Reading, creation: &Creation) -> Result<Created> {
    let facts = &creation.record.session.facts;
    let key = facts::key(facts)?;
    for _ in 0..TRIES {
        let created = if creation.claim.is_none() && creation.quota.is_none() {
            alone(connection, creation, &key).await?
        } else {
            in_transaction(connection, reading, creation, &key).await?
        };
        match created {
            Some(created) => return Ok(created),
            None => facts::add(connection, facts, &key).await?,
        }
    }
    Err(StoreError::Contended(
        "the facts of the session are forgotten again and again".to_owned(),
    ))
}

/// What is one statement. `None` where the facts are not known yet; then nothing was changed.
///
/// It takes no lock of the subject, also not where another node just counts its sessions. Whoever asks for no room would be added after
/// that one as well, so it makes no difference which of them comes first; a lock would only make them wait for each other. What is never
/// exceeded is the room of those who ask for it: they count each other, under the lock. There is one case in which somebody asks who
/// should not have to: the policy that limits sessions came into force between the sign-in and this statement. The sign-in is from
/// before it, and may be seen too late to be counted by the first one after it, within the time that a statement may take. The next
/// one counts it.
async fn alone(connection: &mut Connection, creation: &Creation, key: &str) -> Result<Option<Created>> {
    let entries = Entries::of([&creation.audit]);
    let row = NewRow::of(&creation.record)?;
    let rows = connection.write(INSERT, &entries.and(row.params(&key))).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let mut columns = Columns::of(row);
    Ok(match (columns.take()?, columns.take()?) {
        (_, true) => Some(Created::Added(Vec::new())),
        (true, false) => Some(Created::Exists),
        (false, false) => None,
    })
}

/// The same, where there must be room or the request must be new.
async fn in_transaction(
    connection: &mut Connection,
    reading: &Reading,
    creation: &Creation,
    key: &str,
) -> Result<Option<Created>> {
    let Creation {
        record,
        audit,
        quota,
        claim,
    } = creation;
    let subject = text::stored(&record.subject);
    // Those who add sessions of one subject take turns, so that no two find the same last place free. The lock is taken before the
    // first statement: what is counted includes whatever was added by those who had it before. Nobody who has claimed a request waits
    // for the lock, so no two wait for each other.
    connection.begin_behind(quota.as_ref().map(|_| locks::of_subject(&subject)));
    if let Some(claim) = claim
        && let Made::Before(claimed) = claims::make(connection, claim, &record.handle.to_string()).await?
    {
        return Ok(Some(claimed));
    }
    let mut ended = Vec::new();
    if let Some(quota) = quota {
        match room(connection, record, &subject, quota).await? {
            Room::Made(ending) if ending.is_empty() => {}
            Room::Made(ending) => {
                let endings = ending::lock(connection, &ending, audit.at).await?;
                ended = ending::finish(connection, endings, &audit.actor, false).await?;
            }
            // The claim with it.
            Room::Exists => {
                connection.rollback().await?;
                return Ok(Some(Created::Exists));
            }
            Room::None(counted) => {
                let records = records(connection, reading, &counted).await;
                connection.rollback().await?;
                return Ok(Some(Created::Full(records?)));
            }
        }
    }
    let entries = Entries::of([audit]);
    let row = NewRow::of(&creation.record)?;
    match connection
        .last(IfLost::Unknown, INSERT_OR_FAIL, &entries.and(row.params(&key)))
        .await
    {
        Ok(_) => Ok(Some(Created::Added(ended))),
        Err(failure) if failure.has(&SqlState::UNIQUE_VIOLATION) => Ok(Some(Created::Exists)),
        Err(failure) if failure.has(&SqlState::NOT_NULL_VIOLATION) => Ok(None),
        Err(failure) => Err(failure.into()),
    }
}

/// The columns of a new session and its values, which come behind those of its audit entry.
macro_rules! new_session {
    ($facts:literal) => {
        concat!(
            "known AS (
                SELECT id FROM facts WHERE key = sha256(convert_to($14, 'UTF8')) FOR KEY SHARE
            ), added AS (
                INSERT INTO sessions (facts, digest, handle, subject, amr, created, authenticated, seen, longest_absence,
                    held_until, choice_ms, not_after, locked_at, own, today, due, version, ended_at, ended_reason, last_page,
                    presence, ledger)
                SELECT ",
            $facts,
            ", $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35 "
        )
    };
}

/// The facts are held until the session that has them is there: see [`facts::forget_unused`].
const INSERT: &str = concat!(
    "WITH ",
    new_session!("id"),
    " FROM known ON CONFLICT DO NOTHING RETURNING id
    ), told AS (",
    tell!(),
    " WHERE EXISTS (SELECT FROM added)
    )
    SELECT EXISTS (SELECT FROM known), EXISTS (SELECT FROM added)"
);

/// The commit is sent together with this. So it must not find in its answer that the session could not be added: it fails, and the
/// server rolls back what the transaction has done. Where the facts are not known they are NULL, which the column does not take.
const INSERT_OR_FAIL: &str = concat!(
    "WITH ",
    new_session!("(SELECT id FROM known)"),
    " RETURNING id) ",
    tell!()
);

/// A session that is to be added, as its columns hold it.
pub(super) struct NewRow<'r> {
    pub(super) digest: &'r [u8],
    pub(super) handle: Uuid,
    pub(super) subject: Cow<'r, str>,
    pub(super) amr: String,
    /// `created`, `authenticated`, `seen`, `longest_absence`, `own`, `today`, `due` and `version`.
    pub(super) numbers: [i64; 8],
    pub(super) choice: Option<i64>,
    pub(super) not_after: Option<i64>,
    pub(super) locked_at: Option<i64>,
    pub(super) ended: (Option<i64>, Option<&'static str>),
    pub(super) presence: presence::Written<'r>,
    pub(super) ledger: Option<String>,
}

impl<'r> NewRow<'r> {
    pub(super) fn of(record: &'r Record) -> Result<Self> {
        let session = &record.session;
        Ok(Self {
            digest: record.digest.as_bytes(),
            handle: columns::handle(&record.handle),
            subject: text::stored(&record.subject),
            amr: columns::json(&*record.amr)?,
            numbers: [
                record.created.as_millis(),
                session.authenticated.as_millis(),
                session.activity.seen.as_millis(),
                columns::millis(session.activity.longest_absence),
                i64::from(record.revisions.own),
                i64::from(record.revisions.today),
                columns::due(record.due),
                columns::version(record.version),
            ],
            choice: columns::choice(session.choice),
            not_after: session.not_after.map(Instant::as_millis),
            locked_at: locked_at(session.state),
            ended: record.ended().map_or((None, None), |(at, reason)| {
                (Some(at.as_millis()), Some(reason.as_str()))
            }),
            presence: presence::write(session)?,
            ledger: record.ledger.as_deref().map(columns::json).transpose()?,
        })
    }

    fn params<'p>(&'p self, key: &'p &str) -> [Param<'p>; 22] {
        let [created, authenticated, seen, absence, own, today, due, version] = &self.numbers;
        [
            (key as &(dyn ToSql + Sync), Type::TEXT),
            (&self.digest, Type::BYTEA),
            (&self.handle, Type::UUID),
            (&self.subject, Type::TEXT),
            (&self.amr, Type::TEXT),
            (created, Type::INT8),
            (authenticated, Type::INT8),
            (seen, Type::INT8),
            (absence, Type::INT8),
            (&self.presence.held_until, Type::INT8),
            (&self.choice, Type::INT8),
            (&self.not_after, Type::INT8),
            (&self.locked_at, Type::INT8),
            (own, Type::INT8),
            (today, Type::INT8),
            (due, Type::INT8),
            (version, Type::INT8),
            (&self.ended.0, Type::INT8),
            (&self.ended.1, Type::TEXT),
            (&self.presence.last_page, Type::TEXT),
            (&self.presence.presence, Type::TEXT),
            (&self.ledger, Type::TEXT),
        ]
    }
}

/// Whether there is room for a session.
enum Room {
    /// Where these end.
    Made(Vec<i64>),
    /// These take it up.
    None(Vec<i64>),
    /// The session is there already.
    Exists,
}

async fn room(connection: &mut Connection, record: &Record, subject: &str, quota: &Quota) -> Result<Room> {
    let sql = "SELECT s.id, s.handle, f.application, s.digest = $2 OR s.handle = $3
        FROM sessions s LEFT JOIN facts f ON f.id = s.facts
        WHERE s.subject = $1 AND s.ended_at IS NULL OR s.digest = $2 OR s.handle = $3 ORDER BY s.handle";
    let digest = record.digest.as_bytes().as_slice();
    let params: [Param<'_>; 3] = [
        (&subject, Type::TEXT),
        (&digest, Type::BYTEA),
        (&columns::handle(&record.handle), Type::UUID),
    ];
    let rows = connection.query(sql, &params).await?;
    let (mut counted, mut ending) = (Vec::new(), Vec::new());
    for row in &rows {
        let mut columns = Columns::of(row);
        let (id, handle): (i64, Handle) = (columns.take()?, columns.handle()?);
        let application = columns.optional_text()?;
        if columns.take()? {
            return Ok(Room::Exists);
        }
        if !quota.counted.includes(application.as_deref()) {
            continue;
        }
        counted.push(id);
        if quota.ending.contains(&handle) {
            ending.push(id);
        }
    }
    if quota.has_room_beside(counted.len() - ending.len()) {
        Ok(Room::Made(ending))
    } else {
        Ok(Room::None(counted))
    }
}

async fn records(connection: &mut Connection, reading: &Reading, ids: &[i64]) -> Result<Vec<Record>> {
    let sql = concat!(
        record_from!("sessions s"),
        "WHERE s.id = ANY ($1) AND s.ended_at IS NULL ORDER BY s.handle"
    );
    let rows = connection.query(sql, &[(&ids, Type::INT8_ARRAY)]).await?;
    rows.iter().map(|row| reading.record(row)).collect()
}
