//! `/metrics` for Prometheus.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use nightlatch_core::time::{Instant, Span};
use tokio::sync::Mutex;

use super::Management;
use crate::http::headers;
use crate::server_state::ServerState;

const OPEN_METRICS: HeaderValue =
    HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
const ASKED_EVERY: Span = Span::from_secs(5);
const ANSWERS_WITHIN: Duration = Duration::from_secs(1);

/// When the store was last asked how hard it finds it to keep up.
#[derive(Debug, Default)]
pub(super) struct StrainAsked(Mutex<Option<Instant>>);

pub(super) async fn metrics(State(management): State<Arc<Management>>) -> Response {
    management.strain_asked.ask(&management.server).await;
    let mut response = Response::new(management.server.metrics.text().into());
    response.headers_mut().insert(header::CONTENT_TYPE, OPEN_METRICS);
    headers::protect(response.headers_mut());
    response
}

impl StrainAsked {
    /// Anybody may ask for metrics as often as they like, so the store is asked less often. Where it does not answer the numbers stay as
    /// they were, and others tell that it fails.
    async fn ask(&self, server: &ServerState) {
        let now = server.engine.clock().now();
        let mut last = self.0.lock().await;
        if last.is_some_and(|last| now.since(last) < ASKED_EVERY) {
            return;
        }
        *last = Some(now);
        if let Ok(Ok(Some(strain))) = tokio::time::timeout(ANSWERS_WITHIN, server.engine.strain()).await {
            server.metrics.strained(&strain);
        }
    }
}
