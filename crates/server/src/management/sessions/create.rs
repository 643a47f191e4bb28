//! `POST sessions`: an application's back end signs somebody in after its own authentication.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use nightlatch_core::duration::Limit;
use nightlatch_core::facts::Facts;
use nightlatch_engine::{Admission, Authentication, NewSession};
use nightlatch_store::token::Handle;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::HandedOver;
use super::full::full;
use super::too_old::{passed, too_old};
use crate::http::problem::Problem;
use crate::management::Management;
use crate::management::admission::Actor;
use crate::management::at_most::AtMost;
use crate::management::input::{AuthTime, Claimed, NotAfter, key_reused};
use crate::management::name::{Method, Name};
use crate::management::operation::{Created, Group, Operation, post};
use crate::management::reach::Reach;
use crate::management::refusal::Refusal;
use crate::management::schema::HandleForm;
use crate::management::scope::Scope;

pub(in crate::management) fn operation() -> Operation {
    post("/api/v1/sessions", Scope::SessionsCreate, create)
        .named(Group::Sessions, "createSession", "Create a session")
        .about(
            "For the back end of an application, after it has authenticated somebody. Hand `set_cookie` on to the browser; \
             the token is told this one time. Repeated with the same `Idempotency-Key`, the answer is about the same \
             session and has a new token; the old one stops working. A person with as many sessions as the policy allows is \
             refused as `too-many-sessions`, with the members `limit`, `on_max_sessions` and `sessions`; where that says \
             `ask`, send it again with `ending`.",
        )
        .refuses(&[Refusal::TooManySessions, Refusal::SessionEnded, Refusal::AuthenticationTooOld])
        .sent_for_example(|| json!({ "subject": "ada", "application": "console", "roles": ["staff"], "amr": ["pwd"] }))
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewSession")]
pub(in crate::management) struct Body {
    /// Who has authenticated.
    subject: Name,
    /// Where they signed in.
    application: Option<Name>,
    /// The class of device, for rules that match on it.
    device: Option<Name>,
    #[serde(default)]
    roles: AtMost<64, Name>,
    /// How they authenticated (RFC 8176 names).
    #[serde(default)]
    amr: AtMost<64, Method>,
    /// When they authenticated; now when left out. As much ahead of the clock of this server as
    /// `management.auth_time_leeway` it is now, too. Not longer ago than the absolute limit of the session.
    auth_time: Option<AuthTime>,
    /// Until when the session may last, as whoever authenticated them says: it ends there as `upstream`, unless a limit of the
    /// policy ends it before.
    not_after: Option<NotAfter>,
    /// The idle limit the person has picked.
    choice: Option<Limit>,
    /// Sessions of the same person to end where there is no room, and the policy leaves the choice to them.
    #[serde(default)]
    #[schemars(with = "Vec<HandleForm>")]
    ending: Vec<Handle>,
}

pub(in crate::management) async fn create(
    State(management): State<Arc<Management>>,
    Extension(Actor(actor)): Extension<Actor>,
    reach: Reach,
    Claimed { body, claim }: Claimed<Body>,
) -> Result<Created<HandedOver>, Problem> {
    let server = &management.server;
    let now = server.engine.clock().now();
    let told = body
        .auth_time
        .map_or(Ok(None), |told| told.by(now, server.auth_time_leeway));
    let facts = Facts {
        application: reach.application(body.application.map(Name::into_inner))?,
        device: body.device.map(Name::into_inner),
        roles: body.roles.into_inner(),
    };
    let new = NewSession {
        subject: body.subject.into_inner(),
        facts,
        choice: body.choice,
        amr: body.amr.into_inner(),
        authentication: Authentication {
            at: told?,
            not_after: body.not_after.map(|told| told.by(now)).transpose()?,
        },
        ending: reach.among(&server.engine, body.ending).await?,
        claim,
        actor,
    };
    let (signed_in, replayed) = match server.engine.create(new).await? {
        Admission::SignedIn(signed_in) => {
            server.metrics.created.inc();
            (signed_in, false)
        }
        Admission::Again(signed_in) => (signed_in, true),
        Admission::Full { limit, sessions } => return Err(full(&server.engine, &reach, &limit, &sessions)),
        Admission::Taken => return Err(key_reused()),
        Admission::Over => return Err(over()),
        Admission::TooOld { age, absolute } => return Err(too_old(age, absolute)),
        Admission::Passed { age } => return Err(passed(age)),
    };
    Ok(Created {
        path: format!("/api/v1/sessions/{}", signed_in.handle),
        body: HandedOver::new(&signed_in, &server.cookie),
        replayed,
    })
}

fn over() -> Problem {
    Refusal::SessionEnded.because(
        "The session that this request made has ended and does not live again. Create another with another \
         `Idempotency-Key`.",
    )
}
