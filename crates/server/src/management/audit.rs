//! `GET audit`: what happened, oldest first.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use nightlatch_core::session::EndReason;
use nightlatch_engine::audit::{AuditFilter, AuditKind, AuditRecord};
use nightlatch_engine::token::Handle;
use serde::{Deserialize, Serialize};

use super::Management;
use super::input::{PageSize, Query};
use super::rfc3339::rfc3339;
use crate::http::headers::json;
use crate::http::problem::Problem;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    handle: Option<Handle>,
    subject: Option<Box<str>>,
    kind: Option<AuditKind>,
    #[serde(default)]
    after: u64,
    #[serde(default)]
    limit: PageSize,
}

#[derive(Debug, Serialize)]
struct Page<'a> {
    records: Vec<Entry<'a>>,
    /// Where the next page starts; null on the last one.
    next_after: Option<u64>,
}

#[derive(Debug, Serialize)]
struct Entry<'a> {
    seq: u64,
    at: String,
    kind: AuditKind,
    handle: Option<Handle>,
    subject: Option<&'a str>,
    application: Option<&'a str>,
    reason: Option<EndReason>,
    actor: &'a str,
    detail: Option<&'a str>,
}

pub(super) async fn audit(
    State(management): State<Arc<Management>>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let PageSize(limit) = asked.limit;
    let Asked {
        handle,
        subject,
        kind,
        after,
        ..
    } = asked;
    // One more than asked for shows whether there is a next page.
    let filter = AuditFilter {
        handle,
        subject,
        kind,
        after,
        limit: limit + 1,
    };
    let records = management.latch.engine.audit(&filter).await?;
    let page = &records[..records.len().min(limit)];
    let next_after = page.last().filter(|_| records.len() > limit).map(|last| last.seq);
    Ok(json(&Page {
        records: page.iter().map(entry).collect(),
        next_after,
    }))
}

fn entry(AuditRecord { seq, entry }: &AuditRecord) -> Entry<'_> {
    Entry {
        seq: *seq,
        at: rfc3339(entry.at),
        kind: entry.kind,
        handle: entry.handle,
        subject: entry.subject.as_deref(),
        application: entry.application.as_deref(),
        reason: entry.reason,
        actor: &entry.actor,
        detail: entry.detail.as_deref(),
    }
}
