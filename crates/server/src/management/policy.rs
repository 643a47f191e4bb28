//! `GET policy`: the document in force.

use std::borrow::Cow;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use nightlatch_core::policy::Policy;
use nightlatch_engine::store::Revision;
use serde::Serialize;

use super::Management;
use crate::http::headers::json;
use crate::http::problem::Problem;
use crate::policy_file::PolicyFile;

#[derive(Serialize)]
struct Body<'a> {
    revision: Revision,
    /// The file that owns it.
    source: Option<Cow<'a, str>>,
    policy: &'a Policy,
}

pub(super) async fn policy(State(management): State<Arc<Management>>, request: HeaderMap) -> Result<Response, Problem> {
    let (revision, policy) = management.latch.engine.policy();
    let body = Body {
        revision,
        source: management.latch.policy_file.as_ref().map(PolicyFile::name),
        policy: &policy,
    };
    let tag = entity_tag(&body);
    let mut response = json(&body);
    if let Some(tag) = tag {
        if is_known(&request, &tag) {
            *response.body_mut() = axum::body::Body::empty();
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            response.headers_mut().remove(header::CONTENT_TYPE);
        }
        response.headers_mut().insert(header::ETAG, tag);
    }
    // It may be kept, as long as it is asked for each time.
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    Ok(response)
}

/// Over the whole answer: a revision begins anew with a new store.
fn entity_tag(body: &Body<'_>) -> Option<HeaderValue> {
    let mut hasher = DefaultHasher::new();
    serde_json::to_string(body).ok()?.hash(&mut hasher);
    HeaderValue::try_from(format!("\"{:016x}\"", hasher.finish())).ok()
}

/// Weak comparison (RFC 9110 section 13.1.2).
fn is_known(request: &HeaderMap, tag: &HeaderValue) -> bool {
    let lists = request
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok());
    lists.flat_map(|list| list.split(',')).any(|known| {
        let known = known.trim();
        known == "*" || tag == known.strip_prefix("W/").unwrap_or(known)
    })
}
