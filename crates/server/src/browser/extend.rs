//! `POST extend`: the person says "stay signed in".

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use nightlatch_core::session::Event;

use super::standing::{SessionBody, after};
use super::writer::Writer;
use crate::http::headers::json;
use crate::http::problem::Problem;
use crate::server_state::ServerState;

pub(super) async fn post(
    State(server): State<Arc<ServerState>>,
    Writer { credential, .. }: Writer,
) -> Result<Response, Problem> {
    let outcome = server.engine.apply(&credential.digest, &Event::Extend).await?;
    Ok(json(&SessionBody::new(&server, after(&server, &outcome)?)))
}
