//! `POST sessions/{handle}/reauthenticate`: somebody has authenticated again in the browser of a session.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use nightlatch_core::session::EndReason;
use nightlatch_engine::Standing;
use nightlatch_engine::store::Selector;
use serde::Deserialize;

use super::HandedOver;
use crate::http::headers::json;
use crate::http::problem::Problem;
use crate::management::Management;
use crate::management::admission::Actor;
use crate::management::input::{HandleInPath, Json, no_such_session};
use crate::management::text::Text;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::management) struct Body {
    subject: Text,
}

pub(in crate::management) async fn reauthenticate(
    State(management): State<Arc<Management>>,
    Extension(Actor(actor)): Extension<Actor>,
    HandleInPath(handle): HandleInPath,
    Json(body): Json<Body>,
) -> Result<Response, Problem> {
    let latch = &management.latch;
    let (record, standing) = latch.engine.find(&handle).await?.ok_or_else(no_such_session)?;
    match standing {
        Standing::Live(_) => {}
        Standing::Ended { reason, .. } => return Err(over(reason.as_str())),
        Standing::Unknown => return Err(no_such_session()),
    }
    if record.subject.as_ref() != body.subject.as_str() {
        let ended = latch
            .engine
            .end(&Selector::Handle(handle), EndReason::Superseded, &actor)
            .await?;
        latch.metrics.ended(EndReason::Superseded, ended.len() as u64);
        return Err(other_subject());
    }
    match latch.engine.reauthenticate(&record.digest, &actor).await? {
        Some(signed_in) => Ok(json(&HandedOver::new(&signed_in, &latch.cookie))),
        None => Err(over("meanwhile")),
    }
}

fn over(reason: &str) -> Problem {
    let detail = format!("The session has ended ({reason}) and does not live again. Create a new one.");
    Problem::new(StatusCode::CONFLICT, "session-ended", "The session has ended", detail)
}

fn other_subject() -> Problem {
    let detail = "Somebody else has authenticated over this session, so it has ended (superseded). Create a new one.";
    Problem::new(
        StatusCode::CONFLICT,
        "other-subject",
        "The session belongs to somebody else",
        detail,
    )
}
