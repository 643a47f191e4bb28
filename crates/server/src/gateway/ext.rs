//! `auth/ext/…`: for Envoy, which asks with the method, the host and, behind the prefix, the path of the request itself.

use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use nightlatch_core::path::Readings;

use super::answer::answer;
use super::original::{Original, Unbelievable, no_twins, only_one_of_a_kind};
use crate::server_state::ServerState;

/// What Envoy takes out of the request before it passes it on.
const TO_REMOVE: HeaderName = HeaderName::from_static("x-envoy-auth-headers-to-remove");

pub(super) async fn ask(server: &ServerState, question: &Parts) -> Response {
    let mut response = answer(server, original(server, question), &question.headers).await;
    if response.status() == StatusCode::OK {
        remove_empty(response.headers_mut());
    }
    response
}

fn original<'a>(server: &ServerState, question: &'a Parts) -> Result<Original<'a>, Unbelievable> {
    no_twins(&question.headers, &[])?;
    let asked = question.uri.path_and_query().map_or("", |target| target.as_str());
    let above = format!("{}/auth/ext", server.prefix);
    let target = asked.strip_prefix(&above).ok_or(Unbelievable::Address)?;
    let target = if target.starts_with('/') { target } else { "/" };
    // A proxy in front may have read another path in this one and passed it on from outside, as one of ours: then it is no
    // question of Envoy, and must not be answered as if it were.
    if !Readings::every(asked)?.all().all(|path| path.is_at_or_below(&above)) {
        return Err(Unbelievable::Outside);
    }
    let host = only_one_of_a_kind(&question.headers, &header::HOST)?;
    Original::new(&server.sites, question.method.as_str(), host, target)
}

/// Envoy sets what it is told, an empty header too: what the application may get nothing of is to be removed instead.
fn remove_empty(headers: &mut HeaderMap) {
    for name in [header::COOKIE, header::AUTHORIZATION] {
        if headers.get(&name).is_some_and(HeaderValue::is_empty) {
            headers.remove(&name);
            headers.append(TO_REMOVE, HeaderValue::from_name(name));
        }
    }
}
