//! What is known of sessions that have been: when their people were there, and how they ended.

use std::collections::HashMap;
use std::sync::Arc;

use crate::facts::Facts;
use crate::session::EndReason;
use crate::time::Instant;

/// A time throughout which the person was there. A single sign of them begins and ends at the same instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stay {
    /// The first sign of the person.
    pub from: Instant,
    /// The last sign before the next absence.
    pub to: Instant,
}

impl Stay {
    /// A single sign.
    #[must_use]
    pub const fn at(at: Instant) -> Self {
        Self { from: at, to: at }
    }
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordedEnd {
    /// When.
    pub at: Instant,
    /// Why.
    pub reason: EndReason,
}

impl RecordedEnd {
    /// Whether a limit ended it, so that under another policy the person might have gone on.
    pub(super) fn is_by_limit(self) -> bool {
        match self.reason {
            EndReason::Idle | EndReason::Absolute | EndReason::Disconnected => true,
            EndReason::User | EndReason::Admin | EndReason::Superseded | EndReason::Upstream | EndReason::Account => {
                false
            }
        }
    }
}

/// One session as it was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    person: Option<Arc<str>>,
    facts: Arc<Facts>,
    stays: Vec<Stay>,
    end: Option<RecordedEnd>,
}

impl Recorded {
    /// A session that began with the first of `stays`, which may come in any order. `None` where there is no stay, since
    /// every session begins with one. An end before the last sign is dated there.
    #[must_use]
    pub fn new(
        person: Option<Arc<str>>,
        facts: Arc<Facts>,
        mut stays: Vec<Stay>,
        end: Option<RecordedEnd>,
    ) -> Option<Self> {
        stays.sort_unstable();
        stays.dedup_by(|next, kept| {
            let touches = next.from <= kept.to;
            if touches {
                kept.to = kept.to.max(next.to);
            }
            touches
        });
        let last = stays.last()?.to;
        let end = end.map(|RecordedEnd { at, reason }| RecordedEnd {
            at: at.max(last),
            reason,
        });
        Some(Self {
            person,
            facts,
            stays,
            end,
        })
    }

    /// Application, device and roles.
    #[must_use]
    pub fn facts(&self) -> &Arc<Facts> {
        &self.facts
    }

    /// When the person was there: at least one stay, in order, with an absence between any two.
    #[must_use]
    pub fn stays(&self) -> &[Stay] {
        &self.stays
    }

    /// How it ended, if that was recorded.
    #[must_use]
    pub fn end(&self) -> Option<RecordedEnd> {
        self.end
    }

    /// The sign-in.
    pub(super) fn begin(&self) -> Instant {
        self.stays.first().map_or_else(Instant::default, |stay| stay.from)
    }

    /// Until when the session is known to have lived.
    pub(super) fn lived_until(&self) -> Instant {
        let last = self.stays.last().map_or_else(Instant::default, |stay| stay.to);
        self.end.map_or(last, |end| end.at)
    }
}

/// A chain that the person's next sign-in continues, if it comes after the end.
struct Unfinished {
    chain: usize,
    ended: Instant,
}

/// Recorded sessions, in chains.
///
/// Where a limit ended a session and the same person, with the same application, device and roles, signed in again
/// afterwards, the two are one chain: under a longer limit the first would have gone on.
#[derive(Clone, Debug, Default)]
pub struct Recording {
    chains: Vec<Vec<Recorded>>,
}

impl Recording {
    /// Puts sessions, in any order, into chains.
    #[must_use]
    pub fn new(mut sessions: Vec<Recorded>) -> Self {
        sessions.sort_by_key(Recorded::begin);
        let mut chains: Vec<Vec<Recorded>> = Vec::new();
        let mut unfinished: HashMap<(Arc<str>, Arc<Facts>), Vec<Unfinished>> = HashMap::new();
        for session in sessions {
            let key = session
                .person
                .as_ref()
                .map(|person| (Arc::clone(person), Arc::clone(&session.facts)));
            let Some(key) = key else {
                chains.push(vec![session]);
                continue;
            };
            let open = unfinished.entry(key).or_default();
            let before = open.iter().position(|chain| chain.ended <= session.begin());
            let chain = before.map_or(chains.len(), |place| open.swap_remove(place).chain);
            if let Some(end) = session.end.filter(|end| end.is_by_limit()) {
                open.push(Unfinished { chain, ended: end.at });
            }
            match chains.get_mut(chain) {
                Some(chain) => chain.push(session),
                None => chains.push(vec![session]),
            }
        }
        Self { chains }
    }

    /// Every session, chain by chain.
    pub fn sessions(&self) -> impl Iterator<Item = &Recorded> {
        self.chains.iter().flatten()
    }

    /// Never empty, all with the same facts, in order; only the last may have ended otherwise than at a limit.
    pub(super) fn chains(&self) -> impl Iterator<Item = &[Recorded]> {
        self.chains.iter().map(Vec::as_slice)
    }
}
