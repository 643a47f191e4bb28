//! The embedded store and its file.

use std::path::Path;
use std::time::Duration;

use nightlatch_core::session::EndReason;
use nightlatch_store::secret::Secret;
use nightlatch_store::token::Token;
use nightlatch_store::{Changes as _, Documents as _, Filter, Page, Record, Selector, Sessions as _, StoreError};
use nightlatch_store_sqlite::SqliteStore;
use rusqlite::Connection;
use tempfile::TempDir;
use tokio::task::JoinSet;

use nightlatch_store::conformance::creating::full;
use nightlatch_store::conformance::fixture::*;

/// Some of the half seconds that a write waits for another process, and not one after the other for all that wait.
const PATIENCE: Duration = Duration::from_secs(3);

fn open(path: &Path) -> SqliteStore {
    SqliteStore::open(path).expect("store")
}

fn refusal(path: &Path) -> String {
    SqliteStore::open(path).expect_err("no store of ours").to_string()
}

fn fresh() -> (TempDir, std::path::PathBuf) {
    let directory = tempfile::tempdir().expect("directory");
    let path = directory.path().join("nightlatch.db");
    (directory, path)
}

#[tokio::test]
async fn a_reopened_file_has_everything() {
    let (_directory, path) = fresh();
    let store = open(&path);
    add(&store, &full(1)).await;
    add(&store, &record(2, "b")).await;
    assert!(end_one(&store, 2).await);
    store.probe(at(7777)).await.expect("store");
    let ended = get(&store, 2).await;
    drop(store);

    let store = open(&path);
    assert_eq!(get(&store, 1).await, full(1));
    assert_eq!(get(&store, 2).await, ended);
    assert_eq!(reasons(&store, 2).await, [Some(EndReason::Admin)]);
    assert_eq!(store.latest_instant().await.expect("store"), at(7777));
}

#[tokio::test]
async fn an_acknowledged_end_survives_a_crash() {
    let (directory, path) = fresh();
    let store = open(&path);
    add(&store, &record(1, "a")).await;
    assert!(end_one(&store, 1).await);
    // What a crash leaves behind: the file and its log, never closed.
    let after = directory.path().join("after.db");
    std::fs::copy(&path, &after).expect("copy");
    std::fs::copy(path.with_extension("db-wal"), after.with_extension("db-wal")).expect("copy");
    let after = open(&after);
    assert!(get(&after, 1).await.ended().is_some());
    assert_eq!(reasons(&after, 1).await, [Some(EndReason::Admin)]);
}

#[tokio::test]
async fn two_may_have_it_open() {
    let (_directory, path) = fresh();
    let (server, command_line) = (open(&path), open(&path));
    for round in 0..20 {
        add(&server, &record(round, "a")).await;
        assert!(end_one(&command_line, round).await);
        assert!(get(&server, round).await.ended().is_some());
    }
}

#[test]
fn it_may_be_created_by_several_at_once() {
    for _ in 0..20 {
        let (_directory, path) = fresh();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| open(&path));
            }
        });
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_file_is_unavailable_until_it_is_free() {
    let (_directory, path) = fresh();
    let store = std::sync::Arc::new(open(&path));
    add(store.as_ref(), &record(1, "a")).await;
    let other = Connection::open(&path).expect("connection");
    other.execute_batch("BEGIN EXCLUSIVE").expect("lock");

    let mut touches = JoinSet::new();
    for _ in 0..5000 {
        let store = store.clone();
        touches.spawn(async move { store.touch(&[touch(1, 1500)]).await });
    }
    let answers = tokio::time::timeout(PATIENCE, touches.join_all())
        .await
        .expect("all are answered, however many wait");
    for answer in answers {
        let Err(StoreError::Unavailable(why)) = answer else {
            panic!("{answer:?}")
        };
        assert!(why.contains("locked"), "{why}");
    }
    assert_eq!(
        get(store.as_ref(), 1).await,
        record(1, "a"),
        "what is read waits for nobody"
    );

    other.execute_batch("COMMIT").expect("free");
    assert!(end_one(store.as_ref(), 1).await);
}

