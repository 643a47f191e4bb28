//! Activity, and what else moves no limit: the table remembers it at once, and the store hears of it by and by.

use std::sync::Arc;

use nightlatch_core::session::{Activity, Answer, Event, Limits, Session, State, Verdict};
use nightlatch_core::time::{Instant, Span};
use nightlatch_store::token::Digest;
use nightlatch_store::{Result, Touch, Touched};

use super::{Engine, Outcome, Uncancelled};
use crate::in_force::History;
use crate::live::{Live, WorkingCopy};
use crate::stripes::Turn;
use crate::word;

impl Engine {
    /// Activity that moves nothing else. The answer waits for the store only where the store knows less than the touch
    /// interval promises, and a store that fails signs nobody out.
    pub(super) async fn quick_activity(self: &Arc<Self>, digest: &Digest, event: &Event) -> Result<Option<Outcome>> {
        let Some((outcome, touch, urgent)) = self.record_activity(digest, event)? else {
            return Ok(None);
        };
        if let Some(touch) = urgent {
            return Ok(self.tell_urgently(touch).await?.then_some(outcome));
        }
        if let Some(touch) = touch
            && let Err(error) = self
                .run_to_completion(move |engine| Box::pin(async move { engine.write_touches(&[touch]).await }))
                .await
        {
            tracing::debug!(%error, "activity waits for the store");
        }
        Ok(Some(outcome))
    }

    fn record_activity(&self, digest: &Digest, event: &Event) -> Result<Option<Recorded>> {
        let table = self.live.pin();
        let live = table.get(digest);
        let now = self.instant_of_decision()?;
        let history = self.in_force.load();
        Ok(live.and_then(|live| self.record_on(live, digest, event, &history, now)))
    }

    /// `None` where it takes the long way.
    fn record_on(
        &self,
        live: &Live,
        digest: &Digest,
        event: &Event,
        history: &History,
        now: Instant,
    ) -> Option<Recorded> {
        loop {
            let reading = live.word.read();
            live.running(reading, history, now)?;
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
                word::Touch::Closed => return None,
                word::Touch::Changed => continue,
                word::Touch::Recorded { first } => self.touched(digest, live, first),
            }
            let standing = live.standing(live.word.read(), history, now)?;
            let overdue = session.activity.seen.since(live.stored()) >= self.touch_interval();
            let touch = overdue.then(|| live.touch(*digest, live.word.read()));
            let outcome = Outcome {
                answer: Some(answer),
                standing,
            };
            return Some((outcome, touch, self.urgent(digest, live, history, now)));
        }
    }

    /// What the store is to hear of before anybody is told that it counted. Another node would end the session by what the store
    /// knows, and that soon: activity that was acknowledged here would be lost.
    pub(super) fn urgent(&self, digest: &Digest, live: &Live, history: &History, now: Instant) -> Option<Touch> {
        if !self.store_has_to_confirm() {
            return None;
        }
        let reading = live.word.read();
        let waits = reading.unstored_since.is_some();
        let soon = waits && falls_due_soon(&live.session, live.stored(), &live.limits, history, now);
        soon.then(|| live.touch(*digest, reading))
    }

    /// The same of a session on the long way.
    pub(super) fn has_to_be_told(&self, before: &WorkingCopy, history: &History, now: Instant) -> bool {
        if !self.store_has_to_confirm() {
            return false;
        }
        let limits = before.session.limits(&history.policies(before.revisions));
        falls_due_soon(&before.session, before.stored, &limits, history, now)
    }

    /// False where the store did not take it: the session is over, or somebody is changing it.
    pub(super) async fn tell_urgently(self: &Arc<Self>, touch: Touch) -> Result<bool> {
        let (digest, last) = (touch.digest, touch.last);
        self.run_to_completion(move |engine| Box::pin(async move { engine.write_touches(&[touch]).await }))
            .await?;
        let table = self.live.pin();
        Ok(table.get(&digest).is_some_and(|live| live.stored() >= last))
    }

    /// A request to another page that decides like the one before. The table alone remembers that, so nothing has to run to
    /// its end: after the turn has come there is nothing to wait for. `None` where it takes the long way.
    pub(super) async fn turn_page(&self, digest: &Digest, event: &Event) -> Result<Option<Outcome>> {
        // Nobody waits for the turn of a session that is not here.
        if !self.live.pin().contains_key(digest) {
            return Ok(None);
        }
        let turn = self.stripes.turn(digest).await;
        let (copy, now) = (self.live_copy(digest), self.instant_of_decision()?);
        let history = self.in_force.load();
        Ok(copy.and_then(|before| self.turn_page_of(&turn, &before, event, &history, now)))
    }

    fn turn_page_of(
        &self,
        turn: &Turn<'_>,
        before: &WorkingCopy,
        event: &Event,
        history: &History,
        now: Instant,
    ) -> Option<Outcome> {
        if before.session.state != State::Active || before.revisions.today != history.revision() {
            return None;
        }
        if self.has_to_be_told(before, history, now) {
            return None;
        }
        let mut after = before.clone();
        let applied = after.session.apply(&history.policies(after.revisions), event, now);
        let allows = applied.answer == Answer::Verdict(Verdict::Allow);
        if !allows || applied.occurrences().next().is_some() || !turns_a_page(before, &after, event, history) {
            return None;
        }
        after.note_signs_since(before, now);
        if !self.keep(turn, after.clone()) {
            return None;
        }
        Some(Outcome {
            answer: Some(applied.answer),
            standing: self.standing_of(after, now),
        })
    }
}

