//! How sessions end and are forgotten.

use std::sync::Arc;

use nightlatch_core::session::{Activity, EndReason, Presence};
use nightlatch_core::time::{Instant, Span};
use nightlatch_store::audit::{AuditEntry, AuditKind, Ledger, told_at_the_end};
use nightlatch_store::token::{Digest, Handle};
use nightlatch_store::{End, Ended, Expiry, Page, Selector, longest_absence};
use rusqlite::{Connection, Params, Row, params};

use crate::columns::{self, Columns};
use crate::facts;
use crate::failure::Failure;
use crate::selection;
use crate::writer::Group;
use crate::writes::{Result, append, execute};

/// Who ends sessions at their deadlines, for the audit.
const POLICY: &str = "policy";

/// A live session that is about to end.
pub(super) struct Ending {
    id: i64,
    digest: Digest,
    handle: Handle,
    subject: Arc<str>,
    application: Option<Box<str>>,
    activity: Activity,
    presence: Option<Presence>,
    ledger: Option<Box<Ledger>>,
}

/// What [`ending`] reads, in its order.
macro_rules! ending_where {
    ($condition:literal) => {
        concat!(
            "SELECT id, digest, handle, subject, (SELECT application FROM facts WHERE id = sessions.facts), seen, ",
            "longest_absence, presence, ledger FROM sessions WHERE ended_at IS NULL AND ",
            $condition
        )
    };
}

fn ending(row: &Row<'_>) -> Result<Ending> {
    let mut columns = Columns::of(row);
    Ok(Ending {
        id: columns.take()?,
        digest: Digest::from_bytes(columns.take()?),
        handle: Handle::from_bytes(columns.take()?),
        subject: columns.take()?,
        application: columns.take()?,
        activity: Activity {
            seen: columns.instant()?,
            longest_absence: Span::from_millis(columns.take()?),
        },
        // They tell how long the last absence was, and what the audit is still to be told; what cannot be read keeps nobody
        // from ending.
        presence: columns.optional_json().unwrap_or(None),
        ledger: columns.optional_json().unwrap_or(None),
    })
}

fn one(connection: &Connection, sql: &str, params: impl Params) -> Result<Option<Ending>> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    rows.next()?.map(ending).transpose()
}

pub(super) fn by_id(connection: &Connection, id: i64) -> Result<Option<Ending>> {
    one(connection, ending_where!("id = ?1"), [id])
}

pub(super) fn end(group: &mut Group<'_>, selector: &Selector, end: &End, limit: usize) -> Result<Vec<Ended>> {
    let connection = group.connection;
    let endings: Vec<Ending> = match selector {
        Selector::Digest(digest) => one(connection, ending_where!("digest = ?1"), [digest.as_bytes()])?
            .into_iter()
            .collect(),
        Selector::Handle(handle) => one(connection, ending_where!("handle = ?1"), [handle.as_bytes()])?
            .into_iter()
            .collect(),
        Selector::Matching(filter) => {
            let mut matching = selection::matching(connection, filter, Page { after: None, limit })?;
            let mut endings = Vec::new();
            while endings.len() < limit {
                let Some(place) = matching.next()? else { break };
                match by_id(connection, place.id) {
                    Ok(ending) => endings.extend(ending),
                    // Nobody is let in by it, and the others are to end.
                    Err(Failure::Damaged(why)) => tracing::error!(%why, "a damaged session cannot be ended"),
                    Err(failure) => return Err(failure),
                }
            }
            endings
        }
    };
    endings
        .into_iter()
        .map(|ending| finish(group, ending, end.at, end.reason, &end.actor))
        .collect()
}

pub(super) fn expire(group: &mut Group<'_>, expiries: &[Expiry]) -> Result<Vec<Ended>> {
    let sql = ending_where!(
        "digest = ?1 AND version = ?2 AND seen <= ?3
            AND NOT EXISTS (SELECT 1 FROM policies WHERE revision > ?4 AND since <= ?5)"
    );
    let mut endings = Vec::with_capacity(expiries.len());
    for expiry in expiries {
        let Expiry {
            digest,
            version,
            first,
            seen,
            today,
            at,
            ..
        } = expiry;
        let found = one(
            group.connection,
            sql,
            params![digest.as_bytes(), version, seen.as_millis(), today, at.as_millis()],
        )?;
        if let Some(mut ending) = found {
            ending.activity = Activity {
                seen: *seen,
                longest_absence: longest_absence(ending.activity, ending.presence.as_ref(), *first),
            };
            endings.push((ending, expiry.at, expiry.reason));
        }
    }
    // Neighbours in the order of creation share pages in most indexes. Who is named twice ends once.
    endings.sort_by_key(|(ending, ..)| ending.id);
    endings.dedup_by_key(|(ending, ..)| ending.id);
    endings
        .into_iter()
        .map(|(ending, at, reason)| finish(group, ending, at, reason, POLICY))
        .collect()
}

/// Ends one live session, with its audit record.
pub(super) fn finish(
    group: &mut Group<'_>,
    ending: Ending,
    at: Instant,
    reason: EndReason,
    actor: &str,
) -> Result<Ended> {
    let Ending {
        id,
        digest,
        handle,
        subject,
        application,
        activity,
        presence,
        ledger,
    } = ending;
    execute(
        group,
        "UPDATE sessions SET ended_at = ?2, ended_reason = ?3, seen = ?4, longest_absence = ?5, locked_at = NULL, due = ?6,
            ledger = NULL
         WHERE id = ?1",
        params![
            id,
            at.as_millis(),
            reason.as_str(),
            activity.seen.as_millis(),
            columns::millis(activity.longest_absence),
            columns::NEVER
        ],
    )?;
    let end = AuditEntry {
        reason: Some(reason),
        last_activity: Some(activity.seen),
        longest_absence: Some(longest_absence(activity, presence.as_ref(), at)),
        ..AuditEntry::new(at, AuditKind::Ended, actor)
    };
    for entry in told_at_the_end(ledger, at, actor).into_iter().chain([end]) {
        append(group, &entry.of(handle, &subject, application.as_deref()))?;
    }
    Ok(Ended {
        digest,
        handle,
        subject,
        at,
        reason,
    })
}

pub(super) fn forget_ended(group: &Group<'_>, before: Instant, limit: usize) -> Result<usize> {
    let forgotten = execute(
        group,
        "DELETE FROM sessions WHERE id IN
            (SELECT sessions.id FROM facts CROSS JOIN sessions INDEXED BY by_facts
             WHERE sessions.facts = facts.id AND ended_at < ?1 LIMIT ?2)",
        params![before.as_millis(), columns::count(limit)],
    )?;
    if forgotten < limit {
        facts::forget_unused(group.connection)?;
    }
    Ok(forgotten)
}
