//! What clients saw, and what of it must not be. It knows no store, no lease and no table: only when somebody asked, when they were
//! answered, and what.

use std::collections::BTreeMap;

use nightlatch_core::session::EndReason;

/// Milliseconds of the world.
pub(crate) type Moment = u64;

/// What the clocks of nodes may be off by.
const CLOCK: Moment = 250;
/// Within what time a node that reaches the store has told it of activity. One that does not may take it with it.
const TOLD_WITHIN: Moment = 3_000;

/// What the oracle takes for granted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    pub(crate) idle: Moment,
    pub(crate) absolute: Moment,
    /// Within what time an acknowledged end acts everywhere.
    pub(crate) end_bound: Moment,
}

/// One call of a client, from when it was made until it was answered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call {
    pub(crate) node: usize,
    pub(crate) session: usize,
    pub(crate) asked: Moment,
    pub(crate) answered: Moment,
}

/// What it was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answered {
    /// Let in; this was activity.
    Allowed,
    /// Ended for this reason.
    Ended(EndReason),
    /// Nobody knows the session.
    Unknown,
    /// The store could not be asked: says nothing.
    Failed,
}

/// What is known of one session.
#[derive(Clone, Debug, Default)]
struct Known {
    created: Moment,
    /// Acknowledged activity.
    activity: Vec<Call>,
    /// The earliest acknowledged end.
    over: Option<Moment>,
    /// When somebody first asked for an end, answered or not.
    end_asked: Option<Moment>,
}

/// Reads the history as it happens.
#[derive(Debug)]
pub(crate) struct Oracle {
    rules: Rules,
    sessions: BTreeMap<usize, Known>,
    /// Stretches in which a node did not reach the store well.
    bad: Vec<(usize, Moment, Moment)>,
}

impl Oracle {
    pub(crate) fn new(rules: Rules) -> Self {
        Self {
            rules,
            sessions: BTreeMap::new(),
            bad: Vec::new(),
        }
    }

    /// Whether a node reaches the store well from now on.
    pub(crate) fn weather(&mut self, node: usize, good: bool, now: Moment) {
        let open = self
            .bad
            .iter_mut()
            .find(|(of, _, until)| *of == node && *until == Moment::MAX);
        match open {
            Some((_, _, until)) if good => *until = now,
            None if !good => self.bad.push((node, now, Moment::MAX)),
            _ => {}
        }
    }

    pub(crate) fn signed_in(&mut self, call: Call) {
        let known = Known {
            created: call.asked,
            ..Known::default()
        };
        self.sessions.insert(call.session, known);
    }

    pub(crate) fn end_is_asked_for(&mut self, session: usize, at: Moment) {
        if let Some(known) = self.sessions.get_mut(&session) {
            known.end_asked.get_or_insert(at);
        }
    }

    pub(crate) fn end_is_acknowledged(&mut self, session: usize, at: Moment) {
        if let Some(known) = self.sessions.get_mut(&session) {
            known.over.get_or_insert(at);
        }
    }

    /// Whether it was answered that it is over.
    pub(crate) fn is_over(&self, session: usize) -> bool {
        self.sessions.get(&session).is_some_and(|known| known.over.is_some())
    }

    /// An error says what must not be.
    pub(crate) fn answered(&mut self, call: Call, answered: Answered) -> Result<(), String> {
        let Rules {
            idle,
            absolute,
            end_bound,
        } = self.rules;
        let Some(known) = self.sessions.get_mut(&call.session) else {
            return Ok(());
        };
        match answered {
            Answered::Failed => Ok(()),
            Answered::Unknown => Err("a session that was acknowledged is unknown".to_owned()),
            Answered::Allowed => {
                known.activity.push(call);
                match known.over {
                    Some(over) if call.asked >= over + end_bound => Err(format!(
                        "let in {} ms after the end was acknowledged",
                        call.asked - over
                    )),
                    _ => Ok(()),
                }
            }
            Answered::Ended(reason) => {
                // Only what was acknowledged before this was asked counts for sure.
                let could_tell = |activity: &&Call| {
                    let (from, to) = (activity.asked.saturating_sub(TOLD_WITHIN), activity.asked + TOLD_WITHIN);
                    let mut bad = self.bad.iter().filter(|(node, ..)| *node == activity.node);
                    !bad.any(|(_, since, until)| *since < to && from < *until)
                };
                let sure = known.activity.iter().filter(|activity| activity.answered <= call.asked);
                let active = sure.filter(could_tell).map(|activity| activity.asked).max();
                let active = active.unwrap_or(known.created);
                let not_before = match reason {
                    EndReason::Idle => active + idle,
                    EndReason::Absolute => known.created + absolute,
                    _ => match known.end_asked {
                        Some(asked) => asked,
                        None => return Err(format!("ended as {}, which nobody asked for", reason.as_str())),
                    },
                };
                known.over.get_or_insert(call.answered);
                if call.answered + CLOCK < not_before {
                    let early = not_before - call.answered;
                    return Err(format!("ended as {} {early} ms too early", reason.as_str()));
                }
                Ok(())
            }
        }
    }
}
