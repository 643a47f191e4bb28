//! `subjects/{subject}/sessions`: `GET` lists the sessions of one person, `DELETE` ends them.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use nightlatch_engine::store::{Filter, Selector};
use nightlatch_engine::token::Handle;
use serde::{Deserialize, Serialize};

use super::list::page;
use crate::http::headers::json;
use crate::http::problem::Problem;
use crate::management::Management;
use crate::management::admission::Actor;
use crate::management::input::{PageSize, Query, RequestedReason, SubjectInPath};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::management) struct AskedToList {
    #[serde(default)]
    limit: PageSize,
    cursor: Option<Handle>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::management) struct AskedToEnd {
    #[serde(default)]
    reason: RequestedReason,
}

#[derive(Debug, Serialize)]
struct Answer {
    ended: u64,
}

pub(in crate::management) async fn list(
    State(management): State<Arc<Management>>,
    SubjectInPath(subject): SubjectInPath,
    Query(asked): Query<AskedToList>,
) -> Result<Response, Problem> {
    page(&management.latch.engine, &of(subject), asked.limit, asked.cursor).await
}

pub(in crate::management) async fn end(
    State(management): State<Arc<Management>>,
    Extension(Actor(actor)): Extension<Actor>,
    SubjectInPath(subject): SubjectInPath,
    Query(asked): Query<AskedToEnd>,
) -> Result<Response, Problem> {
    let latch = &management.latch;
    let reason = asked.reason.into();
    let ended = latch
        .engine
        .end(&Selector::Matching(of(subject)), reason, &actor)
        .await?
        .len() as u64;
    latch.metrics.ended(reason, ended);
    Ok(json(&Answer { ended }))
}

fn of(subject: Box<str>) -> Filter {
    Filter {
        subject: Some(subject),
        ..Filter::default()
    }
}
