//! A change is made on the record it was worked out from, or not at all.

use crate::audit::AuditKind;
use crate::{Amendment, Record, Revisions, Selector, Store, Touch, Touched};
use nightlatch_core::duration::Limit;
use nightlatch_core::session::{EndReason, State};
use nightlatch_core::time::Span;

use super::creating::full;
use super::fixture::*;

async fn amend(store: &dyn Store, amendment: &Amendment) -> bool {
    store.amend(amendment).await.expect("store")
}

pub async fn an_amendment_changes_what_it_names(store: Shared) {
    let mut record = record_with(1, "a", Some("crm"), Some("mobile"), &["admin"]);
    add(store.as_ref(), &record).await;
    let mut change = amendment(&record);
    change.session.choice = Some(Limit::after(Span::from_secs(60)));
    change.session.last_page = full(1).session.last_page;
    change.session.presence = full(1).session.presence;
    change.session.not_after = Some(at(4000));
    change.session.activity = activity(1100, 50);
    change.first = at(1050);
    change.session.state = State::Locked { at: at(1200) };
    change.revisions = Revisions { own: 1, today: 2 };
    change.due = Some(at(5000));
    change.audit = vec![
        entry(&record, AuditKind::Chosen, at(1190)),
        entry(&record, AuditKind::Locked, at(1200)),
    ];
    assert!(amend(store.as_ref(), &change).await);

    record.session = change.session;
    record.revisions = change.revisions;
    record.due = change.due;
    record.version = 1;
    assert_eq!(get(store.as_ref(), 1).await, record);
    let told: Vec<_> = audit(store.as_ref(), of_session(1))
        .await
        .into_iter()
        .map(|told| told.entry.kind)
        .collect();
    assert_eq!(told, [AuditKind::SignIn, AuditKind::Chosen, AuditKind::Locked]);

    let mut back = amendment(&record);
    back.session.choice = None;
    back.session.not_after = None;
    back.session.last_page = None;
    back.session.presence = None;
    back.session.state = State::Active;
    back.due = None;
    assert!(amend(store.as_ref(), &back).await);
    let record = get(store.as_ref(), 1).await;
    assert_eq!((record.session, record.due, record.version), (back.session, None, 2));
}

pub async fn a_stale_amendment_changes_nothing(store: Shared) {
    let record = record(1, "a");
    add(store.as_ref(), &record).await;
    let mut change = amendment(&record);
    change.due = Some(at(3000));
    assert!(amend(store.as_ref(), &change).await);
    let amended = get(store.as_ref(), 1).await;

    change.due = Some(at(9000));
    change.rotate_to = Some(digest(2));
    change.audit = vec![entry(&record, AuditKind::Chosen, at(1190))];
    assert!(!amend(store.as_ref(), &change).await, "the version is another now");
    assert!(
        !amend(
            store.as_ref(),
            &Amendment {
                version: 2,
                ..change.clone()
            }
        )
        .await,
        "nor one to come"
    );
    assert!(
        !amend(
            store.as_ref(),
            &Amendment {
                digest: digest(3),
                ..change
            }
        )
        .await,
        "nor of nobody"
    );
    assert_eq!(get(store.as_ref(), 1).await, amended);
    assert_eq!(store.get(&digest(2)).await.expect("store"), None);
    assert_eq!(audit(store.as_ref(), of_session(1)).await.len(), 1);
}

pub async fn an_amendment_does_not_take_back_a_touch(store: Shared) {
    let record = record(1, "a");
    add(store.as_ref(), &record).await;
    store
        .touch(&[Touch {
            first: at(1400),
            ..touch(1, 1600)
        }])
        .await
        .expect("store");
    let mut change = amendment(&record);
    change.session.activity = activity(1300, 100);
    change.first = at(1300);
    assert!(amend(store.as_ref(), &change).await, "a touch is no other version");
    assert_eq!(get(store.as_ref(), 1).await.session.activity, activity(1600, 400));
}

/// Whoever amends may believe that nobody was there, where another has seen somebody.
pub async fn an_amendment_tells_of_no_absence_that_the_store_knows_to_be_none(store: Shared) {
    let mut record = record(1, "a");
    add(store.as_ref(), &record).await;
    store.touch(&[touch(1, 1300), touch(1, 1600)]).await.expect("store");
    let mut change = amendment(&record);
    change.session.activity = activity(1700, 700);
    change.first = at(1700);
    assert!(amend(store.as_ref(), &change).await);
    assert_eq!(
        get(store.as_ref(), 1).await.session.activity,
        activity(1700, 300),
        "from 1000 to 1300, and not from 1000 to 1700"
    );
    record.version += 1;
    let mut held = amendment(&record);
    held.session.activity = activity(1700, 0);
    held.first = at(2200);
    assert!(amend(store.as_ref(), &held).await);
    let held = get(store.as_ref(), 1).await.session.activity;
    assert_eq!(held, activity(1700, 500), "the start of a hold ends an absence, too");
}

pub async fn a_lock_of_a_policy_that_was_replaced_changes_nothing(store: Shared) {
    let record = record(1, "a");
    add(store.as_ref(), &record).await;
    for (revision, since) in [(1, 900), (2, 2000)] {
        add_policy(store.as_ref(), revision, since).await;
    }
    let locked = |today, instant| {
        let mut lock = amendment(&record);
        lock.revisions.today = today;
        lock.session.state = State::Locked { at: at(instant) };
        lock
    };
    assert!(!amend(store.as_ref(), &locked(1, 2000)).await);
    assert_eq!(get(store.as_ref(), 1).await, record);
    let mut other = amendment(&record);
    other.session.choice = Some(Limit::OFF);
    assert!(
        amend(store.as_ref(), &other).await,
        "what denies nobody anything is no matter of that"
    );
    let mut late = locked(1, 1999);
    late.version = 1;
    assert!(amend(store.as_ref(), &late).await, "it was in force then");
}

