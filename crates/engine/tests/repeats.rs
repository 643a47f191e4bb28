//! How often the audit is told of what a browser may repeat, on every store, wherever the process dies in between.

#[path = "engine/fixture.rs"]
#[expect(dead_code, reason = "shared with the tests of the engine, which use the rest")]
mod fixture;

use std::sync::Arc;

use fixture::{Fixture, minutes, seconds};
use nightlatch_core::duration::Limit;
use nightlatch_core::path::Path;
use nightlatch_core::session::{Answer, EndReason, Event, RequestKind};
use nightlatch_core::time::{Instant, Span};
use nightlatch_store::Store;
use nightlatch_store::audit::{AuditEntry, AuditFilter, AuditKind};
use nightlatch_store::memory::MemoryStore;
use nightlatch_store::token::Digest;
use nightlatch_store_sqlite::SqliteStore;

const POLICY: &str = r#"{"idle": "15m", "hold_max": "2m", "choice": {"allow": ["10m", "15m"]}}"#;

/// One session on one store.
struct Scene {
    fixture: Fixture,
    ada: Digest,
    start: Instant,
    file: Option<tempfile::TempDir>,
}

impl Scene {
    async fn each() -> [Self; 2] {
        let directory = tempfile::tempdir().expect("a directory");
        let memory = Self::on(Arc::new(MemoryStore::default()), None).await;
        [memory, Self::on(sqlite(&directory), Some(directory)).await]
    }

    async fn on(store: Arc<dyn Store>, file: Option<tempfile::TempDir>) -> Self {
        let fixture = Fixture::on(store, POLICY).await;
        let ada = fixture.sign_in("ada").await;
        let start = fixture.start;
        Self {
            fixture,
            ada,
            start,
            file,
        }
    }

    /// The process dies, and another one goes on.
    async fn crash(&mut self) {
        self.fixture = match &self.file {
            Some(directory) => self.fixture.restarted_on(sqlite(directory), POLICY).await,
            None => self.fixture.restarted(POLICY).await,
        };
    }

    fn pass(&self, span: Span) {
        self.fixture.time.advance(span);
    }

    async fn apply(&self, event: Event) -> Option<Answer> {
        self.fixture
            .engine
            .apply(&self.ada, &event)
            .await
            .expect("a store")
            .answer
    }

    async fn accepted(&self, event: Event) {
        assert_eq!(self.apply(event.clone()).await, Some(Answer::Accepted), "{event:?}");
    }

    async fn sign_out(&self) {
        let signed_out = self.fixture.engine.sign_out(&self.ada, EndReason::User).await;
        signed_out.expect("a store");
    }

    /// What the audit was told behind the sign-in.
    async fn told(&self) -> Vec<AuditEntry> {
        let filter = AuditFilter {
            limit: 10_000,
            ..AuditFilter::default()
        };
        let told = self.fixture.store.audit(&filter).await.expect("a store");
        let behind = told.into_iter().map(|record| record.entry);
        behind
            .filter(|entry| !matches!(entry.kind, AuditKind::Policy | AuditKind::SignIn))
            .collect()
    }

    async fn told_of(&self, kind: AuditKind) -> Vec<AuditEntry> {
        let mut told = self.told().await;
        told.retain(|entry| entry.kind == kind);
        told
    }

    /// Since the sign-in.
    fn at(&self, span: Span) -> Instant {
        self.start + span
    }
}

fn sqlite(directory: &tempfile::TempDir) -> Arc<dyn Store> {
    Arc::new(SqliteStore::open(&directory.path().join("nightlatch.db")).expect("a store"))
}

fn hold(id: &str, span: Span) -> Event {
    Event::Hold { id: id.into(), span }
}

fn release(id: &str) -> Event {
    Event::Release { id: id.into() }
}

fn choose(idle: Span) -> Event {
    Event::Choose {
        idle: Limit::after(idle),
    }
}

fn kinds(told: &[AuditEntry]) -> Vec<AuditKind> {
    told.iter().map(|entry| entry.kind).collect()
}

fn counted(told: &[AuditEntry]) -> u64 {
    told.iter().map(|entry| entry.count.expect("a count")).sum()
}

#[tokio::test]
async fn extends_are_told_once_a_minute_and_none_is_lost() {
    for (extends, every, most) in [(100, 100, 2), (1000, 600, 11), (5, 61_000, 5), (1, 1, 1)] {
        for scene in Scene::each().await {
            for _ in 0..extends {
                scene.accepted(Event::Extend).await;
                scene.pass(Span::from_millis(every));
            }
            let at_once = scene.told_of(AuditKind::Extended).await;
            assert_eq!((at_once[0].at, at_once[0].count), (scene.at(Span::ZERO), Some(1)));
            scene.sign_out().await;

            let told = scene.told_of(AuditKind::Extended).await;
            assert!(told.len() <= most, "{extends} every {every} ms: {told:?}");
            assert_eq!(counted(&told), extends, "{told:?}");
            let last = scene.at(Span::from_millis(every * (extends - 1)));
            assert_eq!(told.last().map(|entry| entry.at), Some(last));
            let gapless = told
                .windows(2)
                .all(|two| two[1].since.is_some_and(|since| since > two[0].at));
            assert!(gapless, "{told:?}");
            assert_eq!(
                scene.told().await.last().map(|entry| entry.kind),
                Some(AuditKind::Ended)
            );
        }
    }
}

