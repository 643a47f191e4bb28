//! The session body: what every endpoint tells of a live session.

use std::fmt;

use axum::response::Response;
use nightlatch_core::duration::Limit;
use nightlatch_core::policy::OnIdle;
use nightlatch_core::session::{Answer, DeadlineKind, Phase, Verdict};
use nightlatch_core::time::Span;
use nightlatch_engine::{Outcome, Snapshot, Standing};
use nightlatch_store::token::Handle;
use serde::{Serialize, Serializer};

use super::sentence::Sentence;
use crate::http::headers::json;
use crate::http::problem::Problem;
use crate::http::sign_in_url::SignInUrl;
use crate::server_state::ServerState;

/// A live session as browsers see it. Remaining times are milliseconds; `null` is no limit.
#[derive(Debug, Serialize)]
pub(crate) struct SessionBody<'a> {
    phase: Phase,
    deadline_kind: Option<DeadlineKind>,
    idle_remaining_ms: Option<u64>,
    absolute_remaining_ms: Option<u64>,
    warn_before_ms: u64,
    can_extend: bool,
    on_idle: OnIdle,
    subject: &'a str,
    handle: Handle,
    application: Option<&'a str>,
    choice: Option<Limit>,
    choices: Offered<'a>,
    explanation: Sentence<'a>,
    /// Since sign-in, or since the last time they authenticated again.
    authentication_age_ms: u64,
    server_time_ms: i64,
    /// Where to authenticate again. In every phase: a page may ask for it while the session is active, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    sign_in_url: Option<&'a SignInUrl>,
    /// No limit ends this session while the server runs. Never told otherwise.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    development: bool,
    /// On an event stream alone: every tab is to ask how the session stands, which finds those that crashed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    ask: bool,
}

/// What the user may pick for idle; written straight from the policy in force.
struct Offered<'a>(&'a ServerState);

impl Serialize for Offered<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.engine.with_policy(|policy| {
            let offered = policy.choice.as_ref().map_or(&[][..], |choice| &choice.allow);
            serializer.collect_seq(offered)
        })
    }
}

impl fmt::Debug for Offered<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Offered(…)")
    }
}

impl<'a> SessionBody<'a> {
    pub(crate) fn new(server: &'a ServerState, snapshot: &'a Snapshot) -> Self {
        let status = &snapshot.status;
        Self {
            phase: status.phase,
            deadline_kind: status.deadline_kind,
            idle_remaining_ms: status.idle_remaining.map(Span::as_millis),
            absolute_remaining_ms: status.absolute_remaining.map(Span::as_millis),
            warn_before_ms: snapshot.warn_before.as_millis(),
            // Near the absolute limit continuing does not help, and a lock opens to nothing but authentication.
            can_extend: status.phase != Phase::Locked && !matches!(status.deadline_kind, Some(DeadlineKind::Absolute)),
            on_idle: snapshot.limits.idle.outcome,
            subject: &snapshot.subject,
            handle: snapshot.handle,
            application: snapshot.facts.application.as_deref(),
            choice: snapshot.choice,
            choices: Offered(server),
            explanation: Sentence(snapshot),
            authentication_age_ms: snapshot.now.since(snapshot.authenticated).as_millis(),
            server_time_ms: snapshot.now.as_millis(),
            sign_in_url: server.sign_in_url.as_ref(),
            development: server.engine.is_for_development(),
            ask: false,
        }
    }

    pub(super) fn asking_tabs(self, ask: bool) -> Self {
        Self { ask, ..self }
    }
}

/// The body of a live session, locked ones included; 401 otherwise.
pub(crate) fn told(server: &ServerState, standing: &Standing) -> Result<Response, Problem> {
    Ok(json(&SessionBody::new(server, live(server, standing)?)))
}

/// The live session, locked ones included; 401 otherwise.
pub(crate) fn live<'a>(server: &ServerState, standing: &'a Standing) -> Result<&'a Snapshot, Problem> {
    match standing {
        Standing::Live(snapshot) => Ok(snapshot),
        Standing::Ended { at, reason, .. } => {
            server.metrics.refused(reason.as_str());
            Err(Problem::ended(*at, *reason))
        }
        Standing::Unknown => {
            server.metrics.refused("none");
            Err(Problem::no_session())
        }
    }
}

/// The live session, unless it is locked; 401 otherwise.
pub(crate) fn unlocked<'a>(server: &ServerState, standing: &'a Standing) -> Result<&'a Snapshot, Problem> {
    let snapshot = live(server, standing)?;
    if snapshot.status.phase == Phase::Locked {
        server.metrics.refused("locked");
        return Err(Problem::locked());
    }
    Ok(snapshot)
}

/// The live session after an event; 401 when it is over, or locked where the event needs one that is not.
pub(crate) fn after<'a>(server: &ServerState, outcome: &'a Outcome) -> Result<&'a Snapshot, Problem> {
    let snapshot = live(server, &outcome.standing)?;
    let locked = snapshot.status.phase == Phase::Locked;
    if locked && outcome.answer != Some(Answer::Accepted) || outcome.answer == Some(Answer::Verdict(Verdict::Locked)) {
        server.metrics.refused("locked");
        return Err(Problem::locked());
    }
    Ok(snapshot)
}
