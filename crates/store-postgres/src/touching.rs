//! How activity is recorded.

use std::collections::HashSet;

use nightlatch_store::token::Digest;
use nightlatch_store::{Result, Touch, Touched};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use crate::columns::Columns;
use crate::connection::{Commit, Connection, Param};
use crate::failure::{IfLost, damaged};
use crate::presence;

/// Records activity of sessions that differ.
///
/// Batches of several nodes meet in the same sessions, in any order. If they waited for each other's rows, two could wait for ever
/// (a deadlock), and a batch that ends a session's row lock only at its commit would hold up every end. So a batch takes the rows that
/// are free (`SKIP LOCKED`) and waits for none. A row that somebody else has is not missing: it lives in the snapshot of the statement,
/// and its touch is told to come again. Only a session that does not live there either is gone.
///
/// A row that was ended, rotated or touched after the snapshot was taken is looked at again when it is locked, as it is then: it is
/// skipped, or its newer activity counts. Nobody can change it between the lock and the update.
const TOUCH: &str = "WITH told AS (
        SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::bigint[], $4::text[])
            WITH ORDINALITY AS told (digest, first, last, page, place)
    ), held AS (
        SELECT id, digest, seen FROM sessions WHERE digest = ANY ($1) AND ended_at IS NULL FOR NO KEY UPDATE SKIP LOCKED
    ), stored AS (
        UPDATE sessions SET seen = told.last,
            longest_absence = greatest(longest_absence, told.first - greatest(sessions.seen, coalesce(held_until, sessions.seen))),
            last_page = coalesce(told.page, last_page)
        FROM held JOIN told ON told.digest = held.digest
        WHERE sessions.id = held.id AND held.seen <= told.last
        RETURNING sessions.id
    )
    SELECT CASE WHEN stored.id IS NOT NULL THEN 's' WHEN held.id IS NOT NULL THEN 'n'
        WHEN EXISTS (SELECT FROM sessions WHERE digest = told.digest AND ended_at IS NULL) THEN 'b' ELSE 'g' END
    FROM told LEFT JOIN held ON held.digest = told.digest LEFT JOIN stored ON stored.id = held.id
    ORDER BY told.place";

pub(super) async fn touch(connection: &mut Connection, touches: &[Touch]) -> Result<Vec<Touched>> {
    let mut answers = Vec::with_capacity(touches.len());
    let mut rest = touches;
    let mut is_first = true;
    while !rest.is_empty() {
        // One statement changes a row once. Touches of one session in one batch take their turns, in one transaction: nobody is
        // told of a part of it.
        let together = distinct(rest);
        let (now, later) = rest.split_at(together);
        if is_first {
            connection.begin(Commit::AtOnce);
            is_first = false;
        }
        let rows = store(connection, now, later.is_empty()).await?;
        for row in &rows {
            answers.push(answer(row)?);
        }
        rest = later;
    }
    if answers.len() == touches.len() {
        Ok(answers)
    } else {
        Err(damaged("it does not answer each touch"))
    }
}

/// How many of the first touches are of sessions that differ.
fn distinct(touches: &[Touch]) -> usize {
    let mut seen = HashSet::<Digest>::with_capacity(touches.len());
    touches.iter().take_while(|touch| seen.insert(touch.digest)).count()
}

async fn store(connection: &mut Connection, touches: &[Touch], are_last: bool) -> Result<Vec<Row>> {
    let digests: Vec<&[u8]> = touches.iter().map(|touch| touch.digest.as_bytes().as_slice()).collect();
    let first: Vec<i64> = touches.iter().map(|touch| touch.first.as_millis()).collect();
    let last: Vec<i64> = touches.iter().map(|touch| touch.last.as_millis()).collect();
    let pages: Vec<_> = touches
        .iter()
        .map(|touch| touch.page.as_ref().map(presence::stored_page))
        .collect();
    let params: [Param<'_>; 4] = [
        (&digests, Type::BYTEA_ARRAY),
        (&first, Type::INT8_ARRAY),
        (&last, Type::INT8_ARRAY),
        (&pages, Type::TEXT_ARRAY),
    ];
    Ok(if are_last {
        connection.last(IfLost::Unknown, TOUCH, &params).await?
    } else {
        connection.query(TOUCH, &params).await?
    })
}

fn answer(row: &Row) -> Result<Touched> {
    match Columns::of(row).take()? {
        "s" => Ok(Touched::Stored),
        "n" => Ok(Touched::Newer),
        "b" => Ok(Touched::Busy),
        "g" => Ok(Touched::Gone),
        other => Err(damaged(format!("a touch is answered with {other}"))),
    }
}
