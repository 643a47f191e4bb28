//! The endpoints over a real engine on manual time, without a socket.

mod applications;
mod assets;
mod document;
mod draft_key;
mod endpoints;
mod events;
mod gateway;
mod hanging_up;
mod isolation;
mod nodes;
mod open;
mod repeats;
mod signed_out;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use axum::response::Response;
use http_body_util::BodyExt as _;
use nightlatch_core::facts::Facts;
use nightlatch_core::time::{Instant, Span};
use nightlatch_engine::clock::{Clock, ManualTime};
use nightlatch_engine::{Authentication, Engine, NewSession, Options};
use nightlatch_store::Store;
use nightlatch_store::memory::MemoryStore;
use nightlatch_store::token::Digest;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::{answer, router};
use crate::config::Config;
use crate::server_state::ServerState;

/// The browser side of one server.
struct Site {
    router: Router,
    server: Arc<ServerState>,
    store: Arc<MemoryStore>,
    time: ManualTime,
}

/// An answer, read whole.
struct Answer {
    status: StatusCode,
    headers: axum::http::HeaderMap,
    body: String,
}

impl Site {
    async fn new(config: &str) -> Self {
        let time = ManualTime::at(Instant::from_millis(1_700_000_000_000));
        Self::on(config, Arc::default(), time).await
    }

    async fn on(config: &str, store: Arc<MemoryStore>, time: ManualTime) -> Self {
        let config = Config::parse(config, "test.toml", []).expect("a valid configuration");
        let clock = Clock::manual(&time, Instant::default());
        let dyn_store = Arc::clone(&store) as Arc<dyn Store>;
        let engine = Engine::open(dyn_store, clock, config.policy.clone(), Options::default())
            .await
            .expect("an engine");
        let server = Arc::new(ServerState::new(engine, &config, CancellationToken::new()));
        Self {
            router: router(Arc::clone(&server), Router::new()),
            server,
            store,
            time,
        }
    }

    /// Signs somebody in as a back end would; answers the token.
    async fn sign_in(&self, subject: &str) -> String {
        let facts = Facts {
            application: Some("bank".into()),
            ..Facts::default()
        };
        let new = NewSession {
            subject: subject.into(),
            facts,
            actor: "test".into(),
            ..NewSession::default()
        };
        let admission = self.server.engine.create(new).await.expect("a store");
        admission.signed_in().expect("room").token.expose().to_owned()
    }

    /// The person authenticates again, as their back end tells; answers the new token.
    async fn reauthenticate(&self, token: &str) -> String {
        let digest = Digest::of(token).expect("a token");
        let again = self
            .server
            .engine
            .reauthenticate(&digest, Authentication::default(), "test")
            .await
            .expect("a store");
        again.signed_in().expect("a live session").token.expose().to_owned()
    }

    fn advance(&self, seconds: u64) {
        self.time.advance(Span::from_secs(seconds));
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        Answer::read(self.open(request).await).await
    }

    async fn open(&self, request: Request<Body>) -> Response {
        answer(Arc::clone(&self.server), self.router.clone(), request).await
    }

    /// A request of a page of this site.
    async fn page(&self, method: Method, path: &str, token: &str, body: &str) -> Answer {
        self.send(page_request(method, path, token, body)).await
    }

    async fn get(&self, path: &str, token: &str) -> Answer {
        self.page(Method::GET, path, token, "").await
    }

    async fn post(&self, path: &str, token: &str, body: &str) -> Answer {
        self.page(Method::POST, path, token, body).await
    }
}

fn page_request(method: Method, path: &str, token: &str, body: &str) -> Request<Body> {
    Request::builder()
        .method(method)
        .uri(format!("/nightlatch{path}"))
        .header(header::COOKIE, format!("nightlatch={token}"))
        .header("sec-fetch-site", "same-origin")
        .header("nightlatch", "1")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body.to_owned()))
        .expect("a request")
}

impl Answer {
    async fn read(response: Response) -> Self {
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("a body").to_bytes();
        let body = String::from_utf8(bytes.to_vec()).expect("text");
        Self {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("text"))
    }

    /// Checks the shape that every error has, and answers its reason.
    #[track_caller]
    fn problem(&self, status: StatusCode) -> Option<String> {
        assert_eq!(self.status, status, "{}", self.body);
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        assert_eq!(self.header("cache-control"), Some("no-store"));
        let problem = self.json();
        assert_eq!(problem["status"], status.as_u16());
        for member in ["type", "title", "detail", "instance"] {
            assert!(
                problem[member].as_str().is_some_and(|text| !text.is_empty()),
                "{member}: {problem}"
            );
        }
        problem["reason"].as_str().map(str::to_owned)
    }
}
