//! The audit, policies, API keys, and the latest instant.

use crate::audit::{AuditEntry, AuditFilter, AuditKind};
use crate::secret::Secret;
use crate::{ApiKey, Application, Created, PolicyRevision, Removed, Selector, Store};
use nightlatch_core::policy::PolicyDocument;
use nightlatch_core::session::EndReason;
use nightlatch_core::time::{Instant, Span};
use tokio::task::JoinSet;

use super::fixture::*;

pub async fn whoever_asks_is_answered_one_secret(store: Shared) {
    let asking = (0..8).map(|_| {
        let store = Shared::clone(&store);
        tokio::spawn(async move { store.secret(&Secret::random()).await.expect("store") })
    });
    let asking: Vec<_> = asking.collect();
    let kept = store.secret(&Secret::random()).await.expect("store");
    for asked in asking {
        assert_eq!(asked.await.expect("a task"), kept);
    }
    assert_ne!(Secret::random(), kept);
}

pub async fn what_is_forgotten_of_the_audit_is_its_beginning(store: Shared) {
    const DAY: i64 = 86_400_000;
    let told = |filter| audit(store.as_ref(), AuditFilter { limit: 10, ..filter });
    // Each is two months after the one before, so that none keeps another one where months are kept apart.
    for (number, days) in [(1, 10), (2, 70), (3, 130)] {
        let mut creation = creation(&record(number, "a"), at(1000));
        creation.audit.at = at(days * DAY);
        store.create(&creation).await.expect("store");
    }
    assert_eq!(told(AuditFilter::default()).await.len(), 3);
    assert_eq!(
        store.forget_audit(at(10 * DAY), 10).await.expect("store"),
        0,
        "before is before"
    );
    assert!(store.forget_audit(at(110 * DAY), 1).await.expect("store") > 0);
    while store.forget_audit(at(110 * DAY), 1).await.expect("store") > 0 {}
    let mut creation = creation(&record(4, "a"), at(1000));
    creation.audit.at = at(20 * DAY);
    store.create(&creation).await.expect("store");
    let left = told(AuditFilter::default()).await;
    assert_eq!(
        left.iter().map(|told| told.seq).collect::<Vec<_>>(),
        [3, 4],
        "numbers stay, and go on"
    );
    let of_first = AuditFilter {
        handle: Some(handle(1)),
        ..AuditFilter::default()
    };
    assert_eq!(told(of_first).await, []);
    assert_eq!(
        store.count(&everything()).await.expect("store"),
        4,
        "sessions are none of it"
    );
    while store.forget_audit(at(400 * DAY), 10).await.expect("store") > 0 {}
    assert_eq!(told(AuditFilter::default()).await, []);
    end_one(store.as_ref(), 4).await;
    assert_eq!(told(AuditFilter::default()).await[0].seq, 5);
}

