//! Creations that need room among a subject's sessions, and requests that take effect once.

use std::num::NonZeroU32;

use crate::audit::{AuditEntry, AuditFilter, AuditKind};
use crate::{ApiKey, Claim, Created, Creation, Quota, Record, Store};
use nightlatch_core::resolution::Counted;
use nightlatch_core::session::{EndReason, Hold, Presence, State};
use nightlatch_core::time::Span;
use tokio::task::JoinSet;

use super::fixture::*;

fn of_every_application() -> Counted {
    Counted::AllBut(Vec::new())
}

fn quota(most: u32, counted: Counted, ending: &[u32]) -> Quota {
    Quota {
        most: NonZeroU32::new(most).expect("room for one"),
        counted,
        ending: ending.iter().copied().map(handle).collect(),
    }
}

/// Creates with room; the numbers of those ended for it, or of those that are in the way.
async fn create_in(store: &dyn Store, record: &Record, quota: Quota) -> Result<Vec<u32>, Vec<u32>> {
    let number = |wanted| {
        (0..100)
            .find(|number| handle(*number) == wanted)
            .expect("a known handle")
    };
    let creation = Creation {
        quota: Some(quota),
        ..creation(record, at(1500))
    };
    match store.create(&creation).await.expect("store") {
        Created::Added(ended) => Ok(ended.into_iter().map(|ended| number(ended.handle)).collect()),
        Created::Full(records) => Err(records.into_iter().map(|record| number(record.handle)).collect()),
        other => panic!("{other:?}"),
    }
}

pub async fn where_there_is_no_room_nothing_is_changed(store: Shared) {
    let store = store.as_ref();
    let mut living = Vec::new();
    for number in 1..=2 {
        living.push(record_with(number, "a", Some("crm"), None, &[]));
        add(store, &living[living.len() - 1]).await;
    }
    add(store, &record(3, "b")).await;
    let full = Creation {
        quota: Some(quota(2, of_every_application(), &[])),
        claim: Some(claim(1, 1)),
        ..creation(&record(4, "a"), at(9000))
    };
    for _ in 0..2 {
        let answer = store.create(&full).await.expect("store");
        assert_eq!(answer, Created::Full(living.clone()), "no claim is made either");
    }
    assert_eq!(store.get(&digest(4)).await.expect("store"), None);
    assert_eq!(audit(store, of_session(4)).await, []);
    assert_eq!(store.latest_instant().await.expect("store"), at(1000));
    assert_eq!(
        create_in(store, &record(4, "a"), quota(3, of_every_application(), &[])).await,
        Ok(vec![])
    );
    assert_eq!(
        create_in(store, &record(5, "c"), quota(1, of_every_application(), &[])).await,
        Ok(vec![])
    );
}

pub async fn only_live_sessions_that_count_take_up_room(store: Shared) {
    let store = store.as_ref();
    for (number, application) in [(1, Some("crm")), (2, Some("mail")), (3, None), (4, Some("crm"))] {
        add(store, &record_with(number, "a", application, None, &[])).await;
    }
    assert!(end_one(store, 4).await);
    let of = |application: &str| Counted::Application(application.into());
    let without = |applications: &[&str]| Counted::AllBut(applications.iter().map(|name| (*name).into()).collect());
    for (counted, in_the_way) in [
        (of("crm"), vec![1]),
        (of("mail"), vec![2]),
        (without(&["crm"]), vec![2, 3]),
        (without(&["mail", "crm"]), vec![3]),
        (without(&[]), vec![1, 2, 3]),
    ] {
        let refused = create_in(store, &record(9, "a"), quota(1, counted.clone(), &[])).await;
        assert_eq!(refused, Err(in_the_way), "{counted:?}");
    }
    let added = create_in(store, &record(9, "a"), quota(1, of("wiki"), &[])).await;
    assert_eq!(added, Ok(vec![]));
}

