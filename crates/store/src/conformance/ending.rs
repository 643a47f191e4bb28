//! A session ends once, for one reason, and stays ended.

use crate::audit::{AuditEntry, AuditKind};
use crate::{Ended, Expiry, Filter, Reindex, Selector, Store};
use nightlatch_core::session::{EndReason, State};
use nightlatch_core::time::Span;

use super::creating::full;
use super::fixture::*;

async fn expire(store: &dyn Store, expiries: &[Expiry]) -> Vec<u32> {
    let ended = store.expire(expiries).await.expect("store");
    let number = |ended: &Ended| {
        (0..100)
            .find(|number| handle(*number) == ended.handle)
            .expect("a known handle")
    };
    let mut numbers: Vec<_> = ended.iter().map(number).collect();
    numbers.sort_unstable();
    numbers
}

pub async fn an_end_is_told_once_with_one_reason(store: Shared) {
    let record = record_with(1, "a", Some("crm"), None, &["admin"]);
    add(store.as_ref(), &record).await;
    let ended = store
        .end(&Selector::Digest(digest(1)), &end(EndReason::Admin, 1500), 1)
        .await
        .expect("store");
    let (instant, reason) = (at(1500), EndReason::Admin);
    assert_eq!(
        ended,
        [Ended {
            digest: digest(1),
            handle: handle(1),
            subject: "a".into(),
            at: instant,
            reason
        }]
    );
    for selector in [
        Selector::Digest(digest(1)),
        Selector::Handle(handle(1)),
        Selector::Matching(everything()),
    ] {
        assert_eq!(end_all(store.as_ref(), selector, EndReason::User, 10).await, []);
    }
    let mut told = audit(store.as_ref(), of_session(1)).await;
    assert_eq!(told.len(), 2);
    let told = told.pop().expect("the end").entry;
    let expected = AuditEntry {
        reason: Some(reason),
        last_activity: Some(at(1000)),
        longest_absence: Some(Span::from_millis(500)),
        actor: "api:test".into(),
        ..entry(&record, AuditKind::Ended, instant)
    };
    assert_eq!(told, expected);
}

pub async fn what_the_audit_is_still_to_be_told_is_told_with_the_end(store: Shared) {
    let judged = full(1);
    let expiry = Expiry {
        at: at(1500),
        ..expiry(&judged)
    };
    let mut told = Vec::new();
    for (number, by_deadline) in [(1, true), (2, false), (3, false)] {
        let record = full(number);
        add(store.as_ref(), &record).await;
        match (by_deadline, number) {
            (true, _) => assert_eq!(
                store.expire(std::slice::from_ref(&expiry)).await.expect("store").len(),
                1
            ),
            (false, 2) => assert!(end_one(store.as_ref(), 2).await),
            (false, _) => {
                let selector = Selector::Matching(everything());
                assert_eq!(
                    end_all(store.as_ref(), selector, EndReason::Admin, 1).await,
                    [handle(3)]
                );
            }
        }
        let entries = audit(store.as_ref(), of_session(number)).await.into_iter();
        let entries: Vec<_> = entries.map(|record| record.entry).collect();
        let kinds: Vec<_> = entries.iter().map(|entry| entry.kind).collect();
        let expected = [
            AuditKind::SignIn,
            AuditKind::Chosen,
            AuditKind::HoldEnded,
            AuditKind::Ended,
        ];
        assert_eq!(kinds, expected, "session {number}");
        assert!(entries.iter().all(|entry| entry.handle == Some(handle(number))));
        assert!(entries.iter().all(|entry| entry.application.as_deref() == Some("crm")));
        assert_eq!(get(store.as_ref(), number).await.ledger, None);
        told.push(entries);
    }
    let [_, chosen, hold, _] = &told[0][..] else {
        panic!("{told:?}")
    };
    assert_eq!(
        (chosen.at, chosen.since, chosen.count),
        (at(1003), Some(at(1002)), Some(2))
    );
    assert_eq!((hold.at, hold.held), (at(1004), Some(Span::from_millis(2))));
    assert_eq!(hold.detail.as_deref(), Some("h1 cut by hold_max after 2ms"));
}

pub async fn an_ended_record_tells_its_reason_and_is_in_no_list(store: Shared) {
    let mut locked = record_with(1, "a", Some("crm"), Some("mobile"), &["admin"]);
    locked.session.state = State::Locked { at: at(1400) };
    add(store.as_ref(), &locked).await;
    assert!(end_one(store.as_ref(), 1).await);
    let ended = get(store.as_ref(), 1).await;
    assert_eq!(
        ended.session.state,
        State::Ended {
            at: at(1500),
            reason: EndReason::Admin
        }
    );
    assert_eq!(ended.due, None);
    assert_eq!(store.find(&handle(1)).await.expect("store"), Some(ended));
    let named = |name: &str| Some(name.into());
    let filters = [
        everything(),
        Filter {
            subject: named("a"),
            ..everything()
        },
        Filter {
            application: named("crm"),
            ..everything()
        },
        Filter {
            device: named("mobile"),
            ..everything()
        },
        Filter {
            role: named("admin"),
            ..everything()
        },
    ];
    for filter in filters {
        assert_eq!(list(store.as_ref(), &filter, first(10)).await, [], "{filter:?}");
        assert_eq!(store.count(&filter).await.expect("store"), 0, "{filter:?}");
    }
    assert_eq!(store.due(at(i64::MAX), 10).await.expect("store"), []);
    assert_eq!(store.count_outdated(7).await.expect("store"), 0);
}

