//! `GET applications`: every application, by id.

use std::sync::Arc;

use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;

use super::document::Document;
use crate::http::problem::Problem;
use crate::management::Management;
use crate::management::operation::{Answer, Group, Operation, get};
use crate::management::scope::Scope;

pub(in crate::management) fn operation() -> Operation {
    get("/api/v1/applications", Scope::ApplicationsRead, list)
        .named(Group::Applications, "listApplications", "List the applications")
        .about("By id, each with its own base values in the policy in force.")
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Applications")]
pub(in crate::management) struct Body {
    applications: Vec<Document>,
}

pub(in crate::management) async fn list(State(management): State<Arc<Management>>) -> Result<Answer<Body>, Problem> {
    let engine = &management.server.engine;
    let applications = engine.applications().await?;
    let (_, policy) = engine.policy();
    let documents = applications.into_iter().map(|application| {
        let base = policy.applications.get(&application.id).cloned().unwrap_or_default();
        Document::of(application, base)
    });
    Ok(Answer(Body {
        applications: documents.collect(),
    }))
}
