//! The policy: the document in force, how it is changed, what a change would do, and how it came about.

mod change;
pub(super) mod lints;
pub(super) mod owner;
pub(super) mod plan;
pub(super) mod report;
pub(super) mod restore;
pub(super) mod revisions;
pub(super) mod state;
pub(super) mod violations;
pub(super) mod write;

use std::sync::Arc;

use axum::extract::State;
use nightlatch_core::policy::{Policy, PolicyDocument};

use self::owner::ensure_server_owns;
use super::Management;
use super::entity_tag::{Conditions, Tagged};
use super::operation::{Group, Operation, get};
use super::scope::Scope;

pub(super) fn operation() -> Operation {
    get("/api/v1/policy", Scope::PolicyRead, policy)
        .named(Group::Policy, "getPolicy", "Show the policy in force")
        .about(
            "The whole document, every default filled in. Written back as it is, it changes nothing. \
             `GET /api/v1/policy/state` says which revision it is and who owns it.",
        )
}

async fn policy(State(management): State<Arc<Management>>, conditions: Conditions) -> Tagged<PolicyDocument> {
    let (_, policy) = management.server.engine.policy();
    conditions.answer(document(&policy))
}

fn document(policy: &Policy) -> PolicyDocument {
    policy.clone().into_document()
}
