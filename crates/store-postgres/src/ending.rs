//! How sessions end and are forgotten.
//!
//! A session ends once: the update finds it alive, and of two who end it the second waits for the first and then finds it ended. Its
//! audit entries and the change that nodes hear of are in the same transaction, so there is one of each, or none.

use std::fmt::Write as _;
use std::sync::Arc;

use nightlatch_core::session::{Activity, EndReason, Presence};
use nightlatch_core::time::{Instant, Span};
use nightlatch_store::audit::{AuditEntry, AuditKind, Ledger, told_at_the_end};
use nightlatch_store::token::{Digest, Handle};
use nightlatch_store::{End, Ended, Expiry, Filter, Result, Selector, longest_absence};
use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};

use crate::columns::{self, Columns};
use crate::connection::{Commit, Connection, Param};
use crate::entries::{Entries, tell};
use crate::failure::IfLost;
use crate::filters::Conditions;
use crate::text;

/// Who ends sessions at their deadlines, for the audit.
const POLICY: &str = "policy";

/// A live session that is about to end, locked by the transaction that ends it.
pub(super) struct Ending {
    id: i64,
    digest: Digest,
    handle: Handle,
    subject: Arc<str>,
    application: Option<Box<str>>,
    activity: Activity,
    presence: Option<Presence>,
    ledger: Option<Box<Ledger>>,
    at: Instant,
    reason: EndReason,
}

/// What [`Ending::of`] reads, in its order. Locks are taken in the order of handles by all who take several, so that no two wait
/// for each other.
macro_rules! ending_from {
    ($source:expr) => {
        concat!(
            "SELECT s.id, s.digest, s.handle, s.subject, (SELECT application FROM facts WHERE id = s.facts), s.seen, ",
            "s.longest_absence, s.presence, s.ledger",
            $source
        )
    };
}

impl Ending {
    fn of(row: &Row, at: Instant, reason: EndReason) -> Result<Self> {
        let mut columns = Columns::of(row);
        Ok(Self {
            id: columns.take()?,
            digest: columns.digest()?,
            handle: columns.handle()?,
            subject: columns.text()?.into(),
            application: columns.optional_text()?,
            activity: Activity {
                seen: columns.instant()?,
                longest_absence: columns.span()?,
            },
            // They tell how long the last absence was, and what the audit is still to be told; what cannot be read keeps nobody
            // from ending.
            presence: columns.optional_json().unwrap_or(None),
            ledger: columns.optional_json().unwrap_or(None),
            at,
            reason,
        })
    }

    fn ended(&self) -> Ended {
        Ended {
            digest: self.digest,
            handle: self.handle,
            subject: Arc::clone(&self.subject),
            at: self.at,
            reason: self.reason,
        }
    }

    fn told(&mut self, actor: &str) -> Vec<AuditEntry> {
        let end = AuditEntry {
            reason: Some(self.reason),
            last_activity: Some(self.activity.seen),
            longest_absence: Some(longest_absence(self.activity, self.presence.as_ref(), self.at)),
            ..AuditEntry::new(self.at, AuditKind::Ended, actor)
        };
        let told = told_at_the_end(self.ledger.take(), self.at, actor)
            .into_iter()
            .chain([end]);
        told.map(|entry| entry.of(self.handle, &self.subject, self.application.as_deref()))
            .collect()
    }
}

/// Ends one session that is named, where the audit is to be told of nothing but the end, and nothing has to be read that may be
/// damaged: one round trip.
macro_rules! end_one {
    ($key:literal) => {
        concat!(
            "WITH ended AS (
                UPDATE sessions SET ended_at = $2, ended_reason = $3, locked_at = NULL, due = 9223372036854775807
                WHERE ",
            $key,
            " = $1 AND ended_at IS NULL AND ledger IS NULL
                    AND octet_length(digest) = 32 AND longest_absence >= 0 AND strpos(subject, chr(26)) = 0
                RETURNING digest, handle, subject, facts, seen,
                    greatest(longest_absence, $2 - greatest(seen, coalesce(held_until, seen))) AS longest_absence
            ), changed AS (
                INSERT INTO changes (kind, digest, handle, at, reason) SELECT 'ended', digest, handle, $2, $3 FROM ended
            ), told AS (
                INSERT INTO audit_new (at, kind, handle, subject, application, reason, last_activity, longest_absence, actor)
                SELECT $2, 'ended', handle, subject, application, $3, seen, longest_absence, $4
                FROM ended LEFT JOIN facts ON facts.id = ended.facts
            )
            SELECT digest, handle, subject FROM ended"
        )
    };
}

