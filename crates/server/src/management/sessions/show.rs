//! `GET sessions/{handle}`: one session, ended or not.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use super::View;
use crate::http::headers::json;
use crate::http::problem::Problem;
use crate::management::Management;
use crate::management::input::{HandleInPath, no_such_session};

pub(in crate::management) async fn show(
    State(management): State<Arc<Management>>,
    HandleInPath(handle): HandleInPath,
) -> Result<Response, Problem> {
    let engine = &management.latch.engine;
    let (record, standing) = engine.find(&handle).await?.ok_or_else(no_such_session)?;
    let view = View::of(&record, &standing, engine).ok_or_else(no_such_session)?;
    Ok(json(&view))
}
