//! The policies in force: today's, and every earlier one that a live session may have signed in under.
//!
//! Where several nodes share a store a policy is dated ahead: all of them know it before it acts, and it acts on all at the same
//! instant. Until then it waits here. Whoever decides reads the clock first, which puts in force what is due
//! ([`InForce::come_into_force`]), and then loads; so nobody decides at an instant by a policy that was replaced before it.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use nightlatch_core::policy::{Policy, PolicyDocument};
use nightlatch_core::resolution::Policies;
use nightlatch_core::session::{Activity, Occurrence, Session};
use nightlatch_core::time::Instant;

use nightlatch_store::{PolicyRevision, Revision, Revisions, StoreError};

/// Read on every check without a lock; changed as a whole.
#[derive(Debug)]
pub(crate) struct InForce {
    current: ArcSwap<History>,
    /// Every policy that is known, also those to come.
    known: Mutex<Arc<History>>,
    /// When the next one comes into force, in milliseconds.
    next: AtomicI64,
}

/// Nothing is to come.
const NEVER: i64 = i64::MAX;

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
    /// The policies that are known, of which those are in force that are by `now`.
    pub(crate) fn new(known: History, now: Instant) -> Self {
        let current = known.first(known.revision_at(now));
        let in_force = Self {
            current: ArcSwap::from_pointee(current),
            known: Mutex::new(Arc::new(known)),
            next: AtomicI64::new(NEVER),
        };
        in_force.note_next(&in_force.known());
        in_force
    }

    pub(crate) fn load(&self) -> arc_swap::Guard<Arc<History>> {
        self.current.load()
    }

    /// The same, to be kept while waiting for the store.
    pub(crate) fn load_full(&self) -> Arc<History> {
        self.current.load_full()
    }

    /// The policies in force up to a revision, as whoever looked then found them.
    pub(crate) fn until(&self, revision: Revision) -> Arc<History> {
        let current = self.load_full();
        if current.revision() <= revision {
            return current;
        }
        Arc::new(current.first(revision))
    }

    /// Every policy that is known, also those to come.
    pub(crate) fn all_known(&self) -> Arc<History> {
        Arc::clone(&self.known())
    }

    /// Takes down what is known now. What was known stays known, whoever comes late with less.
    pub(crate) fn learn(&self, history: History) {
        let mut known = self.known();
        if history.revision() > known.revision() {
            *known = Arc::new(history);
            self.note_next(&known);
        }
    }

    /// Goes by these and no others from now on, whatever was known.
    pub(crate) fn start_over(&self, history: History, now: Instant) {
        let mut known = self.known();
        self.current.store(Arc::new(history.first(history.revision_at(now))));
        *known = Arc::new(history);
        self.note_next(&known);
    }

    /// Puts in force what is due by `now`. True where that was something.
    pub(crate) fn come_into_force(&self, now: Instant) -> bool {
        if now.as_millis() < self.next.load(Ordering::Acquire) {
            return false;
        }
        let known = self.known();
        self.put_in_force(&known, known.revision_at(now))
    }

    /// Puts a revision in force that another node lives by already: its clock is a little ahead.
    pub(crate) fn come_to(&self, revision: Revision) -> bool {
        let known = self.known();
        let until = known.revision().min(revision);
        self.put_in_force(&known, until)
    }

    /// The known ones are held, so that nobody puts fewer in force after this.
    fn put_in_force(&self, known: &MutexGuard<'_, Arc<History>>, until: Revision) -> bool {
        let comes = until > self.current.load().revision();
        if comes {
            self.current.store(Arc::new(known.first(until)));
        }
        self.note_next(known);
        comes
    }

    fn note_next(&self, known: &History) {
        let next = known
            .0
            .get(self.current.load().0.len())
            .map_or(NEVER, |next| next.at.as_millis());
        self.next.store(next, Ordering::Release);
    }

    fn known(&self) -> MutexGuard<'_, Arc<History>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
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

    /// The first so many of them.
    fn first(&self, revision: Revision) -> Self {
        let until = usize::try_from(revision).unwrap_or(usize::MAX).min(self.0.len());
        Self(self.0[..until].to_vec())
    }

    /// Whether it begins with all of another one.
    pub(crate) fn goes_on_from(&self, earlier: &Self) -> bool {
        let mut both = self.0.iter().zip(&earlier.0);
        self.0.len() >= earlier.0.len() && both.all(|(ours, theirs)| ours.at == theirs.at && ours.kept == theirs.kept)
    }

    /// Whether a revision is this policy.
    pub(crate) fn keeps(&self, revision: Revision, document: &PolicyDocument) -> bool {
        revision <= self.revision() && **self.at(revision).kept == *document
    }

    /// Since when the latest is in force.
    pub(crate) fn since(&self) -> Instant {
        self.0[self.0.len() - 1].at
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
        // A store that has forgotten a policy may keep a session that was worked out under it.
        revisions.today = revisions.today.min(self.revision());
        let mut occurrences = Vec::new();
        while revisions.today < self.revision() {
            let next = &self.0[revisions.today as usize];
            occurrences.extend(session.change_policy(&self.policies(*revisions), &next.policy, next.at));
            revisions.today += 1;
        }
        occurrences
    }
}
