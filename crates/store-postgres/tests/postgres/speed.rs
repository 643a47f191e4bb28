//! How fast the store is with a million sessions. Run on a machine that does nothing else with
//! `cargo test --release -p nightlatch-store-postgres --test postgres -- --ignored --nocapture speed`.
#![expect(clippy::disallowed_methods, clippy::print_stdout, reason = "it measures and tells")]

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant as Stopwatch};

use nightlatch_core::session::EndReason;
use nightlatch_programs::postgres::Server;
use nightlatch_store::nodes::{Beat, NodeId};
use nightlatch_store::token::Handle;
use nightlatch_store::{Change, Changes as _, Filter, Page, Selector, Sessions as _, Touch, Touched};
use nightlatch_store_postgres::PostgresStore;
use tokio::task::JoinSet;
use tokio_postgres::Client;

use nightlatch_store::conformance::fixture::*;

use crate::fresh::connect;
use crate::server::ServerExt as _;

const SESSIONS: u32 = 1_000_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures, asserts nothing"]
async fn speed() {
    let server = Server::start(&[
        "autovacuum=on",
        "shared_buffers=512MB",
        "max_wal_size=8GB",
        "checkpoint_timeout=1h",
    ]);
    let store = Arc::new(connect(&server.options("postgres").connections(16)).await);
    let client = server.client("postgres").await;
    fill(&store, &client).await;
    lists(&store).await;
    touches(&server, &client).await;
    ends(&server, &store).await;
}

/// A session far from that of the last number.
fn scattered(number: u32) -> u32 {
    u32::try_from(u64::from(number) * 611_953 % u64::from(SESSIONS)).expect("below the number of sessions")
}

/// Ten people more than applications, devices and roles are in any combination; the rest is copied by the server.
async fn fill(store: &PostgresStore, client: &Client) {
    const BY_US: u32 = 60;
    let started = Stopwatch::now();
    for number in 0..BY_US {
        let application = ["crm", "mail", "wiki"][number as usize % 3];
        let device = if number % 60 == 0 { "kiosk" } else { "desktop" };
        let roles: &[&str] = if number % 10 == 0 {
            &["admin", "staff"]
        } else {
            &["staff"]
        };
        let subject = format!("person-{number}@example.com");
        add(
            store,
            &record_with(number, &subject, Some(application), Some(device), roles),
        )
        .await;
    }
    for first in (BY_US..SESSIONS).step_by(50_000) {
        let last = (first + 50_000).min(SESSIONS) - 1;
        let copy = format!(
            "INSERT INTO sessions (digest, handle, subject, facts, amr, created, authenticated, seen, longest_absence, own,
                today, due, version)
             SELECT decode(lpad(to_hex(number * 2654435761 % 4294967296), 8, '0') || repeat('0', 48)
                    || lpad(to_hex(number), 8, '0'), 'hex'),
                (lpad(to_hex(number), 8, '0') || repeat('0', 24))::uuid, 'person-' || number % 300000 || '@example.com',
                facts, amr, created, authenticated, seen, longest_absence, own, today, due, version
             FROM generate_series({first}::bigint, {last}) AS number
             JOIN sessions AS model ON model.id = 1 + number % {BY_US}"
        );
        client.batch_execute(&copy).await.expect("sessions");
    }
    for tidy in ["VACUUM (ANALYZE, FREEZE) sessions", "ANALYZE facts", "CHECKPOINT"] {
        client.batch_execute(tidy).await.expect("statistics");
    }
    println!("{SESSIONS} sessions in {:.0?}", started.elapsed());
}

fn told(what: &str, mut took: Vec<Duration>) {
    took.sort_unstable();
    let at = |percent: usize| {
        let place = took.len() * percent / 100;
        took[place.min(took.len() - 1)].as_secs_f64() * 1e3
    };
    println!(
        "{what:<44} median {:>8.2} ms   99 % {:>8.2} ms   most {:>8.2} ms",
        at(50),
        at(99),
        at(100)
    );
}

async fn lists(store: &PostgresStore) {
    let all = Filter::default;
    let some = |text: &str| Some(text.into());
    let filters = [
        ("everything", all()),
        (
            "of a subject",
            Filter {
                subject: some("person-77@example.com"),
                ..all()
            },
        ),
        (
            "of an application",
            Filter {
                application: some("wiki"),
                ..all()
            },
        ),
        (
            "on a device of one in sixty",
            Filter {
                device: some("kiosk"),
                ..all()
            },
        ),
        (
            "in a role of one in ten",
            Filter {
                role: some("admin"),
                ..all()
            },
        ),
        (
            "of an application and in a role",
            Filter {
                application: some("mail"),
                role: some("admin"),
                ..all()
            },
        ),
        (
            "within an application, on a device",
            Filter {
                within: Some(vec!["crm".into()]),
                device: some("kiosk"),
                ..all()
            },
        ),
        (
            "of an application that nobody has",
            Filter {
                application: some("none"),
                ..all()
            },
        ),
    ];
    for (what, filter) in filters {
        for (place, after) in [("first", None), ("middle", Some(handle(SESSIONS / 2)))] {
            let mut took = Vec::new();
            for _ in 0..20 {
                let started = Stopwatch::now();
                let page = store.list(&filter, Page { after, limit: 100 }).await.expect("store");
                took.push(started.elapsed());
                assert!(page.len() <= 100);
            }
            told(&format!("{place} page {what}"), took);
        }
    }
}

