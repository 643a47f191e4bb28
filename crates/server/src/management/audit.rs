//! `GET audit`: what happened, oldest first.

use std::sync::Arc;

use axum::extract::State;
use nightlatch_core::session::EndReason;
use nightlatch_core::time::Span;
use nightlatch_store::audit::{AuditFilter, AuditKind, AuditRecord};
use nightlatch_store::token::Handle;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Management;
use super::input::Query;
use super::operation::{Group, Operation, get};
use super::page::{Here, Listed, PageSize};
use super::reach::Reach;
use super::rfc3339::rfc3339;
use super::schema::{AuditKindForm, HandleForm, InstantForm};
use super::scope::Scope;
use crate::http::problem::Problem;

pub(super) fn operation() -> Operation {
    get("/api/v1/audit", Scope::AuditRead, audit)
        .named(Group::Audit, "listAudit", "Read the audit")
        .about("Oldest first. A record is never changed; the number of a record is its place.")
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    /// Of this session.
    #[schemars(with = "Option<HandleForm>")]
    handle: Option<Handle>,
    /// Of this person's sessions.
    subject: Option<Box<str>>,
    /// Of this kind.
    #[schemars(with = "Option<AuditKindForm>")]
    kind: Option<AuditKind>,
    /// Behind the record with this number: the `next_after` of the page before.
    #[serde(default)]
    #[schemars(range(max = u64::MAX))]
    after: u64,
    /// At most so many records.
    #[serde(default)]
    limit: PageSize,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AuditPage")]
pub(super) struct Page {
    records: Vec<Entry>,
    /// Where the next page starts; null on the last one.
    next_after: Option<u64>,
}

/// What happened once.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AuditRecord")]
struct Entry {
    /// Its number, counted up from one.
    seq: u64,
    #[schemars(with = "InstantForm")]
    at: String,
    #[schemars(with = "AuditKindForm")]
    kind: AuditKind,
    /// The session it happened to.
    #[schemars(with = "Option<HandleForm>")]
    handle: Option<Handle>,
    /// Whose session it was.
    subject: Option<Box<str>>,
    application: Option<Box<str>>,
    /// Why, for an end.
    reason: Option<EndReason>,
    /// Who brought it about: `user`, `policy`, `api:NAME` for the holder of a key.
    actor: Box<str>,
    detail: Option<Box<str>>,
    /// The last activity before an end.
    #[schemars(with = "Option<InstantForm>")]
    last_activity: Option<String>,
    /// The longest time without activity since authentication, up to an end.
    longest_absence_ms: Option<u64>,
    /// When the hold began that ended, or the first of several that are one record.
    #[schemars(with = "Option<InstantForm>")]
    since: Option<String>,
    /// How many the record stands for. What comes too often to be told one by one is told at most once a minute.
    count: Option<u64>,
    /// How long the hold lasted that ended, or several all together.
    held_ms: Option<u64>,
}

pub(super) async fn audit(
    State(management): State<Arc<Management>>,
    reach: Reach,
    here: Here,
    Query(asked): Query<Asked>,
) -> Result<Listed<Page>, Problem> {
    let Asked {
        handle,
        subject,
        kind,
        after,
        limit,
    } = asked;
    let filter = AuditFilter {
        handle,
        subject,
        within: reach.within(),
        kind,
        after,
        limit: limit.and_one(),
    };
    let mut records = management.server.engine.audit(&filter).await?;
    let more = records.len() > limit.get();
    records.truncate(limit.get());
    let next_after = records.last().filter(|_| more).map(|last| last.seq);
    let page = Page {
        records: records.into_iter().map(entry).collect(),
        next_after,
    };
    Ok(here.list(page, next_after.as_ref()))
}

fn entry(AuditRecord { seq, entry }: AuditRecord) -> Entry {
    Entry {
        seq,
        at: rfc3339(entry.at),
        kind: entry.kind,
        handle: entry.handle,
        subject: entry.subject,
        application: entry.application,
        reason: entry.reason,
        actor: entry.actor,
        detail: entry.detail,
        last_activity: entry.last_activity.map(rfc3339),
        longest_absence_ms: entry.longest_absence.map(Span::as_millis),
        since: entry.since.map(rfc3339),
        count: entry.count,
        held_ms: entry.held.map(Span::as_millis),
    }
}
