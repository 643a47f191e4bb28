//! Tabs of one browser at two nodes, as a load balancer without sticky routing spreads them.

use std::sync::Arc;
use std::time::Duration;

use axum::http::{Method, StatusCode};
use nightlatch_core::session::{Attended, OpenTab, State};
use nightlatch_core::time::{Instant, Span};
use nightlatch_engine::clock::{Clock, ManualTime};
use nightlatch_store::Sessions as _;
use nightlatch_store::memory::MemoryStore;
use nightlatch_store::token::Digest;
use tokio_util::sync::CancellationToken;

use super::Site;
use super::events::Events;
use crate::browser::abandoned;

const POLICY: &str = "[policy]\nidle = \"10m\"\nabsent = \"5m\"\n";

/// Nodes on one store, and their common time: what looks for tabs goes by the time of the runtime, limits by another one.
struct Nodes {
    store: Arc<MemoryStore>,
    time: ManualTime,
    sites: Vec<Site>,
}

impl Nodes {
    async fn start(count: usize) -> Self {
        let time = ManualTime::at(Instant::from_millis(1_700_000_000_000));
        let shown = Clock::manual(&time, Instant::default());
        let store = Arc::new(MemoryStore::shared(move || shown.now()));
        let mut nodes = Self {
            store,
            time,
            sites: Vec::new(),
        };
        for _ in 0..count {
            nodes.join().await;
        }
        nodes
    }

    async fn join(&mut self) {
        let site = Site::on(POLICY, Arc::clone(&self.store), self.time.clone()).await;
        self.sites.push(site);
        self.beat().await;
    }

    /// Everybody hears of everything.
    async fn beat(&self) {
        for site in &self.sites {
            site.server.engine.beat().await.expect("a store");
        }
    }

