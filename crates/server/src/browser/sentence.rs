//! Why a session ends when it does, in one sentence for the person who is signed in. It says nothing of how the policy is
//! written: no rule, no role, no path. Written straight into the answer.

use std::fmt;

use nightlatch_core::policy::{Absent, OnIdle};
use nightlatch_core::resolution::Because;
use nightlatch_core::session::{DeadlineKind, Phase};
use nightlatch_core::time::Span;
use nightlatch_engine::Snapshot;
use serde::{Serialize, Serializer};

/// The limit that comes first and where it comes from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sentence<'a>(pub(super) &'a Snapshot);

impl fmt::Display for Sentence<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(snapshot) = self;
        let limits = &snapshot.limits;
        if snapshot.status.phase == Phase::Locked {
            return f.write_str("This session is locked; sign in again to continue.");
        }
        match (
            snapshot.status.deadline_kind,
            limits.idle.limit.span(),
            limits.absolute.limit.span(),
        ) {
            (Some(DeadlineKind::Idle), Some(idle), _) => {
                let outcome = match limits.idle.outcome {
                    OnIdle::SignOut => "You will be signed out",
                    OnIdle::Lock => "This session will be locked",
                };
                let because = clause(limits.idle.because);
                write!(f, "{outcome} after {} without activity, {because}.", InWords(idle))
            }
            (Some(DeadlineKind::Absolute), _, Some(absolute)) => {
                let because = clause(limits.absolute.because);
                write!(
                    f,
                    "You need to sign in again {} after signing in, {because}.",
                    InWords(absolute)
                )
            }
            (Some(DeadlineKind::Disconnected), ..) => {
                f.write_str("You will be signed out ")?;
                if let Absent::EndAfter(span) = snapshot.absent {
                    write!(f, "{} ", InWords(span))?;
                }
                write!(f, "after you close the last page, {}.", clause(Because::Organisation))
            }
            (_, Some(_), _) => f.write_str("Time without activity does not count while no page is open."),
            _ => f.write_str("You stay signed in until you sign out."),
        }
    }
}

impl Serialize for Sentence<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

fn clause(because: Because) -> &'static str {
    match because {
        Because::Page => "as set for a page that you have open",
        Because::Role => "as set for your role",
        Because::Device => "as set for this kind of device",
        Because::Application => "as set for this application",
        Because::Choice => "as you chose",
        Because::Organisation => "as set by your organisation",
        Because::System => "the longest that this system allows",
    }
}

/// A length of time as people say it: `1 hour 30 minutes`, `90 seconds`.
#[derive(Clone, Copy, Debug)]
struct InWords(Span);

const UNITS: [(&str, u64); 5] = [
    ("day", 86_400_000),
    ("hour", 3_600_000),
    ("minute", 60_000),
    ("second", 1000),
    ("millisecond", 1),
];
/// Below this, what is not whole minutes is told in seconds.
const SHORT: u64 = 120_000;

