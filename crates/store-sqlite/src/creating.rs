//! How sessions are added, and requests served only once.

use nightlatch_core::session::EndReason;
use nightlatch_core::time::Instant;
use nightlatch_store::token::{Digest, Handle};
use nightlatch_store::{Claim, Created, Creation, Quota, Record, held_until};
use rusqlite::{OptionalExtension as _, params};

use crate::ending::{self, Ending};
use crate::facts::{self, Remembered};
use crate::writer::Group;
use crate::writes::{self, Result, append, execute, prepare};
use crate::{columns, presence, records};

pub(super) fn create(group: &mut Group<'_>, creation: &Creation) -> Result<Created> {
    let Creation {
        record,
        audit,
        quota,
        claim,
    } = creation;
    if let Some(claimed) = claimed(group, claim.as_ref())? {
        return Ok(claimed);
    }
    // Asked only where there is something to undo otherwise.
    if quota.is_some() && exists(group, record)? {
        return Ok(Created::Exists);
    }
    let ending = match quota {
        None => Vec::new(),
        Some(quota) => match make_room(group, &record.subject, quota)? {
            Ok(ending) => ending,
            Err(counted) => return Ok(Created::Full(counted)),
        },
    };
    if !insert(group, record)? {
        return Ok(Created::Exists);
    }
    let mut ended = Vec::with_capacity(ending.len());
    for session in ending {
        ended.push(ending::finish(
            group,
            session,
            audit.at,
            EndReason::Superseded,
            &audit.actor,
        )?);
    }
    append(group, audit)?;
    if let Some(claim) = claim {
        make_claim(group, claim, &record.handle.to_string())?;
    }
    Ok(Created::Added(ended))
}

fn exists(group: &Group<'_>, record: &Record) -> Result<bool> {
    let mut statement = prepare(group, "SELECT 1 FROM sessions WHERE digest = ?1 OR handle = ?2")?;
    Ok(statement.exists(params![record.digest.as_bytes(), record.handle.as_bytes()])?)
}

/// False if the digest or the handle exists already.
fn insert(group: &Group<'_>, record: &Record) -> Result<bool> {
    let session = &record.session;
    let ended = record.ended();
    let inserted = execute(
        group,
        "INSERT INTO sessions (digest, handle, subject, facts, amr, created, authenticated, seen, longest_absence,
            choice_ms, locked_at, own, today, due, version, ended_at, ended_reason, presence, ledger, not_after, held_until)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)
         ON CONFLICT DO NOTHING",
        params![
            record.digest.as_bytes(),
            record.handle.as_bytes(),
            record.subject,
            facts::intern(group.connection, &session.facts)?,
            columns::json(&*record.amr)?,
            record.created.as_millis(),
            session.authenticated.as_millis(),
            session.activity.seen.as_millis(),
            columns::millis(session.activity.longest_absence),
            columns::choice(session.choice),
            writes::locked_at(session.state),
            record.revisions.own,
            record.revisions.today,
            columns::due(record.due),
            record.version,
            ended.map(|(at, _)| at.as_millis()),
            ended.map(|(_, reason)| reason.as_str()),
            presence::write(session)?,
            record.ledger.as_deref().map(columns::json).transpose()?,
            session.not_after.map(Instant::as_millis),
            held_until(session.presence.as_deref()).map(Instant::as_millis),
        ],
    )?;
    Ok(inserted == 1)
}

/// What ends to make room for a new session of `subject`; or, where that is not enough, all that take it up.
fn make_room(group: &Group<'_>, subject: &str, quota: &Quota) -> Result<std::result::Result<Vec<Ending>, Vec<Record>>> {
    let mut statement = prepare(
        group,
        "SELECT sessions.id, handle, application
         FROM sessions INDEXED BY live_by_subject CROSS JOIN facts ON facts.id = sessions.facts
         WHERE subject = ?1 AND ended_at IS NULL ORDER BY handle",
    )?;
    let (mut counted, mut ending) = (Vec::new(), Vec::new());
    let mut rows = statement.query([subject])?;
    while let Some(row) = rows.next()? {
        let (id, application) = (row.get::<_, i64>(0)?, row.get_ref(2)?);
        if !quota.counted.includes(application.as_str_or_null().ok().flatten()) {
            continue;
        }
        counted.push(id);
        let handle = Handle::from_bytes(row.get(1)?);
        if quota.ending.contains(&handle) {
            ending.push(id);
        }
    }
    let connection = group.connection;
    if quota.has_room_beside(counted.len() - ending.len()) {
        let ending = ending.into_iter().map(|id| ending::by_id(connection, id));
        return Ok(Ok(ending.filter_map(Result::transpose).collect::<Result<_>>()?));
    }
    let facts = Remembered::default();
    let counted = counted.into_iter().map(|id| records::by_id(connection, &facts, id));
    Ok(Err(counted.filter_map(Result::transpose).collect::<Result<_>>()?))
}

/// What came of the request when it was served before.
pub(super) fn claimed(group: &Group<'_>, claim: Option<&Claim>) -> Result<Option<Created>> {
    let Some(claim) = claim else {
        return Ok(None);
    };
    let mut statement = prepare(group, "SELECT request, outcome FROM claims WHERE key = ?1")?;
    let made = statement.query_row([claim.key.as_bytes()], |row| {
        Ok(Created::Claimed {
            request: Digest::from_bytes(row.get(0)?),
            outcome: row.get(1)?,
        })
    });
    Ok(made.optional()?)
}

pub(super) fn make_claim(group: &Group<'_>, claim: &Claim, outcome: &str) -> Result<()> {
    execute(
        group,
        "INSERT INTO claims (key, request, outcome, at) VALUES (?1, ?2, ?3, ?4)",
        params![
            claim.key.as_bytes(),
            claim.request.as_bytes(),
            outcome,
            claim.at.as_millis()
        ],
    )?;
    Ok(())
}
