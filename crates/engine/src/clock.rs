//! The clock: counts on while the machine sleeps, and never runs backwards, neither within a process nor across restarts.
//!
//! Within a process it adds the time since the start, suspended time included, to the wall clock of the start. What
//! the wall clock does afterwards moves no deadline; a jump of it is only noticed. Across restarts the latest instant
//! that the store knows is the least the clock shows.
//!
//! Where several nodes share a store, time is the store's; the wall clock of the node is not asked.

#![expect(
    clippy::disallowed_methods,
    reason = "the one place where time enters; everything else takes it as an argument"
)]

use std::ops::Add;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use arc_swap::ArcSwap;
use nightlatch_core::time::{Instant, Span};

/// A step of the wall clock of at least this much is a jump; time servers adjust in smaller ones.
const JUMP: Span = Span::from_secs(2);

/// Tells the time to the engine.
#[derive(Clone, Debug)]
pub struct Clock {
    sources: Sources,
    origin: Origin,
    /// How far the wall clock was ahead of this clock when a jump was last looked for.
    ahead: Arc<AtomicI64>,
}

#[derive(Clone, Debug)]
enum Sources {
    System,
    Manual(ManualTime),
}

/// What the clock shows when the uptime is zero.
#[derive(Clone, Debug)]
enum Origin {
    /// That of one process, which nothing moves.
    Own(i64),
    /// That of nodes that share a store.
    Cluster(Arc<ArcSwap<Course>>),
}

/// How a steered clock runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Course {
    /// What it shows when the uptime is zero, but for what it loses.
    origin: i64,
    /// So many milliseconds it loses from some moment on, slowly.
    ahead: i64,
    /// From when on, as uptime.
    from: i64,
}

/// A clock that is ahead loses one millisecond in so many: it never stands still, and never runs back.
const LOSES_ONE_IN: i64 = 8;
/// When a clock begins to lose. Whoever still goes by the course from before has read it by then, so that nobody sees time run
/// back.
const BEGINS_IN: i64 = 20;

impl Course {
    fn at(self, uptime: i64) -> i64 {
        let lost = ((uptime - self.from) / LOSES_ONE_IN).clamp(0, self.ahead);
        self.origin + uptime - lost
    }

    /// The course that comes to show `shown` at `uptime`: at once where that is later, and slowly where it is earlier.
    fn towards(self, shown: i64, uptime: i64) -> Self {
        let now = self.at(uptime);
        Self {
            origin: now.max(shown) - uptime,
            ahead: (now - shown).max(0),
            from: uptime + BEGINS_IN,
        }
    }
}

/// How long the machine has run, suspended time included, in milliseconds. It has no meaning between machines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Uptime(i64);

impl Uptime {
    /// So many milliseconds.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// The milliseconds.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// The time that has passed since `earlier`; none where that is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Span {
        Span::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

impl Add<Span> for Uptime {
    type Output = Self;

    fn add(self, span: Span) -> Self {
        Self(self.0.saturating_add_unsigned(span.as_millis()))
    }
}

/// Time for tests: moves when it is told to.
#[derive(Clone, Debug, Default)]
pub struct ManualTime(Arc<ManualSources>);

#[derive(Debug, Default)]
struct ManualSources {
    wall: AtomicI64,
    uptime: AtomicI64,
    runtime: Option<Runtime>,
}

/// The time of tokio, which tests can pause, as a clock that goes wrong shows it.
#[derive(Clone, Copy, Debug)]
struct Runtime {
    start: tokio::time::Instant,
    /// By how many millionths the clock is too fast.
    drift_ppm: i64,
}

impl Runtime {
    fn passed(self) -> i64 {
        let micros = i64::try_from(self.start.elapsed().as_micros()).unwrap_or(i64::MAX);
        (micros + micros / 1_000_000 * self.drift_ppm) / 1000
    }
}

impl ManualTime {
    /// Time that stands at `start` on the wall clock.
    #[must_use]
    pub fn at(start: Instant) -> Self {
        let time = Self::default();
        time.0.wall.store(start.as_millis(), Ordering::SeqCst);
        time
    }

