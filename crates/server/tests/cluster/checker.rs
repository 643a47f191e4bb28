//! Whether what clients saw, and what the store says in the end, can be.
//!
//! A client cannot know when a node decided: at some instant between the question and the answer. So everything is held against the end
//! of that interval which accuses nobody falsely.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::time::Duration;

use crate::history::{Asked, Exchange, Got, Kind, Number};

/// What the nodes promise.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Promises {
    pub(crate) end_bound: Duration,
    pub(crate) idle: Duration,
    /// How long a brief session lasts.
    pub(crate) brief: Duration,
    /// How much acknowledged activity the fault may lose: none, or that of the last moments.
    pub(crate) loses_activity: Duration,
    pub(crate) max_sessions: usize,
}

/// What the store says once all is over.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stored {
    /// By handle.
    pub(crate) sessions: HashMap<String, StoredSession>,
    /// The number of each writer in each revision of the policy, in their order.
    pub(crate) policies: Vec<Vec<Option<u32>>>,
    /// How many sessions one subject of the crowd had at most, whenever it was looked.
    pub(crate) most_sessions: usize,
    /// What nodes say otherwise than the store.
    pub(crate) differences: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct StoredSession {
    /// Why it ended, if it did.
    pub(crate) ended: Option<String>,
    /// The reasons of its ends, by the audit.
    pub(crate) told: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Property {
    /// Nobody is let in later than the bound after an acknowledged end.
    EndsInTime,
    /// No acknowledged end, session or policy is lost.
    NothingLost,
    /// Nobody is signed out who was within the limits, whichever node heard of the activity.
    NobodySignedOut,
    /// Nobody stays beyond the limits.
    NobodyStays,
    /// One audit record an end, with its reason.
    OneRecord,
    /// Nobody has more sessions than there may be.
    NotTooMany,
    /// What nodes say is what the store says.
    Agreement,
}

/// Something that cannot be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    pub(crate) property: Property,
    pub(crate) what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.property, self.what)
    }
}

/// A node may know the time less exactly by so much.
const CLOCK: Duration = Duration::from_millis(250);
/// A node may still be doing so long what its client has given up.
const STILL_DONE: Duration = Duration::from_secs(5);

/// Everything that cannot be.
pub(crate) fn violations(history: &[Exchange], stored: &Stored, promises: &Promises) -> Vec<Violation> {
    let mut sessions = BTreeMap::<Number, Vec<&Exchange>>::new();
    for exchange in history {
        if let Some(session) = exchange.asked.session() {
            sessions.entry(session).or_default().push(exchange);
        }
    }
    let mut found = Vec::new();
    for (number, mut exchanges) in sessions {
        exchanges.sort_by_key(|exchange| exchange.sent);
        let mut add = |property, what: Vec<String>| {
            let what = what.into_iter().map(|what| format!("session {number}: {what}"));
            found.extend(what.map(|what| Violation { property, what }));
        };
        add(Property::EndsInTime, let_in_after_an_end(&exchanges, promises));
        add(Property::NothingLost, lost(&exchanges, stored));
        add(Property::NobodySignedOut, signed_out(&exchanges, promises));
        add(Property::NobodyStays, stays(&exchanges, promises));
    }
    let mut add = |property, what: Vec<String>| found.extend(what.into_iter().map(|what| Violation { property, what }));
    add(Property::NothingLost, lost_policies(history, stored));
    add(Property::OneRecord, records(stored));
    if stored.most_sessions > promises.max_sessions {
        let what = format!("{} at once, of {}", stored.most_sessions, promises.max_sessions);
        add(Property::NotTooMany, vec![what]);
    }
    add(Property::Agreement, stored.differences.clone());
    found
}

