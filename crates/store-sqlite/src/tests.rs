//! What goes wrong under the writer, brought about on its own connection.

use std::sync::Arc;

use nightlatch_core::facts::Facts;
use nightlatch_core::session::Session;
use nightlatch_core::time::Instant;
use nightlatch_store::audit::{AuditEntry, AuditFilter, AuditKind};
use nightlatch_store::token::{Digest, Handle};
use nightlatch_store::{
    Audit as _, Changes as _, Created, Creation, Filter, Page, Record, Revisions, Sessions as _, StoreError,
};
use rusqlite::{Connection, ErrorCode};
use tempfile::TempDir;
use tokio::task::JoinSet;

use super::SqliteStore;
use super::failure::Failure;
use super::selection::{self, Selection};

fn store() -> (SqliteStore, TempDir) {
    let directory = tempfile::tempdir().expect("directory");
    (
        SqliteStore::open(&directory.path().join("nightlatch.db")).expect("store"),
        directory,
    )
}

fn record(digest: Digest, handle: Handle) -> Record {
    let now = Instant::from_millis(1000);
    Record {
        digest,
        handle,
        subject: "a".into(),
        amr: Arc::default(),
        created: now,
        session: Session::sign_in(Arc::new(Facts::default()), None, now, now),
        revisions: Revisions { own: 1, today: 1 },
        due: None,
        version: 0,
        ledger: None,
    }
}

async fn create(store: &SqliteStore, number: u8) -> Result<bool, StoreError> {
    let mut record = record(Digest::from_bytes([number; 32]), Handle::from_bytes([number; 16]));
    record.subject = "x".repeat(10_000).into();
    add(store, record).await
}

async fn add(store: &SqliteStore, record: Record) -> Result<bool, StoreError> {
    let audit = AuditEntry::new(record.created, AuditKind::SignIn, "user");
    let creation = Creation {
        record,
        audit,
        quota: None,
        claim: None,
    };
    Ok(store.create(&creation).await? == Created::Added(Vec::new()))
}

async fn pragma(store: &SqliteStore, sql: &'static str) {
    store
        .writer
        .call(move |group| Ok(group.connection.execute_batch(sql)?))
        .await
        .expect("pragma");
}

/// How many records and audit entries there are.
async fn kept(store: &SqliteStore) -> (u64, usize) {
    let told = store
        .audit(&AuditFilter {
            limit: 100,
            ..AuditFilter::default()
        })
        .await
        .expect("audit");
    (store.count(&Filter::default()).await.expect("count"), told.len())
}

fn assert_unavailable<T: std::fmt::Debug>(answer: Result<T, StoreError>, word: &str) {
    let Err(StoreError::Unavailable(why)) = answer else {
        panic!("{answer:?}")
    };
    assert!(why.contains(word), "{why}");
}

#[tokio::test]
async fn a_full_disk_is_unavailable_until_there_is_room() {
    let (store, _directory) = store();
    assert!(create(&store, 1).await.expect("room"));
    pragma(&store, "PRAGMA max_page_count = 1").await; // No less than there are now.
    assert_unavailable(create(&store, 2).await, "full");
    store
        .probe(Instant::from_millis(9))
        .await
        .expect("what needs no room goes on");
    assert_eq!(kept(&store).await, (1, 1));
    pragma(&store, "PRAGMA max_page_count = 1000000").await;
    assert!(create(&store, 2).await.expect("room again"));
    assert_eq!(kept(&store).await, (2, 2));
}

#[tokio::test]
async fn a_file_that_turned_read_only_is_unavailable_until_it_is_not() {
    let (store, _directory) = store();
    pragma(&store, "PRAGMA query_only = 1").await;
    assert_unavailable(create(&store, 1).await, "readonly");
    assert_eq!(kept(&store).await, (0, 0));
    assert!(
        create(&store, 1).await.expect("a new connection"),
        "it is opened anew by itself"
    );
}

#[tokio::test]
async fn a_missing_file_is_unavailable_and_not_made_anew() {
    let (store, directory) = store();
    let (path, away) = (directory.path().join("nightlatch.db"), directory.path().join("away.db"));
    assert!(create(&store, 1).await.expect("store"));
    std::fs::rename(&path, &away).expect("rename");
    let broken = store.writer.call::<(), _>(|_| Err(failure(ErrorCode::SystemIoFailure)));
    assert_unavailable(broken.await, "I/O");
    assert_unavailable(create(&store, 2).await, "unable to open");
    assert!(!path.exists());
    std::fs::rename(&away, &path).expect("rename");
    assert!(create(&store, 2).await.expect("found again"));
    assert_eq!(kept(&store).await, (2, 2));
}

fn failure(code: ErrorCode) -> Failure {
    let number = match code {
        ErrorCode::SystemIoFailure => rusqlite::ffi::SQLITE_IOERR,
        _ => rusqlite::ffi::SQLITE_FULL,
    };
    Failure::Sql(rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(number), None))
}

