//! `GET policy/lints`: what is odd about the policy in force.

use std::sync::Arc;

use axum::extract::State;
use nightlatch_core::policy::{Lint, Severity, lint};
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
    lints: Vec<LintView>,
}

/// Something valid that is hardly meant.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PolicyLint")]
pub(super) struct LintView {
    /// What kind of thing, for example `NL001`.
    code: String,
    #[schemars(with = "SeverityForm")]
    severity: Severity,
    /// The key within the document.
    key: String,
    message: String,
    /// What to write instead.
    remedy: String,
    /// Where it is explained.
    link: String,
}

#[derive(JsonSchema)]
#[schemars(rename = "LintSeverity", rename_all = "kebab-case")]
#[expect(dead_code, reason = "the form of a severity")]
enum SeverityForm {
    Warning,
    Note,
}

impl LintView {
    pub(super) fn of(lint: &Lint) -> Self {
        Self {
            code: lint.code.to_string(),
            severity: lint.severity,
            key: lint.key.clone(),
            message: lint.message.clone(),
            remedy: lint.remedy.clone(),
            link: lint.link.clone(),
        }
    }
}

async fn lints(State(management): State<Arc<Management>>) -> Answer<Found> {
    let (_, policy) = management.latch.engine.policy();
    let lints = lint(&policy).iter().map(LintView::of).collect();
    Answer(Found { lints })
}
