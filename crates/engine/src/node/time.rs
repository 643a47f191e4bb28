//! Cluster time: what the nodes that share a store agree on.
//!
//! It is the store's clock plus an offset that belongs to the store's epoch. The offset lets time go on where the store's clock does
//! not: when another server takes over, or somebody sets the clock. A node follows it by its own clock, which counts suspension, and
//! corrects that by the answer that says most: the sooner it came, and the later, the better.

use nightlatch_core::time::{Instant, Span};
use nightlatch_store::nodes::{Epoch, Heard};

use crate::clock::Uptime;

/// Clocks of machines drift by less: a millisecond in so many.
const DRIFT: u64 = 2_000;
/// A node decides nothing while it knows the time less exactly.
const EXACT: Span = Span::from_millis(250);
/// A step of less is followed, whoever made it.
const STEP: Span = Span::from_millis(250);

/// When a beat was sent and answered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    pub(crate) sent: Uptime,
    pub(crate) received: Uptime,
    /// What this node's clock showed when the answer came.
    pub(crate) shown: Instant,
}

/// What a node makes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Advice {
    /// The clock should have shown this at that moment.
    Show(Instant, Uptime),
    /// The offset is to be moved, so that time goes on; then the next beat is asked.
    MoveOffset {
        epoch: Epoch,
        expected: Option<i64>,
        offset: i64,
    },
    /// The answer came too late to say anything.
    Keep,
}

/// What the last beats have told.
#[derive(Debug, Default)]
pub(crate) struct ClusterTime {
    /// The epoch and offset that it was told in.
    of: Option<(Epoch, i64)>,
    best: Option<Answer>,
}

#[derive(Clone, Copy, Debug)]
struct Answer {
    round_trip: Span,
    /// Half-way between the two ends of the round trip.
    at: Uptime,
    time: Instant,
}

impl Answer {
    /// By how much the time that follows from it may be wrong. It grows as fast for every answer, so the best stays the best.
    fn error(self, now: Uptime) -> Span {
        Span::from_millis(self.round_trip.as_millis() / 2 + now.since(self.at).as_millis() / DRIFT)
    }
}

impl ClusterTime {
    /// Whether a clock that shows this is right enough to decide by. One that has to go back goes slowly, and is wrong meanwhile.
    pub(crate) fn is_exact(&self, now: Uptime, shown: Instant) -> bool {
        self.best.is_some_and(|best| {
            let time = best.time + now.since(best.at);
            let wrong = shown.since(time).max(time.since(shown));
            best.error(now) + wrong <= EXACT
        })
    }

    /// What is to be done after a beat.
    pub(crate) fn heard(&mut self, heard: &Heard, sample: Sample) -> Advice {
        let round_trip = sample.received.since(sample.sent);
        let half = Span::from_millis(round_trip.as_millis() / 2);
        // What this node showed when the store looked at its clock, as nearly as can be told.
        let shown = (sample.shown - half).max(heard.latest).as_millis();
        let Some(offset) = heard.offset else {
            // A new epoch: time goes on from what this node shows, or any other has shown. All follow whoever moves the offset, so
            // that has to be somebody who was answered soon.
            return if half <= EXACT {
                move_offset(heard, shown)
            } else {
                Advice::Keep
            };
        };
        let time = Instant::from_millis(heard.clock.as_millis() + offset);
        let known = self.of.as_ref() == Some(&(heard.epoch.clone(), offset));
        // The store has looked at its clock somewhere between the two ends of the round trip.
        let stepped_forward = sample.shown + STEP < time;
        let stepped_back = time + STEP < sample.shown - round_trip;
        // Where others have seen the time in between we were stopped ourselves, and they have gone on.
        let seen_by_others = heard.latest + STEP >= time;
        if known && (stepped_forward && !seen_by_others || stepped_back) && half <= EXACT {
            // The store's clock was set, and no time has passed.
            return move_offset(heard, shown);
        }
        if !known {
            self.best = None;
            self.of = Some((heard.epoch.clone(), offset));
        }
        let answer = Answer {
            round_trip,
            at: sample.sent + half,
            time,
        };
        let now = sample.received;
        let best = self
            .best
            .filter(|best| best.error(now) < answer.error(now))
            .unwrap_or(answer);
        self.best = Some(best);
        Advice::Show(best.time, best.at)
    }
}

fn move_offset(heard: &Heard, shown: i64) -> Advice {
    Advice::MoveOffset {
        epoch: heard.epoch.clone(),
        expected: heard.offset,
        offset: shown - heard.clock.as_millis(),
    }
}

#[cfg(test)]
mod tests {
    use nightlatch_store::nodes::Position;

    use super::*;

    fn at(millis: i64) -> Instant {
        Instant::from_millis(millis)
    }

    fn heard(clock: i64, offset: Option<i64>, latest: i64) -> Heard {
        Heard {
            epoch: Epoch::new("1"),
            clock: at(clock),
            offset,
            latest: at(latest),
            position: Position::new("1"),
            changes: Some(Vec::new()),
            turns: Vec::new(),
        }
    }

