//! A copy that is stopped anywhere is repeated, and then all is there once.

use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use nightlatch_core::session::{EndReason, State};
use nightlatch_core::time::Span;
use nightlatch_programs::postgres::{Server, shared};
use nightlatch_store::audit::AuditRecord;
use nightlatch_store::conformance::fixture::{everything as everything_there_is, *};
use nightlatch_store::portable::{Arrived, Claimed, CopyError, Head, Source, Target, copy};
use nightlatch_store::secret::Secret;
use nightlatch_store::{
    ApiKey, Application, Audit as _, Changes as _, Claim, Creation, Documents as _, Record, Result, Sessions as _,
    Store, StoreError,
};
use nightlatch_store_postgres::{PostgresOptions, PostgresStore, Receiver};
use nightlatch_store_sqlite::{Giver, SqliteStore};
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;
use tempfile::TempDir;

use crate::calls::{answer, call, told};

/// So few in a page that there are several.
const PAGE: usize = 5;

/// A database with sessions in every state, and the rest of what there can be.
async fn database() -> (TempDir, std::path::PathBuf) {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("nightlatch.db");
    let store = SqliteStore::open(&path).expect("a store");
    store.secret(&Secret::random()).await.expect("a secret");
    add_policy(&store, 1, 1000).await;
    let mut runner = TestRunner::deterministic();
    let calls = proptest::collection::vec(call(), 60);
    for call in calls.new_tree(&mut runner).expect("calls").current() {
        answer(&store, &call).await;
    }
    let states = [
        State::Active,
        State::Locked { at: at(1300) },
        State::Ended {
            at: at(1400),
            reason: EndReason::Admin,
        },
    ];
    for (number, state) in (100..).zip(states) {
        let mut record = record(number, "z\0\u{1a}oë");
        record.session.state = state;
        record.session.not_after = Some(at(9_000));
        record.session.activity = activity(1200, 77);
        record.due = record.ended().is_none().then(|| at(5_000));
        record.version = 7;
        let claim = Claim {
            key: digest(number),
            request: digest(number + 1),
            at: at(1000),
        };
        let creation = Creation {
            claim: Some(claim),
            ..creation(&record, at(1000))
        };
        store.create(&creation).await.expect("a session");
    }
    let application = Application {
        id: "crm".into(),
        name: "CRM".into(),
        origins: vec!["https://crm.example".into()],
        logout_urls: Vec::new(),
        version: 0,
    };
    let about = entry(
        &record(100, "a"),
        nightlatch_store::audit::AuditKind::Application,
        at(1500),
    );
    for expected in [None, Some(1), Some(2)] {
        store
            .put_application(&application, expected, about.clone())
            .await
            .expect("store");
    }
    let key = ApiKey {
        name: "billing".into(),
        digest: digest(7),
        created: at(1000),
        scopes: vec!["*".into()],
        applications: Some(vec!["crm".into()]),
    };
    store.add_api_key(&key, None, about).await.expect("store");
    store.probe(at(2000)).await.expect("store");
    (directory, path)
}

/// Everything that a source tells.
async fn everything(source: &dyn Source) -> (Head, Vec<Record>, Vec<AuditRecord>) {
    let all = usize::MAX >> 1;
    let sessions = source.sessions(None, all).await.expect("sessions");
    (
        source.head().await.expect("head"),
        sessions,
        source.audit(0, all).await.expect("audit"),
    )
}

fn options(server: &Server, database: &str) -> PostgresOptions {
    PostgresOptions::new(&server.url(database)).connections(4)
}

