//! Applications: what people sign in to, where its pages come from, and its own base values in the policy.

pub(super) mod create;
mod document;
mod id;
pub(super) mod list;
pub(super) mod remove;
pub(super) mod show;
pub(super) mod write;
mod writing;

use nightlatch_engine::Engine;
use nightlatch_store::audit::{AuditEntry, AuditKind};
use nightlatch_store::{Application, StoreError};

use super::Management;
use crate::http::problem::Problem;

/// No application has the id.
fn no_such_application() -> Problem {
    Problem::not_found("No application has this id. `GET /api/v1/applications` lists those that there are.")
}

async fn find(engine: &Engine, id: &str) -> Result<Option<Application>, StoreError> {
    let applications = engine.applications().await?;
    Ok(applications.into_iter().find(|application| *application.id == *id))
}

/// What the audit is told: `added`, `changed` or `removed`.
fn audited(management: &Management, id: &str, what: &str, actor: &str) -> AuditEntry {
    let now = management.server.engine.clock().now();
    AuditEntry {
        application: Some(id.into()),
        detail: Some(format!("{what} {id}").into()),
        ..AuditEntry::new(now, AuditKind::Application, actor)
    }
}
