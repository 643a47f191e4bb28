//! What changes something. Each function is a part of the transaction of its group.

use nightlatch_core::path::Path;
use nightlatch_core::session::{EndReason, State};
use nightlatch_core::time::Instant;
use nightlatch_store::audit::AuditEntry;
use nightlatch_store::token::{Digest, Handle};
use nightlatch_store::{Amendment, Reindex, Touch, Touched, held_until};
use rusqlite::{CachedStatement, Params, params};

use crate::columns;
use crate::failure::Failure;
use crate::presence;
use crate::writer::Group;

pub(super) type Result<T> = std::result::Result<T, Failure>;

pub(super) fn touch(group: &mut Group<'_>, touches: &[Touch]) -> Result<Vec<Touched>> {
    let mut statement = prepare(
        group,
        "UPDATE sessions SET seen = ?2, longest_absence = max(longest_absence, ?3 - max(seen, ifnull(held_until, seen)))
         WHERE digest = ?1 AND seen <= ?2 AND ended_at IS NULL",
    )?;
    let (mut latest, mut answers) = (None, Vec::with_capacity(touches.len()));
    for touch in touches {
        let Touch {
            digest, first, last, ..
        } = touch;
        let changed = statement.execute(params![digest.as_bytes(), last.as_millis(), first.as_millis()])?;
        answers.push(if changed == 1 {
            latest = latest.max(Some(*last));
            if let Some(page) = &touch.page {
                turn_page(group, digest, page)?;
            }
            Touched::Stored
        } else if lives(group, digest)? {
            Touched::Newer
        } else {
            Touched::Gone
        });
    }
    drop(statement);
    if let Some(seen) = latest {
        group.heard_of(seen);
    }
    Ok(answers)
}

fn turn_page(group: &Group<'_>, digest: &Digest, page: &Path<'_>) -> Result<()> {
    let sql = "UPDATE sessions SET presence = json_set(ifnull(presence, '{}'), '$.last_page', ?2) WHERE digest = ?1";
    execute(group, sql, params![digest.as_bytes(), page.as_str()])?;
    Ok(())
}

fn lives(group: &Group<'_>, digest: &Digest) -> Result<bool> {
    let mut statement = prepare(group, "SELECT 1 FROM sessions WHERE digest = ?1 AND ended_at IS NULL")?;
    Ok(statement.exists([digest.as_bytes()])?)
}

pub(super) fn amend(group: &mut Group<'_>, amendment: &Amendment) -> Result<bool> {
    let session = &amendment.session;
    let changed = execute(
        group,
        // A touch may have come after what the amendment was worked out from. The longest absence counts from authentication: it
        // is no longer than the time since then.
        "UPDATE sessions SET
            seen = max(seen, ?3),
            longest_absence = min(
                max(longest_absence, ?5 - max(seen, ifnull(held_until, seen))),
                iif(authenticated = ?4, 9223372036854775807, max(?3 - ?4, 0))
            ),
            held_until = ?15, authenticated = ?4, choice_ms = ?6, presence = ?7, locked_at = ?8, own = ?9, today = ?10, due = ?11,
            ledger = ?13, not_after = ?14, version = version + 1
         WHERE digest = ?1 AND version = ?2 AND ended_at IS NULL
            AND (?12 IS NULL OR NOT EXISTS (SELECT 1 FROM sessions WHERE digest = ?12))
            AND (?8 IS NULL OR NOT EXISTS (SELECT 1 FROM policies WHERE revision > ?10 AND since <= ?8))
            AND (?8 IS NULL OR locked_at IS NOT NULL OR seen <= ?3)",
        params![
            amendment.digest.as_bytes(),
            amendment.version,
            session.activity.seen.as_millis(),
            session.authenticated.as_millis(),
            amendment.first.as_millis(),
            columns::choice(session.choice),
            presence::write(session)?,
            locked_at(session.state),
            amendment.revisions.own,
            amendment.revisions.today,
            columns::due(amendment.due),
            amendment.rotate_to.as_ref().map(Digest::as_bytes),
            amendment.ledger.as_deref().map(columns::json).transpose()?,
            session.not_after.map(Instant::as_millis),
            held_until(session.presence.as_deref()).map(Instant::as_millis),
        ],
    )? == 1;
    if !changed {
        return Ok(false);
    }
    if let Some(digest) = amendment.rotate_to {
        let sql = "UPDATE sessions SET digest = ?2 WHERE digest = ?1";
        execute(group, sql, params![amendment.digest.as_bytes(), digest.as_bytes()])?;
    }
    group.heard_of(session.activity.seen);
    for entry in &amendment.audit {
        append(group, entry)?;
    }
    Ok(true)
}

pub(super) fn reindex(group: &Group<'_>, sessions: &[Reindex]) -> Result<()> {
    let mut statement = prepare(
        group,
        "UPDATE sessions SET today = ?3, due = ?4
         WHERE digest = ?1 AND version = ?2 AND today <= ?3 AND ended_at IS NULL",
    )?;
    for Reindex {
        digest,
        version,
        today,
        due,
    } in sessions
    {
        statement.execute(params![digest.as_bytes(), version, today, columns::due(*due)])?;
    }
    Ok(())
}

pub(super) fn append(group: &mut Group<'_>, entry: &AuditEntry) -> Result<()> {
    group.heard_of(entry.at);
    execute(
        group,
        "INSERT INTO audit (at, kind, handle, subject, application, reason, last_activity, longest_absence, actor, detail,
            since, count, held)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        params![
            entry.at.as_millis(),
            entry.kind.as_str(),
            entry.handle.as_ref().map(Handle::as_bytes),
            entry.subject,
            entry.application,
            entry.reason.map(EndReason::as_str),
            entry.last_activity.map(Instant::as_millis),
            entry.longest_absence.map(columns::millis),
            entry.actor,
            entry.detail,
            entry.since.map(Instant::as_millis),
            entry.count,
            entry.held.map(columns::millis),
        ],
    )?;
    Ok(())
}

pub(super) fn locked_at(state: State) -> Option<i64> {
    match state {
        State::Locked { at } => Some(at.as_millis()),
        State::Active | State::Ended { .. } => None,
    }
}

pub(super) fn prepare<'c>(group: &Group<'c>, sql: &str) -> Result<CachedStatement<'c>> {
    Ok(group.connection.prepare_cached(sql)?)
}

pub(super) fn execute(group: &Group<'_>, sql: &str, params: impl Params) -> Result<usize> {
    Ok(prepare(group, sql)?.execute(params)?)
}
