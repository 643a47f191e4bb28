//! Changing the policy while sessions live.
//!
//! The change is in the store first, then in force at once: every check that follows decides by it. What is left is to make
//! it visible: to open tabs now, to the deadline index in the background (`reindex`).

use std::sync::Arc;
use std::sync::atomic::Ordering;

use nightlatch_core::duration::Limit;
use nightlatch_core::policy::{Policy, PolicyDocument};
use nightlatch_core::time::{Instant, Span};
use nightlatch_store::audit::{AuditEntry, AuditKind};
use nightlatch_store::{PolicyRevision, Record, Result, Revision, Store, StoreError};

use super::change::ATTEMPTS;
use super::{Engine, Options, Uncancelled};
use crate::in_force::History;

/// What the last touches under a longer interval take until they are in the store.
const LAST_TOUCHES: Span = Span::from_secs(5);

/// Where the policy comes from when the engine opens.
#[derive(Clone, Debug)]
pub enum PolicySource {
    /// It is given, for example by a file; the next revision where the store knows another. Where several nodes share the store
    /// only one that the store never had: a node that starts with an earlier one follows the store.
    Given {
        /// The policy.
        policy: Policy,
        /// Who gives it, for the audit.
        actor: Box<str>,
    },
    /// It is the store's latest.
    Kept {
        /// What a store without a policy begins with.
        first: Policy,
    },
}

impl From<Policy> for PolicySource {
    fn from(policy: Policy) -> Self {
        Self::Given {
            policy,
            actor: "start".into(),
        }
    }
}

/// A policy to be put in force, and who wants it.
#[derive(Clone, Debug)]
pub struct PolicyChange {
    /// The policy.
    pub policy: Policy,
    /// Who brings it: `file:PATH`, `api:NAME`, ...
    pub actor: Box<str>,
    /// Why, in their words.
    pub reason: Option<Box<str>>,
    /// The earlier revision that it brings back, if it does.
    pub restored: Option<Revision>,
    /// The revision it was made from; with any other in force nothing is changed. `None` for whichever is.
    pub expected: Option<Revision>,
}

/// What came of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyChanged {
    /// It is in force under this number.
    InForce(Revision),
    /// It was in force already, under this number.
    Unchanged(Revision),
    /// Another revision is in force than the one it was made from. Nothing was changed.
    Stale(Revision),
}

impl Engine {
    /// Puts a policy in force. Shorter limits act on every session at once, longer ones at the next sign-in.
    pub async fn change_policy(self: &Arc<Self>, change: PolicyChange) -> Result<PolicyChanged> {
        self.run_to_completion(move |engine| Box::pin(engine.change_policy(change)))
            .await
    }

    /// Every policy that was in force, the oldest first.
    pub async fn policy_revisions(&self) -> Result<Vec<PolicyRevision>> {
        self.health.read(self.store.policies().await, self.now())
    }
}

impl Uncancelled {
    /// See [`Engine::change_policy`].
    pub async fn change_policy(&self, change: PolicyChange) -> Result<PolicyChanged> {
        let next = match self.add_policy(change).await? {
            Ok(next) => next,
            Err(PolicyChanged::Unchanged(revision)) => {
                // Somebody else has just added it, and it may be to come.
                self.wait_until(self.in_force.all_known().since()).await;
                return Ok(PolicyChanged::Unchanged(revision));
            }
            Err(without) => return Ok(without),
        };
        // Without the turn: the beat needs it, and without beats nothing would be decided here until then.
        self.wait_until(next.since).await;
        if self.in_force.all_known().keeps(next.revision, &next.document) {
            return Ok(PolicyChanged::InForce(next.revision));
        }
        Err(StoreError::Unconfirmed("the store has forgotten the policy".to_owned()))
    }