/// Whoever was told that a session is over was told of an end, whoever ended it.
fn let_in_after_an_end(exchanges: &[&Exchange], promises: &Promises) -> Vec<String> {
    let told = exchanges.iter().filter(|exchange| match &exchange.got {
        Got::Ended { .. } => true,
        // Who was never known, and whose answer was lost, has no end.
        Got::Over { reason } => reason != "none",
        _ => false,
    });
    let Some(end) = told.min_by_key(|exchange| exchange.over) else {
        return Vec::new();
    };
    let late = exchanges
        .iter()
        .filter(|exchange| is_let_in(exchange) && exchange.sent > end.over + promises.end_bound);
    late.map(|late| format!("its end was told at {}, and {}", shown(end), shown(late)))
        .collect()
}

fn lost(exchanges: &[&Exchange], stored: &Stored) -> Vec<String> {
    let Some(handle) = handle(exchanges) else {
        return Vec::new();
    };
    let Some(session) = stored.sessions.get(handle) else {
        return vec![format!("it was created as {handle}, and the store has no such session")];
    };
    let mut lost = Vec::new();
    for exchange in exchanges {
        match &exchange.got {
            Got::Over { reason } if reason == "none" => lost.push(format!("it is not known: {}", shown(exchange))),
            Got::Over { reason } | Got::Ended { reason: Some(reason) } => match &session.ended {
                Some(ended) if ended == reason => {}
                other => lost.push(format!("the store says {other:?}: {}", shown(exchange))),
            },
            Got::Ended { reason: None } if session.ended.is_none() => {
                lost.push(format!("it lives in the store: {}", shown(exchange)));
            }
            _ => {}
        }
    }
    lost
}

/// Nobody asked for its end, and there was activity that lets it live on.
fn signed_out(exchanges: &[&Exchange], promises: &Promises) -> Vec<String> {
    let mut wrong = Vec::new();
    for denied in exchanges {
        let Got::Over { reason } = &denied.got else { continue };
        let asked_for = exchanges
            .iter()
            .any(|other| matches!(other.asked, Asked::End(_)) && other.sent <= denied.over);
        match reason.as_str() {
            // A matter of what is lost.
            "none" => {}
            "idle" => {
                let active = exchanges
                    .iter()
                    .filter(|other| is_activity(other) && other.over <= denied.sent);
                let last = active.max_by_key(|active| active.sent);
                if let Some(last) =
                    last.filter(|last| denied.over + CLOCK + promises.loses_activity < last.sent + promises.idle)
                {
                    wrong.push(format!("active: {}; {}", shown(last), shown(denied)));
                }
            }
            "absolute" if kind(exchanges) == Some(Kind::Brief) => {
                // It lasts from some instant after it was asked for.
                if let Some(created) =
                    created(exchanges).filter(|created| denied.over + CLOCK < created.sent + promises.brief)
                {
                    wrong.push(format!("begun: {}; {}", shown(created), shown(denied)));
                }
            }
            "superseded" if kind(exchanges) == Some(Kind::Crowded) => {}
            _ if asked_for => {}
            _ => wrong.push(format!("nobody asked for it: {}", shown(denied))),
        }
    }
    wrong
}

fn stays(exchanges: &[&Exchange], promises: &Promises) -> Vec<String> {
    let mut wrong = Vec::new();
    for let_in in exchanges.iter().filter(|exchange| is_let_in(exchange)) {
        // The latest instant at which there may have been activity before.
        let may_be_activity = exchanges.iter().filter(|other| {
            let is_activity = matches!(other.asked, Asked::Use(_) | Asked::Create { .. });
            is_activity && other.sent < let_in.over && !matches!(other.got, Got::Over { .. })
        });
        let latest = may_be_activity
            .filter(|other| !std::ptr::eq(**other, *let_in))
            .map(|other| match other.got {
                Got::Lost => other.over + STILL_DONE,
                _ => other.over,
            })
            .max();
        if let Some(latest) = latest.filter(|latest| let_in.sent > *latest + promises.idle + CLOCK) {
            wrong.push(format!("no activity after {latest:.3?}, and {}", shown(let_in)));
        }
        let created = created(exchanges).filter(|_| kind(exchanges) == Some(Kind::Brief));
        if let Some(created) = created.filter(|created| let_in.sent > created.over + promises.brief + CLOCK) {
            wrong.push(format!("it was brief: {}; {}", shown(created), shown(let_in)));
        }
    }
    wrong
}

