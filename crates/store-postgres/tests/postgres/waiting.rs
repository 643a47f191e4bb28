//! What waits for somebody else: a bounded time, and then it reaches everything.

use std::sync::Arc;

use nightlatch_core::session::EndReason;
use nightlatch_programs::postgres::shared;
use nightlatch_store::audit::AuditKind;
use nightlatch_store::{Filter, Selector, Sessions as _, StoreError};

use nightlatch_store::conformance::fixture::*;

use crate::fresh::{Fresh, connect};
use crate::server::ServerExt as _;

fn all() -> Selector {
    Selector::Matching(everything())
}

#[tokio::test]
async fn an_end_waits_for_whoever_has_a_session_and_reaches_it() {
    let fresh = Fresh::new().await;
    for number in 1..=3 {
        add(fresh.store.as_ref(), &record(number, "a")).await;
    }
    let client = fresh.client().await;
    let lock = format!("BEGIN; UPDATE sessions SET seen = 1200 WHERE handle = '{}'", handle(2));
    client.batch_execute(&lock).await.expect("a lock");
    let (ended, ()) = tokio::join!(
        async {
            let ended = fresh.store.end(&all(), &end(EndReason::Admin, 1500), 10).await;
            ended.expect("store").len()
        },
        async {
            fresh.somebody_waits().await;
            client.batch_execute("COMMIT").await.expect("a free row");
        }
    );
    assert_eq!(ended, 3, "the one that was locked as well");
    let told = audit(fresh.store.as_ref(), of_session(2)).await;
    assert_eq!(told[1].entry.last_activity, Some(at(1200)), "as it is by then");
}

#[tokio::test]
async fn whoever_waits_too_long_is_told_and_nothing_was_done() {
    let fresh = Fresh::new().await;
    let store = fresh.store.as_ref();
    for number in 1..=3 {
        add(store, &record(number, "a")).await;
    }
    let client = fresh.client().await;
    let lock = format!("BEGIN; UPDATE sessions SET seen = 1200 WHERE handle = '{}'", handle(3));
    client.batch_execute(&lock).await.expect("a lock");
    for selector in [all(), Selector::Handle(handle(3))] {
        let ended = store.end(&selector, &end(EndReason::Admin, 1500), 10).await;
        assert!(matches!(ended, Err(StoreError::Contended(_))), "{ended:?}");
    }
    let amended = store.amend(&amendment(&record(3, "a"))).await;
    assert!(matches!(amended, Err(StoreError::Contended(_))), "{amended:?}");
    assert_eq!(store.count(&everything()).await.expect("store"), 3);
    client.batch_execute("ROLLBACK").await.expect("a free row");
    assert_eq!(end_all(store, all(), EndReason::Admin, 10).await.len(), 3);
    for number in 1..=3 {
        assert_eq!(reasons(store, number).await, [Some(EndReason::Admin)]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ends_from_all_sides_end_each_session_once() {
    const SESSIONS: u32 = 60;
    let fresh = Fresh::new().await;
    for number in 0..SESSIONS {
        add(
            fresh.store.as_ref(),
            &record(number, if number % 2 == 0 { "a" } else { "b" }),
        )
        .await;
    }
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..6 {
        let store = Arc::clone(&fresh.store);
        tasks.spawn(async move {
            let ended = match task % 3 {
                0 => store.end(&all(), &end(EndReason::Admin, 1500), 100).await,
                1 => {
                    let subject = Some(if task == 1 { "a" } else { "b" }.into());
                    let selector = Selector::Matching(Filter {
                        subject,
                        ..everything()
                    });
                    store.end(&selector, &end(EndReason::Account, 1600), 100).await
                }
                _ => {
                    let due: Vec<_> = (0..SESSIONS).rev().map(|number| expiry(&record(number, "a"))).collect();
                    store.expire(&due).await
                }
            };
            ended.expect("store").len()
        });
    }
    let ended: usize = tasks.join_all().await.into_iter().sum();
    assert_eq!(
        ended, SESSIONS as usize,
        "no two wait for each other, and none is ended twice"
    );
    for number in 0..SESSIONS {
        assert_eq!(reasons(fresh.store.as_ref(), number).await.len(), 1);
    }
    let signed_in = audit(
        fresh.store.as_ref(),
        nightlatch_store::audit::AuditFilter {
            kind: Some(AuditKind::SignIn),
            limit: 100,
            ..Default::default()
        },
    );
    assert_eq!(signed_in.await.len(), SESSIONS as usize);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_nodes_may_start_in_an_empty_database_at_once() {
    let server = shared();
    for _ in 0..3 {
        let options = server.options(&server.database());
        let mut nodes = tokio::task::JoinSet::new();
        for _ in 0..4 {
            let options = options.clone();
            nodes.spawn(async move { connect(&options).await });
        }
        let nodes = nodes.join_all().await;
        add(&nodes[0], &record(1, "a")).await;
        assert!(end_one(&nodes[3], 1).await);
    }
}