pub async fn room_is_made_by_ending_what_is_named(store: Shared) {
    let store = store.as_ref();
    for (number, subject, application) in [(1, "a", "crm"), (2, "a", "crm"), (3, "b", "crm"), (4, "a", "mail")] {
        add(store, &record_with(number, subject, Some(application), None, &[])).await;
    }
    let in_crm = || Counted::Application("crm".into());
    let new = |number| record_with(number, "a", Some("crm"), None, &[]);
    let strangers = create_in(store, &new(5), quota(2, in_crm(), &[3, 4, 77])).await;
    assert_eq!(strangers, Err(vec![1, 2]), "of another subject, not counted, unknown");
    assert_eq!(
        create_in(store, &new(5), quota(2, in_crm(), &[1, 4, 1])).await,
        Ok(vec![1])
    );
    assert_eq!(
        create_in(store, &new(6), quota(2, in_crm(), &[1])).await,
        Err(vec![2, 5]),
        "it is over already"
    );
    for number in [2, 3, 4, 5] {
        assert!(is_active(&get(store, number).await), "{number}");
    }
    let (instant, reason) = (at(1500), EndReason::Superseded);
    let ended = get(store, 1).await;
    assert_eq!(ended.session.state, State::Ended { at: instant, reason });
    let told = audit(store, of_session(1)).await.pop().expect("the end").entry;
    let expected = AuditEntry {
        reason: Some(reason),
        last_activity: Some(at(1000)),
        longest_absence: Some(Span::from_millis(500)),
        ..entry(&ended, AuditKind::Ended, instant)
    };
    assert_eq!(told, expected);
    assert_eq!(reasons(store, 1).await, [Some(reason)]);
}

pub async fn racing_creations_never_exceed_the_room(store: Shared) {
    let mut tasks: JoinSet<bool> = JoinSet::new();
    for number in 0..20 {
        let store = store.clone();
        tasks.spawn(async move {
            create_in(
                store.as_ref(),
                &record(number, "a"),
                quota(2, of_every_application(), &[]),
            )
            .await
            .is_ok()
        });
    }
    let added = tasks.join_all().await.into_iter().filter(|added| *added).count();
    assert_eq!(added, 2);
    assert_eq!(store.count(&everything()).await.expect("store"), 2);
}

pub async fn racing_creations_end_what_is_in_their_way_once(store: Shared) {
    let mut tasks = JoinSet::new();
    for number in 0..20 {
        let store = store.clone();
        tasks.spawn(async move {
            let mut ending = Vec::new();
            while let Err(full) = create_in(
                store.as_ref(),
                &record(number, "a"),
                quota(2, of_every_application(), &ending),
            )
            .await
            {
                ending = full[..1].to_vec();
            }
        });
    }
    tasks.join_all().await;
    assert_eq!(store.count(&everything()).await.expect("store"), 2);
    let ends = AuditFilter {
        kind: Some(AuditKind::Ended),
        limit: 100,
        ..AuditFilter::default()
    };
    assert_eq!(audit(store.as_ref(), ends).await.len(), 18);
}

fn claim(key: u32, request: u32) -> Claim {
    Claim {
        key: digest(1000 + key),
        request: digest(2000 + request),
        at: at(1000 + i64::from(key)),
    }
}

fn claiming(number: u32, claim: Claim) -> Creation {
    Creation {
        claim: Some(claim),
        ..creation(&record(number, "a"), at(1000))
    }
}

pub async fn a_claimed_creation_takes_effect_once(store: Shared) {
    let store = store.as_ref();
    let claimed = Created::Claimed {
        request: digest(2001),
        outcome: handle(1).to_string().into(),
    };
    let create = async |number, claim| store.create(&claiming(number, claim)).await.expect("store");
    assert_eq!(create(1, claim(1, 1)).await, Created::Added(Vec::new()));
    assert_eq!(create(2, claim(1, 1)).await, claimed);
    assert_eq!(create(2, claim(1, 2)).await, claimed, "whatever it asks for now");
    assert_eq!(create(1, claim(1, 1)).await, claimed, "before it is looked at");
    assert!(end_one(store, 1).await);
    assert_eq!(create(2, claim(1, 1)).await, claimed, "whatever became of it");
    assert_eq!(create(1, claim(2, 1)).await, Created::Exists);
    assert_eq!(
        create(2, claim(2, 1)).await,
        Created::Added(Vec::new()),
        "what was refused claims nothing"
    );
    assert_eq!(audit(store, of_session(2)).await.len(), 1);
}

