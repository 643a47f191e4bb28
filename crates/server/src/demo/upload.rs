//! A piece of an upload: read, and forgotten.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use serde::Deserialize;

use super::guard::{Admission, admission};
use crate::http::problem::Problem;
use crate::http::{credential, write};
use crate::server_state::ServerState;

#[derive(Debug, Deserialize)]
pub(super) struct Piece {
    chunk: u32,
}

/// A script sends the pieces, so they are no activity: the policy says so. The hold keeps the session meanwhile.
pub(super) async fn chunk(
    State(server): State<Arc<ServerState>>,
    headers: HeaderMap,
    uri: Uri,
    piece: Result<Query<Piece>, QueryRejection>,
    body: Result<Bytes, BytesRejection>,
) -> Result<StatusCode, Problem> {
    let named = credential::credential(&server, &headers).await?;
    let bearer = named.is_some_and(|credential| credential.bearer);
    write::from_script(server.origins(), &headers, bearer)?;
    let Query(Piece { chunk }) = piece.map_err(|rejection| Problem::bad_request(rejection.body_text()))?;
    // A session that ended while the piece was on its way is over.
    match admission(&server, &headers, uri.path()).await? {
        Admission::Open(_) => {}
        Admission::StepUp => return Err(confirm()),
        Admission::Locked => return Err(Problem::locked()),
        Admission::Ended { at, reason } => return Err(Problem::ended(at, reason)),
        Admission::Nobody => return Err(Problem::no_session()),
    }
    let body = body.map_err(|rejection| {
        Problem::new(
            rejection.status(),
            "body",
            "The piece cannot be read",
            rejection.body_text(),
        )
    })?;
    tracing::debug!(chunk, bytes = body.len(), "a piece of an upload has arrived");
    Ok(StatusCode::NO_CONTENT)
}

fn confirm() -> Problem {
    let detail = "You were away for too long for this. Confirm who you are, then go on.";
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "step-up",
        "Authentication is asked for again",
        detail,
    )
}
