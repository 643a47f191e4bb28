//! How fast the embedded store is with a million sessions. Run on a machine that does nothing else with
//! `cargo test --release -p nightlatch-store-sqlite --test sqlite -- --ignored --nocapture speed`.
#![expect(clippy::disallowed_methods, clippy::print_stdout, reason = "it measures and tells")]

use std::sync::Arc;
use std::time::{Duration, Instant as Stopwatch};

use nightlatch_store::{Filter, Page, Sessions as _};
use nightlatch_store_sqlite::SqliteStore;
use tokio::task::JoinSet;

use nightlatch_store::conformance::fixture::*;

const SESSIONS: u32 = 1_000_000;
const BATCHES: u32 = 20;

fn told(what: &str, took: Duration, count: u32) {
    let seconds = took.as_secs_f64();
    println!(
        "{what:<40} {:>9.1} ms {:>10.0} /s",
        seconds * 1e3,
        f64::from(count) / seconds
    );
}

/// A session far from that of the last number.
fn scattered(number: u32) -> u32 {
    u32::try_from(u64::from(number) * 611_953 % u64::from(SESSIONS)).expect("below the number of sessions")
}

#[tokio::test]
#[ignore = "measures, asserts nothing"]
async fn speed() {
    let directory = tempfile::tempdir().expect("directory");
    let store = Arc::new(SqliteStore::open(&directory.path().join("speed.db")).expect("store"));
    create(&store).await;
    touch_batches("touch 1000 neighbours", store.as_ref(), |number| number).await;
    touch_batches("touch 1000 anywhere", store.as_ref(), scattered).await;
    lists(store.as_ref()).await;
    expire_batches("expire 2000 neighbours", store.as_ref(), |number| SESSIONS / 2 + number).await;
    expire_batches("expire 2000 anywhere", store.as_ref(), |number| {
        scattered(SESSIONS / 2 + number)
    })
    .await;
    one_by_one(store.as_ref()).await;
}

async fn create(store: &Arc<SqliteStore>) {
    let started = Stopwatch::now();
    for first in (0..SESSIONS).step_by(10_000) {
        let mut creates = JoinSet::new();
        for number in first..first + 10_000 {
            let store = store.clone();
            creates.spawn(async move {
                let subject = format!("person-{}", scattered(number) % 300_000);
                let application = ["crm", "mail", "wiki"][number as usize % 3];
                let device = if number % 1000 == 0 { "kiosk" } else { "desktop" };
                let roles: &[&str] = if number % 10 == 0 {
                    &["admin", "staff"]
                } else {
                    &["staff"]
                };
                add(
                    store.as_ref(),
                    &record_with(number, &subject, Some(application), Some(device), roles),
                )
                .await;
            });
        }
        creates.join_all().await;
    }
    told("create, 10000 at once", started.elapsed(), SESSIONS);
}

async fn touch_batches(what: &str, store: &SqliteStore, which: impl Fn(u32) -> u32) {
    let mut took = Duration::ZERO;
    for batch in 0..BATCHES {
        let numbers = (batch * 1000..).take(1000).map(&which);
        let touches: Vec<_> = numbers.map(|number| touch(number, 1500 + i64::from(batch))).collect();
        let started = Stopwatch::now();
        store.touch(&touches).await.expect("store");
        took += started.elapsed();
    }
    told(what, took, BATCHES * 1000);
}

async fn expire_batches(what: &str, store: &SqliteStore, which: impl Fn(u32) -> u32) {
    let (mut took, mut ended) = (Duration::ZERO, 0);
    for batch in 0..BATCHES {
        let judged = (batch * 2000..).take(2000).map(|number| record(which(number), ""));
        let mut expiries: Vec<_> = judged.map(|record| expiry(&record)).collect();
        for expiry in &mut expiries {
            expiry.seen = at(9000);
        }
        let started = Stopwatch::now();
        ended += store.expire(&expiries).await.expect("store").len();
        took += started.elapsed();
    }
    told(what, took, u32::try_from(ended).expect("a count"));
}

async fn lists(store: &SqliteStore) {
    let named = |name: &str| Some(name.into());
    let filters = [
        ("all", everything()),
        (
            "subject",
            Filter {
                subject: named("person-77"),
                ..everything()
            },
        ),
        (
            "application",
            Filter {
                application: named("crm"),
                ..everything()
            },
        ),
        (
            "rare device",
            Filter {
                device: named("kiosk"),
                ..everything()
            },
        ),
        (
            "role",
            Filter {
                role: named("admin"),
                ..everything()
            },
        ),
        (
            "application, no such device",
            Filter {
                application: named("crm"),
                device: named("tv"),
                ..everything()
            },
        ),
        (
            "device, no such application",
            Filter {
                application: named("erp"),
                device: named("desktop"),
                ..everything()
            },
        ),
    ];
    for (what, filter) in filters {
        for (place, after) in [("first", None), ("deep", Some(handle(SESSIONS / 10 * 9)))] {
            let started = Stopwatch::now();
            let found = store
                .list(&filter, Page { after, limit: 100 })
                .await
                .expect("store")
                .len();
            told(&format!("list {what}, {place} ({found})"), started.elapsed(), 1);
        }
        let started = Stopwatch::now();
        let found = store.count(&filter).await.expect("store");
        told(&format!("count {what} ({found})"), started.elapsed(), 1);
    }
}

async fn one_by_one(store: &SqliteStore) {
    let started = Stopwatch::now();
    for number in 0..5000 {
        get(store, scattered(number)).await;
    }
    told("get, one by one", started.elapsed(), 5000);
    let started = Stopwatch::now();
    for number in 0..2000 {
        end_one(store, number).await;
    }
    told("end, one by one", started.elapsed(), 2000);
}
