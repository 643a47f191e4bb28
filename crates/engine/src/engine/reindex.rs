//! After a change of policy: the deadline index follows, in the background. Enforcement never waits for it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Notify;

use super::Engine;
use super::sweep::Findings;
use crate::store::{Filter, Page, Result, Revision};
use crate::token::{Digest, Handle};

/// So many sessions are read in one go, or looked at in the table before somebody else gets a turn.
const PAGE: usize = 500;
/// So many changes share a transaction: neighbours in the order of creation share pages of the store, and a sign-out does
/// not wait long for them.
const PORTION: usize = 5000;
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

/// What is done in one walk through the sessions. All ends come before the first move in the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Task {
    End,
    Reindex,
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

    /// Works out anew when the sessions of an earlier policy fall due, and ends those that are over: first those in use,
    /// which somebody would notice, then the others. Answers how many sessions it re-indexed.
    pub async fn reindex(&self) -> Result<u64> {
        let (revision, _) = self.policy();
        let outdated = self.store.count_outdated(revision).await?;
        self.reindexing.outdated.store(outdated, Ordering::Relaxed);
        if outdated == 0 {
            return Ok(0);
        }
        self.end_in_table(revision).await?;
        self.go_through(revision, Task::End).await?;
        let looked_at = self.go_through(revision, Task::Reindex).await?;
        self.reindexing.outdated.store(0, Ordering::Relaxed);
        Ok(looked_at)
    }

    async fn end_in_table(&self, revision: Revision) -> Result<()> {
        let mut outdated: Vec<(Handle, Digest)> = {
            let table = self.live.pin();
            let outdated = table.iter().filter(|(_, live)| live.revisions.today != revision);
            outdated.map(|(digest, live)| (live.handle, *digest)).collect()
        };
        outdated.sort_unstable();
        let mut findings = Findings::default();
        for sessions in outdated.chunks(PAGE) {
            findings.append(self.look_in_table(sessions.iter().map(|(_, digest)| *digest)).ends());
            if findings.changes() >= PORTION {
                self.carry_out(&std::mem::take(&mut findings)).await?;
            }
            tokio::task::yield_now().await;
        }
        self.carry_out(&findings).await?;
        Ok(())
    }

    /// Does one task for every session in the store that was worked out under an earlier policy.
    async fn go_through(&self, revision: Revision, task: Task) -> Result<u64> {
        let (mut after, mut looked_at) = (None, 0);
        let mut findings = Findings::default();
        loop {
            let page = Page { after, limit: PAGE };
            let mut records = self.store.list(&Filter::default(), page).await?;
            let Some(last) = records.last() else { break };
            after = Some(last.handle);
            records.retain(|record| record.revisions.today != revision);
            let sessions = records.len();
            let found = self.look_at(records);
            findings.append(match task {
                Task::End => found.ends(),
                Task::Reindex => found,
            });
            if findings.changes() >= PORTION {
                self.carry_out(&std::mem::take(&mut findings)).await?;
            }
            if task == Task::Reindex {
                self.reindexing.worked_out(sessions);
                looked_at += u64::try_from(sessions).unwrap_or(u64::MAX);
            }
            tokio::task::yield_now().await;
        }
        self.carry_out(&findings).await?;
        Ok(looked_at)
    }
}
