//! `POST sessions/{handle}/reauthenticate`: somebody has authenticated again in the browser of a session.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use nightlatch_core::session::EndReason;
use nightlatch_engine::{Authentication, Reauthentication, Standing};
use nightlatch_store::Selector;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::HandedOver;
use super::ended::has_ended;
use super::too_old::{outdated_by, passed, too_old};
use crate::http::problem::Problem;
use crate::management::Management;
use crate::management::admission::Actor;
use crate::management::input::{AuthTime, HandleInPath, Json, NotAfter, no_such_session};
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
         ends as `superseded`. With `auth_time` the absolute limit starts there; an authentication that is older than the \
         one the session knows, or than its lock, is refused and changes nothing. `not_after` says until when the session may \
         last from now on; left out, nobody says so any more.",
    )
    .refuses(&[
        Refusal::SessionEnded,
        Refusal::OtherSubject,
        Refusal::AuthenticationTooOld,
    ])
    .sent_for_example(|| json!({ "subject": "ada" }))
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Reauthentication")]
pub(in crate::management) struct Body {
    /// Who has authenticated.
    subject: Text,
    /// When they authenticated; now when left out. As much ahead of the clock of this server as
    /// `management.auth_time_leeway` it is now, too. Not before the authentication that the session knows, nor before its
    /// lock.
    auth_time: Option<AuthTime>,
    /// Until when the session may last from now on, as whoever authenticated them says; what was said before is forgotten.
    not_after: Option<NotAfter>,
}

pub(in crate::management) async fn reauthenticate(
    State(management): State<Arc<Management>>,
    Extension(Actor(actor)): Extension<Actor>,
    reach: Reach,
    HandleInPath(handle): HandleInPath,
    Json(body): Json<Body>,
) -> Result<Answer<HandedOver>, Problem> {
    let server = &management.server;
    let now = server.engine.clock().now();
    let told = body
        .auth_time
        .map_or(Ok(None), |told| told.by(now, server.auth_time_leeway))?;
    let not_after = body.not_after.map(|told| told.by(now)).transpose()?;
    let (record, standing) = reach.find(&server.engine, &handle).await?;
    let session = match standing {
        Standing::Live(session) => session,
        Standing::Ended { reason, .. } => return Err(has_ended(reason.as_str())),
        Standing::Unknown => return Err(no_such_session()),
    };
    if record.subject.as_ref() != body.subject.as_str() {
        let meant = Selector::Handle(handle);
        server.engine.end(&meant, EndReason::Superseded, &actor).await?;
        return Err(other_subject());
    }
    let authentication = Authentication { at: told, not_after };
    match server
        .engine
        .reauthenticate(&record.digest, authentication, &actor)
        .await?
    {
        Reauthentication::SignedIn(signed_in) => Ok(Answer(HandedOver::new(&signed_in, &server.cookie))),
        Reauthentication::Outdated(outdated) => {
            let age = now.since(told.unwrap_or(now));
            let absolute = session.limits.absolute.limit.span();
            Err(match absolute.filter(|absolute| age >= *absolute) {
                Some(absolute) => too_old(age, absolute),
                None => outdated_by(age, outdated, now),
            })
        }
        Reauthentication::Passed(age) => Err(passed(age)),
        Reauthentication::Over => Err(has_ended("meanwhile")),
    }
}

fn other_subject() -> Problem {
    Refusal::OtherSubject
        .because("Somebody else has authenticated over this session, so it has ended (superseded). Create a new one.")
}
