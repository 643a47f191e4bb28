//! What a change of policy would do to the sessions that live now, before it is made (LIFETIME section 2, live changes).
//!
//! The same rules that would act at the change are run on a copy of each session, so what is planned is what happens
//! when the change is made at once.

mod spread;

use std::collections::BTreeMap;

pub use spread::{Spread, Step};

use crate::facts::Facts;
use crate::policy::Policy;
use crate::resolution::Policies;
use crate::session::{EndReason, Session, State};
use crate::time::{Instant, Span};

/// What a change of policy does to one session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Impact {
    /// It ends at the change.
    Ends(EndReason),
    /// It locks at the change.
    Locks,
    /// Its first deadline comes sooner, by so much; by an unknown time where it had none.
    Sooner(Option<Span>),
    /// Its first deadline comes later, or it has none any more.
    Later,
    /// Its first deadline stays.
    Same,
}

/// The impact of `candidate` on a session; `None` where the session is over already, noticed or not.
#[must_use]
pub fn impact(session: &Session, policies: &Policies<'_>, candidate: &Policy, now: Instant) -> Option<Impact> {
    let mut before = session.clone();
    before.expire(policies, now);
    let locked_before = match before.state {
        State::Ended { .. } => return None,
        State::Locked { .. } => true,
        State::Active => false,
    };
    let mut after = before.clone();
    after.change_policy(policies, candidate, now);
    Some(match after.state {
        State::Ended { reason, .. } => Impact::Ends(reason),
        State::Locked { .. } if !locked_before => Impact::Locks,
        State::Locked { .. } | State::Active => {
            let changed = Policies {
                own: policies.own,
                today: candidate,
            };
            moved(first_deadline(&before, policies), first_deadline(&after, &changed))
        }
    })
}

fn first_deadline(session: &Session, policies: &Policies<'_>) -> Option<Instant> {
    let limits = session.limits(policies);
    let deadlines = session.deadlines(session.activity, &limits, policies.today);
    deadlines.earliest().map(|(at, _)| at)
}

fn moved(before: Option<Instant>, after: Option<Instant>) -> Impact {
    match (before, after) {
        (Some(before), Some(after)) if after < before => Impact::Sooner(Some(before.since(after))),
        (None, Some(_)) => Impact::Sooner(None),
        (before, after) if before == after => Impact::Same,
        _ => Impact::Later,
    }
}

/// The impact on all sessions, counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Of all sessions.
    pub all: Counts,
    /// Of the sessions of each application; those without one are under the empty name.
    pub applications: BTreeMap<Box<str>, Counts>,
    /// Of the sessions with each role. A session with several roles counts for each.
    pub roles: BTreeMap<Box<str>, Counts>,
}

/// How many sessions a change touches, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Live sessions.
    pub sessions: u64,
    /// Those that end at the change.
    pub ending: u64,
    /// Those that end at the change, by reason.
    pub ending_by_reason: BTreeMap<EndReason, u64>,
    /// Those that lock at the change.
    pub locking: u64,
    /// Those that go on, with less time left.
    pub shortened: u64,
    /// How much less.
    pub shortened_by: Spread,
    /// Those with more time left.
    pub lengthened: u64,
    /// Those that notice nothing.
    pub unchanged: u64,
}

impl Plan {
    /// Counts one session.
    pub fn add(&mut self, facts: &Facts, impact: Impact) {
        self.all.add(impact);
        let application = facts.application.clone().unwrap_or_default();
        self.applications.entry(application).or_default().add(impact);
        for (index, role) in facts.roles.iter().enumerate() {
            // A role that is named twice is one role.
            if !facts.roles[..index].contains(role) {
                self.roles.entry(role.clone()).or_default().add(impact);
            }
        }
    }
}

impl Counts {
    fn add(&mut self, impact: Impact) {
        self.sessions += 1;
        match impact {
            Impact::Ends(reason) => {
                self.ending += 1;
                *self.ending_by_reason.entry(reason).or_default() += 1;
            }
            Impact::Locks => self.locking += 1,
            Impact::Sooner(by) => {
                self.shortened += 1;
                self.shortened_by.add(by);
            }
            Impact::Later => self.lengthened += 1,
            Impact::Same => self.unchanged += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::policy::PolicyDocument;

    fn policy(json: &str) -> Policy {
        Policy::new(serde_json::from_str::<PolicyDocument>(json).expect("a document")).expect("a valid policy")
    }

    fn minutes(minutes: i64) -> Instant {
        Instant::from_millis(minutes * 60_000)
    }

    fn impact_at(minute: i64, today: &str, candidate: &str) -> Option<Impact> {
        let today = policy(today);
        let session = Session::sign_in(Arc::default(), None, minutes(0), minutes(0));
        let policies = Policies {
            own: &today,
            today: &today,
        };
        impact(&session, &policies, &policy(candidate), minutes(minute))
    }

    #[test]
    fn a_shorter_limit_ends_or_locks_whom_it_reaches_and_shortens_the_rest() {
        let today = r#"{"idle": "30m"}"#;
        assert_eq!(
            impact_at(20, today, r#"{"idle": "20m"}"#),
            Some(Impact::Ends(EndReason::Idle))
        );
        assert_eq!(
            impact_at(20, today, r#"{"idle": "15m", "on_idle": "lock"}"#),
            Some(Impact::Locks)
        );
        assert_eq!(
            impact_at(19, today, r#"{"idle": "20m"}"#),
            Some(Impact::Sooner(Some(Span::from_secs(600))))
        );
        assert_eq!(
            impact_at(19, today, r#"{"absolute": "10m"}"#),
            Some(Impact::Ends(EndReason::Absolute))
        );
    }

    #[test]
    fn a_longer_limit_waits_for_the_next_sign_in_and_the_dead_are_not_counted() {
        let today = r#"{"idle": "30m"}"#;
        assert_eq!(impact_at(20, today, r#"{"idle": "2h"}"#), Some(Impact::Same));
        assert_eq!(impact_at(30, today, r#"{"idle": "2h"}"#), None);
        let unlimited = r#"{"idle": "off", "absolute": "off"}"#;
        assert_eq!(impact_at(20, unlimited, today), Some(Impact::Sooner(None)));
    }

    #[test]
    fn sessions_are_counted_by_application_and_by_each_of_their_roles() {
        let facts = Facts {
            application: Some("console".into()),
            device: None,
            roles: vec!["admin".into(), "user".into(), "admin".into()],
        };
        let mut plan = Plan::default();
        plan.add(&facts, Impact::Ends(EndReason::Idle));
        plan.add(&facts, Impact::Same);
        plan.add(&Facts::default(), Impact::Sooner(Some(Span::from_secs(90))));
        assert_eq!((plan.all.sessions, plan.all.ending, plan.all.shortened), (3, 1, 1));
        assert_eq!(plan.applications["console"].ending_by_reason[&EndReason::Idle], 1);
        assert_eq!((plan.applications[""].sessions, plan.roles["admin"].sessions), (1, 2));
    }
}
