//! `GET policy/lints`: what is odd about the policy in force.

use std::sync::Arc;

use axum::extract::State;
use nightlatch_core::policy::{Lint, lint};
use schemars::JsonSchema;
use serde::Serialize;

use crate::management::Management;
use crate::management::operation::{Answer, Group, Operation, get};
use crate::management::scope::Scope;

pub(in crate::management) fn operation() -> Operation {
    get("/api/v1/policy/lints", Scope::PolicyRead, lints)
        .named(Group::Policy, "lintPolicy", "Say what is odd about the policy in force")
        .about("What is valid and hardly meant. Each has a code that never changes and a link to its explanation.")
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PolicyLints")]
pub(in crate::management) struct Found {
    lints: Vec<Lint>,
}

async fn lints(State(management): State<Arc<Management>>) -> Answer<Found> {
    let (_, policy) = management.server.engine.policy();
    Answer(Found { lints: lint(&policy) })
}
