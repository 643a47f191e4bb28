//! Why a session stands as it does, and why it ended. Looking is no activity.

use std::sync::Arc;

use nightlatch_core::duration::Limit;
use nightlatch_core::path::Path;
use nightlatch_core::policy::Absent;
use nightlatch_core::resolution::{Explained, Explanation, Idle, Named, Policies, explain, explain_under};
use nightlatch_core::session::{
    Deadlines, EndReason, Hold, HoldId, RequestKind, Session, State, Status, TabId, Verdict,
};
use nightlatch_core::time::Instant;
use nightlatch_store::audit::{AuditFilter, AuditKind, AuditRecord};
use nightlatch_store::token::Handle;
use nightlatch_store::{Record, Result, Revisions};

use super::change::Settled;
use super::{Engine, Standing, Uncancelled};
use crate::in_force::History;
use crate::live::WorkingCopy;

/// Why a session is as it is.
#[derive(Clone, Debug, PartialEq)]
pub enum SessionExplanation {
    /// It lives.
    Live(Box<LiveExplanation>),
    /// It is over.
    Ended(Box<Over>),
}

/// Why a live session stands as it does.
#[derive(Clone, Debug, PartialEq)]
pub struct LiveExplanation {
    /// Its public id.
    pub handle: Handle,
    /// Who signed in.
    pub subject: Arc<str>,
    /// Its facts, choice, activity and presence.
    pub session: Session,
    /// The policies it lives under.
    pub revisions: Revisions,
    /// Its surface: the open tabs, else the last page, else nothing.
    pub surface: Vec<OpenPage>,
    /// The holds that run, each with its end as it lies now.
    pub holds: Vec<(HoldId, Instant)>,
    /// Its limits over the surface, with the reasons; without what only single requests meet.
    pub explanation: Explanation,
    /// The deadlines that follow.
    pub deadlines: Deadlines,
    /// Its phase, and the deadline that comes first.
    pub status: Status,
    /// What a request to the page that was asked for meets.
    pub page: Option<PageExplanation>,
    /// The instant of all this.
    pub now: Instant,
}

/// A page of the surface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenPage {
    /// The tab it is open in; `None` for the last page.
    pub tab: Option<TabId>,
    /// The page.
    pub path: Path<'static>,
    /// The idle limit on it.
    pub idle: Idle,
    /// Whether it is the one that makes the session's idle limit.
    pub decides: bool,
}

/// What a request to one page meets now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageExplanation {
    /// The page.
    pub path: Path<'static>,
    /// The limits on it, with the reasons.
    pub explanation: Explanation,
    /// The answer it would get.
    pub verdict: Verdict,
}

/// Why a session ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Over {
    /// What the store keeps of it.
    pub record: Record,
    /// Since when it is over.
    pub at: Instant,
    /// Why.
    pub reason: EndReason,
    /// Who brought it about, as the audit tells it.
    pub audit: Option<AuditRecord>,
    /// The limit that was reached, where one was.
    pub limit: Option<LimitReached>,
}

/// The limit that a session ended at, with the reasons, by the policies that were in force then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LimitReached {
    /// No activity for too long.
    Idle {
        /// The limit.
        idle: Explained<Limit>,
        /// The page that made it the session's, if one was known.
        page: Option<Path<'static>>,
        /// Whether the session ended before it was reached: a request to a page with a shorter limit of its own came.
        sooner: bool,
    },
    /// Too long since authentication.
    Absolute(Explained<Limit>),
    /// No tab for too long.
    Disconnected(Explained<Absent>),
}

impl Engine {
    /// Why a session stands as it does, and what a request to `path` would meet; or why it ended. `None` when there is no
    /// session with this handle, or its end is long forgotten.
    pub async fn explain(
        self: &Arc<Self>,
        handle: &Handle,
        path: Option<&Path<'_>>,
    ) -> Result<Option<SessionExplanation>> {
        let (handle, path) = (*handle, path.map(|path| path.clone().into_owned()));
        self.run_to_completion(move |engine| Box::pin(async move { engine.explain(&handle, path.as_ref()).await }))
            .await
    }
}

