//! What is kept, and for how long.

use std::future::pending;
use std::sync::Arc;

use nightlatch_core::time::{Instant, Span};
use nightlatch_engine::Options;
use nightlatch_engine::clock::ManualTime;
use nightlatch_store::Store;
use nightlatch_store::audit::{AuditFilter, AuditKind};
use nightlatch_store::memory::MemoryStore;

use crate::fixture::{Fixture, seconds};

const DAY: Span = Span::from_secs(24 * 3600);

/// How many sign-ins the audit tells of, a day after the first and a moment after the second.
async fn told(audit_kept: Option<Span>) -> usize {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
    let time = ManualTime::at(Instant::from_millis(1_700_000_000_000));
    let options = Options {
        audit_kept,
        ..Options::default()
    };
    let fixture = Fixture::at(store, time, r#"{"idle": "15m"}"#, options).await;
    fixture.sign_in("ada").await;
    fixture.time.advance(DAY + seconds(1));
    fixture.sign_in("bob").await;
    let engine = Arc::clone(&fixture.engine);
    let running = tokio::spawn(async move { engine.run(pending()).await });
    // Its clock stands still, so all that is due now is done first.
    tokio::time::sleep(std::time::Duration::from_secs(1)).await; // tidy: sleeps because the time is paused
    running.abort();
    let filter = AuditFilter {
        kind: Some(AuditKind::SignIn),
        limit: 10,
        ..AuditFilter::default()
    };
    fixture.engine.audit(&filter).await.expect("a store").len()
}

#[tokio::test(start_paused = true)]
async fn the_audit_is_kept_for_good_unless_somebody_says_how_long() {
    assert_eq!(told(None).await, 2);
    assert_eq!(told(Some(DAY)).await, 1);
    assert_eq!(told(Some(DAY + DAY)).await, 2);
}
