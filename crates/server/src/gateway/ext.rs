//! `auth/ext/…`: for Envoy, which asks with the method, the host and, behind the prefix, the path of the request itself.

use std::sync::Arc;

use axum::extract::{OriginalUri, State};
use axum::http::{HeaderMap, Method, Uri, header};
use axum::response::{IntoResponse as _, Response};

use super::decision::{Decision, Denial, decide};
use super::denial::{allow, location, problem, redirect};
use super::original::{Original, Unbelievable, only_one_of_a_kind};
use crate::http::request_kind::opens_page;
use crate::latch::Latch;

pub(super) async fn ask(
    State(latch): State<Arc<Latch>>,
    method: Method,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    let original = original(&latch, &method, &uri, &headers);
    answer(&latch, original, &headers).await
}

fn original<'a>(
    latch: &Latch,
    method: &'a Method,
    uri: &'a Uri,
    headers: &'a HeaderMap,
) -> Result<Original<'a>, Unbelievable> {
    let asked = uri.path_and_query().map_or("", |target| target.as_str());
    let target = asked
        .strip_prefix(&*latch.prefix)
        .and_then(|rest| rest.strip_prefix("/auth/ext"))
        .ok_or(Unbelievable::Address)?;
    let target = if target.is_empty() { "/" } else { target };
    Original::new(method.as_str(), only_one_of_a_kind(headers, &header::HOST)?, target)
}

/// The answer for a proxy that hands it on whole.
pub(super) async fn answer(
    latch: &Latch,
    original: Result<Original<'_>, Unbelievable>,
    headers: &HeaderMap,
) -> Response {
    match (decide(latch, &original, headers).await, &original) {
        (
            Decision::Allow {
                application, session, ..
            },
            _,
        ) => allow(application, &session),
        (Decision::Deny(Denial::Unauthenticated { place, why }), Ok(original)) if opens_page(headers) => {
            redirect(original, location(latch, original, place, why), why)
        }
        (Decision::Deny(denial), _) => problem(denial).into_response(),
    }
}
