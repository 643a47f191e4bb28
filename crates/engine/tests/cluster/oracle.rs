//! What clients saw, and what of it must not be. It knows no store, no lease and no table: only when somebody asked, when they were
//! answered, and what.

use std::collections::BTreeMap;

use nightlatch_core::session::EndReason;
use nightlatch_store::token::Handle;

use super::known::{Call, Kind, Known, Over, Wish};
use super::policies::{ABSENT, ABSOLUTE, Changes, GATING, MAX_AGE, MAX_AWAY, Moment, SHORT_IDLE, is_lost};

/// Within what time an acknowledged end acts everywhere.
pub(crate) const END_BOUND: Moment = 1_000;
/// What the clocks of two nodes may differ by: each knows the time to 250 ms.
pub(crate) const CLOCK: Moment = 500;
/// Within what time a node that reaches the store has told it of activity. One that does not may take it with it.
const TOLD_WITHIN: Moment = 3_000;
/// What is told late makes an absence longer: by the touch interval, and by what a flush takes.
const ABSENT_LONGER: Moment = 2_000;

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
    /// Locked.
    Locked,
    /// Nobody knows the session.
    Unknown,
    /// The store could not be asked, or did not answer: it may have been activity.
    Failed,
    /// The session goes on, and this was no activity.
    GoesOn,
    /// Nothing that says anything.
    Nothing,
}

/// Reads the history as it happens.
#[derive(Debug)]
pub(crate) struct Oracle {
    sessions: BTreeMap<usize, Known>,
    pub(crate) policies: Changes,
    /// When somebody first asked for an end, answered or not.
    ends_asked: BTreeMap<Handle, Moment>,
    /// Stretches in which a node did not reach the store well.
    bad: Vec<(usize, Moment, Moment)>,
    /// Stretches that a store knows nothing of which took over at their end.
    lost: Vec<(Moment, Moment)>,
    /// The processes that vanished, by node, and when.
    gone: Vec<(usize, Moment)>,
}

/// Activity may have been told to a store that is no more, or not be told because a node believes that it was.
fn may_be_forgotten(lost: &[(Moment, Moment)], activity: &Call) -> bool {
    is_lost(
        lost,
        activity.asked.saturating_sub(TOLD_WITHIN),
        activity.answered + TOLD_WITHIN,
    )
}

/// An end that was told late may have been done long before.
fn end_is_lost(lost: &[(Moment, Moment)], over: Over) -> bool {
    is_lost(lost, over.asked.saturating_sub(TOLD_WITHIN), over.at + TOLD_WITHIN)
}

