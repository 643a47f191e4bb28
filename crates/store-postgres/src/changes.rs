//! The log of changes: read and forgotten.

use nightlatch_core::session::EndReason;
use nightlatch_store::nodes::{LOG_KEPT, MOST_CHANGES};
use nightlatch_store::{Change, Document, Result, StoreError};
use tokio_postgres::types::Type;

use crate::columns::{self, Columns};
use crate::connection::Connection;
use crate::failure::IfLost;
use crate::locks;

/// Milliseconds by the clock of the server.
macro_rules! now {
    () => {
        "(extract(epoch FROM clock_timestamp()) * 1000)::bigint"
    };
}
pub(super) use now;

/// What tells one life of the store from the next. Behind the last slash is when the server was started; what is before it stays the same
/// for good, unless something was put in the place of what was there: other disks (the identifier), what another server had made of them
/// (the timeline), or what was read from a dump (the number of a table, which a new table does not get).
macro_rules! epoch {
    () => {
        "(SELECT system_identifier FROM pg_control_system()) || '/' || left(pg_walfile_name(pg_current_wal_lsn()), 8)
            || '/' || 'epoch'::regclass::oid || '/' || (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint"
    };
}
pub(super) use epoch;

/// Reads the log behind the position `$1`, and the position after it, in one statement and therefore in one snapshot. With more than
/// `$2` changes behind it none is answered.
///
/// A log that is numbered when a row is written, and read by number, misses what is committed late. Here a row bears its transaction, and
/// is new to a reader if that transaction was not visible in the reader's last snapshot: it had not begun, or was under way. It becomes
/// visible in exactly one of two snapshots that follow each other, so it is told exactly once, however long its transaction takes.
/// Rows below `xmin` of the last snapshot were visible or never will be; the index leaves them out.
///
/// What was forgotten before the position was taken had been visible then. Snapshots of one server are in one order, so that is so where
/// whatever was not visible at the position was not visible either when the log was cut.
pub(super) const READ: &str = concat!(
    "WITH here AS (
        SELECT pg_current_snapshot() AS visible, ",
    now!(),
    " AS clock,
            ",
    epoch!(),
    " AS epoch
    ), news AS MATERIALIZED (
        SELECT id, kind, digest, handle, version, at, reason FROM changes
        WHERE xid >= pg_snapshot_xmin($1::text::pg_snapshot) AND NOT pg_visible_in_snapshot(xid, $1::text::pg_snapshot)
        LIMIT $2 + 1
    ), few AS MATERIALIZED (
        SELECT count(*) <= $2 AS are FROM news
    )
    SELECT here.epoch, here.clock, here.visible::text, epoch.name, epoch.time_offset,
        greatest(epoch.latest, (SELECT max(told) FROM nodes)),
        $1 IS NOT NULL AND few.are AND (epoch.forgotten IS NULL OR (
            pg_snapshot_xmax($1::text::pg_snapshot) >= pg_snapshot_xmax(epoch.forgotten)
            AND NOT EXISTS (
                SELECT FROM pg_snapshot_xip($1::text::pg_snapshot) AS under_way
                WHERE pg_visible_in_snapshot(under_way, epoch.forgotten)
            )
        )),
        news.id, news.kind, news.digest, news.handle, news.version, news.at, news.reason
    FROM here CROSS JOIN epoch CROSS JOIN few LEFT JOIN news ON few.are
    ORDER BY news.id"
);

/// So many changes are told at most.
pub(super) fn most() -> i64 {
    columns::count(MOST_CHANGES)
}

/// What a row of an answer tells.
pub(super) enum News {
    /// The answer has no changes, and this row nothing but the rest of it.
    Nothing,
    Of(Change),
    /// A newer nightlatch has written what this one does not know. It may be about anything.
    Unknown,
}

pub(super) fn news(columns: &mut Columns<'_>) -> Result<News> {
    if columns.take::<Option<i64>>()?.is_none() {
        return Ok(News::Nothing);
    }
    let kind: &str = columns.take()?;
    Ok(News::Of(match kind {
        "ended" => {
            let (digest, handle) = (columns.digest()?, columns.handle()?);
            columns.skip();
            let at = columns.instant()?;
            let Ok(Some(reason)) = columns.word(EndReason::from_word) else {
                return Ok(News::Unknown);
            };
            Change::Ended {
                digest,
                handle,
                at,
                reason,
            }
        }
        "amended" => Change::Amended {
            digest: columns.digest()?,
            handle: columns.handle()?,
            version: columns.number()?,
        },
        "renamed" => Change::Renamed {
            digest: columns.digest()?,
            handle: columns.handle()?,
        },
        "policy" => Change::Document(Document::Policy),
        "applications" => Change::Document(Document::Applications),
        "api-keys" => Change::Document(Document::ApiKeys),
        _ => return Ok(News::Unknown),
    }))
}

/// A mark is set so often. It is what the log may later be cut at, so the log reaches back by so much more than it has to.
const MARKS_EVERY: i64 = 60_000;

/// Notes what is visible now, unless that was done of late.
const MARK: &str = concat!(
    "INSERT INTO marks (at, visible) SELECT ",
    now!(),
    ", pg_current_snapshot()
     WHERE NOT EXISTS (SELECT FROM marks WHERE at > ",
    now!(),
    " - $1 AND at <= ",
    now!(),
    ")"
);

/// Cuts the log at the last mark that is old enough: what had been visible then goes, and nothing that anybody still has to hear of. A
/// row that was written then and committed much later stays, since it was not visible; the time in a row would not tell that.
const FORGET: &str = concat!(
    "WITH cut AS (
        SELECT id, visible FROM marks WHERE at <= ",
    now!(),
    " - $1 ORDER BY id DESC LIMIT 1
    ), noted AS (
        UPDATE epoch SET forgotten = cut.visible FROM cut
    ), older AS (
        DELETE FROM marks WHERE id < (SELECT id FROM cut)
    ), quiet AS (
        DELETE FROM nodes WHERE beaten < ",
    now!(),
    " - $1 AND told <= (SELECT latest FROM epoch)
    )
    DELETE FROM changes WHERE ctid = ANY (ARRAY(
        SELECT changes.ctid FROM changes CROSS JOIN cut
        WHERE xid < pg_snapshot_xmax(cut.visible) AND pg_visible_in_snapshot(xid, cut.visible)
        LIMIT $2
    )) RETURNING 1"
);

/// The latest time that nodes told stays when they go.
const KEEP_TIME: &str = concat!(
    "UPDATE epoch SET latest = greatest(latest, (SELECT max(told) FROM nodes WHERE beaten < ",
    now!(),
    " - $1))"
);

pub(super) async fn forget(connection: &mut Connection, limit: usize) -> Result<usize> {
    let kept = i64::try_from(LOG_KEPT.as_millis()).unwrap_or(i64::MAX);
    // Two who cut at once could note the earlier cut last, and somebody would be told that nothing is missing.
    connection.begin_behind(Some(locks::take(locks::FORGET)));
    connection.query(MARK, &[(&MARKS_EVERY, Type::INT8)]).await?;
    connection.query(KEEP_TIME, &[(&kept, Type::INT8)]).await?;
    let params = [(&kept as _, Type::INT8), (&columns::count(limit) as _, Type::INT8)];
    let forgotten = connection.last(IfLost::Unknown, FORGET, &params).await?;
    Ok(forgotten.len())
}

/// A log that cannot be read is not one without changes.
pub(super) fn unreadable() -> StoreError {
    crate::failure::damaged("the log of changes is not answered")
}
