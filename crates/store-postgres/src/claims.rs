//! Requests that are served only once.

use nightlatch_store::token::Digest;
use nightlatch_store::{Claim, Created, Result, StoreError};
use tokio_postgres::types::Type;

use crate::columns::Columns;
use crate::connection::{Connection, Param};

/// What came of a claim.
pub(super) enum Made {
    /// It is ours, if the transaction is committed.
    Now,
    /// Somebody had made it. The transaction is over.
    Before(Created),
}

/// Makes a claim, as the first statement of a transaction. Of two who claim the same at once the second waits for the first: for its
/// commit, and then it was made before; or for its end without one, and then it is free. So a claim never stands without what came
/// of it.
pub(super) async fn make(connection: &mut Connection, claim: &Claim, outcome: &str) -> Result<Made> {
    let sql =
        "INSERT INTO claims (key, request, outcome, at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING RETURNING 1";
    let (key, request) = (claim.key.as_bytes().as_slice(), claim.request.as_bytes().as_slice());
    let outcome = crate::text::stored(outcome);
    let params: [Param<'_>; 4] = [
        (&key, Type::BYTEA),
        (&request, Type::BYTEA),
        (&outcome, Type::TEXT),
        (&claim.at.as_millis(), Type::INT8),
    ];
    if !connection.query(sql, &params).await?.is_empty() {
        return Ok(Made::Now);
    }
    // A statement of its own: what was committed while the one before waited is seen only now.
    let sql = "SELECT request, outcome FROM claims WHERE key = $1";
    let rows = connection.query(sql, &[(&key, Type::BYTEA)]).await?;
    connection.rollback().await?;
    let Some(row) = rows.first() else {
        return Err(StoreError::Contended("the request was forgotten just now".to_owned()));
    };
    let mut columns = Columns::of(row);
    Ok(Made::Before(Created::Claimed {
        request: Digest::from_bytes(columns.bytes()?),
        outcome: columns.text()?,
    }))
}
