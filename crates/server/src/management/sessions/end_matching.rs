//! `POST sessions/end`: ends everything a selector means, or says how much that would be.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use nightlatch_engine::store::{Filter, Selector};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::http::headers::json;
use crate::http::problem::Problem;
use crate::management::Management;
use crate::management::admission::Actor;
use crate::management::input::{Json, RequestedReason};
use crate::management::text::Text;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::management) struct Body {
    selector: Meant,
    #[serde(default)]
    reason: RequestedReason,
    #[serde(default)]
    dry_run: bool,
}

/// Which sessions are meant. Every session is meant on purpose or not at all, so nothing given means nothing.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Map<String, Value>")]
struct Meant(Filter);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MeantDocument {
    subject: Option<Text>,
    application: Option<Text>,
    role: Option<Text>,
    device: Option<Text>,
    #[serde(default)]
    all: bool,
}

impl TryFrom<Map<String, Value>> for Meant {
    type Error = String;

    fn try_from(selector: Map<String, Value>) -> Result<Self, String> {
        let document = serde_path_to_error::deserialize(Value::Object(selector));
        let document: MeantDocument = document.map_err(|error| error.to_string())?;
        let filter = Filter {
            subject: document.subject.map(Text::into_inner),
            application: document.application.map(Text::into_inner),
            device: document.device.map(Text::into_inner),
            role: document.role.map(Text::into_inner),
        };
        match (document.all, filter == Filter::default()) {
            (false, false) | (true, true) => Ok(Self(filter)),
            (false, true) => Err("name a subject, application, role or device, or send `\"all\": true`".to_owned()),
            (true, false) => Err("`all` stands alone; leave it out to end those that match".to_owned()),
        }
    }
}

#[derive(Debug, Serialize)]
struct Answer {
    matched: u64,
    ended: u64,
    dry_run: bool,
}

pub(in crate::management) async fn end_matching(
    State(management): State<Arc<Management>>,
    Extension(Actor(actor)): Extension<Actor>,
    Json(body): Json<Body>,
) -> Result<Response, Problem> {
    let latch = &management.latch;
    let Meant(filter) = body.selector;
    let matched = latch.engine.count(&filter).await?;
    let mut answer = Answer {
        matched,
        ended: 0,
        dry_run: body.dry_run,
    };
    if !body.dry_run {
        let reason = body.reason.into();
        answer.ended = latch
            .engine
            .end(&Selector::Matching(filter), reason, &actor)
            .await?
            .len() as u64;
        latch.metrics.ended(reason, answer.ended);
        // Some may have begun since they were counted.
        answer.matched = matched.max(answer.ended);
    }
    Ok(json(&answer))
}
