//! `POST policy/revisions/{revision}/restore`: an earlier policy comes into force again, as a new revision.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use nightlatch_core::policy::PolicyDocument;
use nightlatch_engine::{PolicyChange, PolicyChanged};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::revisions::no_such_revision;
use super::violations::valid;
use super::{document, ensure_server_owns};
use crate::http::problem::Problem;
use crate::management::Management;
use crate::management::admission::Actor;
use crate::management::entity_tag::{Conditions, EntityTag, Tagged};
use crate::management::input::{Json, RevisionInPath};
use crate::management::operation::{Group, Operation, post};
use crate::management::refusal::Refusal;
use crate::management::scope::Scope;
use crate::management::text::Text;

pub(in crate::management) fn operation() -> Operation {
    post(
        "/api/v1/policy/revisions/{revision}/restore",
        Scope::PolicyWrite,
        restore,
    )
    .named(Group::Policy, "restorePolicyRevision", "Bring an earlier policy back")
    .about("It comes into force as a new revision; nothing of the history is lost.")
    .refuses(&[Refusal::PolicyOwnedByFile, Refusal::InvalidPolicy, Refusal::Stale])
    .sent_for_example(|| json!({ "reason": "too many people were interrupted" }))
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Restoration")]
pub(in crate::management) struct Body {
    /// Why, for the history.
    reason: Option<Text>,
}

async fn restore(
    State(management): State<Arc<Management>>,
    Extension(Actor(actor)): Extension<Actor>,
    RevisionInPath(wanted): RevisionInPath,
    conditions: Conditions,
    Json(body): Json<Body>,
) -> Result<Tagged<PolicyDocument>, Problem> {
    ensure_server_owns(&management.latch)?;
    let engine = &management.latch.engine;
    let (revision, before) = engine.policy();
    conditions.hold(Some(&EntityTag::of(&document(&before))))?;
    let revisions = engine.policy_revisions().await?;
    let kept = revisions.into_iter().find(|kept| kept.revision == wanted);
    let policy = valid(kept.ok_or_else(no_such_revision)?.document)?;
    let after = document(&policy);
    let change = PolicyChange {
        policy,
        actor,
        reason: body.reason.map(Text::into_inner),
        restored: Some(wanted),
        expected: Some(revision),
    };
    match engine.change_policy(change).await? {
        PolicyChanged::InForce(_) | PolicyChanged::Unchanged(_) => Ok(Tagged::written(after)),
        PolicyChanged::Stale(_) => {
            Err(Refusal::Stale.because("Somebody else has changed it meanwhile. Read it again."))
        }
    }
}
