//! After a change of policy: the deadline index follows, in the background. Enforcement never waits for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use nightlatch_store::nodes::Turn;
use nightlatch_store::{Filter, Page, Result, Revision};
use tokio::sync::{Notify, mpsc};

use super::Engine;
use super::sweep::Findings;

/// So many sessions are read in one go, and looked at before somebody else gets a turn.
const PAGE: usize = 500;
/// So many changes share a transaction: neighbours in the order of creation share pages of the store, and a sign-out does
/// not wait long for them.
const PORTION: usize = 5000;
/// How long the work rests after a store that failed, or while it is up to another node.
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
    pub(super) async fn reindex_for_ever(self: &Arc<Self>) {
        loop {
            // Whoever has the turn does it for all. Who vanishes in the middle leaves the turn to the next, and with it what is left.
            if !self.has_turn(Turn::Reindex) {
                tokio::time::sleep(RETRY).await;
                continue;
            }
            match self.reindex().await {
                Ok(_) => self.reindexing.waiting.notified().await,
                Err(error) => {
                    tracing::warn!(%error, "sessions of an earlier policy are not all re-indexed; each is when it is used");
                    tokio::time::sleep(RETRY).await;
                }
            }
        }
    }

    /// Works out anew when the sessions of an earlier policy fall due, and ends those that are over, which comes first.
    /// Answers how many sessions it re-indexed.
    pub async fn reindex(self: &Arc<Self>) -> Result<u64> {
        let (revision, _) = self.policy();
        let outdated = self.store.count_outdated(revision).await?;
        self.reindexing.outdated.store(outdated, Ordering::Relaxed);
        if outdated == 0 {
            return Ok(0);
        }
        self.go_through(revision, Task::End).await?;
        let reindexed = self.go_through(revision, Task::Reindex).await?;
        self.reindexing.outdated.store(0, Ordering::Relaxed);
        Ok(reindexed)
    }

    /// Does one task for every session that was worked out under an earlier policy. The next ones are read and looked at
    /// while the store writes.
    async fn go_through(self: &Arc<Self>, revision: Revision, task: Task) -> Result<u64> {
        let (hand_over, mut handed_over) = mpsc::channel(1);
        let look = async {
            let outdated = self.look_through(revision, task, &hand_over).await;
            drop(hand_over);
            outdated
        };
        let write = async {
            while let Some(findings) = handed_over.recv().await {
                // Whoever stops the work stops it between two portions.
                self.run_to_completion(move |engine| Box::pin(async move { engine.carry_out(&findings).await }))
                    .await?;
            }
            Ok(())
        };
        let (outdated, ()) = tokio::try_join!(look, write)?;
        Ok(outdated)
    }

    async fn look_through(&self, revision: Revision, task: Task, hand_over: &mpsc::Sender<Findings>) -> Result<u64> {
        let (mut after, mut outdated) = (None, 0);
        let mut findings = Findings::default();
        loop {
            let page = Page { after, limit: PAGE };
            let mut records = self.store.list(&Filter::default(), page).await?;
            let Some(last) = records.last() else { break };
            after = Some(last.handle);
            records.retain(|record| record.revisions.today != revision);
            if task == Task::Reindex {
                self.reindexing.worked_out(records.len());
            }
            outdated += u64::try_from(records.len()).unwrap_or(u64::MAX);
            let found = self.look_at(records);
            findings.append(match task {
                Task::End => found.ends(),
                Task::Reindex => found,
            });
            // Nobody takes them any more after the store has failed, which is told there.
            if findings.changes() >= PORTION && hand_over.send(std::mem::take(&mut findings)).await.is_err() {
                break;
            }
            tokio::task::yield_now().await;
        }
        let _ = hand_over.send(findings).await;
        Ok(outdated)
    }
}
