//! `GET explain` and `GET sessions/{handle}/explanation`: why the limits are what they are, for anybody and for one session.

pub(crate) mod view;

use std::sync::Arc;

use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use nightlatch_core::duration::Limit;
use nightlatch_core::facts::Facts;
use nightlatch_core::path::Path;
use nightlatch_core::resolution::{Explanation, explain};
use nightlatch_store::Revision;
use schemars::{JsonSchema, json_schema};
use serde::{Deserialize, Serialize};

use self::view::SessionView;
use super::Management;
use super::input::{HandleInPath, Query, impossible, no_such_session};
use super::operation::{Answer, Group, Input, Operation, OperationDescription, get};
use super::reach::Reach;
use super::refusal::Refusal;
use super::scope::Scope;
use crate::http::problem::Problem;

pub(super) fn anybody() -> Operation {
    get("/api/v1/explain", Scope::PolicyRead, of_anybody)
        .named(
            Group::Policy,
            "explain",
            "Explain the limits for somebody who might sign in",
        )
        .about("Every value, the layer that set it, and the layers that lost and why, under the policy in force.")
}

pub(super) fn session() -> Operation {
    get("/api/v1/sessions/{handle}/explanation", Scope::SessionsRead, of_session)
        .named(Group::Sessions, "explainSession", "Explain one session")
        .about(
            "Why its limits are what they are, or why it has ended. With `path` also what a request to that page would \
             meet.",
        )
        .refuses(&[Refusal::InvalidValue])
}

/// A path without a star: that would be a pattern, which means many pages.
const ONE_PAGE: &str = "^/[^*]*$";

/// Somebody who might sign in.
#[derive(Debug, Default)]
pub(super) struct Somebody {
    facts: Facts,
    choice: Option<Limit>,
    path: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    /// Of a page: a path that begins with a slash.
    #[schemars(regex(pattern = ONE_PAGE))]
    path: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PolicyExplanation")]
pub(super) struct Body {
    /// Of today's policy.
    revision: Revision,
    #[serde(flatten)]
    explanation: Explanation,
}

/// For somebody with these facts, under today's policy.
pub(super) async fn of_anybody(
    State(management): State<Arc<Management>>,
    Somebody { facts, choice, path }: Somebody,
) -> Result<Answer<Body>, Problem> {
    let (revision, policy) = management.server.engine.policy();
    let path = page(path.as_deref())?;
    Ok(Answer(Body {
        revision,
        explanation: explain(&policy, &facts, choice, path.as_ref()),
    }))
}

/// For one session, ended or not; with `path` also what a request to that page would meet.
pub(super) async fn of_session(
    State(management): State<Arc<Management>>,
    reach: Reach,
    HandleInPath(handle): HandleInPath,
    Query(asked): Query<Asked>,
) -> Result<Answer<SessionView>, Problem> {
    let path = page(asked.path.as_deref())?;
    reach.find(&management.server.engine, &handle).await?;
    let explained = management.server.engine.explain(&handle, path.as_ref()).await?;
    let explained = explained.ok_or_else(no_such_session)?;
    Ok(Answer(SessionView::from(explained)))
}

fn page(text: Option<&str>) -> Result<Option<Path<'_>>, Problem> {
    let page = text.map(Path::of_page).transpose();
    page.map_err(|error| impossible(format!("path: {error}")))
}

impl<S: Send + Sync> FromRequestParts<S> for Somebody {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Query(pairs) = Query::<Vec<(String, String)>>::from_request_parts(parts, state).await?;
        somebody(pairs)
    }
}

impl Input for Somebody {
    const READS_QUERY: bool = true;

    fn description(description: &mut OperationDescription<'_>) {
        let text = json_schema!({ "type": "string" });
        let page = json_schema!({ "type": "string", "pattern": ONE_PAGE });
        let roles = json_schema!({ "type": "array", "items": { "type": "string" } });
        let choice = description.form::<Limit>();
        for (name, about, schema) in [
            ("application", "Where they sign in.", &text),
            ("device", "The class of their device.", &text),
            ("role", "A role of theirs; may be given several times.", &roles),
            ("choice", "The idle limit they have picked.", &choice),
            ("path", "Of a page: a path that begins with a slash.", &page),
        ] {
            description.parameter("query", name, about, schema);
        }
        description.refuse(&[Refusal::BadRequest, Refusal::InvalidValue]);
    }
}

/// A role may be given several times, everything else once.
fn somebody(pairs: Vec<(String, String)>) -> Result<Somebody, Problem> {
    let mut somebody = Somebody::default();
    for (key, value) in pairs {
        let known = match key.as_str() {
            "role" => {
                somebody.facts.roles.push(value.into());
                continue;
            }
            "application" => somebody.facts.application.replace(value.into()).is_some(),
            "device" => somebody.facts.device.replace(value.into()).is_some(),
            "path" => somebody.path.replace(value).is_some(),
            "choice" => {
                let limit = value.parse().map_err(|error| impossible(format!("choice: {error}")))?;
                somebody.choice.replace(limit).is_some()
            }
            _ => {
                let keys = "application, device, role, choice and path";
                return Err(Problem::bad_request(format!(
                    "There is no `{key}` here; there are {keys}."
                )));
            }
        };
        if known {
            return Err(Problem::bad_request(format!("`{key}` is given twice.")));
        }
    }
    Ok(somebody)
}
