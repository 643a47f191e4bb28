//! `POST policy/revisions/{revision}/restore`: an earlier policy comes into force again, as a new revision.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use nightlatch_core::policy::PolicyDocument;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::change::{Author, Before};
use super::revisions::no_such_revision;
use super::violations::valid;
use crate::http::problem::Problem;
use crate::management::Management;
use crate::management::admission::Actor;
use crate::management::entity_tag::{Conditions, Tagged};
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
    let before = Before::of(&management, &conditions)?;
    let revisions = management.server.engine.policy_revisions().await?;
    let kept = revisions.into_iter().find(|kept| kept.revision == wanted);
    let policy = valid(kept.ok_or_else(no_such_revision)?.document)?;
    let author = Author {
        actor,
        reason: body.reason,
        restored: Some(wanted),
    };
    before.replace(&management, policy, author).await
}
