//! What is counted: for everybody, for each application and for each role.

use std::collections::BTreeMap;

use super::recording::{Recorded, Recording};
use crate::time::Span;

/// The outcome of a replay.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replay {
    /// Everybody.
    pub all: Tally,
    /// Sessions by application, as far as it is recorded.
    pub applications: BTreeMap<Box<str>, Tally>,
    /// Sessions by role; one with several roles counts for each.
    pub roles: BTreeMap<Box<str>, Tally>,
}

/// The counts of one group of sessions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Recorded sessions.
    pub sessions: u64,
    /// Recorded sessions that a limit would have ended before they did end, or before their last recorded sign.
    pub ended_earlier: u64,
    /// Ends and locks at the idle limit. One recorded session may see several: whoever comes back signs in again.
    pub idle_ends: u64,
    /// Ends at the absolute limit.
    pub absolute_ends: u64,
    /// Idle ends after which the person was back soon.
    pub interruptions: u64,
    /// Recorded sessions with at least one interruption.
    pub interrupted: u64,
    /// Absolute ends after which the person was back soon: they were at work.
    pub cut_off: u64,
    /// Ends of both kinds after which the person came back, however late: so often they sign in again.
    pub returns: u64,
    /// Sessions that no limit ever ends. The absence that never ends is not part of [`Self::unattended`].
    pub endless: u64,
    /// The time for which sessions stood open while their people were away.
    pub unattended: Unattended,
}

/// Time left unattended: from the last sign of a person who went away to the end of the session, or to their return where
/// the session was still open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unattended {
    /// How often somebody went away from an open session.
    pub absences: u64,
    /// The sum over all absences.
    pub total: Span,
    /// Half of the absences are at most this long (nearest rank).
    pub median: Span,
    /// Nine of ten absences are at most this long (nearest rank).
    pub ninetieth: Span,
    /// The longest.
    pub longest: Span,
}

impl Unattended {
    fn of(mut absences: Vec<Span>) -> Self {
        absences.sort_unstable();
        let percentile = |share: usize| {
            let rank = (absences.len() * share).div_ceil(100).max(1);
            absences.get(rank - 1).copied().unwrap_or_default()
        };
        Self {
            absences: absences.len() as u64,
            total: absences.iter().fold(Span::ZERO, |total, absence| total + *absence),
            median: percentile(50),
            ninetieth: percentile(90),
            longest: percentile(100),
        }
    }
}

/// Counts while it is being counted: the absences are summed up at the end.
#[derive(Clone, Debug, Default)]
pub(super) struct Account {
    pub(super) tally: Tally,
    pub(super) absences: Vec<Span>,
}

impl Account {
    fn add(&mut self, Self { tally: other, absences }: &Self) {
        let Tally {
            sessions,
            ended_earlier,
            idle_ends,
            absolute_ends,
            interruptions,
            interrupted,
            cut_off,
            returns,
            endless,
            unattended: _,
        } = &mut self.tally;
        *sessions += other.sessions;
        *ended_earlier += other.ended_earlier;
        *idle_ends += other.idle_ends;
        *absolute_ends += other.absolute_ends;
        *interruptions += other.interruptions;
        *interrupted += other.interrupted;
        *cut_off += other.cut_off;
        *returns += other.returns;
        *endless += other.endless;
        self.absences.extend(absences);
    }

    fn clear(&mut self) {
        self.tally = Tally::default();
        self.absences.clear();
    }

    fn sum_up(self) -> Tally {
        Tally {
            unattended: Unattended::of(self.absences),
            ..self.tally
        }
    }
}

/// Counts every chain into the groups it belongs to.
pub(super) fn count(recording: &Recording, mut follow: impl FnMut(&[Recorded], &mut Account)) -> Replay {
    let mut all = Account::default();
    let mut applications: BTreeMap<Box<str>, Account> = BTreeMap::new();
    let mut roles: BTreeMap<Box<str>, Account> = BTreeMap::new();
    let mut of_chain = Account::default();
    for chain in recording.chains() {
        of_chain.clear();
        follow(chain, &mut of_chain);
        all.add(&of_chain);
        let Some(facts) = chain.first().map(Recorded::facts) else {
            continue;
        };
        if let Some(name) = &facts.application {
            applications.entry(name.clone()).or_default().add(&of_chain);
        }
        for (place, name) in facts.roles.iter().enumerate() {
            if !facts.roles[..place].contains(name) {
                roles.entry(name.clone()).or_default().add(&of_chain);
            }
        }
    }
    Replay {
        all: all.sum_up(),
        applications: summed_up(applications),
        roles: summed_up(roles),
    }
}

fn summed_up(groups: BTreeMap<Box<str>, Account>) -> BTreeMap<Box<str>, Tally> {
    groups
        .into_iter()
        .map(|(name, account)| (name, account.sum_up()))
        .collect()
}
