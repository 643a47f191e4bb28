//! The store for tests and for those who need nothing to survive a restart.

mod log;
mod tables;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use nightlatch_core::session::{EndReason, State};
use nightlatch_core::time::Instant;

use self::log::{Log, StoreClock};
use self::tables::Tables;
use super::filter::is_within;
use super::{
    Amendment, ApiKey, Application, Audit, Change, Changes, Claim, Created, Creation, Document, Documents, End, Ended,
    Expiry, Filter, Page, PolicyRevision, Record, Reindex, Removed, Result, Revision, Selector, Sessions, StoreError,
    Touch, Touched,
};
use crate::audit::{AuditEntry, AuditFilter, AuditRecord};
use crate::nodes::{Beat, Epoch, Heard, Node, NodeId, Nodes};
use crate::secret::Secret;
use crate::token::{Digest, Handle};

/// Keeps everything in memory.
#[derive(Debug, Default)]
pub struct MemoryStore {
    tables: Mutex<Tables>,
}

impl MemoryStore {
    /// A store that several engines share, with a clock of its own: for tests of what happens between nodes.
    #[must_use]
    pub fn shared(clock: impl Fn() -> Instant + Send + Sync + 'static) -> Self {
        let log = Log::new(StoreClock(Arc::new(clock)), Epoch::new("1"));
        let mut tables = Tables::default();
        tables.log = Some(log);
        Self {
            tables: Mutex::new(tables),
        }
    }

    /// Another store that knows what this one knows now, as a standby that takes over does: its epoch is another one.
    #[must_use]
    pub fn in_another_life(&self, epoch: &Epoch) -> Self {
        let mut tables = self.tables().clone();
        tables.log = tables.log.map(|log| log.next_life(epoch.clone()));
        Self {
            tables: Mutex::new(tables),
        }
    }

