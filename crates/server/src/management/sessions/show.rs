//! `GET sessions/{handle}`: one session, ended or not.

use std::sync::Arc;

use axum::extract::State;

use super::View;
use crate::http::problem::Problem;
use crate::management::Management;
use crate::management::input::{HandleInPath, no_such_session};
use crate::management::operation::{Answer, Group, Operation, get};
use crate::management::reach::Reach;
use crate::management::scope::Scope;

pub(in crate::management) fn operation() -> Operation {
    get("/api/v1/sessions/{handle}", Scope::SessionsRead, show)
        .named(Group::Sessions, "getSession", "Show one session")
        .about("Live or ended; one that ended is forgotten after seven days.")
}

pub(in crate::management) async fn show(
    State(management): State<Arc<Management>>,
    reach: Reach,
    HandleInPath(handle): HandleInPath,
) -> Result<Answer<View>, Problem> {
    let engine = &management.server.engine;
    let (record, standing) = reach.find(engine, &handle).await?;
    View::of(&record, &standing, engine)
        .map(Answer)
        .ok_or_else(no_such_session)
}
