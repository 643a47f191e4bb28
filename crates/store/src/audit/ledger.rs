//! How often the audit is told of what a browser may repeat.
//!
//! Whoever has the cookie can extend, hold and choose as often as they like. Each session keeps a ledger of it: the audit is told
//! of the first at once and of later ones at most once a minute, drawn together with their count. The ledger is kept with the
//! session, in the transaction of every change, and closed in that of its end. So a crash costs the count of what was not
//! acknowledged, and nothing else: the end of the session is never one of a count.

use std::collections::BTreeMap;

use nightlatch_core::duration::Limit;
use nightlatch_core::session::{EndedHold, Hold, HoldEnd, HoldId, Session};
use nightlatch_core::time::{Instant, Span};
use serde::{Deserialize, Serialize};

use super::{AuditEntry, AuditKind};

/// Of each of these the audit is told once in so long, after the first few.
const EVERY: Span = Span::from_secs(60);
/// So many are told at once. Somebody corrects a choice, several files are sent at a time.
const EXTENDS: u64 = 1;
const CHOICES: u64 = 3;
const HOLDS: u64 = 10;

const USER: &str = "user";
const POLICY: &str = "policy";

/// What the audit knows of one session's extends, choices and holds, and what it is still to be told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ledger {
    extends: Repeats,
    choices: Repeats,
    /// Those that are over before the audit was told of their start.
    holds: Repeats,
    running: BTreeMap<HoldId, Running>,
}

/// One kind of event.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Repeats {
    /// Every record puts this off by [`EVERY`]; the next is due when little enough is left of it.
    told_until: Option<Instant>,
    untold: Option<Untold>,
}

/// Events that will be one record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Untold {
    since: Instant,
    at: Instant,
    count: u64,
    held: Span,
    /// Of the last one.
    detail: Option<Box<str>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Running {
    since: Instant,
    /// The end that was asked for.
    asked: Instant,
    /// Where it is over if nothing happens any more: where it was asked for, or where `hold_max` bounds it.
    until: Instant,
    /// Whether the audit knows of its start.
    told: bool,
}

impl Ledger {
    /// Somebody said: stay signed in.
    pub fn extended(&mut self, at: Instant) {
        self.extends.add(at, at, Span::ZERO, None);
    }

    /// Somebody picked another idle limit.
    pub fn chosen(&mut self, idle: Limit, at: Instant) {
        self.choices.add(at, at, Span::ZERO, Some(idle.to_string().into()));
    }

    /// What is counted, and how many of each the audit is told at once.
    fn repeats(&mut self) -> [(AuditKind, &mut Repeats, u64); 3] {
        [
            (AuditKind::Extended, &mut self.extends, EXTENDS),
            (AuditKind::Chosen, &mut self.choices, CHOICES),
            (AuditKind::HoldEnded, &mut self.holds, HOLDS),
        ]
    }

    /// Whether nothing depends on it any more.
    fn is_blank(&self, now: Instant) -> bool {
        self.running.is_empty()
            && [&self.extends, &self.choices, &self.holds]
                .into_iter()
                .all(|kind| kind.untold.is_none() && kind.told_until.is_none_or(|until| until <= now))
    }

    /// Brings it up to the holds of a session that is about to be written. Answers what is due to be told with that.
    fn tell(&mut self, session: &mut Session, hold_max: Span, now: Instant) -> Vec<AuditEntry> {
        let mut told = Vec::new();
        for EndedHold { id, at, by } in session.take_ended_holds() {
            if let Some(hold) = self.running.remove(&id) {
                told.extend(self.over(&id, hold, at, ended_by(by)));
            }
        }
        let bound = session.activity.seen + hold_max;
        let holds = session.presence.iter().flat_map(|presence| &presence.holds);
        for (id, hold) in holds {
            let Hold::Until(asked) = *hold else { continue };
            let fresh = Running {
                since: now,
                asked,
                until: asked,
                told: false,
            };
            let hold = self.running.entry(id.clone()).or_insert(fresh);
            (hold.asked, hold.until) = (asked, asked.min(bound));
            if !hold.told && self.holds.pay(HOLDS, now) {
                hold.told = true;
                told.push(AuditEntry {
                    detail: Some(format!("{id} for {}", asked.since(hold.since)).into()),
                    ..AuditEntry::new(hold.since, AuditKind::Held, USER)
                });
            }
        }
        for (kind, repeats, at_once) in self.repeats() {
            if repeats.untold.is_some() && repeats.pay(at_once, now) {
                told.extend(repeats.take(kind));
            }
        }
        told.sort_by_key(|entry| entry.at);
        told
    }

