//! The audit has one order and no gaps, whoever tells it something and whoever reads it meanwhile.

use std::sync::Arc;

use nightlatch_core::time::Span;
use nightlatch_store::audit::{AuditFilter, AuditRecord};
use nightlatch_store::{Audit as _, Changes as _, StoreError};
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

/// The months that the audit has partitions for.
async fn months(client: &tokio_postgres::Client) -> Vec<String> {
    let sql = "SELECT relname::text FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
        WHERE inhparent = 'audit'::regclass AND relname ~ '_..$' ORDER BY relname";
    let rows = client.query(sql, &[]).await.expect("a catalogue");
    rows.iter().map(|row| row.get(0)).collect()
}

/// Tells the audit something, without a store.
async fn tell(client: &tokio_postgres::Client, instants: &[i64]) {
    let sql = "INSERT INTO audit_new (at, kind, actor) SELECT at, 'policy', 'test' FROM unnest($1::bigint[]) AS at";
    client.execute(sql, &[&instants]).await.expect("entries");
}

#[tokio::test]
async fn every_entry_finds_its_month_whenever_it_is_from() {
    let fresh = Fresh::new().await;
    let store = fresh.store.as_ref();
    let client = fresh.client().await;
    assert_eq!(months(&client).await, [""; 0]);
    // The last millisecond of a month and the first of the next, a leap day, and times at which no clock should be.
    let instants = [
        1_717_199_999_999,
        1_717_200_000_000,
        1_709_164_800_000,
        -1,
        0,
        i64::MIN,
        253_402_300_799_999,
        253_402_300_800_000,
        i64::MAX,
    ];
    tell(&client, &instants).await;
    let told = audit(store, everything_told()).await;
    let read: Vec<i64> = told.iter().map(|told| told.entry.at.as_millis()).collect();
    assert_eq!(read, instants);
    let made = [
        "audit_1970_01",
        "audit_2024_02",
        "audit_2024_05",
        "audit_2024_06",
        "audit_9999_12",
    ];
    assert_eq!(months(&client).await, made);
}

#[tokio::test]
async fn whoever_has_the_turn_makes_months_ahead_and_numbers_all() {
    let fresh = Fresh::new().await;
    let store = fresh.store.as_ref();
    let client = fresh.client().await;
    tell(&client, &[1000]).await;
    let nodes = store.nodes().expect("nodes share it");
    nodes.seal().await.expect("store");
    let waiting = "SELECT count(*) FROM audit_new";
    let waiting: i64 = client.query_one(waiting, &[]).await.expect("a count").get(0);
    assert_eq!(waiting, 0);
    let ahead = "SELECT DISTINCT to_char(day AT TIME ZONE 'UTC', '\"audit_\"YYYY_MM')
        FROM unnest(ARRAY[now(), now() + interval '7 days']) AS day";
    let ahead: Vec<String> = client
        .query(ahead, &[])
        .await
        .expect("months")
        .iter()
        .map(|row| row.get(0))
        .collect();
    let made = months(&client).await;
    assert!(
        ahead.iter().all(|month| made.contains(month)),
        "{made:?} lacks one of {ahead:?}"
    );
    assert_eq!(made.len(), ahead.len() + 1, "and the one that was needed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_who_need_a_month_at_once_make_it_once() {
    let fresh = Fresh::new().await;
    let client = fresh.client().await;
    tell(&client, &(0..300).map(|number| number * 86_400_000).collect::<Vec<_>>()).await;
    let mut readers = JoinSet::new();
    for _ in 0..4 {
        let store = Arc::clone(&fresh.store);
        readers.spawn(async move { audit(store.as_ref(), everything_told()).await });
    }
    for told in readers.join_all().await {
        assert!(told.iter().map(|told| told.seq).eq(1..=300));
    }
    assert_eq!(months(&client).await.len(), 10);
}

#[tokio::test]
async fn a_month_goes_when_all_of_it_is_old_and_whoever_reads_is_not_in_its_way() {
    let fresh = Fresh::new().await;
    let store = fresh.store.as_ref();
    let client = fresh.client().await;
    // May and June 2024.
    tell(&client, &[1_717_199_999_999, 1_717_200_000_000, 1_717_300_000_000]).await;
    assert_eq!(audit(store, everything_told()).await.len(), 3);
    let june = 1_717_200_000_000;
    assert_eq!(
        store.forget_audit(at(june - 1), 1).await.expect("store"),
        0,
        "its last millisecond is kept"
    );
    let reader = fresh.client().await;
    reader
        .batch_execute("BEGIN; SELECT FROM audit")
        .await
        .expect("a reader");
    let forgotten = store.forget_audit(at(june), 1).await;
    assert!(
        matches!(forgotten, Err(StoreError::Contended(_))),
        "it comes again: {forgotten:?}"
    );
    assert_eq!(audit(store, everything_told()).await.len(), 3);
    reader.batch_execute("COMMIT").await.expect("no reader");
    assert_eq!(store.forget_audit(at(june), 1).await.expect("store"), 1);
    assert_eq!(months(&client).await, ["audit_2024_06"]);
    // What is told late of a month that is gone finds one, which goes in turn.
    tell(&client, &[june - 1]).await;
    let told = audit(store, everything_told()).await;
    assert_eq!(told.iter().map(|told| told.seq).collect::<Vec<_>>(), [2, 3, 4]);
    assert_eq!(store.forget_audit(at(june), 1).await.expect("store"), 1);
}

#[tokio::test]
async fn it_is_told_how_long_the_audit_and_transactions_wait() {
    let fresh = Fresh::new().await;
    let nodes = fresh.store.nodes().expect("nodes share it");
    let client = fresh.client().await;
    tell(&client, &[1000]).await;
    client
        .batch_execute("UPDATE audit_new SET told = told - 60000")
        .await
        .expect("time");
    let strain = nodes.strain().await.expect("store");
    assert!(strain.seal_lag >= Span::from_secs(60), "{strain:?}");
    assert!(strain.seal_lag < Span::from_secs(600), "{strain:?}");
    nodes.seal().await.expect("store");
    assert_eq!(nodes.strain().await.expect("store").seal_lag, Span::ZERO);

    client.batch_execute("BEGIN; SELECT 1").await.expect("a transaction");
    let begun = "SELECT (extract(epoch FROM now()) * 1000)::bigint";
    let begun: i64 = client.query_one(begun, &[]).await.expect("a time").get(0);
    let now = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint";
    loop {
        let before: i64 = client.query_one(now, &[]).await.expect("a time").get(0);
        let oldest = nodes.strain().await.expect("store").oldest_transaction;
        if before > begun {
            assert!(
                oldest >= Span::from_millis(u64::try_from(before - begun - 1).expect("a span")),
                "{oldest:?}"
            );
            break;
        }
    }
}