async fn same(path: &std::path::Path, server: &Server, database: &str) {
    let (head, sessions, audit) = everything(&Giver::open(path).expect("at rest")).await;
    assert!(sessions.iter().any(|record| record.ended().is_some()) && sessions.len() > PAGE);
    let store = PostgresStore::connect(&options(server, database))
        .await
        .expect("a store");
    let file = SqliteStore::open(path).expect("a store");
    let filters = [everything_there_is()];
    assert_eq!(told(&store, &filters).await, told(&file, &filters).await);
    drop(file);
    for record in &sessions {
        let found = store.find(&record.handle).await.expect("store");
        assert_eq!(found.as_ref(), Some(record));
        assert_eq!(store.get(&record.digest).await.expect("store").as_ref(), Some(record));
    }
    let filter = nightlatch_store::audit::AuditFilter {
        limit: 10_000,
        ..Default::default()
    };
    assert_eq!(store.audit(&filter).await.expect("store"), audit);
    assert_eq!(store.policies().await.expect("store"), head.policies);
    assert_eq!(store.applications().await.expect("store"), head.applications);
    assert_eq!(store.api_keys().await.expect("store"), head.api_keys);
    assert_eq!(store.secret(&Secret::random()).await.expect("store"), head.secret);
    assert!(store.latest_instant().await.expect("store") >= head.latest);
    let count = |table| server.sql(database, &format!("SELECT count(*) FROM {table}"));
    assert_eq!(count("sessions"), head.counts.sessions.to_string());
    assert_eq!(count("claims"), head.counts.claims.to_string());
    assert_eq!(
        server.sql(database, "SELECT seq FROM audit_head"),
        head.last_seq.to_string()
    );
    // A request that was served is not served again, and the audit goes on where it was.
    let again = Creation {
        claim: Some(Claim {
            key: digest(100),
            request: digest(101),
            at: at(3000),
        }),
        ..creation(&record(200, "a"), at(3000))
    };
    let answered = store.create(&again).await.expect("store");
    assert!(
        matches!(answered, nightlatch_store::Created::Claimed { .. }),
        "{answered:?}"
    );
    add(&store, &record(200, "a")).await;
    assert_eq!(
        store
            .audit(&filter)
            .await
            .expect("store")
            .last()
            .map(|record| record.seq),
        Some(head.last_seq + 1)
    );
}

/// Fails one call, before it is made or when its answer comes.
struct Faulty {
    target: Receiver,
    calls: AtomicUsize,
    fails: usize,
    is_done: bool,
}

impl Faulty {
    fn of(target: Receiver, fails: usize, is_done: bool) -> Self {
        Self {
            target,
            calls: AtomicUsize::new(0),
            fails,
            is_done,
        }
    }

    async fn call<T, E: From<StoreError>>(
        &self,
        call: impl Future<Output = std::result::Result<T, E>>,
    ) -> std::result::Result<T, E> {
        let fails = self.calls.fetch_add(1, Ordering::Relaxed) == self.fails;
        if fails && self.is_done {
            call.await?;
        } else if !fails {
            return call.await;
        }
        Err(StoreError::Unavailable("stopped".to_owned()).into())
    }
}

#[async_trait]
impl Target for Faulty {
    async fn begin(&self, head: &Head) -> std::result::Result<Arrived, CopyError> {
        self.call(self.target.begin(head)).await
    }

    async fn add_sessions(&self, records: &[Record]) -> Result<()> {
        self.call(self.target.add_sessions(records)).await
    }

    async fn add_claims(&self, claims: &[Claimed]) -> Result<()> {
        self.call(self.target.add_claims(claims)).await
    }

    async fn add_audit(&self, records: &[AuditRecord]) -> Result<()> {
        self.call(self.target.add_audit(records)).await
    }

    async fn finish(&self, head: &Head) -> std::result::Result<(), CopyError> {
        self.call(self.target.finish(head)).await
    }
}

async fn receiver(server: &Server, database: &str) -> Receiver {
    Receiver::connect(&options(server, database)).await.expect("a database")
}