async fn touches(server: &Server, client: &Client) {
    const BATCH: u32 = 1000;
    /// They are touched again and again.
    const ACTIVE: u32 = 100_000;
    let store = connect(&server.options("postgres").connections(1)).await;
    let mut instant = 2000;
    for (what, which) in [
        ("neighbours", (|number| number) as fn(u32) -> u32),
        ("anywhere", scattered),
    ] {
        for round in 1..=4 {
            let (before, wal) = (updates(client).await, written(client).await);
            let started = Stopwatch::now();
            for first in (0..ACTIVE).step_by(BATCH as usize) {
                let numbers = (first..first + BATCH).map(which);
                instant += 1;
                let touches: Vec<Touch> = numbers.map(|number| touch(number, instant)).collect();
                let answers = store.touch(&touches).await.expect("store");
                assert!(
                    answers
                        .iter()
                        .all(|answer| matches!(answer, Touched::Stored | Touched::Newer))
                );
            }
            let took = started.elapsed().as_secs_f64();
            let wal = written(client).await - wal;
            let after = loop {
                let after = updates(client).await;
                if after.0 - before.0 >= i64::from(ACTIVE) {
                    break after;
                }
                // The session tells what it did when it is asked next, a second later at most.
                store.touch(&[]).await.expect("store");
                store.get(&digest(0)).await.expect("store");
            };
            println!(
                "touch {ACTIVE} {what}, round {round}: {:>7.0} /s over one connection, {} of 1000 HOT, {} bytes of WAL each",
                f64::from(ACTIVE) / took,
                1000 * (after.1 - before.1) / (after.0 - before.0),
                wal / i64::from(ACTIVE)
            );
        }
    }
}

/// How many rows were changed, and how many of them without a change of an index.
async fn updates(client: &Client) -> (i64, i64) {
    let sql = "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'sessions'";
    let row = client.query_one(sql, &[]).await.expect("statistics");
    (row.get(0), row.get(1))
}

async fn written(client: &Client) -> i64 {
    let sql = "SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint";
    client.query_one(sql, &[]).await.expect("a position").get(0)
}

/// Ends on one node, by eight at once, and when another node hears of them: by hints alone, and 50 ms between two beats.
async fn ends(server: &Server, store: &Arc<PostgresStore>) {
    const ENDS: u32 = 4000;
    const AT_ONCE: u32 = 8;
    let other = connect(&server.options("postgres")).await;
    let acknowledged: Arc<Mutex<HashMap<Handle, Stopwatch>>> = Arc::default();
    let mut beat = Beat {
        node: NodeId::new(7),
        name: "other".into(),
        version: "1".into(),
        now: None,
        position: None,
    };
    let first = other.nodes().expect("nodes share it").beat(&beat).await.expect("store");
    beat.position = Some(first.position);
    let listener = tokio::spawn(async move {
        let nodes = other.nodes().expect("nodes share it");
        let mut heard = HashMap::new();
        let mut beats = Vec::new();
        while heard.len() < ENDS as usize {
            let started = Stopwatch::now();
            let answer = nodes.beat(&beat).await.expect("store");
            beats.push(started.elapsed());
            beat.position = Some(answer.position);
            let now = Stopwatch::now();
            for change in answer.changes.unwrap_or_default() {
                if let Change::Ended { handle, .. } = change {
                    heard.insert(handle, now);
                }
            }
            if heard.len() < ENDS as usize {
                let least = tokio::time::sleep_until((started + Duration::from_millis(50)).into()); // tidy: sleeps because it beats as a node does
                tokio::join!(least, async {
                    let _ = tokio::time::timeout(Duration::from_millis(250), nodes.hinted()).await;
                });
            }
        }
        (heard, beats)
    });
    let mut tasks = JoinSet::new();
    for task in 0..AT_ONCE {
        let (store, acknowledged) = (Arc::clone(store), Arc::clone(&acknowledged));
        tasks.spawn(async move {
            let mut took = Vec::new();
            for number in (task..ENDS).step_by(AT_ONCE as usize) {
                let number = scattered(number);
                let started = Stopwatch::now();
                let selector = Selector::Digest(digest(number));
                let ended = store
                    .end(&selector, &end(EndReason::User, 3000), 1)
                    .await
                    .expect("store");
                took.push(started.elapsed());
                assert_eq!(ended.len(), 1);
                acknowledged
                    .lock()
                    .expect("no panic")
                    .insert(handle(number), Stopwatch::now());
            }
            took
        });
    }
    let started = Stopwatch::now();
    let took: Vec<Duration> = tasks.join_all().await.into_iter().flatten().collect();
    println!(
        "{:.0} ends a second, {AT_ONCE} at once",
        f64::from(ENDS) / started.elapsed().as_secs_f64()
    );
    told("an end is acknowledged after", took);
    let (heard, beats) = listener.await.expect("a listener");
    let acknowledged = acknowledged.lock().expect("no panic");
    let late = acknowledged
        .iter()
        .map(|(handle, at)| heard[handle].saturating_duration_since(*at));
    told("it is heard elsewhere after", late.collect());
    told("a beat is answered after", beats);
}
