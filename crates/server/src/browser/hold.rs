//! `POST hold`, `PUT hold/{id}`, `DELETE hold/{id}`: a bounded lease for long work.

use std::sync::Arc;

use axum::extract::{Path as PathParameter, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use nightlatch_core::session::{Answer, Event, Hold};
use nightlatch_core::time::Span;
use nightlatch_store::token::Handle;
use serde::{Deserialize, Serialize};

use super::form::{JsonBody, is_name};
use super::standing::after;
use super::writer::Writer;
use crate::http::credential::Credential;
use crate::http::headers::json;
use crate::http::problem::Problem;
use crate::server_state::ServerState;

/// The ids a session may have had; they are remembered so that a late release is understood.
const HOLDS: usize = 500;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    for_ms: u64,
    label: Option<String>,
}

#[derive(Debug, Serialize)]
struct Granted<'a> {
    hold: &'a str,
    /// Milliseconds from now; less than asked for where `hold_max` bounds it.
    until_ms: u64,
}

pub(super) async fn post(
    State(server): State<Arc<ServerState>>,
    Writer { credential, .. }: Writer,
    JsonBody(wanted): JsonBody<Wanted>,
) -> Result<Response, Problem> {
    let label = wanted.label.as_deref().unwrap_or("hold");
    if !is_name(label) || label.len() > 32 {
        return Err(Problem::bad_request(
            "label: a label has 1 to 32 letters, digits, `-` and `_`.",
        ));
    }
    if server
        .engine
        .presence(&credential.digest)
        .is_some_and(|presence| presence.holds.len() >= HOLDS)
    {
        return Err(too_many(
            "The session has had too many holds; renew one instead of starting another.",
        ));
    }
    // Unique is enough: the id means nothing without the session.
    let id = format!("{label}-{}", Handle::random(server.engine.clock().now()));
    let mut response = grant(&server, credential, &id, wanted.for_ms).await?;
    *response.status_mut() = StatusCode::CREATED;
    Ok(response)
}

pub(super) async fn put(
    State(server): State<Arc<ServerState>>,
    Writer { credential, .. }: Writer,
    PathParameter(id): PathParameter<String>,
    JsonBody(wanted): JsonBody<Wanted>,
) -> Result<Response, Problem> {
    let known = server.engine.presence(&credential.digest);
    if !known.is_some_and(|presence| presence.holds.contains_key(id.as_str())) {
        return Err(Problem::not_found(
            "The session never had this hold; start one with POST hold.",
        ));
    }
    grant(&server, credential, &id, wanted.for_ms).await
}

pub(super) async fn delete(
    State(server): State<Arc<ServerState>>,
    Writer { credential, .. }: Writer,
    PathParameter(id): PathParameter<String>,
) -> Result<StatusCode, Problem> {
    let outcome = server
        .engine
        .apply(&credential.digest, &Event::Release { id: id.into() })
        .await?;
    after(&server, &outcome)?;
    match outcome.answer {
        Some(Answer::Accepted) => Ok(StatusCode::NO_CONTENT),
        _ => Err(Problem::not_found("The session never had this hold.")),
    }
}

async fn grant(server: &ServerState, credential: Credential, id: &str, for_ms: u64) -> Result<Response, Problem> {
    let event = Event::Hold {
        id: id.into(),
        span: Span::from_millis(for_ms),
    };
    let outcome = server.engine.apply(&credential.digest, &event).await?;
    let snapshot = after(server, &outcome)?;
    if let Some(Answer::Refused(refusal)) = outcome.answer {
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "hold-refused",
            "The hold is refused",
            format!("{refusal}."),
        ));
    }
    let presence = server.engine.presence(&credential.digest);
    let until = presence.and_then(|presence| match presence.holds.get(id) {
        Some(Hold::Until(until)) => Some(*until),
        Some(Hold::Ended) | None => None,
    });
    let bound = snapshot.seen + server.engine.policy().1.hold_max;
    let until = until.map_or(snapshot.now, |until| until.min(bound));
    Ok(json(&Granted {
        hold: id,
        until_ms: until.since(snapshot.now).as_millis(),
    }))
}

pub(super) fn too_many(detail: &'static str) -> Problem {
    Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-many", "There are too many", detail)
        .with_header(header::RETRY_AFTER, HeaderValue::from_static("60"))
}
