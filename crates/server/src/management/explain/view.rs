//! The explanation of one session as it is sent, and read again by the command line.

use nightlatch_core::duration::Limit;
use nightlatch_core::path::Path;
use nightlatch_core::policy::{Absent, OnIdle};
use nightlatch_core::resolution::{Explained, Explanation};
use nightlatch_core::session::{DeadlineKind, EndReason, Phase, StepUp, Verdict};
use nightlatch_core::time::Instant;
use nightlatch_engine::{LimitReached, LiveExplanation, OpenPage, Over, PageExplanation, SessionExplanation};
use nightlatch_store::Revisions;
use nightlatch_store::token::Handle;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::management::rfc3339::rfc3339;
use crate::management::schema::{HandleForm, InstantForm, RevisionsForm};

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "SessionExplanation")]
pub(crate) struct SessionView {
    #[schemars(with = "HandleForm")]
    pub(crate) handle: Handle,
    pub(crate) subject: Box<str>,
    pub(crate) application: Option<Box<str>>,
    pub(crate) device: Option<Box<str>>,
    pub(crate) roles: Vec<Box<str>>,
    pub(crate) choice: Option<Limit>,
    #[schemars(with = "InstantForm")]
    pub(crate) authenticated_at: String,
    #[schemars(with = "InstantForm")]
    pub(crate) last_activity_at: String,
    /// Until when it may last, as whoever authenticated them says.
    #[schemars(with = "Option<InstantForm>")]
    pub(crate) not_after: Option<String>,
    /// The policy of the last authentication, and the one in force.
    #[schemars(with = "RevisionsForm")]
    pub(crate) revisions: Revisions,
    #[serde(flatten)]
    pub(crate) state: StateView,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ExplainedState")]
#[serde(tag = "state", rename_all = "kebab-case")]
pub(crate) enum StateView {
    Live(Box<LiveView>),
    Ended(Box<EndedView>),
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ExplainedLive")]
pub(crate) struct LiveView {
    pub(crate) phase: Phase,
    /// The deadline that comes first.
    pub(crate) deadline_kind: Option<DeadlineKind>,
    pub(crate) deadlines: DeadlinesView,
    /// The open tabs, else the last page, else nothing.
    pub(crate) surface: Vec<PageView>,
    pub(crate) holds: Vec<HoldView>,
    /// Over the surface.
    pub(crate) limits: Explanation,
    /// To the page that was asked for.
    pub(crate) request: Option<RequestView>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Deadlines")]
pub(crate) struct DeadlinesView {
    pub(crate) idle: Option<DeadlineView>,
    pub(crate) absolute: Option<DeadlineView>,
    pub(crate) disconnected: Option<DeadlineView>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Deadline")]
pub(crate) struct DeadlineView {
    #[schemars(with = "InstantForm")]
    pub(crate) at: String,
    pub(crate) remaining_ms: u64,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "OpenPage")]
pub(crate) struct PageView {
    /// Null for the last page.
    pub(crate) tab: Option<Box<str>>,
    pub(crate) path: Path<'static>,
    pub(crate) idle: Limit,
    pub(crate) on_idle: OnIdle,
    pub(crate) decides: bool,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Hold")]
pub(crate) struct HoldView {
    pub(crate) id: Box<str>,
    #[schemars(with = "InstantForm")]
    pub(crate) until: String,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ExplainedRequest")]
pub(crate) struct RequestView {
    pub(crate) path: Path<'static>,
    #[serde(flatten)]
    pub(crate) verdict: VerdictView,
    pub(crate) limits: Explanation,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Verdict")]
#[serde(tag = "verdict", rename_all = "kebab-case")]
pub(crate) enum VerdictView {
    Allow,
    StepUp(StepUp),
    Locked,
    Ended { reason: EndReason },
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ExplainedEnd")]
pub(crate) struct EndedView {
    #[schemars(with = "InstantForm")]
    pub(crate) ended_at: String,
    pub(crate) reason: EndReason,
    /// As the audit tells it.
    pub(crate) actor: Option<Box<str>>,
    pub(crate) detail: Option<Box<str>>,
    /// Left out where it was no limit that ended the session.
    #[serde(flatten)]
    pub(crate) limit: Option<LimitView>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ReachedLimit")]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LimitView {
    Idle {
        #[serde(flatten)]
        limit: Explained<Limit>,
        page: Option<Path<'static>>,
        sooner: bool,
    },
    Absolute(Explained<Limit>),
    Absent(Explained<Absent>),
}

impl From<SessionExplanation> for SessionView {
    fn from(explanation: SessionExplanation) -> Self {
        match explanation {
            SessionExplanation::Live(live) => Self::live(*live),
            SessionExplanation::Ended(over) => Self::over(*over),
        }
    }
}

impl SessionView {
    fn live(live: LiveExplanation) -> Self {
        let LiveExplanation { session, now, .. } = live;
        let deadline = |at: Option<Instant>| {
            at.map(|at| DeadlineView {
                at: rfc3339(at),
                remaining_ms: at.since(now).as_millis(),
            })
        };
        let holds = live.holds.into_iter().map(|(id, until)| HoldView {
            id,
            until: rfc3339(until),
        });
        let state = LiveView {
            phase: live.status.phase,
            deadline_kind: live.status.deadline_kind,
            deadlines: DeadlinesView {
                idle: deadline(live.deadlines.idle),
                absolute: deadline(live.deadlines.absolute),
                disconnected: deadline(live.deadlines.disconnected),
            },
            surface: live.surface.into_iter().map(PageView::from).collect(),
            holds: holds.collect(),
            limits: live.explanation,
            request: live.page.map(RequestView::from),
        };
        Self {
            handle: live.handle,
            subject: live.subject.as_ref().into(),
            application: session.facts.application.clone(),
            device: session.facts.device.clone(),
            roles: session.facts.roles.clone(),
            choice: session.choice,
            authenticated_at: rfc3339(session.authenticated),
            last_activity_at: rfc3339(session.activity.seen),
            not_after: session.not_after.map(rfc3339),
            revisions: live.revisions,
            state: StateView::Live(Box::new(state)),
        }
    }

