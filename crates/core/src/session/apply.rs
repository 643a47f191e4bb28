//! Events: what happens to a session, and what it answers (LIFETIME section 5).

use super::{
    Activity, Attended, DeadlineKind, EndReason, HoldId, Judgement, Occurrence, OpenTab, Outdated, RequestKind,
    Session, State, TabId, Verdict,
};
use crate::duration::Limit;
use crate::node::NodeId;
use crate::path::Path;
use crate::policy::{Absent, ActivitySource, OnIdle, Policy};
use crate::resolution::Policies;
use crate::time::{Instant, Span};

/// Something that happens to a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A request to a page.
    Request {
        /// The page.
        path: Path<'static>,
        /// What it shows of the person.
        kind: RequestKind,
    },
    /// Input that the browser reports.
    Input {
        /// How long ago it was.
        age: Span,
    },
    /// The person says: stay signed in.
    Extend,
    /// Long work begins, or goes on.
    Hold {
        /// Its id.
        id: HoldId,
        /// How long it may take from now.
        span: Span,
    },
    /// Long work is over.
    Release {
        /// Its id.
        id: HoldId,
    },
    /// A tab opens or moves.
    Tab {
        /// The tab.
        tab: TabId,
        /// Its page.
        path: Path<'static>,
        /// Who looks after it from now on.
        attended: Option<Attended>,
    },
    /// Another node looks after a tab from now on.
    Attend {
        /// The tab.
        tab: TabId,
        /// Who does so far; where that is no longer true nothing changes.
        from: Option<Attended>,
        /// Who does then.
        to: Attended,
    },
    /// A tab closes.
    TabClose {
        /// The tab.
        tab: TabId,
        /// The node that hears nothing of it any more; `None` where the browser says so.
        by: Option<NodeId>,
    },
    /// The user picks an idle limit.
    Choose {
        /// The limit.
        idle: Limit,
    },
    /// Whoever authenticated the person says until when the session may last.
    Bound {
        /// The bound; none lifts it.
        not_after: Option<Instant>,
    },
    /// The session's own subject has authenticated again. Somebody else is [`EndReason::Superseded`].
    Reauthenticate {
        /// When they did.
        authenticated: Instant,
        /// Until when the session may last from now on, as [`Event::Bound`] says it.
        not_after: Option<Instant>,
    },
    /// The person signs out.
    SignOut,
    /// Somebody else ends it.
    End {
        /// Why.
        reason: EndReason,
    },
}

/// What an event was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It took effect.
    Accepted,
    /// It changed nothing.
    Refused(Refusal),
    /// The verdict on a request.
    Verdict(Verdict),
}

/// Why an event changed nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The session is over.
    #[error("the session has ended")]
    Ended,
    /// The session is locked.
    #[error("the session is locked")]
    Locked,
    /// Input does not count under today's policy.
    #[error("the policy does not count input as activity")]
    InputDoesNotCount,
    /// The hold would end at once.
    #[error("the hold would end at once: its length must be above zero and within hold_max of the last activity")]
    HoldEndsAtOnce,
    /// The session never had the hold.
    #[error("the session has no such hold")]
    UnknownHold,
    /// The tab is not open, or up to another node.
    #[error("the session has no such tab")]
    UnknownTab,
    /// Today's policy does not offer the choice.
    #[error("the policy does not offer this idle limit")]
    NotOffered,
    /// The authentication does not renew the session.
    #[error(transparent)]
    Outdated(#[from] Outdated),
}

/// Everything one event brought about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// What was due before the event, dated at its deadline.
    pub before: Vec<Occurrence>,
    /// The end or lock that the event itself is.
    pub itself: Option<Occurrence>,
    /// The answer.
    pub answer: Answer,
    /// What the event made due, dated at the event.
    pub after: Vec<Occurrence>,
}

impl Applied {
    /// Everything that happened to the session, in order.
    pub fn occurrences(&self) -> impl Iterator<Item = Occurrence> + '_ {
        self.before.iter().chain(&self.itself).chain(&self.after).copied()
    }
}

