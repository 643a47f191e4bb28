//! `GET policy/state`: which revision is in force, who owns it, and how far a change has come.

use std::sync::Arc;

use axum::extract::State;
use nightlatch_engine::Engine;
use nightlatch_store::Revision;
use schemars::JsonSchema;
use serde::Serialize;

use crate::config::ConfigError;
use crate::http::problem::Problem;
use crate::management::Management;
use crate::management::operation::{Answer, Group, Operation, get};
use crate::management::rfc3339::rfc3339;
use crate::management::schema::InstantForm;
use crate::management::scope::Scope;
use crate::policy_file::PolicyFile;

pub(in crate::management) fn operation() -> Operation {
    get("/api/v1/policy/state", Scope::PolicyRead, state)
        .named(Group::Policy, "getPolicyState", "Show who owns the policy and which revision is in force")
        .about(
            "Where a file owns the policy, everything else shows it and changes nothing. A file that is wrong leaves the \
             policy before in force and is told of here, in `/readyz` and in the metrics.",
        )
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PolicyState")]
pub(in crate::management) struct InForce {
    revision: Revision,
    #[schemars(with = "InstantForm")]
    since: String,
    /// Who brought it.
    actor: Box<str>,
    /// The file that owns it; null where the server does.
    file: Option<FileState>,
    /// Sessions that the deadline index still has under an earlier policy. Enforcement never waits for it.
    outdated_sessions: u64,
}

/// The file that owns the policy.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PolicyFile")]
pub(in crate::management) struct FileState {
    path: String,
    /// Why it is not in force as it is written; empty where it is.
    problems: Vec<FileProblem>,
}

/// A mistake in the file.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PolicyFileProblem")]
pub(in crate::management) struct FileProblem {
    line: Option<usize>,
    column: Option<usize>,
    key: Option<String>,
    message: String,
}

impl FileState {
    pub(in crate::management) fn of(file: &PolicyFile, engine: &Engine) -> Self {
        Self {
            path: file.name().into_owned(),
            problems: file.problems(engine).iter().map(FileProblem::of).collect(),
        }
    }
}

impl FileProblem {
    fn of(error: &ConfigError) -> Self {
        Self {
            line: error.position.map(|position| position.line),
            column: error.position.map(|position| position.column),
            key: error.key.clone(),
            message: error.message.clone(),
        }
    }
}

async fn state(State(management): State<Arc<Management>>) -> Result<Answer<InForce>, Problem> {
    let server = &management.server;
    let (revision, _) = server.engine.policy();
    let revisions = server.engine.policy_revisions().await?;
    let kept = revisions.iter().find(|kept| kept.revision == revision);
    Ok(Answer(InForce {
        revision,
        since: kept.map(|kept| rfc3339(kept.since)).unwrap_or_default(),
        actor: kept.map(|kept| kept.actor.clone()).unwrap_or_default(),
        file: server
            .policy_file
            .as_ref()
            .map(|file| FileState::of(file, &server.engine)),
        outdated_sessions: server.engine.stats().outdated,
    }))
}
