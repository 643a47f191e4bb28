//! The clock of the measurements. The engine has its own.

#![expect(
    clippy::disallowed_methods,
    reason = "measuring is reading the clock, and pacing is sleeping"
)]

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

pub(crate) fn now() -> Instant {
    Instant::now()
}

/// The time this thread has had a processor, so that what else runs on the machine does not count.
pub(crate) fn thread_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(
        u64::try_from(time.tv_sec).unwrap_or(0),
        u32::try_from(time.tv_nsec).unwrap_or(0),
    )
}

/// Sleeps until `at`, or not at all when that is past.
pub(crate) fn sleep_until(at: Instant) {
    std::thread::sleep(at.saturating_duration_since(Instant::now()));
}
