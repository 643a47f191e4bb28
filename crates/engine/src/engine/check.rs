//! The check path: one look-up, no lock, no question to the store for a live session.

use std::sync::Arc;

use nightlatch_core::facts::Facts;
use nightlatch_core::path::Path;
use nightlatch_core::session::{Answer, Deadlines, Event, Judgement, Phase, RequestKind, State, Verdict};
use nightlatch_core::time::Instant;
use nightlatch_store::token::Digest;
use nightlatch_store::{Result, StoreError, Touch};

use super::{Engine, Outcome, Snapshot, Standing};
use crate::in_force::History;
use crate::live::Live;
use crate::word::{self, Reading};

impl Engine {
    /// How a session stands. Not activity.
    pub async fn status(self: &Arc<Self>, digest: &Digest) -> Result<Standing> {
        if let Some(standing) = self.quick_status(digest)? {
            return Ok(standing);
        }
        // Boxed: what is not done for a live session is not to be carried along for it.
        let standing = Box::pin(self.settle(digest, self.now())).await?;
        self.ensure_lease()?;
        Ok(standing)
    }

    /// Application, device and roles of a session, which never change; `None` when it is not live. Not activity.
    pub async fn facts(self: &Arc<Self>, digest: &Digest) -> Result<Option<Arc<Facts>>> {
        if let Some(facts) = self.quick_facts(digest)? {
            return Ok(Some(facts));
        }
        Ok(match self.status(digest).await? {
            Standing::Live(session) => Some(session.facts),
            Standing::Ended { .. } | Standing::Unknown => None,
        })
    }

    /// Whether a token is one of ours, whatever has become of its session. Not activity. The store is asked once about a
    /// token that is none.
    pub async fn is_ours(&self, digest: &Digest) -> Result<bool> {
        if self.live.pin().contains_key(digest) {
            return Ok(true);
        }
        if self.strangers.contain(digest) {
            return Ok(false);
        }
        let now = self.instant_of_decision()?;
        let known = self.health.read(self.store.get(digest).await, now)?.is_some();
        self.ensure_lease()?;
        if !known {
            self.strangers.remember(digest);
        }
        Ok(known)
    }

    /// The verdict on a request to `path`. Activity where the policy counts it; the request waits for no store.
    pub async fn request(self: &Arc<Self>, digest: &Digest, path: &Path<'_>, kind: RequestKind) -> Result<Outcome> {
        if let Some((outcome, urgent)) = self.quick_request(digest, path, kind)? {
            let Some(touch) = urgent else {
                return Ok(outcome);
            };
            if Box::pin(self.tell_urgently(touch)).await? {
                self.ensure_lease()?;
                return Ok(outcome);
            }
        }
        let event = Event::Request {
            path: path.clone().into_owned(),
            kind,
        };
        // Boxed for the same reason.
        let outcome = Box::pin(async move {
            match self.turn_page(digest, &event).await? {
                Some(outcome) => Ok(outcome),
                None => self.change(digest, event).await,
            }
        })
        .await?;
        self.ensure_lease()?;
        Ok(outcome)
    }

    /// The instant at which something is decided by the table. To be taken after the look into it: a process that is stopped in
    /// between must not go by what it saw before. An error where the table cannot be relied on.
    pub(super) fn instant_of_decision(&self) -> Result<Instant> {
        let (uptime, now) = self.clock.reading();
        self.note_policies_in_force(now);
        match &self.node {
            Some(node) if node.lease.holds_at(uptime) => Ok(now),
            Some(node) => {
                node.counters.refused.add(1);
                let length = node.lease.length();
                Err(StoreError::Unavailable(format!("it has answered no beat for {length}")))
            }
            None if self.health.is_exhausted(now) => Err(StoreError::Unavailable(
                "it has failed for longer than the grace period".to_owned(),
            )),
            None => Ok(now),
        }
    }

    /// Refuses a verdict that would be given without a lease: the store that was read may have been replaced meanwhile.
    pub(super) fn ensure_lease(&self) -> Result<()> {
        if self.node.is_some() {
            self.instant_of_decision()?;
        }
        Ok(())
    }

    /// Whether only the store may deny anything: others change sessions, too.
    pub(super) fn store_has_to_confirm(&self) -> bool {
        self.node.is_some()
    }

    fn quick_facts(&self, digest: &Digest) -> Result<Option<Arc<Facts>>> {
        let table = self.live.pin();
        let live = table.get(digest);
        let now = self.instant_of_decision()?;
        let history = self.in_force.load();
        let live = live.filter(|live| live.running(live.word.read(), &history, now).is_some());
        Ok(live.map(|live| Arc::clone(&live.session.facts)))
    }

