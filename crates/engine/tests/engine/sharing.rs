//! Two nodes that share a store, and what one does by what it knew before the other changed it.

use std::sync::Arc;

use nightlatch_core::duration::Limit;
use nightlatch_core::session::{Answer, Event, State};
use nightlatch_core::time::{Instant, Span};
use nightlatch_engine::clock::{Clock, ManualTime};
use nightlatch_engine::{Options, PolicyChange};
use nightlatch_store::memory::MemoryStore;
use nightlatch_store::token::Digest;
use nightlatch_store::{Record, Sessions as _};

use crate::fixture::{Fixture, minutes, pass, policy, seconds};

const START: Instant = Instant::from_millis(1_700_000_000_000);

/// Two nodes that do nothing by themselves.
async fn nodes(json: &str) -> (Arc<MemoryStore>, [Fixture; 2]) {
    let clock = Clock::manual(&ManualTime::running(START, 0), START);
    let shared = Arc::new(MemoryStore::shared(move || clock.now()));
    let node = async || {
        let store = Arc::clone(&shared) as _;
        Fixture::at(store, ManualTime::running(START, 0), json, Options::default()).await
    };
    let nodes = [node().await, node().await];
    (shared, nodes)
}

async fn beat(nodes: &[Fixture]) {
    for node in nodes {
        node.engine.beat().await.expect("a store");
    }
}

async fn record(shared: &MemoryStore, digest: &Digest) -> Record {
    shared.get(digest).await.expect("a store").expect("a record")
}

async fn apply(node: &Fixture, digest: &Digest, event: Event) {
    let outcome = node.engine.apply(digest, &event).await.expect("a store");
    assert_eq!(outcome.answer, Some(Answer::Accepted), "{event:?}");
}

#[tokio::test(start_paused = true)]
async fn a_policy_that_comes_into_force_undoes_no_hold_of_another_node() {
    let (shared, nodes) = nodes(r#"{"idle": "15m"}"#).await;
    let [one, other] = &nodes;
    let digest = one.sign_in("ada").await;
    // Both have a copy.
    let hold = |id: &str| Event::Hold {
        id: id.into(),
        span: minutes(10),
    };
    apply(other, &digest, hold("first")).await;
    beat(&nodes).await;
    assert!(one.end_of(&digest).await.is_none());

    let engine = Arc::clone(&other.engine);
    let change = PolicyChange {
        policy: policy(r#"{"idle": "14m"}"#),
        actor: "test".into(),
        reason: None,
        restored: None,
        expected: None,
    };
    let changed = tokio::spawn(async move { engine.change_policy(change).await });
    pass(500).await;
    beat(&nodes).await;
    pass(400).await;
    apply(other, &digest, hold("second")).await;
    changed.await.expect("no panic").expect("a store");
    // It goes by the policy, and does not know of the second hold.
    assert!(one.end_of(&digest).await.is_none());
    one.engine.reindex().await.expect("a store");
    let holds = record(&shared, &digest).await.session.presence.expect("holds").holds;
    assert_eq!(holds.keys().map(|id| &**id).collect::<Vec<_>>(), ["first", "second"]);
}

#[tokio::test(start_paused = true)]
async fn a_choice_locks_nobody_who_was_active_at_another_node() {
    let json = r#"{"idle": "15m", "on_idle": "lock", "warn_before": "10s", "choice": {"allow": ["1m"]}}"#;
    let (shared, nodes) = nodes(json).await;
    let [one, other] = &nodes;
    let digest = one.sign_in("ada").await;
    assert!(other.end_of(&digest).await.is_none());
    pass(120_000).await;
    beat(&nodes).await;
    apply(other, &digest, Event::Input { age: Span::ZERO }).await;
    other.engine.flush_all().await.expect("a store");
    assert_eq!(
        record(&shared, &digest).await.session.activity.seen,
        START + seconds(120)
    );
    // By what this node knows the new limit has passed already.
    let idle = Limit::after(minutes(1));
    apply(one, &digest, Event::Choose { idle }).await;
    let session = record(&shared, &digest).await.session;
    assert_eq!((session.state, session.choice), (State::Active, Some(idle)));
}
