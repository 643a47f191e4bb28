//! `GET events`: the session as a stream. Every event says how the session stands now, so that a stream that was cut is
//! resumed by opening it again; the id of the last event spares a warning that was told already.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use nightlatch_core::policy::Absent;
use nightlatch_core::session::{DeadlineKind, Phase};
use nightlatch_core::time::{Instant, Span};
use nightlatch_engine::{Snapshot, Standing, Watcher};
use nightlatch_store::StoreError;
use nightlatch_store::token::{Digest, Handle};
use serde::Serialize;

use super::attending;
use super::early::Early;
use super::hold::too_many;
use super::standing::{SessionBody, live};
use super::streams::OpenStream;
use crate::http::credential::required;
use crate::http::headers::protect;
use crate::http::problem::Problem;
use crate::http::write::known_origin;
use crate::server_state::ServerState;

const KEEP_ALIVE: Duration = Duration::from_secs(15);
const RETRY: Duration = Duration::from_secs(1);
/// Moving deadlines are told at most so often.
const SPACING: Duration = Duration::from_secs(1);
/// A session gets a new token when its person authenticates again, in one tab. All others hear of that on the streams they
/// have, and those go on until the browser has surely got the new token; a stream of somebody else ends with them.
const NEW_TOKEN_WITHIN: Span = Span::from_secs(5);

#[expect(clippy::disallowed_methods, reason = "a stream begins with a question to the tabs")]
pub(super) async fn get(State(server): State<Arc<ServerState>>, headers: HeaderMap) -> Result<Response, Problem> {
    let credential = required(&server, &headers).await?;
    // A stream stays open and shows when somebody is active: no page of another site holds one, though it could not read it.
    known_origin(server.origins(), &headers, true)?;
    let standing = server.engine.status(&credential.digest).await?;
    let handle = live(&server, &standing)?.handle;
    let open = OpenStream::open(&server, handle)
        .ok_or_else(|| too_many("The session has too many event streams; one for all tabs is enough."))?;
    let told_until = headers
        .get("last-event-id")
        .and_then(|id| id.to_str().ok()?.parse().ok())
        .map(Instant::from_millis);
    let teller = Teller {
        watcher: server.engine.watch(handle),
        handle,
        closing: None,
        digest: credential.digest,
        told_until,
        told: None,
        ask_at: tokio::time::Instant::now(),
        pending: None,
        read_at: None,
        over: false,
        server,
        _open: open,
    };
    let events = stream::unfold(teller, |mut teller| async move {
        let event = teller.next().await?;
        Some((Ok::<_, Infallible>(event), teller))
    });
    let mut response = Sse::new(events)
        .keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
        .into_response();
    protect(response.headers_mut());
    // Proxies that collect answers before they pass them on would hold every event back.
    response
        .headers_mut()
        .insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// What one stream has told and is to tell.
struct Teller {
    server: Arc<ServerState>,
    handle: Handle,
    digest: Digest,
    /// When the stream ends because it was opened with an earlier token.
    closing: Option<Instant>,
    watcher: Watcher,
    /// The id of the last event that the browser got on an earlier stream.
    told_until: Option<Instant>,
    told: Option<Told>,
    /// When to ask the tabs again whether they are there.
    ask_at: tokio::time::Instant,
    /// The second of two events at one moment.
    pending: Option<Event>,
    /// When the store was last asked whether somebody was active at another node.
    read_at: Option<Instant>,
    over: bool,
    _open: OpenStream,
}

/// What the browser knows from the last event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Told {
    phase: Phase,
    kind: Option<DeadlineKind>,
    /// Where a page waits for a fresh authentication this is the news, whether a deadline moves or not.
    authenticated: Instant,
    idle: Option<Instant>,
    absolute: Option<Instant>,
    at: tokio::time::Instant,
}

#[derive(Serialize)]
struct EndedBody {
    reason: &'static str,
    ended_at: i64,
}

