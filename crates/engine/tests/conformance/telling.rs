//! The audit, policies, API keys, and the latest instant.

use nightlatch_core::policy::PolicyDocument;
use nightlatch_core::session::EndReason;
use nightlatch_core::time::Instant;
use nightlatch_engine::audit::{AuditEntry, AuditFilter, AuditKind};
use nightlatch_engine::store::{ApiKey, PolicyRevision, Selector, Store};

use super::fixture::*;

pub(crate) async fn the_audit_counts_from_one(store: Shared) {
    for number in 1..=3 {
        add(store.as_ref(), &record(number, "a")).await;
    }
    end_one(store.as_ref(), 2).await;
    let told = audit(
        store.as_ref(),
        AuditFilter {
            limit: 10,
            ..AuditFilter::default()
        },
    )
    .await;
    let told: Vec<_> = told
        .into_iter()
        .map(|told| (told.seq, told.entry.kind, told.entry.handle))
        .collect();
    let sign_in = |number: u32| (u64::from(number), AuditKind::SignIn, Some(handle(number)));
    assert_eq!(
        told,
        [
            sign_in(1),
            sign_in(2),
            sign_in(3),
            (4, AuditKind::Ended, Some(handle(2)))
        ]
    );
}

pub(crate) async fn the_audit_is_filtered_and_paged(store: Shared) {
    for number in 1..=10 {
        add(store.as_ref(), &record(number, ["a", "b"][number as usize % 2])).await;
    }
    for number in [3, 4, 5] {
        end_one(store.as_ref(), number).await;
    }
    let seqs = async |filter| {
        audit(store.as_ref(), filter)
            .await
            .into_iter()
            .map(|told| told.seq)
            .collect::<Vec<_>>()
    };
    let all = AuditFilter {
        limit: 100,
        ..AuditFilter::default()
    };
    let ended = AuditFilter {
        kind: Some(AuditKind::Ended),
        ..all.clone()
    };
    let of_b = AuditFilter {
        subject: Some("b".into()),
        ..all.clone()
    };
    assert_eq!(seqs(all.clone()).await, (1..=13).collect::<Vec<_>>());
    assert_eq!(
        seqs(AuditFilter {
            after: 4,
            limit: 3,
            ..all.clone()
        })
        .await,
        [5, 6, 7]
    );
    assert_eq!(seqs(ended.clone()).await, [11, 12, 13]);
    assert_eq!(
        seqs(AuditFilter {
            after: 11,
            limit: 1,
            ..ended.clone()
        })
        .await,
        [12]
    );
    assert_eq!(seqs(of_b.clone()).await, [1, 3, 5, 7, 9, 11, 13]);
    assert_eq!(
        seqs(AuditFilter {
            after: 5,
            limit: 3,
            ..of_b.clone()
        })
        .await,
        [7, 9, 11]
    );
    assert_eq!(
        seqs(AuditFilter {
            kind: ended.kind,
            ..of_b.clone()
        })
        .await,
        [11, 13]
    );
    assert_eq!(seqs(of_session(4)).await, [4, 12]);
    assert_eq!(
        seqs(AuditFilter {
            after: 4,
            ..of_session(4)
        })
        .await,
        [12]
    );
    assert_eq!(
        seqs(AuditFilter {
            subject: Some("b".into()),
            ..of_session(4)
        })
        .await,
        [] as [u64; 0]
    );
    assert_eq!(
        seqs(AuditFilter {
            kind: Some(AuditKind::SignIn),
            subject: Some("a".into()),
            ..of_session(4)
        })
        .await,
        [4]
    );
    assert_eq!(
        seqs(AuditFilter {
            kind: Some(AuditKind::Policy),
            ..all.clone()
        })
        .await,
        [] as [u64; 0]
    );
    assert_eq!(seqs(AuditFilter { after: u64::MAX, ..all }).await, [] as [u64; 0]);
}

pub(crate) async fn an_entry_is_read_back_whole(store: Shared) {
    let record = record(1, "a");
    add(store.as_ref(), &record).await;
    let full = AuditEntry {
        at: at(1234),
        kind: AuditKind::Held,
        handle: Some(handle(77)),
        subject: Some("Zoë".into()),
        application: Some("crm".into()),
        reason: Some(EndReason::Upstream),
        actor: "api:billing".into(),
        detail: Some("for 10m: \"upload\"".into()),
    };
    let bare = AuditEntry {
        handle: None,
        subject: None,
        application: None,
        reason: None,
        detail: None,
        ..full.clone()
    };
    let mut change = amendment(&record);
    change.audit = vec![full.clone(), bare.clone()];
    assert!(store.amend(&change).await.expect("store"));
    let told = audit(
        store.as_ref(),
        AuditFilter {
            after: 1,
            limit: 10,
            ..AuditFilter::default()
        },
    )
    .await;
    assert_eq!(
        told.into_iter().map(|told| told.entry).collect::<Vec<_>>(),
        [full, bare]
    );
}

