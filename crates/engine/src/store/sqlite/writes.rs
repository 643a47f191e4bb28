//! What changes something. Each function is a part of the transaction of its group.

use nightlatch_core::session::{EndReason, State};
use nightlatch_core::time::Instant;
use rusqlite::{CachedStatement, Params, params, params_from_iter};

use super::failure::Failure;
use super::reads;
use super::rows::{self, ENDING, Ending};
use super::selection::Selection;
use super::writer::Group;
use crate::audit::{AuditEntry, AuditKind};
use crate::store::{Amendment, ApiKey, End, Ended, Expiry, Page, PolicyRevision, Record, Selector, Touch};
use crate::token::{Digest, Handle};

type Result<T> = std::result::Result<T, Failure>;

/// Who ends sessions at their deadlines, for the audit.
const POLICY: &str = "policy";

pub(super) fn create(group: &mut Group<'_>, record: &Record, audit: &AuditEntry) -> Result<bool> {
    let session = &record.session;
    let facts = session.facts.as_ref();
    let ended = record.ended();
    let fresh = execute(
        group,
        "INSERT INTO sessions (digest, handle, subject, application, device, roles, amr, created, authenticated, seen,
            longest_absence, choice_ms, presence, locked_at, own, today, due, version, ended_at, ended_reason)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)
         ON CONFLICT DO NOTHING",
        params![
            record.digest.as_bytes(),
            record.handle.as_bytes(),
            record.subject,
            facts.application,
            facts.device,
            rows::json(&facts.roles)?,
            rows::json(&record.amr)?,
            record.created.as_millis(),
            session.authenticated.as_millis(),
            session.activity.seen.as_millis(),
            rows::millis(session.activity.longest_absence),
            rows::choice(session.choice),
            session.presence.as_ref().map(rows::json).transpose()?,
            locked_at(session.state),
            record.revisions.own,
            record.revisions.today,
            record.due.map(Instant::as_millis),
            record.version,
            ended.map(|(at, _)| at.as_millis()),
            ended.map(|(_, reason)| reason.as_str()),
        ],
    )? == 1;
    if !fresh {
        return Ok(false);
    }
    if ended.is_none() {
        for role in &facts.roles {
            let sql = "INSERT INTO live_roles (role, handle) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
            execute(group, sql, params![role, record.handle.as_bytes()])?;
        }
    }
    append(group, audit)?;
    Ok(true)
}

pub(super) fn touch(group: &mut Group<'_>, touches: &[Touch]) -> Result<()> {
    let mut statement = prepare(
        group,
        "UPDATE sessions SET seen = ?2, longest_absence = max(longest_absence, ?3), due = ?4
         WHERE digest = ?1 AND seen <= ?2 AND ended_at IS NULL",
    )?;
    let mut latest = None;
    for Touch { digest, activity, due } in touches {
        let absence = rows::millis(activity.longest_absence);
        let changed = statement.execute(params![
            digest.as_bytes(),
            activity.seen.as_millis(),
            absence,
            due.map(Instant::as_millis)
        ])?;
        if changed == 1 {
            latest = latest.max(Some(activity.seen));
        }
    }
    drop(statement);
    if let Some(seen) = latest {
        group.heard_of(seen);
    }
    Ok(())
}

