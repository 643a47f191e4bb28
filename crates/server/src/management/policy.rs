//! `GET policy`: the document in force.

pub(super) mod owner;
pub(super) mod violations;

use std::sync::Arc;

use axum::extract::State;
use nightlatch_core::policy::Policy;
use nightlatch_engine::store::Revision;
use schemars::JsonSchema;
use serde::Serialize;

use super::Management;
use super::entity_tag::{Conditions, Tagged};
use super::operation::{Group, Operation, get};
use super::scope::Scope;

pub(super) fn operation() -> Operation {
    get("/api/v1/policy", Scope::PolicyRead, policy)
        .named(Group::Policy, "getPolicy", "Show the policy in force")
        .about("The whole document with its revision, every default filled in. Its entity tag changes with it.")
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PolicyInForce")]
pub(super) struct Body {
    /// Counts the policies in the order in which they came into force.
    revision: Revision,
    /// The file that owns it.
    source: Option<String>,
    policy: Arc<Policy>,
}

pub(super) async fn policy(State(management): State<Arc<Management>>, conditions: Conditions) -> Tagged<Body> {
    let (revision, policy) = management.latch.engine.policy();
    conditions.answer(Body {
        revision,
        source: management
            .latch
            .policy_file
            .as_ref()
            .map(|file| file.name().into_owned()),
        policy,
    })
}
