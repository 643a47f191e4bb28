//! `POST tab` and `DELETE tab/{id}`: which pages are open. Not activity.

use std::sync::Arc;

use axum::extract::{Path as PathParameter, State};
use axum::http::StatusCode;
use axum::response::Response;
use nightlatch_core::path::Path;
use nightlatch_core::session::Event;
use nightlatch_engine::token::Digest;
use serde::Deserialize;

use super::form::{JsonBody, is_name};
use super::standing::{live, told};
use super::writer::Writer;
use crate::http::problem::Problem;
use crate::latch::Latch;

/// More open tabs than a person has; a browser that reports more is not believed.
const TABS: usize = 200;
const PATH_LENGTH: usize = 2048;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Report {
    tab: String,
    path: String,
}

pub(super) async fn post(
    State(latch): State<Arc<Latch>>,
    Writer(credential): Writer,
    JsonBody(report): JsonBody<Report>,
) -> Result<Response, Problem> {
    let standing = latch.engine.status(&credential.digest).await?;
    live(&latch, &standing)?;
    let Some(event) = moved(&latch, &credential.digest, &report.tab, &report.path)? else {
        return told(&latch, &standing);
    };
    told(&latch, &latch.engine.apply(&credential.digest, &event).await?.standing)
}

pub(super) async fn delete(
    State(latch): State<Arc<Latch>>,
    Writer(credential): Writer,
    PathParameter(tab): PathParameter<String>,
) -> Result<StatusCode, Problem> {
    let outcome = latch
        .engine
        .apply(&credential.digest, &Event::TabClose { tab: tab.into() })
        .await?;
    live(&latch, &outcome.standing)?;
    Ok(StatusCode::NO_CONTENT)
}

/// The event for a tab that opens or moves; `None` when the engine knows it there already.
pub(super) fn moved(latch: &Latch, digest: &Digest, tab: &str, path: &str) -> Result<Option<Event>, Problem> {
    if !is_name(tab) {
        return Err(Problem::bad_request(
            "tab: a tab has 1 to 64 letters, digits, `-` and `_`.",
        ));
    }
    if path.len() > PATH_LENGTH || !path.starts_with('/') {
        return Err(Problem::bad_request(
            "path: a path begins with `/` and has at most 2048 bytes.",
        ));
    }
    let path = Path::canonical(path);
    let presence = latch.engine.presence(digest);
    let tabs = presence.as_ref().map(|presence| &presence.tabs);
    if tabs.and_then(|tabs| tabs.get(tab)) == Some(&path) {
        return Ok(None);
    }
    if tabs.is_some_and(|tabs| tabs.len() >= TABS && !tabs.contains_key(tab)) {
        return Err(super::hold::too_many("The session has too many open tabs; close some."));
    }
    Ok(Some(Event::Tab {
        tab: tab.into(),
        path: path.into_owned(),
    }))
}
