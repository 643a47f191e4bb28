//! Touches are cheap, and wait for nobody.

use crate::server::ServerExt as _;
use nightlatch_core::session::EndReason;
use nightlatch_programs::wait_until;
use nightlatch_store::{Sessions as _, Touch, Touched};

use nightlatch_store::conformance::fixture::*;

use crate::fresh::{Fresh, connect};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn touches_write_no_index() {
    const SESSIONS: u32 = 500;
    const ROUNDS: i64 = 20;
    /// A flush touches a few of the sessions of each page.
    const FLUSHES: usize = 10;
    let fresh = Fresh::new().await;
    let store = connect(&fresh.server.options(&fresh.database)).await;
    for number in 0..SESSIONS {
        add(&store, &record(number, "somebody@example.com")).await;
    }
    let client = fresh.client().await;
    let mut wal = Vec::new();
    for round in 1..=ROUNDS {
        wal.push(written(&client).await);
        for flush in 0..FLUSHES {
            let some = (0..SESSIONS).skip(flush).step_by(FLUSHES);
            let touches: Vec<Touch> = some.map(|number| touch(number, 1000 + round)).collect();
            let answers = store.touch(&touches).await.expect("store");
            assert!(answers.iter().all(|answer| *answer == Touched::Stored));
        }
    }
    // Connections tell what they did when they go, at the latest.
    drop(store);
    let sql = "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'sessions'";
    let runtime = tokio::runtime::Handle::current();
    let (mut updated, mut hot) = (0_i64, 0_i64);
    tokio::task::block_in_place(|| {
        wait_until("the updates are counted", || {
            let row = runtime.block_on(client.query_one(sql, &[])).expect("statistics");
            (updated, hot) = (row.get(0), row.get(1));
            updated == i64::from(SESSIONS) * ROUNDS
        });
    });
    let each = (wal[wal.len() - 1] - wal[1]) / (i64::from(SESSIONS) * (ROUNDS - 2));
    println!("{hot} of {updated} touches are HOT, {each} bytes of WAL each");
    // The first round writes whole pages.
    assert!(each <= 250, "{each} bytes");
    assert!(hot * 100 >= updated * 95, "{hot} of {updated}");
}

/// How many bytes of its log the server has written.
async fn written(client: &tokio_postgres::Client) -> i64 {
    let row = client
        .query_one("SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint", &[])
        .await;
    row.expect("a position").get(0)
}

#[tokio::test]
async fn a_touch_that_meets_a_locked_row_is_busy_and_the_others_are_stored() {
    let fresh = Fresh::new().await;
    let store = fresh.store.as_ref();
    for number in 1..=3 {
        add(store, &record(number, "a")).await;
    }
    let client = fresh.client().await;
    let lock = "BEGIN; UPDATE sessions SET version = version WHERE handle = ";
    client
        .batch_execute(&format!("{lock} '{}'", handle(2)))
        .await
        .expect("a lock");
    let touches = [1, 2, 3, 4].map(|number| touch(number, 1500));
    let answers = store.touch(&touches).await.expect("store");
    assert_eq!(
        answers,
        [Touched::Stored, Touched::Busy, Touched::Stored, Touched::Gone]
    );
    assert_eq!(get(store, 2).await.session.activity.seen, at(1000));
    client.batch_execute("COMMIT").await.expect("a free row");
    let answers = store.touch(&touches).await.expect("store");
    assert_eq!(
        answers,
        [Touched::Stored, Touched::Stored, Touched::Stored, Touched::Gone]
    );
}

#[tokio::test]
async fn a_session_that_is_just_ending_is_busy_and_then_gone() {
    let fresh = Fresh::new().await;
    let store = fresh.store.as_ref();
    add(store, &record(1, "a")).await;
    let client = fresh.client().await;
    let end = "BEGIN; UPDATE sessions SET ended_at = 1400, ended_reason = 'user'";
    client.batch_execute(end).await.expect("an end");
    assert_eq!(store.touch(&[touch(1, 1500)]).await.expect("store"), [Touched::Busy]);
    client.batch_execute("COMMIT").await.expect("the end");
    assert_eq!(store.touch(&[touch(1, 1500)]).await.expect("store"), [Touched::Gone]);
    assert_eq!(get(store, 1).await.ended(), Some((at(1400), EndReason::User)));
}
