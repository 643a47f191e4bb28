//! Telling the store of activity: at most once per session and touch interval, all that is due in one call.

use std::collections::VecDeque;
use std::sync::Arc;

use nightlatch_core::time::{Instant, Span};
use nightlatch_store::token::Digest;
use nightlatch_store::{Result, Touch};

use super::{Engine, Uncancelled};

/// So many touches go to the store in one call.
const BATCH: usize = 1000;

/// Sessions whose activity the store is to hear of, in the order in which they wait.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    /// With the instant at which the store's knowledge becomes too old.
    sessions: VecDeque<(Instant, Digest)>,
}

impl Engine {
    pub(super) fn mark_dirty(&self, digest: Digest) {
        // A full queue loses nothing: the dirty flag stays, and the next flush searches the table.
        let _ = self.dirty.push(digest);
    }

    /// Tells the store of the activity that it would otherwise know too late.
    pub async fn flush(self: &Arc<Self>) -> Result<()> {
        let horizon = self.now() + self.flush_ahead();
        self.run_to_completion(move |engine| Box::pin(engine.flush_until(horizon)))
            .await
    }

    /// Tells the store of all activity.
    pub async fn flush_all(self: &Arc<Self>) -> Result<()> {
        self.run_to_completion(|engine| Box::pin(engine.flush_all())).await
    }

    /// How long before its time activity is flushed, so that it is in the store within the touch interval.
    fn flush_ahead(&self) -> Span {
        Span::from_millis(self.touch_interval().as_millis() / 4).min(Span::from_secs(1))
    }

    /// Takes over what became dirty since the last flush.
    fn collect(&self, waiting: &mut Waiting) {
        let table = self.live.pin();
        let too_old = |stored: Instant| stored + self.touch_interval();
        if self.dirty.is_full() {
            waiting.sessions.clear();
            while self.dirty.pop().is_some() {}
            for (digest, live) in &table {
                if live.word.read().unstored_since.is_some() {
                    waiting.sessions.push_back((too_old(live.stored()), *digest));
                }
            }
            return;
        }
        while let Some(digest) = self.dirty.pop() {
            if let Some(live) = table.get(&digest) {
                waiting.sessions.push_back((too_old(live.stored()), digest));
            }
        }
    }

    fn clean(&self, digest: &Digest) -> Option<Touch> {
        self.live.pin().get(digest)?.take(*digest)
    }

    /// The store did not hear of these: they are still to be told.
    fn soil(&self, touches: &[Touch]) {
        let table = self.live.pin();
        for touch in touches {
            if let Some(live) = table.get(&touch.digest) {
                live.put_back(touch);
                self.mark_dirty(touch.digest);
            }
        }
    }
}

impl Uncancelled {
    /// See [`Engine::flush_all`].
    pub(super) async fn flush_all(&self) -> Result<()> {
        self.flush_until(Instant::from_millis(i64::MAX)).await
    }

    async fn flush_until(&self, horizon: Instant) -> Result<()> {
        let mut waiting = self.flush.lock().await;
        self.collect(&mut waiting);
        let mut due = Vec::new();
        waiting.sessions.retain(|(at, digest)| {
            let now = *at <= horizon;
            if now {
                due.push(*digest);
            }
            !now
        });
        let mut batches = due.chunks(BATCH);
        while let Some(digests) = batches.next() {
            let touches: Vec<Touch> = digests.iter().filter_map(|digest| self.clean(digest)).collect();
            if touches.is_empty() {
                continue;
            }
            if let Err(error) = self.write_touches(&touches).await {
                self.soil(&touches);
                // Those that it was not asked about are dirty still; nobody else would tell of them.
                batches.flatten().for_each(|digest| self.mark_dirty(*digest));
                return Err(error);
            }
        }
        Ok(())
    }
}
