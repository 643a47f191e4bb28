//! Policies that change while sessions live.

#[path = "engine/fixture.rs"]
#[expect(dead_code, reason = "shared with the tests of the engine, which use the rest")]
mod fixture;

use std::collections::BTreeSet;
use std::sync::Arc;

use fixture::flaky::FlakyStore;
use fixture::{Fixture, minutes, policy, seconds};
use nightlatch_core::facts::Facts;
use nightlatch_core::path::Path;
use nightlatch_core::session::{EndReason, Event, RequestKind};
use nightlatch_core::time::{Instant, Span};
use nightlatch_engine::clock::{Clock, ManualTime};
use nightlatch_engine::{Engine, Options, PolicyChange, PolicyChanged, Standing};
use nightlatch_store::audit::{AuditFilter, AuditKind};
use nightlatch_store::memory::MemoryStore;
use nightlatch_store::token::{Digest, Handle};
use nightlatch_store::{Filter, Page, Store};
use nightlatch_store_sqlite::SqliteStore;

fn change(json: &str) -> PolicyChange {
    PolicyChange {
        policy: policy(json),
        actor: "test".into(),
        reason: None,
        restored: None,
        expected: None,
    }
}

async fn put_in_force(fixture: &Fixture, json: &str) -> PolicyChanged {
    fixture.engine.change_policy(change(json)).await.expect("a store")
}

/// Nodes that start with files of their own, at one time.
struct Nodes {
    store: Arc<dyn Store>,
    time: ManualTime,
}

impl Nodes {
    fn none() -> Self {
        let time = ManualTime::at(Instant::from_millis(1_700_000_000_000));
        let shown = Clock::manual(&time, Instant::default());
        Self {
            store: Arc::new(MemoryStore::shared(move || shown.now())),
            time,
        }
    }

    async fn start(&self, json: &str) -> Arc<Engine> {
        let clock = Clock::manual(&self.time, Instant::default());
        let engine = Engine::open(Arc::clone(&self.store), clock, policy(json), Options::default()).await;
        engine.expect("an engine")
    }
}

