//! How fast the embedded store is. Run with
//! `cargo test --release -p nightlatch-engine --test conformance -- --ignored --nocapture speed`.
#![expect(clippy::disallowed_methods, reason = "it measures")]

use std::time::Instant as Stopwatch;

use nightlatch_engine::store::sqlite::SqliteStore;
use nightlatch_engine::store::{Filter, Page, Store};

use super::fixture::*;

const SESSIONS: u32 = 200_000;

fn told(what: &str, started: Stopwatch, count: u32) {
    let took = started.elapsed();
    println!("{what:<34} {:>9.1} ms {:>10.0} /s", took.as_secs_f64() * 1e3, f64::from(count) / took.as_secs_f64());
}

fn cpu() -> u64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap();
    let f: Vec<&str> = text.rsplit(')').next().unwrap().split_whitespace().collect();
    (f[11].parse::<u64>().unwrap() + f[12].parse::<u64>().unwrap()) * 10
}

/// A number of a session that has not come before, far from the last.
fn scattered(index: u32) -> u32 {
    u32::try_from(u64::from(index) * 611_953 % u64::from(SESSIONS)).expect("below the number of sessions")
}

#[tokio::test]
#[ignore = "measures, asserts nothing"]
async fn speed() {
    let directory = tempfile::tempdir().expect("directory");
    let store = std::sync::Arc::new(SqliteStore::open(&directory.path().join("speed.db")).expect("store"));
    let started = Stopwatch::now();
    for first in (0..SESSIONS).step_by(10_000) {
        let creates: Vec<_> = (first..first + 10_000)
            .map(|number| {
                let store = store.clone();
                tokio::spawn(async move {
                    let application = ["crm", "mail", "wiki"][number as usize % 3];
                    let roles: &[&str] = if number % 10 == 0 { &["admin", "staff"] } else { &["staff"] };
                    let subject = format!("person-{}", scattered(number) % 300_000);
                    let device = if number % 1000 == 0 { "kiosk" } else { "desktop" };
                    add(store.as_ref(), &record_with(number, &subject, Some(application), Some(device), roles)).await;
                })
            })
            .collect();
        for create in creates {
            create.await.expect("created");
        }
    }
    told("create, 10000 at once", started, SESSIONS);

    for (what, spread) in [("touch 1000 neighbours", false), ("touch 1000 anywhere", true)] {
        let started = Stopwatch::now();
        for batch in 0..20 {
            let touches: Vec<_> = (0..1000)
                .map(|n| batch * 1000 + n)
                .map(|n| touch(if spread { scattered(n) } else { n }, 1500 + i64::from(batch)))
                .collect();
            store.touch(&touches).await.expect("store");
        }
        told(what, started, 20_000);
    }

    let filters = [
        ("all", Filter::default()),
        ("subject", Filter { subject: Some("person-77".into()), ..Filter::default() }),
        ("application", Filter { application: Some("crm".into()), ..Filter::default() }),
        ("device, rare", Filter { device: Some("kiosk".into()), ..Filter::default() }),
        ("role", Filter { role: Some("admin".into()), ..Filter::default() }),
        ("application and no such device", Filter { application: Some("crm".into()), device: Some("tv".into()), ..Filter::default() }),
        ("application and other device", Filter { application: Some("nope".into()), device: Some("desktop".into()), ..Filter::default() }),
    ];
    for (what, filter) in &filters {
        for after in [None, Some(handle(SESSIONS / 10 * 9))] {
            let started = Stopwatch::now();
            let found = store.list(filter, Page { after, limit: 100 }).await.expect("store").len();
            told(&format!("list {what}{} ({found})", after.map_or("", |_| ", deep")), started, 1);
        }
        let started = Stopwatch::now();
        let found = store.count(filter).await.expect("store");
        told(&format!("count {what} ({found})"), started, 1);
    }
    for revision in [1, 2] {
        let started = Stopwatch::now();
        let found = store.outdated(revision, Page { after: Some(handle(SESSIONS / 2)), limit: 100 }).await.expect("store").len();
        told(&format!("outdated ({found})"), started, 1);
    }

    for (what, spread) in [("expire 2000 neighbours", false), ("expire 2000 anywhere", true)] {
        let mut took = std::time::Duration::ZERO;let c=cpu();
        for batch in 0..20 {
            let numbers = (0..2000).map(|n| batch * 2000 + n).map(|n| if spread { scattered(n + 60_000) } else { n + 60_000 });
            let mut expiries = Vec::new();
            for number in numbers {
                let mut expiry = expiry(&record(number, ""));
                expiry.seen = at(5000);
                expiries.push(expiry);
            }
            let started = Stopwatch::now();
            store.expire(&expiries).await.expect("store");
            took += started.elapsed();
        }
        println!("{what:<34} {:>9.1} ms {:>10.0} /s", took.as_secs_f64() * 1e3, 40_000.0 / took.as_secs_f64());println!("cpu {}", cpu()-c);
    }

    let started = Stopwatch::now();
    for number in 0..5000 {
        store.get(&digest(scattered(number))).await.expect("store");
    }
    told("get, one after the other", started, 5000);
    let started = Stopwatch::now();
    for number in 0..2000 {
        end_one(store.as_ref(), number).await;
    }
    told("end, one after the other", started, 2000);
}
