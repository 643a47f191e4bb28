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

use super::form::JsonBody;
use super::standing::told;
use super::tab::{Here, reported};
use crate::http::credential::{credential, required};
use crate::http::problem::Problem;
use crate::http::write::from_script;
use crate::latch::Latch;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asking {
    /// The session that the page knew.
    handle: Option<Handle>,
    tab: Option<String>,
    path: Option<String>,
}

pub(super) async fn get(State(latch): State<Arc<Latch>>, headers: HeaderMap) -> Result<Response, Problem> {
    latch.metrics.checks.inc();
    let credential = required(&latch, &headers).await?;
    told(&latch, &latch.engine.status(&credential.digest).await?)
}

pub(super) async fn post(State(latch): State<Arc<Latch>>, request: Request) -> Result<Response, Problem> {
    latch.metrics.checks.inc();
    let credential = credential(&latch, request.headers()).await?;
    from_script(
        latch.origins(),
        request.headers(),
        credential.is_some_and(|credential| credential.bearer),
    )?;
    let JsonBody(asking) = JsonBody::<Asking>::from_request(request, &()).await?;
    let mut standing = match credential {
        Some(credential) => latch.engine.status(&credential.digest).await?,
        None => Standing::Unknown,
    };
    if let (Standing::Live(session), Some(credential), Some(tab), Some(path)) =
        (&standing, credential, &asking.tab, &asking.path)
        && let Some(event) = reported(&latch, &credential.digest, Here::of(session.handle, tab, path)?)?
    {
        standing = latch.engine.apply(&credential.digest, &event).await?.standing;
    }
    if standing == Standing::Unknown
        && let Some(handle) = asking.handle
        && let Some((_, ended @ Standing::Ended { .. })) = latch.engine.find(&handle).await?
    {
        standing = ended;
    }
    told(&latch, &standing).map_err(|problem| problem.with_sign_in(latch.sign_in_url.as_ref()))
}
