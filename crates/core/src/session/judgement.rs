//! The answer for one request (LIFETIME section 5, "a request").

use serde::{Deserialize, Serialize};

use super::{Activity, EndReason, Presence, Session, State};
use crate::duration::Limit;
use crate::path::Path;
use crate::policy::{ActivitySource, OnIdle, Policy};
use crate::resolution::{Policies, gates, is_passive};
use crate::time::{Instant, Span};

/// What a request shows of the person behind it, as far as can be told from the request alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RequestKind {
    /// Somebody opens a page.
    Navigation,
    /// A page fetches something, or a client without pages asks.
    Fetch,
    /// The request says of itself that nobody need be there: a poll, a page that is fetched ahead.
    Passive,
}

impl RequestKind {
    /// Whether such a request is activity under a policy, once it is allowed and where no entry of `passive` says otherwise.
    #[must_use]
    pub fn counts(self, policy: &Policy) -> bool {
        let counts = |source| policy.activity.contains(&source);
        match self {
            Self::Navigation => counts(ActivitySource::Request) || counts(ActivitySource::Navigation),
            Self::Fetch => counts(ActivitySource::Request),
            Self::Passive => false,
        }
    }
}

/// The answer for one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Serve it.
    Allow,
    /// Ask for authentication; nothing has ended.
    StepUp(StepUp),
    /// The session is locked.
    Locked,
    /// The session is over.
    Ended {
        /// Since when.
        at: Instant,
        /// Why.
        reason: EndReason,
    },
}

/// What a gate asks for, and how fresh the authentication must be to pass it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", tag = "reason")]
pub enum StepUp {
    /// The person was away for too long since authenticating.
    Away {
        /// The absence at which the gate asks.
        max_away: Span,
    },
    /// The authentication is too old.
    Age {
        /// The age at which the gate asks.
        max_age: Span,
    },
}

impl StepUp {
    /// The word for the reason.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Away { .. } => "away",
            Self::Age { .. } => "age",
        }
    }

    /// How recent an authentication opens the gate.
    #[must_use]
    pub const fn fresh(self) -> Span {
        match self {
            Self::Away { max_away: fresh } | Self::Age { max_age: fresh } => fresh,
        }
    }

    /// The same in whole seconds, as `max_age` is told (RFC 9470).
    #[must_use]
    pub const fn max_age_seconds(self) -> u64 {
        self.fresh().as_millis() / 1000
    }
}

/// What a request means for a session that has no deadline behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// It is served, and `activity` is what it leaves behind where it counts.
    Allow {
        /// The activity after the request; `None` when the request is passive or requests do not count.
        activity: Option<Activity>,
    },
    /// A gate asks.
    StepUp(StepUp),
    /// The page's own idle limit is reached: the session ends or locks now.
    TooLong(OnIdle),
}

impl Judgement {
    /// The answer that follows for a request at `now`.
    #[must_use]
    pub const fn verdict(&self, now: Instant) -> Verdict {
        match *self {
            Self::Allow { .. } => Verdict::Allow,
            Self::StepUp(step_up) => Verdict::StepUp(step_up),
            Self::TooLong(OnIdle::Lock) => Verdict::Locked,
            Self::TooLong(OnIdle::SignOut) => Verdict::Ended {
                at: now,
                reason: EndReason::Idle,
            },
        }
    }
}

impl Session {
    /// Judges a request to `path` at `now`. The session must be active and past no deadline; nothing is changed.
    #[must_use]
    pub fn judge(
        &self,
        activity: Activity,
        policies: &Policies<'_>,
        path: &Path<'_>,
        kind: RequestKind,
        now: Instant,
    ) -> Judgement {
        let today = policies.today;
        let page = policies.idle(&self.facts, self.choice, Some(path));
        if page.limit <= Limit::after(self.idle_for(activity, today, now)) {
            return Judgement::TooLong(page.outcome);
        }
        if let Some(step_up) = self.gate(activity, policies, path, now) {
            return Judgement::StepUp(step_up);
        }
        let counts = kind.counts(today) && !is_passive(today, &self.facts, path);
        Judgement::Allow {
            activity: counts.then(|| self.active_at(activity, today, now)),
        }
    }

    fn gate(&self, activity: Activity, policies: &Policies<'_>, path: &Path<'_>, now: Instant) -> Option<StepUp> {
        let limits = gates(policies.today, &self.facts, path);
        let away = || {
            activity
                .longest_absence
                .max(self.absence(activity, policies.today, now))
        };
        if let Some(max_away) = limits.max_away.filter(|max_away| away() >= *max_away) {
            return Some(StepUp::Away { max_away });
        }
        let max_age = limits
            .max_age
            .filter(|max_age| now.since(self.authenticated) >= *max_age)?;
        Some(StepUp::Age { max_age })
    }

    /// Whether an activity request to `path` would change more than the activity: the page that stands for the surface.
    #[must_use]
    pub fn moves_page(&self, path: &Path<'_>) -> bool {
        self.last_page.as_ref() != Some(path) && !self.has_open_tab()
    }

    /// Whether activity touches nothing but [`Activity`]: no running hold has its bound moved by it, and nobody who has yet to
    /// take note of the end of a hold would believe that it is moved.
    #[must_use]
    pub fn activity_is_plain(&self) -> bool {
        let is_plain = |presence: &Presence| !presence.is_held() && presence.ended.is_empty();
        self.state == State::Active && self.presence.as_deref().is_none_or(is_plain)
    }
}
