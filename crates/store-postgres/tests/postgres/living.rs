//! The log of changes, through the lives of a server.

use nightlatch_programs::postgres::Server;
use nightlatch_store::nodes::{Beat, Heard, NodeId, Nodes, Position};
use nightlatch_store::{Change, Changes as _};
use nightlatch_store_postgres::PostgresStore;
use tokio_postgres::Client;

use nightlatch_store::conformance::fixture::*;

use crate::fresh::{Fresh, connect};
use crate::server::ServerExt as _;

fn beat(position: Option<&Position>) -> Beat {
    Beat {
        node: NodeId::new(7),
        name: "one".into(),
        version: "1.2.3".into(),
        now: None,
        position: position.cloned(),
    }
}

async fn hear(store: &PostgresStore, position: Option<&Position>) -> Heard {
    nodes(store).beat(&beat(position)).await.expect("store")
}

fn nodes(store: &PostgresStore) -> &dyn Nodes {
    store.nodes().expect("nodes share it")
}

fn handles(heard: &Heard) -> Vec<u32> {
    let changes = heard.changes.as_ref().expect("its position is known");
    let number = |change: &Change| match change {
        Change::Ended { handle: ended, .. } => (0..100).find(|number| handle(*number) == *ended).expect("known"),
        other => panic!("{other:?}"),
    };
    changes.iter().map(number).collect()
}

/// An end whose transaction stays open.
async fn ends_late(client: &Client, number: u32) {
    let sql = format!(
        "BEGIN; INSERT INTO changes (kind, digest, handle, at, reason)
         SELECT 'ended', digest, handle, 1500, 'admin' FROM sessions WHERE handle = '{}'",
        handle(number)
    );
    client.batch_execute(&sql).await.expect("an end");
}

#[tokio::test]
async fn what_is_committed_late_is_told_once_and_nobody_waits_for_it() {
    let fresh = Fresh::new().await;
    let store = fresh.store.as_ref();
    for number in 1..=4 {
        add(store, &record(number, "a")).await;
    }
    let late = fresh.client().await;
    ends_late(&late, 1).await;
    let first = hear(store, None).await;
    assert!(end_one(store, 2).await);
    let second = hear(store, Some(&first.position)).await;
    assert_eq!(handles(&second), [2], "while the other is still under way");
    assert!(end_one(store, 3).await);
    late.batch_execute("COMMIT").await.expect("a commit");
    let third = hear(store, Some(&second.position)).await;
    let mut told = handles(&third);
    told.sort_unstable();
    assert_eq!(told, [1, 3]);
    assert_eq!(handles(&hear(store, Some(&third.position)).await), [] as [u32; 0]);
    // Whoever lost the answers hears all of it again.
    assert_eq!(handles(&hear(store, Some(&first.position)).await).len(), 3);
}

#[tokio::test]
async fn a_position_from_before_the_log_was_cut_is_lost_and_no_other() {
    let fresh = Fresh::new().await;
    let store = fresh.store.as_ref();
    for number in 1..=4 {
        add(store, &record(number, "a")).await;
    }
    let client = fresh.client().await;
    let old = hear(store, None).await;
    assert!(end_one(store, 1).await);
    let late = fresh.client().await;
    ends_late(&late, 2).await;
    assert_eq!(
        nodes(store).forget_changes(10).await.expect("store"),
        0,
        "a mark is set, and nothing is old"
    );
    let newer = hear(store, Some(&old.position)).await;
    assert!(end_one(store, 3).await);
    // Eleven minutes pass, and whoever was late commits.
    late.batch_execute("COMMIT").await.expect("a commit");
    client
        .batch_execute("UPDATE marks SET at = at - 660000")
        .await
        .expect("time");
    assert_eq!(
        nodes(store).forget_changes(10).await.expect("store"),
        1,
        "what the mark had seen"
    );
    assert_eq!(
        hear(store, Some(&old.position)).await.changes,
        None,
        "it may have missed something"
    );
    let mut told = handles(&hear(store, Some(&newer.position)).await);
    told.sort_unstable();
    assert_eq!(told, [2, 3], "what was committed after the mark is there");
    assert_eq!(nodes(store).forget_changes(10).await.expect("store"), 0);
}

#[tokio::test]
async fn nodes_that_are_silent_are_forgotten_and_their_time_is_not() {
    let fresh = Fresh::new().await;
    let store = fresh.store.as_ref();
    let told = Beat {
        now: Some(at(1_800_000_000_000)),
        ..beat(None)
    };
    nodes(store).beat(&told).await.expect("store");
    let client = fresh.client().await;
    client
        .batch_execute("UPDATE nodes SET beaten = beaten - 660000")
        .await
        .expect("time");
    nodes(store).forget_changes(10).await.expect("store");
    assert_eq!(nodes(store).list().await.expect("store"), []);
    let other = Beat {
        node: NodeId::new(8),
        ..beat(None)
    };
    let heard = nodes(store).beat(&other).await.expect("store");
    assert_eq!(heard.latest, at(1_800_000_000_000));
}

#[tokio::test]
async fn a_server_that_starts_again_is_another_epoch() {
    let server = Server::start(&[]);
    let store = connect(&server.options("postgres")).await;
    for number in 1..=3 {
        add(&store, &record(number, "a")).await;
    }
    let before = hear(&store, None).await;
    assert!(nodes(&store).move_offset(&before.epoch, None, 5).await.expect("store"));
    assert!(end_one(&store, 1).await);
    let server = server.restart(async || {}).await;
    // Its clock and its log may be others; numbers of transactions may lie far ahead.
    let client = server.client("postgres").await;
    let ahead = "INSERT INTO changes (xid, kind) VALUES ('9999999999', 'policy')";
    client.batch_execute(ahead).await.expect("a restored row");

    let after = hear(&store, Some(&before.position)).await;
    assert_ne!(after.epoch, before.epoch);
    assert_eq!((after.changes, after.offset), (None, None));
    assert!(end_one(&store, 2).await);
    let next = hear(&store, Some(&after.position)).await;
    assert_eq!(handles(&next), [2], "what another life left behind is told to nobody");
    assert!(!nodes(&store).move_offset(&before.epoch, None, 5).await.expect("store"));
    assert!(nodes(&store).move_offset(&after.epoch, None, 9).await.expect("store"));
    assert_eq!(hear(&store, Some(&next.position)).await.offset, Some(9));
}

#[tokio::test]
async fn a_change_that_nobody_knows_is_a_lost_position() {
    let fresh = Fresh::new().await;
    let store = fresh.store.as_ref();
    let before = hear(store, None).await;
    let client = fresh.client().await;
    client
        .batch_execute("INSERT INTO changes (kind) VALUES ('of-tomorrow')")
        .await
        .expect("a change");
    let after = hear(store, Some(&before.position)).await;
    assert_eq!(after.changes, None, "it may be about anything");
    assert_eq!(hear(store, Some(&after.position)).await.changes, Some(Vec::new()));
}
