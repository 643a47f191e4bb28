//! The long way: changes of one session, one after the other, through the store first and then into the table.

use std::sync::Arc;

use nightlatch_core::duration::Limit;
use nightlatch_core::session::{Answer, EndReason, Event, Occurrence, Refusal, State, Verdict};
use nightlatch_core::time::Instant;
use nightlatch_store::audit::{AuditEntry, AuditKind, told_with};
use nightlatch_store::token::Digest;
use nightlatch_store::{Amendment, Expiry, Result, Revision, StoreError};

use super::activity::turns_a_page;
use super::{Engine, Outcome, Standing, Uncancelled};
use crate::live::WorkingCopy;
use crate::stripes::Turn;

/// Another process may change the same session in between; then the change is worked out anew, at most so often.
pub(super) const ATTEMPTS: usize = 8;

impl Engine {
    /// Lets an event happen to a session. Requests have [`Engine::request`], ends [`Engine::end`], and
    /// re-authentication [`Engine::reauthenticate`].
    pub async fn apply(self: &Arc<Self>, digest: &Digest, event: &Event) -> Result<Outcome> {
        self.instant_of_decision()?;
        let outcome = match event {
            Event::Input { .. } => match self.quick_activity(digest, event).await? {
                Some(outcome) => outcome,
                None => self.change(digest, event.clone()).await?,
            },
            // An explicit answer is audited, and durable before it is confirmed; where the store fails it still counts.
            Event::Extend => match self.change(digest, event.clone()).await {
                Ok(outcome) => outcome,
                Err(error) => self.quick_activity(digest, event).await?.ok_or(error)?,
            },
            _ => self.change(digest, event.clone()).await?,
        };
        self.ensure_lease()?;
        Ok(outcome)
    }

    /// Ends or locks the session at deadlines that are reached, and says how it stands.
    pub(super) async fn settle(self: &Arc<Self>, digest: &Digest, now: Instant) -> Result<Standing> {
        let digest = *digest;
        self.run_to_completion(move |engine| Box::pin(async move { engine.settle(&digest, now).await }))
            .await
    }

    /// The long way for an event. The caller may stop waiting; the change is made.
    pub(super) async fn change(self: &Arc<Self>, digest: &Digest, event: Event) -> Result<Outcome> {
        let digest = *digest;
        self.run_to_completion(move |engine| Box::pin(async move { engine.change(&digest, &event).await }))
            .await
    }

    /// How a session stands that was settled by the policy that was in force at `now`. While the store was waited for, another may have come
    /// into force; it may be for the next request to find that it is stricter, and nobody is unknown by it.
    pub(super) fn standing_of(&self, mut copy: WorkingCopy, now: Instant) -> Standing {
        if let State::Ended { at, reason } = copy.session.state {
            return Standing::Ended {
                handle: copy.handle,
                at,
                reason,
            };
        }
        let history = self.in_force.until(copy.revisions.today);
        // A store that has forgotten a policy takes it out of force.
        copy.revisions.today = history.revision();
        let live = copy.into_live(&history);
        live.standing(live.word.read(), &history, now)
            .unwrap_or(Standing::Unknown)
    }
}

impl Uncancelled {
    /// See [`Engine::settle`].
    pub(super) async fn settle(&self, digest: &Digest, now: Instant) -> Result<Standing> {
        let turn = self.stripes.turn(digest).await;
        let standing = match self.settled(&turn, digest, now).await? {
            Settled::Alive(copy) if !copy.fresh && self.store_has_to_confirm() => {
                let standing = self.standing_of(copy, now);
                if !standing.is_plain() {
                    self.confirm(&turn, digest).await?;
                    return Ok(self.settled(&turn, digest, now).await?.standing(self, now));
                }
                standing
            }
            settled => settled.standing(self, now),
        };
        Ok(standing)
    }

    async fn change(&self, digest: &Digest, event: &Event) -> Result<Outcome> {
        let turn = self.stripes.turn(digest).await;
        let mut confirmed = !self.store_has_to_confirm();
        for _ in 0..ATTEMPTS {
            let now = self.now();
            let copy = match self.settled(&turn, digest, now).await? {
                Settled::Alive(copy) => copy,
                Settled::Over(standing) => {
                    return Ok(Outcome {
                        answer: answer_when_over(&standing, event),
                        standing,
                    });
                }
            };
            confirmed |= copy.fresh;
            if let Some(outcome) = self.attempt(&turn, copy, event, confirmed, now).await? {
                return Ok(outcome);
            }
            // It has been read again.
            confirmed = true;
        }
        Err(changed_all_the_time())
    }