pub async fn a_claimed_key_is_made_once(store: Shared) {
    let key = |name: &str| ApiKey {
        name: name.into(),
        digest: digest(1),
        created: at(1000),
        scopes: Vec::new(),
        applications: None,
    };
    let add = async |name, claim: Claim| {
        let told = AuditEntry::new(at(1000), AuditKind::ApiKey, "api:ops");
        store.add_api_key(&key(name), Some(&claim), told).await.expect("store")
    };
    let claimed = Created::Claimed {
        request: digest(2001),
        outcome: "ci".into(),
    };
    assert_eq!(add("ci", claim(1, 1)).await, Created::Added(Vec::new()));
    assert_eq!(add("ci", claim(1, 1)).await, claimed);
    assert_eq!(add("other", claim(1, 2)).await, claimed);
    assert_eq!(add("ci", claim(2, 2)).await, Created::Exists);
    let session = store.create(&claiming(1, claim(1, 3))).await.expect("store");
    assert_eq!(session, claimed, "a key names one request");
    assert_eq!(store.api_keys().await.expect("store"), [key("ci")]);
}

pub async fn of_racing_claims_one_takes_effect(store: Shared) {
    let mut tasks = JoinSet::new();
    for number in 0..20 {
        let store = store.clone();
        tasks.spawn(async move { store.create(&claiming(number, claim(1, 1))).await.expect("store") });
    }
    let answers = tasks.join_all().await;
    let mut living = list(store.as_ref(), &everything(), first(100)).await;
    let handle = living.pop().expect("one");
    assert_eq!(living, []);
    for answer in &answers {
        match answer {
            Created::Added(_) => {}
            Created::Claimed { outcome, .. } => assert_eq!(**outcome, *handle.to_string()),
            other => panic!("{other:?}"),
        }
    }
    let added = answers.iter().filter(|answer| matches!(answer, Created::Added(_)));
    assert_eq!(added.count(), 1);
}

pub async fn old_claims_are_forgotten(store: Shared) {
    let store = store.as_ref();
    for key in 1..=5 {
        store.create(&claiming(key, claim(key, 1))).await.expect("store");
    }
    assert_eq!(
        store.forget_claims(at(1001), 10).await.expect("store"),
        0,
        "before is before"
    );
    assert_eq!(store.forget_claims(at(1005), 3).await.expect("store"), 3);
    assert_eq!(store.forget_claims(at(1005), 3).await.expect("store"), 1);
    assert_eq!(store.forget_claims(at(1005), 3).await.expect("store"), 0);
    let answer = store.create(&claiming(11, claim(1, 1))).await.expect("store");
    assert_eq!(answer, Created::Added(Vec::new()));
    let answer = store.create(&claiming(15, claim(5, 1))).await.expect("store");
    assert!(matches!(answer, Created::Claimed { .. }), "{answer:?}");
}

pub async fn an_end_tells_how_long_nobody_was_there(store: Shared) {
    let store = store.as_ref();
    let told = async |record: &Record| {
        add(store, record).await;
        let selector = crate::Selector::Digest(record.digest);
        store
            .end(&selector, &end(EndReason::User, 1500), 1)
            .await
            .expect("store");
        let filter = AuditFilter {
            handle: Some(record.handle),
            kind: Some(AuditKind::Ended),
            limit: 1,
            ..AuditFilter::default()
        };
        let entry = audit(store, filter).await.pop().expect("an end").entry;
        (entry.last_activity, entry.longest_absence.map(Span::as_millis))
    };
    let with = |number, held_until: Option<i64>, holds: &[Hold]| {
        let mut record = record(number, "a");
        record.session.activity = activity(1100, 90);
        record.session.presence = Some(Box::new(Presence {
            held_until: held_until.map(at),
            holds: (0..)
                .zip(holds)
                .map(|(id, hold)| (format!("h{id}").into(), *hold))
                .collect(),
            ..Presence::default()
        }));
        record
    };
    assert_eq!(told(&with(1, None, &[])).await, (Some(at(1100)), Some(400)));
    assert_eq!(
        told(&with(2, Some(1450), &[Hold::Ended])).await,
        (Some(at(1100)), Some(90))
    );
    assert_eq!(told(&with(3, Some(1200), &[])).await, (Some(at(1100)), Some(300)));
    let running = [Hold::Until(at(1300)), Hold::Until(at(1600))];
    assert_eq!(told(&with(4, Some(1200), &running)).await, (Some(at(1100)), Some(90)));
}
