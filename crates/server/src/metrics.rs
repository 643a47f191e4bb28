//! Numbers for Prometheus. Labels are words of the design, never subjects, handles or tokens.

mod node;
mod proxy;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use nightlatch_engine::Engine;
use nightlatch_store::nodes::Strain;
use prometheus_client::encoding::{EncodeLabelSet, text::encode};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use self::node::NodeMetrics;
use self::proxy::ProxyMetrics;

/// The counters that handlers move, and the registry that tells them.
#[derive(Debug)]
pub(crate) struct Metrics {
    engine: Arc<Engine>,
    registry: Registry,
    pub(crate) created: Counter,
    pub(crate) checks: Counter,
    ended: Family<Reason, Counter>,
    refused: Family<Reason, Counter>,
    diagnosed: Family<Diagnostic, Counter>,
    pub(crate) streams: Gauge,
    pub(crate) proxy: ProxyMetrics,
    sessions_in_table: Gauge,
    sessions_watched: Gauge,
    store_failing: Gauge,
    sweep_lag_seconds: Gauge<f64, AtomicU64>,
    policy_revision: Gauge,
    policy_file_valid: Gauge,
    policy_file_reads: Family<Read, Counter>,
    sessions_outdated: Gauge,
    node: NodeMetrics,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Read {
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Diagnostic {
    code: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Reason {
    reason: &'static str,
}

impl Metrics {
    pub(crate) fn new(engine: Arc<Engine>) -> Self {
        let mut registry = Registry::with_prefix("nightlatch");
        let (created, checks, streams) = (Counter::default(), Counter::default(), Gauge::default());
        let (ended, refused) = (Family::default(), Family::default());
        let (in_table, watched, failing) = (Gauge::default(), Gauge::default(), Gauge::default());
        let lag = Gauge::<f64, AtomicU64>::default();
        registry.register("sessions_created", "Sessions that began", created.clone());
        registry.register("session_checks", "Answers to GET session", checks.clone());
        registry.register("sessions_ended", "Sessions that have ended, by reason", ended.clone());
        registry.register(
            "requests_refused",
            "Requests without a live session, by reason",
            refused.clone(),
        );
        let diagnosed = Family::default();
        registry.register(
            "page_diagnostics",
            "What pages report that does not work in them, by the code of the diagnostic",
            diagnosed.clone(),
        );
        registry.register("event_streams", "Open event streams", streams.clone());
        registry.register("sessions_in_table", "Sessions in the live table", in_table.clone());
        registry.register(
            "sessions_watched",
            "Sessions with an open event stream",
            watched.clone(),
        );
        registry.register("store_failing", "1 while the store refuses writes", failing.clone());
        registry.register(
            "sweep_lag_seconds",
            "How long the oldest due session had waited at the last sweep",
            lag.clone(),
        );
        let (revision, valid, outdated) = (Gauge::default(), Gauge::default(), Gauge::default());
        let reads = Family::default();
        registry.register("policy_revision", "The number of the policy in force", revision.clone());
        registry.register(
            "policy_file_valid",
            "0 while the file that owns the policy is wrong and the policy before stays in force",
            valid.clone(),
        );
        registry.register(
            "policy_file_reads",
            "How often the file that owns the policy was read again, by outcome",
            reads.clone(),
        );
        registry.register(
            "sessions_outdated",
            "Sessions whose place in the deadline index a change of policy has still to move; enforcement does not wait",
            outdated.clone(),
        );
        valid.set(1);
        Self {
            engine,
            created,
            checks,
            ended,
            refused,
            diagnosed,
            streams,
            proxy: ProxyMetrics::register(&mut registry),
            sessions_in_table: in_table,
            sessions_watched: watched,
            store_failing: failing,
            sweep_lag_seconds: lag,
            policy_revision: revision,
            policy_file_valid: valid,
            policy_file_reads: reads,
            sessions_outdated: outdated,
            node: NodeMetrics::register(&mut registry),
            registry,
        }
    }

    /// The file that owns the policy was read again.
    pub(crate) fn policy_file_read(&self, valid: bool) {
        let outcome = if valid { "valid" } else { "invalid" };
        self.policy_file_reads.get_or_create(&Read { outcome }).inc();
        self.policy_file_valid.set(i64::from(valid));
    }

    pub(crate) fn refused(&self, reason: &'static str) {
        self.refused.get_or_create(&Reason { reason }).inc();
    }

    /// A page reported that something does not work in it.
    pub(crate) fn diagnosed(&self, code: &'static str) {
        self.diagnosed.get_or_create(&Diagnostic { code }).inc();
    }

    /// How hard the store finds it to keep up.
    pub(crate) fn strained(&self, strain: &Strain) {
        self.node.set_strain(strain);
    }

    /// The text of `/metrics`.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a lag of three hundred thousand years is not told exactly"
    )]
    pub(crate) fn text(&self) -> String {
        for (reason, sessions) in self.engine.ended() {
            let reason = reason.as_str();
            let counter = self.ended.get_or_create(&Reason { reason });
            // Whoever asks at the same time may have been told more.
            counter.inner().fetch_max(sessions, Ordering::Relaxed);
        }
        let stats = self.engine.stats();
        self.sessions_in_table
            .set(i64::try_from(stats.in_table).unwrap_or(i64::MAX));
        self.sessions_watched
            .set(i64::try_from(stats.watched).unwrap_or(i64::MAX));
        let (revision, _) = self.engine.policy();
        self.policy_revision.set(revision.into());
        self.sessions_outdated
            .set(i64::try_from(stats.outdated).unwrap_or(i64::MAX));
        self.store_failing.set(i64::from(stats.store_failing_since.is_some()));
        self.sweep_lag_seconds.set(stats.sweep_lag.as_millis() as f64 / 1000.0);
        if let Some(stats) = self.engine.node_stats() {
            self.node.set(&stats);
        }
        let mut text = String::new();
        if let Err(error) = encode(&mut text, &self.registry) {
            tracing::error!(%error, "metrics cannot be written");
        }
        text
    }
}
