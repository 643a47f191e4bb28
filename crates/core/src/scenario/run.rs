//! Runs a scenario: between events time passes to the next deadline or warning, one at a time.

use std::sync::Arc;

use serde_json::Value;

use super::document::{Scenario, ScenarioError, ScenarioEvent, Subject, TimedEvent};
use super::trace::{Entry, StatusEntry, TraceEntry};
use crate::path::Path;
use crate::policy::{Policy, PolicyDocument};
use crate::resolution::Policies;
use crate::session::{
    Answer, Applied, Deadlines, EndReason, Event, Occurrence, RequestKind, Session, State, WarningKind,
};
use crate::table::table;
use crate::time::{Instant, Span};

/// The trace of a scenario.
pub fn run(scenario: &Scenario) -> Result<Vec<TraceEntry>, ScenarioError> {
    let Some((sign_in, timeline)) = scenario.timeline.split_first() else {
        return Ok(Vec::new());
    };
    let mut runner = Runner::sign_in(scenario, sign_in);
    for timed in timeline {
        runner.pass_time(timed.at);
        runner.event(&timed.event, timed.at);
        runner.announce(timed.at);
    }
    Ok(runner.trace)
}

/// An instant that a scenario counts from the start of its timeline.
fn since_start(span: Span) -> Instant {
    Instant::default() + span
}

struct Runner {
    session: Session,
    own: Arc<Policy>,
    today: Arc<Policy>,
    announced: Option<WarningKind>,
    trace: Vec<TraceEntry>,
}

impl Runner {
    fn sign_in(scenario: &Scenario, sign_in: &TimedEvent) -> Self {
        let now = sign_in.at;
        let policy = Arc::new(scenario.policy.clone());
        let session = Session::sign_in(Arc::new(scenario.facts.clone()), scenario.choice, now, now);
        let mut runner = Self {
            session,
            own: Arc::clone(&policy),
            today: policy,
            announced: None,
            trace: Vec::new(),
        };
        runner.write(
            now,
            Entry::Other {
                event: "sign-in",
                accepted: true,
            },
        );
        if let ScenarioEvent::SignIn { not_after } = sign_in.event {
            let bound = Event::Bound {
                not_after: not_after.map(since_start),
            };
            let applied = runner.apply(&bound, now);
            runner.happen(applied.after);
        }
        runner.announce(now);
        runner
    }

    fn deadlines(&self) -> Deadlines {
        let limits = self.session.limits(&Policies {
            own: &self.own,
            today: &self.today,
        });
        self.session.deadlines(self.session.activity, &limits, &self.today)
    }

    /// Everything that happens by itself up to and at `now`.
    fn pass_time(&mut self, now: Instant) {
        let deadlines = self.deadlines();
        if let Some((from, kind)) = self.warning(&deadlines)
            && from <= now
            && self.announced != Some(kind)
            && deadlines.earliest().is_none_or(|(deadline, _)| from < deadline)
        {
            self.announced = Some(kind);
            self.write(from, Entry::Warning { kind });
        }
        let due = self.session.expire(
            &Policies {
                own: &self.own,
                today: &self.today,
            },
            now,
        );
        self.happen(due);
    }

    /// The warning phase after an event at `now`: announced on entering and when its kind changes.
    fn announce(&mut self, now: Instant) {
        let entered = self
            .warning(&self.deadlines())
            .filter(|(from, _)| *from <= now)
            .map(|(_, kind)| kind);
        if let Some(kind) = entered
            && self.announced != entered
        {
            self.write(now, Entry::Warning { kind });
        }
        self.announced = entered;
    }

    fn warning(&self, deadlines: &Deadlines) -> Option<(Instant, WarningKind)> {
        let active = self.session.state == State::Active;
        active.then(|| deadlines.warning(self.today.warn_before)).flatten()
    }