/// Whoever locks may not know that somebody was there meanwhile.
pub async fn a_lock_that_knows_less_of_activity_changes_nothing(store: Shared) {
    let mut record = record(1, "a");
    add(store.as_ref(), &record).await;
    let locked = |record: &Record| {
        let mut lock = amendment(record);
        lock.session.state = State::Locked { at: at(2000) };
        lock
    };
    store.touch(&[touch(1, 1600)]).await.expect("store");
    assert!(!amend(store.as_ref(), &locked(&record)).await);
    let known = get(store.as_ref(), 1).await;
    assert_eq!((known.session.state, known.version), (State::Active, record.version));
    record.session.activity = known.session.activity;
    assert!(amend(store.as_ref(), &locked(&record)).await);
    // What is locked may be changed by whoever does not know all of its activity.
    record.version += 1;
    record.session.activity = activity(1000, 0);
    assert!(amend(store.as_ref(), &locked(&record)).await);
}

pub async fn reauthentication_clears_the_longest_absence(store: Shared) {
    let mut record = record(1, "a");
    record.session.activity = activity(1000, 400);
    add(store.as_ref(), &record).await;
    let mut change = amendment(&record);
    change.session.authenticated = at(1700);
    change.session.activity = activity(1700, 0);
    change.first = at(1700);
    assert!(amend(store.as_ref(), &change).await);
    assert_eq!(get(store.as_ref(), 1).await.session.activity, activity(1700, 0));

    let mut change = amendment(&get(store.as_ref(), 1).await);
    change.session.authenticated = at(2500);
    change.session.activity = activity(2800, 0);
    change.first = at(2800);
    assert!(amend(store.as_ref(), &change).await);
    assert_eq!(
        get(store.as_ref(), 1).await.session.activity,
        activity(2800, 300),
        "from the authentication on"
    );
}

/// The slow request: it read the session, the person signed out, and only then it writes what it found.
pub async fn a_change_after_the_end_changes_nothing(store: Shared) {
    add(store.as_ref(), &record(1, "a")).await;
    let read_before = get(store.as_ref(), 1).await;
    assert_eq!(
        end_all(store.as_ref(), Selector::Digest(digest(1)), EndReason::User, 1).await,
        [handle(1)]
    );
    let ended = get(store.as_ref(), 1).await;

    store.touch(&[touch(1, 1900)]).await.expect("store");
    let mut change = amendment(&read_before);
    change.due = Some(at(9000));
    assert!(!amend(store.as_ref(), &change).await);
    change.rotate_to = Some(digest(2));
    assert!(!amend(store.as_ref(), &change).await);
    change.version = ended.version;
    assert!(!amend(store.as_ref(), &change).await, "whatever version it claims");

    assert_eq!(get(store.as_ref(), 1).await, ended);
    assert_eq!(store.get(&digest(2)).await.expect("store"), None);
    assert_eq!(store.due(at(i64::MAX), 10).await.expect("store"), []);
    assert_eq!(store.count(&everything()).await.expect("store"), 0);
}

pub async fn rotation_replaces_the_token_and_nothing_else(store: Shared) {
    let mut record = full(1);
    add(store.as_ref(), &record).await;
    let mut change = amendment(&record);
    change.rotate_to = Some(digest(2));
    change.audit = vec![entry(&record, AuditKind::Reauthenticated, at(1300))];
    assert!(amend(store.as_ref(), &change).await);

    assert_eq!(
        store.get(&digest(1)).await.expect("store"),
        None,
        "the old token is gone"
    );
    record.digest = digest(2);
    record.version += 1;
    assert_eq!(store.get(&digest(2)).await.expect("store"), Some(record.clone()));
    assert_eq!(store.find(&handle(1)).await.expect("store"), Some(record.clone()));
    assert_eq!(
        store.list(&everything(), first(10)).await.expect("store"),
        std::slice::from_ref(&record)
    );
    assert_eq!(store.due(at(5000), 10).await.expect("store"), [record]);
    assert_eq!(audit(store.as_ref(), of_session(1)).await.len(), 2);
}

pub async fn rotation_onto_a_known_token_is_refused(store: Shared) {
    let (one, other) = (record(1, "a"), record(2, "b"));
    add(store.as_ref(), &one).await;
    add(store.as_ref(), &other).await;
    for taken in [digest(1), digest(2)] {
        let mut change = amendment(&one);
        change.due = Some(at(9000));
        change.rotate_to = Some(taken);
        change.audit = vec![entry(&one, AuditKind::Reauthenticated, at(1300))];
        assert!(!amend(store.as_ref(), &change).await);
    }
    assert_eq!(get(store.as_ref(), 1).await, one);
    assert_eq!(get(store.as_ref(), 2).await, other);
    assert_eq!(audit(store.as_ref(), of_session(1)).await.len(), 1);
}

pub async fn a_rotated_session_ends_by_its_new_token_alone(store: Shared) {
    let record = record(1, "a");
    add(store.as_ref(), &record).await;
    let mut change = amendment(&record);
    change.rotate_to = Some(digest(2));
    assert!(amend(store.as_ref(), &change).await);
    let answers = store.touch(&[touch(1, 1900)]).await.expect("store");
    assert_eq!(answers, [Touched::Gone], "nobody has that token any more");
    assert_eq!(get(store.as_ref(), 2).await.session.activity.seen, at(1000));
    assert!(!end_one(store.as_ref(), 1).await);
    assert!(end_one(store.as_ref(), 2).await);
    assert_eq!(reasons(store.as_ref(), 1).await, [Some(EndReason::Admin)]);
}
