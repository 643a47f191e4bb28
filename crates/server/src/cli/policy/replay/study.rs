//! Everything that is worked out, before it is shown in one way or another.

use nightlatch_core::duration::Limit;
use nightlatch_core::replay::{Replay, Tally, observe, replay};
use nightlatch_core::time::Span;

use super::candidate::{self, Candidate};
use super::input::Input;
use super::progress::Progress;

/// The limits between which the curve is drawn, in minutes; the candidates' own are added.
const SWEEP: [u64; 12] = [1, 2, 5, 10, 15, 20, 30, 45, 60, 90, 120, 240];

#[derive(Debug)]
pub(super) struct Study {
    pub(super) input: Input,
    pub(super) within: Span,
    /// What happened, where the recording knows any end.
    pub(super) recorded: Option<Replay>,
    /// Today's policy, if it is given.
    pub(super) current: Option<Outcome>,
    /// Strictest first.
    pub(super) candidates: Vec<Outcome>,
    pub(super) sweep: Vec<Point>,
}

/// A policy and what it would have done.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) candidate: Candidate,
    pub(super) replay: Replay,
}

/// One idle limit for everybody.
#[derive(Clone, Copy, Debug)]
pub(super) struct Point {
    pub(super) idle: Span,
    pub(super) tally: Tally,
}

impl Study {
    /// What is compared with each other: what happened, today's policy, the candidates.
    pub(super) fn rows(&self) -> impl Iterator<Item = (&str, &Replay)> {
        let recorded = self.recorded.iter().map(|replay| ("as recorded", replay));
        let policies = self.current.iter().chain(&self.candidates);
        recorded.chain(policies.map(|outcome| (outcome.candidate.name.as_str(), &outcome.replay)))
    }
}

/// `absolute` holds for the whole sweep.
pub(super) fn study(
    input: Input,
    current: Option<Candidate>,
    mut candidates: Vec<Candidate>,
    absolute: Limit,
    within: Span,
    progress: &Progress,
) -> Study {
    candidates.sort_by_key(|candidate| candidate.policy.idle);
    let mut limits: Vec<Span> = SWEEP.iter().map(|minutes| Span::from_secs(minutes * 60)).collect();
    limits.extend(candidates.iter().filter_map(|candidate| candidate.policy.idle.span()));
    limits.sort_unstable();
    limits.dedup();
    let all = limits.len() + candidates.len() + usize::from(current.is_some());
    let mut done = 0;
    let mut run = |candidate: Candidate| {
        progress.policy(done, all);
        done += 1;
        let replay = replay(&input.recording, &candidate.policy, within);
        Outcome { candidate, replay }
    };
    let current = current.map(&mut run);
    let candidates: Vec<Outcome> = candidates.into_iter().map(&mut run).collect();
    let sweep = limits
        .into_iter()
        .filter_map(|idle| {
            let everybody = candidate::of_limits(Limit::after(idle), absolute).ok()?;
            let tally = run(everybody).replay.all;
            Some(Point { idle, tally })
        })
        .collect();
    progress.finish();
    let recorded = (input.ended > 0).then(|| observe(&input.recording, within));
    Study {
        input,
        within,
        recorded,
        current,
        candidates,
        sweep,
    }
}
