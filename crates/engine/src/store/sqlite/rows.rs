//! Records and audit entries as rows.

use std::sync::Arc;

use nightlatch_core::duration::Limit;
use nightlatch_core::facts::Facts;
use nightlatch_core::policy::PolicyDocument;
use nightlatch_core::session::{Activity, EndReason, Session, State};
use nightlatch_core::time::{Instant, Span};
use rusqlite::Row;
use rusqlite::types::FromSql;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::failure::Failure;
use crate::audit::{AuditEntry, AuditKind, AuditRecord};
use crate::store::{ApiKey, Ended, PolicyRevision, Record, Revisions};
use crate::token::{Digest, Handle};

/// What [`record`] reads, in its order.
pub(super) const RECORD: &str = "digest, handle, subject, application, device, roles, amr, created, authenticated, \
    seen, longest_absence, choice_ms, presence, locked_at, own, today, due, version, ended_at, ended_reason";

/// `off` among the choices.
const OFF: i64 = -1;

/// The columns of a row, taken one after the other.
struct Columns<'r, 's> {
    row: &'r Row<'s>,
    next: usize,
}

impl Columns<'_, '_> {
    fn take<T: FromSql>(&mut self) -> Result<T, Failure> {
        let column = self.next;
        self.next += 1;
        self.row.get(column).map_err(|error| self.damaged(column, &error))
    }

    fn instant(&mut self) -> Result<Instant, Failure> {
        self.take().map(Instant::from_millis)
    }

    fn json<T: DeserializeOwned>(&mut self) -> Result<T, Failure> {
        let column = self.next;
        let text: Box<str> = self.take()?;
        serde_json::from_str(&text).map_err(|error| self.damaged(column, &error))
    }

    /// A word of a fixed list, if there is one.
    fn word<T>(&mut self, known: impl Fn(&str) -> Option<T>) -> Result<Option<T>, Failure> {
        let column = self.next;
        let Some(text) = self.take::<Option<Box<str>>>()? else {
            return Ok(None);
        };
        known(&text)
            .map(Some)
            .ok_or_else(|| self.damaged(column, &format_args!("`{text}` is not one of its words")))
    }

    /// A value that should not be there; names the place, so that it can be found.
    fn damaged(&self, column: usize, why: &dyn std::fmt::Display) -> Failure {
        let name = self.row.as_ref().column_name(column).unwrap_or("?");
        Failure::Damaged(format!("column {name}: {why}"))
    }
}

pub(super) fn record(row: &Row<'_>) -> Result<Record, Failure> {
    let mut columns = Columns { row, next: 0 };
    let digest = Digest::from_bytes(columns.take()?);
    let handle = Handle::from_bytes(columns.take()?);
    rest_of_record(&mut columns, digest, handle).map_err(|failure| match failure {
        Failure::Damaged(why) => Failure::Damaged(format!("session {handle}, {why}")),
        other => other,
    })
}

fn rest_of_record(columns: &mut Columns<'_, '_>, digest: Digest, handle: Handle) -> Result<Record, Failure> {
    let subject = columns.take()?;
    let facts = Facts {
        application: columns.take()?,
        device: columns.take()?,
        roles: columns.json()?,
    };
    let amr = columns.json()?;
    let created = columns.instant()?;
    let authenticated = columns.instant()?;
    let activity = Activity {
        seen: columns.instant()?,
        longest_absence: Span::from_millis(columns.take()?),
    };
    let choice = match columns.take::<Option<i64>>()? {
        None => None,
        Some(OFF) => Some(Limit::OFF),
        Some(millis) => {
            let millis = u64::try_from(millis).map_err(|error| columns.damaged(columns.next - 1, &error))?;
            Some(Limit::after(Span::from_millis(millis)))
        }
    };
    let presence = match columns.take::<Option<Box<str>>>()? {
        None => None,
        Some(text) => serde_json::from_str(&text).map_err(|error| columns.damaged(columns.next - 1, &error))?,
    };
    let locked_at: Option<i64> = columns.take()?;
    let revisions = Revisions {
        own: columns.take()?,
        today: columns.take()?,
    };
    let due: Option<i64> = columns.take()?;
    let version = columns.take()?;
    let ended_at: Option<i64> = columns.take()?;
    let state = match (ended_at, columns.word(EndReason::from_word)?, locked_at) {
        (Some(at), Some(reason), _) => State::Ended {
            at: Instant::from_millis(at),
            reason,
        },
        (None, None, Some(at)) => State::Locked {
            at: Instant::from_millis(at),
        },
        (None, None, None) => State::Active,
        _ => {
            return Err(Failure::Damaged(
                "an end without a reason, or a reason without an end".to_owned(),
            ));
        }
    };
    let session = Session {
        facts: Arc::new(facts),
        choice,
        authenticated,
        activity,
        presence,
        state,
    };
    let due = due.map(Instant::from_millis);
    Ok(Record {
        digest,
        handle,
        subject,
        amr,
        created,
        session,
        revisions,
        due,
        version,
    })
}

