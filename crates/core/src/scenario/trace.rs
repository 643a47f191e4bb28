//! The trace: one entry per event, and those that happen by themselves (LIFETIME section 6).

use serde::Serialize;

use crate::session::{EndReason, Occurrence, Phase, Status, StepUp, Verdict, WarningKind};
use crate::time::{Instant, Span};

/// One entry with its instant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TraceEntry {
    /// Milliseconds since the start of the scenario.
    pub at_ms: i64,
    /// What happened.
    #[serde(flatten)]
    pub entry: Entry,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Entry {
    /// The warning was announced.
    Warning {
        /// About which deadline.
        kind: WarningKind,
    },
    /// The session locked.
    Locked {},
    /// The session ended.
    Ended {
        /// Why.
        reason: EndReason,
    },
    /// A request was judged.
    Request(RequestEntry),
    /// A report.
    Status(StatusEntry),
    /// Any other event.
    #[serde(untagged)]
    Other {
        /// Its word.
        event: &'static str,
        /// Whether it took effect.
        accepted: bool,
    },
}

/// A verdict as the trace writes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RequestEntry {
    verdict: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
}

/// A report as the trace writes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum StatusEntry {
    /// Of a live session.
    Live {
        /// Its phase.
        phase: Phase,
        /// Milliseconds to the idle deadline.
        idle_remaining_ms: Option<u64>,
        /// Milliseconds to the absolute deadline.
        absolute_remaining_ms: Option<u64>,
    },
    /// Of one that is over.
    Ended {
        /// Always `ended`.
        phase: &'static str,
        /// Why.
        reason: EndReason,
    },
}

impl TraceEntry {
    pub(super) fn new(at: Instant, entry: Entry) -> Self {
        Self {
            at_ms: at.as_millis(),
            entry,
        }
    }
}

impl From<Occurrence> for TraceEntry {
    fn from(occurrence: Occurrence) -> Self {
        match occurrence {
            Occurrence::Locked { at } => Self::new(at, Entry::Locked {}),
            Occurrence::Ended { at, reason } => Self::new(at, Entry::Ended { reason }),
        }
    }
}

impl From<Verdict> for RequestEntry {
    fn from(verdict: Verdict) -> Self {
        let (verdict, reason) = match verdict {
            Verdict::Allow => ("allow", None),
            Verdict::StepUp(step_up) => ("step-up", Some(StepUp::as_str(step_up))),
            Verdict::Locked => ("locked", None),
            Verdict::Ended { reason, .. } => ("ended", Some(reason.as_str())),
        };
        Self { verdict, reason }
    }
}

impl From<Status> for StatusEntry {
    fn from(status: Status) -> Self {
        Self::Live {
            phase: status.phase,
            idle_remaining_ms: status.idle_remaining.map(Span::as_millis),
            absolute_remaining_ms: status.absolute_remaining.map(Span::as_millis),
        }
    }
}
