//! What clients saw, and what of it must not be. It knows no store, no lease and no table: only when somebody asked, when they were
//! answered, and what.

use std::collections::BTreeMap;

use nightlatch_core::session::EndReason;
use nightlatch_store::token::Handle;

use super::policies::{Changes, GATING, MAX_AGE, MAX_AWAY};

/// Milliseconds of the world.
pub(crate) type Moment = u64;

/// What the clocks of two nodes may differ by: each knows the time to 250 ms.
const CLOCK: Moment = 500;
/// Within what time a node that reaches the store has told it of activity. One that does not may take it with it.
const TOLD_WITHIN: Moment = 3_000;

/// What the oracle takes for granted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    pub(crate) idle: Moment,
    pub(crate) absolute: Moment,
    /// Within what time an acknowledged end acts everywhere.
    pub(crate) end_bound: Moment,
}

/// One call of a client, from when it was made until it was answered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call {
    pub(crate) node: usize,
    pub(crate) session: usize,
    pub(crate) asked: Moment,
    pub(crate) answered: Moment,
}

/// What an end was asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Meant {
    Token(usize),
    Handle(Handle),
}

/// What it was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answered {
    /// Let in; this was activity.
    Allowed,
    /// Let in to the page behind the gate; this was activity.
    AllowedBehindTheGate,
    /// Asked to authenticate again.
    StepUp,
    /// Ended for this reason.
    Ended(EndReason),
    /// Nobody knows the session.
    Unknown,
    /// The store could not be asked, or did not answer: it may have been activity.
    Failed,
    /// The session goes on, and this was no activity.
    GoesOn,
}

/// What is known of one session.
#[derive(Clone, Debug, Default)]
struct Known {
    handle: Option<Handle>,
    created: Moment,
    answered: Moment,
    /// Acknowledged activity.
    activity: Vec<Call>,
    /// When the latest call was answered that was activity, or may have been.
    latest: Moment,
    /// Calls that are not answered yet, by when they were made.
    under_way: Vec<Moment>,
    /// The earliest acknowledged end: when, and by which node.
    over: Option<(Moment, usize)>,
    /// When somebody first asked for another token in place of this one, answered or not.
    rename_asked: Option<Moment>,
    /// The call that was answered with another token.
    renamed: Option<(Moment, Moment)>,
}

/// Reads the history as it happens.
#[derive(Debug)]
pub(crate) struct Oracle {
    rules: Rules,
    sessions: BTreeMap<usize, Known>,
    pub(crate) policies: Changes,
    /// When somebody first asked for an end, answered or not.
    ends_asked: BTreeMap<Handle, Moment>,
    /// Stretches in which a node did not reach the store well.
    bad: Vec<(usize, Moment, Moment)>,
    /// Stretches that a store knows nothing of which took over at their end.
    lost: Vec<(Moment, Moment)>,
}

/// Activity may have been told to a store that is no more, or not be told because a node believes that it was.
fn may_be_forgotten(lost: &[(Moment, Moment)], activity: &Call) -> bool {
    is_lost(
        lost,
        activity.asked.saturating_sub(TOLD_WITHIN),
        activity.answered + TOLD_WITHIN,
    )
}

fn is_lost(lost: &[(Moment, Moment)], asked: Moment, answered: Moment) -> bool {
    lost.iter().any(|(from, to)| asked <= *to && *from <= answered)
}

impl Oracle {
    pub(crate) fn new(rules: Rules) -> Self {
        Self {
            rules,
            sessions: BTreeMap::new(),
            policies: Changes::default(),
            ends_asked: BTreeMap::new(),
            bad: Vec::new(),
            lost: Vec::new(),
        }
    }

    /// Whether a node reaches the store well from now on.
    pub(crate) fn weather(&mut self, node: usize, good: bool, now: Moment) {
        let open = self
            .bad
            .iter_mut()
            .find(|(of, _, until)| *of == node && *until == Moment::MAX);
        match open {
            Some((_, _, until)) if good => *until = now,
            None if !good => self.bad.push((node, now, Moment::MAX)),
            _ => {}
        }
    }

