//! The engine on manual time over the memory store: what it promises whatever the store.

#[path = "engine/beating.rs"]
mod beating;
#[path = "engine/bounding.rs"]
mod bounding;
#[path = "engine/development.rs"]
mod development;
#[path = "engine/fixture.rs"]
#[expect(dead_code, reason = "shared with the tests of completion, which use the rest")]
mod fixture;
#[path = "engine/keeping.rs"]
mod keeping;
#[path = "engine/sharing.rs"]
mod sharing;
#[path = "engine/touching.rs"]
mod touching;

use std::sync::Arc;
use std::time::Duration;

use fixture::flaky::FlakyStore;
use fixture::{Fixture, minutes, seconds};
use nightlatch_core::path::Path;
use nightlatch_core::session::{Answer, EndReason, Event, Phase, Refusal, RequestKind, Verdict};
use nightlatch_core::time::Instant;
use nightlatch_engine::{Authentication, Reauthentication, Standing};
use nightlatch_store::audit::{AuditFilter, AuditKind};
use nightlatch_store::{Filter, Selector, Sessions as _, Store};

fn authenticated_at(at: Instant) -> Authentication {
    Authentication {
        at: Some(at),
        not_after: None,
    }
}

fn home() -> Path<'static> {
    Path::canonical("/home").into_owned()
}

