//! The long way: changes of one session, one after the other, through the store first and then into the table.

use nightlatch_core::session::{Answer, EndReason, Event, Occurrence, Refusal, State, Verdict};
use nightlatch_core::time::Instant;

use super::{Engine, Outcome, Standing};
use crate::audit::{AuditEntry, AuditKind};
use crate::in_force::History;
use crate::live::Held;
use crate::store::{Amendment, Expiry, Result, StoreError, Touch};
use crate::token::Digest;
use crate::word::Touch as Touched;

/// Another process may change the same session in between; then the change is worked out anew, at most so often.
const ATTEMPTS: usize = 8;

impl Engine {
    /// Lets an event happen to a session. Requests have [`Engine::request`], ends [`Engine::end`], and
    /// re-authentication [`Engine::reauthenticate`].
    pub async fn apply(&self, digest: &Digest, event: &Event) -> Result<Outcome> {
        let now = self.clock.now();
        self.refuse_when_exhausted(now)?;
        match event {
            Event::Input { .. } => match self.quick_activity(digest, event, now).await {
                Some(outcome) => Ok(outcome),
                None => self.change(digest, event, "user").await,
            },
            // An explicit answer is audited, and durable before it is confirmed; where the store fails it still counts.
            Event::Extend => match self.change(digest, event, "user").await {
                Ok(outcome) => Ok(outcome),
                Err(error) => self.quick_activity(digest, event, now).await.ok_or(error),
            },
            _ => self.change(digest, event, "user").await,
        }
    }

    /// Activity that moves nothing else. The answer waits for the store only where the store knows less than the touch
    /// interval promises, and a store that fails signs nobody out.
    async fn quick_activity(&self, digest: &Digest, event: &Event, now: Instant) -> Option<Outcome> {
        let (outcome, touch) = self.record_activity(digest, event, now)?;
        if let Some(touch) = touch
            && self.health.wrote(self.store.touch(&[touch]).await, now).is_ok()
            && let Some(live) = self.live.pin().get(digest)
        {
            live.set_stored(touch.activity.seen);
        }
        Some(outcome)
    }

    fn record_activity(&self, digest: &Digest, event: &Event, now: Instant) -> Option<(Outcome, Option<Touch>)> {
        let history = self.in_force.load();
        let table = self.live.pin();
        let live = table.get(digest)?;
        loop {
            let reading = live.word.read();
            live.running(reading, &history, now)?;
            if !live.session.activity_is_plain() {
                return None;
            }
            let mut session = live.session.clone();
            session.activity = live.activity(reading);
            let answer = session.apply(&history.policies(live.revisions), event, now).answer;
            if answer != Answer::Accepted {
                return None;
            }
            live.raise_absence(session.activity.longest_absence);
            match live.word.touch(reading, session.activity.seen) {
                Touched::Closed => return None,
                Touched::Changed => continue,
                Touched::Recorded { first } => self.touched(digest, live, first),
            }
            let standing = live.standing(live.word.read(), &history, now)?;
            let overdue = session.activity.seen.since(live.stored()) >= self.touch_interval();
            let touch = overdue.then(|| Touch {
                digest: *digest,
                activity: live.activity(live.word.read()),
                due: live.deadlines(live.word.read(), &history).earliest().map(|(at, _)| at),
                today: live.revisions.today,
            });
            return Some((
                Outcome {
                    answer: Some(answer),
                    standing,
                },
                touch,
            ));
        }
    }

    /// Ends or locks the session at deadlines that are reached, and says how it stands.
    pub(super) async fn settle(&self, digest: &Digest, now: Instant) -> Result<Standing> {
        let _stripe = self.stripes.lock(digest).await;
        match self.settled(digest, now).await? {
            Settled::Held(held) => Ok(self.standing_of(held, now)),
            Settled::Over(standing) => Ok(standing),
        }
    }

