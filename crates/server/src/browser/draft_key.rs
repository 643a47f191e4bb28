//! `GET draft-key`: the key to what a page keeps for somebody on their own machine, such as a form that was not sent before
//! they were signed out. Not activity.
//!
//! It is the same in every session of a person and another one for everybody else, and it is told while they are signed in
//! and the session is open. So a draft waits for the person who wrote it, and is noise to the next one at the machine.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use nightlatch_engine::Snapshot;
use serde::Serialize;

use super::standing::unlocked;
use crate::http::credential::required;
use crate::http::headers::json;
use crate::http::problem::Problem;
use crate::http::write::read_from_script;
use crate::server_state::ServerState;

/// Another purpose makes other keys.
const PURPOSE: &str = "nightlatch draft key";

#[derive(Serialize)]
struct DraftKey<'a> {
    /// 256 bits as base64url without padding.
    key: String,
    subject: &'a str,
}

pub(super) async fn get(State(server): State<Arc<ServerState>>, headers: HeaderMap) -> Result<Response, Problem> {
    let credential = required(&server, &headers).await?;
    read_from_script(server.origins(), &headers)?;
    let standing = server.engine.status(&credential.digest).await?;
    let session = unlocked(&server, &standing)?;
    Ok(json(&DraftKey {
        key: key(&server, session),
        subject: &session.subject,
    }))
}

fn key(server: &ServerState, session: &Snapshot) -> String {
    let subject = &*session.subject;
    let about = match &session.facts.application {
        Some(application) => &[subject, application][..],
        None => &[subject],
    };
    URL_SAFE_NO_PAD.encode(*server.engine.secret().derive(PURPOSE, about))
}
