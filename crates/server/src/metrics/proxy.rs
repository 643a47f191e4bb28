//! What the reverse proxy counts.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

#[derive(Debug)]
pub(crate) struct ProxyMetrics {
    requests: Family<Outcome, Counter>,
    upstream_failures: Family<Kind, Counter>,
    #[cfg(feature = "inject")]
    injections: Family<Outcome, Counter>,
    /// Sessions that a body holds.
    pub(crate) holding: Gauge,
    /// Web sockets, and answers that nobody can tell the end of.
    pub(crate) streams: Gauge,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Kind {
    kind: &'static str,
}

impl ProxyMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let (requests, upstream_failures) = (Family::default(), Family::default());
        #[cfg(feature = "inject")]
        let injections = Family::default();
        let (holding, streams) = (Gauge::default(), Gauge::default());
        registry.register(
            "proxy_requests",
            "Requests to the reverse proxy, by outcome",
            requests.clone(),
        );
        registry.register(
            "proxy_upstream_failures",
            "Requests that an upstream did not answer, by kind",
            upstream_failures.clone(),
        );
        #[cfg(feature = "inject")]
        registry.register(
            "proxy_injections",
            "Pages that the SDK was to be put into, by what came of it",
            injections.clone(),
        );
        registry.register(
            "proxy_sessions_held",
            "Sessions that a body on its way holds",
            holding.clone(),
        );
        registry.register(
            "proxy_streams",
            "Open WebSockets, and answers without a declared length that take longer than a second",
            streams.clone(),
        );
        Self {
            requests,
            upstream_failures,
            #[cfg(feature = "inject")]
            injections,
            holding,
            streams,
        }
    }

    pub(crate) fn request(&self, outcome: &'static str) {
        self.requests.get_or_create(&Outcome { outcome }).inc();
    }

    pub(crate) fn upstream_failed(&self, kind: &'static str) {
        self.upstream_failures.get_or_create(&Kind { kind }).inc();
    }

    #[cfg(feature = "inject")]
    pub(crate) fn injection(&self, outcome: &'static str) {
        self.injections.get_or_create(&Outcome { outcome }).inc();
    }
}
