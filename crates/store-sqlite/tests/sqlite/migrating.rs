//! A file of an earlier version keeps everything it has.

use std::sync::Arc;

use nightlatch_core::duration::Limit;
use nightlatch_core::policy::PolicyDocument;
use nightlatch_core::session::{EndReason, State};
use nightlatch_core::time::Span;
use nightlatch_store::audit::{AuditEntry, AuditFilter, AuditKind};
use nightlatch_store::{
    ApiKey, Changes as _, Documents as _, Filter, PolicyRevision, Record, Revisions, Sessions as _, StoreError, rest,
};
use nightlatch_store_sqlite::SqliteStore;
use rusqlite::Connection;

use nightlatch_store::conformance::creating::full;
use nightlatch_store::conformance::fixture::*;

/// What the first version made of some sessions, a policy and a key.
fn first_version(connection: &Connection) {
    connection
        .execute_batch(include_str!("../../src/schema/1.sql"))
        .expect("schema");
    connection
        .pragma_update(None, "application_id", 0x6e6c_6174)
        .expect("whose");
    connection.pragma_update(None, "user_version", 1).expect("version");
    let mut presence = serde_json::to_value(&full(1).session.presence).expect("presence");
    presence["last_page"] = full(1).session.last_page.expect("a page").as_str().into();
    let session = |number: u32, rest: &str| {
        let sql = format!(
            "INSERT INTO sessions (id, digest, handle, subject, application, device, roles, amr, created, authenticated,
                seen, longest_absence, choice_ms, presence, locked_at, own, today, due, version, ended_at, ended_reason)
             VALUES (?1, ?2, ?3, {rest})"
        );
        let (digest, handle) = (digest(number), handle(number));
        let names = (number, digest.as_bytes(), handle.as_bytes());
        connection.execute(&sql, names).expect("session");
    };
    let alike = r#"'a', 'crm', NULL, '["admin"]', '["pwd"]', 1001, 1002, 1003, 77"#;
    session(
        1,
        &format!("{alike}, 900000, '{presence}', NULL, 3, 4, 1010, 9, NULL, NULL"),
    );
    session(2, &format!("{alike}, -1, NULL, 1234, 1, 1, NULL, 0, NULL, NULL"));
    session(3, &format!("{alike}, NULL, NULL, NULL, 1, 1, NULL, 0, 1500, 'admin'"));
    session(
        4,
        "'b', NULL, NULL, '[]', '[]', 1000, 1000, 1000, 0, NULL, NULL, NULL, 1, 1, 2000, 0, NULL, NULL",
    );
    session(
        5,
        "'b', NULL, NULL, 'rubbish', '[]', 1000, 1000, 1000, 0, NULL, NULL, NULL, 1, 1, 2000, 0, NULL, NULL",
    );
    let rest = [
        "INSERT INTO live_roles SELECT 'admin', handle FROM sessions WHERE id IN (1, 2)",
        "INSERT INTO audit (at, kind, subject, actor) VALUES (1001, 'sign-in', 'a', 'user')",
        "INSERT INTO audit (at, kind, reason, actor) VALUES (1500, 'ended', 'admin', 'api:x')",
        "INSERT INTO policies VALUES (1, 900, '{}')",
        "UPDATE clock SET latest = 1500",
    ];
    connection.execute_batch(&rest.join(";")).expect("rest");
    connection
        .execute("INSERT INTO api_keys VALUES ('ci', ?1, 950)", [digest(9).as_bytes()])
        .expect("key");
}

fn expected() -> [Record; 4] {
    let alike = |number| {
        let mut record = record_with(number, "a", Some("crm"), None, &["admin"]);
        record.amr = ["pwd".into()].into();
        record.created = at(1001);
        record.session.authenticated = at(1002);
        record.session.activity = activity(1003, 77);
        record.due = None;
        record
    };
    let mut one = alike(1);
    one.session.choice = Some(Limit::after(Span::from_secs(900)));
    one.session.last_page = full(1).session.last_page;
    one.session.presence = full(1).session.presence;
    one.revisions = Revisions { own: 3, today: 4 };
    one.due = Some(at(1010));
    one.version = 9;
    let mut locked = alike(2);
    locked.session.choice = Some(Limit::OFF);
    locked.session.state = State::Locked { at: at(1234) };
    let mut ended = alike(3);
    ended.session.state = State::Ended {
        at: at(1500),
        reason: EndReason::Admin,
    };
    let mut plain = record(4, "b");
    plain.amr = Arc::default();
    [one, locked, ended, plain]
}

