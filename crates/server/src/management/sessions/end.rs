//! `DELETE sessions/{handle}`: ends one session. Asking twice is no mistake: the answer says what ended it.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use nightlatch_core::session::EndReason;
use nightlatch_core::time::Instant;
use nightlatch_engine::Standing;
use nightlatch_store::token::Handle;
use nightlatch_store::{Selector, StoreError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::http::problem::Problem;
use crate::management::Management;
use crate::management::admission::Actor;
use crate::management::input::{HandleInPath, Query, RequestedReason, no_such_session};
use crate::management::operation::{Answer, Group, Operation, delete};
use crate::management::reach::Reach;
use crate::management::rfc3339::rfc3339;
use crate::management::schema::{HandleForm, InstantForm};
use crate::management::scope::Scope;

pub(in crate::management) fn operation() -> Operation {
    delete("/api/v1/sessions/{handle}", Scope::SessionsEnd, end)
        .named(Group::Sessions, "endSession", "End one session")
        .about("Acts in every tab within a second. Asking twice is no mistake: the answer says what ended it first.")
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::management) struct Asked {
    /// What the audit and the person are told.
    #[serde(default)]
    reason: RequestedReason,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "SessionEnd")]
pub(in crate::management) struct Body {
    #[schemars(with = "HandleForm")]
    handle: Handle,
    /// How many sessions this call ended.
    ended: u64,
    reason: EndReason,
    #[schemars(with = "InstantForm")]
    ended_at: String,
}

pub(in crate::management) async fn end(
    State(management): State<Arc<Management>>,
    Extension(Actor(actor)): Extension<Actor>,
    reach: Reach,
    HandleInPath(handle): HandleInPath,
    Query(asked): Query<Asked>,
) -> Result<Answer<Body>, Problem> {
    let server = &management.server;
    let answer = |ended: u64, at: Instant, reason: EndReason| {
        Answer(Body {
            handle,
            ended,
            reason,
            ended_at: rfc3339(at),
        })
    };
    // What a session was made for never changes, so that it is in reach still when it is ended.
    reach.find(&server.engine, &handle).await?;
    let ended = server
        .engine
        .end(&Selector::Handle(handle), asked.reason.into(), &actor)
        .await?;
    if let Some(ended) = ended.first() {
        return Ok(answer(1, ended.at, ended.reason));
    }
    match server.engine.find(&handle).await?.map(|(_, standing)| standing) {
        Some(Standing::Ended { at, reason, .. }) => Ok(answer(0, at, reason)),
        Some(Standing::Live(_)) => Err(StoreError::Contended("a live session was not ended".to_owned()).into()),
        Some(Standing::Unknown) | None => Err(no_such_session()),
    }
}