    /// The next policy, or what came of the change without one.
    async fn add_policy(&self, change: PolicyChange) -> Result<std::result::Result<PolicyRevision, PolicyChanged>> {
        let _turn = self.policy_turn.lock().await;
        for _ in 0..ATTEMPTS {
            // What this process knows may be old, by another process or by an answer that was lost.
            self.read_policies().await?;
            let history = self.in_force.all_known();
            let revision = history.revision();
            if change.expected.is_some_and(|expected| expected != revision) {
                return Ok(Err(PolicyChanged::Stale(revision)));
            }
            if ***history.today() == *change.policy {
                return Ok(Err(PolicyChanged::Unchanged(revision)));
            }
            let now = self.now();
            // None acts before the one that it replaces.
            let since = (now + self.known_before(&change.policy)).max(history.since());
            let next = PolicyRevision {
                revision: revision + 1,
                since,
                document: PolicyDocument::clone(&change.policy),
                actor: change.actor.clone(),
                reason: change.reason.clone(),
                restored: change.restored,
            };
            if self.writes().add_policy(&next, audited(&next)).await? {
                self.learn(history.with(change.policy, since));
                return Ok(Ok(next));
            }
        }
        Err(StoreError::Contended("other processes change the policy".to_owned()))
    }

    /// Puts the store's latest policy in force.
    pub(super) async fn follow_policy(&self) -> Result<()> {
        let _turn = self.policy_turn.lock().await;
        self.read_policies().await
    }

    /// Puts the store's latest policy in force where a session lives under a later one than this process knows.
    pub(super) async fn follow_policy_of(&self, record: &Record) -> Result<()> {
        let known_to_store = record.revisions.today.max(record.revisions.own);
        if known_to_store > self.in_force.load().revision() {
            self.follow_policy().await?;
            if self.in_force.come_to(known_to_store) {
                self.tell_of_policy();
            }
        }
        Ok(())
    }

    /// An end was refused: what it was worked out under may be replaced.
    pub(super) async fn follow_policy_or_doubt(&self) {
        if self.store_has_to_confirm() && self.follow_policy().await.is_err() {
            self.doubts.about_the_policy();
        }
    }

    /// How long before it acts every node has to know of a policy: the lease, and where activity is to be told more often from now
    /// on, what the last touches under the longer interval take.
    fn known_before(&self, policy: &Policy) -> Span {
        let Some(node) = &self.node else {
            return Span::ZERO;
        };
        let told_more_often = untold_at_most(policy, true) < self.touch_interval();
        let flushed = if told_more_often { LAST_TOUCHES } else { Span::ZERO };
        Span::from_millis(node.lease.length().as_millis() + flushed.as_millis())
    }

    async fn wait_until(&self, instant: Instant) {
        loop {
            let now = self.now();
            if now >= instant {
                return;
            }
            tokio::time::sleep(instant.since(now).to_std()).await;
        }
    }

    /// The caller holds the turn of policies, so none is put back by a reading that is older.
    async fn read_policies(&self) -> Result<()> {
        let kept = self.health.read(self.store.policies().await, self.now())?;
        let history = History::of(kept, self.options.development)?;
        let known = self.in_force.all_known();
        if !history.goes_on_from(&known) {
            // The store has forgotten a policy: it is in another life, and what it keeps now is what all nodes go by.
            tracing::error!(
                known = known.revision(),
                kept = history.revision(),
                "the store has forgotten a policy"
            );
            self.in_force.start_over(history, self.clock.now());
            self.doubt_every_copy();
            self.tell_of_policy();
        } else if history.revision() > known.revision() {
            self.learn(history);
        }
        Ok(())
    }

    fn learn(&self, history: History) {
        // Activity is to be stored often enough for the new limits before anybody lives under them.
        let strictest = untold_at_most(history.today(), self.store_has_to_confirm());
        self.touch_interval.fetch_min(strictest.as_millis(), Ordering::Relaxed);
        tracing::info!(
            revision = history.revision(),
            since_ms = history.since().as_millis(),
            "a new policy is known"
        );
        self.in_force.learn(history);
        self.now();
    }
}

impl Engine {
    /// Puts in force what is due, and says so.
    pub(super) fn note_policies_in_force(&self, now: Instant) {
        if self.in_force.come_into_force(now) {
            self.tell_of_policy();
        }
    }

