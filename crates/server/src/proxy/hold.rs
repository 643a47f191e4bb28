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
use nightlatch_engine::token::{Digest, Handle};
use tokio::sync::Notify;

use crate::latch::Latch;

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
    latch: Arc<Latch>,
    /// Unique among the processes that share a store.
    id: Box<str>,
    flows: Mutex<HashMap<Handle, Arc<Flow>>>,
}

/// The bodies of one session.
#[derive(Debug, Default)]
struct Flow {
    pieces: AtomicU64,
    bodies: AtomicUsize,
    closed: Notify,
}

/// One body.
#[derive(Debug)]
pub(super) struct Transfer {
    holds: Arc<Holds>,
    handle: Handle,
    digest: Digest,
    began: Instant,
    flow: Option<Arc<Flow>>,
}

impl Holds {
    pub(super) fn new(latch: &Arc<Latch>) -> Self {
        let process = Handle::random(latch.engine.clock().now());
        Self {
            id: format!("transfer-{process}").into(),
            latch: Arc::clone(latch),
            flows: Mutex::default(),
        }
    }

    /// A body begins.
    pub(super) fn transfer(self: &Arc<Self>, handle: Handle, digest: Digest) -> Transfer {
        Transfer {
            holds: Arc::clone(self),
            handle,
            digest,
            began: self.latch.engine.clock().now(),
            flow: None,
        }
    }

    fn join(self: &Arc<Self>, handle: Handle, digest: Digest) -> Arc<Flow> {
        let mut flows = self.flows.lock().unwrap_or_else(PoisonError::into_inner);
        let flow = flows.entry(handle).or_insert_with(|| {
            let flow = Arc::<Flow>::default();
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
            if self.holds.latch.engine.clock().now().since(self.began) < MOMENT {
                return;
            }
            self.flow = Some(self.holds.join(self.handle, self.digest));
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
        let latch = Arc::clone(&self.holds.latch);
        latch.metrics.proxy.holding.inc();
        let (mut known, mut moved_at) = (0, latch.engine.clock().now());
        loop {
            let pieces = self.flow.pieces.load(Ordering::Relaxed);
            let now = latch.engine.clock().now();
            if pieces != known {
                (known, moved_at) = (pieces, now);
                if self.until.is_none_or(|until| until.since(now) < RENEWED_BEFORE) {
                    self.hold(&latch, now).await;
                }
            } else if self.until.is_some() && now.since(moved_at) >= STALLED_AFTER {
                self.release(&latch).await;
            }
            if self.holds.left(self.handle, &self.flow) {
                break;
            }
            tokio::select! {
                () = self.flow.closed.notified() => {}
                () = tokio::time::sleep(LOOKED_AT_EVERY) => {}
            }
        }
        self.release(&latch).await;
        latch.metrics.proxy.holding.dec();
    }

    async fn hold(&mut self, latch: &Latch, now: Instant) {
        let event = Event::Hold {
            id: self.holds.id.as_ref().into(),
            span: HELD_FOR,
        };
        // Refused where holds have bridged all that the policy allows: then only a person helps.
        if self.apply(latch, &event).await == Some(Answer::Accepted) {
            self.until = Some(now + HELD_FOR);
        }
    }

    async fn release(&mut self, latch: &Latch) {
        if self.until.take().is_some() {
            let id = self.holds.id.as_ref().into();
            self.apply(latch, &Event::Release { id }).await;
        }
    }

    async fn apply(&mut self, latch: &Latch, event: &Event) -> Option<Answer> {
        let mut outcome = latch.engine.apply(&self.digest, event).await;
        if outcome
            .as_ref()
            .is_ok_and(|outcome| outcome.standing == Standing::Unknown)
            && let Ok(Some((record, _))) = latch.engine.find(&self.handle).await
        {
            // The person has authenticated again.
            self.digest = record.digest;
            outcome = latch.engine.apply(&self.digest, event).await;
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
