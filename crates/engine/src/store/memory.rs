//! The store for tests and for those who need nothing to survive a restart.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use nightlatch_core::session::{EndReason, State};
use nightlatch_core::time::Instant;

use super::{
    Amendment, ApiKey, End, Ended, Expiry, Filter, Page, PolicyRevision, Record, Result, Revision, Selector, Store,
    Touch,
};
use crate::audit::{AuditEntry, AuditFilter, AuditKind, AuditRecord};
use crate::token::{Digest, Handle};

/// Keeps everything in memory.
#[derive(Debug, Default)]
pub struct MemoryStore {
    tables: Mutex<Tables>,
}

#[derive(Debug, Default)]
struct Tables {
    records: BTreeMap<Digest, Record>,
    handles: BTreeMap<Handle, Digest>,
    /// The deadline index.
    due: BTreeSet<(Instant, Digest)>,
    audit: Vec<AuditEntry>,
    policies: Vec<PolicyRevision>,
    api_keys: BTreeMap<Box<str>, ApiKey>,
    latest: Instant,
}

impl MemoryStore {
    fn tables(&self) -> MutexGuard<'_, Tables> {
        // No call panics half-way through a change, so what a poisoned lock guards is whole.
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tables {
    fn write(&mut self, record: Record) {
        if let Some(before) = self.records.get(&record.digest)
            && let Some(due) = before.due
        {
            self.due.remove(&(due, record.digest));
        }
        if let Some(due) = record.due {
            self.due.insert((due, record.digest));
        }
        self.handles.insert(record.handle, record.digest);
        self.records.insert(record.digest, record);
    }

    fn append(&mut self, entry: AuditEntry) {
        self.latest = self.latest.max(entry.at);
        self.audit.push(entry);
    }

    fn live(&self) -> impl Iterator<Item = &Record> {
        self.handles
            .values()
            .filter_map(|digest| self.records.get(digest))
            .filter(|record| record.ended().is_none())
    }

    fn finish(&mut self, digest: &Digest, at: Instant, reason: EndReason, actor: &str) -> Option<Ended> {
        let mut record = self
            .records
            .get(digest)
            .filter(|record| record.ended().is_none())?
            .clone();
        record.session.state = State::Ended { at, reason };
        record.due = None;
        let ended = Ended {
            digest: *digest,
            handle: record.handle,
            subject: record.subject.clone(),
            at,
            reason,
        };
        self.append(AuditEntry {
            at,
            kind: AuditKind::Ended,
            handle: Some(record.handle),
            subject: Some(record.subject.as_ref().into()),
            application: record.session.facts.application.clone(),
            reason: Some(reason),
            actor: actor.into(),
            detail: None,
        });
        self.write(record);
        Some(ended)
    }
}

fn matches(filter: &Filter, record: &Record) -> bool {
    let facts = &record.session.facts;
    let same = |wanted: &Option<Box<str>>, actual: Option<&str>| wanted.is_none() || wanted.as_deref() == actual;
    same(&filter.subject, Some(&record.subject))
        && same(&filter.application, facts.application.as_deref())
        && same(&filter.device, facts.device.as_deref())
        && filter.role.as_ref().is_none_or(|role| facts.roles.contains(role))
}

fn paged<'a>(records: impl Iterator<Item = &'a Record>, page: Page) -> Vec<Record> {
    records
        .filter(|record| page.after.is_none_or(|after| record.handle > after))
        .take(page.limit)
        .cloned()
        .collect()
}