pub(super) async fn end(
    connection: &mut Connection,
    selector: &Selector,
    end: &End,
    limit: usize,
) -> Result<Vec<Ended>> {
    let (key, by_digest): (&(dyn ToSql + Sync), bool) = match selector {
        Selector::Digest(digest) => (&digest.as_bytes().as_slice(), true),
        Selector::Handle(handle) => (&columns::handle(handle), false),
        Selector::Matching(filter) => return end_matching(connection, filter, end, limit).await,
    };
    let kind = if by_digest { Type::BYTEA } else { Type::UUID };
    let (at, actor) = (end.at.as_millis(), text::stored(&end.actor));
    let reason = end.reason.as_str();
    let params: [Param<'_>; 4] = [
        (key, kind.clone()),
        (&at, Type::INT8),
        (&reason, Type::TEXT),
        (&actor, Type::TEXT),
    ];
    let sql = if by_digest {
        end_one!("digest")
    } else {
        end_one!("handle")
    };
    let rows = connection.write(sql, &params).await?;
    if let Some(row) = rows.first() {
        let mut columns = Columns::of(row);
        return Ok(vec![Ended {
            digest: columns.digest()?,
            handle: columns.handle()?,
            subject: columns.text()?.into(),
            at: end.at,
            reason: end.reason,
        }]);
    }
    // It is over, or the audit is to be told of more than its end.
    let sql = if by_digest {
        ending_from!(" FROM sessions s WHERE s.digest = $1 AND s.ended_at IS NULL FOR NO KEY UPDATE OF s")
    } else {
        ending_from!(" FROM sessions s WHERE s.handle = $1 AND s.ended_at IS NULL FOR NO KEY UPDATE OF s")
    };
    connection.begin(Commit::Durable);
    let rows = connection.query(sql, &[(key, kind)]).await?;
    let endings = rows.iter().map(|row| Ending::of(row, end.at, end.reason));
    let endings = endings.collect::<Result<_>>();
    finish_or_undo(connection, endings, &end.actor).await
}

/// An end must reach every session that is meant and lives. So it waits for rows that others have, and looks again at each as it is
/// then; nothing is skipped. Whoever waits too long is told so, and nothing was ended.
async fn end_matching(connection: &mut Connection, filter: &Filter, end: &End, limit: usize) -> Result<Vec<Ended>> {
    let conditions = Conditions::of(filter);
    let mut endings = Vec::new();
    let mut after = None;
    connection.begin(Commit::Durable);
    // What is damaged cannot be ended and takes nobody's place, so it may take more than one look.
    loop {
        let wanted = limit - endings.len();
        let (most, behind) = (columns::count(wanted), after.as_ref().map(columns::handle));
        let mut params: Vec<Param<'_>> = vec![(&most, Type::INT8)];
        let mut sql = ending_from!(" FROM sessions s WHERE s.ended_at IS NULL").to_owned();
        sql.push_str(&conditions.add_to(&mut params));
        if let Some(behind) = &behind {
            params.push((behind, Type::UUID));
            let _ = write!(sql, " AND s.handle > ${}", params.len());
        }
        sql.push_str(" ORDER BY s.handle LIMIT $1 FOR NO KEY UPDATE OF s");
        let rows = connection.query(&sql, &params).await?;
        for row in &rows {
            match Ending::of(row, end.at, end.reason) {
                Ok(ending) => endings.push(ending),
                // Nobody is let in by it, and the others are to end.
                Err(error) => tracing::error!(%error, "a damaged session cannot be ended"),
            }
        }
        match rows.last() {
            Some(last) if rows.len() == wanted && endings.len() < limit => {
                after = Some(Columns::after(last, HANDLE).handle()?);
            }
            _ => break,
        }
    }
    finish_or_undo(connection, Ok(endings), &end.actor).await
}

/// Where the handle stands among the columns of a session that is about to end.
const HANDLE: usize = 2;