/// What [`audit`] reads, in its order.
pub(super) const AUDIT: &str = "seq, at, kind, handle, subject, application, reason, actor, detail";

pub(super) fn audit(row: &Row<'_>) -> Result<AuditRecord, Failure> {
    let mut columns = Columns { row, next: 0 };
    let seq = columns.take()?;
    let at = columns.instant()?;
    let kind = columns.word(AuditKind::from_word)?;
    let kind = kind.ok_or_else(|| Failure::Damaged(format!("audit {seq} has no kind")))?;
    let handle = columns.take::<Option<_>>()?.map(Handle::from_bytes);
    let (subject, application) = (columns.take()?, columns.take()?);
    let reason = columns.word(EndReason::from_word)?;
    let (actor, detail) = (columns.take()?, columns.take()?);
    Ok(AuditRecord {
        seq,
        entry: AuditEntry {
            at,
            kind,
            handle,
            subject,
            application,
            reason,
            last_activity: None,
            longest_absence: None,
            actor,
            detail,
        },
    })
}

pub(super) fn policy(row: &Row<'_>) -> Result<PolicyRevision, Failure> {
    let mut columns = Columns { row, next: 0 };
    let (revision, since) = (columns.take()?, columns.instant()?);
    let document = columns.json::<PolicyDocument>()?;
    Ok(PolicyRevision {
        revision,
        since,
        document,
        actor: "".into(),
        reason: None,
        restored: None,
    })
}

pub(super) fn api_key(row: &Row<'_>) -> Result<ApiKey, Failure> {
    let mut columns = Columns { row, next: 0 };
    Ok(ApiKey {
        name: columns.take()?,
        digest: Digest::from_bytes(columns.take()?),
        created: columns.instant()?,
        scopes: Vec::new(),
    })
}

/// A live session that is about to end.
pub(super) struct Ending {
    pub(super) id: i64,
    pub(super) digest: Digest,
    pub(super) handle: Handle,
    pub(super) subject: Arc<str>,
    pub(super) application: Option<Box<str>>,
    pub(super) roles: Vec<Box<str>>,
}

/// What [`ending`] reads, in its order.
pub(super) const ENDING: &str = "id, digest, handle, subject, application, nullif(roles, '[]')";

pub(super) fn ending(row: &Row<'_>) -> Result<Ending, Failure> {
    let mut columns = Columns { row, next: 0 };
    let id = columns.take()?;
    let (digest, handle) = (Digest::from_bytes(columns.take()?), Handle::from_bytes(columns.take()?));
    let (subject, application) = (columns.take()?, columns.take()?);
    let roles = columns
        .take::<Option<Box<str>>>()?
        .map_or_else(|| Ok(Vec::new()), |text| serde_json::from_str(&text));
    let roles = roles.map_err(|error| columns.damaged(columns.next - 1, &error))?;
    Ok(Ending {
        id,
        digest,
        handle,
        subject,
        application,
        roles,
    })
}

impl Ending {
    pub(super) fn ended(self, at: Instant, reason: EndReason) -> Ended {
        Ended {
            digest: self.digest,
            handle: self.handle,
            subject: self.subject,
            at,
            reason,
        }
    }
}

/// A span as a column holds it; 292 million years are the longest.
pub(super) fn millis(span: Span) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

pub(super) fn choice(choice: Option<Limit>) -> Option<i64> {
    choice.map(|limit| limit.span().map_or(OFF, millis))
}

pub(super) fn json(value: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string(value).map_err(|error| Failure::Refused(error.to_string()))
}

pub(super) fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
