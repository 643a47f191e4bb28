//! `POST extend`: the person says "stay signed in".

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use nightlatch_core::session::Event;

use super::standing::{SessionBody, after};
use crate::http::credential::required;
use crate::http::headers::json;
use crate::http::problem::Problem;
use crate::http::write::from_script;
use crate::latch::Latch;

pub(super) async fn post(State(latch): State<Arc<Latch>>, headers: HeaderMap) -> Result<Response, Problem> {
    let credential = required(&latch, &headers)?;
    from_script(latch.origins(), &headers, credential.bearer)?;
    let outcome = latch.engine.apply(&credential.digest, &Event::Extend).await?;
    Ok(json(&SessionBody::new(&latch, after(&latch, &outcome)?)))
}
