//! The answer to the question of a proxy, as one hands it on that hands it on whole.

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use nightlatch_engine::Snapshot;

use super::decision::{Decision, Denial, decide};
use super::denial::{location, problem, redirect};
use super::identity;
use super::original::{Original, Unbelievable};
use crate::http::request_kind::opens_page;
use crate::latch::Latch;

/// The one answer that lets pass: 200, empty, with all identity headers.
pub(crate) fn allow(application: Option<&str>, session: &Snapshot) -> Response {
    allowed(|headers| identity::tell(headers, session, application))
}

/// The same for what everybody may see: it is nobody's.
pub(super) fn allow_everybody() -> Response {
    allowed(identity::tell_nobody)
}

fn allowed(tell: impl FnOnce(&mut HeaderMap)) -> Response {
    let mut response = Response::default();
    let headers = response.headers_mut();
    headers.reserve(12);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    tell(headers);
    response
}

/// Who opens a page is sent on, others get a problem.
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
        (Decision::Open { .. }, _) => allow_everybody(),
        (Decision::Deny(Denial::Unauthenticated { place, why }), Ok(original)) if opens_page(headers) => redirect(
            original,
            location(latch, original, headers.get(header::REFERER), place, why),
            why,
        ),
        (Decision::Deny(denial), _) => problem(denial).into_response(),
    }
}