#[tokio::test]
async fn a_token_is_not_in_the_file() {
    let (directory, path) = fresh();
    let store = open(&path);
    let token = Token::random();
    let mut record = full(1);
    record.digest = token.digest();
    add(&store, &record).await;
    assert!(store.get(&token.digest()).await.expect("store").is_some());
    for file in std::fs::read_dir(directory.path()).expect("directory") {
        let bytes = std::fs::read(file.expect("file").path()).expect("bytes");
        let text = token.expose().as_bytes();
        assert!(!bytes.windows(text.len()).any(|window| window == text));
    }
}

#[cfg(unix)]
#[tokio::test]
async fn its_owner_alone_may_read_it() {
    use std::os::unix::fs::PermissionsExt;

    let (directory, path) = fresh();
    let store = open(&path);
    add(&store, &record(1, "a")).await;
    let files: Vec<_> = std::fs::read_dir(directory.path())
        .expect("directory")
        .map(|file| file.expect("file"))
        .collect();
    assert!(files.len() > 1, "the log as well");
    for file in files {
        let mode = file.metadata().expect("metadata").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", file.path().display());
    }
}

#[test]
fn a_missing_directory_is_told() {
    let (directory, _) = fresh();
    let path = directory.path().join("missing").join("nightlatch.db");
    let told = refusal(&path);
    assert!(
        told.contains("directory does not exist; create it") && told.contains("missing/nightlatch.db"),
        "{told}"
    );
}

#[test]
fn what_is_no_database_of_ours_is_refused_and_left_alone() {
    let (directory, path) = fresh();
    std::fs::write(&path, "A letter to my aunt. ".repeat(1000)).expect("write");
    let before = std::fs::read(&path).expect("read");
    assert!(refusal(&path).contains("not a database"), "{}", refusal(&path));
    assert_eq!(std::fs::read(&path).expect("read"), before);

    let theirs = directory.path().join("theirs.db");
    Connection::open(&theirs)
        .expect("connection")
        .execute_batch("CREATE TABLE recipes (name TEXT)")
        .expect("table");
    let before = std::fs::read(&theirs).expect("read");
    assert!(refusal(&theirs).contains("another program"), "{}", refusal(&theirs));
    assert_eq!(std::fs::read(&theirs).expect("read"), before);

    assert!(
        refusal(directory.path()).contains("unable to open"),
        "{}",
        refusal(directory.path())
    );
}

#[test]
fn a_newer_schema_is_refused() {
    let (_directory, path) = fresh();
    drop(open(&path));
    let newer = Connection::open(&path).expect("connection");
    newer.pragma_update(None, "user_version", 99).expect("version");
    let told = refusal(&path);
    assert!(told.contains("schema 99 is newer than the schema 7"), "{told}");
}

#[tokio::test]
async fn a_file_keeps_its_secret_and_no_other_file_has_it() {
    let (_directory, path) = fresh();
    let ask = async || open(&path).secret(&Secret::random()).await;
    let kept = ask().await.expect("store");
    assert_eq!(ask().await.expect("store"), kept);
    let (_other_directory, other) = fresh();
    assert_ne!(open(&other).secret(&Secret::random()).await.expect("store"), kept);

    let connection = Connection::open(&path).expect("connection");
    connection
        .execute("UPDATE secret SET bytes = x'00'", [])
        .expect("damage");
    let damaged = ask().await.expect_err("no 256 bits");
    assert!(matches!(damaged, StoreError::Damaged(_)), "{damaged}");
}

