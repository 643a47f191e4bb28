//! `GET applications/{id}`: one application.

use std::sync::Arc;

use axum::extract::State;

use super::document::Document;
use super::id::ApplicationInPath;
use super::{find, no_such_application};
use crate::http::problem::Problem;
use crate::management::Management;
use crate::management::entity_tag::{Conditions, Tagged};
use crate::management::operation::{Group, Operation, get};
use crate::management::refusal::Refusal;
use crate::management::scope::Scope;

pub(in crate::management) fn operation() -> Operation {
    get("/api/v1/applications/{id}", Scope::ApplicationsRead, show)
        .named(Group::Applications, "getApplication", "Show one application")
        .about("Written back as it is, it changes nothing.")
        .refuses(&[Refusal::NotFound])
}

pub(in crate::management) async fn show(
    State(management): State<Arc<Management>>,
    ApplicationInPath(id): ApplicationInPath,
    conditions: Conditions,
) -> Result<Tagged<Document>, Problem> {
    let engine = &management.server.engine;
    let application = find(engine, id.as_str()).await?;
    let application = application.ok_or_else(no_such_application)?;
    let (_, policy) = engine.policy();
    let base = policy.applications.get(&application.id).cloned().unwrap_or_default();
    Ok(conditions.answer(Document::of(application, base)))
}
