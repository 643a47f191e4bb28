//! `POST applications`: an application that was not there before.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use serde_json::json;

use super::document::{Document, Written};
use super::id::ApplicationId;
use super::writing::{Current, REFUSALS, Writer};
use crate::http::problem::Problem;
use crate::management::Management;
use crate::management::admission::Actor;
use crate::management::input::{Json, impossible};
use crate::management::operation::{Created, Group, Operation, post};
use crate::management::refusal::Refusal;
use crate::management::scope::{Scope, Scopes};

pub(in crate::management) fn operation() -> Operation {
    post("/api/v1/applications", Scope::ApplicationsWrite, create)
        .named(Group::Applications, "createApplication", "Add an application")
        .about(
            "Sent twice it is refused the second time. Base values are written into the policy, which needs `policy:write` \
             as well; left out, the policy keeps those that it may have for the id.",
        )
        .refuses(REFUSALS)
        .refuses(&[Refusal::NameTaken])
        .sent_for_example(|| {
            json!({
                "id": "console",
                "name": "Console",
                "origins": ["https://console.example"],
                "logout_urls": ["https://console.example/bye"],
            })
        })
}

pub(in crate::management) async fn create(
    State(management): State<Arc<Management>>,
    Extension(Actor(actor)): Extension<Actor>,
    Extension(scopes): Extension<Scopes>,
    Json(written): Json<Written>,
) -> Result<Created<Document>, Problem> {
    let id = written
        .id
        .clone()
        .ok_or_else(|| impossible("id: it is missing".to_owned()))?;
    let engine = Arc::clone(&management.server.engine);
    engine
        .run_to_completion(move |engine| {
            Box::pin(async move {
                let current = Current::read(&management, engine, id).await?;
                if current.application.is_some() {
                    return Err(taken(&current.id));
                }
                let body = current.write(&Writer { actor, scopes }, written).await?;
                Ok(Created {
                    path: format!("/api/v1/applications/{}", body.id),
                    body,
                    replayed: false,
                })
            })
        })
        .await
}

fn taken(id: &ApplicationId) -> Problem {
    let detail = format!("There is an application `{}` already; take another id.", id.as_str());
    Refusal::NameTaken.because(detail)
}