pub async fn an_end_reaches_what_its_selector_means(store: Shared) {
    add(
        store.as_ref(),
        &record_with(1, "a", Some("crm"), Some("mobile"), &["admin", "staff"]),
    )
    .await;
    add(
        store.as_ref(),
        &record_with(2, "a", Some("mail"), Some("desktop"), &["staff"]),
    )
    .await;
    add(
        store.as_ref(),
        &record_with(3, "b", Some("crm"), Some("desktop"), &["guest"]),
    )
    .await;
    for number in 4..8 {
        add(store.as_ref(), &record(number, "c")).await;
    }
    let named = |name: &str| Some(name.into());
    let matching = Selector::Matching;
    let ends = [
        (Selector::Handle(handle(9)), vec![]),
        (Selector::Handle(handle(7)), vec![7]),
        (Selector::Digest(digest(6)), vec![6]),
        (
            matching(Filter {
                subject: named("a"),
                application: named("wiki"),
                ..everything()
            }),
            vec![],
        ),
        (
            matching(Filter {
                role: named("staff"),
                device: named("desktop"),
                ..everything()
            }),
            vec![2],
        ),
        (
            matching(Filter {
                role: named("staff"),
                ..everything()
            }),
            vec![1],
        ),
        (
            matching(Filter {
                application: named("crm"),
                ..everything()
            }),
            vec![3],
        ),
        (
            matching(Filter {
                subject: named("c"),
                ..everything()
            }),
            vec![4, 5],
        ),
    ];
    for (selector, ended) in ends {
        let ended: Vec<_> = ended.into_iter().map(handle).collect();
        assert_eq!(
            end_all(store.as_ref(), selector.clone(), EndReason::Admin, 100).await,
            ended,
            "{selector:?}"
        );
    }
    add(store.as_ref(), &record(8, "d")).await;
    assert_eq!(
        end_all(store.as_ref(), matching(everything()), EndReason::Admin, 100).await,
        [handle(8)]
    );
}

pub async fn an_end_by_filter_stops_at_its_limit(store: Shared) {
    for number in 1..=5 {
        add(store.as_ref(), &record(number, "a")).await;
    }
    let all = || Selector::Matching(everything());
    assert_eq!(end_all(store.as_ref(), all(), EndReason::Account, 0).await, []);
    for left in [3, 1, 0] {
        assert_eq!(
            end_all(store.as_ref(), all(), EndReason::Account, 2).await.len(),
            if left == 0 { 1 } else { 2 }
        );
        assert_eq!(store.count(&everything()).await.expect("store"), left);
    }
    assert_eq!(end_all(store.as_ref(), all(), EndReason::Account, 2).await, []);
}

pub async fn a_deadline_ends_what_is_as_it_was_judged(store: Shared) {
    let record = record(1, "a");
    add(store.as_ref(), &record).await;
    let later = Expiry {
        first: at(1050),
        seen: at(1100),
        ..expiry(&record)
    };
    assert_eq!(
        expire(store.as_ref(), &[later]).await,
        [1],
        "the live table may know more than the store"
    );
    let (instant, reason) = (at(2000), EndReason::Idle);
    let ended = get(store.as_ref(), 1).await;
    assert_eq!(ended.ended(), Some((instant, reason)));
    assert_eq!(ended.session.activity.seen, at(1100));
    let told = audit(store.as_ref(), of_session(1)).await.pop().expect("the end").entry;
    let expected = AuditEntry {
        reason: Some(reason),
        last_activity: Some(at(1100)),
        longest_absence: Some(Span::from_millis(900)),
        actor: "policy".into(),
        ..entry(&record, AuditKind::Ended, instant)
    };
    assert_eq!(told, expected);
}

pub async fn a_deadline_spares_what_was_touched_or_amended_since(store: Shared) {
    let records = [1, 2, 3].map(|number| record(number, "a"));
    for record in &records {
        add(store.as_ref(), record).await;
    }
    store.touch(&[touch(1, 1001)]).await.expect("store");
    assert!(store.amend(&amendment(&records[1])).await.expect("store"));
    let missing = expiry(&record(4, "a"));
    let judged: Vec<_> = records.iter().map(expiry).chain([missing]).collect();
    assert_eq!(expire(store.as_ref(), &judged).await, [3]);
    assert!(is_active(&get(store.as_ref(), 1).await));
    assert!(is_active(&get(store.as_ref(), 2).await));
    assert_eq!(store.count(&everything()).await.expect("store"), 2);
    assert_eq!(reasons(store.as_ref(), 1).await, []);
}

