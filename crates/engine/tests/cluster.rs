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

use std::sync::LazyLock;
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
    let mut done = 0;
    while is_to_go_on(done, seeds) {
        let seed = first + done;
        if let Err(found) = run(seed, LAST) {
            panic!("NIGHTLATCH_SEED={seed} repeats this, seed number {}\n{found}", done + 1);
        }
        done += 1;
    }
    println!("nothing found in {done} seeds from {first} on");
}

#[expect(clippy::disallowed_methods, reason = "as many seeds as a minute takes")]
fn is_to_go_on(done: u64, seeds: Option<u64>) -> bool {
    static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);
    let elapsed = BEGAN.elapsed();
    seeds.map_or_else(|| elapsed < Duration::from_mins(1), |seeds| done < seeds)
}
