//! The clock: counts on while the machine sleeps, and never runs backwards, neither within a process nor across restarts.
//!
//! Within a process it adds the time since the start, suspended time included, to the wall clock of the start. What
//! the wall clock does afterwards moves no deadline; a jump of it is only noticed. Across restarts the latest instant
//! that the store knows is the least the clock shows.

#![expect(
    clippy::disallowed_methods,
    reason = "the one place where time enters; everything else takes it as an argument"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use nightlatch_core::time::{Instant, Span};

/// A step of the wall clock of at least this much is a jump; time servers adjust in smaller ones.
const JUMP: Span = Span::from_secs(2);

/// Tells the time to the engine.
#[derive(Clone, Debug)]
pub struct Clock {
    sources: Sources,
    /// What the clock shows when the uptime is zero.
    origin: i64,
    /// How far the wall clock was ahead of this clock when a jump was last looked for.
    ahead: Arc<AtomicI64>,
}

#[derive(Clone, Debug)]
enum Sources {
    System,
    Manual(ManualTime),
}

/// Time for tests: moves when it is told to.
#[derive(Clone, Debug, Default)]
pub struct ManualTime(Arc<ManualSources>);

#[derive(Debug, Default)]
struct ManualSources {
    wall: AtomicI64,
    uptime: AtomicI64,
}

impl ManualTime {
    /// Time that stands at `start` on the wall clock.
    #[must_use]
    pub fn at(start: Instant) -> Self {
        let time = Self::default();
        time.0.wall.store(start.as_millis(), Ordering::SeqCst);
        time
    }

    /// Time passes, whether the machine runs or sleeps.
    pub fn advance(&self, span: Span) {
        let millis = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        self.0.uptime.fetch_add(millis, Ordering::SeqCst);
        self.0.wall.fetch_add(millis, Ordering::SeqCst);
    }

    /// Somebody sets the wall clock; no time passes.
    pub fn step_wall(&self, millis: i64) {
        self.0.wall.fetch_add(millis, Ordering::SeqCst);
    }
}

/// The wall clock was set, or corrected, while the engine ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockJump {
    /// By how many milliseconds, forward above zero.
    pub millis: i64,
}

impl Clock {
    /// The system's clock, showing at least `not_before`.
    #[must_use]
    pub fn system(not_before: Instant) -> Self {
        Self::start(Sources::System, not_before)
    }

    /// A clock on manual time, showing at least `not_before`.
    #[must_use]
    pub fn manual(time: &ManualTime, not_before: Instant) -> Self {
        Self::start(Sources::Manual(time.clone()), not_before)
    }

    fn start(sources: Sources, not_before: Instant) -> Self {
        let (wall, uptime) = (sources.wall(), sources.uptime());
        let start = wall.max(not_before.as_millis());
        Self {
            sources,
            origin: start - uptime,
            ahead: Arc::new(AtomicI64::new(wall - start)),
        }
    }

    /// Milliseconds since the Unix epoch, as the wall clock told at the start.
    #[must_use]
    pub fn now(&self) -> Instant {
        Instant::from_millis(self.origin + self.sources.uptime())
    }

    /// The step the wall clock has made since this was last asked, if it is a jump. Each is told once.
    #[must_use]
    pub fn jump(&self) -> Option<ClockJump> {
        let ahead = self.sources.wall() - self.now().as_millis();
        let before = self.ahead.swap(ahead, Ordering::Relaxed);
        let millis = ahead - before;
        (millis.unsigned_abs() >= JUMP.as_millis()).then_some(ClockJump { millis })
    }
}

impl Sources {
    fn wall(&self) -> i64 {
        match self {
            Self::System => std::time::SystemTime::now()
                .duration_since(std::time::UNIX_EPOCH)
                .map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX)),
            Self::Manual(time) => time.0.wall.load(Ordering::SeqCst),
        }
    }

    fn uptime(&self) -> i64 {
        match self {
            Self::System => {
                // The plain monotonic clock stands still during suspend on Linux; on macOS it does not.
                #[cfg(any(target_os = "linux", target_os = "android"))]
                let id = rustix::time::ClockId::Boottime;
                #[cfg(not(any(target_os = "linux", target_os = "android")))]
                let id = rustix::time::ClockId::Monotonic;
                let uptime = rustix::time::clock_gettime(id);
                uptime.tv_sec * 1000 + uptime.tv_nsec / 1_000_000
            }
            Self::Manual(time) => time.0.uptime.load(Ordering::SeqCst),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    fn clock_at(millis: i64) -> (ManualTime, Clock) {
        let time = ManualTime::at(Instant::from_millis(millis));
        let clock = Clock::manual(&time, Instant::default());
        (time, clock)
    }

    #[test]
    fn a_step_of_the_wall_clock_moves_nothing_and_is_told_once() {
        for step in [-HOUR, 24 * HOUR] {
            let (time, clock) = clock_at(1_000_000);
            time.advance(Span::from_secs(5));
            assert_eq!(clock.jump(), None);
            time.step_wall(step);
            assert_eq!(clock.now().as_millis(), 1_005_000);
            assert_eq!(clock.jump(), Some(ClockJump { millis: step }));
            assert_eq!(clock.jump(), None);
        }
    }

    #[test]
    fn small_corrections_are_no_jump() {
        let (time, clock) = clock_at(1_000_000);
        time.step_wall(500);
        assert_eq!(clock.jump(), None);
    }

    #[test]
    fn suspended_time_counts() {
        let (time, clock) = clock_at(1_000_000);
        time.advance(Span::from_secs(3 * 3600));
        assert_eq!(clock.now().as_millis(), 1_000_000 + 3 * HOUR);
        assert_eq!(clock.jump(), None);
    }

    #[test]
    fn a_restart_after_the_wall_clock_went_back_goes_on_from_the_latest_known_instant() {
        let time = ManualTime::at(Instant::from_millis(1_000_000));
        let clock = Clock::manual(&time, Instant::from_millis(5_000_000));
        assert_eq!(clock.now().as_millis(), 5_000_000);
        time.advance(Span::from_millis(7));
        assert_eq!(clock.now().as_millis(), 5_000_007);
    }

    #[test]
    fn the_system_clock_does_not_run_backwards() {
        let clock = Clock::system(Instant::default());
        let readings: Vec<_> = (0..1000).map(|_| clock.now()).collect();
        assert!(readings.is_sorted());
        assert!(readings[0].as_millis() > 1_700_000_000_000);
    }
}
