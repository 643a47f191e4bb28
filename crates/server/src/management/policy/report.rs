//! `GET policy/report`: the policy in force as an auditor reads it.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use nightlatch_core::policy::{Issued, Report, ReportedRevision, report};
use serde_json::{Value, json as value};

use crate::http::headers::protect;
use crate::http::problem::Problem;
use crate::management::Management;
use crate::management::operation::{Answer, Group, Operation, OperationDescription, Output, get};
use crate::management::rfc3339::rfc3339;
use crate::management::scope::Scope;

pub(in crate::management) fn json() -> Operation {
    get("/api/v1/policy/report", Scope::PolicyRead, as_json)
        .named(Group::Policy, "getPolicyReport", "Report on the policy for auditors")
        .about(
            "When it was made, of which revision, every value with where it comes from, the ceilings of the preset with standard and section, deviations with \
             their reasons, and the justification.",
        )
}

pub(in crate::management) fn markdown() -> Operation {
    get("/api/v1/policy/report.md", Scope::PolicyRead, as_markdown)
        .named(
            Group::Policy,
            "getPolicyReportMarkdown",
            "Report on the policy for auditors, to be read",
        )
        .about("The same as a Markdown document.")
}

/// 200 with a Markdown document.
struct Markdown(String);

impl Output for Markdown {
    fn description(description: &mut OperationDescription<'_>) {
        let content = value!({ "text/markdown": { "schema": { "type": "string" } } });
        description.respond(StatusCode::OK, &Value::Null, &content);
    }
}

impl IntoResponse for Markdown {
    fn into_response(self) -> Response {
        let mut response = self.0.into_response();
        protect(response.headers_mut());
        let markdown = HeaderValue::from_static("text/markdown; charset=utf-8");
        response.headers_mut().insert(header::CONTENT_TYPE, markdown);
        response
    }
}

async fn as_json(State(management): State<Arc<Management>>) -> Result<Answer<Report>, Problem> {
    Ok(Answer(in_force(&management).await?))
}

async fn as_markdown(State(management): State<Arc<Management>>) -> Result<Markdown, Problem> {
    Ok(Markdown(in_force(&management).await?.to_markdown()))
}

async fn in_force(management: &Management) -> Result<Report, Problem> {
    let engine = &management.server.engine;
    let (revision, policy) = engine.policy();
    let revisions = engine.policy_revisions().await?;
    let kept = revisions.into_iter().find(|kept| kept.revision == revision);
    let issued = Issued {
        at: rfc3339(engine.clock().now()),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        file: None,
        revision: kept.map(|kept| ReportedRevision {
            revision: kept.revision,
            since: rfc3339(kept.since),
            actor: kept.actor,
            reason: kept.reason,
        }),
    };
    Ok(report(&policy, issued))
}