pub(super) fn amend(group: &mut Group<'_>, amendment: &Amendment) -> Result<bool> {
    let session = &amendment.session;
    let changed = execute(
        group,
        // A touch may have come after what the amendment was worked out from. The longest absence counts from authentication.
        "UPDATE sessions SET
            seen = max(seen, ?3),
            longest_absence = iif(authenticated = ?4, max(longest_absence, ?5), ?5),
            authenticated = ?4, choice_ms = ?6, presence = ?7, locked_at = ?8, own = ?9, today = ?10, due = ?11,
            version = version + 1
         WHERE digest = ?1 AND version = ?2 AND ended_at IS NULL
            AND (?12 IS NULL OR NOT EXISTS (SELECT 1 FROM sessions WHERE digest = ?12))",
        params![
            amendment.digest.as_bytes(),
            amendment.version,
            session.activity.seen.as_millis(),
            session.authenticated.as_millis(),
            rows::millis(session.activity.longest_absence),
            rows::choice(session.choice),
            session.presence.as_ref().map(rows::json).transpose()?,
            locked_at(session.state),
            amendment.revisions.own,
            amendment.revisions.today,
            amendment.due.map(Instant::as_millis),
            amendment.rotate_to.as_ref().map(Digest::as_bytes),
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

pub(super) fn end(group: &mut Group<'_>, selector: &Selector, end: &End, limit: usize) -> Result<Vec<Ended>> {
    let one = |key: &str| format!("SELECT {ENDING} FROM sessions WHERE {key} = ? AND ended_at IS NULL");
    let connection = group.connection;
    let endings = match selector {
        Selector::Digest(digest) => reads::all(connection, &one("digest"), [digest.as_bytes()], rows::ending)?,
        Selector::Handle(handle) => reads::all(connection, &one("handle"), [handle.as_bytes()], rows::ending)?,
        Selector::Matching(filter) => {
            let (sql, values) = Selection::of(filter).page(ENDING, Page { after: None, limit });
            reads::all(connection, &sql, params_from_iter(values), rows::ending)?
        }
    };
    endings
        .into_iter()
        .map(|ending| finish(group, ending, end.at, end.reason, &end.actor))
        .collect()
}

pub(super) fn expire(group: &mut Group<'_>, expiries: &[Expiry]) -> Result<Vec<Ended>> {
    let sql =
        format!("SELECT {ENDING} FROM sessions WHERE digest = ?1 AND version = ?2 AND seen <= ?3 AND ended_at IS NULL");
    let mut endings = Vec::with_capacity(expiries.len());
    for Expiry {
        digest,
        version,
        seen,
        at,
        reason,
    } in expiries
    {
        let found = reads::all(
            group.connection,
            &sql,
            params![digest.as_bytes(), version, seen.as_millis()],
            rows::ending,
        )?;
        endings.extend(found.into_iter().map(|ending| (ending, *at, *reason)));
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
fn finish(group: &mut Group<'_>, ending: Ending, at: Instant, reason: EndReason, actor: &str) -> Result<Ended> {
    execute(
        group,
        "UPDATE sessions SET ended_at = ?2, ended_reason = ?3, locked_at = NULL, due = NULL WHERE id = ?1",
        params![ending.id, at.as_millis(), reason.as_str()],
    )?;
    for role in &ending.roles {
        let sql = "DELETE FROM live_roles WHERE role = ?1 AND handle = ?2";
        execute(group, sql, params![role, ending.handle.as_bytes()])?;
    }
    let entry = AuditEntry {
        handle: Some(ending.handle),
        subject: Some(ending.subject.as_ref().into()),
        application: ending.application.clone(),
        reason: Some(reason),
        ..AuditEntry::new(at, AuditKind::Ended, actor)
    };
    append(group, &entry)?;
    Ok(ending.ended(at, reason))
}

pub(super) fn forget_ended(group: &Group<'_>, before: Instant, limit: usize) -> Result<usize> {
    execute(
        group,
        "DELETE FROM sessions WHERE id IN
            (SELECT id FROM sessions INDEXED BY ended WHERE ended_at < ?1 ORDER BY ended_at LIMIT ?2)",
        params![before.as_millis(), rows::count(limit)],
    )
}

pub(super) fn add_policy(group: &mut Group<'_>, policy: &PolicyRevision) -> Result<bool> {
    let added = execute(
        group,
        "INSERT INTO policies (revision, since, document) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
        params![policy.revision, policy.since.as_millis(), rows::json(&policy.document)?],
    )? == 1;
    if added {
        group.heard_of(policy.since);
    }
    Ok(added)
}

pub(super) fn add_api_key(group: &Group<'_>, key: &ApiKey) -> Result<bool> {
    let sql = "INSERT INTO api_keys (name, digest, created) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
    Ok(execute(
        group,
        sql,
        params![key.name, key.digest.as_bytes(), key.created.as_millis()],
    )? == 1)
}

pub(super) fn remove_api_key(group: &Group<'_>, name: &str) -> Result<bool> {
    Ok(execute(group, "DELETE FROM api_keys WHERE name = ?1", [name])? == 1)
}

fn append(group: &mut Group<'_>, entry: &AuditEntry) -> Result<()> {
    group.heard_of(entry.at);
    execute(
        group,
        "INSERT INTO audit (at, kind, handle, subject, application, reason, actor, detail)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![
            entry.at.as_millis(),
            entry.kind.as_str(),
            entry.handle.as_ref().map(Handle::as_bytes),
            entry.subject,
            entry.application,
            entry.reason.map(EndReason::as_str),
            entry.actor,
            entry.detail,
        ],
    )?;
    Ok(())
}

fn locked_at(state: State) -> Option<i64> {
    match state {
        State::Locked { at } => Some(at.as_millis()),
        State::Active | State::Ended { .. } => None,
    }
}

fn prepare<'c>(group: &Group<'c>, sql: &str) -> Result<CachedStatement<'c>> {
    Ok(group.connection.prepare_cached(sql)?)
}

fn execute(group: &Group<'_>, sql: &str, params: impl Params) -> Result<usize> {
    Ok(prepare(group, sql)?.execute(params)?)
}
