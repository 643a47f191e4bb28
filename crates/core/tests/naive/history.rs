//! Everything that took effect, and every question answered by reading it from the start.

use super::duration::OFF;
use super::holds::hold_ends;
use super::path::Segments;
use super::policy::{Absent, Outcome, Policy};
use super::session::Session;
use super::{Ms, resolve};
use std::collections::BTreeMap;
use std::rc::Rc;

#[derive(Clone, Debug)]
pub(crate) enum Fact {
    Authenticated,
    /// Activity, dated by itself: a report may come after what it reports.
    Activity {
        at: Ms,
    },
    /// A request that was activity.
    Visited {
        path: Segments,
    },
    HoldStarted {
        id: String,
        requested_end: Ms,
    },
    Released {
        id: String,
    },
    TabOpened {
        tab: String,
        path: Segments,
    },
    TabClosed {
        tab: String,
    },
    Chosen {
        idle: Ms,
    },
    /// The bound that was told, or lifted.
    Bounded {
        not_after: Option<Ms>,
    },
    PolicySet(Rc<Policy>),
    Locked,
    Ended {
        reason: String,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Absolute,
    Idle,
    Disconnected,
}

/// The facts so far with the instant each became one.
pub(crate) type Facts = [(Ms, Fact)];

pub(crate) fn authenticated(facts: &Facts) -> Ms {
    let found = facts.iter().rev().find(|(_, fact)| matches!(fact, Fact::Authenticated));
    found.expect("every history starts with a sign-in").0
}

pub(crate) fn seen(facts: &Facts) -> Ms {
    let activity = facts.iter().filter_map(|(at, fact)| match fact {
        Fact::Authenticated => Some(*at),
        Fact::Activity { at } => Some(*at),
        _ => None,
    });
    activity.max().expect("every history starts with a sign-in")
}

pub(crate) fn today(facts: &Facts) -> &Policy {
    let last = facts.iter().rev().find_map(|(_, fact)| match fact {
        Fact::PolicySet(policy) => Some(policy),
        _ => None,
    });
    last.expect("every history starts with a policy")
}

/// The policy of the last authentication.
fn own(facts: &Facts) -> &Policy {
    let last = facts.iter().rposition(|(_, fact)| matches!(fact, Fact::Authenticated));
    today(&facts[..last.expect("every history starts with a sign-in")])
}

fn choice(facts: &Facts, session: &Session) -> Option<Ms> {
    let chosen = facts.iter().rev().find_map(|(_, fact)| match fact {
        Fact::Chosen { idle } => Some(*idle),
        _ => None,
    });
    chosen.or(session.choice)
}

pub(crate) fn ended(facts: &Facts) -> Option<&str> {
    facts.iter().find_map(|(_, fact)| match fact {
        Fact::Ended { reason } => Some(reason.as_str()),
        _ => None,
    })
}

pub(crate) fn locked(facts: &Facts) -> bool {
    let last = facts
        .iter()
        .rfind(|(_, fact)| matches!(fact, Fact::Locked | Fact::Authenticated));
    matches!(last, Some((_, Fact::Locked)))
}

pub(crate) fn open_tabs(facts: &Facts) -> BTreeMap<&str, &Segments> {
    let mut open = BTreeMap::new();
    for (_, fact) in facts {
        match fact {
            Fact::TabOpened { tab, path } => drop(open.insert(tab.as_str(), path)),
            Fact::TabClosed { tab } => drop(open.remove(tab.as_str())),
            _ => {}
        }
    }
    open
}

/// The paths that have a say; one "no path" before anything is known.
fn surface(facts: &Facts) -> Vec<Option<&Segments>> {
    let open = open_tabs(facts);
    if !open.is_empty() {
        return open.into_values().map(Some).collect();
    }
    let last = (0..facts.len()).rev().find_map(|index| match &facts[index].1 {
        Fact::TabClosed { tab } => open_tabs(&facts[..index]).get(tab.as_str()).copied(),
        Fact::Visited { path } if open_tabs(&facts[..index]).is_empty() => Some(path),
        _ => None,
    });
    vec![last]
}

/// A tab was open, and none is now.
fn abandoned(facts: &Facts) -> bool {
    facts.iter().any(|(_, fact)| matches!(fact, Fact::TabOpened { .. })) && open_tabs(facts).is_empty()
}

fn paused(facts: &Facts) -> bool {
    abandoned(facts) && today(facts).absent == Absent::Pause
}

/// How much of the time between two instants the idle clock stood still.
fn paused_between(facts: &Facts, from: Ms, to: Ms) -> Ms {
    let stretch = |count: usize| {
        let start = facts[count - 1].0;
        let end = facts.get(count).map_or(to, |(at, _)| *at);
        if paused(&facts[..count]) {
            (end.min(to) - start.max(from)).max(0)
        } else {
            0
        }
    };
    (1..=facts.len()).map(stretch).sum()
}

/// The last activity or the end of the latest hold, whichever is later; ahead of now while a hold runs.
fn covered_until(facts: &Facts) -> Ms {
    hold_ends(facts).into_iter().fold(seen(facts), Ms::max)
}

/// The time since the last activity or hold as the idle clock counts it.
pub(crate) fn idle_for(facts: &Facts, now: Ms) -> Ms {
    let from = covered_until(facts);
    now - from - paused_between(facts, from, now)
}

/// The longest absence since authentication, the current one included.
pub(crate) fn longest_absence(facts: &Facts, now: Ms) -> Ms {
    let last = facts.iter().rposition(|(_, fact)| matches!(fact, Fact::Authenticated));
    let past = (last.map_or(0, |last| last + 1)..facts.len()).map(|index| match &facts[index] {
        (_, Fact::Activity { at }) | (at, Fact::HoldStarted { .. }) => at - covered_until(&facts[..index]),
        _ => 0,
    });
    past.chain([now - covered_until(facts), 0]).max().unwrap_or(0)
}

/// The idle limit of one path: the smaller of the session's own policy and today's, today's on a tie.
pub(crate) fn idle_limit(facts: &Facts, session: &Session, path: Option<&Segments>) -> (Ms, Outcome) {
    let given = |policy| resolve::idle(policy, session, choice(facts, session), path);
    let (own, today) = (given(own(facts)), given(today(facts)));
    if own.0 < today.0 { own } else { today }
}

/// The strictest idle over the surface; sign-out sorts before lock.
fn strictest_idle(facts: &Facts, session: &Session) -> (Ms, Outcome) {
    let limits = surface(facts).into_iter().map(|path| idle_limit(facts, session, path));
    limits.min().expect("a surface has at least one entry")
}

/// The instant of the absolute deadline and the reason of an end there.
pub(crate) fn absolute_deadline(facts: &Facts, session: &Session) -> Option<(Ms, &'static str)> {
    let limit = resolve::absolute(own(facts), session).min(resolve::absolute(today(facts), session));
    let ours = (limit != OFF).then(|| (authenticated(facts) + limit, "absolute"));
    let told = facts.iter().rev().find_map(|(_, fact)| match fact {
        Fact::Bounded { not_after } => Some(*not_after),
        _ => None,
    });
    let theirs = told.flatten().map(|at| (at, "upstream"));
    // On a tie ours comes first: "absolute" sorts before "upstream".
    ours.into_iter().chain(theirs).min()
}

/// The idle deadline and its outcome as known now.
pub(crate) fn idle_deadline(facts: &Facts, session: &Session, now: Ms) -> Option<(Ms, Outcome)> {
    let (limit, outcome) = strictest_idle(facts, session);
    let from = covered_until(facts);
    (limit != OFF && !paused(facts)).then(|| (from + paused_between(facts, from, now) + limit, outcome))
}

fn disconnected_deadline(facts: &Facts) -> Option<Ms> {
    let Absent::EndAfter(limit) = today(facts).absent else {
        return None;
    };
    let closed = facts
        .iter()
        .rev()
        .find(|(_, fact)| matches!(fact, Fact::TabClosed { .. }))?
        .0;
    abandoned(facts).then(|| closed.max(seen(facts)) + limit)
}

/// All deadlines that count, with the earliest first and ties in the order in which they decide.
pub(crate) fn deadlines(facts: &Facts, session: &Session, now: Ms) -> Vec<(Ms, Kind)> {
    if ended(facts).is_some() {
        return Vec::new();
    }
    let mut all: Vec<(Ms, Kind)> = absolute_deadline(facts, session)
        .map(|(at, _)| (at, Kind::Absolute))
        .into_iter()
        .collect();
    if !locked(facts) {
        all.extend(idle_deadline(facts, session, now).map(|(at, _)| (at, Kind::Idle)));
        all.extend(disconnected_deadline(facts).map(|at| (at, Kind::Disconnected)));
    }
    all.sort_unstable();
    all
}

/// What a warning would be about, and from when.
pub(crate) fn warning_from(facts: &Facts, session: &Session, now: Ms) -> Option<(Ms, Kind)> {
    let warn_before = today(facts).warn_before;
    if warn_before == 0 || locked(facts) {
        return None;
    }
    let due = deadlines(facts, session, now)
        .into_iter()
        .find(|(_, kind)| *kind != Kind::Disconnected);
    due.map(|(at, kind)| (at - warn_before, kind))
}

/// What the warning is about, where the phase is `warning`.
pub(crate) fn warning(facts: &Facts, session: &Session, now: Ms) -> Option<Kind> {
    warning_from(facts, session, now)
        .filter(|(from, _)| now >= *from)
        .map(|(_, kind)| kind)
}
