//! The policies of the world, and which of them was in force when, as far as clients can tell.

/// Milliseconds of the world.
pub(crate) type Moment = u64;

/// One that gates nothing, and one with a gate on [`GATED`] and a shorter limit.
pub(crate) const POLICIES: [&str; 2] = [
    r#"{"idle": "12s", "absolute": "2m", "warn_before": "2s", "absent": "8s", "choice": {"allow": ["20s", "30s"]},
        "applications": {"locking": {"on_idle": "lock"}, "crowded": {"max_sessions": 2}}, "on_max_sessions": "end-oldest"}"#,
    r#"{"idle": "10s", "absolute": "2m", "warn_before": "2s", "absent": "8s", "choice": {"allow": ["20s", "30s"]},
        "applications": {"locking": {"on_idle": "lock"}, "crowded": {"max_sessions": 2}}, "on_max_sessions": "end-oldest",
        "gates": [{"match": {"path": "/gated"}, "max_away": "6s", "max_age": "30s"}]}"#,
];
pub(crate) const IDLE: Moment = 12_000;
/// The shorter limit.
pub(crate) const SHORT_IDLE: Moment = 10_000;
/// What people may choose instead.
pub(crate) const CHOICES: [Moment; 2] = [20_000, 30_000];
pub(crate) const ABSOLUTE: Moment = 120_000;
/// How long a session lasts that has lost its last tab.
pub(crate) const ABSENT: Moment = 8_000;
pub(crate) const MAX_SESSIONS: u64 = 2;
/// The page behind the gate.
pub(crate) const GATED: &str = "/gated";
/// The policy that has it.
pub(crate) const GATING: usize = 1;
pub(crate) const MAX_AWAY: Moment = 6_000;
pub(crate) const MAX_AGE: Moment = 30_000;

/// How long after the last word of what was not acknowledged it may still be done.
const LATE: Moment = 8_000;

/// Something that was asked for, from then until it was answered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<T> {
    pub(crate) what: T,
    pub(crate) asked: Moment,
    /// [`Moment::MAX`] until it is.
    pub(crate) answered: Moment,
    pub(crate) acknowledged: bool,
}

impl<T> Wanted<T> {
    pub(crate) fn now(what: T, asked: Moment) -> Self {
        Self {
            what,
            asked,
            answered: Moment::MAX,
            acknowledged: false,
        }
    }

    pub(crate) fn is_answered(&mut self, acknowledged: bool, at: Moment) {
        (self.answered, self.acknowledged) = (at, acknowledged);
    }

    /// What was acknowledged in a stretch that a store knows nothing of may be forgotten, or not.
    pub(crate) fn doubt(&mut self, is_lost: impl Fn(Moment, Moment) -> bool) {
        self.acknowledged &= !is_lost(self.asked, self.answered);
    }

    /// When it has been done, if it is.
    pub(crate) fn over(&self) -> Moment {
        let late = if self.acknowledged { 0 } else { LATE };
        self.answered.saturating_add(late)
    }
}

/// Whether something that was asked and answered then falls into a stretch that a store knows nothing of.
pub(crate) fn is_lost(lost: &[(Moment, Moment)], asked: Moment, answered: Moment) -> bool {
    lost.iter().any(|(from, to)| asked <= *to && *from <= answered)
}

/// Every change that was asked for.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    /// By the policy that was asked for.
    changes: Vec<Wanted<usize>>,
    /// Stretches that a store knew nothing of which took over at their end.
    lost: Vec<(Moment, Moment)>,
}

impl Changes {
    /// Answers what to name it by when it is answered.
    pub(crate) fn is_asked_for(&mut self, to: usize, asked: Moment) -> usize {
        self.changes.push(Wanted::now(to, asked));
        self.changes.len() - 1
    }

    pub(crate) fn is_answered(&mut self, change: usize, acknowledged: bool, at: Moment) {
        self.changes[change].is_answered(acknowledged, at);
        self.doubt_the_lost();
    }

    /// A change that was under way then may be forgotten, or not.
    pub(crate) fn tail_is_lost(&mut self, from: Moment, now: Moment) {
        self.lost.push((from, now));
        self.doubt_the_lost();
    }

    fn doubt_the_lost(&mut self) {
        for change in &mut self.changes {
            change.doubt(|asked, answered| is_lost(&self.lost, asked, answered));
        }
    }

    /// The policy that certainly was in force all the time from `from` to `to`.
    pub(crate) fn certain(&self, from: Moment, to: Moment) -> Option<usize> {
        let settled = |change: &&Wanted<usize>| change.acknowledged && change.answered <= from;
        let last = self.changes.iter().filter(settled).max_by_key(|change| change.answered);
        let (policy, since) = last.map_or((0, 0), |change| (change.what, change.asked));
        let mut others = self
            .changes
            .iter()
            .filter(|change| change.asked <= to && change.over() >= since);
        others.all(|change| change.what == policy).then_some(policy)
    }
}
