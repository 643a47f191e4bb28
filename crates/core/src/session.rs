//! One session: what it remembers, its limits, its deadlines (LIFETIME sections 3 and 4).

mod apply;
mod deadlines;
mod judgement;
mod presence;
mod reauthentication;
mod tab;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use apply::{Answer, Applied, Event, Refusal};
pub use deadlines::{DeadlineKind, Deadlines, Phase, Status, WarningKind};
pub use judgement::{Judgement, RequestKind, StepUp, Verdict};
pub use presence::{EndedHold, Hold, HoldEnd, HoldId, Pause, Presence, TabId};
pub use reauthentication::Outdated;
pub use tab::{Attended, OpenTab};

use crate::duration::Limit;
use crate::facts::Facts;
use crate::path::Path;
use crate::policy::{Absent, OnIdle, Policy};
use crate::resolution::{Absolute, Idle, Policies};
use crate::time::{Instant, Span};

/// Everything that decides the life of one session. The policies it lives under are arguments, as `now` is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// What rules may ask for.
    pub facts: Arc<Facts>,
    /// The user's own choice for idle, offered or not.
    pub choice: Option<Limit>,
    /// The instant of sign-in or last re-authentication.
    pub authenticated: Instant,
    /// Until when whoever authenticated the person says that the session may last.
    pub not_after: Option<Instant>,
    /// The part that moves with every sign of the person.
    pub activity: Activity,
    /// The page that stands for the surface while no tab is open.
    pub last_page: Option<Path<'static>>,
    /// Tabs, holds and pauses, once there have been any.
    pub presence: Option<Box<Presence>>,
    /// Whether it is active, locked or ended.
    pub state: State,
}

/// The last sign of the person, and the longest time without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Activity {
    /// The instant of the last activity.
    pub seen: Instant,
    /// The longest absence since authentication, the current one left out.
    pub longest_absence: Span,
}

/// Where a session stands between events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Served, as far as no deadline is reached.
    Active,
    /// Past its idle limit: nothing is served until the same person authenticates again.
    Locked {
        /// Since when.
        at: Instant,
    },
    /// Over, for one reason.
    Ended {
        /// Since when.
        at: Instant,
        /// Why.
        reason: EndReason,
    },
}

/// Why a session ended (DESIGN section 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum EndReason {
    /// No activity for the idle limit.
    Idle,
    /// The longest time since authentication.
    Absolute,
    /// The person signed out.
    User,
    /// An administrator ended it.
    Admin,
    /// No tab was open for too long.
    Disconnected,
    /// Another person signed in over it.
    Superseded,
    /// The identity provider said so.
    Upstream,
    /// The account was disabled or its credentials changed.
    Account,
}

impl EndReason {
    /// Every reason, in the order of the design.
    pub const ALL: [Self; 8] = [
        Self::Idle,
        Self::Absolute,
        Self::User,
        Self::Admin,
        Self::Disconnected,
        Self::Superseded,
        Self::Upstream,
        Self::Account,
    ];

    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Absolute => "absolute",
            Self::User => "user",
            Self::Admin => "admin",
            Self::Disconnected => "disconnected",
            Self::Superseded => "superseded",
            Self::Upstream => "upstream",
            Self::Account => "account",
        }
    }

    /// The reason a word stands for.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == word)
    }
}

/// Something that happens to a session by itself, or that an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occurrence {
    /// It locked.
    Locked {
        /// The instant it is dated at.
        at: Instant,
    },
    /// It ended.
    Ended {
        /// The instant it is dated at.
        at: Instant,
        /// Why.
        reason: EndReason,
    },
}

/// The limits of a session as a whole: the strictest idle over its surface, and its absolute limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The strictest idle limit over the open pages; on a tie sign-out before lock.
    pub idle: Idle,
    /// The absolute limit.
    pub absolute: Absolute,
}

impl Session {
    /// A session of somebody who authenticated at `authenticated` and signs in at `now`.
    #[must_use]
    pub fn sign_in(facts: Arc<Facts>, choice: Option<Limit>, authenticated: Instant, now: Instant) -> Self {
        Self {
            facts,
            choice,
            authenticated: authenticated.min(now),
            not_after: None,
            activity: Activity {
                seen: now,
                longest_absence: Span::ZERO,
            },
            last_page: None,
            presence: None,
            state: State::Active,
        }
    }

    /// The limits over the surface. They change with tabs, the last page, the choice and the policies, not with time.
    #[must_use]
    pub fn limits(&self, policies: &Policies<'_>) -> Limits {
        let (_, idle) = self.strictest_page(policies);
        Limits {
            idle,
            absolute: policies.absolute(&self.facts),
        }
    }

