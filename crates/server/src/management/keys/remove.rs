//! `DELETE keys/{name}`: a key works no more.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use nightlatch_engine::Uncancelled;
use nightlatch_store::Removed;

use super::KeyName;
use super::name::{KeyInPath, no_such_key};
use super::revoked;
use crate::http::problem::Problem;
use crate::management::Management;
use crate::management::admission::Actor;
use crate::management::operation::{Group, NoContent, Operation, delete};
use crate::management::refusal::Refusal;
use crate::management::scope::Scope;

pub(in crate::management) fn operation() -> Operation {
    delete("/api/v1/keys/{name}", Scope::KeysWrite, remove)
        .named(Group::Keys, "revokeKey", "Revoke a key")
        .about("It is refused within a second. The last key that can make others stays.")
        .refuses(&[Refusal::LastKey])
}

pub(in crate::management) async fn remove(
    State(management): State<Arc<Management>>,
    Extension(Actor(actor)): Extension<Actor>,
    KeyInPath(name): KeyInPath,
) -> Result<NoContent, Problem> {
    let engine = Arc::clone(&management.server.engine);
    engine
        .run_to_completion(move |engine| Box::pin(async move { revoke(&management, engine, &name, &actor).await }))
        .await
}

async fn revoke(
    management: &Management,
    engine: &Uncancelled,
    name: &KeyName,
    actor: &str,
) -> Result<NoContent, Problem> {
    let audit = revoked(name.as_str(), engine.clock().now(), actor);
    let makes_others = Scope::KeysWrite.granted_by();
    match engine.remove_api_key(name.as_str(), &makes_others, audit).await? {
        Removed::Removed => {
            management.keys.forget().await;
            Ok(NoContent)
        }
        Removed::Missing => Err(no_such_key()),
        Removed::Last => {
            let detail = "It is the last key with the scope `keys:write`; make another one first.";
            Err(Refusal::LastKey.because(detail))
        }
    }
}
