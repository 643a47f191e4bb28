//! The policies in force: today's, and every earlier one that a live session may have signed in under.

use std::sync::Arc;

use arc_swap::ArcSwap;
use nightlatch_core::policy::Policy;
use nightlatch_core::resolution::Policies;
use nightlatch_core::session::{Activity, Occurrence, Session};
use nightlatch_core::time::Instant;

use nightlatch_store::{PolicyRevision, Revision, Revisions, StoreError};

/// Read on every check without a lock; changed as a whole.
#[derive(Debug)]
pub(crate) struct InForce(ArcSwap<History>);

/// Every policy by revision; the last is today's. Revisions are counted up from one without gaps.
#[derive(Clone, Debug)]
pub(crate) struct History(Vec<Since>);

#[derive(Clone, Debug)]
struct Since {
    at: Instant,
    /// What sessions live by.
    policy: Arc<Policy>,
    /// What the store keeps; the same but for development.
    kept: Arc<Policy>,
}

impl Since {
    fn new(at: Instant, policy: Policy, development: bool) -> Self {
        let kept = Arc::new(policy);
        let policy = if development {
            Arc::new(Policy::clone(&kept).for_development())
        } else {
            Arc::clone(&kept)
        };
        Self { at, policy, kept }
    }
}

impl InForce {
    pub(crate) fn new(history: History) -> Self {
        Self(ArcSwap::from_pointee(history))
    }

    pub(crate) fn load(&self) -> arc_swap::Guard<Arc<History>> {
        self.0.load()
    }

    pub(crate) fn replace(&self, history: History) {
        self.0.store(Arc::new(history));
    }

    /// The same, to be kept while waiting for the store.
    pub(crate) fn load_full(&self) -> Arc<History> {
        self.0.load_full()
    }
}

impl History {
    /// The policies that the store kept. There is at least one, and none is missing in between.
    pub(crate) fn of(kept: Vec<PolicyRevision>, development: bool) -> Result<Self, StoreError> {
        let mut revisions = Vec::with_capacity(kept.len());
        for PolicyRevision {
            revision,
            since,
            document,
            ..
        } in kept
        {
            let in_order = usize::try_from(revision).is_ok_and(|number| number == revisions.len() + 1);
            let policy = Policy::new(document).ok().filter(|_| in_order);
            let policy = policy.ok_or_else(|| StoreError::Damaged(format!("policy revision {revision}")))?;
            revisions.push(Since::new(since, policy, development));
        }
        if revisions.is_empty() {
            return Err(StoreError::Damaged("there is no policy".to_owned()));
        }
        Ok(Self(revisions))
    }

    /// The history that goes on with `policy`.
    pub(crate) fn with(&self, policy: Policy, at: Instant) -> Self {
        let next = Since::new(at, policy, self.is_for_development());
        Self(self.0.iter().cloned().chain([next]).collect())
    }

    pub(crate) fn revision(&self) -> Revision {
        Revision::try_from(self.0.len()).unwrap_or(Revision::MAX)
    }

    /// The revision that was in force at an instant; the first before there was any.
    pub(crate) fn revision_at(&self, at: Instant) -> Revision {
        let until = self.0.partition_point(|since| since.at <= at);
        Revision::try_from(until.max(1)).unwrap_or(Revision::MAX)
    }

    /// Today's policy. There always is one: a history begins with the first.
    pub(crate) fn today(&self) -> &Arc<Policy> {
        &self.0[self.0.len() - 1].policy
    }

    /// The policies of a session. A revision nobody knows stands for today's, which is what a new sign-in would get.
    pub(crate) fn policies(&self, revisions: Revisions) -> Policies<'_> {
        Policies {
            own: &self.at(revisions.own).policy,
            today: &self.at(revisions.today).policy,
        }
    }

    /// When a session falls due by what the store keeps: the deadline index serves every process, also one that is not for
    /// development.
    pub(crate) fn due(&self, session: &Session, activity: Activity, revisions: Revisions) -> Option<Instant> {
        let policies = Policies {
            own: &self.at(revisions.own).kept,
            today: &self.at(revisions.today).kept,
        };
        let deadlines = session.deadlines(activity, &session.limits(&policies), policies.today);
        deadlines.earliest().map(|(at, _)| at)
    }

    /// Whether this process lets sessions reach no deadline. The store, and so every other process, knows nothing of it.
    pub(crate) fn is_for_development(&self) -> bool {
        self.today().is_for_development()
    }

    fn at(&self, revision: Revision) -> &Since {
        let index = usize::try_from(revision).ok().and_then(|number| number.checked_sub(1));
        let known = index.and_then(|index| self.0.get(index));
        known.unwrap_or(&self.0[self.0.len() - 1])
    }

    /// Lets a session live through every policy that came into force since its state was last worked out.
    pub(crate) fn catch_up(&self, session: &mut Session, revisions: &mut Revisions) -> Vec<Occurrence> {
        let mut occurrences = Vec::new();
        while revisions.today < self.revision() {
            let next = &self.0[revisions.today as usize];
            occurrences.extend(session.change_policy(&self.policies(*revisions), &next.policy, next.at));
            revisions.today += 1;
        }
        occurrences
    }
}