#[tokio::test]
async fn a_copy_that_is_stopped_anywhere_goes_on() {
    let (_directory, path) = database().await;
    let server = shared();
    for (fails, is_done) in (0..).flat_map(|call| [(call, false), (call, true)]) {
        let database = server.database();
        let source = Giver::open(&path).expect("at rest");
        let faulty = Faulty::of(receiver(&server, &database).await, fails, is_done);
        let stopped = copy(&source, &faulty, PAGE, |_| {}).await;
        let calls = faulty.calls.into_inner();
        if stopped.is_ok() {
            assert!(fails >= calls && calls > 7, "{calls} calls");
            break;
        }
        let refused = PostgresStore::check(&options(&server, &database))
            .await
            .expect("a server");
        // Before it began the database is empty, and when it has ended the copy is a store.
        let is_partly_there = (fails, is_done) != (0, false) && !(is_done && refused.is_empty());
        if is_partly_there {
            assert!(
                refused.iter().any(|finding| finding.what.contains("in part")),
                "{fails}: {refused:?}"
            );
            let target = receiver(&server, &database).await;
            copy(&source, &target, PAGE, |_| {}).await.expect("the rest");
        } else if fails == 0 {
            let target = receiver(&server, &database).await;
            copy(&source, &target, PAGE, |_| {}).await.expect("all of it");
        }
        drop(source);
        same(&path, &server, &database).await;
    }
}

#[tokio::test]
async fn what_has_changed_since_a_copy_was_stopped_is_copied() {
    let (_directory, path) = database().await;
    let server = shared();
    let database = server.database();
    let source = Giver::open(&path).expect("at rest");
    let faulty = Faulty::of(receiver(&server, &database).await, 5, true);
    copy(&source, &faulty, PAGE, |_| {}).await.expect_err("stopped");
    drop(source);
    let store = SqliteStore::open(&path).expect("a server");
    let touched = nightlatch_store::Touch {
        last: at(4000),
        ..touch(100, 4000)
    };
    store.touch(&[touched]).await.expect("store");
    assert!(end_one(&store, 101).await);
    store.probe(at(4000) + Span::from_secs(1)).await.expect("store");
    drop(store);
    let source = Giver::open(&path).expect("at rest");
    copy(&source, &receiver(&server, &database).await, PAGE, |_| {})
        .await
        .expect("a copy");
    drop(source);
    same(&path, &server, &database).await;
}

#[tokio::test]
async fn nothing_is_added_to_another_store() {
    let (_one, path) = database().await;
    let (_other, other) = database().await;
    let server = shared();
    let database = server.database();
    let source = Giver::open(&path).expect("at rest");
    let faulty = Faulty::of(receiver(&server, &database).await, 2, true);
    copy(&source, &faulty, PAGE, |_| {}).await.expect_err("stopped");
    let from_another = Giver::open(&other).expect("at rest");
    let refused = copy(&from_another, &faulty.target, PAGE, |_| {})
        .await
        .expect_err("another store");
    assert!(refused.to_string().contains("part of another store"), "{refused}");
    copy(&source, &faulty.target, PAGE, |_| {}).await.expect("the rest");
    for source in [&source, &from_another] {
        let refused = copy(source, &faulty.target, PAGE, |_| {})
            .await
            .expect_err("it is there");
        assert!(matches!(refused, CopyError::Refused(_)), "{refused}");
        assert!(refused.to_string().contains("holds a store already"), "{refused}");
    }
    let store = PostgresStore::connect(&options(&server, &database))
        .await
        .expect("a store");
    assert!((&store as &dyn Store).nodes().is_some());
}

#[tokio::test]
async fn a_database_that_a_server_has_open_is_not_copied() {
    let (_directory, path) = database().await;
    let store = SqliteStore::open(&path).expect("a server");
    let refused = Giver::open(&path).expect_err("it is open");
    assert!(refused.to_string().contains("stop the server"), "{refused}");
    drop(store);
    let source = Giver::open(&path).expect("at rest");
    assert!(SqliteStore::open(&path).is_err(), "no server starts meanwhile");
    drop(source);
    SqliteStore::open(&path).expect("and then it does");
}
