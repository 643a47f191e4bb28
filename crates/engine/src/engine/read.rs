//! Lists, single sessions, audit, numbers: what operators ask.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use nightlatch_core::session::{EndReason, Presence, State};
use nightlatch_core::time::{Instant, Span};
use nightlatch_store::audit::{AuditFilter, AuditRecord};
use nightlatch_store::token::{Digest, Handle};
use nightlatch_store::{Filter, Page, Record, Result};

use super::change::{ATTEMPTS, Settled};
use super::{Engine, Standing, Uncancelled};
use crate::live::WorkingCopy;
use crate::stripes::Generation;
use crate::watch::Watcher;

/// Numbers for metrics and readiness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stats {
    /// Sessions in the live table.
    pub in_table: usize,
    /// Sessions that somebody watches.
    pub watched: usize,
    /// Since when the store fails, if it does.
    pub store_failing_since: Option<Instant>,
    /// Whether the grace period for a failing store is over, so that nobody is let in.
    pub store_exhausted: bool,
    /// How far the sweeper is behind.
    pub sweep_lag: Span,
    /// Sessions that the deadline index still has under an earlier policy.
    pub outdated: u64,
}

impl Engine {
    /// A page of live sessions. Those whose deadline has just passed may still be in it.
    pub async fn list(self: &Arc<Self>, filter: &Filter, page: Page) -> Result<Vec<Record>> {
        let records = self.health.read(self.store.list(filter, page).await, self.now())?;
        let behind: Vec<Record> = records
            .iter()
            .filter(|record| self.is_behind(record))
            .cloned()
            .collect();
        if !behind.is_empty() {
            self.run_to_completion(move |engine| Box::pin(async move { engine.follow_all(&behind).await }))
                .await?;
        }
        Ok(records
            .into_iter()
            .map(|record| self.with_live_activity(record))
            .collect())
    }

    /// One session by its public id, ended or not, and how it stands.
    pub async fn find(self: &Arc<Self>, handle: &Handle) -> Result<Option<(Record, Standing)>> {
        let handle = *handle;
        self.run_to_completion(move |engine| Box::pin(async move { engine.find(&handle).await }))
            .await
    }

    /// How a record of the store stands under the policy in force.
    #[must_use]
    pub fn standing_of_record(&self, record: &Record) -> Standing {
        let mut copy = WorkingCopy::from_record(record.clone(), Generation::default());
        let now = self.now();
        let history = self.in_force.load();
        history.catch_up(&mut copy.session, &mut copy.revisions);
        copy.session.expire(&history.policies(copy.revisions), now);
        if let State::Ended { at, reason } = copy.session.state {
            return Standing::Ended {
                handle: copy.handle,
                at,
                reason,
            };
        }
        let live = copy.into_live(&history);
        live.standing(live.word.read(), &history, now)
            .unwrap_or(Standing::Unknown)
    }

    /// Tabs, holds and pauses of a session in the live table.
    #[must_use]
    pub fn presence(&self, digest: &Digest) -> Option<Presence> {
        self.live
            .pin()
            .get(digest)
            .and_then(|live| live.session.presence.as_deref().cloned())
    }

    /// Reads again what the store knows of a session that is in use here: where several nodes share it, of what people do at others
    /// this one hears when it asks.
    pub async fn read_again(self: &Arc<Self>, digest: &Digest) -> Result<()> {
        let digest = *digest;
        self.run_to_completion(move |engine| Box::pin(async move { engine.reread(&digest).await }))
            .await
    }

    fn with_live_activity(&self, mut record: Record) -> Record {
        if let Some(live) = self.live.pin().get(&record.digest) {
            let seen = live.word.read().seen;
            record.session.activity.seen = record.session.activity.seen.max(seen);
        }
        record
    }

    /// A page of the audit.
    pub async fn audit(&self, filter: &AuditFilter) -> Result<Vec<AuditRecord>> {
        self.health.read(self.store.audit(filter).await, self.now())
    }

    /// Watches a session: hears at once when it is touched, changed or ended.
    #[must_use]
    pub fn watch(&self, handle: Handle) -> Watcher {
        self.watchers.watch(handle)
    }

    /// How many sessions this process has ended, by reason.
    pub fn ended(&self) -> impl Iterator<Item = (EndReason, u64)> {
        self.ends.by_reason()
    }

    /// The numbers of this moment.
    #[must_use]
    pub fn stats(&self) -> Stats {
        Stats {
            in_table: self.live.len(),
            watched: self.watchers.len(),
            store_failing_since: self.health.failing_since(),
            store_exhausted: self.health.is_exhausted(self.now()),
            sweep_lag: Span::from_millis(self.sweep_lag_ms.load(Ordering::Relaxed)),
            outdated: self.reindexing.outdated(),
        }
    }
}

impl Uncancelled {
    async fn find(&self, handle: &Handle) -> Result<Option<(Record, Standing)>> {
        let now = self.now();
        let found = self.found(handle, now).await?;
        Ok(found.map(|(record, settled)| {
            let standing = settled.standing(self, now);
            (self.with_live_activity(record), standing)
        }))
    }

    /// One session by its public id, with everything that fell due written. The table follows what the store knows of it.
    pub(super) async fn found(&self, handle: &Handle, now: Instant) -> Result<Option<(Record, Settled)>> {
        for _ in 0..ATTEMPTS {
            let found = self.health.read(self.store.find(handle).await, now)?;
            let Some(record) = found else { return Ok(None) };
            self.follow(&record).await?;
            let turn = self.stripes.turn(&record.digest).await;
            match self.settled(&turn, &record.digest, now).await? {
                // It has got another token meanwhile.
                Settled::Over(Standing::Unknown) => {}
                settled => return Ok(Some((record, settled))),
            }
        }
        Ok(None)
    }

    async fn follow_all(&self, records: &[Record]) -> Result<()> {
        for record in records {
            self.follow(record).await?;
        }
        Ok(())
    }
}
