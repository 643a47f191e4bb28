//! `GET session`: how the session stands. Not activity. The hot path.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

use super::standing::told;
use crate::http::credential::required;
use crate::http::problem::Problem;
use crate::latch::Latch;

pub(super) async fn get(State(latch): State<Arc<Latch>>, headers: HeaderMap) -> Result<Response, Problem> {
    latch.metrics.checks.inc();
    let credential = required(&latch, &headers)?;
    told(&latch, &latch.engine.status(&credential.digest).await?)
}