    async fn report(&self, at: usize, token: &str, tab: &str) {
        let body = format!(r#"{{"tab": "{tab}", "path": "/a"}}"#);
        let answer = self.sites[at].post("/tab", token, &body).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        self.beat().await;
    }

    async fn open_tabs(&self, token: &str) -> Vec<(String, Option<Attended>)> {
        let digest = Digest::of(token).expect("a token");
        let record = self.store.get(&digest).await.expect("a store").expect("a session");
        assert_eq!(record.session.state, State::Active);
        let tabs = record.session.presence.into_iter().flat_map(|presence| presence.tabs);
        tabs.map(|(tab, OpenTab { attended, .. })| (tab.into(), attended))
            .collect()
    }

    fn node(&self, at: usize) -> nightlatch_core::node::NodeId {
        self.sites[at].server.engine.node().expect("a node")
    }

    /// Time passes, in which the nodes look for tabs that are gone.
    async fn pass(&self, seconds: u64) {
        for _ in 0..4 * seconds {
            self.time.advance(Span::from_millis(250));
            self.beat().await;
            tokio::time::sleep(Duration::from_millis(250)).await; // tidy: sleeps because the time of the runtime is paused, and passes by this
        }
    }

    fn look_for_tabs(&self, at: usize) -> Looking {
        let server = Arc::clone(&self.sites[at].server);
        let shutdown = server.shutdown.clone();
        tokio::spawn(abandoned::close(server));
        Looking(shutdown)
    }
}

/// Stops with the test.
struct Looking(CancellationToken);

impl Drop for Looking {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

/// Two nodes that look for tabs, and a tab with its stream at the first.
struct Served {
    nodes: Nodes,
    token: String,
    stream: Events,
    _looking: [Looking; 2],
}

impl Served {
    async fn at_the_first() -> Self {
        let nodes = Nodes::start(2).await;
        let looking = [nodes.look_for_tabs(0), nodes.look_for_tabs(1)];
        let token = nodes.sites[0].sign_in("ada").await;
        let mut stream = Events::open(&nodes.sites[0], &token, None).await;
        nodes.report(0, &token, "t").await;
        until_quiet(&mut stream).await;
        Self {
            nodes,
            token,
            stream,
            _looking: looking,
        }
    }
}

/// Reads a stream until the node has done what it does between two events.
async fn until_quiet(events: &mut Events) {
    while tokio::time::timeout(Duration::from_millis(100), events.next())
        .await
        .is_ok()
    {}
}

#[tokio::test(start_paused = true)]
async fn the_node_with_the_stream_takes_the_tabs_that_others_hear_of() {
    let nodes = Nodes::start(2).await;
    let token = nodes.sites[0].sign_in("ada").await;
    let mut stream = Events::open(&nodes.sites[0], &token, None).await;
    stream.expect("lifetime").await;
    nodes.report(1, &token, "t").await;
    let heard = Some(Attended::Hearing(nodes.node(1)));
    assert_eq!(nodes.open_tabs(&token).await, [("t".to_owned(), heard)]);
    until_quiet(&mut stream).await;
    let served = Some(Attended::Serving(nodes.node(0)));
    assert_eq!(nodes.open_tabs(&token).await, [("t".to_owned(), served)]);
}

#[tokio::test(start_paused = true)]
async fn a_tab_that_answers_another_node_stays_open() {
    // It answers here first: from then on it is expected to answer.
    let Served {
        nodes,
        token,
        mut stream,
        _looking,
    } = Served::at_the_first().await;
    let mut asked = 0;
    for _ in 0..30 {
        nodes.pass(10).await;
        while let Ok(Some(event)) = tokio::time::timeout(Duration::from_millis(100), stream.next()).await {
            if event.data["ask"] == true {
                asked += 1;
                nodes.report(1, &token, "t").await;
            }
        }
        // Extends, so that the session does not end of idleness.
        assert_eq!(
            nodes.sites[1].post("/extend", &token, "{}").await.status,
            StatusCode::OK
        );
        assert_eq!(nodes.open_tabs(&token).await.len(), 1, "asked {asked} times");
    }
    assert!(asked > 3, "asked {asked} times");
}

#[tokio::test(start_paused = true)]
async fn who_loses_a_stream_closes_no_tab_that_another_one_serves() {
    let Served {
        nodes,
        token,
        stream: first,
        _looking,
    } = Served::at_the_first().await;
    drop(first);
    let mut second = Events::open(&nodes.sites[1], &token, None).await;
    for _ in 0..20 {
        nodes.pass(1).await;
        until_quiet(&mut second).await;
    }
    let served = Some(Attended::Serving(nodes.node(1)));
    assert_eq!(
        nodes.open_tabs(&token).await,
        [("t".to_owned(), served)],
        "it was offered"
    );
    drop(second);
    nodes.pass(20).await;
    assert_eq!(nodes.open_tabs(&token).await, []);
}

#[tokio::test(start_paused = true)]
async fn a_frozen_tab_is_closed_by_nobody() {
    let Served {
        nodes,
        token,
        mut stream,
        _looking,
    } = Served::at_the_first().await;
    let frozen = nodes.sites[1].page(Method::POST, "/tab/t", &token, "").await;
    assert_eq!(frozen.status, StatusCode::NO_CONTENT);
    nodes.beat().await;
    until_quiet(&mut stream).await;
    drop(stream);
    nodes.pass(60).await;
    assert_eq!(
        nodes.open_tabs(&token).await,
        [("t".to_owned(), Some(Attended::Frozen))]
    );
}

#[tokio::test(start_paused = true)]
async fn the_tabs_of_a_node_that_is_gone_are_closed_within_thirty_seconds() {
    let mut nodes = Nodes::start(2).await;
    let token = nodes.sites[1].sign_in("ada").await;
    let stream = Events::open(&nodes.sites[1], &token, None).await;
    nodes.report(1, &token, "t").await;
    assert!(matches!(nodes.open_tabs(&token).await[0].1, Some(Attended::Serving(node)) if node == nodes.node(1)));
    let _looking = nodes.look_for_tabs(0);
    nodes.pass(5).await;
    // It is gone without a word.
    let gone = nodes.sites.remove(1);
    nodes.pass(30).await;
    assert_eq!(nodes.open_tabs(&token).await, []);
    drop((gone, stream));
}

#[tokio::test(start_paused = true)]
async fn a_goodbye_counts_at_every_node() {
    let nodes = Nodes::start(2).await;
    let token = nodes.sites[0].sign_in("ada").await;
    nodes.report(0, &token, "t").await;
    let closed = nodes.sites[1].page(Method::DELETE, "/tab/t", &token, "").await;
    assert_eq!(closed.status, StatusCode::NO_CONTENT);
    assert_eq!(nodes.open_tabs(&token).await, []);
}

#[tokio::test(start_paused = true)]
async fn whoever_is_active_at_another_node_is_known_to_be_before_the_warning_is_due() {
    let nodes = Nodes::start(2).await;
    let token = nodes.sites[0].sign_in("ada").await;
    let mut stream = Events::open(&nodes.sites[0], &token, None).await;
    stream.expect("lifetime").await;
    nodes.pass(300).await;
    let active = nodes.sites[1].post("/activity", &token, r#"{"age_ms": 0}"#).await;
    assert_eq!(active.status, StatusCode::OK, "{}", active.body);
    nodes.sites[1].server.engine.flush_all().await.expect("a store");
    // Three quarters of the nine minutes until the warning.
    nodes.pass(110).await;
    let mut left = 0;
    while let Ok(Some(event)) = tokio::time::timeout(Duration::from_millis(100), stream.next()).await {
        assert_eq!(event.name, "lifetime");
        left = event.data["idle_remaining_ms"].as_u64().expect("a limit");
    }
    assert!(left > 450_000, "{left} ms are left by what was told last");
}