impl Teller {
    /// The next event; `None` when the stream is over.
    async fn next(&mut self) -> Option<Event> {
        if let Some(event) = self.pending.take() {
            return Some(event);
        }
        while !self.over {
            let snapshot = match self.standing().await {
                Ok(Standing::Live(snapshot)) => {
                    if let Err(error) = attending::take(&self.server, self.handle, &self.digest).await {
                        tracing::debug!(%error, "tabs that other nodes have heard of wait for the store");
                    }
                    match self.ask_before_the_warning(&snapshot).await {
                        Ok(true) => continue,
                        Ok(false) => {}
                        Err(error) => tracing::debug!(%error, "what other nodes know waits for the store"),
                    }
                    snapshot
                }
                Ok(Standing::Ended { at, reason, .. }) => {
                    self.over = true;
                    let body = EndedBody {
                        reason: reason.as_str(),
                        ended_at: at.as_millis(),
                    };
                    return Some(event("ended", self.server.engine.clock().now(), &body));
                }
                // Whoever opens the stream again learns more.
                Ok(Standing::Unknown) | Err(_) => return None,
            };
            if self.closing.is_some_and(|at| snapshot.now >= at) {
                return None;
            }
            if let Some(event) = self.news(&snapshot) {
                return Some(event);
            }
            if !self.wait(&snapshot).await {
                return None;
            }
        }
        None
    }

    /// Where people are active at another node, this one does not hear of it: it reads their session again in good time. A page warns
    /// by what it was told last, so to read when the warning is due would be too late. True where the session was read.
    async fn ask_before_the_warning(&mut self, snapshot: &Snapshot) -> Result<bool, StoreError> {
        let Some(early) = Early::of(&self.server, snapshot) else {
            return Ok(false);
        };
        if early.left > Span::ZERO || self.read_at.is_some_and(|at| snapshot.now < at + early.every) {
            return Ok(false);
        }
        self.read_at = Some(snapshot.now);
        self.server.engine.read_again(&self.digest).await?;
        Ok(true)
    }

    /// How the session stands, by whatever token it has by now.
    async fn standing(&mut self) -> Result<Standing, StoreError> {
        let engine = &self.server.engine;
        let standing = engine.status(&self.digest).await?;
        if standing != Standing::Unknown {
            return Ok(standing);
        }
        let Some((record, standing)) = engine.find(&self.handle).await? else {
            return Ok(Standing::Unknown);
        };
        self.digest = record.digest;
        self.closing
            .get_or_insert_with(|| engine.clock().now() + NEW_TOKEN_WITHIN);
        Ok(standing)
    }

    /// What the snapshot has that the browser does not know.
    fn news(&mut self, snapshot: &Snapshot) -> Option<Event> {
        let told = Told::of(snapshot);
        let before = self.told;
        let turned = before.is_none_or(|before| {
            (before.phase, before.kind, before.authenticated) != (told.phase, told.kind, told.authenticated)
        });
        let moved = before.is_none_or(|before| (before.idle, before.absolute) != (told.idle, told.absolute));
        let spaced = before.is_none_or(|before| told.at.duration_since(before.at) >= SPACING);
        // People are never told late that they have less time.
        let sooner = before.is_some_and(|before| told.is_sooner_than(&before));
        let asks = told.at >= self.ask_at;
        // Nor are they warned by what was told before.
        let pressing = before.is_some_and(|before| before.warns_within(SPACING, snapshot));
        if !(turned || sooner || moved && (spaced || pressing) || asks) {
            return None;
        }
        self.told = Some(told);
        if asks {
            self.ask_at = told.at + ask_every(self.server.engine.with_policy(|policy| policy.absent));
            let within = attending::answer_within(&self.server);
            self.server.attendance.asked(self.handle, told.at, within);
        }
        let body = SessionBody::new(&self.server, snapshot).asking_tabs(asks);
        let special = match told.phase {
            Phase::Warning if turned && !self.knows_warning(snapshot) => Some(event("warning", snapshot.now, &body)),
            Phase::Locked if turned => Some(event("locked", snapshot.now, &body)),
            Phase::Active | Phase::Warning | Phase::Locked => None,
        };
        if before.is_some() && special.is_some() {
            return special;
        }
        self.pending = special;
        Some(event("lifetime", snapshot.now, &body).retry(RETRY))
    }