pub(super) async fn expire(connection: &mut Connection, expiries: &[Expiry]) -> Result<Vec<Ended>> {
    if expiries.is_empty() {
        return Ok(Vec::new());
    }
    let digests: Vec<&[u8]> = expiries
        .iter()
        .map(|expiry| expiry.digest.as_bytes().as_slice())
        .collect();
    let versions: Vec<i64> = expiries.iter().map(|expiry| columns::version(expiry.version)).collect();
    let seen: Vec<i64> = expiries.iter().map(|expiry| expiry.seen.as_millis()).collect();
    let today: Vec<i64> = expiries.iter().map(|expiry| i64::from(expiry.today)).collect();
    let at: Vec<i64> = expiries.iter().map(|expiry| expiry.at.as_millis()).collect();
    let params: [Param<'_>; 5] = [
        (&digests, Type::BYTEA_ARRAY),
        (&versions, Type::INT8_ARRAY),
        (&seen, Type::INT8_ARRAY),
        (&today, Type::INT8_ARRAY),
        (&at, Type::INT8_ARRAY),
    ];
    // A touch that is under way is waited for, and spares the session then. A policy that is added meanwhile is dated ahead, so it
    // was not in force at any of these deadlines.
    let sql = ending_from!(
        ", told.place FROM sessions s
        JOIN unnest($1::bytea[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[])
            WITH ORDINALITY AS told (digest, version, seen, today, at, place)
            ON told.digest = s.digest
        WHERE s.version = told.version AND s.seen <= told.seen AND s.ended_at IS NULL
            AND NOT EXISTS (SELECT FROM policies WHERE revision > told.today AND since <= told.at)
        ORDER BY s.handle, told.place FOR NO KEY UPDATE OF s"
    );
    connection.begin(Commit::Durable);
    let rows = connection.query(sql, &params).await?;
    let mut endings: Vec<Ending> = Vec::with_capacity(rows.len());
    let read = rows.iter().try_for_each(|row| {
        let place: usize = Columns::after(row, 9).number()?;
        let Some(expiry) = expiries.get(place.wrapping_sub(1)) else {
            return Ok(());
        };
        let mut ending = Ending::of(row, expiry.at, expiry.reason)?;
        ending.activity = Activity {
            seen: expiry.seen,
            longest_absence: longest_absence(ending.activity, ending.presence.as_ref(), expiry.first),
        };
        // Who is named twice ends once.
        if endings.last().is_none_or(|last| last.id != ending.id) {
            endings.push(ending);
        }
        Ok(())
    });
    finish_or_undo(connection, read.map(|()| endings), POLICY).await
}

async fn finish_or_undo(connection: &mut Connection, endings: Result<Vec<Ending>>, actor: &str) -> Result<Vec<Ended>> {
    match endings {
        Ok(endings) if !endings.is_empty() => finish(connection, endings, actor, true).await,
        Ok(_) => {
            connection.rollback().await?;
            Ok(Vec::new())
        }
        Err(error) => {
            connection.rollback().await?;
            Err(error)
        }
    }
}

const FINISH: &str = concat!(
    "WITH ended AS (
        UPDATE sessions SET ended_at = told.at, ended_reason = told.reason, seen = told.seen,
            longest_absence = told.longest_absence, locked_at = NULL, due = 9223372036854775807, ledger = NULL
        FROM unnest($14::bigint[], $15::bigint[], $16::text[], $17::bigint[], $18::bigint[])
            AS told (id, at, reason, seen, longest_absence)
        WHERE sessions.id = told.id
        RETURNING sessions.digest, sessions.handle, sessions.ended_at, sessions.ended_reason
    ), changed AS (
        INSERT INTO changes (kind, digest, handle, at, reason)
        SELECT 'ended', digest, handle, ended_at, ended_reason FROM ended
    ) ",
    tell!()
);

/// Ends sessions that the transaction has locked, each with its audit entries; and with the transaction, if that `is_all` of it.
pub(super) async fn finish(
    connection: &mut Connection,
    mut endings: Vec<Ending>,
    actor: &str,
    is_all: bool,
) -> Result<Vec<Ended>> {
    let told: Vec<AuditEntry> = endings.iter_mut().flat_map(|ending| ending.told(actor)).collect();
    let entries = Entries::of(&told);
    let ids: Vec<i64> = endings.iter().map(|ending| ending.id).collect();
    let at: Vec<i64> = endings.iter().map(|ending| ending.at.as_millis()).collect();
    let reasons: Vec<&str> = endings.iter().map(|ending| ending.reason.as_str()).collect();
    let seen: Vec<i64> = endings.iter().map(|ending| ending.activity.seen.as_millis()).collect();
    let absence = |ending: &Ending| -> Span { ending.activity.longest_absence };
    let absences: Vec<i64> = endings.iter().map(|ending| columns::millis(absence(ending))).collect();
    let params: [Param<'_>; 5] = [
        (&ids, Type::INT8_ARRAY),
        (&at, Type::INT8_ARRAY),
        (&reasons, Type::TEXT_ARRAY),
        (&seen, Type::INT8_ARRAY),
        (&absences, Type::INT8_ARRAY),
    ];
    let params = entries.and(params);
    if is_all {
        connection.last(IfLost::Unknown, FINISH, &params).await?;
    } else {
        connection.query(FINISH, &params).await?;
    }
    Ok(endings.iter().map(Ending::ended).collect())
}

/// Locks these sessions of a subject, as far as they live: they make room for another one.
pub(super) async fn lock(connection: &mut Connection, ids: &[i64], at: Instant) -> Result<Vec<Ending>> {
    let sql = ending_from!(
        " FROM sessions s WHERE s.id = ANY ($1) AND s.ended_at IS NULL ORDER BY s.handle FOR NO KEY UPDATE OF s"
    );
    let rows = connection.query(sql, &[(&ids, Type::INT8_ARRAY)]).await?;
    rows.iter()
        .map(|row| Ending::of(row, at, EndReason::Superseded))
        .collect()
}
