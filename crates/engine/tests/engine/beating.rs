//! When a node beats.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use nightlatch_core::time::Instant;
use nightlatch_store::memory::MemoryStore;

use crate::fixture::Fixture;
use crate::fixture::flaky::FlakyStore;

/// The clock stands still: sleeping takes no time, and all who wait for an earlier instant go first.
async fn pass(millis: u64) {
    tokio::time::sleep(Duration::from_millis(millis)).await;
}

#[tokio::test(start_paused = true)]
async fn a_hint_brings_the_next_beat_at_once_and_many_hints_bring_no_flood() {
    let shared = MemoryStore::shared(|| Instant::from_millis(1_700_000_000_000));
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
