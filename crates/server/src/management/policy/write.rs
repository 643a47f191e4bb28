//! `PUT` and `PATCH policy`: a new revision, in force at once.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use nightlatch_core::policy::PolicyDocument;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::change::{Author, Before};
use super::violations::{read, valid};
use crate::http::problem::Problem;
use crate::management::Management;
use crate::management::admission::Actor;
use crate::management::entity_tag::{Conditions, Tagged};
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

impl Why {
    fn of(self, actor: Box<str>) -> Author {
        Author {
            actor,
            reason: self.reason,
            restored: None,
        }
    }
}

async fn replace(
    State(management): State<Arc<Management>>,
    Extension(Actor(actor)): Extension<Actor>,
    Query(why): Query<Why>,
    conditions: Conditions,
    Json(candidate): Json<PolicyDocument>,
) -> Result<Tagged<PolicyDocument>, Problem> {
    let before = Before::of(&management, &conditions)?;
    before.replace(&management, valid(candidate)?, why.of(actor)).await
}

async fn change(
    State(management): State<Arc<Management>>,
    Extension(Actor(actor)): Extension<Actor>,
    Query(why): Query<Why>,
    conditions: Conditions,
    patch: MergePatch,
) -> Result<Tagged<PolicyDocument>, Problem> {
    let before = Before::of(&management, &conditions)?;
    let document = serde_json::to_value(&before.document).unwrap_or_default();
    let policy = valid(read(patch.apply(document))?)?;
    before.replace(&management, policy, why.of(actor)).await
}
