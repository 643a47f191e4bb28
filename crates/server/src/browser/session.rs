//! `GET session` and `POST session`: how the session stands. Not activity. The hot path.
//!
//! The SDK asks with `POST`, which caches of service workers do not keep, and says where it is. A page whose cookie is gone names
//! the session that it knew, and is told why that one ended; that a session lives is told to nobody but its bearer.

use std::sync::Arc;

use axum::extract::{FromRequest as _, Request, State};
use axum::http::HeaderMap;
use axum::response::Response;
use nightlatch_engine::Standing;
use nightlatch_store::token::Handle;
use serde::Deserialize;

use super::early;
use super::form::JsonBody;
use super::standing::told;
use super::tab::{Here, reported};
use crate::http::credential::{credential, required};
use crate::http::problem::Problem;
use crate::http::write::from_script;
use crate::server_state::ServerState;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asking {
    /// The session that the page knew.
    handle: Option<Handle>,
    tab: Option<String>,
    path: Option<String>,
}

pub(super) async fn get(State(server): State<Arc<ServerState>>, headers: HeaderMap) -> Result<Response, Problem> {
    server.metrics.checks.inc();
    let credential = required(&server, &headers).await?;
    told(&server, &early::standing(&server, &credential.digest).await?)
}

pub(super) async fn post(State(server): State<Arc<ServerState>>, request: Request) -> Result<Response, Problem> {
    server.metrics.checks.inc();
    let credential = credential(&server, request.headers()).await?;
    from_script(
        server.origins(),
        request.headers(),
        credential.is_some_and(|credential| credential.bearer),
    )?;
    let JsonBody(asking) = JsonBody::<Asking>::from_request(request, &()).await?;
    let mut standing = match credential {
        Some(credential) => early::standing(&server, &credential.digest).await?,
        None => Standing::Unknown,
    };
    if let (Standing::Live(session), Some(credential), Some(tab), Some(path)) =
        (&standing, credential, &asking.tab, &asking.path)
        && let Some(event) = reported(&server, &credential.digest, Here::of(session.handle, tab, path)?)?
    {
        standing = server.engine.apply(&credential.digest, &event).await?.standing;
    }
    if standing == Standing::Unknown
        && let Some(handle) = asking.handle
        && let Some((_, ended @ Standing::Ended { .. })) = server.engine.find(&handle).await?
    {
        standing = ended;
    }
    told(&server, &standing).map_err(|problem| problem.with_sign_in(server.sign_in_url.as_ref()))
}