    fn tell_of_policy(&self) {
        tracing::info!(revision = self.in_force.load().revision(), "a new policy is in force");
        self.watchers.announce_all();
        self.reindexing.wake();
    }
}

/// The policies that the store kept, with the one that the source gives as the last where it is to come into force.
pub(super) async fn resume(
    store: &dyn Store,
    source: &PolicySource,
    options: &Options,
    now: Instant,
) -> Result<History> {
    let development = options.development;
    // Two nodes whose files differ would else put each other's policy back at every start.
    let shared = store.nodes().is_some();
    for _ in 0..ATTEMPTS {
        let mut kept = store.policies().await?;
        let is_kept = |policy: &Policy| match (shared, kept.as_slice()) {
            (true, kept) => kept.iter().any(|kept| kept.document == **policy),
            (false, kept) => kept.last().is_some_and(|last| last.document == **policy),
        };
        let given = match source {
            PolicySource::Given { policy, actor } => (!is_kept(policy)).then(|| (policy, actor.clone())),
            PolicySource::Kept { first } => kept.is_empty().then(|| (first, "first start".into())),
        };
        let Some((policy, actor)) = given else {
            return History::of(kept, development);
        };
        // Others decide by the policy before until they have heard of this one, and tell the store of activity for it.
        let known = options.end_bound + LAST_TOUCHES;
        let since = kept
            .last()
            .filter(|_| shared)
            .map_or(now, |last| (now + known).max(last.since));
        let next = PolicyRevision {
            revision: Revision::try_from(kept.len() + 1).unwrap_or(Revision::MAX),
            since,
            document: PolicyDocument::clone(policy),
            actor,
            reason: None,
            restored: None,
        };
        // Where another process was faster, its policy is looked at first.
        if store.add_policy(&next, audited(&next)).await? {
            tracing::info!(revision = next.revision, actor = %next.actor, since_ms = since.as_millis(), "a new policy is known");
            kept.push(next);
            return History::of(kept, development);
        }
    }
    Err(StoreError::Contended("other processes change the policy".to_owned()))
}

fn audited(next: &PolicyRevision) -> AuditEntry {
    let restored = next.restored.map(|restored| format!("; restores {restored}"));
    let reason = next.reason.as_deref().map(|reason| format!(": {reason}"));
    let detail = format!(
        "revision {}{}{}",
        next.revision,
        restored.unwrap_or_default(),
        reason.unwrap_or_default()
    );
    AuditEntry {
        detail: Some(detail.into()),
        ..AuditEntry::new(next.since, AuditKind::Policy, &next.actor)
    }
}

/// How long the store may go without hearing of activity under a policy, whatever the touch interval: a quarter of the strictest limit.
/// Where others warn by what the store knows, an eighth of the time until the warning, too: else a node would warn people whose
/// activity another one keeps to itself.
pub(super) fn untold_at_most(policy: &PolicyDocument, shared: bool) -> Span {
    let applications = policy.applications.values().filter_map(|application| application.idle);
    let rules = policy.rules.iter().filter_map(|rule| rule.idle);
    let choices = policy.choice.iter().flat_map(|choice| choice.allow.iter().copied());
    let caps = policy.caps.iter().filter_map(|caps| caps.idle);
    let idles = [policy.idle]
        .into_iter()
        .chain(applications)
        .chain(rules)
        .chain(choices)
        .chain(caps);
    // An absence must not pass a gate because the store hears too late when it was over.
    let away = policy.gates.iter().filter_map(|gate| gate.max_away);
    let idles: Vec<Span> = idles.filter_map(Limit::span).collect();
    let unwarned = idles
        .iter()
        .filter(|_| shared)
        .map(|idle| idle.saturating_sub(policy.warn_before));
    let parts = unwarned.map(|span| span.as_millis() / 8);
    let parts = parts.chain(idles.iter().copied().chain(away).map(|span| span.as_millis() / 4));
    Span::from_millis(parts.min().unwrap_or(u64::MAX))
}