    fn over(over: Over) -> Self {
        let Over { record, audit, .. } = over;
        let session = record.session;
        let entry = audit.map(|audit| audit.entry);
        let state = EndedView {
            ended_at: rfc3339(over.at),
            reason: over.reason,
            actor: entry.as_ref().map(|entry| entry.actor.clone()),
            detail: entry.and_then(|entry| entry.detail),
            limit: over.limit.map(LimitView::from),
        };
        Self {
            handle: record.handle,
            subject: record.subject.as_ref().into(),
            application: session.facts.application.clone(),
            device: session.facts.device.clone(),
            roles: session.facts.roles.clone(),
            choice: session.choice,
            authenticated_at: rfc3339(session.authenticated),
            last_activity_at: rfc3339(session.activity.seen),
            not_after: session.not_after.map(rfc3339),
            revisions: record.revisions,
            state: StateView::Ended(Box::new(state)),
        }
    }
}

impl From<OpenPage> for PageView {
    fn from(page: OpenPage) -> Self {
        Self {
            tab: page.tab,
            path: page.path,
            idle: page.idle.limit,
            on_idle: page.idle.outcome,
            decides: page.decides,
        }
    }
}

impl From<PageExplanation> for RequestView {
    fn from(page: PageExplanation) -> Self {
        Self {
            path: page.path,
            verdict: match page.verdict {
                Verdict::Allow => VerdictView::Allow,
                Verdict::StepUp(step_up) => VerdictView::StepUp(step_up),
                Verdict::Locked => VerdictView::Locked,
                Verdict::Ended { reason, .. } => VerdictView::Ended { reason },
            },
            limits: page.explanation,
        }
    }
}

impl From<LimitReached> for LimitView {
    fn from(limit: LimitReached) -> Self {
        match limit {
            LimitReached::Idle { idle, page, sooner } => Self::Idle {
                limit: idle,
                page,
                sooner,
            },
            LimitReached::Absolute(limit) => Self::Absolute(limit),
            LimitReached::Disconnected(absent) => Self::Absent(absent),
        }
    }
}
