//! The audit has one order and no gaps, whoever tells it something and whoever reads it meanwhile.

use std::sync::Arc;

use nightlatch_store::audit::{AuditFilter, AuditRecord};
use tokio::task::JoinSet;

use nightlatch_store::conformance::fixture::*;

use crate::fresh::Fresh;

fn everything_told() -> AuditFilter {
    AuditFilter {
        limit: 10_000,
        ..AuditFilter::default()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn numbers_have_no_gap_and_stay_while_others_write_and_read() {
    const TASKS: u32 = 6;
    const SESSIONS: u32 = 20;
    let fresh = Fresh::new().await;
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        let store = Arc::clone(&fresh.store);
        tasks.spawn(async move {
            let mut read: Vec<AuditRecord> = Vec::new();
            for number in task * SESSIONS..(task + 1) * SESSIONS {
                add(store.as_ref(), &record(number, "a")).await;
                assert!(end_one(store.as_ref(), number).await);
                let told = audit(store.as_ref(), everything_told()).await;
                assert!(told.iter().map(|told| told.seq).eq(1..=told.len() as u64), "no gap");
                assert_eq!(told[..read.len()], read, "what was read stays as it was");
                let own = told
                    .iter()
                    .filter(|told| told.entry.handle == Some(handle(number)))
                    .count();
                assert_eq!(own, 2, "what was acknowledged is in it");
                read = told;
            }
        });
    }
    while let Some(task) = tasks.join_next().await {
        task.expect("a task");
    }
    let told = audit(fresh.store.as_ref(), everything_told()).await;
    assert_eq!(told.len(), (TASKS * SESSIONS * 2) as usize);
}

#[tokio::test]
async fn an_entry_that_is_committed_late_comes_last() {
    let fresh = Fresh::new().await;
    let store = fresh.store.as_ref();
    let late = fresh.client().await;
    let tell = "BEGIN; INSERT INTO audit_new (at, kind, actor) VALUES (1, 'policy', 'late')";
    late.batch_execute(tell).await.expect("an entry");
    add(store, &record(1, "a")).await;
    assert_eq!(audit(store, everything_told()).await.len(), 1, "nobody waits for it");
    late.batch_execute("COMMIT").await.expect("a commit");
    let told = audit(store, everything_told()).await;
    assert_eq!(told.iter().map(|told| told.seq).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(&*told[1].entry.actor, "late");
}

#[tokio::test]
async fn numbers_go_on_where_the_audit_was_cut() {
    let fresh = Fresh::new().await;
    let store = fresh.store.as_ref();
    add(store, &record(1, "a")).await;
    assert_eq!(audit(store, everything_told()).await.len(), 1);
    fresh
        .client()
        .await
        .batch_execute("DELETE FROM audit")
        .await
        .expect("a cut");
    add(store, &record(2, "a")).await;
    assert_eq!(audit(store, everything_told()).await[0].seq, 2);
}
