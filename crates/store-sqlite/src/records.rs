//! Records as they are read.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use nightlatch_core::session::{Activity, EndReason, Session, State};
use nightlatch_core::time::{Instant, Span};
use nightlatch_store::token::{Digest, Handle};
use nightlatch_store::{Record, Revisions};
use rusqlite::{Connection, Params, Row, params};

use crate::columns::{self, Columns};
use crate::facts::Remembered;
use crate::failure::Failure;
use crate::merge::Place;
use crate::presence;
use crate::selection::Selection;

/// What [`record`] reads, in its order.
macro_rules! record_where {
    ($condition:literal) => {
        concat!(
            "SELECT digest, handle, subject, facts, amr, created, authenticated, seen, longest_absence, choice_ms, ",
            "locked_at, own, today, due, version, ended_at, ended_reason, presence, ledger, not_after FROM sessions WHERE ",
            $condition
        )
    };
}

/// A connection, and what is known of the file from reading through it.
#[derive(Debug)]
pub(super) struct Reader {
    pub(super) connection: Connection,
    pub(super) facts: Remembered,
    pub(super) damage: Arc<Damage>,
}

/// The damaged sessions that were told of already.
#[derive(Debug, Default)]
pub(super) struct Damage(Mutex<HashSet<Vec<u8>>>);

impl Damage {
    fn is_news(&self, handle: &[u8]) -> bool {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        told.insert(handle.to_vec())
    }

    /// Tells of a session that lists leave out, once: a sweep meets it every second.
    fn tell(&self, handle: &[u8], why: &str) {
        if self.is_news(handle) {
            let handle = <[u8; 16]>::try_from(handle).map(Handle::from_bytes);
            let handle = handle.map_or_else(|_| "unreadable".to_owned(), |handle| handle.to_string());
            tracing::error!(%handle, %why, "a damaged session is left out of every list");
        }
    }
}

pub(super) fn by_digest(reader: &Reader, digest: &Digest) -> Result<Option<Record>, Failure> {
    let sql = record_where!("digest = ?1");
    one(&reader.connection, &reader.facts, sql, [digest.as_bytes()])
}

pub(super) fn by_handle(reader: &Reader, handle: &Handle) -> Result<Option<Record>, Failure> {
    let sql = record_where!("handle = ?1");
    one(&reader.connection, &reader.facts, sql, [handle.as_bytes()])
}

pub(super) fn by_id(connection: &Connection, facts: &Remembered, id: i64) -> Result<Option<Record>, Failure> {
    one(connection, facts, record_where!("id = ?1"), [id])
}

/// All sessions behind a handle, in the order of handles. One that is damaged is an error: whoever takes them all loses none.
pub(super) fn behind(reader: &Reader, after: Option<Handle>, limit: usize) -> Result<Vec<Record>, Failure> {
    // Every handle is behind one without a byte.
    let after = after.map_or_else(Vec::new, |after| after.as_bytes().to_vec());
    let mut statement = reader
        .connection
        .prepare_cached(record_where!("handle > ?1 ORDER BY handle LIMIT ?2"))?;
    let mut rows = statement.query(params![after, columns::count(limit)])?;
    let mut records = Vec::new();
    while let Some(row) = rows.next()? {
        records.push(record(row, &reader.connection, &reader.facts)?);
    }
    Ok(records)
}

fn one(connection: &Connection, facts: &Remembered, sql: &str, params: impl Params) -> Result<Option<Record>, Failure> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    rows.next()?.map(|row| record(row, connection, facts)).transpose()
}

/// The first `limit` records of those selected that can be read, none due after `until`.
pub(super) fn page(
    reader: &Reader,
    mut selected: Selection<'_>,
    limit: usize,
    until: impl Fn(&Place) -> bool,
) -> Result<Vec<Record>, Failure> {
    let mut statement = reader.connection.prepare_cached(record_where!("id = ?1"))?;
    let mut records = Vec::new();
    while records.len() < limit {
        let Some(place) = selected.next()?.filter(&until) else {
            break;
        };
        let mut rows = statement.query([place.id])?;
        let Some(row) = rows.next()? else {
            continue;
        };
        match record(row, &reader.connection, &reader.facts) {
            Ok(record) => records.push(record),
            Err(Failure::Damaged(why)) => reader.damage.tell(&place.handle, &why),
            Err(failure) => return Err(failure),
        }
    }
    Ok(records)
}

fn record(row: &Row<'_>, connection: &Connection, facts: &Remembered) -> Result<Record, Failure> {
    let mut columns = Columns::of(row);
    let digest = Digest::from_bytes(columns.take()?);
    let handle = Handle::from_bytes(columns.take()?);
    rest_of_record(&mut columns, digest, handle, connection, facts).map_err(|failure| match failure {
        Failure::Damaged(why) => Failure::Damaged(format!("session {handle}, {why}")),
        other => other,
    })
}

fn rest_of_record(
    columns: &mut Columns<'_, '_>,
    digest: Digest,
    handle: Handle,
    connection: &Connection,
    facts: &Remembered,
) -> Result<Record, Failure> {
    let subject = columns.take()?;
    let facts = facts.of(connection, columns.take()?)?;
    let amr: Vec<Box<str>> = columns.json()?;
    let created = columns.instant()?;
    let authenticated = columns.instant()?;
    let activity = Activity {
        seen: columns.instant()?,
        longest_absence: Span::from_millis(columns.take()?),
    };
    let choice = columns.choice()?;
    let locked_at = columns.take()?;
    let revisions = Revisions {
        own: columns.take()?,
        today: columns.take()?,
    };
    let due = columns.due()?;
    let version = columns.take()?;
    let state = state(columns.take()?, columns.word(EndReason::from_word)?, locked_at)?;
    let (last_page, presence) = presence::read(columns)?;
    let ledger = columns.optional_json()?;
    let not_after = columns.take::<Option<i64>>()?.map(Instant::from_millis);
    let session = Session {
        facts,
        choice,
        authenticated,
        not_after,
        activity,
        last_page,
        presence,
        state,
    };
    Ok(Record {
        digest,
        handle,
        subject,
        amr: amr.into(),
        created,
        session,
        revisions,
        due: due.filter(|_| !matches!(state, State::Ended { .. })),
        version,
        ledger,
    })
}

fn state(ended_at: Option<i64>, reason: Option<EndReason>, locked_at: Option<i64>) -> Result<State, Failure> {
    match (ended_at.map(Instant::from_millis), reason, locked_at) {
        (Some(at), Some(reason), _) => Ok(State::Ended { at, reason }),
        (None, None, Some(at)) => Ok(State::Locked {
            at: Instant::from_millis(at),
        }),
        (None, None, None) => Ok(State::Active),
        _ => Err(Failure::Damaged(
            "an end without a reason, or a reason without an end".to_owned(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_session_is_told_of_once() {
        let damage = Damage::default();
        let news = [&b"a"[..], b"b", b"a", b"b", b"c"].map(|handle| damage.is_news(handle));
        assert_eq!(news, [true, true, false, false, true]);
    }
}
