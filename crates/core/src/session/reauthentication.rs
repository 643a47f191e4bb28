//! Somebody has authenticated again, at an instant that whoever authenticated them tells (LIFETIME section 5).

use super::{Activity, Session, State};
use crate::policy::Policy;
use crate::time::{Instant, Span};

/// Instants of authentications are told in whole seconds, cut off: one that looks earlier by less may be the later one.
const TOLD_IN: Span = Span::from_secs(1);

/// Why an authentication does not renew a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Outdated {
    /// The session knows of a later one, and never goes back.
    #[error("the session knows of a later authentication")]
    Superseded {
        /// When that was.
        known: Instant,
    },
    /// The session has locked since. Only an authentication after that opens the lock.
    #[error("the session has locked since that authentication")]
    BeforeLock {
        /// When it locked.
        locked: Instant,
    },
}

impl Session {
    /// Both limits restart: idle now, since the person is here, and absolute at the authentication.
    pub(super) fn reauthenticate(
        &mut self,
        today: &Policy,
        authenticated: Instant,
        now: Instant,
    ) -> Result<(), Outdated> {
        let told = authenticated.min(now);
        if told + TOLD_IN <= self.authenticated {
            let known = self.authenticated;
            return Err(Outdated::Superseded { known });
        }
        if let State::Locked { at: locked } = self.state
            && told + TOLD_IN <= locked
        {
            return Err(Outdated::BeforeLock { locked });
        }
        // Its absolute limit is not reached: it is no earlier than the one that the session lives by.
        let authenticated = told.max(self.authenticated);
        let absence = self
            .activity
            .longest_absence
            .max(self.absence(self.activity, today, now));
        self.authenticated = authenticated;
        self.state = State::Active;
        self.set_activity(Activity {
            seen: now,
            // No absence since the authentication is longer than the time since then.
            longest_absence: absence.min(now.since(authenticated)),
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::facts::Facts;
    use crate::path::Path;
    use crate::resolution::Policies;
    use crate::session::{Answer, Event, Judgement, Refusal, RequestKind};

    const NOW: u64 = 3600;

    fn at(seconds: u64) -> Instant {
        Instant::default() + Span::from_secs(seconds)
    }

    fn policy(json: &str) -> Policy {
        Policy::new(serde_json::from_str(json).expect("a document")).expect("a policy")
    }

    /// Of somebody who signs in at 600 s, is active at 1200 s, and authenticates again at `told` as is told at 3600 s.
    fn renewed(policy: &Policy, told: Instant) -> (Session, Answer) {
        let policies = Policies {
            own: policy,
            today: policy,
        };
        let mut session = Session::sign_in(Arc::new(Facts::default()), None, at(600), at(600));
        session.apply(&policies, &Event::Extend, at(1200));
        let event = Event::Reauthenticate {
            authenticated: told,
            not_after: None,
        };
        let answer = session.apply(&policies, &event, at(NOW)).answer;
        (session, answer)
    }

    #[test]
    fn the_authentication_counts_from_when_it_was_and_never_moves_a_session_backwards() {
        let lasting = policy(r#"{"idle": "off", "absolute": "off"}"#);
        let limited = policy(r#"{"idle": "off", "absolute": "30m"}"#);
        let locking = policy(r#"{"idle": "20m", "absolute": "8h", "on_idle": "lock"}"#);
        let known = at(600);
        let locked = at(2400);
        let millis = |millis| Instant::from_millis(millis);
        for (name, policy, told, expected) in [
            ("now", &lasting, at(NOW), Ok(at(NOW))),
            ("ahead of now", &lasting, at(NOW + 50), Ok(at(NOW))),
            ("a while ago", &lasting, at(3000), Ok(at(3000))),
            ("before the last activity", &lasting, at(900), Ok(at(900))),
            ("the one that is known", &lasting, known, Ok(known)),
            ("the same second, cut off", &lasting, millis(599_001), Ok(known)),
            (
                "a second before",
                &lasting,
                at(599),
                Err(Outdated::Superseded { known }),
            ),
            ("long before", &lasting, at(0), Err(Outdated::Superseded { known })),
            ("after the lock", &locking, at(2401), Ok(at(2401))),
            (
                "the second of the lock",
                &locking,
                millis(2_399_001),
                Ok(millis(2_399_001)),
            ),
            (
                "before the lock",
                &locking,
                at(2399),
                Err(Outdated::BeforeLock { locked }),
            ),
            (
                "known, before the lock",
                &locking,
                known,
                Err(Outdated::BeforeLock { locked }),
            ),
        ] {
            let (session, answer) = renewed(policy, told);
            match expected {
                Ok(authenticated) => {
                    assert_eq!(answer, Answer::Accepted, "{name}");
                    let stands = (session.authenticated, session.activity.seen, session.state);
                    assert_eq!(stands, (authenticated, at(NOW), State::Active), "{name}");
                }
                Err(outdated) => {
                    assert_eq!(answer, Answer::Refused(Refusal::Outdated(outdated)), "{name}");
                    assert_eq!(
                        (session.authenticated, session.activity.seen),
                        (known, at(1200)),
                        "{name}"
                    );
                }
            }
        }
        let (session, answer) = renewed(&limited, at(NOW));
        assert_eq!(
            (answer, session.authenticated),
            (Answer::Refused(Refusal::Ended), known),
            "it has ended"
        );
    }

    #[test]
    fn a_gate_opens_for_an_authentication_after_the_absence_and_for_no_earlier_one() {
        let policy = policy(
            r#"{"idle": "off", "absolute": "off", "gates": [{"match": {"path": "/admin/**"}, "max_away": "10m"}]}"#,
        );
        let policies = Policies {
            own: &policy,
            today: &policy,
        };
        // Nobody was there from 1200 s to 3600 s.
        for (told, opens) in [
            (NOW, true),
            (NOW - 599, true),
            (NOW - 600, false),
            (1300, false),
            (700, false),
        ] {
            let (session, answer) = renewed(&policy, at(told));
            assert_eq!(answer, Answer::Accepted, "{told}");
            let admin = Path::canonical("/admin/users");
            let judged = session.judge(session.activity, &policies, &admin, RequestKind::Fetch, at(NOW));
            assert_eq!(matches!(judged, Judgement::Allow { .. }), opens, "{told}: {judged:?}");
        }
    }
}
