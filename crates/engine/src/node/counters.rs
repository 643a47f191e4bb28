//! What a node counts for its operators. Nothing is decided by it.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts since the start.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    /// Milliseconds without a lease, but for the stretch that goes on.
    pub(crate) without_lease: Counter,
    /// Decisions that were refused for want of a lease.
    pub(crate) refused: Counter,
    /// Reads of the store before somebody was denied something.
    pub(crate) confirmations: Counter,
    /// Changes that another node was faster with.
    pub(crate) conflicts: Counter,
    /// Other lives of the store that were noticed.
    pub(crate) epochs: Counter,
    /// Ends that the store had forgotten, and was told of again.
    pub(crate) ends_told_again: Counter,
}

#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
