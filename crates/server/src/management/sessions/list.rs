//! `GET sessions`: live sessions in the order of their creation.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use nightlatch_engine::store::{Filter, Page, Record};
use nightlatch_engine::token::Handle;
use nightlatch_engine::{Engine, Standing};
use serde::{Deserialize, Serialize};

use super::View;
use crate::http::headers::json;
use crate::http::problem::Problem;
use crate::management::Management;
use crate::management::input::{PageSize, Query};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::management) struct Asked {
    subject: Option<Box<str>>,
    application: Option<Box<str>>,
    role: Option<Box<str>>,
    device: Option<Box<str>>,
    #[serde(default)]
    limit: PageSize,
    cursor: Option<Handle>,
}

#[derive(Debug, Serialize)]
struct Body {
    sessions: Vec<View>,
    /// What to send as `cursor` for the next page; null on the last one.
    next_cursor: Option<Handle>,
}

pub(in crate::management) async fn list(
    State(management): State<Arc<Management>>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let Asked {
        subject,
        application,
        role,
        device,
        limit,
        cursor,
    } = asked;
    page(
        &management.latch.engine,
        &Filter {
            subject,
            application,
            device,
            role,
        },
        limit,
        cursor,
    )
    .await
}

pub(super) async fn page(
    engine: &Engine,
    filter: &Filter,
    PageSize(limit): PageSize,
    after: Option<Handle>,
) -> Result<Response, Problem> {
    // One more than asked for shows whether there is a next page.
    let records = engine
        .list(
            filter,
            Page {
                after,
                limit: limit + 1,
            },
        )
        .await?;
    let page = &records[..records.len().min(limit)];
    let next_cursor = page.last().filter(|_| records.len() > limit).map(|last| last.handle);
    let mut sessions = Vec::with_capacity(page.len());
    for record in page {
        sessions.extend(live(engine, record).await?);
    }
    Ok(json(&Body { sessions, next_cursor }))
}

/// The session, if it lives: of one that has just reached its deadline the store may not have heard yet.
async fn live(engine: &Engine, record: &Record) -> Result<Option<View>, Problem> {
    if let Standing::Live(snapshot) = engine.standing_of_record(record) {
        return Ok(Some(View::live(record, &snapshot, engine)));
    }
    Ok(match engine.find(&record.handle).await? {
        Some((record, Standing::Live(snapshot))) => Some(View::live(&record, &snapshot, engine)),
        _ => None,
    })
}