pub async fn the_audit_counts_from_one(store: Shared) {
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

pub async fn the_audit_is_filtered_and_paged(store: Shared) {
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

pub async fn an_entry_is_read_back_whole(store: Shared) {
    let record = record(1, "a");
    add(store.as_ref(), &record).await;
    let full = AuditEntry {
        at: at(1234),
        kind: AuditKind::Held,
        handle: Some(handle(77)),
        subject: Some("Zoë".into()),
        application: Some("crm".into()),
        reason: Some(EndReason::Upstream),
        last_activity: Some(at(1200)),
        longest_absence: Some(Span::from_secs(600)),
        since: Some(at(1190)),
        count: Some(7),
        held: Some(Span::from_millis(44)),
        actor: "api:billing".into(),
        detail: Some("for 10m: \"upload\"".into()),
    };
    let bare = AuditEntry::new(at(1235), AuditKind::ApiKey, "cli");
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

fn policy(revision: u32, since: i64) -> PolicyRevision {
    PolicyRevision {
        revision,
        since: at(since),
        document: PolicyDocument::default(),
        actor: "file:latch.toml".into(),
        reason: None,
        restored: None,
    }
}

fn note(kind: AuditKind, instant: i64) -> AuditEntry {
    AuditEntry::new(at(instant), kind, "api:ops")
}

/// All that the audit was told.
async fn notes(store: &dyn Store) -> Vec<AuditEntry> {
    let all = AuditFilter {
        limit: 100,
        ..AuditFilter::default()
    };
    audit(store, all).await.into_iter().map(|told| told.entry).collect()
}

pub async fn policies_are_numbered_once(store: Shared) {
    let document = |text: &str| serde_json::from_str::<PolicyDocument>(text).expect("policy");
    let first = policy(1, 1000);
    let rich = document(
        r#"{"idle": "15m", "absolute": "off", "on_idle": "lock", "absent": "5m", "choice": {"allow": ["15m", "off"]},
            "caps": {"idle": "3d"}, "applications": {"crm": {"idle": "1h"}},
            "rules": [{"name": "r", "match": {"role": ["a", "b"], "path": "/x/**"}, "idle": "5m"}],
            "gates": [{"match": {}, "max_age": "12h"}], "passive": [{"match": {"path": "/poll/*"}}]}"#,
    );
    let second = PolicyRevision {
        document: rich,
        actor: "api:ops".into(),
        reason: Some("an auditor asked".into()),
        restored: Some(1),
        ..policy(2, 2000)
    };
    assert_eq!(store.policies().await.expect("store"), []);
    for revision in [&first, &second] {
        assert!(
            store
                .add_policy(revision, note(AuditKind::Policy, 1000))
                .await
                .expect("store")
        );
    }
    let other = PolicyRevision {
        document: PolicyDocument::default(),
        since: at(3000),
        ..second.clone()
    };
    assert!(
        !store
            .add_policy(&other, note(AuditKind::Policy, 9000))
            .await
            .expect("store")
    );
    let far = policy(4, 4000);
    let added = store.add_policy(&far, note(AuditKind::Policy, 9000)).await;
    assert!(!added.expect("store"), "none is left out");
    assert_eq!(store.policies().await.expect("store"), [first, second]);
    assert_eq!(
        notes(store.as_ref()).await,
        [note(AuditKind::Policy, 1000), note(AuditKind::Policy, 1000)]
    );
}

fn key(name: &str, number: u32) -> ApiKey {
    ApiKey {
        name: name.into(),
        digest: digest(number),
        created: at(1000),
        scopes: vec!["sessions:read".into(), "audit:read".into()],
        applications: number.is_multiple_of(2).then(|| vec!["crm".into(), "mail".into()]),
    }
}

async fn add_key(store: &dyn Store, key: &ApiKey) -> bool {
    let added = store.add_api_key(key, None, note(AuditKind::ApiKey, 1000)).await;
    added.expect("store") == Created::Added(Vec::new())
}

pub async fn api_keys_have_one_name(store: Shared) {
    let store = store.as_ref();
    let remove = async |name| {
        let removed = store.remove_api_key(name, &[], note(AuditKind::ApiKey, 1100)).await;
        removed.expect("store")
    };
    assert!(add_key(store, &key("ci", 1)).await);
    assert!(add_key(store, &key("backup", 2)).await);
    assert!(!add_key(store, &key("ci", 3)).await);
    let by_name = [key("backup", 2), key("ci", 1)];
    assert_eq!(store.api_keys().await.expect("store"), by_name);
    assert_eq!(remove("CI").await, Removed::Missing);
    assert_eq!(remove("ci").await, Removed::Removed);
    assert_eq!(remove("ci").await, Removed::Missing);
    assert!(add_key(store, &key("ci", 4)).await, "the name is free again");
    assert_eq!(store.api_keys().await.expect("store"), [key("backup", 2), key("ci", 4)]);
    let told = [1000, 1000, 1100, 1000].map(|instant| note(AuditKind::ApiKey, instant));
    assert_eq!(notes(store).await, told, "what was done, and nothing else");
}

pub async fn the_last_key_with_a_scope_stays(store: Shared) {
    let remove = async |name| {
        let unless_last = ["keys:write", "*"];
        let removed = store
            .remove_api_key(name, &unless_last, note(AuditKind::ApiKey, 1100))
            .await;
        removed.expect("store")
    };
    for (name, number, scope) in [("a", 1, "*"), ("b", 2, "keys:write"), ("c", 3, "keys:read")] {
        let key = ApiKey {
            scopes: vec!["audit:read".into(), scope.into()],
            ..key(name, number)
        };
        assert!(add_key(store.as_ref(), &key).await);
    }
    assert_eq!(remove("a").await, Removed::Removed, "another one has such a scope");
    assert_eq!(remove("b").await, Removed::Last);
    assert_eq!(remove("c").await, Removed::Removed, "it has no such scope");
    assert_eq!(remove("a").await, Removed::Missing);
    assert_eq!(store.api_keys().await.expect("store").len(), 1);
    assert_eq!(notes(store.as_ref()).await.len(), 5, "what was done, and nothing else");
}

pub async fn of_two_who_remove_the_last_keys_one_is_refused(store: Shared) {
    for round in 0..10 {
        let names = [format!("a{round}"), format!("b{round}")];
        for (name, number) in names.iter().zip(round * 2..) {
            let key = ApiKey {
                scopes: vec!["*".into()],
                ..key(name, number)
            };
            assert!(add_key(store.as_ref(), &key).await);
        }
        let mut tasks = JoinSet::new();
        for name in names {
            let store = store.clone();
            tasks.spawn(async move {
                let audit = note(AuditKind::ApiKey, 1100);
                let removed = store.remove_api_key(&name, &["*"], audit).await;
                (name, removed.expect("store"))
            });
        }
        let removed = tasks.join_all().await;
        let left = removed.iter().find(|(_, removed)| *removed == Removed::Last);
        let left = left.map(|(name, _)| name.clone()).expect("one is refused");
        assert_eq!(
            removed
                .iter()
                .filter(|(_, removed)| *removed == Removed::Removed)
                .count(),
            1
        );
        let audit = note(AuditKind::ApiKey, 1100);
        let removed = store.remove_api_key(&left, &[], audit).await.expect("store");
        assert_eq!(removed, Removed::Removed);
    }
}

pub async fn an_api_key_is_replaced_whole(store: Shared) {
    assert!(!store.replace_api_key(&key("ci", 1)).await.expect("store"));
    assert_eq!(store.api_keys().await.expect("store"), []);
    assert!(add_key(store.as_ref(), &key("ci", 1)).await);
    assert!(add_key(store.as_ref(), &key("other", 2)).await);
    let renewed = ApiKey {
        scopes: Vec::new(),
        created: at(2000),
        ..key("ci", 3)
    };
    assert!(store.replace_api_key(&renewed).await.expect("store"));
    assert_eq!(store.api_keys().await.expect("store"), [renewed, key("other", 2)]);
}

fn application(id: &str, name: &str) -> Application {
    Application {
        id: id.into(),
        name: name.into(),
        origins: vec!["https://crm.example".into(), "https://b.example:8443".into()],
        logout_urls: vec!["https://crm.example/bye?\"x\"".into()],
        version: 77,
    }
}

pub async fn applications_change_from_version_to_version(store: Shared) {
    let store = store.as_ref();
    let put = async |application: &Application, expected| {
        let told = note(AuditKind::Application, 1000);
        let put = store.put_application(application, expected, told).await;
        put.expect("store")
    };
    let remove = async |id, expected| {
        let told = note(AuditKind::Application, 1100);
        let removed = store.remove_application(id, expected, told).await;
        removed.expect("store")
    };
    let at_version = |version, application: Application| Application { version, ..application };
    let all = async || store.applications().await.expect("store");
    assert_eq!(all().await, []);
    assert!(!put(&application("mail", "Mail"), Some(1)).await, "there is none yet");
    assert!(put(&application("mail", "Mail"), None).await);
    assert!(put(&application("crm", "CRM"), None).await);
    assert!(!put(&application("crm", "Other"), None).await, "there is one");
    let mail = at_version(1, application("mail", "Mail"));
    assert_eq!(
        all().await,
        [at_version(1, application("crm", "CRM")), mail.clone()],
        "by id"
    );

    let mut changed = application("crm", "Customers");
    changed.origins.clear();
    assert!(!put(&changed, Some(2)).await);
    assert!(put(&changed, Some(1)).await);
    assert!(!put(&changed, Some(1)).await, "it is at another version now");
    assert_eq!(all().await, [at_version(2, changed), mail.clone()]);

    assert!(!remove("crm", Some(1)).await);
    assert!(!remove("wiki", None).await);
    assert!(!remove("wiki", Some(1)).await);
    assert!(remove("crm", Some(2)).await);
    assert!(remove("mail", None).await);
    assert_eq!(all().await, []);
    let told = [1000, 1000, 1000, 1100, 1100].map(|instant| note(AuditKind::Application, instant));
    assert_eq!(notes(store).await, told, "what was done, and nothing else");
}

async fn latest(store: &dyn Store) -> Instant {
    store.latest_instant().await.expect("store")
}

pub async fn the_latest_instant_is_the_latest_of_all_that_was_told(store: Shared) {
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
    let told = note(AuditKind::Policy, 1000);
    assert!(store.add_policy(&policy(1, 1600), told).await.expect("store"));
    assert_eq!(latest(store.as_ref()).await, at(1600), "a policy");
    store.probe(at(1500)).await.expect("store");
    assert_eq!(latest(store.as_ref()).await, at(1600), "never back");
}

pub async fn a_refused_call_tells_nothing(store: Shared) {
    add(store.as_ref(), &record(1, "a")).await;
    let again = record(1, "a");
    assert!(!create(store.as_ref(), &again, at(9000)).await);
    let mut change = amendment(&again);
    change.version = 7;
    change.audit = vec![entry(&again, AuditKind::Chosen, at(9000))];
    assert!(!store.amend(&change).await.expect("store"));
    store.touch(&[touch(2, 9000)]).await.expect("store");
    assert_eq!(latest(store.as_ref()).await, at(1000));
}
