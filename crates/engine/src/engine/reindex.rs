//! After a change of policy: the deadline index follows, in the background. Enforcement never waits for it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Notify;

use super::Engine;
use crate::store::Result;
use crate::token::Digest;

/// So many sessions are worked out in one go.
const PAGE: usize = 500;
/// How long the work rests after a store that failed.
const RETRY: Duration = Duration::from_secs(1);

/// Whether there is work, and how much is left of it.
#[derive(Debug, Default)]
pub(super) struct Reindexing {
    waiting: Notify,
    outdated: AtomicU64,
}

impl Reindexing {
    /// A policy has changed. Heard by the next to wait if nobody does now.
    pub(super) fn wake(&self) {
        self.waiting.notify_one();
    }

    /// Sessions in the store that were last worked out under an earlier policy, as far as the work has counted.
    pub(super) fn outdated(&self) -> u64 {
        self.outdated.load(Ordering::Relaxed)
    }

    fn worked_out(&self, sessions: usize) {
        let sessions = u64::try_from(sessions).unwrap_or(u64::MAX);
        let less = |outdated: u64| Some(outdated.saturating_sub(sessions));
        // The closure always answers, so this cannot fail.
        let _ = self.outdated.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
    }
}

impl Engine {
    pub(super) async fn reindex_for_ever(&self) {
        loop {
            match self.reindex().await {
                Ok(_) => self.reindexing.waiting.notified().await,
                Err(error) => {
                    tracing::warn!(%error, "sessions of an earlier policy are not all re-indexed; each is when it is used");
                    tokio::time::sleep(RETRY).await;
                }
            }
        }
    }

    /// Works out anew when the sessions of an earlier policy fall due, and ends those that are over. Answers how many
    /// sessions it looked at.
    pub async fn reindex(&self) -> Result<u64> {
        let (revision, _) = self.policy();
        let outdated = self.store.count_outdated(revision).await?;
        self.reindexing.outdated.store(outdated, Ordering::Relaxed);
        self.end_in_table().await?;
        let (mut after, mut looked_at) = (None, 0);
        loop {
            let page = self.store.outdated(revision, after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some((last.due, last.handle));
            let sessions = page.len();
            self.carry_out(&self.look_at(page)).await?;
            self.reindexing.worked_out(sessions);
            looked_at += u64::try_from(sessions).unwrap_or(u64::MAX);
            tokio::task::yield_now().await;
        }
        self.reindexing.outdated.store(0, Ordering::Relaxed);
        Ok(looked_at)
    }

    /// Ends what the change ends among the sessions in use: those are the ones that somebody would notice.
    async fn end_in_table(&self) -> Result<()> {
        let (revision, _) = self.policy();
        let digests: Vec<Digest> = {
            let table = self.live.pin();
            let outdated = table.iter().filter(|(_, live)| live.revisions.today != revision);
            outdated.map(|(digest, _)| *digest).collect()
        };
        for digests in digests.chunks(PAGE) {
            self.carry_out(&self.look_in_table(digests)).await?;
            tokio::task::yield_now().await;
        }
        Ok(())
    }
}