pub(crate) async fn policies_are_numbered_once(store: Shared) {
    let document = |text: &str| serde_json::from_str::<PolicyDocument>(text).expect("policy");
    let first = PolicyRevision {
        revision: 1,
        since: at(1000),
        document: PolicyDocument::default(),
    };
    let rich = document(
        r#"{"idle": "15m", "absolute": "off", "on_idle": "lock", "absent": "5m", "choice": {"allow": ["15m", "off"]},
            "caps": {"idle": "3d"}, "applications": {"crm": {"idle": "1h"}},
            "rules": [{"name": "r", "match": {"role": ["a", "b"], "path": "/x/**"}, "idle": "5m"}],
            "gates": [{"match": {}, "max_age": "12h"}], "passive": [{"match": {"path": "/poll/*"}}]}"#,
    );
    let second = PolicyRevision {
        revision: 2,
        since: at(2000),
        document: rich,
    };
    assert_eq!(store.policies().await.expect("store"), []);
    assert!(store.add_policy(&first).await.expect("store"));
    assert!(store.add_policy(&second).await.expect("store"));
    let other = PolicyRevision {
        document: PolicyDocument::default(),
        since: at(3000),
        ..second.clone()
    };
    assert!(!store.add_policy(&other).await.expect("store"));
    assert_eq!(store.policies().await.expect("store"), [first, second]);
}

pub(crate) async fn api_keys_have_one_name(store: Shared) {
    let key = |name: &str, number| ApiKey {
        name: name.into(),
        digest: digest(number),
        created: at(1000),
    };
    assert!(store.add_api_key(&key("ci", 1)).await.expect("store"));
    assert!(store.add_api_key(&key("backup", 2)).await.expect("store"));
    assert!(!store.add_api_key(&key("ci", 3)).await.expect("store"));
    assert_eq!(
        store.api_keys().await.expect("store"),
        [key("backup", 2), key("ci", 1)],
        "by name"
    );
    assert!(!store.remove_api_key("CI").await.expect("store"));
    assert!(store.remove_api_key("ci").await.expect("store"));
    assert!(!store.remove_api_key("ci").await.expect("store"));
    assert!(
        store.add_api_key(&key("ci", 4)).await.expect("store"),
        "the name is free again"
    );
    assert_eq!(store.api_keys().await.expect("store"), [key("backup", 2), key("ci", 4)]);
}

async fn latest(store: &dyn Store) -> Instant {
    store.latest_instant().await.expect("store")
}

pub(crate) async fn the_latest_instant_is_the_latest_of_all_that_was_told(store: Shared) {
    assert_eq!(latest(store.as_ref()).await, at(0));
    let one = record(1, "a");
    add(store.as_ref(), &one).await;
    assert_eq!(latest(store.as_ref()).await, at(1000), "a sign-in");
    store.touch(&[touch(1, 1100)]).await.expect("store");
    assert_eq!(latest(store.as_ref()).await, at(1100), "a touch");
    let mut change = amendment(&one);
    change.audit = vec![entry(&one, AuditKind::Chosen, at(1200))];
    assert!(store.amend(&change).await.expect("store"));
    assert_eq!(latest(store.as_ref()).await, at(1200), "the audit");
    let mut change = amendment(&get(store.as_ref(), 1).await);
    change.session.activity = activity(1300, 0);
    assert!(store.amend(&change).await.expect("store"));
    assert_eq!(latest(store.as_ref()).await, at(1300), "the activity of an amendment");
    store.probe(at(1400)).await.expect("store");
    assert_eq!(latest(store.as_ref()).await, at(1400), "a probe");
    assert_eq!(
        end_all(store.as_ref(), Selector::Digest(digest(1)), EndReason::Admin, 1)
            .await
            .len(),
        1
    );
    assert_eq!(latest(store.as_ref()).await, at(1500), "an end");
    let policy = PolicyRevision {
        revision: 1,
        since: at(1600),
        document: PolicyDocument::default(),
    };
    assert!(store.add_policy(&policy).await.expect("store"));
    assert_eq!(latest(store.as_ref()).await, at(1600), "a policy");
    store.probe(at(1500)).await.expect("store");
    assert_eq!(latest(store.as_ref()).await, at(1600), "never back");
}

pub(crate) async fn a_refused_call_tells_nothing(store: Shared) {
    add(store.as_ref(), &record(1, "a")).await;
    let again = record(1, "a");
    assert!(
        !store
            .create(&again, entry(&again, AuditKind::SignIn, at(9000)))
            .await
            .expect("store")
    );
    let mut change = amendment(&again);
    change.version = 7;
    change.audit = vec![entry(&again, AuditKind::Chosen, at(9000))];
    assert!(!store.amend(&change).await.expect("store"));
    store.touch(&[touch(2, 9000)]).await.expect("store");
    assert_eq!(latest(store.as_ref()).await, at(1000));
}