#[tokio::test]
async fn a_node_that_starts_with_an_earlier_policy_follows_the_store() {
    let nodes = Nodes::none();
    let (earlier, later) = (r#"{"idle": "20m"}"#, r#"{"idle": "10m"}"#);
    assert_eq!(nodes.start(earlier).await.policy().0, 1, "the first acts at once");
    let changed = nodes.start(later).await;
    assert_eq!(changed.policy().0, 1, "others have not heard of it");
    nodes.time.advance(seconds(6));
    changed.beat().await.expect("a store");
    assert_eq!(changed.policy(), (2, Arc::new(policy(later))));
    let restarted = nodes.start(earlier).await;
    assert_eq!(restarted.policy(), (2, Arc::new(policy(later))), "nothing flaps");
    assert_eq!(restarted.policy_revisions().await.expect("a store").len(), 2);
}

#[tokio::test]
async fn a_policy_that_comes_while_the_store_is_waited_for_makes_nobody_unknown() {
    let store = Arc::new(FlakyStore::default());
    let fixture = Fixture::on(Arc::clone(&store) as Arc<dyn Store>, r#"{"idle": "30m"}"#).await;
    let ada = fixture.sign_in("ada").await;
    store.make_wait(true);
    let mut came_between = 0;
    // One begins a little later each time.
    for later in 0..40 {
        let before = fixture.engine.policy().0;
        let extending = async {
            for _ in 0..later {
                tokio::task::yield_now().await;
            }
            let began = fixture.engine.policy().0;
            let outcome = fixture.engine.apply(&ada, &Event::Extend).await.expect("a store");
            (outcome, began < fixture.engine.policy().0)
        };
        let policy = format!(r#"{{"idle": "{}m"}}"#, 31 + later);
        let (changed, (outcome, between)) = tokio::join!(put_in_force(&fixture, &policy), extending);
        assert_eq!(changed, PolicyChanged::InForce(before + 1));
        assert!(matches!(outcome.standing, Standing::Live(_)), "{later}: {outcome:?}");
        came_between += usize::from(between);
    }
    assert!(came_between > 0);
}

#[tokio::test]
async fn a_shorter_policy_acts_on_live_sessions_at_once_and_dates_their_end_at_the_change() {
    let fixture = Fixture::new(r#"{"idle": "30m"}"#).await;
    let (ada, bob) = (fixture.sign_in("ada").await, fixture.sign_in("bob").await);
    fixture.time.advance(minutes(20));
    fixture
        .engine
        .request(&bob, &Path::canonical("/"), RequestKind::Fetch)
        .await
        .expect("a store");
    assert_eq!(
        put_in_force(&fixture, r#"{"idle": "15m"}"#).await,
        PolicyChanged::InForce(2)
    );
    fixture.time.advance(minutes(1));
    let Standing::Ended { at, reason, .. } = fixture.engine.status(&ada).await.expect("a store") else {
        panic!("the session lives");
    };
    assert_eq!((at, reason), (fixture.start + minutes(20), EndReason::Idle));
    assert_eq!(fixture.end_of(&bob).await, None);
    fixture.time.advance(minutes(14));
    assert_eq!(fixture.end_of(&bob).await, Some(EndReason::Idle));
}

#[tokio::test]
async fn a_longer_policy_waits_for_the_next_sign_in() {
    let fixture = Fixture::new(r#"{"idle": "15m"}"#).await;
    let ada = fixture.sign_in("ada").await;
    put_in_force(&fixture, r#"{"idle": "1h"}"#).await;
    let bob = fixture.sign_in("bob").await;
    fixture.time.advance(minutes(15));
    assert_eq!(fixture.end_of(&ada).await, Some(EndReason::Idle));
    assert_eq!(fixture.end_of(&bob).await, None);
}

#[tokio::test]
async fn revisions_survive_a_restart_with_those_that_sessions_signed_in_under() {
    let fixture = Fixture::new(r#"{"idle": "15m"}"#).await;
    let ada = fixture.sign_in("ada").await;
    put_in_force(&fixture, r#"{"idle": "1h"}"#).await;
    let fixture = fixture.restarted(r#"{"idle": "2h"}"#).await;
    assert_eq!(fixture.engine.policy().0, 3);
    fixture.time.advance(minutes(15));
    assert_eq!(fixture.end_of(&ada).await, Some(EndReason::Idle));
}

#[tokio::test]
async fn open_tabs_hear_of_a_change_at_once() {
    let fixture = Fixture::new(r#"{"idle": "30m"}"#).await;
    let ada = fixture.sign_in("ada").await;
    let Standing::Live(snapshot) = fixture.engine.status(&ada).await.expect("a store") else {
        panic!("the session is over");
    };
    let mut watcher = fixture.engine.watch(snapshot.handle);
    put_in_force(&fixture, r#"{"idle": "20m"}"#).await;
    watcher.changed().await;
}

#[tokio::test]
async fn a_change_made_from_another_revision_is_refused_and_the_same_policy_makes_no_revision() {
    let fixture = Fixture::new(r#"{"idle": "30m"}"#).await;
    assert_eq!(
        put_in_force(&fixture, r#"{"idle": "1800s"}"#).await,
        PolicyChanged::Unchanged(1)
    );
    put_in_force(&fixture, r#"{"idle": "20m"}"#).await;
    let stale = PolicyChange {
        expected: Some(1),
        ..change(r#"{"idle": "10m"}"#)
    };
    assert_eq!(
        fixture.engine.change_policy(stale).await.expect("a store"),
        PolicyChanged::Stale(2)
    );
    let revisions = fixture.engine.policy_revisions().await.expect("a store");
    let actors: Vec<_> = revisions.iter().map(|revision| &*revision.actor).collect();
    assert_eq!(actors, ["start", "test"]);
    let filter = AuditFilter {
        kind: Some(AuditKind::Policy),
        limit: 10,
        ..AuditFilter::default()
    };
    assert_eq!(fixture.engine.audit(&filter).await.expect("a store").len(), 2);
}

#[tokio::test]
async fn a_change_that_the_store_refuses_leaves_the_policy_as_it_was() {
    let store = Arc::new(fixture::flaky::FlakyStore::default());
    let fixture = Fixture::on(Arc::clone(&store) as Arc<dyn Store>, r#"{"idle": "30m"}"#).await;
    store.fail(true);
    assert!(
        fixture
            .engine
            .change_policy(change(r#"{"idle": "20m"}"#))
            .await
            .is_err()
    );
    assert_eq!(fixture.engine.policy().0, 1);
    store.fail(false);
    assert_eq!(
        put_in_force(&fixture, r#"{"idle": "20m"}"#).await,
        PolicyChanged::InForce(2)
    );
}

const APPLICATIONS: [Option<&str>; 3] = [None, Some("console"), Some("shop")];
const ROLES: [&str; 3] = ["admin", "clerk", "guest"];
const POLICIES: [&str; 5] = [
    r#"{"idle": "1h", "absolute": "3h", "choice": {"allow": ["2h"]}}"#,
    r#"{"idle": "40m", "absolute": "2h", "on_idle": "lock", "absent": "10m"}"#,
    r#"{"idle": "2h", "hold_max": "30m", "rules": [{"match": {"role": "admin"}, "idle": "20m"},
        {"match": {"path": "/billing/**"}, "idle": "10m"}]}"#,
    r#"{"idle": "30m", "absent": "pause", "applications": {"console": {"idle": "15m", "absolute": "1h"}}}"#,
    r#"{"idle": "90m", "caps": {"idle": "50m"}, "rules": [{"match": {"application": "shop"}, "absolute": "45m"},
        {"match": {"device": "mobile"}, "idle": "3h", "lengthens": true}]}"#,
];

/// Signs many people in over two hours, with tabs, holds and choices of their own.
async fn population(fixture: &Fixture, random: &mut fastrand::Rng, size: usize) -> Vec<Digest> {
    let mut sessions = Vec::with_capacity(size);
    for number in 0..size {
        let facts = Facts {
            application: APPLICATIONS[random.usize(0..3)].map(Into::into),
            device: random.bool().then(|| "mobile".into()),
            roles: ROLES
                .iter()
                .filter(|_| random.u8(0..10) < 3)
                .map(|role| (*role).into())
                .collect(),
        };
        let session = fixture.sign_in_as(&format!("person {number}"), facts).await;
        for _ in 0..random.u8(0..4) {
            let event = match random.u8(0..5) {
                0 => Event::Extend,
                1 => Event::Tab {
                    tab: "t".into(),
                    path: Path::canonical(["/", "/billing"][random.usize(0..2)]).into_owned(),
                    attended: None,
                },
                2 => Event::TabClose {
                    tab: "t".into(),
                    by: None,
                },
                3 => Event::Hold {
                    id: "h".into(),
                    span: minutes(random.u64(1..100)),
                },
                _ => Event::Choose {
                    idle: "2h".parse().expect("a limit"),
                },
            };
            fixture.engine.apply(&session, &event).await.expect("a store");
        }
        sessions.push(session);
        fixture.time.advance(Span::from_millis(
            7_200_000 / u64::try_from(size).expect("a small number"),
        ));
    }
    sessions
}

async fn living(store: &dyn Store) -> BTreeSet<Handle> {
    let page = Page {
        after: None,
        limit: usize::MAX >> 1,
    };
    let records = store.list(&Filter::default(), page).await.expect("a store");
    records.into_iter().map(|record| record.handle).collect()
}

/// Plans every change between the policies, makes it at once, and compares.
async fn plans_come_true(store: Arc<dyn Store>, seed: u64, size: usize) {
    let mut random = fastrand::Rng::with_seed(seed);
    let fixture = Fixture::on(store, POLICIES[random.usize(0..5)]).await;
    population(&fixture, &mut random, size).await;
    for round in 0..4 {
        fixture.time.advance(minutes(random.u64(0..10)));
        fixture.engine.sweep().await.expect("a store");
        if random.bool() {
            // Only what the store knows counts for those that nobody has used for a while.
            fixture.engine.flush_all().await.expect("a store");
            fixture.engine.evict(fixture.engine.clock().now() + minutes(600));
        }
        let candidate = POLICIES[random.usize(0..5)];
        let before = living(fixture.store.as_ref()).await;
        let planned = fixture.engine.plan(&policy(candidate)).await.expect("a store");
        assert_eq!(
            planned.plan.all.sessions,
            before.len() as u64,
            "seed {seed}, round {round}"
        );
        let changed = put_in_force(&fixture, candidate).await;
        fixture.engine.reindex().await.expect("a store");
        let after = living(fixture.store.as_ref()).await;
        let ended: BTreeSet<_> = before.difference(&after).copied().collect();
        let promised: BTreeSet<_> = planned.ending.iter().copied().collect();
        assert_eq!(promised, ended, "seed {seed}, round {round}");
        if let PolicyChanged::InForce(revision) = changed {
            assert_eq!(
                fixture.store.count_outdated(revision).await.expect("a store"),
                0,
                "seed {seed}"
            );
        }
    }
}

#[tokio::test]
async fn what_was_planned_is_what_happens() {
    for seed in 0..40 {
        plans_come_true(Arc::new(MemoryStore::default()), seed, 60).await;
    }
}

#[tokio::test]
async fn what_was_planned_is_what_happens_on_sqlite() {
    let directory = tempfile::tempdir().expect("a directory");
    for seed in 100..104 {
        let path = directory.path().join(format!("{seed}.db"));
        plans_come_true(Arc::new(SqliteStore::open(&path).expect("a store")), seed, 40).await;
    }
}