#[tokio::test]
async fn a_file_of_the_first_version_keeps_everything() {
    let directory = tempfile::tempdir().expect("directory");
    let path = directory.path().join("nightlatch.db");
    first_version(&Connection::open(&path).expect("connection"));

    let store = SqliteStore::open(&path).expect("store");
    for record in expected() {
        assert_eq!(store.get(&record.digest).await.expect("store"), Some(record));
    }
    let damaged = store.get(&digest(5)).await;
    assert!(matches!(damaged, Err(StoreError::Damaged(_))), "{damaged:?}");
    let admins = Filter {
        role: Some("admin".into()),
        ..everything()
    };
    assert_eq!(list(&store, &admins, first(10)).await, [1, 2].map(handle));
    assert_eq!(list(&store, &everything(), first(10)).await, [1, 2, 4].map(handle));
    let due = store.due(at(5000), 10).await.expect("store");
    assert_eq!(
        due.iter().map(|record| record.handle).collect::<Vec<_>>(),
        [1, 4].map(handle)
    );
    let shared = store.list(&admins, first(10)).await.expect("store");
    assert!(Arc::ptr_eq(&shared[0].session.facts, &shared[1].session.facts));

    let all = AuditFilter {
        limit: 10,
        ..AuditFilter::default()
    };
    let told: Vec<_> = audit(&store, all).await.into_iter().map(|told| told.entry).collect();
    let sign_in = AuditEntry {
        subject: Some("a".into()),
        ..AuditEntry::new(at(1001), AuditKind::SignIn, "user")
    };
    let end = AuditEntry {
        reason: Some(EndReason::Admin),
        ..AuditEntry::new(at(1500), AuditKind::Ended, "api:x")
    };
    assert_eq!(told, [sign_in, end]);
    let policy = PolicyRevision {
        revision: 1,
        since: at(900),
        document: PolicyDocument::default(),
        actor: "file".into(),
        reason: None,
        restored: None,
    };
    assert_eq!(store.policies().await.expect("store"), [policy]);
    let key = ApiKey {
        name: "ci".into(),
        digest: digest(9),
        created: at(950),
        scopes: vec!["*".into()],
        applications: None,
    };
    assert_eq!(store.api_keys().await.expect("store"), [key]);
    assert_eq!(store.latest_instant().await.expect("store"), at(1500));
    // The store knows of earlier holds, too.
    let one = &expected()[0].session;
    let absence = at(9000).since(rest(one.activity.seen, one.presence.as_deref()));
    assert!(
        absence > one.activity.longest_absence && absence < at(9000).since(one.activity.seen),
        "a hold lasted longer than the last activity"
    );
    store.touch(&[touch(1, 9000), touch(4, 9000)]).await.expect("store");
    let touched = [get(&store, 1).await, get(&store, 4).await];
    assert_eq!(
        touched.map(|record| record.session.activity.longest_absence),
        [absence, Span::from_millis(8000)]
    );
    drop(store);

    let again = SqliteStore::open(&path).expect("store");
    assert!(end_one(&again, 1).await, "it goes on from there");
    assert_eq!(again.forget_ended(at(9000), 10).await.expect("store"), 2);
}

#[tokio::test]
async fn facts_that_no_session_has_are_forgotten() {
    let (store, directory) = crate::fresh::store();
    for (number, application) in [(1, "crm"), (2, "crm"), (3, "mail")] {
        add(&store, &record_with(number, "a", Some(application), None, &["admin"])).await;
    }
    let kept = || {
        let connection = Connection::open(directory.path().join("nightlatch.db")).expect("connection");
        let count = |table: &str| {
            let sql = format!("SELECT count(*) FROM {table}");
            connection
                .query_row(&sql, [], |row| row.get::<_, i64>(0))
                .expect("count")
        };
        (count("facts"), count("facts_roles"))
    };
    assert_eq!(kept(), (2, 2));
    assert!(end_one(&store, 1).await && end_one(&store, 3).await);
    assert_eq!(store.forget_ended(at(1500), 10).await.expect("store"), 0);
    assert_eq!(kept(), (2, 2), "one that ended is told about");
    assert_eq!(store.forget_ended(at(1501), 10).await.expect("store"), 2);
    assert_eq!(kept(), (1, 1));
    assert_eq!(get(&store, 2).await, record_with(2, "a", Some("crm"), None, &["admin"]));
    add(&store, &record_with(4, "a", Some("mail"), None, &["admin"])).await;
    assert_eq!(
        get(&store, 4).await,
        record_with(4, "a", Some("mail"), None, &["admin"])
    );
}
