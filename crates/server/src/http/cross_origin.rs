//! Requests of pages of other origins (CORS): those of listed applications may read what they are answered.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::credential::credential;
use super::headers::protect;
use super::problem::Problem;
use super::write::SEC_FETCH_SITE;
use crate::server_state::ServerState;

const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, PUT, DELETE");
const HEADERS: HeaderValue = HeaderValue::from_static("authorization, content-type, last-event-id, nightlatch");
/// By this a page knows that an answer belongs to its question.
const READABLE: HeaderValue = HeaderValue::from_static("nightlatch");
/// Seconds.
const REMEMBERED_FOR: HeaderValue = HeaderValue::from_static("600");

/// Tells browsers which pages may read the answer. What a write needs besides, `write` asks for.
///
/// A page of an origin that an application lists gets as far as the sessions of that application. This stands before every
/// endpoint, so that none has to think of it.
pub(crate) async fn cross_origin(State(server): State<Arc<ServerState>>, request: Request, next: Next) -> Response {
    let mut response = match passed(&server, request.headers()).await {
        Ok(Some(origin)) => {
            let mut response = if is_preflight(&request) {
                preflight()
            } else {
                next.run(request).await
            };
            let credentials = HeaderValue::from_static("true");
            let headers = response.headers_mut();
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, credentials);
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, READABLE);
            response
        }
        Ok(None) => next.run(request).await,
        // The page may not even read that it is refused.
        Err(problem) => problem.into_response(),
    };
    response
        .headers_mut()
        .append(header::VARY, HeaderValue::from_static("Origin"));
    response
}

/// The listed origin that a request comes from, unless it is for a session of an application that does not list it.
async fn passed(server: &ServerState, headers: &HeaderMap) -> Result<Option<HeaderValue>, Problem> {
    let origin = headers.get(header::ORIGIN);
    let Some(origin) = origin.filter(|origin| server.applications.have_origin(origin)) else {
        return Ok(None);
    };
    if !comes_from_here(server, headers, origin)
        && let Some(credential) = credential(server, headers).await?
        && !server
            .applications
            .may_use(origin, credential.application(server).await?.as_deref())
    {
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "wrong-origin",
            "The request is refused",
            "The session is for another application than those that list this origin.",
        ));
    }
    Ok(Some(origin.clone()))
}

/// A page of this site is no stranger, whichever application lists its origin besides.
fn comes_from_here(server: &ServerState, headers: &HeaderMap, origin: &HeaderValue) -> bool {
    server.own_origins.iter().any(|own| origin == own.as_str())
        || headers.get(SEC_FETCH_SITE).is_some_and(|site| site == "same-origin")
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