    fn quick_status(&self, digest: &Digest) -> Result<Option<Standing>> {
        let table = self.live.pin();
        let live = table.get(digest);
        let now = self.instant_of_decision()?;
        let history = self.in_force.load();
        let Some(live) = live else { return Ok(None) };
        if let State::Ended { at, reason } = live.session.state {
            return Ok(Some(Standing::Ended {
                handle: live.handle,
                at,
                reason,
            }));
        }
        let standing = live.standing(live.word.read(), &history, now);
        Ok(standing.filter(|standing| standing.is_plain() || !self.store_has_to_confirm()))
    }

    /// The outcome, and what the store has to hear of before it is told.
    fn quick_request(
        &self,
        digest: &Digest,
        path: &Path<'_>,
        kind: RequestKind,
    ) -> Result<Option<(Outcome, Option<Touch>)>> {
        let table = self.live.pin();
        let live = table.get(digest);
        let now = self.instant_of_decision()?;
        let history = self.in_force.load();
        let live = live.filter(|live| live.session.state == State::Active);
        Ok(live.and_then(|live| self.judge_live(digest, live, &history, path, kind, now)))
    }

    /// `None` where it takes the long way.
    fn judge_live(
        &self,
        digest: &Digest,
        live: &Live,
        history: &History,
        path: &Path<'_>,
        kind: RequestKind,
        now: Instant,
    ) -> Option<(Outcome, Option<Touch>)> {
        loop {
            let reading = live.word.read();
            // Reached deadlines, replaced entries and other policies are for the long way.
            live.running(reading, history, now)?;
            let policies = history.policies(live.revisions);
            let verdict = match live.session.judge(live.activity(reading), &policies, path, kind, now) {
                Judgement::TooLong(_) => return None,
                Judgement::StepUp(_) if self.store_has_to_confirm() => return None,
                Judgement::StepUp(step_up) => Verdict::StepUp(step_up),
                Judgement::Allow { activity: None } => Verdict::Allow,
                Judgement::Allow {
                    activity: Some(activity),
                } => {
                    if !live.session.activity_is_plain() || live.session.moves_page(path) {
                        return None;
                    }
                    live.raise_absence(activity.longest_absence);
                    match live.word.touch(reading, activity.seen) {
                        word::Touch::Closed => return None,
                        word::Touch::Changed => continue,
                        word::Touch::Recorded { first } => self.touched(digest, live, first),
                    }
                    Verdict::Allow
                }
            };
            let outcome = Outcome {
                answer: Some(Answer::Verdict(verdict)),
                standing: live.standing(live.word.read(), history, now)?,
            };
            return Some((outcome, self.urgent(digest, live, history, now)));
        }
    }

    /// After a touch: the flush is to write it, and open tabs are to show the new deadline.
    pub(super) fn touched(&self, digest: &Digest, live: &Live, first: bool) {
        if first {
            self.mark_dirty(*digest);
        }
        self.watchers.announce(live.handle);
    }
}

impl Standing {
    /// Whether it says nothing but that the session goes on as it was.
    pub(super) fn is_plain(&self) -> bool {
        match self {
            Self::Live(snapshot) => snapshot.status.phase == Phase::Active,
            Self::Ended { .. } | Self::Unknown => false,
        }
    }
}

impl Live {
    /// The deadlines of this entry, none of them reached; `None` when the entry cannot tell.
    pub(crate) fn running(&self, reading: Reading, history: &History, now: Instant) -> Option<Deadlines> {
        if reading.closed || self.revisions.today != history.revision() {
            return None;
        }
        let deadlines = self.deadlines(reading, history);
        let reached = deadlines.earliest().is_some_and(|(deadline, _)| deadline <= now);
        (!reached).then_some(deadlines)
    }

    /// How the session stands by this entry; `None` when the entry cannot tell.
    pub(crate) fn standing(&self, reading: Reading, history: &History, now: Instant) -> Option<Standing> {
        let deadlines = self.running(reading, history, now)?;
        let warn_before = history.today().warn_before;
        let status = match self.session.state {
            State::Active => deadlines.status(warn_before, now),
            State::Locked { .. } => deadlines.locked_status(now),
            State::Ended { .. } => return None,
        };
        Some(Standing::Live(Snapshot {
            handle: self.handle,
            subject: self.subject.clone(),
            facts: self.session.facts.clone(),
            amr: Arc::clone(&self.amr),
            choice: self.session.choice,
            authenticated: self.session.authenticated,
            seen: reading.seen,
            status,
            limits: self.limits,
            absent: history.today().absent,
            warn_before,
            now,
        }))
    }
}