    pub(super) async fn change(&self, digest: &Digest, event: &Event, actor: &str) -> Result<Outcome> {
        let _stripe = self.stripes.lock(digest).await;
        for _ in 0..ATTEMPTS {
            let now = self.clock.now();
            let held = match self.settled(digest, now).await? {
                Settled::Held(held) => held,
                Settled::Over(standing) => {
                    return Ok(Outcome {
                        answer: answer_when_over(&standing, event),
                        standing,
                    });
                }
            };
            if let Some(outcome) = self.attempt(held, event, actor, now).await? {
                return Ok(outcome);
            }
        }
        Err(StoreError::Unavailable(
            "the session is changed elsewhere all the time".to_owned(),
        ))
    }

    /// Works a change out and writes it. `None` when the session was changed elsewhere meanwhile.
    async fn attempt(&self, before: Held, event: &Event, actor: &str, now: Instant) -> Result<Option<Outcome>> {
        let history = self.in_force.load_full();
        let mut after = before.clone();
        let applied = after.session.apply(&history.policies(after.revisions), event, now);
        let written = match applied.occurrences().last() {
            Some(Occurrence::Ended { at, reason }) => self.write_end(&before, at, reason).await?,
            None if turns_a_page(&before, &after, event, &history) => {
                self.keep(after.clone());
                true
            }
            occurred => {
                let locked = occurred
                    .is_some()
                    .then(|| audit_entry(&before, now, AuditKind::Locked, "policy", None));
                let told = audited(event).filter(|_| applied.answer == Answer::Accepted);
                let told = told.map(|(kind, detail)| audit_entry(&before, now, kind, actor, detail));
                let audit = told.into_iter().chain(locked).collect();
                match self.write_amendment(&before, &mut after, None, audit, now).await {
                    Err(_) if matches!(applied.answer, Answer::Verdict(Verdict::Allow)) => {
                        // A failed activity write signs nobody out: the table remembers, the flush tries again.
                        self.keep(after.clone());
                        true
                    }
                    written => written?,
                }
            }
        };
        if !written {
            self.refresh(&before.digest).await?;
            return Ok(None);
        }
        Ok(Some(Outcome {
            answer: Some(applied.answer),
            standing: self.standing_of(after, now),
        }))
    }

    /// Writes an amendment and replaces the entry. False when the session was changed elsewhere meanwhile.
    pub(super) async fn write_amendment(
        &self,
        before: &Held,
        after: &mut Held,
        rotate_to: Option<Digest>,
        audit: Vec<AuditEntry>,
        now: Instant,
    ) -> Result<bool> {
        if after.session == before.session
            && after.revisions == before.revisions
            && rotate_to.is_none()
            && audit.is_empty()
        {
            return Ok(true);
        }
        let history = self.in_force.load_full();
        let amendment = Amendment {
            digest: before.digest,
            version: before.version,
            session: after.session.clone(),
            revisions: after.revisions,
            due: after.due(&history),
            rotate_to,
            audit,
        };
        let written = self.health.wrote(self.store.amend(&amendment).await, now)?;
        if written {
            after.version += 1;
            after.stored = after.stored.max(after.session.activity.seen);
            if let Some(digest) = rotate_to {
                self.forget(&before.digest);
                after.digest = digest;
            }
            self.keep(after.clone());
        }
        Ok(written)
    }

    /// Writes an end and replaces the entry. False when the session was changed elsewhere meanwhile.
    pub(super) async fn write_end(&self, before: &Held, at: Instant, reason: EndReason) -> Result<bool> {
        let expiry = Expiry {
            digest: before.digest,
            version: before.version,
            seen: before.session.activity.seen,
            at,
            reason,
        };
        let ended = self.health.wrote(self.store.expire(&[expiry]).await, at)?;
        for ended in &ended {
            self.keep_ended(ended.digest, at, reason);
        }
        Ok(!ended.is_empty())
    }

