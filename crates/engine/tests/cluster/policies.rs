//! The policies of the world, and which of them was in force when, as far as clients can tell.

use super::oracle::Moment;

/// One that gates nothing, and one with a gate on [`GATED`].
pub(crate) const POLICIES: [&str; 2] = [
    r#"{"idle": "12s", "absolute": "2m", "warn_before": "2s"}"#,
    r#"{"idle": "12s", "absolute": "2m", "warn_before": "2s",
        "gates": [{"match": {"path": "/gated"}, "max_away": "6s", "max_age": "30s"}]}"#,
];
/// The page behind the gate.
pub(crate) const GATED: &str = "/gated";
/// The policy that has it.
pub(crate) const GATING: usize = 1;
pub(crate) const MAX_AWAY: Moment = 6_000;
pub(crate) const MAX_AGE: Moment = 30_000;

/// How long after the last word of a change that was not acknowledged it may still come into force.
const LATE: Moment = 8_000;

/// A change, from when it was asked for until it was answered.
#[derive(Clone, Copy, Debug)]
struct Change {
    to: usize,
    asked: Moment,
    answered: Moment,
    acknowledged: bool,
}

impl Change {
    /// When it has come into force, if it does.
    fn over(&self) -> Moment {
        let late = if self.acknowledged { 0 } else { LATE };
        self.answered.saturating_add(late)
    }
}

/// Every change that was asked for.
#[derive(Debug, Default)]
pub(crate) struct Changes(Vec<Change>);

impl Changes {
    /// Answers what to name it by when it is answered.
    pub(crate) fn is_asked_for(&mut self, to: usize, asked: Moment) -> usize {
        self.0.push(Change {
            to,
            asked,
            answered: Moment::MAX,
            acknowledged: false,
        });
        self.0.len() - 1
    }

    pub(crate) fn is_answered(&mut self, change: usize, acknowledged: bool, at: Moment) {
        let change = &mut self.0[change];
        (change.answered, change.acknowledged) = (at, acknowledged);
    }

    /// The policy that certainly was in force all the time from `from` to `to`.
    pub(crate) fn certain(&self, from: Moment, to: Moment) -> Option<usize> {
        let settled = |change: &&Change| change.acknowledged && change.answered <= from;
        let last = self.0.iter().filter(settled).max_by_key(|change| change.answered);
        let (policy, since) = last.map_or((0, 0), |change| (change.to, change.asked));
        let mut others = self
            .0
            .iter()
            .filter(|change| change.asked <= to && change.over() >= since);
        others.all(|change| change.to == policy).then_some(policy)
    }
}