#[tokio::test]
async fn a_count_is_told_in_words_and_with_the_next_change_after_its_minute() {
    for scene in Scene::each().await {
        for _ in 0..5 {
            scene.accepted(Event::Extend).await;
            scene.pass(seconds(2));
        }
        scene.pass(minutes(1));
        scene.accepted(choose(minutes(10))).await;
        let told = scene.told_of(AuditKind::Extended).await;
        let words = told[1].detail.as_deref();
        assert_eq!(
            (told.len(), told[1].count, words),
            (2, Some(4), Some("4 times within 6s"))
        );
    }
}

#[tokio::test]
async fn a_crash_loses_no_count_and_no_end() {
    for mut scene in Scene::each().await {
        for second in 0..20 {
            scene.accepted(Event::Extend).await;
            scene.accepted(hold("film", seconds(30))).await;
            scene.pass(seconds(1));
            if second % 7 == 3 {
                scene.crash().await;
            }
        }
        scene.pass(minutes(1));
        scene.crash().await;
        scene.sign_out().await;
        assert_eq!(counted(&scene.told_of(AuditKind::Extended).await), 20);
        let ends = scene.told_of(AuditKind::HoldEnded).await;
        let end = (ends.len(), ends[0].at, ends[0].held);
        assert_eq!(end, (1, scene.at(seconds(49)), Some(seconds(49))), "{ends:?}");
        assert_eq!(scene.told_of(AuditKind::Held).await.len(), 1);
        assert_eq!(scene.told_of(AuditKind::Ended).await.len(), 1);
    }
}

#[tokio::test]
async fn a_hold_that_is_renewed_is_two_records() {
    for scene in Scene::each().await {
        for _ in 0..7 {
            scene.accepted(hold("film", seconds(30))).await;
            scene.pass(seconds(4));
        }
        scene.pass(seconds(6));
        scene.accepted(release("film")).await;
        scene.accepted(release("film")).await;
        let told = scene.told().await;
        assert_eq!(kinds(&told), [AuditKind::Held, AuditKind::HoldEnded]);
        assert_eq!(told[0].detail.as_deref(), Some("film for 30s"));
        assert_eq!(told[1].detail.as_deref(), Some("film released after 34s"));
        let (start, end) = (scene.at(Span::ZERO), scene.at(seconds(34)));
        assert_eq!((told[0].at, told[1].since, told[1].at), (start, Some(start), end));
        assert_eq!((told[1].held, told[1].count), (Some(seconds(34)), Some(1)));
    }
}

/// Every way in which a hold ends that nobody gives back, and after what: noticed by another change, by the sweeper, by the end.
#[tokio::test]
async fn however_a_hold_ends_its_end_is_told_once_and_dated_where_it_was() {
    type Notice = Option<Event>;
    let cases: [(Span, Span, Notice, Span, &str, &str); 7] = [
        (
            seconds(30),
            seconds(40),
            Some(Event::Extend),
            seconds(30),
            "ran out",
            "policy",
        ),
        (seconds(30), minutes(20), None, seconds(30), "ran out", "policy"),
        (
            seconds(30),
            seconds(40),
            Some(Event::SignOut),
            seconds(30),
            "ran out",
            "policy",
        ),
        (
            minutes(9),
            minutes(3),
            Some(Event::Extend),
            minutes(2),
            "cut by hold_max",
            "policy",
        ),
        (minutes(9), minutes(20), None, minutes(2), "cut by hold_max", "policy"),
        (
            minutes(9),
            minutes(3),
            Some(Event::SignOut),
            minutes(2),
            "cut by hold_max",
            "policy",
        ),
        (
            minutes(9),
            seconds(5),
            Some(Event::SignOut),
            seconds(5),
            "ended with the session",
            "user",
        ),
    ];
    for (asked, passed, notice, length, how, actor) in cases {
        for crashing in [false, true] {
            for mut scene in Scene::each().await {
                scene.accepted(hold("film", asked)).await;
                scene.pass(passed);
                if crashing {
                    scene.crash().await;
                }
                match &notice {
                    Some(Event::SignOut) => scene.sign_out().await,
                    Some(event) => scene.accepted(event.clone()).await,
                    None => assert_eq!(scene.fixture.engine.sweep().await.expect("a store"), 1),
                }
                let ends = scene.told_of(AuditKind::HoldEnded).await;
                let [end] = &ends[..] else { panic!("{how}: {ends:?}") };
                let words = format!("film {how} after {length}");
                assert_eq!((end.detail.as_deref(), &*end.actor), (Some(&*words), actor));
                assert_eq!((end.at, end.held), (scene.at(length), Some(length)), "{how}");
                scene.sign_out().await;
                assert_eq!(scene.told_of(AuditKind::HoldEnded).await.len(), 1, "{how}");
                assert_eq!(scene.told_of(AuditKind::Ended).await.len(), 1, "{how}");
            }
        }
    }
}

