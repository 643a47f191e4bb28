//! `POST activity`: input in the browser, as an age. Nothing a browser says is an instant.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use nightlatch_core::session::Event;
use nightlatch_core::time::Span;
use serde::Deserialize;

use super::form::JsonBody;
use super::standing::{SessionBody, after};
use super::tab::{Here, reported};
use super::writer::Writer;
use crate::http::headers::json;
use crate::http::problem::Problem;
use crate::server_state::ServerState;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Report {
    age_ms: u64,
    tab: Option<String>,
    path: Option<String>,
    /// Whether the reporting tab is visible. Another tab may report for the one with the input.
    #[serde(rename = "visible")]
    _visible: Option<bool>,
}

pub(super) async fn post(
    State(server): State<Arc<ServerState>>,
    Writer { credential, .. }: Writer,
    JsonBody(report): JsonBody<Report>,
) -> Result<Response, Problem> {
    let input = Event::Input {
        age: Span::from_millis(report.age_ms),
    };
    let mut outcome = server.engine.apply(&credential.digest, &input).await?;
    let handle = after(&server, &outcome)?.handle;
    // The input came first: a page that is too strict for the time before it ends nothing that the input has renewed.
    if let (Some(tab), Some(path)) = (&report.tab, &report.path)
        && let Some(event) = reported(&server, &credential.digest, Here::of(handle, tab, path)?)?
    {
        outcome = server.engine.apply(&credential.digest, &event).await?;
    }
    Ok(json(&SessionBody::new(&server, after(&server, &outcome)?)))
}
