//! The listener in process: its table of operations against its description, its scopes and its refusals.

mod description;
mod hanging_up;
mod hostile;
mod scopes;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use nightlatch_core::time::Instant;
use nightlatch_engine::clock::{Clock, ManualTime};
use nightlatch_engine::{Engine, Options};
use nightlatch_store::Store;
use nightlatch_store::memory::MemoryStore;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use super::operation::Operation;
use super::{Management, ensure_key, router};
use crate::config::Config;
use crate::server_state::ServerState;

const HANDLE: &str = "0197a3c2-5b1e-7d40-9a55-3f0f5f1f3a10";

/// A listener with a key.
struct Site {
    router: Router,
    key: String,
}

/// An answer, read whole.
#[derive(Debug)]
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

async fn server() -> Arc<ServerState> {
    latch_on(Arc::new(MemoryStore::default())).await
}

async fn latch_on(store: Arc<dyn Store>) -> Arc<ServerState> {
    let config = Config::parse("", "test.toml", []).expect("a valid configuration");
    let time = ManualTime::at(Instant::from_millis(1_700_000_000_000));
    let clock = Clock::manual(&time, Instant::default());
    let engine = Engine::open(store, clock, config.policy.clone(), Options::default())
        .await
        .expect("an engine");
    Arc::new(ServerState::new(engine, &config, CancellationToken::new()))
}

impl Site {
    async fn new() -> Self {
        let server = server().await;
        let key = ensure_key(&server.engine)
            .await
            .expect("a store")
            .expect("the first key");
        Self {
            router: router(server),
            key,
        }
    }

    /// A request with the key, unless it has another.
    async fn send(&self, mut request: Request<Body>) -> Answer {
        let key = format!("Bearer {}", self.key).try_into().expect("a header");
        request.headers_mut().entry(header::AUTHORIZATION).or_insert(key);
        Answer::of(&self.router, request).await
    }
}

impl Answer {
    async fn of(router: &Router, request: Request<Body>) -> Self {
        let response = router.clone().oneshot(request).await.expect("an answer");
        let (parts, body) = response.into_parts();
        Self {
            status: parts.status,
            headers: parts.headers,
            body: body.collect().await.expect("a body").to_bytes().to_vec(),
        }
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }

    /// The type of a problem, and its detail.
    #[track_caller]
    fn problem(&self) -> (String, String) {
        assert_eq!(self.header("content-type"), "application/problem+json", "{self:?}");
        let problem: Value = serde_json::from_slice(&self.body).expect("JSON");
        assert_eq!(problem["status"], self.status.as_u16());
        let text = |key: &str| problem[key].as_str().expect(key).to_owned();
        (text("type"), text("detail"))
    }
}

/// A call as the description shows it.
fn example(operation: &Operation) -> Request<Body> {
    let path = operation.path.replace("{handle}", HANDLE).replace("{subject}", "ada");
    let path = path
        .replace("{id}", "console")
        .replace("{name}", "billing")
        .replace("{revision}", "1");
    let body = operation
        .example()
        .map_or_else(Body::empty, |body| Body::from(body.to_string()));
    request(operation.method.clone(), &path, body)
}

fn request(method: Method, path: &str, body: impl Into<Body>) -> Request<Body> {
    Request::builder()
        .method(method)
        .uri(path)
        .header(header::CONTENT_TYPE, "application/json")
        .body(body.into())
        .expect("a request")
}