impl Uncancelled {
    async fn explain(&self, handle: &Handle, path: Option<&Path<'_>>) -> Result<Option<SessionExplanation>> {
        let now = self.now();
        let Some((record, settled)) = self.found(handle, now).await? else {
            return Ok(None);
        };
        let history = self.in_force.load_full();
        match settled {
            Settled::Alive(copy) => Ok(Some(SessionExplanation::Live(Box::new(live(
                copy, path, &history, now,
            ))))),
            Settled::Over(Standing::Ended { at, reason, .. }) => {
                let filter = AuditFilter {
                    handle: Some(*handle),
                    kind: Some(AuditKind::Ended),
                    limit: 1,
                    ..AuditFilter::default()
                };
                let audit = self.audit(&filter).await?.pop();
                let limit = limit_reached(&record, at, reason, &history);
                Ok(Some(SessionExplanation::Ended(Box::new(Over {
                    record,
                    at,
                    reason,
                    audit,
                    limit,
                }))))
            }
            Settled::Over(_) => Ok(None),
        }
    }
}

fn live(copy: WorkingCopy, path: Option<&Path<'_>>, history: &History, now: Instant) -> LiveExplanation {
    let (session, revisions) = (copy.session, copy.revisions);
    let policies = history.policies(revisions);
    let limits = session.limits(&policies);
    let deadlines = session.deadlines(session.activity, &limits, policies.today);
    let status = match session.state {
        State::Locked { .. } => deadlines.locked_status(now),
        State::Active | State::Ended { .. } => deadlines.status(policies.today.warn_before, now),
    };
    let (strictest, _) = session.strictest_page(&policies);
    let on_surface = explained(&session, &policies, revisions, strictest);
    let page = path.map(|path| PageExplanation {
        path: path.clone().into_owned(),
        explanation: explained(&session, &policies, revisions, Some(path)),
        verdict: match session.state {
            State::Active => session
                .judge(session.activity, &policies, path, RequestKind::Navigation, now)
                .verdict(now),
            State::Locked { .. } => Verdict::Locked,
            State::Ended { at, reason } => Verdict::Ended { at, reason },
        },
    });
    LiveExplanation {
        handle: copy.handle,
        subject: copy.subject,
        revisions,
        surface: surface(&session, &policies, strictest),
        holds: running_holds(&session, &policies, now),
        explanation: Explanation {
            on_page: None,
            ..on_surface
        },
        deadlines,
        status,
        page,
        session,
        now,
    }
}

fn explained(session: &Session, policies: &Policies<'_>, revisions: Revisions, path: Option<&Path<'_>>) -> Explanation {
    if revisions.own == revisions.today {
        return explain(policies.today, &session.facts, session.choice, path);
    }
    let own = format!("the policy of the last authentication, revision {}", revisions.own);
    let today = format!("today's policy, revision {}", revisions.today);
    let own = Named {
        policy: policies.own,
        name: &own,
    };
    let today = Named {
        policy: policies.today,
        name: &today,
    };
    explain_under(own, today, &session.facts, session.choice, path)
}

fn surface(session: &Session, policies: &Policies<'_>, strictest: Option<&Path<'static>>) -> Vec<OpenPage> {
    let open = |tab: Option<&TabId>, path: &Path<'static>| OpenPage {
        tab: tab.cloned(),
        path: path.clone(),
        idle: policies.idle(&session.facts, session.choice, Some(path)),
        decides: strictest.is_some_and(|strictest| std::ptr::eq(strictest, path)),
    };
    session.surface().map(|(tab, path)| open(tab, path)).collect()
}

fn running_holds(session: &Session, policies: &Policies<'_>, now: Instant) -> Vec<(HoldId, Instant)> {
    let bound = session.activity.seen + policies.today.hold_max;
    let holds = session.presence.iter().flat_map(|presence| &presence.holds);
    let ends = holds.filter_map(|(id, hold)| match hold {
        Hold::Until(until) => Some((id.clone(), (*until).min(bound))),
        Hold::Ended => None,
    });
    ends.filter(|(_, until)| *until > now).collect()
}

/// The limit by the policies in force at the end: what the store keeps may have been worked out before they were.
fn limit_reached(record: &Record, at: Instant, reason: EndReason, history: &History) -> Option<LimitReached> {
    let session = &record.session;
    let revisions = Revisions {
        today: history.revision_at(at),
        ..record.revisions
    };
    let policies = history.policies(revisions);
    let (page, idle) = session.strictest_page(&policies);
    let explanation = explained(session, &policies, revisions, page);
    match reason {
        EndReason::Idle => Some(LimitReached::Idle {
            idle: explanation.idle,
            page: page.cloned(),
            sooner: Limit::after(at.since(session.activity.seen)) < idle.limit,
        }),
        EndReason::Absolute => Some(LimitReached::Absolute(explanation.absolute)),
        EndReason::Disconnected => Some(LimitReached::Disconnected(explanation.absent)),
        EndReason::User | EndReason::Admin | EndReason::Superseded | EndReason::Upstream | EndReason::Account => None,
    }
}
