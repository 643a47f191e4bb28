//! Whether the store can be relied on: while it fails, live sessions go on for `store_grace`, and then nobody is let in.

use std::sync::atomic::{AtomicI64, Ordering};

use nightlatch_core::time::{Instant, Span};

use nightlatch_store::{Result, StoreError};

const WELL: i64 = i64::MIN;

/// Since when writing to the store has failed.
#[derive(Debug)]
pub(crate) struct Health {
    failing_since: AtomicI64,
    grace: Span,
}

impl Health {
    pub(crate) fn new(grace: Span) -> Self {
        Self {
            failing_since: AtomicI64::new(WELL),
            grace,
        }
    }

    /// Takes note of how a write went.
    pub(crate) fn wrote<T>(&self, result: Result<T>, now: Instant) -> Result<T> {
        match &result {
            Ok(_) => {
                if self.failing_since.swap(WELL, Ordering::AcqRel) != WELL {
                    tracing::info!("the store takes writes again");
                }
            }
            Err(error) => self.failed(error, now),
        }
        result
    }

    /// Takes note of how a read went: one that succeeds does not prove that writes would.
    pub(crate) fn read<T>(&self, result: Result<T>, now: Instant) -> Result<T> {
        result.inspect_err(|error| self.failed(error, now))
    }

    fn failed(&self, error: &StoreError, now: Instant) {
        // A damaged record is a matter of one session.
        if matches!(error, StoreError::Damaged(_)) {
            tracing::error!(%error, "a record cannot be read");
            return;
        }
        let first = self
            .failing_since
            .compare_exchange(WELL, now.as_millis(), Ordering::AcqRel, Ordering::Acquire);
        if first.is_ok() {
            tracing::error!(%error, grace = %self.grace, "the store fails; live sessions go on for the grace period");
        }
    }

    /// Since when writes have failed, if they do.
    pub(crate) fn failing_since(&self) -> Option<Instant> {
        let since = self.failing_since.load(Ordering::Acquire);
        (since != WELL).then(|| Instant::from_millis(since))
    }

    /// Whether the grace period is over.
    pub(crate) fn is_exhausted(&self, now: Instant) -> bool {
        self.failing_since().is_some_and(|since| now.since(since) >= self.grace)
    }
}
