//! `GET subjects/{subject}`: one person at a glance.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::State;
use nightlatch_core::time::Instant;
use nightlatch_engine::Standing;
use nightlatch_store::{Filter, Page};
use schemars::JsonSchema;
use serde::Serialize;

use crate::http::problem::Problem;
use crate::management::Management;
use crate::management::input::SubjectInPath;
use crate::management::operation::{Answer, Group, Operation, get};
use crate::management::reach::Reach;
use crate::management::rfc3339::rfc3339;
use crate::management::schema::InstantForm;
use crate::management::scope::Scope;

/// So many sessions are read in one go.
const PAGE: usize = 500;

pub(in crate::management) fn operation() -> Operation {
    get("/api/v1/subjects/{subject}", Scope::SessionsRead, summary)
        .named(Group::Subjects, "getSubject", "Show one person")
        .about(
            "What their live sessions amount to. Whoever has none is shown with none: people are known by their sessions \
             alone.",
        )
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Subject")]
pub(in crate::management) struct Body {
    subject: Box<str>,
    live_sessions: u64,
    /// Over all live sessions; null where there is none.
    #[schemars(with = "Option<InstantForm>")]
    last_activity_at: Option<String>,
    /// Where they are signed in.
    applications: BTreeSet<Box<str>>,
}

pub(in crate::management) async fn summary(
    State(management): State<Arc<Management>>,
    reach: Reach,
    SubjectInPath(subject): SubjectInPath,
) -> Result<Answer<Body>, Problem> {
    let engine = &management.server.engine;
    let filter = reach.narrow(Filter {
        subject: Some(subject.clone()),
        ..Filter::default()
    })?;
    let (mut live_sessions, mut applications) = (0, BTreeSet::new());
    let mut last_activity: Option<Instant> = None;
    let mut after = None;
    loop {
        let page = engine.list(&filter, Page { after, limit: PAGE }).await?;
        for record in &page {
            if let Standing::Live(snapshot) = engine.standing_of_record(record) {
                live_sessions += 1;
                last_activity = last_activity.max(Some(snapshot.seen));
                applications.extend(snapshot.facts.application.clone());
            }
        }
        match page.last() {
            Some(last) if page.len() == PAGE => after = Some(last.handle),
            _ => break,
        }
    }
    Ok(Answer(Body {
        subject,
        live_sessions,
        last_activity_at: last_activity.map(rfc3339),
        applications,
    }))
}