    pub(crate) fn signed_in(&mut self, call: Call, handle: Handle) {
        let known = Known {
            handle: Some(handle),
            created: call.asked,
            answered: call.answered,
            ..Known::default()
        };
        if !is_lost(&self.lost, call.asked, call.answered) {
            self.sessions.insert(call.session, known);
        }
    }

    pub(crate) fn is_asked(&mut self, call: Call) {
        if let Some(known) = self.sessions.get_mut(&call.session) {
            known.under_way.push(call.asked);
        }
    }

    /// Another token is asked for in place of that of a session.
    pub(crate) fn rename_is_asked_for(&mut self, session: usize, at: Moment) {
        if let Some(known) = self.sessions.get_mut(&session) {
            known.rename_asked.get_or_insert(at);
        }
    }

    /// The session of `before` goes on under another token, and as another one here.
    pub(crate) fn is_renamed(&mut self, before: usize, call: Call, handle: Handle) {
        if let Some(known) = self.sessions.get_mut(&before) {
            known.renamed = Some((call.asked, call.answered));
        }
        self.signed_in(call, handle);
    }

    pub(crate) fn end_is_asked_for(&mut self, handle: Handle, at: Moment) {
        self.ends_asked.entry(handle).or_insert(at);
    }

    /// Under one token, or under all of a handle.
    pub(crate) fn end_is_acknowledged(&mut self, node: usize, meant: Meant, at: Moment) {
        let is_meant = |number: usize, known: &Known| match meant {
            Meant::Token(session) => session == number,
            Meant::Handle(handle) => known.handle == Some(handle),
        };
        for (number, known) in &mut self.sessions {
            if is_meant(*number, known) {
                known.over.get_or_insert((at, node));
            }
        }
    }

    /// Another store has taken over, which knows nothing of what came after `from`: sessions that are not in it are nobody's loss, and
    /// nor is activity. Ends are.
    pub(crate) fn tail_is_lost(&mut self, from: Moment, now: Moment) {
        self.lost.push((from, now));
        self.policies.tail_is_lost(from, now);
        let lost = &self.lost;
        self.sessions
            .retain(|_, known| !is_lost(lost, known.created, known.answered));
        for known in self.sessions.values_mut() {
            known.activity.retain(|activity| !may_be_forgotten(lost, activity));
        }
    }

    /// From when on an acknowledged end acts everywhere. One that the store has forgotten acts as soon as the node that acknowledged it
    /// has told the store once more.
    fn end_acts_from(&self, over: Option<(Moment, usize)>) -> Option<Moment> {
        let (at, node) = over?;
        let forgotten = self
            .lost
            .iter()
            .filter(|(from, to)| at + TOLD_WITHIN >= *from && at <= *to + TOLD_WITHIN);
        let Some(failover) = forgotten.map(|(_, to)| *to).max() else {
            return Some(at + self.rules.end_bound);
        };
        let bad: Vec<_> = self.bad.iter().filter(|(of, ..)| *of == node).collect();
        let is_good = |from: Moment| {
            !bad.iter()
                .any(|(_, since, until)| *since < from + TOLD_WITHIN && from < *until)
        };
        let good_again = bad
            .iter()
            .map(|(_, _, until)| *until)
            .filter(|until| (failover..Moment::MAX).contains(until));
        let told = good_again.chain([failover]).filter(|from| is_good(*from)).min()?;
        Some(told.max(at) + TOLD_WITHIN + self.rules.end_bound)
    }

    /// Whether its token names it for certain, and the store knows it.
    pub(crate) fn can_tell(&self, session: usize) -> bool {
        let known = self.sessions.get(&session);
        known.is_some_and(|known| known.rename_asked.is_none())
    }

    /// Whether it was answered that it is over.
    pub(crate) fn is_over(&self, session: usize) -> bool {
        self.sessions.get(&session).is_some_and(|known| known.over.is_some())
    }

    /// The activity of a session that was acknowledged before `call` was made, and that its node could tell the store of; its sign-in
    /// is the first.
    fn sure(&self, call: Call) -> Vec<Call> {
        let Some(known) = self.sessions.get(&call.session) else {
            return Vec::new();
        };
        let could_tell = |activity: &&Call| {
            let (from, to) = (activity.asked.saturating_sub(TOLD_WITHIN), activity.asked + TOLD_WITHIN);
            let mut bad = self.bad.iter().filter(|(node, ..)| *node == activity.node);
            !bad.any(|(_, since, until)| *since < to && from < *until)
        };
        let sign_in = Call {
            asked: known.created,
            answered: known.answered,
            ..call
        };
        let told = known.activity.iter().filter(|activity| activity.answered <= call.asked);
        std::iter::once(sign_in)
            .chain(told.filter(could_tell).copied())
            .collect()
    }

