//! The course of one chain of sessions: who goes away, what ends meanwhile, who comes back.

use std::sync::Arc;

use super::count::Account;
use super::recording::{Recorded, Stay};
use crate::policy::Policy;
use crate::resolution::Policies;
use crate::session::{DeadlineKind, Deadlines, EndReason, Limits, Session};
use crate::time::{Instant, Span};

/// Late enough for every deadline.
const END_OF_TIME: Instant = Instant::from_millis(i64::MAX);

/// What follows on an absence.
#[derive(Clone, Copy, Debug)]
enum Then {
    /// The person gives a sign again.
    Back(Instant),
    /// The session ends otherwise than at a limit: under any policy.
    Over(Instant),
    /// Nothing is known any more.
    Silence,
}

/// The end or lock at a limit.
#[derive(Clone, Copy, Debug)]
struct Stop {
    at: Instant,
    idle: bool,
}

/// One recorded session while it is gone through.
struct Passage<'a> {
    recorded: &'a Recorded,
    within: Span,
    account: &'a mut Account,
    ended_earlier: bool,
    interrupted: bool,
}

impl<'a> Passage<'a> {
    fn begin(recorded: &'a Recorded, within: Span, account: &'a mut Account) -> Self {
        Self {
            recorded,
            within,
            account,
            ended_earlier: false,
            interrupted: false,
        }
    }

    /// Somebody went away at `since`; `stop` is what a limit did meanwhile.
    fn away(&mut self, since: Instant, then: Then, stop: Option<Stop>) {
        let open_until = match (stop, then) {
            (Some(stop), _) => stop.at,
            (None, Then::Back(at) | Then::Over(at)) => at,
            (None, Then::Silence) => {
                self.account.tally.endless += 1;
                return;
            }
        };
        let away_until = match then {
            Then::Back(at) | Then::Over(at) => at,
            Then::Silence => END_OF_TIME,
        };
        if away_until.since(since) > self.within {
            self.account.absences.push(open_until.since(since));
        }
        if let Some(stop) = stop {
            self.stopped(stop, then);
        }
    }

    fn stopped(&mut self, stop: Stop, then: Then) {
        let tally = &mut self.account.tally;
        self.ended_earlier |= stop.at < self.recorded.lived_until();
        let back = match then {
            Then::Back(at) => Some(at.since(stop.at)),
            Then::Over(_) | Then::Silence => None,
        };
        let soon = u64::from(back.is_some_and(|after| after <= self.within));
        tally.returns += u64::from(back.is_some());
        if stop.idle {
            tally.idle_ends += 1;
            tally.interruptions += soon;
            self.interrupted |= soon > 0;
        } else {
            tally.absolute_ends += 1;
            tally.cut_off += soon;
        }
    }

    fn finish(self) {
        let tally = &mut self.account.tally;
        tally.sessions += 1;
        tally.ended_earlier += u64::from(self.ended_earlier);
        tally.interrupted += u64::from(self.interrupted);
    }
}

/// The course under `policy`. The facts of a chain are all that decides its limits, so they are resolved once.
pub(super) fn follow(chain: &[Recorded], policy: &Policy, within: Span, account: &mut Account) {
    let Some(first) = chain.first() else { return };
    let mut session = sign_in(first, first.begin());
    let limits = session.limits(&Policies {
        own: policy,
        today: policy,
    });
    let life = Life { policy, limits };
    for (place, recorded) in chain.iter().enumerate() {
        let mut passage = Passage::begin(recorded, within, account);
        for (index, stay) in recorded.stays().iter().enumerate() {
            life.stay(&mut session, stay, &mut passage);
            let then = then(chain, place, index);
            let stop = life.stop_before(&session, then);
            passage.away(stay.to, then, stop);
            if let Then::Back(at) = then {
                match stop {
                    Some(_) => session = sign_in(recorded, at),
                    None => session.activity.seen = at,
                }
            }
        }
        passage.finish();
    }
}

/// The course as it was recorded.
pub(super) fn observe(chain: &[Recorded], within: Span, account: &mut Account) {
    for (place, recorded) in chain.iter().enumerate() {
        let mut passage = Passage::begin(recorded, within, account);
        for (index, stay) in recorded.stays().iter().enumerate() {
            let last = index + 1 == recorded.stays().len();
            let end = recorded.end().filter(|end| last && end.is_by_limit());
            let stop = end.map(|end| Stop {
                at: end.at,
                idle: end.reason != EndReason::Absolute,
            });
            passage.away(stay.to, then(chain, place, index), stop);
        }
        passage.finish();
    }
}

/// What follows on a stay of a chain.
fn then(chain: &[Recorded], place: usize, stay: usize) -> Then {
    let recorded = &chain[place];
    if let Some(next) = recorded.stays().get(stay + 1) {
        return Then::Back(next.from);
    }
    match recorded.end() {
        Some(end) if !end.is_by_limit() => Then::Over(end.at),
        _ => chain
            .get(place + 1)
            .map_or(Then::Silence, |next| Then::Back(next.begin())),
    }
}

fn sign_in(recorded: &Recorded, at: Instant) -> Session {
    Session::sign_in(Arc::clone(recorded.facts()), None, at, at)
}

/// What holds for a chain.
struct Life<'a> {
    policy: &'a Policy,
    limits: Limits,
}

impl Life<'_> {
    /// The person is there all the time: nothing but the absolute limit can end the session, and they are back at once.
    fn stay(&self, session: &mut Session, stay: &Stay, passage: &mut Passage<'_>) {
        if stay.from == stay.to {
            return;
        }
        while let Some(at) = self.deadlines(session).absolute.filter(|at| *at <= stay.to) {
            passage.stopped(Stop { at, idle: false }, Then::Back(at));
            *session = sign_in(passage.recorded, at);
        }
        session.activity.seen = stay.to;
    }

    /// The limit that is reached while the person is away, if any.
    fn stop_before(&self, session: &Session, then: Then) -> Option<Stop> {
        let until = match then {
            Then::Back(at) | Then::Over(at) => at,
            Then::Silence => END_OF_TIME,
        };
        let (at, kind) = self.deadlines(session).earliest().filter(|(at, _)| *at <= until)?;
        Some(Stop {
            at,
            idle: kind != DeadlineKind::Absolute,
        })
    }

    fn deadlines(&self, session: &Session) -> Deadlines {
        session.deadlines(session.activity, &self.limits, self.policy)
    }
}
