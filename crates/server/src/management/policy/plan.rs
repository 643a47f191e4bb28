//! `POST policy/plan`: what a policy would do to the sessions that live now. Nothing is changed.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use nightlatch_core::plan::{Counts, Spread};
use nightlatch_core::policy::{Difference, Lint, PolicyDocument, differences, lint};
use nightlatch_core::session::EndReason;
use nightlatch_core::time::Span;
use nightlatch_engine::Planned;
use nightlatch_store::Revision;
use nightlatch_store::token::Handle;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::document;
use super::violations::valid;
use crate::http::problem::Problem;
use crate::management::Management;
use crate::management::input::{Json, Query};
use crate::management::operation::{Answer, Group, Operation, post};
use crate::management::refusal::Refusal;
use crate::management::rfc3339::rfc3339;
use crate::management::schema::{HandleForm, InstantForm};
use crate::management::scope::Scope;

/// So many sessions are named where nobody asks for more or fewer.
const NAMED: u32 = 100;

pub(in crate::management) fn operation() -> Operation {
    post("/api/v1/policy/plan", Scope::PolicyRead, plan)
        .named(Group::Policy, "planPolicy", "Say what a policy would do to the sessions that live now")
        .about(
            "Nothing is changed. How many sessions would end, lock, or have less time left, by application and by role, and \
             which would end. Made at once, the change does just that.",
        )
        .refuses(&[Refusal::InvalidPolicy])
        .sent_for_example(|| json!({ "idle": "15m", "absolute": "8h" }))
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::management) struct Asked {
    /// Name at most so many of the sessions that would end.
    #[serde(default = "named")]
    #[schemars(range(max = u32::MAX))]
    ending: u32,
}

fn named() -> u32 {
    NAMED
}

/// What a change of policy would do.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PolicyPlan")]
pub(in crate::management) struct View {
    /// The revision in force, which the plan starts from.
    revision: Revision,
    #[schemars(with = "InstantForm")]
    at: String,
    /// How the policy differs from the one in force.
    differences: Vec<Difference>,
    /// What is odd about the policy.
    lints: Vec<Lint>,
    all: CountsView,
    /// By application; sessions without one have the name null.
    applications: Vec<NamedCounts>,
    /// By role; a session with several counts for each.
    roles: Vec<NamedCounts>,
    /// Sessions that would end, in the order of their creation.
    #[schemars(with = "Vec<HandleForm>")]
    ending: Vec<Handle>,
    /// Whether `ending` names all of them.
    ending_complete: bool,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PlannedNamedCounts")]
struct NamedCounts {
    name: Option<Box<str>>,
    #[serde(flatten)]
    counts: CountsView,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PlannedCounts")]
struct CountsView {
    /// Live sessions.
    sessions: u64,
    /// Those that would end now.
    ending: u64,
    #[schemars(with = "BTreeMap<String, u64>")]
    ending_by_reason: BTreeMap<EndReason, u64>,
    /// Those that would lock now.
    locking: u64,
    /// Those that would go on with less time left.
    shortened: u64,
    shortened_by: SpreadView,
    /// Those that would have more time left. Longer limits wait for the next sign-in, so these are few.
    lengthened: u64,
    /// Those that would notice nothing.
    unchanged: u64,
}

/// By how much sessions would be shortened.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PlannedShortening")]
struct SpreadView {
    median_ms: Option<u64>,
    p90_ms: Option<u64>,
    longest_ms: Option<u64>,
    /// Sessions that had no deadline at all.
    from_no_limit: u64,
    histogram: Vec<StepView>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PlannedShorteningStep")]
struct StepView {
    /// Up to so many milliseconds, and more than the step before; null for all that is more.
    up_to_ms: Option<u64>,
    sessions: u64,
}

async fn plan(
    State(management): State<Arc<Management>>,
    Query(asked): Query<Asked>,
    Json(candidate): Json<PolicyDocument>,
) -> Result<Answer<View>, Problem> {
    let engine = &management.server.engine;
    let candidate = valid(candidate)?;
    let (_, today) = engine.policy();
    let differences = differences(&document(&today), &candidate);
    let lints = lint(&candidate);
    let planned = engine.plan(&candidate).await?;
    Ok(Answer(view(planned, asked.ending, differences, lints)))
}

fn view(planned: Planned, named: u32, differences: Vec<Difference>, lints: Vec<Lint>) -> View {
    let Planned {
        revision,
        at,
        plan,
        mut ending,
    } = planned;
    let all = ending.len();
    ending.truncate(usize::try_from(named).unwrap_or(usize::MAX));
    View {
        revision,
        at: rfc3339(at),
        differences,
        lints,
        all: counts(&plan.all),
        applications: by_name(plan.applications),
        roles: by_name(plan.roles),
        ending_complete: ending.len() == all,
        ending,
    }
}

fn by_name(groups: BTreeMap<Box<str>, Counts>) -> Vec<NamedCounts> {
    let groups = groups.into_iter().map(|(name, group)| NamedCounts {
        name: (!name.is_empty()).then_some(name),
        counts: counts(&group),
    });
    groups.collect()
}

fn counts(counts: &Counts) -> CountsView {
    CountsView {
        sessions: counts.sessions,
        ending: counts.ending,
        ending_by_reason: counts.ending_by_reason.clone(),
        locking: counts.locking,
        shortened: counts.shortened,
        shortened_by: spread(&counts.shortened_by),
        lengthened: counts.lengthened,
        unchanged: counts.unchanged,
    }
}

fn spread(spread: &Spread) -> SpreadView {
    let percentile = |percent| spread.percentile(percent).map(Span::as_millis);
    let steps = spread.histogram().into_iter().map(|step| StepView {
        up_to_ms: step.up_to.map(Span::as_millis),
        sessions: step.sessions,
    });
    SpreadView {
        median_ms: percentile(50),
        p90_ms: percentile(90),
        longest_ms: percentile(100),
        from_no_limit: spread.from_no_limit(),
        histogram: steps.collect(),
    }
}