pub async fn a_deadline_of_a_policy_that_was_replaced_ends_nothing(store: Shared) {
    let record = record(1, "a");
    add(store.as_ref(), &record).await;
    for (revision, since) in [(1, 900), (2, 2000), (3, 2500)] {
        add_policy(store.as_ref(), revision, since).await;
    }
    let due = |today, instant| Expiry {
        today,
        at: at(instant),
        ..expiry(&record)
    };
    for (today, instant) in [(1, 2000), (1, 2600), (2, 2500)] {
        let ended = store.expire(&[due(today, instant)]).await.expect("store");
        assert_eq!(ended, [], "{today} at {instant}");
    }
    assert_eq!(get(store.as_ref(), 1).await, record);
    let ended = store.expire(&[due(1, 1999)]).await.expect("store");
    assert_eq!(ended.len(), 1, "it was in force then, however late that is noticed");
}

pub async fn a_deadline_ends_once(store: Shared) {
    let record = record(1, "a");
    add(store.as_ref(), &record).await;
    let absolute = Expiry {
        reason: EndReason::Absolute,
        ..expiry(&record)
    };
    assert_eq!(
        expire(store.as_ref(), &[expiry(&record), absolute.clone()]).await,
        [1],
        "named twice in one call"
    );
    assert_eq!(expire(store.as_ref(), &[absolute]).await, [] as [u32; 0], "and again");
    assert!(!end_one(store.as_ref(), 1).await);
    assert_eq!(reasons(store.as_ref(), 1).await, [Some(EndReason::Idle)]);
}

pub async fn the_earliest_deadline_comes_first(store: Shared) {
    for (number, due) in [
        (1, Some(2300)),
        (2, Some(2100)),
        (3, None),
        (4, Some(2200)),
        (5, Some(2400)),
    ] {
        let mut record = record(number, "a");
        record.due = due.map(at);
        add(store.as_ref(), &record).await;
    }
    let due = async |now, limit| {
        let records = store.due(at(now), limit).await.expect("store");
        records.into_iter().map(|record| record.handle).collect::<Vec<_>>()
    };
    assert_eq!(due(2099, 10).await, []);
    assert_eq!(due(2100, 10).await, [handle(2)], "reached is at or after");
    assert_eq!(due(9999, 2).await, [2, 4].map(handle));
    assert_eq!(due(9999, 10).await, [2, 4, 1, 5].map(handle));
}

pub async fn a_deadline_that_moves_moves_in_the_index(store: Shared) {
    let records = [1, 2, 3].map(|number| record(number, "a"));
    for record in &records {
        add(store.as_ref(), record).await;
    }
    let moved = |number, due| Reindex {
        digest: digest(number),
        version: 0,
        today: 1,
        due,
    };
    let reindexed = store.reindex(&[moved(1, Some(at(6000))), moved(2, None)]).await;
    reindexed.expect("store");
    let mut change = amendment(&records[2]);
    change.due = Some(at(1500));
    assert!(store.amend(&change).await.expect("store"));
    let due = store.due(at(5999), 10).await.expect("store");
    assert_eq!(
        due.into_iter().map(|record| record.handle).collect::<Vec<_>>(),
        [handle(3)]
    );
    assert_eq!(store.due(at(6000), 10).await.expect("store").len(), 2);
}

pub async fn forgetting_keeps_the_audit_and_the_living(store: Shared) {
    for number in 1..=5 {
        add(
            store.as_ref(),
            &record_with(number, "a", Some("crm"), Some("tv"), &["admin"]),
        )
        .await;
    }
    for (number, ended) in [(1, 1500), (2, 1501), (3, 1502), (4, 1600)] {
        let ends = store
            .end(&Selector::Handle(handle(number)), &end(EndReason::Admin, ended), 1)
            .await;
        assert_eq!(ends.expect("store").len(), 1);
    }
    assert_eq!(
        store.forget_ended(at(1500), 10).await.expect("store"),
        0,
        "before is before"
    );
    assert_eq!(store.forget_ended(at(1600), 2).await.expect("store"), 2);
    assert_eq!(store.forget_ended(at(1600), 2).await.expect("store"), 1);
    assert_eq!(store.forget_ended(at(1600), 2).await.expect("store"), 0);
    for number in 1..=3 {
        assert_eq!(store.get(&digest(number)).await.expect("store"), None);
        assert_eq!(store.find(&handle(number)).await.expect("store"), None);
        assert_eq!(audit(store.as_ref(), of_session(number)).await.len(), 2);
    }
    assert!(get(store.as_ref(), 4).await.ended().is_some());
    assert!(is_active(&get(store.as_ref(), 5).await));
}
