//! The answer to the question of a proxy, as one hands it on that hands it on whole.

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use nightlatch_engine::Snapshot;

use super::decision::{Decision, Denial, decide};
use super::denial::{location, problem, redirect};
use super::identity;
use super::original::{Original, Unbelievable};
use crate::http::application_headers;
use crate::http::request_kind::opens_page;
use crate::server_state::ServerState;

/// The one answer that lets pass: 200, empty, with all identity headers, and with what the application may get of the two
/// headers that may name a session. Where the client sent one of those it is always there, empty where nothing of it is the
/// application's.
pub(crate) fn allow(
    application: Option<&str>,
    session: &Snapshot,
    authorization: &[HeaderValue],
    asked: &HeaderMap,
) -> Response {
    allowed(authorization, asked, |headers| {
        identity::tell(headers, session, application);
    })
}

/// The same for what everybody may see: it is nobody's.
pub(super) fn allow_everybody(authorization: &[HeaderValue], asked: &HeaderMap) -> Response {
    allowed(authorization, asked, identity::tell_nobody)
}

fn allowed(authorization: &[HeaderValue], asked: &HeaderMap, tell: impl FnOnce(&mut HeaderMap)) -> Response {
    let mut response = Response::default();
    let headers = response.headers_mut();
    headers.reserve(14);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    tell(headers);
    if asked.contains_key(header::COOKIE) {
        let cookies = application_headers::cookies(asked);
        headers.insert(header::COOKIE, cookies.unwrap_or_else(|| HeaderValue::from_static("")));
    }
    if asked.contains_key(header::AUTHORIZATION) {
        headers.insert(header::AUTHORIZATION, joined(authorization));
    }
    response
}

/// Several lines as one: proxies take the first, or join them themselves.
fn joined(lines: &[HeaderValue]) -> HeaderValue {
    match lines {
        [line] => line.clone(),
        lines => {
            let lines: Vec<_> = lines.iter().map(HeaderValue::as_bytes).collect();
            HeaderValue::try_from(lines.join(&b", "[..])).unwrap_or_else(|_| HeaderValue::from_static(""))
        }
    }
}

/// Who opens a page is sent on, others get a problem.
pub(super) async fn answer(
    server: &ServerState,
    original: Result<Original<'_>, Unbelievable>,
    headers: &HeaderMap,
) -> Response {
    match (decide(server, &original, headers).await, &original) {
        (
            Decision::Allow {
                application,
                session,
                authorization,
                ..
            },
            _,
        ) => allow(application, &session, &authorization, headers),
        (Decision::Open { authorization, .. }, _) => allow_everybody(&authorization, headers),
        (Decision::Deny(Denial::Unauthenticated { place, why }), Ok(original)) if opens_page(headers) => redirect(
            original,
            location(server, original, headers.get(header::REFERER), place, why),
            why,
        ),
        (Decision::Deny(denial), _) => problem(denial).into_response(),
    }
}
