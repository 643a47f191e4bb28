//! `auth/ext/…`: for Envoy, which asks with the method, the host and, behind the prefix, the path of the request itself.

use std::sync::Arc;

use axum::extract::{OriginalUri, State};
use axum::http::{HeaderMap, Method, Uri, header};
use axum::response::Response;

use super::answer::answer;
use super::original::{Original, Unbelievable, only_one_of_a_kind};
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
