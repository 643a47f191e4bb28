//! `PUT` and `PATCH applications/{id}`: the whole document, or a part of it.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::document::{Document, Written};
use super::id::ApplicationInPath;
use super::no_such_application;
use super::writing::{Current, REFUSALS, Writer};
use crate::http::problem::Problem;
use crate::management::Management;
use crate::management::admission::Actor;
use crate::management::entity_tag::{Preconditions, Tagged, tag_in_answer};
use crate::management::input::Json;
use crate::management::merge_patch::MergePatch;
use crate::management::operation::{Group, Operation, OperationDescription, Output, patch, put};
use crate::management::refusal::Refusal;
use crate::management::scope::{Scope, Scopes};

pub(in crate::management) fn replacing() -> Operation {
    put("/api/v1/applications/{id}", Scope::ApplicationsWrite, replace)
        .named(Group::Applications, "putApplication", "Write an application")
        .about(
            "Adds it or replaces it. What is written already changes nothing. A change of `base` makes a revision of the \
             policy and needs `policy:write` as well; left out, it stays as it is.",
        )
        .refuses(REFUSALS)
        .sent_for_example(|| json!({ "name": "Console", "origins": ["https://console.example"], "base": { "idle": "15m" } }))
}

pub(in crate::management) fn patching() -> Operation {
    patch("/api/v1/applications/{id}", Scope::ApplicationsWrite, change)
        .named(
            Group::Applications,
            "patchApplication",
            "Change a part of an application",
        )
        .about(
            "A JSON Merge Patch (RFC 7396): keys that are not sent stay, `null` removes a key, a list is replaced as a \
             whole.",
        )
        .refuses(REFUSALS)
        .refuses(&[Refusal::NotFound])
        .sent_for_example(|| json!({ "base": { "idle": "15m" } }))
}

/// 200, or 201 where it was not there before.
pub(in crate::management) struct Put {
    tagged: Tagged<Document>,
    /// Its path, if it is new.
    new: Option<String>,
}

impl Output for Put {
    fn description(description: &mut OperationDescription<'_>) {
        let tag = tag_in_answer();
        description.answer::<Document>(StatusCode::OK, &json!({ "ETag": tag }));
        let location = json!({ "required": true, "schema": { "type": "string", "format": "uri-reference" } });
        description.answer::<Document>(StatusCode::CREATED, &json!({ "ETag": tag, "Location": location }));
    }
}

impl IntoResponse for Put {
    fn into_response(self) -> Response {
        let mut response = self.tagged.into_response();
        if let Some(path) = self.new.and_then(|path| HeaderValue::try_from(path).ok()) {
            *response.status_mut() = StatusCode::CREATED;
            response.headers_mut().insert(header::LOCATION, path);
        }
        response
    }
}

pub(in crate::management) async fn replace(
    State(management): State<Arc<Management>>,
    Extension(Actor(actor)): Extension<Actor>,
    Extension(scopes): Extension<Scopes>,
    ApplicationInPath(id): ApplicationInPath,
    preconditions: Preconditions,
    Json(written): Json<Written>,
) -> Result<Put, Problem> {
    let engine = Arc::clone(&management.server.engine);
    engine
        .run_to_completion(move |engine| {
            Box::pin(async move {
                let current = Current::read(&management, engine, id).await?;
                current.hold(&preconditions)?;
                let is_new = current.application.is_none();
                let document = current.write(&Writer { actor, scopes }, written).await?;
                Ok(Put {
                    new: is_new.then(|| format!("/api/v1/applications/{}", document.id)),
                    tagged: Tagged::written(document),
                })
            })
        })
        .await
}

pub(in crate::management) async fn change(
    State(management): State<Arc<Management>>,
    Extension(Actor(actor)): Extension<Actor>,
    Extension(scopes): Extension<Scopes>,
    ApplicationInPath(id): ApplicationInPath,
    preconditions: Preconditions,
    patch: MergePatch,
) -> Result<Tagged<Document>, Problem> {
    let engine = Arc::clone(&management.server.engine);
    engine
        .run_to_completion(move |engine| {
            Box::pin(async move {
                let current = Current::read(&management, engine, id).await?;
                let before = current.document().ok_or_else(no_such_application)?;
                current.hold(&preconditions)?;
                let before = serde_json::to_value(before).unwrap_or(Value::Null);
                let mut written = Written::read(patch.apply(before))?;
                // The whole document was there to be patched: what is not in it any more was removed.
                written.base.get_or_insert_default();
                let document = current.write(&Writer { actor, scopes }, written).await?;
                Ok(Tagged::written(document))
            })
        })
        .await
}
