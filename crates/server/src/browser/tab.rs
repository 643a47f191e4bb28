//! `POST tab`, `POST tab/{id}` and `DELETE tab/{id}`: which pages are open. Not activity.

use std::sync::Arc;

use axum::extract::{Path as PathParameter, State};
use axum::http::StatusCode;
use axum::response::Response;
use nightlatch_core::path::Path;
use nightlatch_core::session::{Attended, Event};
use nightlatch_store::token::{Digest, Handle};
use serde::Deserialize;

use super::attendance::TABS;
use super::attending;
use super::early;
use super::form::{JsonBody, is_name};
use super::standing::{live, told};
use super::writer::Writer;
use crate::http::problem::Problem;
use crate::server_state::ServerState;

const PATH_LENGTH: usize = 2048;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Report {
    tab: String,
    path: String,
}

pub(super) async fn post(
    State(server): State<Arc<ServerState>>,
    Writer { credential, .. }: Writer,
    JsonBody(report): JsonBody<Report>,
) -> Result<Response, Problem> {
    let standing = early::standing(&server, &credential.digest).await?;
    let handle = live(&server, &standing)?.handle;
    let here = Here::of(handle, &report.tab, &report.path)?;
    let Some(event) = reported(&server, &credential.digest, here)? else {
        return told(&server, &standing);
    };
    told(
        &server,
        &server.engine.apply(&credential.digest, &event).await?.standing,
    )
}

#[expect(
    clippy::disallowed_methods,
    reason = "no rule depends on it: tabs close some time after they are gone"
)]
pub(super) async fn delete(
    State(server): State<Arc<ServerState>>,
    Writer { credential, handle }: Writer,
    PathParameter(tab): PathParameter<String>,
) -> Result<StatusCode, Problem> {
    if is_name(&tab) {
        server.attendance.left(handle, &tab, tokio::time::Instant::now());
    }
    let closed = Event::TabClose {
        tab: tab.as_str().into(),
        by: None,
    };
    let outcome = server.engine.apply(&credential.digest, &closed).await?;
    live(&server, &outcome.standing)?;
    Ok(StatusCode::NO_CONTENT)
}

/// The browser is about to stop everything in this tab: it is open still, and can say so no more.
#[expect(
    clippy::disallowed_methods,
    reason = "no rule depends on it: tabs close some time after they are gone"
)]
pub(super) async fn freeze(
    State(server): State<Arc<ServerState>>,
    Writer { credential, handle }: Writer,
    PathParameter(tab): PathParameter<String>,
) -> Result<StatusCode, Problem> {
    server.attendance.freezes(handle, &tab, tokio::time::Instant::now());
    if server.engine.node().is_some()
        && let Some(presence) = server.engine.presence(&credential.digest)
        && let Some((tab, open)) = presence.tabs.iter().find(|(open, _)| ***open == *tab)
    {
        // Another node may have its stream, and would close it.
        attending::attend(&server, &credential.digest, tab, open, Attended::Frozen).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// A tab as it reports itself.
pub(super) struct Here<'a> {
    handle: Handle,
    tab: &'a str,
    path: Path<'a>,
}

impl<'a> Here<'a> {
    pub(super) fn of(handle: Handle, tab: &'a str, path: &'a str) -> Result<Self, Problem> {
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
        Ok(Self {
            handle,
            tab,
            path: Path::canonical(path),
        })
    }
}

/// The event for a tab that opens or moves; `None` when the engine knows it there already.
#[expect(
    clippy::disallowed_methods,
    reason = "no rule depends on it: tabs close some time after they are gone"
)]
pub(super) fn reported(server: &ServerState, digest: &Digest, here: Here<'_>) -> Result<Option<Event>, Problem> {
    let Here { handle, tab, ref path } = here;
    // First: whoever is closing the tab as abandoned sees the report afterwards, and opens it again.
    let now = tokio::time::Instant::now();
    if !server.attendance.reported(handle, tab.into(), path, now) {
        return Ok(None);
    }
    let presence = server.engine.presence(digest);
    let tabs = presence.as_ref().map(|presence| &presence.tabs);
    let attended = attending::by(server, handle);
    let known = tabs.and_then(|tabs| tabs.get(tab));
    if known
        .is_some_and(|known| known.page == *path && !attending::is_news(server, (handle, tab), known, attended, now))
    {
        return Ok(None);
    }
    if tabs.is_some_and(|tabs| tabs.len() >= TABS && !tabs.contains_key(tab)) {
        return Err(super::hold::too_many("The session has too many open tabs; close some."));
    }
    Ok(Some(Event::Tab {
        tab: tab.into(),
        path: here.path.into_owned(),
        attended,
    }))
}
