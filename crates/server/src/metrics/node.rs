//! What a node that shares its store tells of itself.

use std::sync::atomic::{AtomicU64, Ordering};

use nightlatch_core::time::Span;
use nightlatch_engine::NodeStats;
use nightlatch_store::nodes::Strain;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// Where one process has its store for itself, all of it stays at zero.
#[derive(Debug)]
pub(super) struct NodeMetrics {
    beat_age_seconds: Gauge<f64, AtomicU64>,
    has_lease: Gauge,
    without_lease_seconds: Counter<f64, AtomicU64>,
    refused: Counter,
    confirmations: Counter,
    conflicts: Counter,
    wall_clock_ahead_seconds: Gauge<f64, AtomicU64>,
    epochs: Counter,
    ends_told_again: Counter,
    seal_lag_seconds: Gauge<f64, AtomicU64>,
    oldest_transaction_seconds: Gauge<f64, AtomicU64>,
}

impl NodeMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let registry = registry.sub_registry_with_prefix("node");
        let metrics = Self {
            beat_age_seconds: Gauge::default(),
            has_lease: Gauge::default(),
            without_lease_seconds: Counter::default(),
            refused: Counter::default(),
            confirmations: Counter::default(),
            conflicts: Counter::default(),
            wall_clock_ahead_seconds: Gauge::default(),
            epochs: Counter::default(),
            ends_told_again: Counter::default(),
            seal_lag_seconds: Gauge::default(),
            oldest_transaction_seconds: Gauge::default(),
        };
        registry.register(
            "beat_age_seconds",
            "How long ago the last beat was sent that the store has answered",
            metrics.beat_age_seconds.clone(),
        );
        registry.register(
            "has_lease",
            "1 while the node may decide by what it has in memory",
            metrics.has_lease.clone(),
        );
        registry.register(
            "without_lease_seconds",
            "For how long the node could decide nothing since it has begun",
            metrics.without_lease_seconds.clone(),
        );
        registry.register(
            "refused_without_lease",
            "Requests answered 503 for want of a lease",
            metrics.refused.clone(),
        );
        registry.register(
            "confirmations",
            "Reads of the store before somebody was denied something",
            metrics.confirmations.clone(),
        );
        registry.register(
            "conflicts",
            "Changes that another node was faster with, and that were worked out anew",
            metrics.conflicts.clone(),
        );
        registry.register(
            "wall_clock_ahead_seconds",
            "How far the clock of this machine is ahead of the time of the cluster; nothing goes by it",
            metrics.wall_clock_ahead_seconds.clone(),
        );
        registry.register(
            "epochs",
            "How often the store was found in another life: promoted, restored or started again",
            metrics.epochs.clone(),
        );
        registry.register(
            "ends_told_again",
            "Ends that the store had forgotten, and was told of again",
            metrics.ends_told_again.clone(),
        );
        registry.register(
            "seal_lag_seconds",
            "How long the oldest entry of the audit waits for its number",
            metrics.seal_lag_seconds.clone(),
        );
        registry.register(
            "oldest_transaction_seconds",
            "How long the oldest transaction of the store is open, whoever's it is",
            metrics.oldest_transaction_seconds.clone(),
        );
        metrics
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "a difference of three hundred thousand years is not told exactly"
    )]
    pub(super) fn set(&self, stats: &NodeStats) {
        self.beat_age_seconds.set(stats.beat_age.map_or(f64::INFINITY, seconds));
        self.has_lease.set(i64::from(stats.has_lease));
        let ahead = stats.wall_clock_ahead_ms as f64 / 1000.0;
        self.wall_clock_ahead_seconds.set(ahead);
        // Whoever asks at the same time may have been told more; of positive numbers the greater one has the greater bits.
        let without = seconds(stats.without_lease).to_bits();
        self.without_lease_seconds.inner().fetch_max(without, Ordering::Relaxed);
        for (counter, count) in [
            (&self.refused, stats.refused_without_lease),
            (&self.confirmations, stats.confirmations),
            (&self.conflicts, stats.conflicts),
            (&self.epochs, stats.epochs),
            (&self.ends_told_again, stats.ends_told_again),
        ] {
            counter.inner().fetch_max(count, Ordering::Relaxed);
        }
    }
}

impl NodeMetrics {
    pub(super) fn set_strain(&self, strain: &Strain) {
        self.seal_lag_seconds.set(seconds(strain.seal_lag));
        self.oldest_transaction_seconds.set(seconds(strain.oldest_transaction));
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a time of three hundred thousand years is not told exactly"
)]
fn seconds(span: Span) -> f64 {
    span.as_millis() as f64 / 1000.0
}
