//! `subjects/{subject}/sessions`: `GET` lists the sessions of one person, `DELETE` ends them.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use nightlatch_store::token::Handle;
use nightlatch_store::{Filter, Selector};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::list::{self, page};
use crate::http::problem::Problem;
use crate::management::Management;
use crate::management::admission::Actor;
use crate::management::input::{Query, RequestedReason, SubjectInPath};
use crate::management::operation::{Answer, Group, Operation, delete, get};
use crate::management::page::{Here, Listed, PageSize};
use crate::management::reach::Reach;
use crate::management::schema::HandleForm;
use crate::management::scope::Scope;

pub(in crate::management) fn listing() -> Operation {
    get("/api/v1/subjects/{subject}/sessions", Scope::SessionsRead, list)
        .named(
            Group::Subjects,
            "listSessionsOfSubject",
            "List the live sessions of one person",
        )
        .about("In the order of their creation.")
}

pub(in crate::management) fn ending() -> Operation {
    delete("/api/v1/subjects/{subject}/sessions", Scope::SessionsEnd, end)
        .named(
            Group::Subjects,
            "endSessionsOfSubject",
            "End all sessions of one person",
        )
        .about("Acts in every tab within a second.")
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::management) struct AskedToList {
    /// At most so many sessions. A page may have fewer: sessions end while it is read.
    #[serde(default)]
    limit: PageSize,
    /// Behind this session: the `next_after` of the page before.
    #[schemars(with = "Option<HandleForm>")]
    after: Option<Handle>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::management) struct AskedToEnd {
    /// What the audit and the person are told.
    #[serde(default)]
    reason: RequestedReason,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "SessionsOfSubjectEnd")]
pub(in crate::management) struct Body {
    /// How many sessions this call ended.
    ended: u64,
}

pub(in crate::management) async fn list(
    State(management): State<Arc<Management>>,
    reach: Reach,
    here: Here,
    SubjectInPath(subject): SubjectInPath,
    Query(asked): Query<AskedToList>,
) -> Result<Listed<list::Body>, Problem> {
    let filter = reach.narrow(of(subject))?;
    page(&management.server.engine, &here, &filter, asked.limit, asked.after).await
}

pub(in crate::management) async fn end(
    State(management): State<Arc<Management>>,
    Extension(Actor(actor)): Extension<Actor>,
    reach: Reach,
    SubjectInPath(subject): SubjectInPath,
    Query(asked): Query<AskedToEnd>,
) -> Result<Answer<Body>, Problem> {
    let server = &management.server;
    let reason = asked.reason.into();
    let ended = server
        .engine
        .end(&Selector::Matching(reach.narrow(of(subject))?), reason, &actor)
        .await?
        .len() as u64;
    Ok(Answer(Body { ended }))
}

fn of(subject: Box<str>) -> Filter {
    Filter {
        subject: Some(subject),
        ..Filter::default()
    }
}
