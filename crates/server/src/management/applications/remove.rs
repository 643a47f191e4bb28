//! `DELETE applications/{id}`: its sessions go on, under what the policy says of everybody.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;

use super::id::ApplicationInPath;
use super::no_such_application;
use super::writing::{Current, REFUSALS, Writer};
use crate::http::problem::Problem;
use crate::management::Management;
use crate::management::admission::Actor;
use crate::management::entity_tag::Preconditions;
use crate::management::operation::{Group, NoContent, Operation, delete};
use crate::management::refusal::Refusal;
use crate::management::scope::{Scope, Scopes};

pub(in crate::management) fn operation() -> Operation {
    delete("/api/v1/applications/{id}", Scope::ApplicationsWrite, remove)
        .named(Group::Applications, "removeApplication", "Remove an application")
        .about(
            "Its sessions go on. Where the server owns the policy the application's base values go with it; where a file \
             does they stay, as they are written there.",
        )
        .refuses(REFUSALS)
        .refuses(&[Refusal::NotFound])
}

pub(in crate::management) async fn remove(
    State(management): State<Arc<Management>>,
    Extension(Actor(actor)): Extension<Actor>,
    Extension(scopes): Extension<Scopes>,
    ApplicationInPath(id): ApplicationInPath,
    preconditions: Preconditions,
) -> Result<NoContent, Problem> {
    let engine = Arc::clone(&management.server.engine);
    engine
        .run_to_completion(move |engine| {
            Box::pin(async move {
                let current = Current::read(&management, engine, id).await?;
                if current.application.is_none() {
                    return Err(no_such_application());
                }
                current.hold(&preconditions)?;
                current.remove(&Writer { actor, scopes }).await?;
                Ok(NoContent)
            })
        })
        .await
}
