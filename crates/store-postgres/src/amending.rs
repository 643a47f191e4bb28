//! How live sessions are changed.

use std::collections::HashSet;

use nightlatch_core::session::State;
use nightlatch_core::time::Instant;
use nightlatch_store::token::Digest;
use nightlatch_store::{Amendment, Reindex, Result};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{ToSql, Type};

use crate::columns;
use crate::connection::{Commit, Connection, Param};
use crate::entries::{Entries, tell};
use crate::failure::IfLost;
use crate::presence;

/// Of two who change the same version the second waits for the first and then finds another version. A touch may have come after what
/// the amendment was worked out from: the later activity stays. The longest absence counts from authentication: it is no longer than
/// the time since then.
const AMEND: &str = concat!(
    "WITH amended AS (
        UPDATE sessions SET
            seen = greatest(seen, $16),
            longest_absence = least(
                greatest(longest_absence, $17 - greatest(seen, coalesce(held_until, seen))),
                CASE WHEN authenticated = $18 THEN 9223372036854775807 ELSE greatest($16 - $18, 0) END
            ),
            held_until = $19, authenticated = $18, choice_ms = $20, presence = $21, last_page = $22, locked_at = $23,
            own = $24, today = $25, due = $26, ledger = $27, not_after = $28, version = version + 1,
            digest = coalesce($29, digest)
        WHERE digest = $14 AND version = $15 AND ended_at IS NULL
            AND ($29 IS NULL OR NOT EXISTS (SELECT FROM sessions WHERE digest = $29))
            AND ($23 IS NULL OR NOT EXISTS (SELECT FROM policies WHERE revision > $25 AND since <= $23))
            AND ($23 IS NULL OR locked_at IS NOT NULL OR seen <= $16)
        RETURNING handle, digest, version
    ), changed AS (
        INSERT INTO changes (kind, digest, handle, version)
        SELECT 'renamed', $14, handle, NULL FROM amended WHERE $29 IS NOT NULL
        UNION ALL SELECT 'amended', digest, handle, version FROM amended
    ), told AS (",
    tell!(),
    " WHERE EXISTS (SELECT FROM amended)
    )
    SELECT FROM amended"
);

pub(super) async fn amend(connection: &mut Connection, amendment: &Amendment) -> Result<bool> {
    let Amendment { session, revisions, .. } = amendment;
    let entries = Entries::of(&amendment.audit);
    let presence = presence::write(session)?;
    let digest = amendment.digest.as_bytes().as_slice();
    let rotate_to = amendment.rotate_to.as_ref().map(|digest| digest.as_bytes().as_slice());
    let version = columns::version(amendment.version);
    let (seen, first) = (session.activity.seen.as_millis(), amendment.first.as_millis());
    let authenticated = session.authenticated.as_millis();
    let choice = columns::choice(session.choice);
    let locked_at = locked_at(session.state);
    let (own, today) = (i64::from(revisions.own), i64::from(revisions.today));
    let due = columns::due(amendment.due);
    let ledger = amendment.ledger.as_deref().map(columns::json).transpose()?;
    let not_after = session.not_after.map(Instant::as_millis);
    let params: [Param<'_>; 16] = [
        (&digest as &(dyn ToSql + Sync), Type::BYTEA),
        (&version, Type::INT8),
        (&seen, Type::INT8),
        (&first, Type::INT8),
        (&authenticated, Type::INT8),
        (&presence.held_until, Type::INT8),
        (&choice, Type::INT8),
        (&presence.presence, Type::TEXT),
        (&presence.last_page, Type::TEXT),
        (&locked_at, Type::INT8),
        (&own, Type::INT8),
        (&today, Type::INT8),
        (&due, Type::INT8),
        (&ledger, Type::TEXT),
        (&not_after, Type::INT8),
        (&rotate_to, Type::BYTEA),
    ];
    match connection.write(AMEND, &entries.and(params)).await {
        Ok(amended) => Ok(!amended.is_empty()),
        // Somebody else took the token at the same moment.
        Err(failure) if failure.has(&SqlState::UNIQUE_VIOLATION) => Ok(false),
        Err(failure) => Err(failure.into()),
    }
}

pub(super) fn locked_at(state: State) -> Option<i64> {
    match state {
        State::Locked { at } => Some(at.as_millis()),
        State::Active | State::Ended { .. } => None,
    }
}

/// All who lock several rows do so in the order of handles, so that no two wait for each other.
const REINDEX: &str = "WITH told AS (
        SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::bigint[], $4::bigint[]) AS told (digest, version, today, due)
    ), held AS (
        SELECT sessions.id, told.today, told.due FROM sessions JOIN told ON told.digest = sessions.digest
        WHERE sessions.version = told.version AND sessions.today <= told.today AND ended_at IS NULL
        ORDER BY sessions.handle FOR NO KEY UPDATE OF sessions
    )
    UPDATE sessions SET today = held.today, due = held.due FROM held WHERE sessions.id = held.id";

pub(super) async fn reindex(connection: &mut Connection, sessions: &[Reindex]) -> Result<()> {
    let mut rest = sessions;
    while !rest.is_empty() {
        // One statement changes a row once.
        let mut seen = HashSet::<Digest>::new();
        let together = rest.iter().take_while(|session| seen.insert(session.digest)).count();
        let (now, later) = rest.split_at(together);
        if rest.len() == sessions.len() {
            connection.begin(Commit::Durable);
        }
        let digests: Vec<&[u8]> = now.iter().map(|session| session.digest.as_bytes().as_slice()).collect();
        let versions: Vec<i64> = now.iter().map(|session| columns::version(session.version)).collect();
        let today: Vec<i64> = now.iter().map(|session| i64::from(session.today)).collect();
        let due: Vec<i64> = now.iter().map(|session| columns::due(session.due)).collect();
        let params: [Param<'_>; 4] = [
            (&digests, Type::BYTEA_ARRAY),
            (&versions, Type::INT8_ARRAY),
            (&today, Type::INT8_ARRAY),
            (&due, Type::INT8_ARRAY),
        ];
        if later.is_empty() {
            connection.last(IfLost::Unknown, REINDEX, &params).await?;
        } else {
            connection.query(REINDEX, &params).await?;
        }
        rest = later;
    }
    Ok(())
}
