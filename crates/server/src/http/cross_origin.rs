//! Requests of pages of other origins (CORS): those of listed applications may read what they are answered.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::headers::protect;
use crate::latch::Latch;

const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, PUT, DELETE");
const HEADERS: HeaderValue = HeaderValue::from_static("authorization, content-type, last-event-id, nightlatch");
/// By this a page knows that an answer belongs to its question.
const READABLE: HeaderValue = HeaderValue::from_static("nightlatch");
/// Seconds.
const REMEMBERED_FOR: HeaderValue = HeaderValue::from_static("600");

/// Tells browsers which pages may read the answer. What a write needs besides, `write` asks for.
pub(crate) async fn cross_origin(State(latch): State<Arc<Latch>>, request: Request, next: Next) -> Response {
    let origin = request.headers().get(header::ORIGIN);
    let listed = origin.filter(|origin| latch.applications.have_origin(origin)).cloned();
    let mut response = match &listed {
        Some(_) if is_preflight(&request) => preflight(),
        _ => next.run(request).await,
    };
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = listed {
        let credentials = HeaderValue::from_static("true");
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, credentials);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, READABLE);
    }
    response
}

fn is_preflight(request: &Request) -> bool {
    request.method() == Method::OPTIONS && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

fn preflight() -> Response {
    let mut headers = HeaderMap::new();
    protect(&mut headers);
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS);
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, REMEMBERED_FOR);
    (StatusCode::NO_CONTENT, headers).into_response()
}