    /// A hold is over. Answers the record of it, if the audit knows of its start; else it is counted.
    fn over(&mut self, id: &str, hold: Running, at: Instant, by: (&str, &str)) -> Option<AuditEntry> {
        let length = at.since(hold.since);
        let (how, actor) = by;
        let detail = format!("{id} {how} after {length}");
        if !hold.told {
            self.holds.add(hold.since, at, length, Some(detail.into()));
            return None;
        }
        Some(AuditEntry {
            since: Some(hold.since),
            count: Some(1),
            held: Some(length),
            detail: Some(detail.into()),
            ..AuditEntry::new(at, AuditKind::HoldEnded, actor)
        })
    }
}

impl Repeats {
    fn add(&mut self, since: Instant, at: Instant, held: Span, detail: Option<Box<str>>) {
        let before = self.untold.take().unwrap_or(Untold {
            since,
            at,
            count: 0,
            held: Span::ZERO,
            detail: None,
        });
        self.untold = Some(Untold {
            since: before.since.min(since),
            at: before.at.max(at),
            count: before.count.saturating_add(1),
            held: before.held + held,
            detail,
        });
    }

    /// Whether a record may be written now. Then it is paid for.
    fn pay(&mut self, at_once: u64, now: Instant) -> bool {
        let ahead = self.told_until.map_or(Span::ZERO, |until| until.since(now));
        let due = ahead.as_millis() <= EVERY.as_millis() * at_once.saturating_sub(1);
        if due {
            self.told_until = Some(now + ahead + EVERY);
        }
        due
    }

    fn take(&mut self, kind: AuditKind) -> Option<AuditEntry> {
        let Untold {
            since,
            at,
            count,
            held,
            detail,
        } = self.untold.take()?;
        let span = at.since(since);
        let detail = match (kind, count, detail) {
            (_, 1, detail) => detail,
            (AuditKind::HoldEnded, ..) => Some(format!("{count} holds, {held} in all").into()),
            (_, _, Some(last)) => Some(format!("{last}, the last of {count} within {span}").into()),
            (_, _, None) => Some(format!("{count} times within {span}").into()),
        };
        Some(AuditEntry {
            since: Some(since),
            count: Some(count),
            held: (kind == AuditKind::HoldEnded).then_some(held),
            detail,
            ..AuditEntry::new(at, kind, USER)
        })
    }
}

/// How it is told, and who brought it about.
fn ended_by(by: HoldEnd) -> (&'static str, &'static str) {
    match by {
        HoldEnd::Released => ("released", USER),
        HoldEnd::RanOut => ("ran out", POLICY),
        HoldEnd::HoldMax => ("cut by hold_max", POLICY),
    }
}

/// What the audit is told with a change of a session that is about to be written. Session and ledger are as they are to be
/// written afterwards.
pub fn told_with(
    ledger: &mut Option<Box<Ledger>>,
    session: &mut Session,
    hold_max: Span,
    now: Instant,
) -> Vec<AuditEntry> {
    if ledger.is_none() && session.presence.is_none() {
        return Vec::new();
    }
    let kept = ledger.get_or_insert_default();
    let told = kept.tell(session, hold_max, now);
    if kept.is_blank(now) {
        *ledger = None;
    }
    told
}

/// What the audit is told of a session that `actor` ends at `at`, before the end itself: all that is still in its ledger. A
/// store calls this in the transaction of the end.
#[must_use]
pub fn told_at_the_end(ledger: Option<Box<Ledger>>, at: Instant, actor: &str) -> Vec<AuditEntry> {
    let Some(mut ledger) = ledger else {
        return Vec::new();
    };
    let mut told = Vec::new();
    for (id, hold) in std::mem::take(&mut ledger.running) {
        let by = if hold.until > at {
            ("ended with the session", actor)
        } else if hold.until < hold.asked {
            ended_by(HoldEnd::HoldMax)
        } else {
            ended_by(HoldEnd::RanOut)
        };
        told.extend(ledger.over(&id, hold, hold.until.min(at), by));
    }
    for (kind, repeats, _) in ledger.repeats() {
        told.extend(repeats.take(kind));
    }
    told.sort_by_key(|entry| entry.at);
    told
}
