//! `POST sessions/end`: ends everything a selector means, or says how much that would be.

use std::borrow::Cow;
use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use nightlatch_store::{Filter, Selector};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::http::problem::Problem;
use crate::management::Management;
use crate::management::admission::Actor;
use crate::management::input::{Json, RequestedReason};
use crate::management::operation::{Answer, Group, Operation, post};
use crate::management::reach::Reach;
use crate::management::scope::Scope;
use crate::management::text::Text;

pub(in crate::management) fn operation() -> Operation {
    post("/api/v1/sessions/end", Scope::SessionsEnd, end_matching)
        .named(
            Group::Sessions,
            "endSessions",
            "End every session that a selector means",
        )
        .about("With `dry_run` nothing ends, and the answer says how many sessions are meant.")
        .sent_for_example(|| json!({ "selector": { "role": "contractor" }, "dry_run": true }))
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SessionsToEnd")]
pub(in crate::management) struct Body {
    selector: Meant,
    /// What the audit and the people are told.
    #[serde(default)]
    reason: RequestedReason,
    /// Only count them.
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
            within: None,
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

impl JsonSchema for Meant {
    fn schema_name() -> Cow<'static, str> {
        "Selector".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let name = generator.subschema_for::<Option<Text>>();
        let given = ["subject", "application", "role", "device"];
        let one_of_them = given.map(|key| json!({ "required": [key], "properties": { key: { "type": "string" } } }));
        json_schema!({
            "description": "What is given must hold together. Every session is meant with `all` alone.",
            "anyOf": [
                {
                    "title": "those that match",
                    "type": "object",
                    "properties": {
                        "subject": name, "application": name, "role": name, "device": name,
                        "all": { "const": false },
                    },
                    "additionalProperties": false,
                    "anyOf": one_of_them,
                },
                {
                    "title": "all",
                    "type": "object",
                    "properties": {
                        "all": { "const": true },
                        "subject": { "type": "null" }, "application": { "type": "null" },
                        "role": { "type": "null" }, "device": { "type": "null" },
                    },
                    "required": ["all"],
                    "additionalProperties": false,
                },
            ],
        })
    }
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "SessionsEnd")]
pub(in crate::management) struct Outcome {
    /// How many sessions the selector means.
    matched: u64,
    /// How many of them this call ended.
    ended: u64,
    dry_run: bool,
}

pub(in crate::management) async fn end_matching(
    State(management): State<Arc<Management>>,
    Extension(Actor(actor)): Extension<Actor>,
    reach: Reach,
    Json(body): Json<Body>,
) -> Result<Answer<Outcome>, Problem> {
    let server = &management.server;
    let Meant(filter) = body.selector;
    let filter = reach.narrow(filter)?;
    let matched = server.engine.count(&filter).await?;
    let mut answer = Outcome {
        matched,
        ended: 0,
        dry_run: body.dry_run,
    };
    if !body.dry_run {
        let reason = body.reason.into();
        answer.ended = server
            .engine
            .end(&Selector::Matching(filter), reason, &actor)
            .await?
            .len() as u64;
        // Some may have begun since they were counted.
        answer.matched = matched.max(answer.ended);
    }
    Ok(Answer(answer))
}