    /// Works a change out and writes it. `None` when the session was changed elsewhere meanwhile, or may have been: what is not
    /// `confirmed` by the store denies nobody anything.
    async fn attempt(
        &self,
        turn: &Turn<'_>,
        before: WorkingCopy,
        event: &Event,
        confirmed: bool,
        now: Instant,
    ) -> Result<Option<Outcome>> {
        let history = self.in_force.load_full();
        let mut after = before.clone();
        let applied = after.session.apply(&history.policies(after.revisions), event, now);
        after.note_signs_since(&before, now);
        // A change may move a deadline into the past, by what this node knows of activity.
        let decides = denies(&applied.answer) || applied.occurrences().next().is_some();
        if !confirmed && decides {
            self.confirm(turn, &before.digest).await?;
            return Ok(None);
        }
        if applied.answer == Answer::Accepted {
            after.note(event, before.session.choice, now);
        }
        let urgent = self.has_to_be_told(&before, &history, now);
        let written = match applied.occurrences().last() {
            Some(Occurrence::Ended { at, reason }) => {
                self.write_end(&before, after.revisions.today, at, reason).await?
            }
            None if !urgent && turns_a_page(&before, &after, event, &history) => self.keep(turn, after.clone()),
            occurred => {
                let locked = occurred.map(|_| audit_entry(&before, now, AuditKind::Locked, "policy"));
                let audit = locked.into_iter().collect();
                match self.write_amendment(turn, &before, &mut after, None, audit, now).await {
                    Err(_) if !urgent && matches!(applied.answer, Answer::Verdict(Verdict::Allow)) => {
                        // A failed activity write signs nobody out: the table remembers, the flush tries again.
                        self.keep(turn, after.clone())
                    }
                    written => written?,
                }
            }
        };
        if !written {
            self.tally(|counters| &counters.conflicts);
            self.refresh(turn, &before.digest).await?;
            return Ok(None);
        }
        Ok(Some(Outcome {
            answer: Some(applied.answer),
            standing: self.standing_of(after, now),
        }))
    }

    /// Writes an amendment, with what its ledger is to tell the audit now, and replaces the entry. False when the session was
    /// changed elsewhere meanwhile. Unless it is written `after` stays as it is: what was to be told is told with the next change.
    pub(super) async fn write_amendment(
        &self,
        turn: &Turn<'_>,
        before: &WorkingCopy,
        after: &mut WorkingCopy,
        rotate_to: Option<Digest>,
        audit: Vec<AuditEntry>,
        now: Instant,
    ) -> Result<bool> {
        let history = self.in_force.load_full();
        let (mut session, mut ledger) = (after.session.clone(), after.ledger.clone());
        let told = told_with(&mut ledger, &mut session, history.today().hold_max, now);
        let told = told.into_iter().map(|entry| about(before, entry));
        let audit: Vec<AuditEntry> = told.chain(audit).collect();
        if session == before.session
            && ledger == before.ledger
            && after.revisions == before.revisions
            && rotate_to.is_none()
            && audit.is_empty()
        {
            return Ok(true);
        }
        let amendment = Amendment {
            digest: before.digest,
            version: before.version,
            due: after.due(&history),
            first: after.unstored_since.unwrap_or(session.activity.seen),
            session,
            revisions: after.revisions,
            rotate_to,
            audit,
            ledger,
        };
        let renamed = rotate_to.map(|digest| (digest, self.stripes.generation(&digest)));
        let written = self.writes().amend(&amendment).await?;
        if written {
            (after.session, after.ledger) = (amendment.session, amendment.ledger);
            after.version += 1;
            after.stored = after.stored.max(after.session.activity.seen);
            (after.unstored_since, after.page_stored) = (None, true);
            if let Some((digest, generation)) = renamed {
                self.forget(turn, &before.digest);
                (after.digest, after.generation) = (digest, generation);
            }
            self.keep(turn, after.clone());
        }
        Ok(written)
    }

    /// Writes an end and replaces the entry. False when the session was changed elsewhere meanwhile.
    async fn write_end(&self, before: &WorkingCopy, today: Revision, at: Instant, reason: EndReason) -> Result<bool> {
        let expiry = Expiry {
            digest: before.digest,
            version: before.version,
            first: before.first(),
            seen: before.session.activity.seen,
            today,
            at,
            reason,
        };
        let ended = self.writes().expire(&[expiry]).await?;
        for ended in &ended {
            self.note_end(ended);
            self.keep_ended(ended.digest, at, reason);
        }
        if ended.is_empty() {
            // It may have been worked out under a policy that is replaced.
            self.follow_policy_or_doubt().await;
        }
        Ok(!ended.is_empty())
    }

