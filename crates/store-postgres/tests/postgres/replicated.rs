//! What is promised where a standby takes over.

use nightlatch_core::session::EndReason;
use nightlatch_programs::postgres::Server;
use nightlatch_store::nodes::{Beat, Heard, NodeId, Position};
use nightlatch_store::{Changes as _, Selector, Sessions as _, StoreError, Touched};
use nightlatch_store_postgres::{Durability, PostgresOptions, PostgresStore};
use tokio_postgres::Client;

use nightlatch_store::conformance::fixture::*;

use crate::fresh::connect;
use crate::server::ServerExt as _;

async fn beat(store: &PostgresStore, position: Option<&Position>) -> Result<Heard, StoreError> {
    let beat = Beat {
        node: NodeId::new(7),
        name: "one".into(),
        version: "1.2.3".into(),
        now: None,
        position: position.cloned(),
    };
    store.nodes().expect("nodes share it").beat(&beat).await
}

#[tokio::test]
async fn what_no_standby_confirms_is_unconfirmed_and_no_beat_is_answered() {
    let server = Server::start(&[]);
    let store = connect(&server.options("postgres")).await;
    for number in 1..=2 {
        add(&store, &record(number, "a")).await;
    }
    beat(&store, None).await.expect("store");
    server.wait_for_standby("gone");
    let selector = Selector::Digest(digest(1));
    let end = end(EndReason::Admin, 1500);
    let (ended, beaten) = tokio::join!(store.end(&selector, &end, 1), beat(&store, None));
    // The server cancels statements sooner than that, and no commit: one that waits for standbys waits on.
    let is_given_up = |error: &StoreError| matches!(error, StoreError::Unconfirmed(why) if why.contains("in time"));
    assert!(ended.as_ref().is_err_and(is_given_up), "{ended:?}");
    assert!(beaten.as_ref().is_err_and(is_given_up), "{beaten:?}");
    let touched = store.touch(&[touch(2, 1500)]).await.expect("activity waits for nobody");
    assert_eq!(touched, [Touched::Stored]);
    server.wait_for_standby("");
    assert!(
        get(&store, 1).await.ended().is_some(),
        "it had been committed where it was asked for"
    );
    assert_eq!(reasons(&store, 1).await, [Some(EndReason::Admin)]);
}

/// Does something to whoever waits for a standby, as an operator may.
async fn interrupt(client: &Client, how: &str) {
    let sql = format!("SELECT {how}(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'");
    while client.query(&sql, &[]).await.expect("activity").is_empty() {
        tokio::task::yield_now().await;
    }
}

fn is_unconfirmed<T>(answer: &Result<T, StoreError>) -> bool {
    matches!(answer, Err(StoreError::Unconfirmed(_)))
}

#[tokio::test]
async fn a_commit_whose_wait_is_cancelled_is_unconfirmed() {
    let server = Server::start(&[]);
    let operator = server.client("postgres").await;
    for (are_ready, first) in [(true, 0), (false, 10)] {
        let store = connect(&server.options("postgres").prepared_statements(are_ready)).await;
        for number in first..first + 4 {
            add(&store, &record(number, "a")).await;
        }
        assert!(end_one(&store, first).await);
        server.wait_for_standby("gone");
        let end = end(EndReason::Admin, 1500);
        let one = |number| Selector::Digest(digest(number));
        // One statement, a transaction, one whose commit comes alone, and a beat.
        for (number, how) in [(first + 1, "pg_cancel_backend"), (first + 2, "pg_terminate_backend")] {
            let selector = one(number);
            let (ended, ()) = tokio::join!(store.end(&selector, &end, 1), interrupt(&operator, how));
            assert!(is_unconfirmed(&ended), "{how}: {ended:?}");
        }
        let how = "pg_cancel_backend";
        let all = Selector::Matching(everything());
        let (ended, ()) = tokio::join!(store.end(&all, &end, 10), interrupt(&operator, how));
        assert!(is_unconfirmed(&ended), "{ended:?}");
        let (forgotten, ()) = tokio::join!(store.forget_ended(at(1501), 1), interrupt(&operator, how));
        assert!(is_unconfirmed(&forgotten), "{forgotten:?}");
        let (beaten, ()) = tokio::join!(beat(&store, None), interrupt(&operator, how));
        assert!(is_unconfirmed(&beaten), "{beaten:?}");
        // Each was done where it was asked for, and what was told beside one answer is not taken for that of the next.
        assert_eq!(store.count(&everything()).await.expect("store"), 0);
        server.wait_for_standby("");
        beat(&store, None).await.expect("store");
    }
}

#[tokio::test]
async fn a_standby_that_takes_over_has_what_was_acknowledged() {
    let primary = Server::start(&[]);
    let standby = primary.standby();
    primary.wait_for_standby("*");
    let (one, other) = (primary.address().port(), standby.address().port());
    let hosts = format!("host=127.0.0.1,127.0.0.1 port={one},{other} user=test dbname=postgres");
    let options = PostgresOptions::new(&hosts).durability(Durability::Replicated);
    let store = connect(&options).await;
    for number in 1..=3 {
        add(&store, &record(number, "a")).await;
    }
    let before = beat(&store, None).await.expect("store");
    assert!(end_one(&store, 1).await);
    primary.kill();
    let read = store.get(&digest(1)).await;
    assert!(
        matches!(read, Err(StoreError::Unavailable(_))),
        "nobody takes writes: {read:?}"
    );

    let client = standby.client("postgres").await;
    client.batch_execute("SELECT pg_promote()").await.expect("a promotion");
    let after = loop {
        match beat(&store, Some(&before.position)).await {
            Ok(heard) => break heard,
            // It takes no writes yet.
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    };
    assert_ne!(after.epoch, before.epoch);
    assert_eq!(after.changes, None, "whatever is in memory may be wrong");
    assert!(get(&store, 1).await.ended().is_some());
    assert_eq!(reasons(&store, 1).await, [Some(EndReason::Admin)]);
    assert!(end_one(&store, 2).await);
    let next = beat(&store, Some(&after.position)).await.expect("store");
    assert_eq!(next.changes.map(|changes| changes.len()), Some(1));
}
