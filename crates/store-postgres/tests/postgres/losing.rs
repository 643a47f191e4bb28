//! What is said when a connection is lost, is stuck, or is none.

use std::sync::Arc;

use nightlatch_core::session::EndReason;
use nightlatch_programs::postgres::{Server, url};
use nightlatch_store::{Changes as _, Created, Quota, Selector, Sessions as _, StoreError};
use nightlatch_store_postgres::{PostgresOptions, PostgresStore};

use nightlatch_store::conformance::fixture::*;

use crate::fresh::{Fresh, connect};
use crate::proxy::{Fault, Proxy};
use crate::server::ServerExt as _;

/// A store behind a proxy, and one that reaches the same database without it.
async fn behind_proxy(connections: usize) -> (Fresh, Proxy, Arc<PostgresStore>) {
    let fresh = Fresh::new().await;
    let proxy = Proxy::to(fresh.server.address()).await;
    let options = PostgresOptions::new(&url(proxy.address(), &fresh.database)).connections(connections);
    let store = Arc::new(connect(&options).await);
    (fresh, proxy, store)
}

fn by_digest(number: u32) -> Selector {
    Selector::Digest(digest(number))
}

#[tokio::test]
async fn an_answer_that_is_lost_after_the_commit_is_unconfirmed() {
    let (fresh, proxy, store) = behind_proxy(4).await;
    for number in 1..=3 {
        add(store.as_ref(), &record(number, "a")).await;
    }
    // So that the statements are ready: what is said next is the call itself.
    assert!(end_one(store.as_ref(), 3).await);
    store.touch(&[touch(1, 1100)]).await.expect("store");

    proxy.set(Fault::CutAfter);
    let ended = store.end(&by_digest(1), &end(EndReason::Admin, 1500), 1).await;
    assert!(matches!(ended, Err(StoreError::Unconfirmed(_))), "{ended:?}");
    proxy.set(Fault::None);
    let touched = get(store.as_ref(), 2).await;
    assert!(is_active(&touched), "the next call has another connection");
    assert!(get(fresh.store.as_ref(), 1).await.ended().is_some(), "it was done");
    assert_eq!(reasons(fresh.store.as_ref(), 1).await, [Some(EndReason::Admin)]);
    assert!(!end_one(store.as_ref(), 1).await, "once");

    store.touch(&[touch(2, 1200)]).await.expect("store");
    proxy.set(Fault::CutAfter);
    let touched = store.touch(&[touch(2, 1300)]).await;
    assert!(matches!(touched, Err(StoreError::Unconfirmed(_))), "{touched:?}");
    proxy.set(Fault::None);
}

#[tokio::test]
async fn what_reads_or_is_not_committed_yet_was_not_done() {
    let (fresh, proxy, store) = behind_proxy(4).await;
    add(store.as_ref(), &record(1, "a")).await;
    let quota = Quota {
        most: 5.try_into().expect("not zero"),
        counted: nightlatch_core::resolution::Counted::AllBut(Vec::new()),
        ending: vec![handle(1)],
    };
    let mut creation = creation(&record(2, "a"), at(1000));
    creation.quota = Some(quota);
    get(store.as_ref(), 1).await;
    for fault in [Fault::CutBefore, Fault::CutAfter] {
        proxy.set(fault);
        let read = store.get(&digest(1)).await;
        assert!(matches!(read, Err(StoreError::Unavailable(_))), "{fault:?}: {read:?}");
        proxy.set(Fault::None);
        get(store.as_ref(), 1).await;
        proxy.set(fault);
        // Its first statement is not its last.
        let created = store.create(&creation).await;
        assert!(
            matches!(created, Err(StoreError::Unavailable(_))),
            "{fault:?}: {created:?}"
        );
        proxy.set(Fault::None);
        assert_eq!(fresh.store.get(&digest(2)).await.expect("store"), None);
        assert!(is_active(&get(fresh.store.as_ref(), 1).await));
    }
    let created = store.create(&creation).await.expect("store");
    assert!(matches!(created, Created::Added(ended) if ended.len() == 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_finds_no_free_connection_waits_a_bounded_time() {
    let (_fresh, proxy, store) = behind_proxy(1).await;
    add(store.as_ref(), &record(1, "a")).await;
    proxy.set(Fault::Stall);
    let stuck = tokio::spawn({
        let store = Arc::clone(&store);
        async move { store.end(&by_digest(1), &end(EndReason::Admin, 1500), 1).await }
    });
    // It has the connection.
    while !format!("{store:?}").contains("idle: 0") {
        tokio::task::yield_now().await;
    }
    let mut told = Vec::new();
    while !stuck.is_finished() {
        if let Err(StoreError::Unavailable(why)) = store.get(&digest(1)).await {
            told.push(why);
        }
    }
    assert!(
        told.iter().any(|why| why.contains("all connections are in use")),
        "{told:?}"
    );
    let ended = stuck.await.expect("a task");
    assert!(
        matches!(&ended, Err(StoreError::Unconfirmed(why)) if why.contains("in time")),
        "{ended:?}"
    );
}

#[tokio::test]
async fn a_call_that_is_given_up_leaves_nothing_to_the_next() {
    let fresh = Fresh::new().await;
    let options = fresh.server.options(&fresh.database).connections(1);
    let store = connect(&options).await;
    add(&store, &record(1, "a")).await;
    let client = fresh.client().await;
    client
        .batch_execute("BEGIN; SELECT FROM sessions FOR UPDATE")
        .await
        .expect("a lock");
    let all = Selector::Matching(everything());
    let end = end(EndReason::Admin, 1500);
    tokio::select! {
        biased;
        ended = store.end(&all, &end, 10) => panic!("{ended:?}"),
        // The transaction has begun, and waits.
        () = fresh.somebody_waits() => {}
    }
    client.batch_execute("COMMIT").await.expect("a free row");
    store.probe(at(1600)).await.expect("a connection");
    assert!(is_active(&get(&store, 1).await), "nobody has committed it");
    assert!(end_one(&store, 1).await, "it keeps no lock");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unavailable_and_comes_back() {
    let server = Server::start(&[]);
    let store = connect(&server.options("postgres")).await;
    add(&store, &record(1, "a")).await;
    let again = server.restart(async || {
        let read = store.get(&digest(1)).await;
        assert!(matches!(read, Err(StoreError::Unavailable(_))), "{read:?}");
        let created = store.create(&creation(&record(2, "a"), at(1000))).await;
        assert!(matches!(created, Err(StoreError::Unavailable(_))), "{created:?}");
    });
    let _server = again.await;
    assert!(is_active(&get(&store, 1).await));
    add(&store, &record(2, "a")).await;
}
