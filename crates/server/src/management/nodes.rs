//! `GET nodes`: the processes that share the store.

use std::sync::Arc;

use axum::extract::State;
use nightlatch_core::node::NodeId;
use nightlatch_store::nodes::{Node, Turn};
use schemars::JsonSchema;
use serde::Serialize;

use super::Management;
use super::operation::{Answer, Group, Operation, get};
use super::scope::Scope;
use crate::http::problem::Problem;

pub(super) fn operation() -> Operation {
    get("/api/v1/nodes", Scope::NodesRead, list)
        .named(Group::Nodes, "listNodes", "List the nodes")
        .about(
            "Those that share the store, by id. One that stops leaves the list; one that dies is in it, and silent, for some \
             minutes. Where one process has the store for itself the list is empty.",
        )
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Nodes")]
pub(super) struct Body {
    /// The node that answers; null where one process has the store for itself.
    #[schemars(with = "Option<String>")]
    answered_by: Option<NodeId>,
    /// Within how many milliseconds an end that one node has acknowledged acts on all.
    end_bound_ms: Option<u64>,
    nodes: Vec<View>,
}

/// A node.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Node")]
struct View {
    /// Names this run of this process.
    #[schemars(with = "String")]
    id: NodeId,
    /// What people call it.
    name: Box<str>,
    /// Which version of nightlatch it runs.
    version: Box<str>,
    /// How many milliseconds ago it was heard of last. A node that runs is heard of four times a second.
    silent_ms: u64,
    /// The background work that it does for all.
    turns: Vec<&'static str>,
}

async fn list(State(management): State<Arc<Management>>) -> Result<Answer<Body>, Problem> {
    let engine = &management.server.engine;
    let stats = engine.node_stats();
    let nodes = engine.nodes().await?;
    Ok(Answer(Body {
        answered_by: stats.map(|stats| stats.id),
        end_bound_ms: stats.map(|stats| stats.end_bound.as_millis()),
        nodes: nodes.into_iter().map(View::from).collect(),
    }))
}

impl From<Node> for View {
    fn from(node: Node) -> Self {
        Self {
            id: node.id,
            name: node.name,
            version: node.version,
            silent_ms: node.silent_for.as_millis(),
            turns: node.turns.into_iter().map(Turn::as_str).collect(),
        }
    }
}
