//! `GET` and `PUT choice`: the user's own idle limit.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use nightlatch_core::duration::Limit;
use nightlatch_core::policy::Policy;
use nightlatch_core::resolution::Policies;
use nightlatch_core::session::{Answer, Event, StepUp};
use nightlatch_core::time::Span;
use nightlatch_engine::Snapshot;
use serde::{Deserialize, Serialize};

use super::form::JsonBody;
use super::standing::{SessionBody, after, live};
use super::writer::Writer;
use crate::http::credential::required;
use crate::http::headers::json;
use crate::http::problem::Problem;
use crate::server_state::ServerState;

/// Whoever finds an unlocked screen must not be able to keep it open: a longer limit asks for a recent authentication.
const FRESH_ENOUGH_TO_LOOSEN: Span = Span::from_secs(5 * 60);

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

pub(super) async fn get(State(server): State<Arc<ServerState>>, headers: HeaderMap) -> Result<Response, Problem> {
    let credential = required(&server, &headers).await?;
    let standing = server.engine.status(&credential.digest).await?;
    let snapshot = live(&server, &standing)?;
    let (_, policy) = server.engine.policy();
    let allow = policy.choice.as_ref().map_or(&[][..], |choice| &choice.allow);
    Ok(json(&Offer {
        allow,
        choice: snapshot.choice,
    }))
}

pub(super) async fn put(
    State(server): State<Arc<ServerState>>,
    Writer { credential, .. }: Writer,
    JsonBody(Choice { idle }): JsonBody<Choice>,
) -> Result<Response, Problem> {
    let standing = server.engine.status(&credential.digest).await?;
    let snapshot = live(&server, &standing)?;
    if server.engine.with_policy(|policy| loosens(snapshot, policy, idle)) && is_stale(snapshot) {
        server.metrics.refused("step-up");
        return Err(Problem::step_up(StepUp::Age {
            max_age: FRESH_ENOUGH_TO_LOOSEN,
        }));
    }
    let outcome = server.engine.apply(&credential.digest, &Event::Choose { idle }).await?;
    let snapshot = after(&server, &outcome)?;
    if let Some(Answer::Refused(refusal)) = outcome.answer {
        let detail = format!("{refusal}; GET choice lists what it offers.");
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "not-offered",
            "The choice is not offered",
            detail,
        ));
    }
    Ok(json(&SessionBody::new(&server, snapshot)))
}

/// Whether an offered choice lets the person be away for longer than what is in force for them without it. What masks
/// either now, a strict page or a rule, does not count: it may go away later.
fn loosens(snapshot: &Snapshot, policy: &Policy, idle: Limit) -> bool {
    let offered = |limit: &Limit| {
        policy
            .choice
            .as_ref()
            .is_some_and(|choice| choice.allow.contains(limit))
    };
    let usual = || {
        let policies = Policies {
            own: policy,
            today: policy,
        };
        policies.idle(&snapshot.facts, None, None).limit
    };
    offered(&idle) && idle > snapshot.choice.filter(offered).unwrap_or_else(usual)
}

fn is_stale(snapshot: &Snapshot) -> bool {
    snapshot.now.since(snapshot.authenticated) >= FRESH_ENOUGH_TO_LOOSEN
}