    fn with_log<T>(&self, ask: impl FnOnce(&mut Log) -> T) -> Result<T> {
        let mut tables = self.tables();
        let log = tables.log.as_mut().map(ask);
        log.ok_or_else(|| StoreError::Unavailable("no nodes share it".to_owned()))
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        // No call panics half-way through a change, so what a poisoned lock guards is whole.
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Sessions for MemoryStore {
    async fn create(&self, creation: &Creation) -> Result<Created> {
        let Creation {
            record,
            audit,
            quota,
            claim,
        } = creation;
        let mut tables = self.tables();
        if let Some(claimed) = tables.claimed(claim.as_ref()) {
            return Ok(claimed);
        }
        if tables.records.contains_key(&record.digest) || tables.handles.contains_key(&record.handle) {
            return Ok(Created::Exists);
        }
        let quota = quota.as_ref().map(|quota| tables.make_room(&record.subject, quota));
        let ending = match quota.transpose() {
            Ok(ending) => ending.unwrap_or_default(),
            Err(counted) => return Ok(Created::Full(counted)),
        };
        let ended = ending
            .iter()
            .filter_map(|digest| tables.finish(digest, audit.at, EndReason::Superseded, &audit.actor))
            .collect();
        tables.write(record.clone());
        tables.append(audit.clone());
        tables.claim(claim.as_ref(), &record.handle.to_string());
        Ok(Created::Added(ended))
    }

    async fn get(&self, digest: &Digest) -> Result<Option<Record>> {
        Ok(self.tables().records.get(digest).cloned())
    }

    async fn find(&self, handle: &Handle) -> Result<Option<Record>> {
        let tables = self.tables();
        Ok(tables
            .handles
            .get(handle)
            .and_then(|digest| tables.records.get(digest))
            .cloned())
    }

    async fn touch(&self, touches: &[Touch]) -> Result<Vec<Touched>> {
        let mut tables = self.tables();
        Ok(touches.iter().map(|touch| tables.touch(touch)).collect())
    }

    async fn amend(&self, amendment: &Amendment) -> Result<bool> {
        let mut tables = self.tables();
        let Some(record) = tables.records.get(&amendment.digest) else {
            return Ok(false);
        };
        if record.ended().is_some() || record.version != amendment.version {
            return Ok(false);
        }
        if let State::Locked { at } = amendment.session.state
            && (tables.has_replaced(amendment.revisions.today, at)
                || record.session.state == State::Active
                    && record.session.activity.seen > amendment.session.activity.seen)
        {
            return Ok(false);
        }
        let mut record = record.clone();
        let mut activity = tables::after(&record, amendment.first, amendment.session.activity.seen);
        let before = std::mem::replace(&mut record.session, amendment.session.clone());
        // It counts from authentication, so it is no longer than the time since then.
        if before.authenticated != record.session.authenticated {
            let since = amendment.session.activity.seen.since(record.session.authenticated);
            activity.longest_absence = activity.longest_absence.min(since);
        }
        record.session.activity = activity;
        record.revisions = amendment.revisions;
        record.due = amendment.due;
        record.ledger.clone_from(&amendment.ledger);
        record.version += 1;
        if let Some(digest) = amendment.rotate_to {
            if tables.records.contains_key(&digest) {
                return Ok(false);
            }
            if let Some(old) = tables.records.remove(&amendment.digest)
                && let Some(due) = old.due
            {
                tables.due.remove(&(due, old.digest));
            }
            record.digest = digest;
            tables.note(Change::Renamed {
                digest: amendment.digest,
                handle: record.handle,
            });
        }
        tables.latest = tables.latest.max(record.session.activity.seen);
        tables.note(Change::Amended {
            digest: record.digest,
            handle: record.handle,
            version: record.version,
        });
        tables.write(record);
        for entry in &amendment.audit {
            tables.append(entry.clone());
        }
        Ok(true)
    }

    async fn end(&self, selector: &Selector, end: &End, limit: usize) -> Result<Vec<Ended>> {
        let mut tables = self.tables();
        let digests: Vec<Digest> = match selector {
            Selector::Digest(digest) => vec![*digest],
            Selector::Handle(handle) => tables.handles.get(handle).copied().into_iter().collect(),
            Selector::Matching(filter) => tables
                .matching(filter)
                .map(|record| record.digest)
                .take(limit)
                .collect(),
        };
        Ok(digests
            .iter()
            .filter_map(|digest| tables.finish(digest, end.at, end.reason, &end.actor))
            .collect())
    }

    async fn expire(&self, expiries: &[Expiry]) -> Result<Vec<Ended>> {
        let mut tables = self.tables();
        let mut ended = Vec::new();
        for expiry in expiries {
            if tables.has_replaced(expiry.today, expiry.at) {
                continue;
            }
            let unchanged = tables.records.get_mut(&expiry.digest).filter(|record| {
                record.ended().is_none()
                    && record.version == expiry.version
                    && record.session.activity.seen <= expiry.seen
            });
            if let Some(record) = unchanged {
                record.session.activity = tables::after(record, expiry.first, expiry.seen);
                ended.extend(tables.finish(&expiry.digest, expiry.at, expiry.reason, "policy"));
            }
        }
        Ok(ended)
    }

    async fn reindex(&self, sessions: &[Reindex]) -> Result<()> {
        let mut tables = self.tables();
        for session in sessions {
            let outdated = tables.records.get(&session.digest).filter(|record| {
                record.ended().is_none() && record.version == session.version && record.revisions.today <= session.today
            });
            if let Some(record) = outdated {
                let mut record = record.clone();
                record.revisions.today = session.today;
                record.due = session.due;
                tables.write(record);
            }
        }
        Ok(())
    }

    async fn due(&self, now: Instant, limit: usize) -> Result<Vec<Record>> {
        let tables = self.tables();
        let reached = tables.due.iter().take_while(|(due, _)| *due <= now);
        Ok(reached
            .filter_map(|(_, digest)| tables.records.get(digest))
            .take(limit)
            .cloned()
            .collect())
    }

    async fn list(&self, filter: &Filter, page: Page) -> Result<Vec<Record>> {
        let tables = self.tables();
        let behind = |record: &&Record| page.after.is_none_or(|after| record.handle > after);
        Ok(tables
            .matching(filter)
            .filter(behind)
            .take(page.limit)
            .cloned()
            .collect())
    }

    async fn count(&self, filter: &Filter) -> Result<u64> {
        Ok(self.tables().matching(filter).count() as u64)
    }

    async fn count_outdated(&self, revision: Revision) -> Result<u64> {
        Ok(self.tables().outdated(revision).count() as u64)
    }

    async fn forget_ended(&self, before: Instant, limit: usize) -> Result<usize> {
        let mut tables = self.tables();
        let old: Vec<_> = tables
            .records
            .values()
            .filter(|record| record.ended().is_some_and(|(at, _)| at < before))
            .map(|record| (record.digest, record.handle))
            .take(limit)
            .collect();
        for (digest, handle) in &old {
            tables.records.remove(digest);
            tables.handles.remove(handle);
        }
        Ok(old.len())
    }
}

#[async_trait]
impl Audit for MemoryStore {
    async fn audit(&self, filter: &AuditFilter) -> Result<Vec<AuditRecord>> {
        let tables = self.tables();
        let numbered = (tables.audit_forgotten + 1..).zip(&tables.audit);
        let wanted = numbered.filter(|(seq, entry)| {
            *seq > filter.after
                && (filter.handle.is_none() || filter.handle == entry.handle)
                && (filter.subject.is_none() || filter.subject == entry.subject)
                && is_within(filter.within.as_deref(), entry.application.as_deref())
                && filter.kind.is_none_or(|kind| kind == entry.kind)
        });
        Ok(wanted
            .take(filter.limit)
            .map(|(seq, entry)| AuditRecord {
                seq,
                entry: entry.clone(),
            })
            .collect())
    }

    async fn forget_audit(&self, before: Instant, limit: usize) -> Result<usize> {
        let mut tables = self.tables();
        let old = tables.audit.iter().take_while(|entry| entry.at < before);
        let old = old.take(limit).count();
        tables.audit.drain(..old);
        tables.audit_forgotten += old as u64;
        Ok(old)
    }
}

#[async_trait]
impl Documents for MemoryStore {
    async fn policies(&self) -> Result<Vec<PolicyRevision>> {
        Ok(self.tables().policies.clone())
    }

    async fn add_policy(&self, policy: &PolicyRevision, audit: AuditEntry) -> Result<bool> {
        let mut tables = self.tables();
        let latest = tables.policies.iter().map(|known| known.revision).max().unwrap_or(0);
        let is_next = policy.revision == latest + 1;
        if is_next {
            tables.policies.push(policy.clone());
            tables.latest = tables.latest.max(policy.since);
            tables.append(audit);
            tables.note(Change::Document(Document::Policy));
        }
        Ok(is_next)
    }

    async fn applications(&self) -> Result<Vec<Application>> {
        Ok(self.tables().applications.values().cloned().collect())
    }

    async fn put_application(
        &self,
        application: &Application,
        expected: Option<u64>,
        audit: AuditEntry,
    ) -> Result<bool> {
        let mut tables = self.tables();
        let known = tables.applications.get(&application.id).map(|known| known.version);
        if known != expected {
            return Ok(false);
        }
        let mut application = application.clone();
        application.version = known.unwrap_or(0) + 1;
        tables.applications.insert(application.id.clone(), application);
        tables.append(audit);
        tables.note(Change::Document(Document::Applications));
        Ok(true)
    }

    async fn remove_application(&self, id: &str, expected: Option<u64>, audit: AuditEntry) -> Result<bool> {
        let mut tables = self.tables();
        let known = tables.applications.get(id).map(|known| known.version);
        if known.is_none() || expected.is_some() && known != expected {
            return Ok(false);
        }
        tables.applications.remove(id);
        tables.append(audit);
        tables.note(Change::Document(Document::Applications));
        Ok(true)
    }

    async fn api_keys(&self) -> Result<Vec<ApiKey>> {
        Ok(self.tables().api_keys.values().cloned().collect())
    }

    async fn add_api_key(&self, key: &ApiKey, claim: Option<&Claim>, audit: AuditEntry) -> Result<Created> {
        let mut tables = self.tables();
        if let Some(claimed) = tables.claimed(claim) {
            return Ok(claimed);
        }
        if tables.api_keys.contains_key(&key.name) {
            return Ok(Created::Exists);
        }
        tables.api_keys.insert(key.name.clone(), key.clone());
        tables.append(audit);
        tables.claim(claim, &key.name);
        tables.note(Change::Document(Document::ApiKeys));
        Ok(Created::Added(Vec::new()))
    }

    async fn replace_api_key(&self, key: &ApiKey) -> Result<bool> {
        let mut tables = self.tables();
        let Some(known) = tables.api_keys.get_mut(&key.name) else {
            return Ok(false);
        };
        known.clone_from(key);
        tables.note(Change::Document(Document::ApiKeys));
        Ok(true)
    }

    async fn remove_api_key(&self, name: &str, unless_last: &[&str], audit: AuditEntry) -> Result<Removed> {
        let mut tables = self.tables();
        let Some(key) = tables.api_keys.get(name) else {
            return Ok(Removed::Missing);
        };
        let makes_others = |key: &ApiKey| key.scopes.iter().any(|scope| unless_last.contains(&&**scope));
        let others = tables.api_keys.values().filter(|other| *other.name != *name);
        if makes_others(key) && !others.into_iter().any(makes_others) {
            return Ok(Removed::Last);
        }
        tables.api_keys.remove(name);
        tables.append(audit);
        tables.note(Change::Document(Document::ApiKeys));
        Ok(Removed::Removed)
    }

    async fn forget_claims(&self, before: Instant, limit: usize) -> Result<usize> {
        Ok(self.tables().forget_claims(before, limit))
    }

    async fn secret(&self, fresh: &Secret) -> Result<Secret> {
        Ok(self.tables().secret.get_or_insert_with(|| fresh.clone()).clone())
    }
}

#[async_trait]
impl Changes for MemoryStore {
    async fn latest_instant(&self) -> Result<Instant> {
        Ok(self.tables().latest)
    }

    async fn probe(&self, now: Instant) -> Result<()> {
        let mut tables = self.tables();
        tables.latest = tables.latest.max(now);
        Ok(())
    }

    fn nodes(&self) -> Option<&dyn Nodes> {
        self.tables().log.as_ref()?;
        Some(self)
    }
}

#[async_trait]
impl Nodes for MemoryStore {
    async fn beat(&self, beat: &Beat) -> Result<Heard> {
        self.with_log(|log| log.beat(beat))
    }

    async fn move_offset(&self, epoch: &Epoch, expected: Option<i64>, offset: i64) -> Result<bool> {
        self.with_log(|log| log.move_offset(epoch, expected, offset))
    }

    async fn list(&self) -> Result<Vec<Node>> {
        self.with_log(|log| log.nodes())
    }

    async fn leave(&self, node: NodeId) -> Result<()> {
        self.with_log(|log| log.leave(node))
    }

    async fn forget_changes(&self, limit: usize) -> Result<usize> {
        self.with_log(|log| log.forget(limit))
    }
}