impl fmt::Display for InWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0.as_millis();
        if rest == 0 {
            return f.write_str("0 seconds");
        }
        let in_seconds = rest < SHORT && !rest.is_multiple_of(60_000);
        let mut gap = "";
        for (unit, millis) in UNITS.into_iter().skip(if in_seconds { 3 } else { 0 }) {
            let count = rest / millis;
            if count > 0 {
                let plural = if count == 1 { "" } else { "s" };
                write!(f, "{gap}{count} {unit}{plural}")?;
                (rest, gap) = (rest % millis, " ");
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use nightlatch_core::duration::Limit;
    use nightlatch_core::facts::Facts;
    use nightlatch_core::resolution::{Absolute, Idle};
    use nightlatch_core::session::{Limits, Status};
    use nightlatch_core::time::Instant;
    use nightlatch_store::token::Handle;

    use super::*;

    fn minutes(minutes: u64) -> Limit {
        Limit::after(Span::from_secs(60 * minutes))
    }

    fn snapshot(kind: Option<DeadlineKind>, idle: Idle, absolute: Absolute) -> Snapshot {
        let now = Instant::from_millis(0);
        Snapshot {
            handle: Handle::random(now),
            subject: "ada".into(),
            facts: Arc::new(Facts::default()),
            amr: Arc::default(),
            choice: None,
            authenticated: now,
            seen: now,
            status: Status {
                phase: Phase::Active,
                deadline_kind: kind,
                idle_remaining: None,
                absolute_remaining: None,
            },
            limits: Limits { idle, absolute },
            absent: Absent::EndAfter(Span::from_secs(300)),
            warn_before: Span::ZERO,
            now,
        }
    }

    #[test]
    fn the_sentence_tells_the_limit_that_comes_first_and_where_it_comes_from() {
        let idle = |limit, outcome, because| Idle {
            limit,
            outcome,
            because,
        };
        let usual = idle(minutes(15), OnIdle::SignOut, Because::Page);
        let day = |because| Absolute {
            limit: minutes(8 * 60),
            because,
        };
        let off = |because| Absolute {
            limit: Limit::OFF,
            because,
        };
        let idle_first = Some(DeadlineKind::Idle);
        let table = [
            (
                snapshot(idle_first, usual, day(Because::Role)),
                "You will be signed out after 15 minutes without activity, as set for a page that you have open.",
            ),
            (
                snapshot(
                    idle_first,
                    idle(minutes(1), OnIdle::Lock, Because::Role),
                    day(Because::Role),
                ),
                "This session will be locked after 1 minute without activity, as set for your role.",
            ),
            (
                snapshot(
                    idle_first,
                    idle(minutes(90), OnIdle::SignOut, Because::Device),
                    off(Because::Device),
                ),
                "You will be signed out after 1 hour 30 minutes without activity, as set for this kind of device.",
            ),
            (
                snapshot(
                    idle_first,
                    idle(minutes(60), OnIdle::SignOut, Because::Choice),
                    off(Because::Device),
                ),
                "You will be signed out after 1 hour without activity, as you chose.",
            ),
            (
                snapshot(
                    idle_first,
                    idle(minutes(4320), OnIdle::SignOut, Because::System),
                    off(Because::Device),
                ),
                "You will be signed out after 3 days without activity, the longest that this system allows.",
            ),
            (
                snapshot(Some(DeadlineKind::Absolute), usual, day(Because::Organisation)),
                "You need to sign in again 8 hours after signing in, as set by your organisation.",
            ),
            (
                snapshot(Some(DeadlineKind::Absolute), usual, day(Because::Application)),
                "You need to sign in again 8 hours after signing in, as set for this application.",
            ),
            (
                snapshot(Some(DeadlineKind::Disconnected), usual, day(Because::Role)),
                "You will be signed out 5 minutes after you close the last page, as set by your organisation.",
            ),
            (
                snapshot(None, usual, off(Because::Organisation)),
                "Time without activity does not count while no page is open.",
            ),
            (
                snapshot(
                    None,
                    idle(Limit::OFF, OnIdle::Lock, Because::Choice),
                    off(Because::Organisation),
                ),
                "You stay signed in until you sign out.",
            ),
        ];
        for (snapshot, sentence) in table {
            assert_eq!(Sentence(&snapshot).to_string(), sentence);
        }
        let mut locked = snapshot(Some(DeadlineKind::Absolute), usual, day(Because::Organisation));
        locked.status.phase = Phase::Locked;
        let json = serde_json::to_string(&Sentence(&locked)).expect("JSON");
        assert_eq!(json, r#""This session is locked; sign in again to continue.""#);
    }

    #[test]
    fn lengths_are_told_as_people_say_them() {
        let table = [
            (0, "0 seconds"),
            (1, "1 millisecond"),
            (1000, "1 second"),
            (1500, "1 second 500 milliseconds"),
            (45_000, "45 seconds"),
            (60_000, "1 minute"),
            (90_000, "90 seconds"),
            (119_000, "119 seconds"),
            (120_000, "2 minutes"),
            (150_000, "2 minutes 30 seconds"),
            (5_400_000, "1 hour 30 minutes"),
            (86_400_000, "1 day"),
            (90_061_000, "1 day 1 hour 1 minute 1 second"),
        ];
        for (millis, words) in table {
            assert_eq!(InWords(Span::from_millis(millis)).to_string(), words);
        }
    }
}