    /// The session as it stands at `now`, with everything that fell due written.
    pub(super) async fn settled(&self, turn: &Turn<'_>, digest: &Digest, now: Instant) -> Result<Settled> {
        for _ in 0..ATTEMPTS {
            let Some(mut copy) = self.working_copy(digest, now).await? else {
                return Ok(Settled::Over(Standing::Unknown));
            };
            if let State::Ended { at, reason } = copy.session.state {
                return Ok(Settled::Over(Standing::Ended {
                    handle: copy.handle,
                    at,
                    reason,
                }));
            }
            let before = copy.clone();
            let history = self.in_force.load_full();
            let mut occurrences = history.catch_up(&mut copy.session, &mut copy.revisions);
            occurrences.extend(copy.session.expire(&history.policies(copy.revisions), now));
            let written = match occurrences.last().copied() {
                None if copy.fresh || copy.revisions != before.revisions => {
                    // Holds that ended and policies that changed are remembered; the store hears of them with the next change.
                    self.keep(turn, copy.clone());
                    return Ok(Settled::Alive(copy));
                }
                None => return Ok(Settled::Alive(copy)),
                // A copy never decides against anybody: what is denied is read from the store.
                Some(_) if !copy.fresh && self.is_outdated(turn, &before).await? => continue,
                Some(Occurrence::Ended { at, reason }) => {
                    self.write_end(&before, copy.revisions.today, at, reason).await
                }
                Some(Occurrence::Locked { at }) => {
                    let audit = vec![audit_entry(&before, at, AuditKind::Locked, "policy")];
                    self.write_amendment(turn, &before, &mut copy, None, audit, now).await
                }
            };
            match written {
                Ok(true) => {}
                Ok(false) => {
                    self.tally(|counters| &counters.conflicts);
                    self.refresh(turn, digest).await?;
                    continue;
                }
                // Another node may know of activity: nothing is told that the store has not confirmed.
                Err(error) if self.store_has_to_confirm() => return Err(error),
                // The deadline holds whether or not the store can be told; the sweeper will tell it.
                Err(error) => {
                    tracing::debug!(%error, handle = %copy.handle, "a deadline is reached that the store cannot be told");
                }
            }
            return Ok(match copy.session.state {
                State::Ended { at, reason } => Settled::Over(Standing::Ended {
                    handle: copy.handle,
                    at,
                    reason,
                }),
                State::Active | State::Locked { .. } => Settled::Alive(copy),
            });
        }
        Err(changed_all_the_time())
    }
}

/// A session to work on, or how it stands when there is nothing left to work on.
pub(super) enum Settled {
    Alive(WorkingCopy),
    Over(Standing),
}

impl Settled {
    pub(super) fn standing(self, engine: &Engine, now: Instant) -> Standing {
        match self {
            Self::Alive(copy) => engine.standing_of(copy, now),
            Self::Over(standing) => standing,
        }
    }
}

fn denies(answer: &Answer) -> bool {
    !matches!(answer, Answer::Accepted | Answer::Verdict(Verdict::Allow))
}

pub(super) fn changed_all_the_time() -> StoreError {
    StoreError::Contended("the session is changed elsewhere".to_owned())
}

fn answer_when_over(standing: &Standing, event: &Event) -> Option<Answer> {
    match standing {
        Standing::Ended { at, reason, .. } if matches!(event, Event::Request { .. }) => {
            Some(Answer::Verdict(Verdict::Ended {
                at: *at,
                reason: *reason,
            }))
        }
        Standing::Ended { .. } => Some(Answer::Refused(Refusal::Ended)),
        Standing::Live(_) | Standing::Unknown => None,
    }
}

impl WorkingCopy {
    /// Takes down what the audit is to be told of an accepted event. Holds are read off the session.
    fn note(&mut self, event: &Event, choice: Option<Limit>, now: Instant) {
        match event {
            Event::Extend => self.ledger.get_or_insert_default().extended(now),
            Event::Choose { idle } if choice != Some(*idle) => {
                self.ledger.get_or_insert_default().chosen(*idle, now);
            }
            _ => {}
        }
    }
}

pub(super) fn audit_entry(copy: &WorkingCopy, at: Instant, kind: AuditKind, actor: &str) -> AuditEntry {
    about(copy, AuditEntry::new(at, kind, actor))
}

fn about(copy: &WorkingCopy, entry: AuditEntry) -> AuditEntry {
    entry.of(copy.handle, &copy.subject, copy.session.facts.application.as_deref())
}
