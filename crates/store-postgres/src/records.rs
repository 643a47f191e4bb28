//! Records as they are read.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use nightlatch_core::session::{Activity, EndReason, Session, State};
use nightlatch_core::time::Instant;
use nightlatch_store::token::{Digest, Handle};
use nightlatch_store::{Record, Result, Revisions, StoreError};
use tokio_postgres::Row;

use crate::columns::Columns;
use crate::facts::Remembered;
use crate::failure::damaged;

/// What [`Reading::record`] reads, in its order. Facts that nobody knows any more keep a session in the list of those that are damaged.
macro_rules! record_from {
    ($source:expr) => {
        concat!(
            "SELECT s.digest, s.handle, s.subject, s.facts, f.roles, f.application, f.device, s.amr, s.created, s.authenticated, ",
            "s.seen, s.longest_absence, s.choice_ms, s.locked_at, s.own, s.today, s.due, s.version, s.ended_at, s.ended_reason, ",
            "s.presence, s.last_page, s.ledger, s.not_after FROM ",
            $source,
            " LEFT JOIN facts f ON f.id = s.facts "
        )
    };
}
pub(super) use record_from;

/// What is known from reading records.
#[derive(Debug, Default)]
pub(super) struct Reading {
    facts: Remembered,
    damage: Damage,
}

/// The damaged sessions that were told of already.
#[derive(Debug, Default)]
struct Damage(Mutex<HashSet<Handle>>);

impl Damage {
    fn is_news(&self, handle: Handle) -> bool {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        told.insert(handle)
    }
}

impl Reading {
    pub(super) fn record(&self, row: &Row) -> Result<Record> {
        let mut columns = Columns::of(row);
        // A digest that cannot be read names the session no worse.
        let digest = columns.digest();
        let handle = columns.handle()?;
        let record = digest.and_then(|digest| self.rest_of_record(&mut columns, digest, handle));
        record.map_err(|error| match error {
            StoreError::Damaged(why) => damaged(format!("session {handle}, {why}")),
            other => other,
        })
    }

    /// The record of a row of a list, which leaves out what is damaged. That is told once: a sweep meets it every second.
    pub(super) fn listed(&self, row: &Row) -> Option<Record> {
        match self.record(row) {
            Ok(record) => Some(record),
            Err(error) => {
                let handle = Columns::after(row, 1).handle();
                if handle.is_ok_and(|handle| self.damage.is_news(handle)) {
                    tracing::error!(%error, "a damaged session is left out of every list");
                }
                None
            }
        }
    }

    fn rest_of_record(&self, columns: &mut Columns<'_>, digest: Digest, handle: Handle) -> Result<Record> {
        let subject = columns.text()?.into();
        let facts = self.facts.read(columns)?;
        let amr: Vec<Box<str>> = columns.json()?;
        let created = columns.instant()?;
        let authenticated = columns.instant()?;
        let activity = Activity {
            seen: columns.instant()?,
            longest_absence: columns.span()?,
        };
        let choice = columns.choice()?;
        let locked_at = columns.optional_instant()?;
        let revisions = Revisions {
            own: columns.number()?,
            today: columns.number()?,
        };
        let due = columns.due()?;
        let version = columns.number()?;
        let state = state(
            columns.optional_instant()?,
            columns.word(EndReason::from_word)?,
            locked_at,
        )?;
        let presence = columns.optional_json()?;
        let last_page = columns.optional_page()?;
        let ledger = columns.optional_json()?;
        let not_after = columns.optional_instant()?;
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
}

fn state(ended_at: Option<Instant>, reason: Option<EndReason>, locked_at: Option<Instant>) -> Result<State> {
    match (ended_at, reason, locked_at) {
        (Some(at), Some(reason), _) => Ok(State::Ended { at, reason }),
        (None, None, Some(at)) => Ok(State::Locked { at }),
        (None, None, None) => Ok(State::Active),
        _ => Err(damaged("an end without a reason, or a reason without an end")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_session_is_told_of_once() {
        let damage = Damage::default();
        let news = [1, 2, 1, 2, 3].map(|number| damage.is_news(Handle::from_bytes([number; 16])));
        assert_eq!(news, [true, true, false, false, true]);
    }
}