impl Session {
    /// Lets `event` happen at `now`: deadlines first, then the event, then what it made due. After an accepted
    /// re-authentication of the same subject the caller keeps today's policy as the session's own.
    pub fn apply(&mut self, policies: &Policies<'_>, event: &Event, now: Instant) -> Applied {
        let before = self.expire(policies, now);
        let (answer, itself) = self.take(policies, event, now);
        let renewed = matches!(event, Event::Reauthenticate { .. }) && answer == Answer::Accepted;
        let own = if renewed { policies.today } else { policies.own };
        let after = self.fall_due(
            &Policies {
                own,
                today: policies.today,
            },
            now,
            now,
        );
        Applied {
            before,
            itself,
            answer,
            after,
        }
    }

    /// Ends or locks the session at the deadlines that `now` has reached, dated there. Ends holds for good, too.
    pub fn expire(&mut self, policies: &Policies<'_>, now: Instant) -> Vec<Occurrence> {
        self.fall_due(policies, now, Instant::from_millis(i64::MIN))
    }

    /// Today's policy becomes `next` at `now`: what shrinks past its deadline ends here.
    pub fn change_policy(&mut self, policies: &Policies<'_>, next: &Policy, now: Instant) -> Vec<Occurrence> {
        let mut occurrences = self.expire(policies, now);
        if let Some(presence) = &mut self.presence {
            presence.pause_while_absent(next.absent == Absent::Pause, now);
        }
        occurrences.extend(self.fall_due(
            &Policies {
                own: policies.own,
                today: next,
            },
            now,
            now,
        ));
        occurrences
    }

    fn fall_due(&mut self, policies: &Policies<'_>, now: Instant, not_before: Instant) -> Vec<Occurrence> {
        let mut occurrences = Vec::new();
        let bound = self.activity.seen + policies.today.hold_max;
        if let Some(presence) = &mut self.presence {
            presence.end_holds(bound, now);
        }
        while !matches!(self.state, State::Ended { .. }) {
            let limits = self.limits(policies);
            let deadlines = self.deadlines(self.activity, &limits, policies.today);
            let Some((deadline, kind)) = deadlines.earliest().filter(|(deadline, _)| *deadline <= now) else {
                break;
            };
            let at = deadline.max(not_before);
            occurrences.push(match kind {
                DeadlineKind::Absolute => {
                    let reason = self.absolute_deadline(&limits).map(|(_, reason)| reason);
                    self.end(reason.unwrap_or(EndReason::Absolute), at)
                }
                DeadlineKind::Disconnected => self.end(EndReason::Disconnected, at),
                DeadlineKind::Idle => self.idle_out(limits.idle.outcome, at),
            });
        }
        occurrences
    }

    fn take(&mut self, policies: &Policies<'_>, event: &Event, now: Instant) -> (Answer, Option<Occurrence>) {
        match self.state {
            State::Ended { at, reason } => {
                let request = matches!(event, Event::Request { .. });
                let verdict = Answer::Verdict(Verdict::Ended { at, reason });
                return (
                    if request {
                        verdict
                    } else {
                        Answer::Refused(Refusal::Ended)
                    },
                    None,
                );
            }
            State::Locked { .. } => match event {
                Event::Request { .. } => return (Answer::Verdict(Verdict::Locked), None),
                Event::Input { .. }
                | Event::Extend
                | Event::Hold { .. }
                | Event::Release { .. }
                | Event::Choose { .. } => {
                    return (Answer::Refused(Refusal::Locked), None);
                }
                Event::Tab { .. }
                | Event::Attend { .. }
                | Event::TabClose { .. }
                | Event::Bound { .. }
                | Event::Reauthenticate { .. }
                | Event::SignOut
                | Event::End { .. } => {}
            },
            State::Active => {}
        }
        let ended = match event {
            Event::Request { path, kind } => return self.request(policies, path, *kind, now),
            Event::SignOut => Some(EndReason::User),
            Event::End { reason } => Some(*reason),
            _ => None,
        };
        if let Some(reason) = ended {
            return (Answer::Accepted, Some(self.end(reason, now)));
        }
        let outcome = self.change(policies.today, event, now);
        (outcome.map_or_else(Answer::Refused, |()| Answer::Accepted), None)
    }