/// Each acknowledged number of a writer is in a revision, in the order in which it was written.
fn lost_policies(history: &[Exchange], stored: &Stored) -> Vec<String> {
    let mut lost = Vec::new();
    let writers = history.iter().filter_map(|exchange| match exchange.asked {
        Asked::Policy { writer, .. } => Some(writer),
        _ => None,
    });
    for writer in writers.collect::<std::collections::BTreeSet<_>>() {
        let mut kept = stored.policies.iter().filter_map(|numbers| *numbers.get(writer)?);
        let numbers: Vec<u32> = stored
            .policies
            .iter()
            .filter_map(|numbers| *numbers.get(writer)?)
            .collect();
        if !numbers.is_sorted() {
            lost.push(format!("writer {writer}: an earlier number came back: {numbers:?}"));
        }
        for exchange in history {
            if let Asked::Policy { writer: by, number } = exchange.asked
                && by == writer
                && exchange.got == Got::Yes
                && !kept.any(|kept| kept == number)
            {
                lost.push(format!(
                    "writer {writer}: {number} is in no revision: {}",
                    shown(exchange)
                ));
            }
        }
    }
    lost
}

fn records(stored: &Stored) -> Vec<String> {
    let wrong = stored.sessions.iter().filter(|(_, session)| {
        let expected: Vec<&String> = session.ended.iter().collect();
        session.told.iter().collect::<Vec<_>>() != expected
    });
    wrong
        .map(|(handle, session)| {
            format!(
                "{handle} ended {:?}, and the audit tells {:?}",
                session.ended, session.told
            )
        })
        .collect()
}

fn handle<'a>(exchanges: &[&'a Exchange]) -> Option<&'a str> {
    exchanges.iter().find_map(|exchange| match &exchange.got {
        Got::Created { handle } => Some(handle.as_str()),
        _ => None,
    })
}

fn created<'a>(exchanges: &[&'a Exchange]) -> Option<&'a Exchange> {
    let created = |exchange: &&&Exchange| matches!(exchange.got, Got::Created { .. });
    exchanges.iter().find(created).copied()
}

fn kind(exchanges: &[&Exchange]) -> Option<Kind> {
    exchanges.iter().find_map(|exchange| match exchange.asked {
        Asked::Create { kind, .. } => Some(kind),
        _ => None,
    })
}

fn is_let_in(exchange: &Exchange) -> bool {
    matches!(exchange.asked, Asked::Look(_) | Asked::Use(_)) && exchange.got == Got::Yes
}

/// That was acknowledged.
fn is_activity(exchange: &Exchange) -> bool {
    matches!(
        (&exchange.asked, &exchange.got),
        (Asked::Use(_), Got::Yes) | (Asked::Create { .. }, Got::Created { .. })
    )
}

