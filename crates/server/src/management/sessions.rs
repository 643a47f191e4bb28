//! Sessions as operators and back ends see them.

pub(super) mod bound;
pub(super) mod create;
pub(super) mod end;
pub(super) mod end_matching;
mod ended;
mod full;
pub(super) mod list;
pub(super) mod of_subject;
pub(super) mod reauthenticate;
pub(super) mod show;
pub(super) mod summary;
mod too_old;

use nightlatch_core::duration::Limit;
use nightlatch_core::session::{DeadlineKind, EndReason, Hold, Phase};
use nightlatch_core::time::{Instant, Span};
use nightlatch_engine::{Engine, SignedIn, Snapshot, Standing};
use nightlatch_store::token::Handle;
use nightlatch_store::{Record, Revision};
use schemars::JsonSchema;
use serde::Serialize;

use super::rfc3339::rfc3339;
use super::schema::{HandleForm, InstantForm};
use crate::http::cookie::CookieRules;

/// One session. Its token and the digest of it are nobody's business.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Session")]
pub(super) struct View {
    #[schemars(with = "HandleForm")]
    handle: Handle,
    /// Who signed in.
    subject: Box<str>,
    application: Option<Box<str>>,
    /// The class of device, as the application named it.
    device: Option<Box<str>>,
    roles: Vec<Box<str>>,
    /// How they authenticated (RFC 8176 names).
    amr: Vec<Box<str>>,
    #[schemars(with = "InstantForm")]
    created_at: String,
    #[schemars(with = "InstantForm")]
    authenticated_at: String,
    #[schemars(with = "InstantForm")]
    last_activity_at: String,
    #[schemars(extend("enum" = ["active", "warning", "locked", "ended"]))]
    phase: &'static str,
    /// Which limit comes first.
    deadline_kind: Option<DeadlineKind>,
    /// null: no limit, or none that runs.
    idle_remaining_ms: Option<u64>,
    /// null: no limit.
    absolute_remaining_ms: Option<u64>,
    /// Until when it may last, as whoever authenticated them says.
    #[schemars(with = "Option<InstantForm>")]
    not_after: Option<String>,
    /// The idle limit that the person has picked.
    choice: Option<Limit>,
    /// The policy it signed in under.
    policy_revision: Revision,
    open_tabs: usize,
    /// The ids of those that run.
    holds: Vec<Box<str>>,
    /// Why it ended, if it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<EndReason>,
    /// When it ended, if it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<InstantForm>")]
    ended_at: Option<String>,
}

impl View {
    fn live(record: &Record, snapshot: &Snapshot, engine: &Engine) -> Self {
        let status = snapshot.status;
        let presence = record.session.presence.as_deref();
        let held_at_most = snapshot.seen + engine.policy().1.hold_max;
        let runs = |hold: &Hold| matches!(hold, Hold::Until(until) if (*until).min(held_at_most) > snapshot.now);
        let holds = presence.into_iter().flat_map(|presence| &presence.holds);
        Self {
            authenticated_at: rfc3339(snapshot.authenticated),
            last_activity_at: rfc3339(snapshot.seen),
            phase: word(status.phase),
            deadline_kind: status.deadline_kind,
            idle_remaining_ms: status.idle_remaining.map(Span::as_millis),
            absolute_remaining_ms: status.absolute_remaining.map(Span::as_millis),
            choice: snapshot.choice,
            open_tabs: presence.map_or(0, |presence| presence.tabs.len()),
            holds: holds.filter(|(_, hold)| runs(hold)).map(|(id, _)| id.clone()).collect(),
            ..Self::over(record, None)
        }
    }

    fn over(record: &Record, end: Option<(Instant, EndReason)>) -> Self {
        let facts = &record.session.facts;
        Self {
            handle: record.handle,
            subject: record.subject.as_ref().into(),
            application: facts.application.clone(),
            device: facts.device.clone(),
            roles: facts.roles.clone(),
            amr: record.amr.to_vec(),
            created_at: rfc3339(record.created),
            authenticated_at: rfc3339(record.session.authenticated),
            last_activity_at: rfc3339(record.session.activity.seen),
            phase: "ended",
            deadline_kind: None,
            idle_remaining_ms: None,
            absolute_remaining_ms: None,
            not_after: record.session.not_after.map(rfc3339),
            choice: record.session.choice,
            policy_revision: record.revisions.own,
            open_tabs: 0,
            holds: Vec::new(),
            reason: end.map(|(_, reason)| reason),
            ended_at: end.map(|(at, _)| rfc3339(at)),
        }
    }

    /// A session of a list, if it lives under the policy in force. Of one that has just reached its deadline the store may
    /// not have heard yet.
    fn if_live(record: &Record, engine: &Engine) -> Option<Self> {
        match engine.standing_of_record(record) {
            Standing::Live(snapshot) => Some(Self::live(record, &snapshot, engine)),
            Standing::Ended { .. } | Standing::Unknown => None,
        }
    }

    /// A session that was looked up; `None` when it was forgotten meanwhile.
    fn of(record: &Record, standing: &Standing, engine: &Engine) -> Option<Self> {
        match standing {
            Standing::Live(snapshot) => Some(Self::live(record, snapshot, engine)),
            Standing::Ended { at, reason, .. } => Some(Self::over(record, Some((*at, *reason)))),
            Standing::Unknown => None,
        }
    }
}

fn word(phase: Phase) -> &'static str {
    match phase {
        Phase::Active => "active",
        Phase::Warning => "warning",
        Phase::Locked => "locked",
    }
}

/// What a back end needs to hand a session over to a browser. The token is told this one time.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SessionHandedOver")]
pub(super) struct HandedOver {
    #[schemars(with = "HandleForm")]
    handle: Handle,
    /// The secret of the session: the value of its cookie, or of `Authorization: Bearer`.
    token: String,
    /// The value of the `Set-Cookie` header that hands the session to the browser.
    set_cookie: String,
    /// The field `csrf` of the session's plain forms, such as the one that signs out.
    form_token: String,
}

impl HandedOver {
    fn new(signed_in: &SignedIn, cookie: &CookieRules) -> Self {
        let token = signed_in.token.expose();
        Self {
            handle: signed_in.handle,
            token: token.to_owned(),
            set_cookie: cookie.set(token),
            form_token: signed_in.token.digest().form_token(),
        }
    }
}
