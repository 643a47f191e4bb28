//! Bytes are activity while they flow: a body that takes longer than a moment holds its session, until it ends or stalls.
//!
//! A session has one hold for all its bodies, since what it has had is remembered. Who asked for a body passively holds
//! nothing.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use nightlatch_core::session::{Answer, Event};
use nightlatch_core::time::{Instant, Span};
use nightlatch_engine::Standing;
use nightlatch_store::token::{Digest, Handle};
use tokio::sync::Notify;

use crate::server_state::ServerState;

/// A body that is through by then was a request like any other.
const MOMENT: Span = Span::from_secs(1);
const LOOKED_AT_EVERY: Duration = Duration::from_millis(500);
/// Without a byte for so long a body is stalled.
const STALLED_AFTER: Span = Span::from_secs(5);
/// Should this process die, the session is held no longer than this.
const HELD_FOR: Span = Span::from_secs(30);
const RENEWED_BEFORE: Span = Span::from_secs(15);

/// The sessions that bodies hold.
#[derive(Debug)]
pub(super) struct Holds {
    server: Arc<ServerState>,
    /// Unique among the processes that share a store.
    id: Box<str>,
    flows: Mutex<HashMap<Handle, Arc<Flow>>>,
}

/// The bodies of one session.
#[derive(Debug)]
struct Flow {
    /// When the first of them began. It is no moment any more once it has lasted longer.
    began: Instant,
    pieces: AtomicU64,
    bodies: AtomicUsize,
    /// How many of them were parts of a file. What follows within a while is the next part of the same upload.
    parts: AtomicUsize,
    closed: Notify,
}

/// One body.
#[derive(Debug)]
pub(super) struct Transfer {
    holds: Arc<Holds>,
    handle: Handle,
    digest: Digest,
    began: Instant,
    is_part: bool,
    flow: Option<Arc<Flow>>,
}

impl Holds {
    pub(super) fn new(server: &Arc<ServerState>) -> Self {
        let process = Handle::random(server.engine.clock().now());
        Self {
            id: format!("transfer-{process}").into(),
            server: Arc::clone(server),
            flows: Mutex::default(),
        }
    }

    /// A body begins.
    pub(super) fn transfer(self: &Arc<Self>, handle: Handle, digest: Digest) -> Transfer {
        Transfer {
            holds: Arc::clone(self),
            handle,
            digest,
            began: self.server.engine.clock().now(),
            is_part: false,
            flow: None,
        }
    }

    /// A body begins that may be one of many: applications send large files in short requests.
    pub(super) fn part(self: &Arc<Self>, handle: Handle, digest: Digest) -> Transfer {
        let mut transfer = self.transfer(handle, digest);
        transfer.is_part = true;
        transfer
    }

    fn join(self: &Arc<Self>, transfer: &Transfer) -> Arc<Flow> {
        let Transfer {
            handle, digest, began, ..
        } = *transfer;
        let mut flows = self.flows.lock().unwrap_or_else(PoisonError::into_inner);
        let flow = flows.entry(handle).or_insert_with(|| {
            let flow = Arc::new(Flow {
                began,
                pieces: AtomicU64::new(0),
                bodies: AtomicUsize::new(0),
                parts: AtomicUsize::new(0),
                closed: Notify::new(),
            });
            let keeping = Keeping {
                holds: Arc::clone(self),
                flow: Arc::clone(&flow),
                handle,
                digest,
                until: None,
            };
            tokio::spawn(keeping.run());
            flow
        });
        flow.bodies.fetch_add(1, Ordering::Relaxed);
        flow.parts.fetch_add(transfer.is_part.into(), Ordering::Relaxed);
        Arc::clone(flow)
    }

    /// Whether the last body is through. Then the next one begins anew.
    fn left(&self, handle: Handle, flow: &Flow) -> bool {
        let mut flows = self.flows.lock().unwrap_or_else(PoisonError::into_inner);
        let over = flow.bodies.load(Ordering::Relaxed) == 0;
        if over {
            flows.remove(&handle);
        }
        over
    }
}

impl Transfer {
    /// Some of the body has passed.
    pub(super) fn moved(&mut self) {
        if self.flow.is_none() {
            if !self.is_part && self.holds.server.engine.clock().now().since(self.began) < MOMENT {
                return;
            }
            self.flow = Some(self.holds.join(self));
        }
        if let Some(flow) = &self.flow {
            flow.pieces.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Drop for Transfer {
    fn drop(&mut self) {
        if let Some(flow) = &self.flow {
            flow.bodies.fetch_sub(1, Ordering::Relaxed);
            flow.closed.notify_one();
        }
    }
}

/// Keeps the hold of one session.
struct Keeping {
    holds: Arc<Holds>,
    flow: Arc<Flow>,
    handle: Handle,
    digest: Digest,
    /// While it is held.
    until: Option<Instant>,
}

impl Keeping {
    async fn run(mut self) {
        let server = Arc::clone(&self.holds.server);
        let (mut known, mut moved_at) = (0, server.engine.clock().now());
        loop {
            let pieces = self.flow.pieces.load(Ordering::Relaxed);
            let now = server.engine.clock().now();
            if pieces != known {
                (known, moved_at) = (pieces, now);
                let lasts = now.since(self.flow.began) >= MOMENT;
                if lasts && self.until.is_none_or(|until| until.since(now) < RENEWED_BEFORE) {
                    self.hold(&server, now).await;
                }
            }
            let is_stalled = now.since(moved_at) >= STALLED_AFTER;
            if is_stalled || !self.next_part_may_come() && self.flow.bodies.load(Ordering::Relaxed) == 0 {
                self.release(&server).await;
            }
            let waits_for_a_part = !is_stalled && self.flow.parts.load(Ordering::Relaxed) > 0;
            if !waits_for_a_part && self.holds.left(self.handle, &self.flow) {
                break;
            }
            tokio::select! {
                () = self.flow.closed.notified() => {}
                () = tokio::time::sleep(LOOKED_AT_EVERY) => {}
            }
        }
        self.release(&server).await;
    }

    /// An upload in parts is held between them as well. A single one is over with its body.
    fn next_part_may_come(&self) -> bool {
        self.flow.parts.load(Ordering::Relaxed) > 1
    }

    async fn hold(&mut self, server: &ServerState, now: Instant) {
        let event = Event::Hold {
            id: self.holds.id.as_ref().into(),
            span: HELD_FOR,
        };
        // Refused where holds have bridged all that the policy allows: then only a person helps.
        if self.apply(server, &event).await == Some(Answer::Accepted) && self.until.replace(now + HELD_FOR).is_none() {
            server.metrics.proxy.holding.inc();
        }
    }

    async fn release(&mut self, server: &ServerState) {
        if self.until.take().is_some() {
            server.metrics.proxy.holding.dec();
            let id = self.holds.id.as_ref().into();
            self.apply(server, &Event::Release { id }).await;
        }
    }

    async fn apply(&mut self, server: &ServerState, event: &Event) -> Option<Answer> {
        let mut outcome = server.engine.apply(&self.digest, event).await;
        if outcome
            .as_ref()
            .is_ok_and(|outcome| outcome.standing == Standing::Unknown)
            && let Ok(Some((record, _))) = server.engine.find(&self.handle).await
        {
            // The person has authenticated again.
            self.digest = record.digest;
            outcome = server.engine.apply(&self.digest, event).await;
        }
        match outcome {
            Ok(outcome) => outcome.answer,
            Err(error) => {
                tracing::debug!(%error, handle = %self.handle, "a hold waits for the store");
                None
            }
        }
    }
}