fn shown(exchange: &Exchange) -> String {
    let Exchange {
        node,
        asked,
        sent,
        over,
        got,
    } = exchange;
    format!("node {node} was asked {asked:?} at {sent:.3?} and said {got:?} at {over:.3?}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROMISES: Promises = Promises {
        end_bound: Duration::from_secs(1),
        idle: Duration::from_secs(10),
        brief: Duration::from_secs(5),
        loses_activity: Duration::ZERO,
        max_sessions: 3,
    };

    fn at(sent: u64, over: u64, asked: Asked, got: Got) -> Exchange {
        Exchange {
            node: 0,
            asked,
            sent: Duration::from_millis(sent),
            over: Duration::from_millis(over),
            got,
        }
    }

    fn created(at_millis: u64) -> Exchange {
        created_as(Kind::Plain, at_millis)
    }

    fn created_as(kind: Kind, at_millis: u64) -> Exchange {
        let asked = Asked::Create { session: 1, kind };
        at(at_millis, at_millis + 10, asked, Got::Created { handle: "a".into() })
    }

    fn ended() -> Got {
        Got::Ended {
            reason: Some("admin".into()),
        }
    }

    fn over(reason: &str) -> Got {
        Got::Over { reason: reason.into() }
    }

    fn stored(ended: Option<&str>) -> Stored {
        let session = StoredSession {
            ended: ended.map(str::to_owned),
            told: ended.into_iter().map(str::to_owned).collect(),
        };
        Stored {
            sessions: HashMap::from([("a".to_owned(), session)]),
            ..Stored::default()
        }
    }

    fn found(history: &[Exchange], stored: &Stored) -> Vec<Property> {
        let found = violations(history, stored, &PROMISES);
        found.into_iter().map(|violation| violation.property).collect()
    }

    #[test]
    fn whoever_is_let_in_after_the_bound_is_found_and_nobody_before() {
        let history = |sent| {
            [
                created(0),
                at(100, 200, Asked::End(1), ended()),
                at(sent, sent + 5000, Asked::Look(1), Got::Yes),
            ]
        };
        assert_eq!(found(&history(1200), &stored(Some("admin"))), []);
        assert_eq!(found(&history(1201), &stored(Some("admin"))), [Property::EndsInTime]);
        let heard_of = [
            created(0),
            at(90, 100, Asked::End(1), Got::Lost),
            at(150, 200, Asked::Look(1), over("admin")),
            at(1201, 1202, Asked::Use(1), Got::Yes),
        ];
        assert_eq!(found(&heard_of, &stored(Some("admin"))), [Property::EndsInTime]);
        let unknown = [
            created(0),
            at(100, 200, Asked::End(1), Got::Unavailable),
            at(2000, 2001, Asked::Look(1), Got::Yes),
        ];
        assert_eq!(found(&unknown, &stored(None)), []);
    }

    #[test]
    fn what_was_acknowledged_and_is_gone_is_found() {
        let history = [created(0), at(100, 200, Asked::End(1), ended())];
        assert_eq!(found(&history, &stored(None)), [Property::NothingLost]);
        assert_eq!(found(&history, &stored(Some("idle"))), [Property::NothingLost]);
        assert_eq!(found(&history, &Stored::default()), [Property::NothingLost]);
        let forgotten = [created(0), at(100, 200, Asked::Look(1), over("none"))];
        assert_eq!(found(&forgotten, &stored(None)), [Property::NothingLost]);
        let sign_out = [created(0), at(100, 200, Asked::End(1), Got::Ended { reason: None })];
        assert_eq!(found(&sign_out, &stored(None)), [Property::NothingLost]);
        assert_eq!(found(&sign_out, &stored(Some("user"))), []);
    }

    #[test]
    fn a_policy_that_is_in_no_revision_is_found_and_one_that_came_back() {
        let wrote = |number| at(0, 10, Asked::Policy { writer: 1, number }, Got::Yes);
        let revisions = |numbers: &[u32]| Stored {
            policies: numbers.iter().map(|number| vec![None, Some(*number)]).collect(),
            ..Stored::default()
        };
        assert_eq!(found(&[wrote(1), wrote(3)], &revisions(&[1, 2, 2, 3])), []);
        assert_eq!(
            found(&[wrote(1), wrote(3)], &revisions(&[1, 2])),
            [Property::NothingLost]
        );
        assert_eq!(found(&[wrote(3)], &revisions(&[3, 2, 3])), [Property::NothingLost]);
    }

    #[test]
    fn whoever_is_signed_out_within_the_limits_is_found() {
        let history = |denied: u64, reason: &str| {
            let used = Exchange {
                node: 2,
                ..at(5000, 5100, Asked::Use(1), Got::Yes)
            };
            [created(0), used, at(denied - 100, denied, Asked::Look(1), over(reason))]
        };
        assert_eq!(found(&history(14_750, "idle"), &stored(Some("idle"))), []);
        assert_eq!(
            found(&history(14_749, "idle"), &stored(Some("idle"))),
            [Property::NobodySignedOut]
        );
        assert_eq!(
            found(&history(20_000, "admin"), &stored(Some("admin"))),
            [Property::NobodySignedOut]
        );
        let asked_for = [
            created(0),
            at(100, 4100, Asked::End(1), Got::Lost),
            at(3000, 3100, Asked::Look(1), over("admin")),
        ];
        assert_eq!(found(&asked_for, &stored(Some("admin"))), []);
        let unanswered = [
            created(0),
            at(9000, 9100, Asked::Use(1), Got::Unavailable),
            at(10_100, 10_200, Asked::Look(1), over("idle")),
        ];
        assert_eq!(found(&unanswered, &stored(Some("idle"))), [], "it was not acknowledged");
    }

    #[test]
    fn whoever_stays_beyond_the_limit_is_found() {
        let history = |sent, got| {
            [
                created(0),
                at(100, 200, Asked::Use(1), got),
                at(sent, sent + 10, Asked::Look(1), Got::Yes),
            ]
        };
        assert_eq!(found(&history(10_450, Got::Yes), &stored(None)), []);
        assert_eq!(
            found(&history(10_451, Got::Yes), &stored(None)),
            [Property::NobodyStays]
        );
        assert_eq!(found(&history(15_450, Got::Lost), &stored(None)), []);
        assert_eq!(
            found(&history(15_451, Got::Lost), &stored(None)),
            [Property::NobodyStays]
        );
    }

    #[test]
    fn a_brief_session_lasts_as_long_as_it_is_to_and_no_longer() {
        let denied = |over_at: u64| {
            [
                created_as(Kind::Brief, 0),
                at(over_at - 1, over_at, Asked::Look(1), over("absolute")),
            ]
        };
        assert_eq!(found(&denied(4750), &stored(Some("absolute"))), []);
        assert_eq!(
            found(&denied(4749), &stored(Some("absolute"))),
            [Property::NobodySignedOut]
        );
        let let_in = |sent| [created_as(Kind::Brief, 0), at(sent, sent + 10, Asked::Use(1), Got::Yes)];
        assert_eq!(found(&let_in(5260), &stored(None)), []);
        assert_eq!(found(&let_in(5261), &stored(None)), [Property::NobodyStays]);
        let plain = [created(0), at(4000, 5000, Asked::Look(1), over("absolute"))];
        assert_eq!(found(&plain, &stored(Some("absolute"))), [Property::NobodySignedOut]);
    }

    #[test]
    fn two_records_of_one_end_are_found_and_so_is_none() {
        let mut twice = stored(Some("admin"));
        let session = twice.sessions.get_mut("a").expect("it");
        session.told.push("idle".into());
        assert_eq!(found(&[], &twice), [Property::OneRecord]);
        session_of(&mut twice).told.clear();
        assert_eq!(found(&[], &twice), [Property::OneRecord]);
        let mut alive = stored(None);
        session_of(&mut alive).told.push("admin".into());
        assert_eq!(found(&[], &alive), [Property::OneRecord]);
    }

    fn session_of(stored: &mut Stored) -> &mut StoredSession {
        stored.sessions.get_mut("a").expect("it")
    }

    #[test]
    fn one_session_too_many_is_found_and_so_is_a_difference() {
        let crowd = |most_sessions| Stored {
            most_sessions,
            ..Stored::default()
        };
        assert_eq!(found(&[], &crowd(3)), []);
        assert_eq!(found(&[], &crowd(4)), [Property::NotTooMany]);
        let differing = Stored {
            differences: vec!["node 1 lets in whom the store has ended".into()],
            ..Stored::default()
        };
        assert_eq!(found(&[], &differing), [Property::Agreement]);
    }
}
