//! Three nodes on one store that goes wrong in every way a store can, in time that only passes when nothing else happens. A naive
//! oracle reads what the clients saw. It goes on for a minute, with seeds of its own. `NIGHTLATCH_SEED` repeats one run and prints its
//! trace; `NIGHTLATCH_SEEDS` asks for a number of them.

#[path = "cluster/clients.rs"]
mod clients;
#[path = "cluster/faulty.rs"]
mod faulty;
#[path = "cluster/history.rs"]
mod history;
#[path = "cluster/known.rs"]
mod known;
#[path = "cluster/oracle.rs"]
mod oracle;
#[path = "cluster/policies.rs"]
mod policies;
#[path = "cluster/settling.rs"]
mod settling;
#[path = "cluster/world.rs"]
mod world;

use std::num::NonZero;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use world::World;

/// So many steps a run has.
const STEPS: u32 = 10_000;
/// So many lines tell what happened last.
const LAST: usize = 200;

#[expect(clippy::disallowed_methods, reason = "the only way to ask a test for more")]
fn asked(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|number| number.parse().ok())
}

/// The trace of a run that found something.
#[expect(clippy::unwrap_in_result, reason = "without a runtime there is no run")]
fn run(seed: u64, kept: usize) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        // Timers count milliseconds from a moment just before the paused time begins: away from where it would matter how long before.
        tokio::time::advance(Duration::from_micros(500)).await;
        World::new(seed, kept).await.run(STEPS).await
    })
}

#[test]
fn nobody_is_let_in_after_an_end_and_nobody_who_is_there_is_signed_out() {
    if let Some(seed) = asked("NIGHTLATCH_SEED") {
        let found = run(seed, usize::MAX);
        assert!(found.is_ok(), "{}", found.unwrap_err());
        return;
    }
    let first = fastrand::u64(..1 << 32);
    let seeds = asked("NIGHTLATCH_SEEDS");
    // Whoever asks for a number waits for nothing else.
    let threads = seeds.map_or(1, |_| thread::available_parallelism().map_or(1, NonZero::get));
    let (next, failed) = (AtomicU64::new(0), Mutex::new(None));
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while failed.lock().expect("no panic").is_none() {
                    let done = next.fetch_add(1, Ordering::Relaxed);
                    if !is_to_go_on(done, seeds) {
                        break;
                    }
                    if let Err(found) = run(first + done, LAST) {
                        failed.lock().expect("no panic").get_or_insert((done, found));
                    }
                }
            });
        }
    });
    if let Some((done, found)) = failed.into_inner().expect("no panic") {
        let (seed, number) = (first + done, done + 1);
        panic!("NIGHTLATCH_SEED={seed} repeats this, seed number {number}\n{found}");
    }
    // The last that was begun was not to be any more.
    let done = seeds.unwrap_or_else(|| next.into_inner() - 1);
    println!("nothing found in {done} seeds from {first} on");
}

#[expect(clippy::disallowed_methods, reason = "as many seeds as a minute takes")]
fn is_to_go_on(begun: u64, seeds: Option<u64>) -> bool {
    static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);
    let elapsed = BEGAN.elapsed();
    seeds.map_or_else(|| elapsed < Duration::from_mins(1), |seeds| begun < seeds)
}
