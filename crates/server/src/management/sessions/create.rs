//! `POST sessions`: an application's back end signs somebody in after its own authentication.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use nightlatch_core::duration::Limit;
use nightlatch_core::facts::Facts;
use nightlatch_core::time::{Instant, Span};
use nightlatch_engine::NewSession;
use serde::Deserialize;

use super::HandedOver;
use crate::http::headers::json;
use crate::http::problem::Problem;
use crate::management::Management;
use crate::management::admission::Actor;
use crate::management::input::{Json, impossible};
use crate::management::text::{Text, Texts};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::management) struct Body {
    subject: Text,
    application: Option<Text>,
    device: Option<Text>,
    #[serde(default)]
    roles: Texts,
    #[serde(default)]
    amr: Texts,
    /// Seconds since the epoch, as in an ID token.
    auth_time: Option<u64>,
    choice: Option<Limit>,
}

pub(in crate::management) async fn create(
    State(management): State<Arc<Management>>,
    Extension(Actor(actor)): Extension<Actor>,
    Json(body): Json<Body>,
) -> Result<Response, Problem> {
    let latch = &management.latch;
    let authenticated = body
        .auth_time
        .map(|seconds| Instant::default() + Span::from_secs(seconds));
    if authenticated.is_some_and(|at| at > latch.engine.clock().now()) {
        return Err(impossible(
            "auth_time: it lies in the future; send seconds since the epoch".to_owned(),
        ));
    }
    let facts = Facts {
        application: body.application.map(Text::into_inner),
        device: body.device.map(Text::into_inner),
        roles: body.roles.into_inner(),
    };
    let new = NewSession {
        subject: body.subject.into_inner(),
        facts,
        choice: body.choice,
        amr: body.amr.into_inner(),
        authenticated,
        ending: Vec::new(),
        claim: None,
        actor,
    };
    let signed_in = latch.engine.create(new).await?.signed_in();
    let signed_in = signed_in.ok_or_else(|| impossible("there is no room".to_owned()))?;
    latch.metrics.created.inc();
    let mut response = json(&HandedOver::new(&signed_in, &latch.cookie));
    *response.status_mut() = StatusCode::CREATED;
    if let Ok(location) = HeaderValue::try_from(format!("/api/v1/sessions/{}", signed_in.handle)) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}