    fn request(
        &mut self,
        policies: &Policies<'_>,
        path: &Path<'static>,
        kind: RequestKind,
        now: Instant,
    ) -> (Answer, Option<Occurrence>) {
        match self.judge(self.activity, policies, path, kind, now) {
            Judgement::TooLong(outcome) => {
                let occurrence = self.idle_out(outcome, now);
                let verdict = match occurrence {
                    Occurrence::Locked { .. } => Verdict::Locked,
                    Occurrence::Ended { at, reason } => Verdict::Ended { at, reason },
                };
                (Answer::Verdict(verdict), Some(occurrence))
            }
            Judgement::StepUp(step_up) => (Answer::Verdict(Verdict::StepUp(step_up)), None),
            Judgement::Allow { activity } => {
                if let Some(activity) = activity {
                    self.set_activity(activity);
                    if self.moves_page(path) {
                        self.last_page = Some(path.clone());
                    }
                }
                (Answer::Verdict(Verdict::Allow), None)
            }
        }
    }

    /// The events that neither end the session nor are requests.
    fn change(&mut self, today: &Policy, event: &Event, now: Instant) -> Result<(), Refusal> {
        match event {
            Event::Input { age } => {
                if !today.activity.contains(&ActivitySource::Input) {
                    return Err(Refusal::InputDoesNotCount);
                }
                let at = self.activity.seen.max(now - *age);
                self.set_activity(self.active_at(self.activity, today, at));
            }
            Event::Extend => self.set_activity(self.active_at(self.activity, today, now)),
            Event::Hold { id, span } => self.hold(today, id, *span, now)?,
            Event::Release { id } => {
                let known = self.presence.as_mut().is_some_and(|presence| presence.release(id, now));
                known.then_some(()).ok_or(Refusal::UnknownHold)?;
            }
            Event::Tab { tab, path, attended } => {
                let (page, attended) = (path.clone(), *attended);
                let presence = self.presence.get_or_insert_default();
                presence.open_tab(tab.clone(), OpenTab { page, attended }, now);
            }
            Event::Attend { tab, from, to } => {
                let presence = self.presence.as_mut();
                let attended = presence.is_some_and(|presence| presence.attend(tab, *from, *to));
                attended.then_some(()).ok_or(Refusal::UnknownTab)?;
            }
            Event::TabClose { tab, by } => {
                let pauses = today.absent == Absent::Pause;
                let presence = self.presence.as_mut();
                let page = presence.and_then(|presence| presence.close_tab(tab, *by, pauses, now));
                self.last_page = Some(page.ok_or(Refusal::UnknownTab)?);
            }
            Event::Choose { idle } => {
                let offered = today.choice.as_ref().is_some_and(|choice| choice.allow.contains(idle));
                offered.then_some(()).ok_or(Refusal::NotOffered)?;
                self.choice = Some(*idle);
            }
            Event::Bound { not_after } => self.not_after = *not_after,
            Event::Reauthenticate {
                authenticated,
                not_after,
            } => {
                self.reauthenticate(today, *authenticated, now)?;
                self.not_after = *not_after;
            }
            Event::Request { .. } | Event::SignOut | Event::End { .. } => {}
        }
        Ok(())
    }

    fn hold(&mut self, today: &Policy, id: &str, span: Span, now: Instant) -> Result<(), Refusal> {
        let until = now + span;
        if until.min(self.activity.seen + today.hold_max) <= now {
            return Err(Refusal::HoldEndsAtOnce);
        }
        let absence = self.absence(self.activity, today, now);
        self.activity.longest_absence = self.activity.longest_absence.max(absence);
        self.presence.get_or_insert_default().hold(id.into(), until, now);
        Ok(())
    }

    pub(super) fn set_activity(&mut self, activity: Activity) {
        self.activity = activity;
        if let Some(presence) = &mut self.presence {
            presence.forget_pauses_before(activity.seen);
        }
    }

    fn idle_out(&mut self, outcome: OnIdle, at: Instant) -> Occurrence {
        match outcome {
            OnIdle::SignOut => self.end(EndReason::Idle, at),
            OnIdle::Lock => {
                self.state = State::Locked { at };
                Occurrence::Locked { at }
            }
        }
    }

    fn end(&mut self, reason: EndReason, at: Instant) -> Occurrence {
        self.state = State::Ended { at, reason };
        Occurrence::Ended { at, reason }
    }
}
