//! The clock of the measurements. The engine has its own.

#![expect(
    clippy::disallowed_methods,
    reason = "measuring is reading the clock, and pacing is sleeping"
)]

use std::time::{Duration, Instant};

pub(crate) fn now() -> Instant {
    Instant::now()
}

/// How long `work` takes, and what came of it.
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let done = work();
    (start.elapsed(), done)
}

/// Sleeps until `at`, or not at all when that is past.
pub(crate) fn sleep_until(at: Instant) {
    std::thread::sleep(at.saturating_duration_since(Instant::now()));
}
