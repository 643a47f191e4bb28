//! `POST sessions/{handle}/reauthenticate`: somebody has authenticated again in the browser of a session.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use nightlatch_core::session::EndReason;
use nightlatch_engine::Standing;
use nightlatch_engine::store::Selector;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::HandedOver;
use crate::http::problem::Problem;
use crate::management::Management;
use crate::management::admission::Actor;
use crate::management::input::{HandleInPath, Json, no_such_session};
use crate::management::operation::{Answer, Group, Operation, post};
use crate::management::reach::Reach;
use crate::management::refusal::Refusal;
use crate::management::scope::Scope;
use crate::management::text::Text;

pub(in crate::management) fn operation() -> Operation {
    post(
        "/api/v1/sessions/{handle}/reauthenticate",
        Scope::SessionsCreate,
        reauthenticate,
    )
    .named(Group::Sessions, "reauthenticateSession", "Tell that somebody has authenticated again")
    .about(
        "Both limits start again, a lock opens, and the session has a new token. Where it was somebody else, the session \
         ends as `superseded`.",
    )
    .refuses(&[Refusal::SessionEnded, Refusal::OtherSubject])
    .sent_for_example(|| json!({ "subject": "ada" }))
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Reauthentication")]
pub(in crate::management) struct Body {
    /// Who has authenticated.
    subject: Text,
}

pub(in crate::management) async fn reauthenticate(
    State(management): State<Arc<Management>>,
    Extension(Actor(actor)): Extension<Actor>,
    reach: Reach,
    HandleInPath(handle): HandleInPath,
    Json(body): Json<Body>,
) -> Result<Answer<HandedOver>, Problem> {
    let latch = &management.latch;
    let (record, standing) = reach.find(&latch.engine, &handle).await?;
    match standing {
        Standing::Live(_) => {}
        Standing::Ended { reason, .. } => return Err(over(reason.as_str())),
        Standing::Unknown => return Err(no_such_session()),
    }
    if record.subject.as_ref() != body.subject.as_str() {
        let meant = Selector::Handle(handle);
        latch.engine.end(&meant, EndReason::Superseded, &actor).await?;
        return Err(other_subject());
    }
    match latch.engine.reauthenticate(&record.digest, &actor).await? {
        Some(signed_in) => Ok(Answer(HandedOver::new(&signed_in, &latch.cookie))),
        None => Err(over("meanwhile")),
    }
}

fn over(reason: &str) -> Problem {
    Refusal::SessionEnded.because(format!(
        "The session has ended ({reason}) and does not live again. Create a new one."
    ))
}

fn other_subject() -> Problem {
    Refusal::OtherSubject
        .because("Somebody else has authenticated over this session, so it has ended (superseded). Create a new one.")
}
