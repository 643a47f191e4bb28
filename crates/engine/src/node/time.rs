//! Cluster time: what the nodes that share a store agree on.
//!
//! It is the store's clock plus an offset that belongs to the store's epoch. The offset lets time go on where the store's clock does
//! not: when another server takes over, or somebody sets the clock. A node follows it by its own clock, which counts suspension, and
//! corrects that by the beat that was answered soonest.

use std::collections::VecDeque;

use nightlatch_core::time::{Instant, Span};
use nightlatch_store::nodes::{Epoch, Heard};

use crate::clock::Uptime;

/// Beats of so long are compared.
const WINDOW: Span = Span::from_secs(10);
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
    /// Nothing better is known than before.
    Keep,
}

/// What the last beats have told.
#[derive(Debug, Default)]
pub(crate) struct ClusterTime {
    /// By the epoch and offset that they were told in, which is the same for all of them.
    of: Option<(Epoch, i64)>,
    answers: VecDeque<Answer>,
}

#[derive(Clone, Copy, Debug)]
struct Answer {
    round_trip: Span,
    /// Half-way between the two ends of the round trip.
    at: Uptime,
    time: Instant,
}

impl ClusterTime {
    /// What is to be done after a beat.
    pub(crate) fn heard(&mut self, heard: &Heard, sample: Sample) -> Advice {
        let shown = sample.shown.max(heard.latest).as_millis();
        let Some(offset) = heard.offset else {
            // A new epoch: time goes on from what this node shows, or any other has shown.
            return move_offset(heard, shown);
        };
        let time = Instant::from_millis(heard.clock.as_millis() + offset);
        let round_trip = sample.received.since(sample.sent);
        let known = self.of.as_ref() == Some(&(heard.epoch.clone(), offset));
        // The store has looked at its clock somewhere between the two ends of the round trip.
        let stepped_forward = sample.shown + STEP < time;
        let stepped_back = time + STEP < sample.shown - round_trip;
        // Where others have seen the time in between we were stopped ourselves, and they have gone on.
        let seen_by_others = heard.latest + STEP >= time;
        if known && (stepped_forward && !seen_by_others || stepped_back) {
            // The store's clock was set, and no time has passed.
            return move_offset(heard, shown);
        }
        if !known {
            self.answers.clear();
            self.of = Some((heard.epoch.clone(), offset));
        }
        let half = Span::from_millis(round_trip.as_millis() / 2);
        self.answers.retain(|answer| sample.received.since(answer.at) < WINDOW);
        self.answers.push_back(Answer {
            round_trip,
            at: sample.sent + half,
            time,
        });
        let soonest = self.answers.iter().min_by_key(|answer| answer.round_trip);
        soonest.map_or(Advice::Keep, |answer| Advice::Show(answer.time, answer.at))
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
    fn the_beat_that_was_answered_soonest_decides() {
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
        let later = heard(11_500, Some(5), 0);
        let told = time.heard(&later, sample(10_400, 10_500, 11_500));
        assert_eq!(told, show(11_505, 10_450), "after ten seconds it is forgotten");
    }

    #[test]
    fn time_goes_on_in_a_new_epoch() {
        let mut time = ClusterTime::default();
        assert_eq!(time.heard(&heard(500, None, 0), sample(0, 10, 1000)), moved(None, 500));
        assert_eq!(
            time.heard(&heard(500, None, 9000), sample(0, 10, 1000)),
            moved(None, 8500),
            "another node was further"
        );
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
        assert_eq!(told, moved(Some(0), 1255 - 1250 - hour), "nobody has seen that hour");
        let told = known().heard(&heard(1250 + hour, Some(0), 1240 + hour), sample(250, 260, 1255));
        assert!(matches!(told, Advice::Show(..)), "the others have: {told:?}");
        let told = known().heard(&heard(1450, Some(0), 1000), sample(250, 260, 1255));
        assert!(matches!(told, Advice::Show(..)), "a small step: {told:?}");
        let told = known().heard(&heard(1250 - hour, Some(0), 1250), sample(250, 260, 1255));
        assert_eq!(told, moved(Some(0), 1255 - 1250 + hour), "time never runs back");
        let told = known().heard(&heard(1100, Some(0), 1250), sample(250, 260, 1255));
        assert!(matches!(told, Advice::Show(..)), "a little it does, slowly: {told:?}");
        let told = known().heard(&heard(1250, Some(0), 1250), sample(250, 2260, 3255));
        assert!(matches!(told, Advice::Show(..)), "a late answer is no step: {told:?}");
    }
}
