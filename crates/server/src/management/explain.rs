//! `GET explain` and `GET sessions/{handle}/explanation`: why the limits are what they are, for anybody and for one session.

pub(crate) mod view;

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use nightlatch_core::duration::Limit;
use nightlatch_core::facts::Facts;
use nightlatch_core::path::Path;
use nightlatch_core::resolution::{Explanation, explain};
use nightlatch_engine::store::Revision;
use serde::{Deserialize, Serialize};

use self::view::SessionView;
use super::Management;
use super::input::{HandleInPath, Query, impossible, no_such_session};
use crate::http::headers::json;
use crate::http::problem::Problem;

/// Somebody who might sign in.
#[derive(Debug, Default)]
struct Somebody {
    facts: Facts,
    choice: Option<Limit>,
    path: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    path: Option<String>,
}

#[derive(Debug, Serialize)]
struct Body {
    /// Of today's policy.
    revision: Revision,
    #[serde(flatten)]
    explanation: Explanation,
}

/// For somebody with these facts, under today's policy.
pub(super) async fn of_anybody(
    State(management): State<Arc<Management>>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let Somebody { facts, choice, path } = somebody(pairs)?;
    let (revision, policy) = management.latch.engine.policy();
    let path = path.as_deref().map(Path::canonical);
    Ok(json(&Body {
        revision,
        explanation: explain(&policy, &facts, choice, path.as_ref()),
    }))
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

/// For one session, ended or not; with `path` also what a request to that page would meet.
pub(super) async fn of_session(
    State(management): State<Arc<Management>>,
    HandleInPath(handle): HandleInPath,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let path = asked.path.as_deref().map(Path::canonical);
    let explained = management.latch.engine.explain(&handle, path.as_ref()).await?;
    let explained = explained.ok_or_else(no_such_session)?;
    Ok(json(&SessionView::from(explained)))
}