#[async_trait]
impl Store for MemoryStore {
    async fn create(&self, record: &Record, audit: AuditEntry) -> Result<bool> {
        let mut tables = self.tables();
        if tables.records.contains_key(&record.digest) || tables.handles.contains_key(&record.handle) {
            return Ok(false);
        }
        tables.write(record.clone());
        tables.append(audit);
        Ok(true)
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

    async fn touch(&self, touches: &[Touch]) -> Result<()> {
        let mut tables = self.tables();
        for touch in touches {
            let Some(record) = tables.records.get(&touch.digest) else {
                continue;
            };
            if record.ended().is_some() || record.session.activity.seen > touch.activity.seen {
                continue;
            }
            let mut record = record.clone();
            record.session.activity.seen = touch.activity.seen;
            record.session.activity.longest_absence = record
                .session
                .activity
                .longest_absence
                .max(touch.activity.longest_absence);
            record.due = touch.due;
            tables.latest = tables.latest.max(touch.activity.seen);
            tables.write(record);
        }
        Ok(())
    }

    async fn amend(&self, amendment: &Amendment) -> Result<bool> {
        let mut tables = self.tables();
        let Some(record) = tables.records.get(&amendment.digest) else {
            return Ok(false);
        };
        if record.ended().is_some() || record.version != amendment.version {
            return Ok(false);
        }
        let mut record = record.clone();
        let before = std::mem::replace(&mut record.session, amendment.session.clone());
        let activity = &mut record.session.activity;
        activity.seen = activity.seen.max(before.activity.seen);
        // It counts from authentication.
        if before.authenticated == record.session.authenticated {
            activity.longest_absence = activity.longest_absence.max(before.activity.longest_absence);
        }
        record.revisions = amendment.revisions;
        record.due = amendment.due;
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
        }
        tables.latest = tables.latest.max(record.session.activity.seen);
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
                .live()
                .filter(|record| matches(filter, record))
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
            let unchanged = tables
                .records
                .get(&expiry.digest)
                .is_some_and(|record| record.version == expiry.version && record.session.activity.seen <= expiry.seen);
            if unchanged {
                ended.extend(tables.finish(&expiry.digest, expiry.at, expiry.reason, "policy"));
            }
        }
        Ok(ended)
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
        Ok(paged(
            self.tables().live().filter(|record| matches(filter, record)),
            page,
        ))
    }

    async fn count(&self, filter: &Filter) -> Result<u64> {
        Ok(self.tables().live().filter(|record| matches(filter, record)).count() as u64)
    }

    async fn outdated(&self, revision: Revision, page: Page) -> Result<Vec<Record>> {
        Ok(paged(
            self.tables().live().filter(|record| record.revisions.today != revision),
            page,
        ))
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

    async fn audit(&self, filter: &AuditFilter) -> Result<Vec<AuditRecord>> {
        let tables = self.tables();
        let numbered = (1..).zip(&tables.audit);
        let wanted = numbered.filter(|(seq, entry)| {
            *seq > filter.after
                && (filter.handle.is_none() || filter.handle == entry.handle)
                && (filter.subject.is_none() || filter.subject == entry.subject)
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

    async fn policies(&self) -> Result<Vec<PolicyRevision>> {
        Ok(self.tables().policies.clone())
    }

    async fn add_policy(&self, policy: &PolicyRevision) -> Result<bool> {
        let mut tables = self.tables();
        let fresh = tables.policies.iter().all(|known| known.revision != policy.revision);
        if fresh {
            tables.policies.push(policy.clone());
            tables.latest = tables.latest.max(policy.since);
        }
        Ok(fresh)
    }

    async fn api_keys(&self) -> Result<Vec<ApiKey>> {
        Ok(self.tables().api_keys.values().cloned().collect())
    }

    async fn add_api_key(&self, key: &ApiKey) -> Result<bool> {
        let mut tables = self.tables();
        let fresh = !tables.api_keys.contains_key(&key.name);
        if fresh {
            tables.api_keys.insert(key.name.clone(), key.clone());
        }
        Ok(fresh)
    }

    async fn remove_api_key(&self, name: &str) -> Result<bool> {
        Ok(self.tables().api_keys.remove(name).is_some())
    }

    async fn latest_instant(&self) -> Result<Instant> {
        Ok(self.tables().latest)
    }

    async fn probe(&self, now: Instant) -> Result<()> {
        let mut tables = self.tables();
        tables.latest = tables.latest.max(now);
        Ok(())
    }
}
