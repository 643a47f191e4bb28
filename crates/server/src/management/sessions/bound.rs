//! `PUT sessions/{handle}/not-after`: whoever authenticated the person says anew until when the session may last.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use nightlatch_engine::Standing;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::View;
use super::ended::has_ended;
use crate::http::problem::Problem;
use crate::management::Management;
use crate::management::admission::Actor;
use crate::management::input::{Bound, HandleInPath, Json, no_such_session};
use crate::management::operation::{Answer, Group, Operation, put};
use crate::management::reach::Reach;
use crate::management::refusal::Refusal;
use crate::management::scope::Scope;

pub(in crate::management) fn operation() -> Operation {
    put(
        "/api/v1/sessions/{handle}/not-after",
        Scope::SessionsCreate,
        bound,
    )
    .named(Group::Sessions, "boundSession", "Say until when a session may last")
    .about(
        "For whoever authenticated the person, such as an identity provider whose own session ends. The session ends there \
         as `upstream`, unless a limit of the policy ends it before. An instant that has passed ends it now; null lifts the \
         bound.",
    )
    .refuses(&[Refusal::SessionEnded])
    .sent_for_example(|| json!({ "not_after": 4_102_444_800_u64 }))
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SessionBound")]
pub(in crate::management) struct Body {
    /// Until when the session may last; null for as long as the policy lets it.
    not_after: Bound,
}

pub(in crate::management) async fn bound(
    State(management): State<Arc<Management>>,
    Extension(Actor(actor)): Extension<Actor>,
    reach: Reach,
    HandleInPath(handle): HandleInPath,
    Json(body): Json<Body>,
) -> Result<Answer<View>, Problem> {
    let engine = &management.server.engine;
    let not_after = body.not_after.by(engine.clock().now())?;
    let (record, standing) = reach.find(engine, &handle).await?;
    if let Standing::Ended { reason, .. } = standing {
        return Err(has_ended(reason.as_str()));
    }
    engine.bound(&record.digest, not_after, &actor).await?;
    let (record, standing) = reach.find(engine, &handle).await?;
    View::of(&record, &standing, engine)
        .map(Answer)
        .ok_or_else(no_such_session)
}
