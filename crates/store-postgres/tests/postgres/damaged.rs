//! What nightlatch did not write is an error for those who meet it, and for nobody else.

use nightlatch_core::session::EndReason;
use nightlatch_store::secret::Secret;
use nightlatch_store::{Documents as _, Filter, Page, Selector, Sessions as _, StoreError};
use tokio_postgres::Client;

use nightlatch_store::conformance::creating::full;
use nightlatch_store::conformance::fixture::*;

use crate::fresh::Fresh;

async fn damage(client: &Client, number: u32, damage: &str) {
    let sql = format!("UPDATE sessions SET {damage} WHERE handle = '{}'", handle(number));
    client.batch_execute(&sql).await.expect("damage");
}

#[tokio::test]
async fn a_damaged_record_is_an_error_for_those_alone_who_meet_it() {
    let fresh = Fresh::new().await;
    let store = fresh.store.as_ref();
    let client = fresh.client().await;
    for number in 0..20 {
        add(store, &record(number, "a")).await;
    }
    for (number, how) in [
        (1, "presence = '{'"),
        (2, "facts = 9999"),
        (3, "ended_at = 1"),
        (4, "choice_ms = -7"),
        (5, "longest_absence = -1"),
        (6, "ended_at = 1, ended_reason = 'bored'"),
        (7, "subject = chr(26)"),
        (8, "digest = 'short'"),
        (9, "today = -1"),
        (10, "version = -1"),
        (11, "amr = 'none'"),
        (12, "own = 99999999999"),
    ] {
        damage(&client, number, how).await;
        let error = store.find(&handle(number)).await.expect_err(how);
        assert!(matches!(error, StoreError::Damaged(_)), "{how}: {error}");
    }
    for number in [5, 7, 8] {
        let ended = store
            .end(&Selector::Handle(handle(number)), &end(EndReason::Admin, 1500), 1)
            .await;
        assert!(matches!(ended, Err(StoreError::Damaged(_))), "{number}: {ended:?}");
    }
    let ended = end_all(store, Selector::Handle(handle(2)), EndReason::Admin, 1).await;
    assert_eq!(ended, [handle(2)], "whoever can be named ends");
    assert!(end_one(store, 13).await);
}

#[tokio::test]
async fn lists_leave_out_what_is_damaged() {
    let fresh = Fresh::new().await;
    let store = fresh.store.as_ref();
    let client = fresh.client().await;
    for number in 0..20 {
        add(store, &record_with(number, "a", Some("crm"), None, &["admin"])).await;
    }
    for (numbers, how) in [
        (0..3, "presence = '{'"),
        (3..4, "digest = 'x'"),
        (10..12, "amr = ''"),
        (12..14, "own = -1"),
    ] {
        for number in numbers {
            damage(&client, number, how).await;
        }
    }
    let whole: Vec<_> = (4..10).chain(14..20).map(handle).collect();
    let of_role = Filter {
        role: Some("admin".into()),
        ..everything()
    };
    for filter in [everything(), of_role] {
        assert_eq!(list(store, &filter, first(100)).await, whole, "{filter:?}");
        assert_eq!(list(store, &filter, first(7)).await, whole[..7], "a page is filled");
        let behind = Page {
            after: Some(handle(9)),
            limit: 2,
        };
        assert_eq!(list(store, &filter, behind).await, whole[6..8]);
    }
    let due = async |limit| {
        let records = store.due(at(2000), limit).await.expect("store");
        records.into_iter().map(|record| record.handle).collect::<Vec<_>>()
    };
    assert_eq!(due(100).await, whole);
    assert_eq!(due(7).await, whole[..7]);
    let ended = end_all(store, Selector::Matching(everything()), EndReason::Admin, 3).await;
    assert_eq!(ended, [handle(0), handle(1), handle(2)]);
    let ended = end_all(store, Selector::Matching(everything()), EndReason::Admin, 3).await;
    assert_eq!(
        ended,
        [handle(4), handle(5), handle(6)],
        "what cannot be named takes nobody's place"
    );
}

#[tokio::test]
async fn a_secret_that_is_damaged_is_an_error() {
    let fresh = Fresh::new().await;
    let kept = fresh.store.secret(&Secret::random()).await.expect("store");
    assert_eq!(fresh.store.secret(&Secret::random()).await.expect("store"), kept);
    let client = fresh.client().await;
    client
        .batch_execute("UPDATE secret SET bytes = 'short'")
        .await
        .expect("damage");
    let error = fresh.store.secret(&Secret::random()).await.expect_err("no 256 bits");
    assert!(matches!(error, StoreError::Damaged(_)), "{error}");
}

#[tokio::test]
async fn facts_that_nobody_has_are_forgotten_and_come_back() {
    let fresh = Fresh::new().await;
    let store = fresh.store.as_ref();
    let client = fresh.client().await;
    let facts = async || -> i64 {
        let row = client.query_one("SELECT count(*) FROM facts", &[]).await;
        row.expect("a count").get(0)
    };
    for number in 1..=2 {
        add(store, &full(number)).await;
    }
    add(store, &record(3, "b")).await;
    assert_eq!(facts().await, 2);
    assert!(end_one(store, 1).await);
    assert_eq!(store.forget_ended(at(9000), 10).await.expect("store"), 1);
    assert_eq!(facts().await, 2, "another session has them");
    assert!(end_one(store, 2).await);
    assert_eq!(store.forget_ended(at(9000), 10).await.expect("store"), 1);
    assert_eq!(facts().await, 1);
    add(store, &full(4)).await;
    assert_eq!(get(store, 4).await, full(4));
}
