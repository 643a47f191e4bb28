//! Sessions of an earlier policy: counted, and told when they fall due under today's.

use crate::{Record, Reindex, Revision, Revisions, Selector};
use nightlatch_core::session::EndReason;

use super::fixture::*;

fn record_under(number: u32, today: Revision, due: Option<i64>) -> Record {
    let mut record = record(number, "a");
    record.revisions = Revisions { own: 1, today };
    record.due = due.map(at);
    record
}

pub async fn sessions_of_earlier_policies_are_counted(store: Shared) {
    for (number, today) in [(1, 1), (2, 2), (3, 1), (4, 3), (5, 2), (6, 1), (7, 7), (8, 2), (9, 1)] {
        add(store.as_ref(), &record_under(number, today, Some(2000))).await;
    }
    assert!(end_one(store.as_ref(), 9).await);
    for (revision, count) in [(1, 0), (2, 3), (3, 6), (4, 7), (9, 8)] {
        assert_eq!(
            store.count_outdated(revision).await.expect("store"),
            count,
            "{revision}"
        );
    }
    let mut change = amendment(&get(store.as_ref(), 2).await);
    change.revisions.today = 3;
    assert!(store.amend(&change).await.expect("store"));
    assert_eq!(store.count_outdated(3).await.expect("store"), 5);
}

fn reindex(number: u32, today: Revision, due: Option<i64>) -> Reindex {
    Reindex {
        digest: digest(number),
        version: 0,
        today,
        due: due.map(at),
    }
}

pub async fn reindexing_moves_the_deadline_and_nothing_else(store: Shared) {
    for number in 1..=3 {
        add(store.as_ref(), &record_under(number, 1, Some(2000))).await;
    }
    let call = [reindex(1, 3, Some(1700)), reindex(2, 3, None), reindex(9, 3, Some(1))];
    store.reindex(&call).await.expect("store");
    assert_eq!(get(store.as_ref(), 1).await, record_under(1, 3, Some(1700)));
    assert_eq!(get(store.as_ref(), 2).await, record_under(2, 3, None));
    assert_eq!(get(store.as_ref(), 3).await, record_under(3, 1, Some(2000)));
    let due = store.due(at(1700), 10).await.expect("store");
    assert_eq!(due, [record_under(1, 3, Some(1700))]);
    assert_eq!(store.count_outdated(3).await.expect("store"), 1);
}

pub async fn reindexing_leaves_alone_what_has_moved_on(store: Shared) {
    for number in 1..=3 {
        add(store.as_ref(), &record_under(number, 2, Some(2000))).await;
    }
    assert!(
        store
            .amend(&amendment(&get(store.as_ref(), 1).await))
            .await
            .expect("store")
    );
    assert_eq!(
        end_all(store.as_ref(), Selector::Digest(digest(2)), EndReason::User, 1).await,
        [handle(2)]
    );
    let mut before = Vec::new();
    for number in 1..=3 {
        before.push(get(store.as_ref(), number).await);
    }
    let call = [
        reindex(1, 3, Some(1700)),
        reindex(2, 3, Some(1700)),
        reindex(3, 1, Some(1700)),
    ];
    store.reindex(&call).await.expect("store");
    for (number, before) in (1..).zip(before) {
        assert_eq!(get(store.as_ref(), number).await, before);
    }
    assert_eq!(store.due(at(1999), 10).await.expect("store"), []);
}
