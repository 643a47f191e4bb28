//! `GET keys`: every key by name, without anything that could be presented.

use std::sync::Arc;

use axum::extract::State;
use nightlatch_store::ApiKey;
use schemars::JsonSchema;
use serde::Serialize;

use crate::http::problem::Problem;
use crate::management::Management;
use crate::management::operation::{Answer, Group, Operation, get};
use crate::management::rfc3339::rfc3339;
use crate::management::schema::InstantForm;
use crate::management::scope::{Scope, Scopes};

pub(in crate::management) fn operation() -> Operation {
    get("/api/v1/keys", Scope::KeysRead, list)
        .named(Group::Keys, "listKeys", "List the keys")
        .about("By name. Secrets are told once, when a key is made, and kept by nobody.")
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Keys")]
pub(in crate::management) struct Body {
    keys: Vec<View>,
}

/// A key, but for its secret.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Key")]
struct View {
    name: Box<str>,
    #[schemars(with = "InstantForm")]
    created_at: String,
    /// What it may do.
    #[schemars(with = "Vec<Scope>")]
    scopes: Scopes,
    /// The applications whose sessions it reaches; all sessions where it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    applications: Option<Vec<Box<str>>>,
}

pub(in crate::management) async fn list(State(management): State<Arc<Management>>) -> Result<Answer<Body>, Problem> {
    let keys = management.server.engine.api_keys().await?;
    Ok(Answer(Body {
        keys: keys.into_iter().map(View::from).collect(),
    }))
}

impl From<ApiKey> for View {
    fn from(key: ApiKey) -> Self {
        Self {
            created_at: rfc3339(key.created),
            scopes: Scopes::of_words(&key.scopes),
            applications: key.applications,
            name: key.name,
        }
    }
}
