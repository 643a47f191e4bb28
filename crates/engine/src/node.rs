//! This process as one of several that share a store. One that has its store for itself has none of this.

mod counters;
mod journal;
mod lease;
mod time;
mod turns;

use nightlatch_core::time::{Instant, Span};
use nightlatch_store::nodes::{self, Beat, Epoch, NodeId, Position};

pub(crate) use self::counters::{Counter, Counters};
pub(crate) use self::journal::{Journal, KnownEnd};
pub(crate) use self::lease::Lease;
pub(crate) use self::time::{Advice, ClusterTime, Sample};
pub(crate) use self::turns::Turns;

/// A node.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) id: NodeId,
    name: Box<str>,
    pub(crate) lease: Lease,
    pub(crate) turns: Turns,
    pub(crate) journal: Journal,
    pub(crate) counters: Counters,
    /// Held while a beat is under way, so that its answer is followed before the next one is asked for.
    pub(crate) heard: tokio::sync::Mutex<LastHeard>,
}

/// What the last beat has told.
#[derive(Debug, Default)]
pub(crate) struct LastHeard {
    pub(crate) position: Option<Position>,
    pub(crate) epoch: Option<Epoch>,
    pub(crate) time: ClusterTime,
}

impl Node {
    pub(crate) fn new(name: &str, end_bound: Span) -> Self {
        Self {
            id: nodes::random_id(),
            name: name.into(),
            lease: Lease::of(end_bound),
            turns: Turns::default(),
            journal: Journal::default(),
            counters: Counters::default(),
            heard: tokio::sync::Mutex::default(),
        }
    }

    /// What this node tells next.
    pub(crate) fn tells(&self, heard: &LastHeard, now: Option<Instant>) -> Beat {
        Beat {
            node: self.id,
            name: self.name.clone(),
            version: env!("CARGO_PKG_VERSION").into(),
            now,
            position: heard.position.clone(),
        }
    }
}
