//! Sessions of an earlier policy: found in the order in which they fall due, and told when they do under today's.

use nightlatch_core::session::EndReason;
use nightlatch_core::time::Instant;
use nightlatch_engine::store::{Record, Reindex, Revision, Revisions, Selector, Store};
use nightlatch_engine::token::Handle;

use super::fixture::*;

fn record_under(number: u32, today: Revision, due: Option<i64>) -> Record {
    let mut record = record(number, "a");
    record.revisions = Revisions { own: 1, today };
    record.due = due.map(at);
    record
}

/// The handles of one page of one revision's outdated sessions, and where the next begins.
async fn outdated(
    store: &dyn Store,
    revision: Revision,
    after: Option<(Option<Instant>, Handle)>,
    limit: usize,
) -> (Vec<Handle>, Option<(Option<Instant>, Handle)>) {
    let page = store.outdated(revision, after, limit).await.expect("store");
    let last = page.last().map(|record| (record.due, record.handle));
    (page.into_iter().map(|record| record.handle).collect(), last)
}

pub(crate) async fn outdated_sessions_come_in_the_order_of_their_deadlines(store: Shared) {
    let under = [
        (1, 1, Some(2300)),
        (2, 2, Some(2100)),
        (3, 1, None),
        (4, 3, Some(2000)),
        (5, 2, Some(2300)),
        (6, 1, Some(2200)),
        (7, 7, Some(2000)),
        (8, 2, None),
        (9, 1, Some(2150)),
    ];
    for (number, today, due) in under {
        add(store.as_ref(), &record_under(number, today, due)).await;
    }
    assert!(end_one(store.as_ref(), 9).await);
    let expected = [2, 6, 1, 5, 3, 8].map(handle);
    let (all, _) = outdated(store.as_ref(), 3, None, 100).await;
    assert_eq!(all, expected, "earlier, not other, ones");
    let (mut paged, mut after) = (Vec::new(), None);
    loop {
        let (page, last) = outdated(store.as_ref(), 3, after, 2).await;
        assert!(page.len() <= 2);
        if page.is_empty() {
            break;
        }
        paged.extend(page);
        after = last;
    }
    assert_eq!(paged, expected);
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
    let (page, _) = outdated(store.as_ref(), 3, None, 2).await;
    assert_eq!(page, [6, 1].map(handle));
}

fn reindex(number: u32, today: Revision, due: Option<i64>) -> Reindex {
    Reindex {
        digest: digest(number),
        version: 0,
        today,
        due: due.map(at),
    }
}

pub(crate) async fn reindexing_moves_the_deadline_and_nothing_else(store: Shared) {
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
    assert_eq!(outdated(store.as_ref(), 3, None, 10).await.0, [handle(3)]);
}

pub(crate) async fn reindexing_leaves_alone_what_has_moved_on(store: Shared) {
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