    /// The session as it stands at `now`, with everything that fell due written. The caller holds its stripe.
    pub(super) async fn settled(&self, digest: &Digest, now: Instant) -> Result<Settled> {
        for _ in 0..ATTEMPTS {
            let Some((mut held, fresh)) = self.hold(digest, now).await? else {
                return Ok(Settled::Over(Standing::Unknown));
            };
            if let State::Ended { at, reason } = held.session.state {
                return Ok(Settled::Over(Standing::Ended {
                    handle: held.handle,
                    at,
                    reason,
                }));
            }
            let before = held.clone();
            let history = self.in_force.load_full();
            let mut occurrences = history.catch_up(&mut held.session, &mut held.revisions);
            occurrences.extend(held.session.expire(&history.policies(held.revisions), now));
            let written = match occurrences.last().copied() {
                None if fresh || held.revisions != before.revisions => {
                    // Holds that ended and policies that changed are remembered; the store hears of them with the next change.
                    self.keep(held.clone());
                    return Ok(Settled::Held(held));
                }
                None => return Ok(Settled::Held(held)),
                // A copy never decides against anybody: what is denied is read from the store.
                Some(_) if !fresh && self.is_outdated(&before).await => continue,
                Some(Occurrence::Ended { at, reason }) => self.write_end(&before, at, reason).await,
                Some(Occurrence::Locked { at }) => {
                    let audit = vec![audit_entry(&before, at, AuditKind::Locked, "policy", None)];
                    self.write_amendment(&before, &mut held, None, audit, now).await
                }
            };
            match written {
                Ok(true) => {}
                Ok(false) => {
                    self.refresh(digest).await?;
                    continue;
                }
                // The deadline holds whether or not the store can be told; the sweeper will tell it.
                Err(error) => {
                    tracing::debug!(%error, handle = %held.handle, "a deadline is reached that the store cannot be told");
                }
            }
            return Ok(match held.session.state {
                State::Ended { at, reason } => Settled::Over(Standing::Ended {
                    handle: held.handle,
                    at,
                    reason,
                }),
                State::Active | State::Locked { .. } => Settled::Held(held),
            });
        }
        Err(StoreError::Unavailable(
            "the session is changed elsewhere all the time".to_owned(),
        ))
    }

    fn standing_of(&self, held: Held, now: Instant) -> Standing {
        if let State::Ended { at, reason } = held.session.state {
            return Standing::Ended {
                handle: held.handle,
                at,
                reason,
            };
        }
        let history = self.in_force.load();
        let live = held.into_live(&history);
        live.standing(live.word.read(), &history, now)
            .unwrap_or(Standing::Unknown)
    }
}

/// A session to work on, or how it stands when there is nothing left to work on.
pub(super) enum Settled {
    Held(Held),
    Over(Standing),
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

/// Whether a request moves nothing but activity and a page that decides like the one before: the table remembers that, the
/// request waits for no store, and the store hears of the page with the next change.
fn turns_a_page(before: &Held, after: &Held, event: &Event, history: &History) -> bool {
    let limits = |held: &Held| held.session.limits(&history.policies(held.revisions));
    matches!(event, Event::Request { .. }) && before.session.activity_is_plain() && limits(before) == limits(after)
}

/// What the audit is told of an accepted event.
fn audited(event: &Event) -> Option<(AuditKind, Option<String>)> {
    match event {
        Event::Extend => Some((AuditKind::Extended, None)),
        Event::Hold { id, span } => Some((AuditKind::Held, Some(format!("{id} for {span}")))),
        Event::Choose { idle } => Some((AuditKind::Chosen, Some(idle.to_string()))),
        _ => None,
    }
}

pub(super) fn audit_entry(
    held: &Held,
    at: Instant,
    kind: AuditKind,
    actor: &str,
    detail: Option<String>,
) -> AuditEntry {
    AuditEntry {
        handle: Some(held.handle),
        subject: Some(held.subject.as_ref().into()),
        application: held.session.facts.application.clone(),
        detail: detail.map(Into::into),
        ..AuditEntry::new(at, kind, actor)
    }
}