    /// The page of the surface with the strictest idle limit, and that limit; no page where none is known.
    #[must_use]
    pub fn strictest_page(&self, policies: &Policies<'_>) -> (Option<&Path<'static>>, Idle) {
        let idle_on = |page| (page, policies.idle(&self.facts, self.choice, page));
        self.surface()
            .map(|(_, page)| idle_on(Some(page)))
            .reduce(|one, other| if is_stricter(other.1, one.1) { other } else { one })
            .unwrap_or_else(|| idle_on(None))
    }

    /// The surface: the pages of the open tabs, else the last page.
    pub fn surface(&self) -> impl Iterator<Item = (Option<&TabId>, &Path<'static>)> {
        let tabs = self.presence.iter().flat_map(|presence| &presence.tabs);
        let last_page = self.last_page.iter().filter(|_| !self.has_open_tab());
        tabs.map(|(tab, open)| (Some(tab), &open.page))
            .chain(last_page.map(|page| (None, page)))
    }

    /// The holds that have ended since this was last asked, in the order in which it was noticed.
    pub fn take_ended_holds(&mut self) -> Vec<EndedHold> {
        let presence = self.presence.as_deref_mut();
        presence.map_or_else(Vec::new, |presence| std::mem::take(&mut presence.ended))
    }

    fn has_open_tab(&self) -> bool {
        self.presence
            .as_deref()
            .is_some_and(|presence| !presence.tabs.is_empty())
    }

    /// The deadlines that follow from the limits, for `activity` in place of the session's own.
    #[must_use]
    pub fn deadlines(&self, activity: Activity, limits: &Limits, today: &Policy) -> Deadlines {
        let absolute = self.absolute_deadline(limits).map(|(at, _)| at);
        if let State::Locked { .. } = self.state {
            return Deadlines {
                absolute,
                idle: None,
                disconnected: None,
            };
        }
        let rest = self.rest_since(activity, today);
        let Some(presence) = self.presence.as_deref() else {
            return Deadlines {
                absolute,
                idle: limits.idle.limit.span().map(|span| rest + span),
                disconnected: None,
            };
        };
        let idle = limits.idle.limit.span().filter(|_| presence.paused_since.is_none());
        let disconnected = match (today.absent, presence.left) {
            (Absent::EndAfter(span), Some(left)) if !today.is_for_development() => Some(left.max(activity.seen) + span),
            _ => None,
        };
        Deadlines {
            absolute,
            idle: idle.map(|span| rest + presence.paused_after(rest) + span),
            disconnected,
        }
    }

    /// The earlier of the absolute limit and [`Self::not_after`], and the reason for which the session ends there.
    fn absolute_deadline(&self, limits: &Limits) -> Option<(Instant, EndReason)> {
        let limit = limits.absolute.limit.span().map(|span| self.authenticated + span);
        let limit = limit.map(|at| (at, EndReason::Absolute));
        let bound = self.not_after.map(|at| (at, EndReason::Upstream));
        // The first of two that are equal: on a tie the limit is the reason.
        [limit, bound].into_iter().flatten().min_by_key(|(at, _)| *at)
    }

    /// The last activity, or the end of the latest hold if later; may lie in the future while a hold runs.
    fn rest_since(&self, activity: Activity, today: &Policy) -> Instant {
        let bound = activity.seen + today.hold_max;
        let held_until = self
            .presence
            .as_deref()
            .and_then(|presence| presence.latest_hold_end(bound));
        held_until.map_or(activity.seen, |until| until.max(activity.seen))
    }

    /// The time without activity or hold up to `now`.
    fn absence(&self, activity: Activity, today: &Policy, now: Instant) -> Span {
        now.since(self.rest_since(activity, today))
    }

    /// The time the idle clock shows at `now`: absence, less the pauses in it.
    fn idle_for(&self, activity: Activity, today: &Policy, now: Instant) -> Span {
        let rest = self.rest_since(activity, today);
        let Some(presence) = self.presence.as_deref() else {
            return now.since(rest);
        };
        let standing = presence
            .paused_since
            .map_or(Span::ZERO, |since| now.since(since.max(rest)));
        now.since(rest).saturating_sub(presence.paused_after(rest) + standing)
    }

    /// `activity` after a sign of the person at `at`.
    #[must_use]
    fn active_at(&self, activity: Activity, today: &Policy, at: Instant) -> Activity {
        Activity {
            seen: at.max(activity.seen),
            longest_absence: activity.longest_absence.max(self.absence(activity, today, at)),
        }
    }
}

fn is_stricter(one: Idle, other: Idle) -> bool {
    let key = |idle: Idle| (idle.limit, idle.outcome != OnIdle::SignOut);
    key(one) < key(other)
}
