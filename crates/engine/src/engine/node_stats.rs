//! How this process fares as one of several nodes, in numbers.

use nightlatch_core::node::NodeId;
use nightlatch_core::time::Span;

use super::Engine;
use crate::node::{Counter, Counters};

/// The numbers of a node at one moment. Counts are since its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeStats {
    /// Which node.
    pub id: NodeId,
    /// How long after its last answered beat it goes by its table, and within what time an end acts on all nodes.
    pub end_bound: Span,
    /// How long ago it sent the last beat that was answered; `None` before the first.
    pub beat_age: Option<Span>,
    /// Whether it may decide by its table now.
    pub has_lease: bool,
    /// For how long it could not, in all.
    pub without_lease: Span,
    /// Requests that it refused meanwhile.
    pub refused_without_lease: u64,
    /// Reads of the store before somebody was denied something.
    pub confirmations: u64,
    /// Changes that another node was faster with, and that were worked out anew.
    pub conflicts: u64,
    /// By how many milliseconds the wall clock of this machine is ahead of cluster time.
    pub wall_clock_ahead_ms: i64,
    /// How often the store was found to be in another life.
    pub epochs: u64,
    /// Ends that the store had forgotten, and was told of again.
    pub ends_told_again: u64,
}

impl Engine {
    /// Counts something, where this process is one of several nodes.
    pub(super) fn tally(&self, counter: impl FnOnce(&Counters) -> &Counter) {
        if let Some(node) = &self.node {
            counter(&node.counters).add(1);
        }
    }

    /// How this node fares; none where this process has the store for itself.
    #[must_use]
    pub fn node_stats(&self) -> Option<NodeStats> {
        let node = self.node.as_ref()?;
        let (uptime, now) = self.clock.reading();
        let counters = &node.counters;
        let going_on = node.lease.expired_for(uptime).unwrap_or(Span::ZERO);
        Some(NodeStats {
            id: node.id,
            end_bound: node.lease.length(),
            beat_age: node.lease.age(uptime),
            has_lease: node.lease.holds_at(uptime),
            without_lease: Span::from_millis(counters.without_lease.get()) + going_on,
            refused_without_lease: counters.refused.get(),
            confirmations: counters.confirmations.get(),
            conflicts: counters.conflicts.get(),
            wall_clock_ahead_ms: self.clock.wall().as_millis() - now.as_millis(),
            epochs: counters.epochs.get(),
            ends_told_again: counters.ends_told_again.get(),
        })
    }
}