#[tokio::test]
async fn a_damaged_file_is_an_error() {
    let (_directory, path) = fresh();
    let store = open(&path);
    for number in 0..500 {
        add(
            &store,
            &record(number, "somebody with a name that fills the pages of the file"),
        )
        .await;
    }
    drop(store);
    let mut bytes = std::fs::read(&path).expect("read");
    bytes[8192..].fill(0x5a);
    std::fs::write(&path, bytes).expect("write");
    let damaged = match SqliteStore::open(&path) {
        Ok(store) => store.get(&digest(1)).await.expect_err("nothing to be found"),
        Err(error) => error,
    };
    assert!(matches!(damaged, StoreError::Damaged(_)), "{damaged}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_record_is_an_error_for_those_alone_who_meet_it() {
    let (_directory, path) = fresh();
    let store = std::sync::Arc::new(open(&path));
    for number in 0..64 {
        add(store.as_ref(), &record(number, "a")).await;
    }
    let other = Connection::open(&path).expect("connection");
    for (number, damage) in [
        (1, "presence = '{'"),
        (2, "facts = 99"),
        (3, "ended_at = 1"),
        (4, "choice_ms = -7"),
        (5, "longest_absence = -1"),
        (6, "ended_at = 1, ended_reason = 'bored'"),
        (7, "subject = CAST(x'ff' AS TEXT)"),
        (8, "handle = x'00'"),
        (9, "today = -1"),
        (10, "version = -1"),
    ] {
        let sql = format!("UPDATE sessions SET {damage} WHERE digest = ?");
        assert_eq!(other.execute(&sql, [digest(number).as_bytes()]).expect("damage"), 1);
        let error = store.get(&digest(number)).await.expect_err(damage);
        assert!(matches!(error, StoreError::Damaged(_)), "{damage}: {error}");
    }
    let mut ends = JoinSet::new();
    for number in (11..64).chain([2, 7]) {
        let store = store.clone();
        let selector = Selector::Digest(digest(number));
        ends.spawn(async move { (number, store.end(&selector, &end(EndReason::Admin, 1500), 1).await) });
    }
    for (number, answer) in ends.join_all().await {
        match answer {
            Ok(ended) => assert_eq!(ended.len(), 1, "{number}"),
            Err(error) => assert!(
                number == 7 && matches!(error, StoreError::Damaged(_)),
                "{number}: {error}"
            ),
        }
    }
}

#[tokio::test]
async fn lists_leave_out_what_is_damaged() {
    let (_directory, path) = fresh();
    let store = open(&path);
    for number in 0..20 {
        add(&store, &record_with(number, "a", Some("crm"), None, &["admin"])).await;
    }
    let other = Connection::open(&path).expect("connection");
    for (numbers, damage) in [
        (0..3, "presence = '{'"),
        (3..4, "handle = x'00'"),
        (10..12, "facts = 99"),
        (12..14, "own = -1"),
    ] {
        let sql = format!("UPDATE sessions SET {damage} WHERE digest = ?");
        for number in numbers {
            assert_eq!(other.execute(&sql, [digest(number).as_bytes()]).expect("damage"), 1);
        }
    }
    let whole: Vec<_> = (4..10).chain(14..20).map(handle).collect();
    let handles = |records: Vec<Record>| records.into_iter().map(|record| record.handle).collect::<Vec<_>>();
    for filter in [
        everything(),
        Filter {
            subject: Some("a".into()),
            ..everything()
        },
        Filter {
            role: Some("admin".into()),
            ..everything()
        },
    ] {
        assert_eq!(list(&store, &filter, first(100)).await, whole, "{filter:?}");
        assert_eq!(list(&store, &filter, first(7)).await, whole[..7], "a page is filled");
        let behind = Page {
            after: Some(handle(9)),
            limit: 2,
        };
        assert_eq!(list(&store, &filter, behind).await, whole[6..8]);
    }
    assert_eq!(handles(store.due(at(2000), 100).await.expect("store")), whole);
    assert_eq!(handles(store.due(at(2000), 7).await.expect("store")), whole[..7]);

    let all = Selector::Matching(everything());
    let ended = store.end(&all, &end(EndReason::Admin, 1500), 100).await.expect("store");
    assert_eq!(ended.len(), 19, "whoever can be named ends");
}