impl Oracle {
    pub(crate) fn new() -> Self {
        Self {
            sessions: BTreeMap::new(),
            policies: Changes::default(),
            ends_asked: BTreeMap::new(),
            bad: Vec::new(),
            lost: Vec::new(),
            gone: Vec::new(),
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

    /// A process takes with it what it has not told the store of activity, and the ends that it knew.
    pub(crate) fn node_is_gone(&mut self, node: usize, now: Moment) {
        self.weather(node, true, now);
        self.bad.push((node, now.saturating_sub(TOLD_WITHIN), now));
        self.gone.push((node, now));
        self.forget_what_nobody_knows();
    }

    /// An end that the store has forgotten may be lost for good, where the process is gone that acknowledged it.
    fn forget_what_nobody_knows(&mut self) {
        let (lost, gone) = (&self.lost, &self.gone);
        self.sessions.retain(|_, known| {
            let Some(over) = known.over else { return true };
            let is_gone = gone.iter().any(|(of, when)| *of == over.node && *when >= over.at);
            !(is_gone && end_is_lost(lost, over))
        });
    }

    pub(crate) fn signed_in(&mut self, call: Call, kind: Kind, handle: Handle) {
        let known = Known::signed_in(kind, handle, call);
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
    pub(crate) fn is_renamed(&mut self, before: usize, call: Call, kind: Kind, handle: Handle) {
        self.signed_in(call, kind, handle);
        let Some(known) = self.sessions.get_mut(&before) else {
            // What it was told nobody knows any more.
            self.sessions.remove(&call.session);
            return;
        };
        known.renamed = Some((call.asked, call.answered));
        let known = known.clone();
        if let Some(renamed) = self.sessions.get_mut(&call.session) {
            renamed.goes_on_from(&known);
        }
    }

    /// Answers what to name the wish by when it is answered.
    pub(crate) fn is_wished(&mut self, session: usize, wish: Wish, asked: Moment) -> Option<usize> {
        self.sessions
            .get_mut(&session)
            .map(|known| known.is_wished(wish, asked))
    }

    pub(crate) fn wish_is_answered(&mut self, call: Call, wish: Option<usize>, acknowledged: bool) {
        let kept = acknowledged && !is_lost(&self.lost, call.asked, call.answered);
        if let Some((known, wish)) = self.sessions.get_mut(&call.session).zip(wish) {
            known.is_answered(wish, kept, call.answered);
        }
    }

    pub(crate) fn end_is_asked_for(&mut self, handle: Handle, at: Moment) {
        self.ends_asked.entry(handle).or_insert(at);
    }

    /// Under one token, or under all of a handle.
    pub(crate) fn end_is_acknowledged(&mut self, node: usize, meant: Meant, asked: Moment, at: Moment) {
        let is_meant = |number: usize, known: &Known| match meant {
            Meant::Token(session) => session == number,
            Meant::Handle(handle) => known.handle == Some(handle),
        };
        for (number, known) in &mut self.sessions {
            if is_meant(*number, known) {
                known.over.get_or_insert(Over { asked, at, node });
                known.final_at.entry(node).or_insert(at);
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
            known.doubt_wishes(|asked, answered| is_lost(lost, asked, answered));
            known.locked = known.locked.filter(|at| *at < from);
        }
        self.forget_what_nobody_knows();
    }

    /// From when on an acknowledged end acts everywhere. One that the store has forgotten acts as soon as the node that acknowledged it
    /// has told the store once more.
    fn end_acts_from(&self, over: Option<Over>) -> Option<Moment> {
        let over = over?;
        let Over { at, node, .. } = over;
        let forgotten = self.lost.iter().filter(|lost| end_is_lost(&[**lost], over));
        let Some(failover) = forgotten.map(|(_, to)| *to).max() else {
            return Some(at + END_BOUND);
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
        Some(told.max(at) + TOLD_WITHIN + END_BOUND)
    }

    /// A stream of a node that reaches the store well is told in time of an end that was acknowledged.
    pub(crate) fn stream_is_told(
        &self,
        node: usize,
        session: usize,
        opened: Moment,
        now: Moment,
    ) -> Result<(), String> {
        let over = self.sessions.get(&session).and_then(|known| known.over);
        let Some(acts_from) = self.end_acts_from(over) else {
            return Ok(());
        };
        let due = acts_from.max(opened + END_BOUND);
        let from = due.saturating_sub(END_BOUND + TOLD_WITHIN);
        let mut bad = self.bad.iter().filter(|(of, ..)| *of == node);
        let is_bad = bad.any(|(_, since, until)| *since <= now && from <= *until);
        if is_bad || is_lost(&self.lost, from, now) || now <= due {
            return Ok(());
        }
        Err(format!("a stream was told {} ms after the end was to act", now - due))
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
        let Some(known) = self.sessions.get_mut(&call.session) else {
            return Ok(());
        };
        if let Some(at) = known.under_way.iter().position(|asked| *asked == call.asked) {
            known.under_way.swap_remove(at);
        }
        match answered {
            Answered::Nothing => Ok(()),
            Answered::Failed => {
                known.latest = known.latest.max(call.answered);
                Ok(())
            }
            Answered::Unknown if known.rename_asked.is_some() => Ok(()),
            Answered::Unknown => Err("a session that was acknowledged is unknown".to_owned()),
            Answered::GoesOn => self.may_go_on(call),
            Answered::Allowed | Answered::AllowedBehindTheGate => {
                let may = self.may_go_on(call);
                if let Some(known) = self.sessions.get_mut(&call.session) {
                    if !may_be_forgotten(&self.lost, &call) {
                        known.activity.push(call);
                    }
                    known.latest = known.latest.max(call.answered);
                }
                may?;
                if answered == Answered::AllowedBehindTheGate {
                    self.may_pass_the_gate(call)?;
                }
                Ok(())
            }
            Answered::StepUp => self.may_be_asked_to_authenticate(call),
            Answered::Locked => {
                let lost = is_lost(&self.lost, call.asked, call.answered);
                known.locked = known.locked.or_else(|| (!lost).then_some(call.answered));
                if known.kind != Kind::Locking {
                    return Err("locked, where sessions end".to_owned());
                }
                not_before(call, "locked", self.idles_out_at(call))
            }
            Answered::Ended(reason) => {
                known.over.get_or_insert(Over {
                    asked: call.asked,
                    at: call.answered,
                    node: call.node,
                });
                known.final_at.entry(call.node).or_insert(call.answered);
                self.may_have_ended(call, reason)
            }
        }
    }

    /// Nobody is let in whose session is over, and nobody is told that it goes on.
    fn may_go_on(&self, call: Call) -> Result<(), String> {
        let Some(known) = self.sessions.get(&call.session) else {
            return Ok(());
        };
        // What was read under the last lease may be as old as that.
        let from = call.asked.saturating_sub(END_BOUND + CLOCK);
        let (_, idle) = known.idle(from, call.answered);
        let latest = known.latest.max(known.answered);
        let idles_out = latest.max(known.perhaps_held_until(call.answered)).saturating_add(idle);
        let left = known.surely_left_at(from).map(|left| left.max(latest) + ABSENT);
        let bound = idles_out
            .min(known.answered + ABSOLUTE)
            .min(left.unwrap_or(Moment::MAX))
            + CLOCK;
        let may_be_active = known.under_way.iter().any(|asked| *asked <= bound);
        let renamed = known
            .renamed
            .filter(|(asked, answered)| !is_lost(&self.lost, *asked, *answered));
        match self.end_acts_from(known.over) {
            _ if known.final_at.get(&call.node).is_some_and(|at| *at <= call.asked) => {
                Err("let in by a node that has said that it is over".to_owned())
            }
            _ if renamed.is_some_and(|(_, at)| call.asked >= at + END_BOUND) => {
                Err("let in by a token that was replaced".to_owned())
            }
            _ if known.locked.is_some_and(|at| call.asked >= at + END_BOUND) => {
                Err("let in after it was locked".to_owned())
            }
            Some(from) if call.asked >= from => {
                Err(format!("let in {} ms after the end was to act", call.asked - from))
            }
            _ if call.asked > bound && !may_be_active => {
                Err(format!("let in {} ms after its deadline", call.asked - bound))
            }
            _ => Ok(()),
        }
    }

    fn may_pass_the_gate(&self, call: Call) -> Result<(), String> {
        let policy = self.policies.certain(call.asked.saturating_sub(CLOCK), call.answered);
        let known = self.sessions.get(&call.session);
        let too_old = known.is_some_and(|known| known.answered + MAX_AGE + CLOCK < call.asked);
        if policy == Some(GATING) && too_old {
            return Err("let in behind a gate that is closed".to_owned());
        }
        Ok(())
    }

    fn may_be_asked_to_authenticate(&self, call: Call) -> Result<(), String> {
        let Some(known) = self.sessions.get(&call.session) else {
            return Ok(());
        };
        let from = call.asked.saturating_sub(CLOCK);
        let policy = self.policies.certain(from, call.answered + CLOCK);
        if policy.is_some_and(|policy| policy != GATING) {
            return Err("a gate that no policy has".to_owned());
        }
        let old = call.answered + CLOCK >= known.created + MAX_AGE;
        let mut seen: Vec<Moment> = self.sure(call).iter().map(|activity| activity.asked).collect();
        seen.push(call.answered);
        seen.sort_unstable();
        let gap = seen.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or(0);
        // Where a hold ends or begins an absence is not looked at.
        if old || known.may_have_been_held() || gap + ABSENT_LONGER >= MAX_AWAY {
            Ok(())
        } else {
            Err(format!("away for {gap} ms at most, and asked to authenticate"))
        }
    }

    fn may_have_ended(&self, call: Call, reason: EndReason) -> Result<(), String> {
        let Some(known) = self.sessions.get(&call.session) else {
            return Ok(());
        };
        let earliest = match reason {
            EndReason::Idle if known.kind == Kind::Locking => return Err("ended, where sessions lock".to_owned()),
            EndReason::Idle => self.idles_out_at(call),
            EndReason::Absolute => known.created + ABSOLUTE,
            EndReason::Disconnected => match known.left_at_the_earliest(call.asked, call.answered) {
                Some(left) => left.max(self.surely_active_at(call)) + ABSENT,
                None => return Err("ended for want of tabs, while one was open".to_owned()),
            },
            reason if !known.has_to_be_asked_for(reason) => return Ok(()),
            reason => match known.handle.and_then(|handle| self.ends_asked.get(&handle)).copied() {
                Some(asked) => asked,
                None => return Err(format!("ended as {}, which nobody asked for", reason.as_str())),
            },
        };
        not_before(call, &format!("ended as {}", reason.as_str()), earliest)
    }

    /// The earliest moment at which it may idle out, by what was acknowledged before it was asked.
    fn idles_out_at(&self, call: Call) -> Moment {
        let Some(known) = self.sessions.get(&call.session) else {
            return 0;
        };
        let held = known.surely_held_until(call.asked, call.answered);
        let active = self.surely_active_at(call).max(held);
        let (idle, _) = known.idle(call.asked, call.answered);
        // It keeps the policy that it began under; another one may make its limit shorter while that is reached.
        let signed_in = self
            .policies
            .certain(known.created.saturating_sub(CLOCK), known.answered);
        let since = self
            .policies
            .certain((active + SHORT_IDLE).saturating_sub(CLOCK), call.answered + CLOCK);
        let is_short = |policy: Option<usize>| policy.is_none_or(|policy| policy == GATING);
        let short = is_short(signed_in) || is_short(since);
        active + if short { idle.min(SHORT_IDLE) } else { idle }
    }

    fn surely_active_at(&self, call: Call) -> Moment {
        let active = self.sure(call).iter().map(|activity| activity.asked).max();
        active.unwrap_or(0)
    }
}

fn not_before(call: Call, what: &str, earliest: Moment) -> Result<(), String> {
    let early = earliest.saturating_sub(call.answered + CLOCK);
    if early > 0 {
        return Err(format!("{what} {early} ms too early"));
    }
    Ok(())
}
