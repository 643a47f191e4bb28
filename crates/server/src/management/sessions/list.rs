//! `GET sessions`: live sessions in the order of their creation.

use std::sync::Arc;

use axum::extract::State;
use nightlatch_engine::Engine;
use nightlatch_store::token::Handle;
use nightlatch_store::{Filter, Page};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::View;
use crate::http::problem::Problem;
use crate::management::Management;
use crate::management::input::Query;
use crate::management::operation::{Group, Operation, get};
use crate::management::page::{Here, Listed, PageSize};
use crate::management::reach::Reach;
use crate::management::schema::HandleForm;
use crate::management::scope::Scope;

pub(in crate::management) fn operation() -> Operation {
    get("/api/v1/sessions", Scope::SessionsRead, list)
        .named(Group::Sessions, "listSessions", "List live sessions")
        .about("In the order of their creation. What is given must hold together; pages miss and repeat nothing.")
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::management) struct Asked {
    /// Of this person.
    subject: Option<Box<str>>,
    /// In this application.
    application: Option<Box<str>>,
    /// With this role.
    role: Option<Box<str>>,
    /// On this class of device.
    device: Option<Box<str>>,
    /// At most so many sessions. A page may have fewer: sessions end while it is read.
    #[serde(default)]
    limit: PageSize,
    /// Behind this session: the `next_after` of the page before.
    #[schemars(with = "Option<HandleForm>")]
    after: Option<Handle>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "SessionPage")]
pub(in crate::management) struct Body {
    sessions: Vec<View>,
    /// Where the next page starts; null on the last one.
    #[schemars(with = "Option<HandleForm>")]
    next_after: Option<Handle>,
}

pub(in crate::management) async fn list(
    State(management): State<Arc<Management>>,
    reach: Reach,
    here: Here,
    Query(asked): Query<Asked>,
) -> Result<Listed<Body>, Problem> {
    let Asked {
        subject,
        application,
        role,
        device,
        limit,
        after,
    } = asked;
    let filter = reach.narrow(Filter {
        subject,
        application,
        within: None,
        device,
        role,
    })?;
    page(&management.server.engine, &here, &filter, limit, after).await
}

pub(super) async fn page(
    engine: &Arc<Engine>,
    here: &Here,
    filter: &Filter,
    limit: PageSize,
    after: Option<Handle>,
) -> Result<Listed<Body>, Problem> {
    let asked = Page {
        after,
        limit: limit.and_one(),
    };
    let records = engine.list(filter, asked).await?;
    let page = &records[..records.len().min(limit.get())];
    let next_after = page
        .last()
        .filter(|_| records.len() > limit.get())
        .map(|last| last.handle);
    let sessions = page.iter().filter_map(|record| View::if_live(record, engine)).collect();
    Ok(here.list(Body { sessions, next_after }, next_after.as_ref()))
}