    /// Whether an earlier stream has told this warning: it began before the last event that the browser got.
    fn knows_warning(&self, snapshot: &Snapshot) -> bool {
        let began = opening(snapshot).map(|opening| snapshot.now - snapshot.warn_before + opening);
        self.told_until
            .is_some_and(|until| began.is_some_and(|began| began <= until))
    }

    /// Waits for a change or for the next moment at which something happens by itself. False when the server stops.
    async fn wait(&mut self, snapshot: &Snapshot) -> bool {
        let current = Told::of(snapshot);
        let told = self.told.unwrap_or(current);
        let early = Early::of(&self.server, snapshot).map(|early| early.due(self.read_at, snapshot.now));
        let by_itself = early
            .into_iter()
            .chain([wake_after(snapshot)])
            .min()
            .unwrap_or_default();
        let closing = self.closing.map_or(by_itself, |at| at.since(snapshot.now));
        let mut until = closing.min(by_itself).to_std();
        if (told.idle, told.absolute) != (current.idle, current.absolute) {
            // A deadline moved that is not told yet because the last one was told just now.
            until = until.min(SPACING.saturating_sub(current.at.duration_since(told.at)));
        }
        until = until.min(self.ask_at.saturating_duration_since(current.at));
        let changed = pin!(self.watcher.changed());
        tokio::select! {
            () = changed => true,
            () = tokio::time::sleep(until) => true,
            () = self.server.shutdown.cancelled() => false,
        }
    }
}

impl Told {
    /// Whether a page that was told this warns soon.
    fn warns_within(&self, span: Duration, snapshot: &Snapshot) -> bool {
        self.idle
            .is_some_and(|idle| idle.since(snapshot.now + snapshot.warn_before).to_std() <= span)
    }

    fn is_sooner_than(&self, before: &Self) -> bool {
        let sooner =
            |now: Option<Instant>, then: Option<Instant>| now.is_some_and(|now| then.is_none_or(|then| now < then));
        sooner(self.idle, before.idle) || sooner(self.absolute, before.absolute)
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "spaces events on the wire; no rule depends on it"
    )]
    fn of(snapshot: &Snapshot) -> Self {
        Self {
            phase: snapshot.status.phase,
            kind: snapshot.status.deadline_kind,
            authenticated: snapshot.authenticated,
            idle: snapshot.status.idle_remaining.map(|remaining| snapshot.now + remaining),
            absolute: snapshot
                .status
                .absolute_remaining
                .map(|remaining| snapshot.now + remaining),
            at: tokio::time::Instant::now(),
        }
    }
}

/// How often tabs are asked whether they are there: seldom where it hardly matters, and as soon as absence ends a session
/// where it does.
fn ask_every(absent: Absent) -> Duration {
    match absent {
        Absent::Count => Duration::from_mins(5),
        Absent::Pause => Duration::from_mins(1),
        Absent::EndAfter(span) => span.to_std().clamp(Duration::from_secs(10), Duration::from_mins(1)),
    }
}

/// The time to the earlier of the idle and absolute deadlines.
fn opening(snapshot: &Snapshot) -> Option<Span> {
    [snapshot.status.idle_remaining, snapshot.status.absolute_remaining]
        .into_iter()
        .flatten()
        .min()
}

/// How long nothing happens by itself: until the warning opens, and then until the deadline. Ends for other reasons are
/// announced.
fn wake_after(snapshot: &Snapshot) -> Span {
    let deadline = opening(snapshot).unwrap_or(Span::from_secs(3600));
    match snapshot.status.phase {
        Phase::Active => deadline.saturating_sub(snapshot.warn_before),
        Phase::Warning | Phase::Locked => deadline,
    }
    .max(Span::from_millis(1))
}

fn event(name: &str, id: Instant, body: &impl Serialize) -> Event {
    let data = serde_json::to_string(body).unwrap_or_default();
    Event::default().event(name).id(id.as_millis().to_string()).data(data)
}