impl Uncancelled {
    /// Tells the store of activity; what it has heard of is noted in the table. Never in the turn of a session: it may take some.
    pub(super) async fn write_touches(&self, touches: &[Touch]) -> Result<()> {
        let answers = self.writes().touch(touches).await?;
        let mut gone = Vec::new();
        {
            let table = self.live.pin();
            for (touch, answer) in touches.iter().zip(answers) {
                match (answer, table.get(&touch.digest)) {
                    (Touched::Stored | Touched::Newer, Some(live)) => live.set_stored(touch.last),
                    // Dirty still, so that the next flush tells it.
                    (Touched::Busy, Some(live)) => {
                        live.put_back(touch);
                        self.mark_dirty(touch.digest);
                    }
                    // The table has let somebody in whose session the store has ended, or knows by another token.
                    (Touched::Gone, Some(_)) => gone.push(touch.digest),
                    (_, None) => {}
                }
            }
        }
        self.reread_or_doubt(&gone).await;
        Ok(())
    }
}

/// An outcome, what the store knows too little of, and what it has to hear of first.
type Recorded = (Outcome, Option<Touch>, Option<Touch>);

/// Activity is in the store within this, where it takes writes.
const TOLD_WITHIN: Span = Span::from_secs(2);

/// Whether the session would fall due soon if nothing were known but what the store knows.
fn falls_due_soon(session: &Session, stored: Instant, limits: &Limits, history: &History, now: Instant) -> bool {
    let activity = Activity {
        seen: stored,
        longest_absence: Span::ZERO,
    };
    let deadlines = session.deadlines(activity, limits, history.today());
    let by_activity = [deadlines.idle, deadlines.disconnected];
    by_activity.into_iter().flatten().any(|at| at <= now + TOLD_WITHIN)
}

/// Whether a request moves nothing but activity and a page that decides like the one before: the table remembers that, the
/// request waits for no store, and the store hears of the page with the next change.
pub(super) fn turns_a_page(before: &WorkingCopy, after: &WorkingCopy, event: &Event, history: &History) -> bool {
    let limits = |copy: &WorkingCopy| copy.session.limits(&history.policies(copy.revisions));
    matches!(event, Event::Request { .. }) && before.session.activity_is_plain() && limits(before) == limits(after)
}
