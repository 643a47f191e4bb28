//! When a node beats, and what is up to one node at a time.

use std::future::pending;
use std::sync::Arc;

use nightlatch_core::time::Instant;
use nightlatch_engine::clock::{Clock, ManualTime};
use nightlatch_engine::{Options, PolicyChange};
use nightlatch_store::memory::MemoryStore;

use crate::fixture::flaky::FlakyStore;
use crate::fixture::{Fixture, pass, policy};

const START: Instant = Instant::from_millis(1_700_000_000_000);

#[tokio::test(start_paused = true)]
async fn a_hint_brings_the_next_beat_at_once_and_many_hints_bring_no_flood() {
    let shared = MemoryStore::shared(|| START);
    let store = Arc::new(FlakyStore::over(Arc::new(shared)));
    let fixture = Fixture::on(Arc::clone(&store) as _, r#"{"idle": "15m"}"#).await;
    let engine = Arc::clone(&fixture.engine);
    let running = tokio::spawn(async move { engine.run(pending()).await });
    pass(249).await;
    let first = store.beats();
    pass(2).await;
    assert_eq!(store.beats(), first + 1, "beats come by themselves");
    pass(100).await;
    store.hint();
    pass(1).await;
    assert_eq!(store.beats(), first + 2);
    pass(248).await;
    assert_eq!(store.beats(), first + 2, "the next is due as long after that one");
    pass(2).await;
    assert_eq!(store.beats(), first + 3);

    for _ in 0..1000 {
        store.hint();
        pass(1).await;
    }
    let flooded = store.beats() - first - 3;
    assert!((18..=21).contains(&flooded), "{flooded} beats in a second");
    running.abort();
}

/// A node on a store that others share, at work.
async fn node(shared: &Arc<MemoryStore>) -> (Arc<FlakyStore>, Fixture, tokio::task::JoinHandle<()>) {
    let store = Arc::new(FlakyStore::over(Arc::clone(shared) as _));
    let time = ManualTime::running(START, 0);
    let fixture = Fixture::at(Arc::clone(&store) as _, time, r#"{"idle": "15m"}"#, Options::default()).await;
    let engine = Arc::clone(&fixture.engine);
    let running = tokio::spawn(async move { engine.run(pending()).await });
    (store, fixture, running)
}

async fn change_policy(fixture: &Fixture, json: &str) {
    let change = PolicyChange {
        policy: policy(json),
        actor: "test".into(),
        reason: None,
        restored: None,
        expected: None,
    };
    fixture.engine.change_policy(change).await.expect("a store");
}

#[tokio::test(start_paused = true)]
async fn one_node_at_a_time_reindexes_and_another_one_when_it_is_gone() {
    const SESSIONS: usize = 3;
    let clock = Clock::manual(&ManualTime::running(START, 0), START);
    let shared = Arc::new(MemoryStore::shared(move || clock.now()));
    let nodes = [node(&shared).await, node(&shared).await];
    for subject in ["ada", "bob", "eve"].iter().take(SESSIONS) {
        nodes[1].1.sign_in(subject).await;
    }
    pass(1000).await;
    change_policy(&nodes[1].1, r#"{"idle": "10m"}"#).await;
    pass(5000).await;
    let reindexed = [nodes[0].0.reindexed(), nodes[1].0.reindexed()];
    assert_eq!(reindexed, [SESSIONS, 0], "the first has had all turns since it came");

    // It vanishes, and says nothing.
    nodes[0].2.abort();
    change_policy(&nodes[1].1, r#"{"idle": "5m"}"#).await;
    pass(5000).await;
    let reindexed = [nodes[0].0.reindexed(), nodes[1].0.reindexed()];
    assert_eq!(reindexed, [SESSIONS, SESSIONS]);
    nodes[1].2.abort();
}