/// Lets calls queue up behind one that does not end before it is told to, so that they share a transaction.
async fn together<T>(store: &SqliteStore, calls: impl Future<Output = T>) -> T {
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let (begins, began) = std::sync::mpsc::channel::<()>();
    let gate = store.writer.call(move |_| {
        let _ = begins.send(());
        let _ = wait.recv();
        Ok(())
    });
    // Once the gate has begun its group is closed; each call is polled once, in order, and so has queued before it opens.
    let behind = async {
        began.recv().expect("the gate begins");
        calls.await
    };
    let (_, calls, ()) = tokio::join!(biased; gate, behind, async { drop(go) });
    calls
}

#[tokio::test]
async fn a_group_is_written_whole() {
    let (store, _directory) = store();
    let calls = async { tokio::join!(biased; create(&store, 1), create(&store, 2), create(&store, 1)) };
    let (first, second, again) = together(&store, calls).await;
    assert!(first.expect("store") && second.expect("store") && !again.expect("store"));
    assert_eq!(kept(&store).await, (2, 2));
}

#[tokio::test]
async fn a_failure_spoils_its_whole_group() {
    let (store, _directory) = store();
    let fails = store.writer.call::<(), _>(|_| Err(failure(ErrorCode::DiskFull)));
    let calls = async { tokio::join!(biased; create(&store, 1), fails, create(&store, 2)) };
    let (first, failed, second) = together(&store, calls).await;
    assert_unavailable(failed, "full");
    assert_unavailable(first, "full");
    assert_unavailable(second, "full");
    assert_eq!(kept(&store).await, (0, 0));
    assert!(create(&store, 1).await.expect("the next group goes on"));
}

#[tokio::test]
async fn damage_spoils_only_the_call_that_meets_it() {
    let (store, _directory) = store();
    let fails = store
        .writer
        .call::<(), _>(|_| Err(Failure::Damaged("a scratch".to_owned())));
    let calls = async { tokio::join!(biased; create(&store, 1), fails, create(&store, 2)) };
    let (first, failed, second) = together(&store, calls).await;
    assert!(matches!(failed, Err(StoreError::Damaged(_))), "{failed:?}");
    assert!(first.expect("store") && second.expect("store"));
    assert_eq!(kept(&store).await, (2, 2));
}

#[tokio::test]
async fn what_nobody_waits_for_any_more_is_written_before_the_store_closes() {
    let (store, directory) = store();
    let mut call = Box::pin(create(&store, 1));
    // Polled once: the call is made.
    let none = tokio::select! { biased; answer = &mut call => Some(answer), () = async {} => None };
    assert!(none.is_none_or(|answer| answer.is_ok()));
    drop(call);
    drop(store);
    let store = SqliteStore::open(&directory.path().join("nightlatch.db")).expect("store");
    assert_eq!(kept(&store).await, (1, 1));
}

#[tokio::test]
async fn a_scan_that_is_given_up_is_taken_on_by_a_merge() {
    let (store, directory) = store();
    let store = Arc::new(store);
    let mut adding = JoinSet::new();
    for number in 0..1300_u32 {
        let name = |prefix: &str, part: u32| Some(format!("{prefix}{part}").into());
        let facts = Facts {
            application: name("a", number % 260),
            device: name("d", number / 650),
            ..Facts::default()
        };
        let (mut digest, mut handle) = ([0; 32], [0; 16]);
        digest[..4].copy_from_slice(&number.to_be_bytes());
        handle[..4].copy_from_slice(&number.to_be_bytes());
        let mut record = record(Digest::from_bytes(digest), Handle::from_bytes(handle));
        record.session.facts = Arc::new(facts);
        let store = Arc::clone(&store);
        adding.spawn(async move { add(&store, record).await });
    }
    for added in adding.join_all().await {
        assert!(added.expect("store"));
    }
    let filter = Filter {
        device: Some("d1".into()),
        ..Filter::default()
    };
    let page = Page { after: None, limit: 9 };
    let listed = store.list(&filter, Page { limit: 2000, ..page }).await.expect("store");
    let listed: Vec<_> = listed
        .iter()
        .map(|record| record.handle.as_bytes()[..4].to_vec())
        .collect();
    let expected: Vec<_> = (650..1300_u32).map(|number| number.to_be_bytes().to_vec()).collect();
    assert_eq!(listed, expected);

    let connection = Connection::open(directory.path().join("nightlatch.db")).expect("connection");
    for patience in 0..4 {
        let selection = selection::matching(&connection, &filter, page).expect("selection");
        let Selection::Scan(connection, scan) = selection else {
            panic!("there are many facts")
        };
        let mut selection = Selection::Scan(connection, scan.patience(patience));
        let mut found = Vec::new();
        while let Some(place) = selection.next().expect("entry") {
            found.push(place.handle[..4].to_vec());
        }
        assert_eq!(found, expected, "{patience}");
    }
}
