//! `PUT` and `PATCH policy`: a new revision, in force at once.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use nightlatch_core::policy::{Policy, PolicyDocument};
use nightlatch_engine::{PolicyChange, PolicyChanged};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::violations::{read, valid};
use super::{document, ensure_server_owns};
use crate::http::problem::Problem;
use crate::management::Management;
use crate::management::admission::Actor;
use crate::management::entity_tag::{Conditions, EntityTag, Tagged};
use crate::management::input::{Json, Query};
use crate::management::merge_patch::MergePatch;
use crate::management::operation::{Group, Operation, patch, put};
use crate::management::refusal::Refusal;
use crate::management::scope::Scope;
use crate::management::text::Text;

const REFUSALS: &[Refusal] = &[Refusal::PolicyOwnedByFile, Refusal::InvalidPolicy, Refusal::Stale];

pub(in crate::management) fn replacing() -> Operation {
    put("/api/v1/policy", Scope::PolicyWrite, replace)
        .named(Group::Policy, "replacePolicy", "Put a policy in force")
        .about(
            "Shorter limits act on every session at once, longer ones at the next sign-in. The document that is in force \
             already makes no revision. Send `If-Match` so that nobody's change is lost.",
        )
        .refuses(REFUSALS)
        .sent_for_example(|| json!({ "idle": "15m", "absolute": "8h" }))
}

pub(in crate::management) fn patching() -> Operation {
    patch("/api/v1/policy", Scope::PolicyWrite, change)
        .named(Group::Policy, "patchPolicy", "Change a part of the policy")
        .about(
            "A JSON Merge Patch (RFC 7396): keys that are not sent stay, `null` removes a key, a list is replaced as a \
             whole. The outcome has to be a valid policy.",
        )
        .refuses(REFUSALS)
        .sent_for_example(|| json!({ "idle": "15m" }))
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::management) struct Why {
    /// Why, for the history.
    reason: Option<Text>,
}

async fn replace(
    State(management): State<Arc<Management>>,
    Extension(Actor(actor)): Extension<Actor>,
    Query(why): Query<Why>,
    conditions: Conditions,
    Json(candidate): Json<PolicyDocument>,
) -> Result<Tagged<PolicyDocument>, Problem> {
    ensure_server_owns(&management.latch)?;
    write(&management, actor, why, &conditions, |_| valid(candidate)).await
}

async fn change(
    State(management): State<Arc<Management>>,
    Extension(Actor(actor)): Extension<Actor>,
    Query(why): Query<Why>,
    conditions: Conditions,
    patch: MergePatch,
) -> Result<Tagged<PolicyDocument>, Problem> {
    ensure_server_owns(&management.latch)?;
    let changed = |before: &PolicyDocument| {
        let before = serde_json::to_value(before).unwrap_or_default();
        valid(read(patch.apply(before))?)
    };
    write(&management, actor, why, &conditions, changed).await
}

async fn write(
    management: &Management,
    actor: Box<str>,
    why: Why,
    conditions: &Conditions,
    changed: impl FnOnce(&PolicyDocument) -> Result<Policy, Problem>,
) -> Result<Tagged<PolicyDocument>, Problem> {
    let engine = &management.latch.engine;
    let (revision, before) = engine.policy();
    let before = document(&before);
    conditions.hold(Some(&EntityTag::of(&before)))?;
    let policy = changed(&before)?;
    let after = document(&policy);
    let change = PolicyChange {
        policy,
        actor,
        reason: why.reason.map(Text::into_inner),
        restored: None,
        expected: Some(revision),
    };
    match engine.change_policy(change).await? {
        PolicyChanged::InForce(_) | PolicyChanged::Unchanged(_) => Ok(Tagged::written(after)),
        PolicyChanged::Stale(_) => {
            Err(Refusal::Stale.because("Somebody else has changed it meanwhile. Read it again."))
        }
    }
}
