//! The instants at which a session ends, locks or warns.

use serde::{Deserialize, Serialize};

use crate::time::{Instant, Span};

/// The deadlines of a session; `None` where there is no such limit now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// Authentication plus the absolute limit, or the bound of whoever authenticated the person if that is earlier.
    pub absolute: Option<Instant>,
    /// The end of the idle limit; `None` also while the idle clock stands still.
    pub idle: Option<Instant>,
    /// The end of the time without a tab.
    pub disconnected: Option<Instant>,
}

/// Which deadline is meant. The order decides ties.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum DeadlineKind {
    /// The absolute limit.
    Absolute,
    /// The idle limit.
    Idle,
    /// The time without a tab.
    Disconnected,
}

/// What a warning is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WarningKind {
    /// The absolute limit: continuing does not help.
    Absolute,
    /// The idle limit.
    Idle,
}

/// Where a live session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Served.
    Active,
    /// Served, and near its end.
    Warning,
    /// Not served until the same person authenticates again.
    Locked,
}

impl Phase {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Warning => "warning",
            Self::Locked => "locked",
        }
    }
}

/// What a live session reports of itself at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// Its phase.
    pub phase: Phase,
    /// The deadline that comes first.
    pub deadline_kind: Option<DeadlineKind>,
    /// The time to the idle deadline.
    pub idle_remaining: Option<Span>,
    /// The time to the absolute deadline.
    pub absolute_remaining: Option<Span>,
}

impl Deadlines {
    /// The deadline that decides: the earliest, on a tie absolute, idle, disconnected.
    #[must_use]
    pub fn earliest(&self) -> Option<(Instant, DeadlineKind)> {
        let absolute = self.absolute.map(|at| (at, DeadlineKind::Absolute));
        let idle = self.idle.map(|at| (at, DeadlineKind::Idle));
        let disconnected = self.disconnected.map(|at| (at, DeadlineKind::Disconnected));
        [absolute, idle, disconnected].into_iter().flatten().min()
    }

    /// Where the warning window opens, and for which deadline; on a tie absolute.
    #[must_use]
    pub fn warning(&self, warn_before: Span) -> Option<(Instant, WarningKind)> {
        let absolute = self.absolute.map(|at| (at, WarningKind::Absolute));
        let idle = self.idle.map(|at| (at, WarningKind::Idle));
        let (at, kind) = [absolute, idle].into_iter().flatten().min()?;
        (warn_before > Span::ZERO).then_some((at - warn_before, kind))
    }

    /// The report of a session that is not locked and has no deadline behind it.
    #[must_use]
    pub fn status(&self, warn_before: Span, now: Instant) -> Status {
        let warned = self.warning(warn_before).is_some_and(|(from, _)| from <= now);
        Status {
            phase: if warned { Phase::Warning } else { Phase::Active },
            deadline_kind: self.earliest().map(|(_, kind)| kind),
            idle_remaining: self.idle.map(|at| at.since(now)),
            absolute_remaining: self.absolute.map(|at| at.since(now)),
        }
    }

    /// The report of a locked session: only its absolute deadline still runs.
    #[must_use]
    pub fn locked_status(&self, now: Instant) -> Status {
        Status {
            phase: Phase::Locked,
            deadline_kind: self.absolute.map(|_| DeadlineKind::Absolute),
            idle_remaining: None,
            absolute_remaining: self.absolute.map(|at| at.since(now)),
        }
    }
}