    /// The same, and it passes with tokio's, faster by so many millionths.
    #[must_use]
    pub fn running(start: Instant, drift_ppm: i64) -> Self {
        let sources = ManualSources {
            runtime: Some(Runtime {
                start: tokio::time::Instant::now(),
                drift_ppm,
            }),
            ..ManualSources::default()
        };
        sources.wall.store(start.as_millis(), Ordering::SeqCst);
        Self(Arc::new(sources))
    }

    fn passed(&self) -> i64 {
        self.0.runtime.map_or(0, Runtime::passed)
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
            origin: Origin::Own(start - uptime),
            ahead: Arc::new(AtomicI64::new(wall - start)),
        }
    }

    /// Milliseconds since the Unix epoch, as the wall clock told at the start, or as the store tells.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.reading().1
    }

    /// How long the machine has run, suspended time included. Nothing moves it.
    #[must_use]
    pub fn uptime(&self) -> Uptime {
        Uptime(self.sources.uptime())
    }

    /// Both at the same moment.
    #[must_use]
    pub fn reading(&self) -> (Uptime, Instant) {
        // The uptime first: whoever is stopped in between shows a time that was, and never one to come.
        let uptime = self.sources.uptime();
        (Uptime(uptime), Instant::from_millis(self.shows_at(uptime)))
    }

    fn shows_at(&self, uptime: i64) -> i64 {
        match &self.origin {
            Origin::Own(origin) => origin + uptime,
            Origin::Cluster(course) => course.load().at(uptime),
        }
    }

    /// The clock of a node: it shows `shown` now, and what [`steer`](Self::steer) makes of it from then on.
    #[must_use]
    pub(crate) fn of_a_cluster(&self, shown: Instant, at: Uptime) -> Self {
        let course = Course {
            origin: shown.as_millis() - at.0,
            ahead: 0,
            from: at.0,
        };
        Self {
            origin: Origin::Cluster(Arc::new(ArcSwap::from_pointee(course))),
            ..self.clone()
        }
    }

    /// Lets the clock of a node come to what it should have shown at `at`. It goes forward at once and never back. Nothing moves
    /// the clock of a process that has its store for itself.
    pub(crate) fn steer(&self, shown: Instant, at: Uptime) {
        if let Origin::Cluster(course) = &self.origin {
            let uptime = self.sources.uptime();
            let shown = shown.as_millis() + (uptime - at.0);
            course.rcu(|course| course.towards(shown, uptime));
        }
    }

    /// What the wall clock of this machine shows. No rule goes by it.
    #[must_use]
    pub fn wall(&self) -> Instant {
        Instant::from_millis(self.sources.wall())
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
            Self::Manual(time) => time.0.wall.load(Ordering::SeqCst) + time.passed(),
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
            Self::Manual(time) => time.0.uptime.load(Ordering::SeqCst) + time.passed(),
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
    fn a_steered_clock_goes_forward_at_once_and_back_slowly() {
        let (time, clock) = clock_at(1_000_000);
        let clock = clock.of_a_cluster(Instant::from_millis(5_000_000), clock.uptime());
        assert_eq!(clock.now().as_millis(), 5_000_000);
        clock.steer(Instant::from_millis(5_000_700), clock.uptime());
        assert_eq!(clock.now().as_millis(), 5_000_700);

        clock.steer(Instant::from_millis(5_000_600), clock.uptime());
        let (mut before, mut passed) = (clock.now().as_millis(), 0);
        while clock.now().as_millis() != 5_000_600 + passed {
            time.advance(Span::from_millis(1));
            passed += 1;
            assert!(clock.now().as_millis() >= before, "it never runs back");
            before = clock.now().as_millis();
        }
        assert_eq!(passed, 100 * LOSES_ONE_IN + BEGINS_IN);
        time.advance(Span::from_secs(60));
        assert_eq!(clock.now().as_millis(), 5_000_600 + passed + 60_000);
    }

    #[test]
    fn what_was_told_a_while_ago_is_told_of_then() {
        let (time, clock) = clock_at(1_000_000);
        let clock = clock.of_a_cluster(Instant::from_millis(5_000_000), clock.uptime());
        let asked = clock.uptime();
        time.advance(Span::from_millis(300));
        clock.steer(Instant::from_millis(6_000_000), asked);
        assert_eq!(clock.now().as_millis(), 6_000_300);
        time.step_wall(HOUR);
        assert_eq!(clock.now().as_millis(), 6_000_300, "whatever the wall clock shows");
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
