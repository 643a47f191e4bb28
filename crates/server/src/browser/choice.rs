//! `GET` and `PUT choice`: the user's own idle limit.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use nightlatch_core::duration::Limit;
use nightlatch_core::session::{Answer, Event};
use serde::{Deserialize, Serialize};

use super::form::JsonBody;
use super::standing::{SessionBody, after, live};
use crate::http::credential::required;
use crate::http::headers::json;
use crate::http::problem::Problem;
use crate::http::write::from_script;
use crate::latch::Latch;

#[derive(Debug, Serialize)]
struct Offer<'a> {
    allow: &'a [Limit],
    choice: Option<Limit>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Choice {
    idle: Limit,
}

pub(super) async fn get(State(latch): State<Arc<Latch>>, headers: HeaderMap) -> Result<Response, Problem> {
    let credential = required(&latch, &headers)?;
    let standing = latch.engine.status(&credential.digest).await?;
    let snapshot = live(&latch, &standing)?;
    let (_, policy) = latch.engine.policy();
    let allow = policy.choice.as_ref().map_or(&[][..], |choice| &choice.allow);
    Ok(json(&Offer {
        allow,
        choice: snapshot.choice,
    }))
}

pub(super) async fn put(
    State(latch): State<Arc<Latch>>,
    headers: HeaderMap,
    JsonBody(Choice { idle }): JsonBody<Choice>,
) -> Result<Response, Problem> {
    let credential = required(&latch, &headers)?;
    from_script(&latch.origins, &headers, credential.bearer)?;
    let outcome = latch.engine.apply(&credential.digest, &Event::Choose { idle }).await?;
    let snapshot = after(&latch, &outcome)?;
    if let Some(Answer::Refused(refusal)) = outcome.answer {
        let detail = format!("{refusal}; GET choice lists what it offers.");
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "not-offered",
            "The choice is not offered",
            detail,
        ));
    }
    Ok(json(&SessionBody::new(snapshot)))
}
