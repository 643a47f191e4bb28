//! `/healthz` and `/readyz`: whether the process runs, and whether it can keep its promises.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use nightlatch_core::node::NodeId;
use nightlatch_core::time::{Instant, Span};
use nightlatch_engine::{Engine, NodeStats};
use nightlatch_store::Revision;
use serde::Serialize;
use tokio::sync::Mutex;

use super::Management;
use super::rfc3339::rfc3339;
use crate::config::ConfigError;
use crate::http::headers;
use crate::policy_file::PolicyFile;
use crate::server_state::ServerState;

const PROBED_EVERY: Span = Span::from_secs(1);
const ANSWERS_WITHIN: Duration = Duration::from_secs(2);

/// When the store was last asked, and whether it answered at all.
#[derive(Debug, Default)]
pub(super) struct Readiness(Mutex<Option<Probe>>);

#[derive(Clone, Copy, Debug)]
struct Probe {
    at: Instant,
    answered: bool,
}

#[derive(Debug, Serialize)]
struct Body {
    status: &'static str,
    store: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<Node>,
    policy: Policy,
}

/// Where several nodes share the store.
#[derive(Debug, Serialize)]
struct Node {
    id: NodeId,
    /// Whether it may decide by what it has in memory.
    lease: bool,
    /// How long ago it sent the last beat that was answered.
    beat_age_ms: Option<u64>,
    /// Within what time a sign-out acts on all nodes.
    end_bound_ms: u64,
}

impl Node {
    fn of(stats: &NodeStats) -> Self {
        Self {
            id: stats.id,
            lease: stats.has_lease,
            beat_age_ms: stats.beat_age.map(Span::as_millis),
            end_bound_ms: stats.end_bound.as_millis(),
        }
    }
}

/// A policy file that is wrong makes nobody wait: the policy before stays in force.
#[derive(Debug, Serialize)]
struct Policy {
    status: &'static str,
    revision: Revision,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<File>,
}

/// Where a file owns the policy. This is told to anybody: which file it is, and what it says, is for those with a key
/// (`GET policy/state`).
#[derive(Debug, Serialize)]
struct File {
    problems: Vec<Place>,
}

/// Where the file is wrong.
#[derive(Debug, Serialize)]
struct Place {
    line: Option<usize>,
    column: Option<usize>,
    key: Option<String>,
}

impl File {
    fn of(file: &PolicyFile, engine: &Engine) -> Self {
        let place = |error: &ConfigError| Place {
            line: error.position.map(|position| position.line),
            column: error.position.map(|position| position.column),
            key: error.key.clone(),
        };
        Self {
            problems: file.problems(engine).iter().map(place).collect(),
        }
    }
}

impl Policy {
    fn of(server: &ServerState) -> Self {
        let (revision, _) = server.engine.policy();
        let file = server.policy_file.as_ref().map(|file| File::of(file, &server.engine));
        let in_force = file.as_ref().is_none_or(|file| file.problems.is_empty());
        Self {
            status: if in_force { "ok" } else { "file not in force" },
            revision,
            file,
        }
    }
}

pub(super) async fn alive() -> Response {
    let mut protected = HeaderMap::new();
    headers::protect(&mut protected);
    (protected, "ok").into_response()
}

pub(super) async fn ready(State(management): State<Arc<Management>>) -> Response {
    let engine = &management.server.engine;
    let answered = management.readiness.probe(engine).await;
    let node = engine.node_stats();
    let store = match engine.stats().store_failing_since {
        Some(since) => Err(format!("failing since {}", rfc3339(since))),
        None if !answered => Err("does not answer".to_owned()),
        None if node.is_some_and(|node| !node.has_lease) => Err("answers no beat in time".to_owned()),
        None => Ok("ok".to_owned()),
    };
    let (status, store) = match store {
        Ok(store) if management.server.draining.is_cancelled() => ("stopping", store),
        Ok(store) => ("ready", store),
        Err(store) => ("unavailable", store),
    };
    let mut response = headers::json(&Body {
        status,
        store,
        node: node.as_ref().map(Node::of),
        policy: Policy::of(&management.server),
    });
    if status != "ready" {
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    }
    response
}

impl Readiness {
    /// Anybody may ask this as often as they like, so the store is asked less often.
    async fn probe(&self, engine: &Arc<Engine>) -> bool {
        let now = engine.clock().now();
        let mut last = self.0.lock().await;
        if let Some(probe) = *last
            && now.since(probe.at) < PROBED_EVERY
        {
            return probe.answered;
        }
        // Whether it went well the engine notes; here it only matters that there was an answer.
        let answered = tokio::time::timeout(ANSWERS_WITHIN, engine.probe()).await.is_ok();
        *last = Some(Probe { at: now, answered });
        answered
    }
}
