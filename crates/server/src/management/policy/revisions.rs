//! `GET policy/revisions`: who changed the policy, when, why, and what.

use std::sync::Arc;

use axum::extract::State;
use nightlatch_core::policy::{Difference, PolicyDocument, differences};
use nightlatch_store::{PolicyRevision, Revision};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::http::problem::Problem;
use crate::management::Management;
use crate::management::input::{Query, RevisionInPath};
use crate::management::operation::{Answer, Group, Operation, get};
use crate::management::page::{Here, Listed, PageSize};
use crate::management::rfc3339::rfc3339;
use crate::management::schema::InstantForm;
use crate::management::scope::Scope;

pub(in crate::management) fn listing() -> Operation {
    get("/api/v1/policy/revisions", Scope::PolicyRead, list)
        .named(
            Group::Policy,
            "listPolicyRevisions",
            "List the policies that were in force",
        )
        .about("The latest first, each with who brought it, why, and how it differs from the one before.")
}

pub(in crate::management) fn showing() -> Operation {
    get("/api/v1/policy/revisions/{revision}", Scope::PolicyRead, show)
        .named(Group::Policy, "getPolicyRevision", "Show a policy that was in force")
        .about("The document as it was, and how it differs from the one before.")
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::management) struct Asked {
    /// Before the revision with this number: the `next_after` of the page before.
    #[schemars(range(max = Revision::MAX))]
    after: Option<Revision>,
    /// At most so many revisions.
    #[serde(default)]
    limit: PageSize,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PolicyRevisionPage")]
pub(in crate::management) struct Page {
    revisions: Vec<View>,
    /// Where the next page starts; null on the last one.
    next_after: Option<Revision>,
}

/// A policy and how it came into force.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PolicyRevision")]
struct View {
    revision: Revision,
    #[schemars(with = "InstantForm")]
    since: String,
    /// Who brought it: `file:PATH`, `api:NAME` for the holder of a key.
    actor: Box<str>,
    reason: Option<Box<str>>,
    /// The earlier revision that it brought back.
    restored: Option<Revision>,
    /// How it differs from the revision before; empty for the first.
    differences: Vec<Difference>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PolicyRevisionDocument")]
pub(in crate::management) struct Whole {
    #[serde(flatten)]
    view: View,
    policy: PolicyDocument,
}

async fn list(
    State(management): State<Arc<Management>>,
    here: Here,
    Query(Asked { after, limit }): Query<Asked>,
) -> Result<Listed<Page>, Problem> {
    let revisions = management.server.engine.policy_revisions().await?;
    let mut views: Vec<_> = (0..revisions.len())
        .rev()
        .filter(|index| after.is_none_or(|after| revisions[*index].revision < after))
        .take(limit.and_one())
        .map(|index| view(&revisions, index))
        .collect();
    let more = views.len() > limit.get();
    views.truncate(limit.get());
    let next_after = views.last().filter(|_| more).map(|last| last.revision);
    let page = Page {
        revisions: views,
        next_after,
    };
    Ok(here.list(page, next_after.as_ref()))
}

async fn show(
    State(management): State<Arc<Management>>,
    RevisionInPath(revision): RevisionInPath,
) -> Result<Answer<Whole>, Problem> {
    let revisions = management.server.engine.policy_revisions().await?;
    let index = revisions
        .iter()
        .position(|kept| kept.revision == revision)
        .ok_or_else(no_such_revision)?;
    Ok(Answer(Whole {
        view: view(&revisions, index),
        policy: revisions[index].document.clone(),
    }))
}

pub(super) fn no_such_revision() -> Problem {
    Problem::not_found("No policy has this number. GET /api/v1/policy/revisions lists those that were in force.")
}

fn view(revisions: &[PolicyRevision], index: usize) -> View {
    let kept = &revisions[index];
    let before = index.checked_sub(1).map(|index| &revisions[index].document);
    View {
        revision: kept.revision,
        since: rfc3339(kept.since),
        actor: kept.actor.clone(),
        reason: kept.reason.clone(),
        restored: kept.restored,
        differences: before.map_or_else(Vec::new, |before| differences(before, &kept.document)),
    }
}
