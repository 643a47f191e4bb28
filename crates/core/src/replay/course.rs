//! The course of one chain of sessions: who goes away, what ends meanwhile, who comes back.

use std::sync::Arc;

use super::count::Account;
use super::recording::{Recorded, Stay};
use crate::policy::Policy;
use crate::resolution::Policies;
use crate::session::{Activity, EndReason, Event, Occurrence, Session};
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

impl Stop {
    fn of(occurrence: Occurrence) -> Self {
        match occurrence {
            Occurrence::Locked { at } => Self { at, idle: true },
            Occurrence::Ended { at, reason } => Self {
                at,
                idle: reason != EndReason::Absolute,
            },
        }
    }
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

/// The course under `policy`.
pub(super) fn follow(chain: &[Recorded], policy: &Policy, within: Span, account: &mut Account) {
    let policies = Policies {
        own: policy,
        today: policy,
    };
    let mut open: Option<Session> = None;
    for (place, recorded) in chain.iter().enumerate() {
        let mut passage = Passage::begin(recorded, within, account);
        for (index, stay) in recorded.stays().iter().enumerate() {
            let session = open.take().unwrap_or_else(|| sign_in(recorded, stay.from));
            let session = stay_on(session, &policies, stay, &mut passage);
            let then = then(chain, place, index);
            open = leave(session, &policies, stay.to, then, &mut passage);
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
            let stop = end.map(|end| {
                Stop::of(Occurrence::Ended {
                    at: end.at,
                    reason: end.reason,
                })
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

/// The person is there all the time: nothing but the absolute limit can end the session, and they are back at once.
fn stay_on(mut session: Session, policies: &Policies<'_>, stay: &Stay, passage: &mut Passage<'_>) -> Session {
    if stay.from == stay.to {
        return session;
    }
    while let Some(deadline) = absolute_deadline(&session, policies).filter(|deadline| *deadline <= stay.to) {
        let stop = Stop {
            at: deadline,
            idle: false,
        };
        passage.stopped(stop, Then::Back(deadline));
        session = sign_in(passage.recorded, deadline);
    }
    session.activity = Activity {
        seen: stay.to,
        ..session.activity
    };
    session
}

fn absolute_deadline(session: &Session, policies: &Policies<'_>) -> Option<Instant> {
    let limits = session.limits(policies);
    session.deadlines(session.activity, &limits, policies.today).absolute
}

/// The person goes away at `since`. The session as they find it when they are back, if it is still open.
fn leave(
    mut session: Session,
    policies: &Policies<'_>,
    since: Instant,
    then: Then,
    passage: &mut Passage<'_>,
) -> Option<Session> {
    let due = match then {
        Then::Back(at) => session.apply(policies, &Event::Extend, at).before,
        Then::Over(at) => session.expire(policies, at),
        Then::Silence => session.expire(policies, END_OF_TIME),
    };
    let stop = due.first().copied().map(Stop::of);
    passage.away(since, then, stop);
    stop.is_none().then_some(session)
}