#[tokio::test]
async fn holds_that_come_and_go_are_told_in_bounds_and_their_time_adds_up() {
    for scene in Scene::each().await {
        for number in 0..300_u64 {
            // New ones, and one that is begun again and again.
            let id = if number % 2 == 0 {
                "again".to_owned()
            } else {
                format!("film-{number}")
            };
            scene.accepted(hold(&id, seconds(30))).await;
            scene.pass(Span::from_millis(300));
            scene.accepted(release(&id)).await;
            scene.pass(Span::from_millis(100));
        }
        scene.sign_out().await;
        let ends = scene.told_of(AuditKind::HoldEnded).await;
        let starts = scene.told_of(AuditKind::Held).await;
        // Ten at once, and one in each of two minutes; what is left with the end.
        assert!(
            starts.len() <= 12 && starts.len() + ends.len() <= 25,
            "{starts:?} {ends:?}"
        );
        assert_eq!(counted(&ends), 300);
        let held: u64 = ends.iter().filter_map(|end| end.held).map(Span::as_millis).sum();
        assert_eq!(held, 300 * 300);
    }
}

#[tokio::test]
async fn a_choice_that_is_none_is_not_told_and_the_last_of_many_is() {
    for scene in Scene::each().await {
        for _ in 0..5 {
            scene.accepted(choose(minutes(10))).await;
        }
        let told = scene.told().await;
        assert_eq!(kinds(&told), [AuditKind::Chosen]);
        assert_eq!((told[0].detail.as_deref(), told[0].count), (Some("10m"), Some(1)));
        for _ in 0..50 {
            scene.accepted(choose(minutes(15))).await;
            scene.accepted(choose(minutes(10))).await;
            scene.pass(Span::from_millis(100));
        }
        scene.accepted(choose(minutes(15))).await;
        scene.sign_out().await;
        let told = scene.told_of(AuditKind::Chosen).await;
        assert!(told.len() <= 4, "{told:?}");
        assert_eq!(counted(&told), 102);
        let last = told.last().and_then(|entry| entry.detail.as_deref());
        assert_eq!(last, Some("15m, the last of 99 within 4s900ms"));
    }
}

/// Whatever a browser repeats as fast as it can makes a few records a minute at most.
#[tokio::test]
async fn nothing_that_may_be_repeated_is_told_without_bound() {
    let tab = |path: &str| Event::Tab {
        tab: "t".into(),
        path: Path::canonical(path).into_owned(),
        attended: None,
    };
    let page = |path: &str| Event::Request {
        path: Path::canonical(path).into_owned(),
        kind: RequestKind::Navigation,
    };
    let rounds: [(&str, Vec<Event>); 8] = [
        ("extends", vec![Event::Extend]),
        ("input", vec![Event::Input { age: Span::ZERO }]),
        ("renewals", vec![hold("h", seconds(30))]),
        ("holds", vec![hold("h", seconds(30)), release("h")]),
        ("holds that run out", vec![hold("h", Span::from_millis(1))]),
        (
            "tabs",
            vec![
                tab("/a"),
                tab("/b"),
                Event::TabClose {
                    tab: "t".into(),
                    by: None,
                },
            ],
        ),
        ("choices", vec![choose(minutes(10)), choose(minutes(15))]),
        ("pages", vec![page("/a"), page("/b")]),
    ];
    for (name, events) in rounds {
        for scene in Scene::each().await {
            for _ in 0..400 {
                for event in &events {
                    scene.apply(event.clone()).await;
                    scene.pass(Span::from_millis(10));
                }
            }
            scene.sign_out().await;
            let told = scene.told().await;
            assert!(told.len() <= 24, "{name}: {} records", told.len());
        }
    }
}

/// The store would bound a hold by later activity, did it not know of its end.
#[tokio::test]
async fn a_hold_that_has_ended_stays_ended_over_a_crash() {
    for mut scene in Scene::each().await {
        scene.accepted(hold("film", minutes(30))).await;
        scene.pass(minutes(10));
        let page = Path::canonical("/home");
        let asked = scene
            .fixture
            .engine
            .request(&scene.ada, &page, RequestKind::Fetch)
            .await;
        asked.expect("a store");
        scene.fixture.engine.flush_all().await.expect("a store");
        scene.crash().await;
        scene.pass(minutes(15));
        assert_eq!(scene.fixture.end_of(&scene.ada).await, Some(EndReason::Idle));
        let ends = scene.told_of(AuditKind::HoldEnded).await;
        assert_eq!(
            ends.iter().map(|end| end.at).collect::<Vec<_>>(),
            [scene.at(minutes(2))]
        );
    }
}
