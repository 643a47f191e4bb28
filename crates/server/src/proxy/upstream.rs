//! The applications behind the proxy: who gets the next request, and who is left out for a while.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, header};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use nightlatch_core::time::{Instant, Span};

use super::connector::{Connector, Trust};
use crate::config::{Site, UpstreamAddress};

/// An upstream that did not take a connection gets none for so long, while others do.
const OUT_FOR: Span = Span::from_secs(10);
const KEPT_IDLE_FOR: Duration = Duration::from_secs(30);

/// Every upstream of the configuration, once.
#[derive(Debug)]
pub(super) struct Upstreams {
    all: HashMap<UpstreamAddress, Arc<Upstream>>,
    /// Where the search for the next one begins, so that equals take turns.
    turn: AtomicUsize,
}

#[derive(Debug)]
pub(super) struct Upstream {
    pub(super) address: UpstreamAddress,
    client: Client<Connector, Body>,
    /// For requests to speak another protocol, which HTTP/2 has no place for.
    upgrading: Client<Connector, Body>,
    in_flight: AtomicUsize,
    /// Milliseconds.
    out_until: AtomicI64,
}

/// A request at an upstream, until its answer has been passed on.
#[derive(Debug)]
pub(super) struct InFlight(Arc<Upstream>);

impl Upstreams {
    pub(super) fn new(sites: &[Site], trust: &Trust, connect_timeout: Duration) -> Self {
        let addresses = sites.iter().flat_map(|site| &site.upstreams);
        let upstream = |address: &UpstreamAddress| {
            let upstream = Upstream::new(address.clone(), trust, connect_timeout);
            (address.clone(), Arc::new(upstream))
        };
        Self {
            all: addresses.map(upstream).collect(),
            turn: AtomicUsize::new(0),
        }
    }

    /// The one with the fewest requests among those that take connections; where none does, any that was not tried.
    pub(super) fn next(
        &self,
        addresses: &[UpstreamAddress],
        tried: &[Arc<Upstream>],
        now: Instant,
    ) -> Option<Arc<Upstream>> {
        let first = self.turn.fetch_add(1, Ordering::Relaxed) % addresses.len().max(1);
        let (later, sooner) = addresses.split_at(first);
        sooner
            .iter()
            .chain(later)
            .filter_map(|address| self.all.get(address))
            .filter(|upstream| !tried.iter().any(|tried| Arc::ptr_eq(tried, upstream)))
            .min_by_key(|upstream| (upstream.is_out(now), upstream.in_flight.load(Ordering::Relaxed)))
            .cloned()
    }
}

impl Upstream {
    fn new(address: UpstreamAddress, trust: &Trust, connect_timeout: Duration) -> Self {
        let mut builder = Client::builder(TokioExecutor::new());
        builder
            .pool_idle_timeout(KEPT_IDLE_FOR)
            .pool_timer(TokioTimer::new())
            .timer(TokioTimer::new());
        Self {
            client: builder.build(Connector::new(address.clone(), trust, connect_timeout)),
            upgrading: builder.build(Connector::with_http_1(address.clone(), trust, connect_timeout)),
            address,
            in_flight: AtomicUsize::new(0),
            out_until: AtomicI64::new(i64::MIN),
        }
    }

    /// The connections for a request.
    pub(super) fn client(&self, request: &Request<Body>) -> &Client<Connector, Body> {
        if request.headers().contains_key(header::UPGRADE) {
            &self.upgrading
        } else {
            &self.client
        }
    }

    pub(super) fn begin(self: &Arc<Self>) -> InFlight {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        InFlight(Arc::clone(self))
    }

    /// It did not take a connection.
    pub(super) fn leave_out(&self, now: Instant) {
        self.out_until.store((now + OUT_FOR).as_millis(), Ordering::Relaxed);
    }

    pub(super) fn answered(&self) {
        self.out_until.store(i64::MIN, Ordering::Relaxed);
    }

    fn is_out(&self, now: Instant) -> bool {
        now.as_millis() < self.out_until.load(Ordering::Relaxed)
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses() -> Vec<UpstreamAddress> {
        ["http://127.0.0.1:1", "http://127.0.0.1:2", "http://127.0.0.1:3"]
            .map(|text| UpstreamAddress::try_from(text.to_owned()).expect("an address"))
            .into()
    }

    fn upstreams(addresses: &[UpstreamAddress]) -> Upstreams {
        let mut site = Site::new("app.example", "/", None).expect("a site");
        site.upstreams = addresses.to_vec();
        let trust = Trust::of(None).expect("the certificates of the system");
        Upstreams::new(&[site], &trust, Duration::from_secs(1))
    }

    #[tokio::test]
    async fn the_one_with_the_fewest_requests_is_next_and_equals_take_turns() {
        let addresses = addresses();
        let upstreams = upstreams(&addresses);
        let now = Instant::from_millis(0);
        let port = |upstream: Option<Arc<Upstream>>| upstream.map(|upstream| upstream.address.port);
        let turns: Vec<_> = (0..4).map(|_| port(upstreams.next(&addresses, &[], now))).collect();
        assert_eq!(turns, [Some(1), Some(2), Some(3), Some(1)]);
        let busy: Vec<_> = [0, 2].map(|index| upstreams.all[&addresses[index]].begin()).into();
        for _ in 0..3 {
            assert_eq!(port(upstreams.next(&addresses, &[], now)), Some(2));
        }
        drop(busy);
        assert_eq!(port(upstreams.next(&addresses, &[], now)), Some(2));
    }

    #[tokio::test]
    async fn one_that_takes_no_connection_is_left_out_for_a_while() {
        let addresses = addresses();
        let upstreams = upstreams(&addresses);
        let now = Instant::from_millis(0);
        upstreams.all[&addresses[0]].leave_out(now);
        let others = |at: Instant| {
            let ports = (0..6).filter_map(|_| upstreams.next(&addresses, &[], at));
            ports.map(|upstream| upstream.address.port).collect::<Vec<_>>()
        };
        assert!(!others(now).contains(&1));
        assert!(others(now + OUT_FOR).contains(&1));
        let all: Vec<_> = upstreams.all.values().cloned().collect();
        assert!(
            upstreams.next(&addresses, &all[1..], now).is_some(),
            "the last is tried"
        );
        assert!(upstreams.next(&addresses, &all, now).is_none());
    }
}