    fn event(&mut self, event: &ScenarioEvent, now: Instant) {
        let (word, event) = match event {
            ScenarioEvent::SignIn { .. } => return,
            ScenarioEvent::Status {} => return self.status(now),
            ScenarioEvent::Policy { policy } => return self.change_policy(policy, now),
            ScenarioEvent::Request {
                path,
                passive,
                navigation,
            } => (
                "request",
                Event::Request {
                    path: Path::canonical(path).into_owned(),
                    kind: match (passive, navigation) {
                        (true, _) => RequestKind::Passive,
                        (false, true) => RequestKind::Navigation,
                        (false, false) => RequestKind::Fetch,
                    },
                },
            ),
            ScenarioEvent::Input { age } => ("input", Event::Input { age: *age }),
            ScenarioEvent::Extend {} => ("extend", Event::Extend),
            ScenarioEvent::Hold { id, r#for } => (
                "hold",
                Event::Hold {
                    id: id.as_str().into(),
                    span: *r#for,
                },
            ),
            ScenarioEvent::Release { id } => ("release", Event::Release { id: id.as_str().into() }),
            ScenarioEvent::Tab { tab, path } => (
                "tab",
                Event::Tab {
                    tab: tab.as_str().into(),
                    path: Path::canonical(path).into_owned(),
                    attended: None,
                },
            ),
            ScenarioEvent::TabClose { tab } => (
                "tab-close",
                Event::TabClose {
                    tab: tab.as_str().into(),
                    by: None,
                },
            ),
            ScenarioEvent::Choose { idle } => ("choose", Event::Choose { idle: *idle }),
            ScenarioEvent::Bound { not_after } => (
                "bound",
                Event::Bound {
                    not_after: not_after.span().map(since_start),
                },
            ),
            ScenarioEvent::Reauthenticate { subject, not_after } => (
                "reauthenticate",
                match subject {
                    Subject::Same => Event::Reauthenticate {
                        authenticated: now,
                        not_after: not_after.map(since_start),
                    },
                    Subject::Other => Event::End {
                        reason: EndReason::Superseded,
                    },
                },
            ),
            ScenarioEvent::SignOut {} => ("sign-out", Event::SignOut),
            ScenarioEvent::End { reason } => ("end", Event::End { reason: *reason }),
        };
        let applied = self.apply(&event, now);
        if matches!(event, Event::Reauthenticate { .. }) && applied.answer == Answer::Accepted {
            self.own = Arc::clone(&self.today);
        }
        self.happen(applied.itself);
        self.write(
            now,
            match applied.answer {
                Answer::Verdict(verdict) => Entry::Request(verdict.into()),
                Answer::Accepted => Entry::Other {
                    event: word,
                    accepted: true,
                },
                Answer::Refused(_) => Entry::Other {
                    event: word,
                    accepted: false,
                },
            },
        );
        self.happen(applied.after);
    }

    fn apply(&mut self, event: &Event, now: Instant) -> Applied {
        let policies = Policies {
            own: &self.own,
            today: &self.today,
        };
        self.session.apply(&policies, event, now)
    }

    fn change_policy(&mut self, written: &Value, now: Instant) {
        let next = table::<PolicyDocument, _>(written)
            .ok()
            .and_then(|document| Policy::new(document).ok());
        self.write(
            now,
            Entry::Other {
                event: "policy",
                accepted: next.is_some(),
            },
        );
        if let Some(next) = next {
            let policies = Policies {
                own: &self.own,
                today: &self.today,
            };
            let due = self.session.change_policy(&policies, &next, now);
            self.today = Arc::new(next);
            self.happen(due);
        }
    }

    fn status(&mut self, now: Instant) {
        let deadlines = self.deadlines();
        let entry = match self.session.state {
            State::Active => deadlines.status(self.today.warn_before, now).into(),
            State::Locked { .. } => deadlines.locked_status(now).into(),
            State::Ended { reason, .. } => StatusEntry::Ended { phase: "ended", reason },
        };
        self.write(now, Entry::Status(entry));
    }

    fn happen(&mut self, occurrences: impl IntoIterator<Item = Occurrence>) {
        self.trace.extend(occurrences.into_iter().map(TraceEntry::from));
    }

    fn write(&mut self, at: Instant, entry: Entry) {
        self.trace.push(TraceEntry::new(at, entry));
    }
}