#[tokio::test]
async fn expiry_is_decided_on_read() {
    let fixture = Fixture::new(r#"{"idle": "10m"}"#).await;
    let ada = fixture.sign_in("ada").await;
    fixture.time.advance(minutes(10));
    // Nobody has swept.
    let Standing::Ended { reason, at, .. } = fixture.engine.status(&ada).await.expect("a store") else {
        panic!("the session outlived its deadline")
    };
    assert_eq!((reason, at), (EndReason::Idle, fixture.start + minutes(10)));
}

#[tokio::test]
async fn activity_moves_the_deadline_and_polling_does_not() {
    let fixture = Fixture::new(r#"{"idle": "10m", "passive": [{"match": {"path": "/poll"}}]}"#).await;
    let (ada, ben) = (fixture.sign_in("ada").await, fixture.sign_in("ben").await);
    for _ in 0..3 {
        fixture.time.advance(minutes(4));
        fixture
            .engine
            .request(&ada, &home(), RequestKind::Fetch)
            .await
            .expect("a store");
        fixture
            .engine
            .request(&ben, &Path::canonical("/poll"), RequestKind::Fetch)
            .await
            .expect("a store");
    }
    assert_eq!(fixture.end_of(&ada).await, None);
    assert_eq!(fixture.end_of(&ben).await, Some(EndReason::Idle));
}

#[tokio::test]
async fn absolute_ends_whatever_the_activity() {
    let fixture = Fixture::new(r#"{"idle": "10m", "absolute": "20m"}"#).await;
    let ada = fixture.sign_in("ada").await;
    for _ in 0..3 {
        fixture.time.advance(minutes(6));
        fixture.engine.apply(&ada, &Event::Extend).await.expect("a store");
    }
    assert_eq!(fixture.end_of(&ada).await, None);
    fixture.time.advance(minutes(2));
    assert_eq!(fixture.end_of(&ada).await, Some(EndReason::Absolute));
}

#[tokio::test]
async fn a_dead_session_never_lives_again() {
    let fixture = Fixture::new(r#"{"idle": "10m", "absent": "pause"}"#).await;
    let ada = fixture.sign_in("ada").await;
    fixture.engine.sign_out(&ada, EndReason::User).await.expect("a store");
    let events = [
        Event::Extend,
        Event::Input { age: seconds(0) },
        Event::Tab {
            tab: "a".into(),
            path: home(),
            attended: None,
        },
        Event::Hold {
            id: "h".into(),
            span: minutes(5),
        },
    ];
    for event in events {
        let outcome = fixture.engine.apply(&ada, &event).await.expect("a store");
        assert_eq!(outcome.answer, Some(Answer::Refused(Refusal::Ended)), "{event:?}");
    }
    let outcome = fixture
        .engine
        .request(&ada, &home(), RequestKind::Fetch)
        .await
        .expect("a store");
    assert!(matches!(
        outcome.answer,
        Some(Answer::Verdict(Verdict::Ended {
            reason: EndReason::User,
            ..
        }))
    ));
    assert!(
        fixture
            .engine
            .reauthenticate(&ada, Authentication::default(), "test")
            .await
            .expect("a store")
            .signed_in()
            .is_none()
    );
}

#[tokio::test]
async fn every_end_has_exactly_one_audit_record_with_one_reason() {
    let fixture = Fixture::new(r#"{"idle": "10m"}"#).await;
    let (ada, ben) = (fixture.sign_in("ada").await, fixture.sign_in("ben").await);
    fixture.engine.sign_out(&ada, EndReason::User).await.expect("a store");
    fixture.engine.sign_out(&ada, EndReason::User).await.expect("a store");
    fixture.time.advance(minutes(11));
    fixture.engine.status(&ben).await.expect("a store");
    fixture.engine.sweep().await.expect("a store");
    fixture
        .engine
        .end(&Selector::Matching(Filter::default()), EndReason::Admin, "test")
        .await
        .expect("a store");
    let filter = AuditFilter {
        kind: Some(AuditKind::Ended),
        limit: 10,
        ..AuditFilter::default()
    };
    let ends = fixture.engine.audit(&filter).await.expect("a store");
    let told: Vec<_> = ends
        .iter()
        .map(|end| (end.entry.subject.as_deref(), end.entry.reason))
        .collect();
    assert_eq!(
        told,
        [
            (Some("ada"), Some(EndReason::User)),
            (Some("ben"), Some(EndReason::Idle))
        ]
    );
}

#[tokio::test]
async fn every_end_is_counted_once_by_its_reason() {
    let fixture = Fixture::new(r#"{"idle": "10m"}"#).await;
    let (ada, _ben, _cyd) = (
        fixture.sign_in("ada").await,
        fixture.sign_in("ben").await,
        fixture.sign_in("cyd").await,
    );
    for _ in 0..2 {
        fixture.engine.sign_out(&ada, EndReason::User).await.expect("a store");
    }
    fixture.time.advance(minutes(10));
    fixture.engine.sweep().await.expect("a store");
    let counted: Vec<_> = fixture.engine.ended().filter(|(_, count)| *count > 0).collect();
    assert_eq!(counted, [(EndReason::Idle, 2), (EndReason::User, 1)]);
}

#[tokio::test]
async fn the_sweeper_ends_what_nobody_asks_for_and_tells_who_watches() {
    let fixture = Fixture::new(r#"{"idle": "10m"}"#).await;
    let ada = fixture.sign_in("ada").await;
    let Standing::Live(snapshot) = fixture.engine.status(&ada).await.expect("a store") else {
        panic!("live")
    };
    let mut watcher = fixture.engine.watch(snapshot.handle);
    fixture.time.advance(minutes(10));
    assert_eq!(fixture.engine.sweep().await.expect("a store"), 1);
    tokio::time::timeout(Duration::from_secs(5), watcher.changed())
        .await
        .expect("the watcher hears of the end");
    assert_eq!(fixture.engine.sweep().await.expect("a store"), 0);
}

#[tokio::test]
async fn the_sweeper_spares_whom_only_the_table_knows_to_be_active() {
    let fixture = Fixture::new(r#"{"idle": "10m"}"#).await;
    let ada = fixture.sign_in("ada").await;
    fixture.time.advance(minutes(9));
    fixture
        .engine
        .request(&ada, &home(), RequestKind::Fetch)
        .await
        .expect("a store");
    fixture.time.advance(seconds(1));
    fixture
        .engine
        .request(&ada, &home(), RequestKind::Fetch)
        .await
        .expect("a store");
    fixture.time.advance(minutes(2));
    assert_eq!(fixture.engine.sweep().await.expect("a store"), 0);
    assert_eq!(fixture.end_of(&ada).await, None);
}

#[tokio::test]
async fn a_new_token_replaces_the_old_one_at_once() {
    let fixture = Fixture::new(r#"{"idle": "10m", "on_idle": "lock"}"#).await;
    let ada = fixture.sign_in("ada").await;
    fixture.time.advance(minutes(11));
    let Standing::Live(locked) = fixture.engine.status(&ada).await.expect("a store") else {
        panic!("locked")
    };
    assert_eq!(locked.status.phase, Phase::Locked);
    let renewed = fixture
        .engine
        .reauthenticate(&ada, Authentication::default(), "test")
        .await
        .expect("a store")
        .signed_in()
        .expect("a session to renew");
    assert_eq!(renewed.handle, locked.handle);
    assert_eq!(fixture.engine.status(&ada).await.expect("a store"), Standing::Unknown);
    let Standing::Live(active) = fixture.engine.status(&renewed.token.digest()).await.expect("a store") else {
        panic!()
    };
    assert_eq!(active.status.phase, Phase::Active);
}

#[tokio::test]
async fn an_authentication_that_is_told_late_is_kept_as_it_was() {
    let fixture = Fixture::new(r#"{"idle": "10m", "absolute": "1h", "on_idle": "lock"}"#).await;
    let ada = fixture.sign_in("ada").await;
    let signed_in = fixture.engine.clock().now();
    fixture.time.advance(minutes(15));
    for before in [signed_in - minutes(1), signed_in + minutes(9)] {
        let refused = fixture
            .engine
            .reauthenticate(&ada, authenticated_at(before), "test")
            .await;
        assert!(matches!(refused, Ok(Reauthentication::Outdated(_))), "{refused:?}");
        let Standing::Live(locked) = fixture.engine.status(&ada).await.expect("a store") else {
            panic!("the token stays")
        };
        assert_eq!((locked.status.phase, locked.authenticated), (Phase::Locked, signed_in));
    }
    let authenticated = signed_in + minutes(12);
    let renewed = fixture
        .engine
        .reauthenticate(&ada, authenticated_at(authenticated), "test")
        .await;
    let renewed = renewed.expect("a store").signed_in().expect("a session to renew");
    let digest = renewed.token.digest();
    let Standing::Live(active) = fixture.engine.status(&digest).await.expect("a store") else {
        panic!("it goes on")
    };
    assert_eq!(
        (active.status.phase, active.authenticated),
        (Phase::Active, authenticated)
    );
    assert_eq!(active.status.absolute_remaining, Some(minutes(57)));
    assert_eq!(active.status.idle_remaining, Some(minutes(10)));
    let kept = fixture.store.get(&digest).await.expect("a store").expect("a record");
    assert_eq!(kept.session.authenticated, authenticated);
}

#[tokio::test]
async fn activity_that_the_store_was_too_busy_for_is_told_by_the_next_flush() {
    let store = Arc::new(FlakyStore::default());
    let fixture = Fixture::on(Arc::clone(&store) as Arc<dyn Store>, r#"{"idle": "10m"}"#).await;
    let ada = fixture.sign_in("ada").await;
    let signed_in = fixture.engine.clock().now();
    fixture.time.advance(seconds(5));
    let allowed = fixture
        .engine
        .request(&ada, &home(), RequestKind::Fetch)
        .await
        .expect("a store");
    assert_eq!(allowed.answer, Some(Answer::Verdict(Verdict::Allow)));
    let kept = async || {
        fixture
            .store
            .get(&ada)
            .await
            .expect("a store")
            .expect("a record")
            .session
            .activity
            .seen
    };

    store.be_busy(true);
    fixture
        .engine
        .flush_all()
        .await
        .expect("nothing is wrong with the store");
    assert_eq!(kept().await, signed_in);
    store.be_busy(false);
    fixture.engine.flush_all().await.expect("a store");
    assert_eq!(kept().await, signed_in + seconds(5));
}

#[tokio::test]
async fn sessions_leave_the_table_and_come_back_on_demand() {
    let fixture = Fixture::new(r#"{"idle": "2h"}"#).await;
    let ada = fixture.sign_in("ada").await;
    fixture.time.advance(minutes(20));
    fixture.engine.evict(fixture.engine.clock().now());
    assert_eq!(fixture.engine.stats().in_table, 0);
    assert_eq!(fixture.end_of(&ada).await, None);
    assert_eq!(fixture.engine.stats().in_table, 1);
}

#[tokio::test]
async fn activity_the_store_has_not_heard_of_keeps_a_session_in_the_table() {
    let fixture = Fixture::new(r#"{"idle": "2h"}"#).await;
    let ada = fixture.sign_in("ada").await;
    fixture
        .engine
        .request(&ada, &home(), RequestKind::Fetch)
        .await
        .expect("a store");
    fixture.time.advance(seconds(5));
    fixture
        .engine
        .request(&ada, &home(), RequestKind::Fetch)
        .await
        .expect("a store");
    fixture.time.advance(minutes(20));
    fixture.engine.evict(fixture.engine.clock().now());
    assert_eq!(fixture.engine.stats().in_table, 1);
    fixture.engine.flush().await.expect("a store");
    fixture.engine.evict(fixture.engine.clock().now());
    assert_eq!(fixture.engine.stats().in_table, 0);
}

#[tokio::test]
async fn a_crash_costs_no_more_activity_than_the_touch_interval() {
    let fixture = Fixture::new(r#"{"idle": "10m"}"#).await;
    let ada = fixture.sign_in("ada").await;
    for _ in 0..40 {
        fixture.time.advance(seconds(7));
        fixture
            .engine
            .apply(&ada, &Event::Input { age: seconds(0) })
            .await
            .expect("a store");
        fixture.engine.flush().await.expect("a store");
        let record = fixture.store.get(&ada).await.expect("a store").expect("a record");
        let behind = fixture.engine.clock().now().since(record.session.activity.seen);
        assert!(behind <= fixture.engine.touch_interval(), "{behind}");
    }
    let crashed = fixture.restarted(r#"{"idle": "10m"}"#).await;
    assert_eq!(crashed.end_of(&ada).await, None);
}

#[tokio::test]
async fn a_shorter_policy_acts_at_the_restart_that_brings_it() {
    let fixture = Fixture::new(r#"{"idle": "60m"}"#).await;
    let (ada, ben) = (fixture.sign_in("ada").await, fixture.sign_in("ben").await);
    fixture.time.advance(minutes(8));
    fixture.engine.apply(&ben, &Event::Extend).await.expect("a store");
    fixture.time.advance(minutes(4));
    let restarted = fixture.restarted(r#"{"idle": "10m"}"#).await;
    assert_eq!(restarted.end_of(&ada).await, Some(EndReason::Idle));
    assert_eq!(restarted.engine.reindex().await.expect("a store"), 1);
    restarted.time.advance(minutes(6));
    assert_eq!(restarted.engine.sweep().await.expect("a store"), 1);
    assert_eq!(restarted.end_of(&ben).await, Some(EndReason::Idle));
}

#[tokio::test]
async fn while_the_store_fails_live_sessions_go_on_for_the_grace_and_ends_are_refused() {
    let store = Arc::new(FlakyStore::default());
    let fixture = Fixture::on(Arc::clone(&store) as _, r#"{"idle": "10m"}"#).await;
    let ada = fixture.sign_in("ada").await;
    store.fail(true);
    assert!(fixture.engine.sign_out(&ada, EndReason::User).await.is_err());
    fixture.time.advance(seconds(9));
    assert_eq!(fixture.end_of(&ada).await, None);
    let extended = fixture
        .engine
        .apply(&ada, &Event::Extend)
        .await
        .expect("extending goes on");
    assert_eq!(extended.answer, Some(Answer::Accepted));
    fixture.time.advance(seconds(1));
    assert!(fixture.engine.status(&ada).await.is_err(), "the grace is over");
    assert!(fixture.engine.stats().store_exhausted);
    store.fail(false);
    fixture.engine.probe().await.expect("the store is back");
    assert_eq!(fixture.end_of(&ada).await, None);
    fixture.engine.flush_all().await.expect("the store is back");
    let record = store.get(&ada).await.expect("a store").expect("a record");
    assert_eq!(record.session.activity.seen, fixture.start + seconds(9));
}

#[tokio::test]
async fn a_deadline_holds_while_the_store_fails() {
    let store = Arc::new(FlakyStore::default());
    let fixture = Fixture::on(Arc::clone(&store) as _, r#"{"idle": "10m"}"#).await;
    let ada = fixture.sign_in("ada").await;
    fixture.time.advance(minutes(10) + seconds(1));
    store.fail(true);
    assert_eq!(fixture.end_of(&ada).await, Some(EndReason::Idle));
    store.fail(false);
    assert_eq!(fixture.engine.sweep().await.expect("the store is back"), 1);
}

/// The full count takes minutes on the embedded store: set `NIGHTLATCH_ROUNDS=10000` for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn after_an_acknowledged_end_nobody_is_let_in() {
    let fixture = Fixture::new(r#"{"idle": "1000d", "absolute": "off"}"#).await;
    for round in 0..fixture::rounds(300) {
        let raced = fixture::race_touchers_against_an_end(&fixture, 64).await;
        raced.unwrap_or_else(|late| panic!("memory, round {round}: {late}"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn after_an_acknowledged_end_nobody_is_let_in_on_sqlite() {
    let directory = tempfile::tempdir().expect("a directory");
    let store = nightlatch_store_sqlite::SqliteStore::open(&directory.path().join("latch.db"));
    let fixture = Fixture::on(
        Arc::new(store.expect("a store")),
        r#"{"idle": "1000d", "absolute": "off"}"#,
    )
    .await;
    for round in 0..fixture::rounds(100) {
        let raced = fixture::race_touchers_against_an_end(&fixture, 64).await;
        raced.unwrap_or_else(|late| panic!("sqlite, round {round}: {late}"));
    }
}

#[tokio::test]
async fn a_slow_request_that_finishes_after_the_sign_out_changes_nothing() {
    let fixture = Fixture::new(r#"{"idle": "10m"}"#).await;
    let ada = fixture.sign_in("ada").await;
    let record = fixture.store.get(&ada).await.expect("a store").expect("a record");
    fixture.engine.sign_out(&ada, EndReason::User).await.expect("a store");
    let before = fixture.store.get(&ada).await.expect("a store");
    // What the slow request still holds, written late.
    let late = nightlatch_store::Touch {
        digest: ada,
        first: record.session.activity.seen,
        last: record.session.activity.seen,
        page: None,
    };
    fixture.store.touch(&[late]).await.expect("a store");
    fixture
        .engine
        .apply(&ada, &Event::Input { age: seconds(0) })
        .await
        .expect("a store");
    assert_eq!(fixture.store.get(&ada).await.expect("a store"), before);
    assert_eq!(fixture.end_of(&ada).await, Some(EndReason::User));
}

#[tokio::test]
async fn unknown_tokens_store_nothing() {
    let fixture = Fixture::new("{}").await;
    let all = AuditFilter {
        limit: 10,
        ..AuditFilter::default()
    };
    let before = fixture.engine.audit(&all).await.expect("a store");
    for _ in 0..100 {
        let stranger = nightlatch_store::token::Token::random().digest();
        assert_eq!(
            fixture.engine.status(&stranger).await.expect("a store"),
            Standing::Unknown
        );
        assert_eq!(
            fixture
                .engine
                .sign_out(&stranger, EndReason::User)
                .await
                .expect("a store"),
            Standing::Unknown
        );
        assert_eq!(
            fixture
                .engine
                .apply(&stranger, &Event::Extend)
                .await
                .expect("a store")
                .answer,
            None
        );
    }
    assert_eq!(fixture.engine.stats().in_table, 0);
    assert_eq!(fixture.engine.audit(&all).await.expect("a store"), before);
}

#[tokio::test]
async fn last_activity_never_decreases_and_a_failed_write_signs_nobody_out() {
    let store = Arc::new(FlakyStore::default());
    let fixture = Fixture::on(Arc::clone(&store) as _, r#"{"idle": "10m"}"#).await;
    let ada = fixture.sign_in("ada").await;
    let mut seen = fixture.start;
    for (step, age) in [0, 59, 300, 1, 120, 0, 600, 30].into_iter().enumerate() {
        store.fail(step % 2 == 1);
        fixture.time.advance(seconds(4));
        let outcome = fixture
            .engine
            .apply(&ada, &Event::Input { age: seconds(age) })
            .await
            .expect("no store is needed");
        assert_eq!(outcome.answer, Some(Answer::Accepted));
        let Standing::Live(snapshot) = outcome.standing else {
            panic!("signed out by a failed write")
        };
        assert!(snapshot.seen >= seen);
        seen = snapshot.seen;
        // What the background work makes of it does not change that.
        let _ = fixture.engine.probe().await;
        let _ = fixture.engine.flush_all().await;
        let _ = fixture.engine.sweep().await;
    }
    store.fail(false);
    fixture.engine.flush_all().await.expect("the store is back");
    let record = store.get(&ada).await.expect("a store").expect("a record");
    assert_eq!(record.session.activity.seen, seen);
}

#[tokio::test]
async fn a_jump_of_the_wall_clock_moves_no_deadline_and_suspended_time_counts() {
    let hour = 3_600_000;
    for jump in [-hour, 24 * hour] {
        let fixture = Fixture::new(r#"{"idle": "10m"}"#).await;
        let ada = fixture.sign_in("ada").await;
        fixture.time.advance(minutes(4));
        fixture.time.step_wall(jump);
        assert_eq!(
            fixture.end_of(&ada).await,
            None,
            "within the limit on the monotonic clock"
        );
        fixture.time.advance(minutes(6));
        assert_eq!(
            fixture.end_of(&ada).await,
            Some(EndReason::Idle),
            "no longer than without the jump"
        );
    }
    let fixture = Fixture::new(r#"{"idle": "10m"}"#).await;
    let ada = fixture.sign_in("ada").await;
    // The machine sleeps: time passes on every clock that counts, and no tick of the sweeper runs.
    fixture.time.advance(minutes(180));
    assert_eq!(fixture.end_of(&ada).await, Some(EndReason::Idle));
}

#[tokio::test]
async fn a_wall_clock_that_went_back_while_the_server_was_down_makes_nobody_stay_longer() {
    let fixture = Fixture::new(r#"{"idle": "10m"}"#).await;
    let ada = fixture.sign_in("ada").await;
    fixture.time.advance(minutes(6));
    fixture.engine.apply(&ada, &Event::Extend).await.expect("a store");
    fixture.time.step_wall(-3_600_000);
    let restarted = fixture.restarted(r#"{"idle": "10m"}"#).await;
    assert_eq!(restarted.end_of(&ada).await, None);
    restarted.time.advance(minutes(10));
    assert_eq!(restarted.end_of(&ada).await, Some(EndReason::Idle));
}
