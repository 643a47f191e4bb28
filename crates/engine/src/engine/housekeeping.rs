//! The background work: flushing, sweeping, and what keeps memory and store small.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use nightlatch_core::session::State;
use nightlatch_core::time::{Instant, Span};
use nightlatch_store::nodes::Turn;
use nightlatch_store::token::Digest;
use nightlatch_store::{ENDED_KEPT, Result};
use tokio::time::{MissedTickBehavior, interval};

use super::Engine;

const SWEEP_EVERY: Duration = Duration::from_millis(200);
/// Seconds.
const TIDY_EVERY: u64 = 30;
/// An end stays in the table for as long as requests that began before it may come back.
const ENDED_IN_TABLE: Span = Span::from_secs(60);
/// A request is known for as long, so that it can be sent again.
const CLAIMS_KEPT: Span = Span::from_secs(24 * 3600);
const PAGE: usize = 500;

impl Engine {
    /// Does the background work until `shutdown` is over. Then it lets nothing new begin, waits for what has begun, and tells the
    /// store of all activity.
    pub async fn run(self: &Arc<Self>, shutdown: impl Future<Output = ()>) {
        // What is dropped here only waits: every round is a task that runs to its end.
        tokio::select! {
            // Each gets its turn at every wake-up, since none but the first ever ends; in this order, so that a simulation repeats.
            biased;
            () = shutdown => {}
            () = self.flush_for_ever() => {}
            () = self.sweep_for_ever() => {}
            () = self.reindex_for_ever() => {}
            () = self.tidy_for_ever() => {}
            () = self.resolve_doubts_for_ever() => {}
            () = self.beat_for_ever() => {}
        }
        if let Err(error) = self.stop().await {
            tracing::error!(%error, "activity of the last moments is not in the store; those sessions end earlier");
        }
    }

    async fn flush_for_ever(self: &Arc<Self>) {
        loop {
            // Asked each time: a stricter policy shortens the interval.
            let every = self.touch_interval().to_std() / 8;
            tokio::time::sleep(every.clamp(Duration::from_millis(20), Duration::from_millis(500))).await;
            if let Err(error) = self.flush().await {
                tracing::debug!(%error, "activity waits for the store");
            }
        }
    }

    async fn sweep_for_ever(self: &Arc<Self>) {
        let mut ticks = ticks(SWEEP_EVERY);
        loop {
            ticks.tick().await;
            if !self.has_turn(Turn::Sweep) {
                continue;
            }
            if let Err(error) = self.sweep().await {
                tracing::debug!(%error, "what is due waits for the store");
            }
        }
    }

    async fn tidy_for_ever(self: &Arc<Self>) {
        let mut ticks = ticks(Duration::from_secs(1));
        let mut seconds = 0_u64;
        loop {
            ticks.tick().await;
            self.notice_jump();
            self.probe_if_failing().await;
            self.seal().await;
            if seconds.is_multiple_of(TIDY_EVERY) {
                self.tidy().await;
            }
            seconds += 1;
        }
    }

    /// Logs a jump of the wall clock, once. No deadline moves for it.
    fn notice_jump(&self) {
        if let Some(jump) = self.clock.jump() {
            tracing::warn!(
                jump_ms = jump.millis,
                "the wall clock jumped; deadlines go by the time that passes and do not move"
            );
        }
    }

    async fn probe_if_failing(self: &Arc<Self>) {
        if self.health.failing_since().is_some() {
            // The result is noted; while it fails there is nothing else to do.
            let _ = self.probe().await;
        }
    }

    /// Whoever reads the audit does what is left to be done of that, so a failure costs them time.
    async fn seal(self: &Arc<Self>) {
        if !self.has_turn(Turn::Seal) {
            return;
        }
        let sealed = self.run_to_completion(|engine| Box::pin(engine.seal())).await;
        if let Err(error) = sealed {
            tracing::debug!(%error, "the audit waits for its numbers");
        }
    }

    /// Whether the store takes writes now. What it answers is what readiness tells.
    pub async fn probe(self: &Arc<Self>) -> Result<()> {
        let now = self.now();
        self.run_to_completion(move |engine| Box::pin(engine.writes().probe(now)))
            .await
    }

    async fn tidy(self: &Arc<Self>) {
        self.evict(self.now());
        self.watchers.forget_unwatched();
        self.facts.forget_unused();
        self.amr.forget_unused();
        if let Some(node) = &self.node {
            node.journal.forget_old(self.now());
        }
        if !self.has_turn(Turn::Forget) {
            return;
        }
        let before = self.now() - ENDED_KEPT;
        while let Ok(PAGE) = self
            .run_to_completion(move |engine| Box::pin(engine.writes().forget_ended(before, PAGE)))
            .await
        {}
        while let Ok(PAGE) = self
            .run_to_completion(move |engine| Box::pin(engine.forget_changes(PAGE)))
            .await
        {}
        let before = self.now() - CLAIMS_KEPT;
        while let Ok(PAGE) = self
            .run_to_completion(move |engine| Box::pin(engine.writes().forget_claims(before, PAGE)))
            .await
        {}
        if let Some(kept) = self.options.audit_kept {
            let before = self.now() - kept;
            while let Ok(PAGE) = self
                .run_to_completion(move |engine| Box::pin(engine.writes().forget_audit(before, PAGE)))
                .await
            {}
        }
    }

    /// Takes sessions out of the table that nobody has used for a while, and ends that nobody can come late for.
    pub fn evict(&self, now: Instant) {
        let table = self.live.pin();
        let unused: Vec<Digest> = table
            .iter()
            .filter(|(_, live)| match live.session.state {
                State::Ended { at, .. } => now.since(at) >= ENDED_IN_TABLE,
                // Whoever asks for it reads the store; it only waits for the flush.
                State::Active | State::Locked { .. } if live.is_outdated() => live.word.read().unstored_since.is_none(),
                State::Active | State::Locked { .. } => {
                    now.since(live.word.read().seen) >= self.options.evict_after
                        && !self.watchers.is_watched(live.handle)
                        && live.word.close_if_clean()
                }
            })
            .map(|(digest, _)| *digest)
            .collect();
        for digest in unused {
            // Whoever found the entry closed may have put a new one in its place, with activity of its own.
            let _ = table.remove_if(&digest, |_, live| live.word.read().closed);
        }
    }
}

pub(super) fn ticks(every: Duration) -> tokio::time::Interval {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}