    fn sample(sent: i64, received: i64, shown: i64) -> Sample {
        Sample {
            sent: Uptime::from_millis(sent),
            received: Uptime::from_millis(received),
            shown: at(shown),
        }
    }

    fn show(time: i64, uptime: i64) -> Advice {
        Advice::Show(at(time), Uptime::from_millis(uptime))
    }

    fn moved(expected: Option<i64>, offset: i64) -> Advice {
        Advice::MoveOffset {
            epoch: Epoch::new("1"),
            expected,
            offset,
        }
    }

    #[test]
    fn the_answer_that_says_most_decides() {
        let mut time = ClusterTime::default();
        assert_eq!(
            time.heard(&heard(1000, Some(5), 0), sample(0, 100, 1050)),
            show(1005, 50)
        );
        assert_eq!(
            time.heard(&heard(1250, Some(5), 0), sample(250, 260, 1260)),
            show(1255, 255)
        );
        assert_eq!(
            time.heard(&heard(1600, Some(5), 0), sample(500, 700, 1600)),
            show(1255, 255),
            "still"
        );
        let told = time.heard(&heard(11_500, Some(5), 0), sample(10_400, 10_500, 11_505));
        assert_eq!(
            told,
            show(1255, 255),
            "still: it is off by at most 10 ms, this one by 50"
        );
        let told = time.heard(&heard(101_500, Some(5), 0), sample(100_450, 100_550, 101_505));
        assert_eq!(told, show(101_505, 100_500), "clocks drift");
    }

    #[test]
    fn what_was_answered_late_says_little() {
        let mut time = ClusterTime::default();
        let is_exact = |time: &ClusterTime, now, shown| time.is_exact(Uptime::from_millis(now), at(shown));
        assert!(!is_exact(&time, 0, 0));
        time.heard(&heard(1000, Some(5), 0), sample(0, 600, 1050));
        assert!(!is_exact(&time, 600, 1305));
        time.heard(&heard(2000, Some(5), 0), sample(1000, 1100, 2050));
        assert!(is_exact(&time, 1100, 2055));
        assert!(
            is_exact(&time, 401_000, 401_955) && !is_exact(&time, 403_100, 404_055),
            "unless nothing better comes"
        );
    }

    #[test]
    fn a_clock_that_is_ahead_decides_nothing_until_it_is_right() {
        let mut time = ClusterTime::default();
        time.heard(&heard(2000, Some(0), 0), sample(1000, 1100, 2600));
        let is_exact = |shown| time.is_exact(Uptime::from_millis(1100), at(shown));
        // The time is 2050, give or take 50 ms.
        assert!(is_exact(2250) && is_exact(1850));
        assert!(!is_exact(2251) && !is_exact(1849));
    }

    #[test]
    fn time_goes_on_in_a_new_epoch() {
        let mut time = ClusterTime::default();
        assert_eq!(time.heard(&heard(500, None, 0), sample(0, 10, 1000)), moved(None, 495));
        assert_eq!(
            time.heard(&heard(500, None, 9000), sample(0, 10, 1000)),
            moved(None, 8500),
            "another node was further"
        );
    }

    #[test]
    fn nobody_who_is_answered_late_sets_the_time_of_all() {
        let mut time = ClusterTime::default();
        assert_eq!(time.heard(&heard(500, None, 0), sample(0, 502, 1000)), Advice::Keep);
        assert_eq!(time.heard(&heard(500, None, 0), sample(0, 500, 1000)), moved(None, 250));
    }

    #[test]
    fn a_step_of_the_store_clock_is_taken_back_and_a_pause_of_ours_is_made_up() {
        let known = || {
            let mut time = ClusterTime::default();
            let first = time.heard(&heard(1000, Some(0), 1000), sample(0, 10, 1005));
            assert_eq!(first, show(1000, 5));
            time
        };
        let hour = 3_600_000;
        let told = known().heard(&heard(1250 + hour, Some(0), 1250), sample(250, 260, 1255));
        assert_eq!(told, moved(Some(0), -hour), "nobody has seen that hour");
        let told = known().heard(&heard(1250 + hour, Some(0), 1240 + hour), sample(250, 260, 1255));
        assert!(matches!(told, Advice::Show(..)), "the others have: {told:?}");
        let told = known().heard(&heard(1450, Some(0), 1000), sample(250, 260, 1255));
        assert!(matches!(told, Advice::Show(..)), "a small step: {told:?}");
        let told = known().heard(&heard(1250 - hour, Some(0), 1250), sample(250, 260, 1255));
        assert_eq!(told, moved(Some(0), hour), "time never runs back");
        let told = known().heard(&heard(1100, Some(0), 1250), sample(250, 260, 1255));
        assert!(matches!(told, Advice::Show(..)), "a little it does, slowly: {told:?}");
        let told = known().heard(&heard(1250, Some(0), 1250), sample(250, 2260, 3255));
        assert!(matches!(told, Advice::Show(..)), "a late answer is no step: {told:?}");
    }
}
