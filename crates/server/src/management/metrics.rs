//! `/metrics` for Prometheus.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::Response;

use super::Management;
use crate::http::headers;

const OPEN_METRICS: HeaderValue =
    HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");

pub(super) async fn metrics(State(management): State<Arc<Management>>) -> Response {
    let mut response = Response::new(management.server.metrics.text().into());
    response.headers_mut().insert(header::CONTENT_TYPE, OPEN_METRICS);
    headers::protect(response.headers_mut());
    response
}