    /// An error says what must not be.
    pub(crate) fn answered(&mut self, call: Call, answered: Answered) -> Result<(), String> {
        let Rules { idle, absolute, .. } = self.rules;
        let sure = self.sure(call);
        let acts_from = self.end_acts_from(self.sessions.get(&call.session).and_then(|known| known.over));
        let Some(known) = self.sessions.get_mut(&call.session) else {
            return Ok(());
        };
        if let Some(at) = known.under_way.iter().position(|asked| *asked == call.asked) {
            known.under_way.swap_remove(at);
        }
        match answered {
            Answered::GoesOn => Ok(()),
            Answered::Failed => {
                known.latest = known.latest.max(call.answered);
                Ok(())
            }
            Answered::Unknown if known.rename_asked.is_some() => Ok(()),
            Answered::Unknown => Err("a session that was acknowledged is unknown".to_owned()),
            Answered::Allowed | Answered::AllowedBehindTheGate => {
                let gated = answered == Answered::AllowedBehindTheGate;
                let policy = self.policies.certain(call.asked.saturating_sub(CLOCK), call.answered);
                let too_old = known.answered + MAX_AGE + CLOCK < call.asked;
                let bound = (known.latest.max(known.answered) + idle).min(known.answered + absolute) + CLOCK;
                if !may_be_forgotten(&self.lost, &call) {
                    known.activity.push(call);
                }
                known.latest = known.latest.max(call.answered);
                let renamed = known
                    .renamed
                    .filter(|(asked, answered)| !is_lost(&self.lost, *asked, *answered));
                let may_be_active = known.under_way.iter().any(|asked| *asked <= bound);
                match acts_from {
                    _ if renamed.is_some_and(|(_, at)| call.asked >= at + self.rules.end_bound) => {
                        Err("let in by a token that was replaced".to_owned())
                    }
                    Some(from) if call.asked >= from => {
                        Err(format!("let in {} ms after the end was to act", call.asked - from))
                    }
                    _ if gated && policy == Some(GATING) && too_old => {
                        Err("let in behind a gate that is closed".to_owned())
                    }
                    _ if call.asked > bound && !may_be_active => {
                        Err(format!("let in {} ms after its deadline", call.asked - bound))
                    }
                    _ => Ok(()),
                }
            }
            Answered::StepUp => {
                let policy = self
                    .policies
                    .certain(call.asked.saturating_sub(CLOCK), call.answered + CLOCK);
                if policy.is_some_and(|policy| policy != GATING) {
                    return Err("a gate that no policy has".to_owned());
                }
                let old = call.answered + CLOCK >= known.created + MAX_AGE;
                let mut seen: Vec<Moment> = sure.iter().map(|activity| activity.asked).collect();
                seen.push(call.answered);
                seen.sort_unstable();
                let gap = seen.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or(0);
                // What is told late makes an absence longer by the touch interval at most.
                if old || gap + MAX_AWAY / 4 + TOLD_WITHIN >= MAX_AWAY {
                    Ok(())
                } else {
                    Err(format!("away for {gap} ms at most, and asked to authenticate"))
                }
            }
            Answered::Ended(reason) => {
                let active = sure.iter().map(|activity| activity.asked).max();
                let active = active.unwrap_or(known.created);
                let not_before = match reason {
                    EndReason::Idle => active + idle,
                    EndReason::Absolute => known.created + absolute,
                    _ => match known.handle.and_then(|handle| self.ends_asked.get(&handle)).copied() {
                        Some(asked) => asked,
                        None => return Err(format!("ended as {}, which nobody asked for", reason.as_str())),
                    },
                };
                known.over.get_or_insert((call.answered, call.node));
                if call.answered + CLOCK < not_before {
                    let early = not_before - call.answered;
                    return Err(format!("ended as {} {early} ms too early", reason.as_str()));
                }
                Ok(())
            }
        }
    }
}
