//! What the store in memory holds, and the steps that several calls share.

use std::collections::{BTreeMap, BTreeSet};

use nightlatch_core::session::{Activity, EndReason, Session, State};
use nightlatch_core::time::Instant;

use super::log::Log;
use crate::audit::{AuditEntry, AuditKind, told_at_the_end};
use crate::change_log::Change;
use crate::secret::Secret;
use crate::token::{Digest, Handle};
use crate::{
    ApiKey, Application, Claim, Created, Ended, Filter, PolicyRevision, Quota, Record, Revision, Touch, Touched,
    longest_absence,
};

/// The activity of a record after some of it that began at `first`.
pub(super) fn after(record: &Record, first: Instant, last: Instant) -> Activity {
    let Session { activity, presence, .. } = &record.session;
    Activity {
        seen: activity.seen.max(last),
        longest_absence: longest_absence(*activity, presence.as_deref(), first),
    }
}

#[derive(Clone, Debug, Default)]
pub(super) struct Tables {
    pub(super) records: BTreeMap<Digest, Record>,
    pub(super) handles: BTreeMap<Handle, Digest>,
    /// The deadline index.
    pub(super) due: BTreeSet<(Instant, Digest)>,
    pub(super) audit: Vec<AuditEntry>,
    /// The number of the last entry that is forgotten.
    pub(super) audit_forgotten: u64,
    pub(super) policies: Vec<PolicyRevision>,
    pub(super) applications: BTreeMap<Box<str>, Application>,
    pub(super) api_keys: BTreeMap<Box<str>, ApiKey>,
    claims: BTreeMap<Digest, (Claim, Box<str>)>,
    pub(super) secret: Option<Secret>,
    pub(super) latest: Instant,
    /// What the nodes that share it are told, if several do.
    pub(super) log: Option<Log>,
}

impl Tables {
    pub(super) fn write(&mut self, record: Record) {
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

    pub(super) fn append(&mut self, entry: AuditEntry) {
        self.latest = self.latest.max(entry.at);
        self.audit.push(entry);
    }

    pub(super) fn note(&mut self, change: Change) {
        if let Some(log) = &mut self.log {
            log.note(change);
        }
    }

    /// Whether another policy than `revision` was in force at an instant.
    pub(super) fn has_replaced(&self, revision: Revision, at: Instant) -> bool {
        let mut policies = self.policies.iter();
        policies.any(|policy| policy.revision > revision && policy.since <= at)
    }

    pub(super) fn live(&self) -> impl Iterator<Item = &Record> {
        self.handles
            .values()
            .filter_map(|digest| self.records.get(digest))
            .filter(|record| record.ended().is_none())
    }

    pub(super) fn matching<'t>(&'t self, filter: &'t Filter) -> impl Iterator<Item = &'t Record> {
        self.live()
            .filter(|record| filter.means(&record.subject, &record.session.facts))
    }

    pub(super) fn outdated(&self, revision: Revision) -> impl Iterator<Item = &Record> {
        self.live().filter(move |record| record.revisions.today < revision)
    }

    pub(super) fn touch(&mut self, touch: &Touch) -> Touched {
        let record = self.records.get(&touch.digest);
        let Some(record) = record.filter(|record| record.ended().is_none()) else {
            return Touched::Gone;
        };
        if record.session.activity.seen > touch.last {
            return Touched::Newer;
        }
        let mut record = record.clone();
        record.session.activity = after(&record, touch.first, touch.last);
        if let Some(page) = &touch.page {
            record.session.last_page = Some(page.clone());
        }
        self.latest = self.latest.max(touch.last);
        self.write(record);
        Touched::Stored
    }

    /// Ends one session if it lives, with its audit record.
    pub(super) fn finish(&mut self, digest: &Digest, at: Instant, reason: EndReason, actor: &str) -> Option<Ended> {
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
        let (activity, presence) = (record.session.activity, record.session.presence.as_deref());
        let end = AuditEntry {
            reason: Some(reason),
            last_activity: Some(activity.seen),
            longest_absence: Some(longest_absence(activity, presence, at)),
            ..AuditEntry::new(at, AuditKind::Ended, actor)
        };
        for entry in told_at_the_end(record.ledger.take(), at, actor)
            .into_iter()
            .chain([end])
        {
            let application = record.session.facts.application.as_deref();
            self.append(entry.of(record.handle, &record.subject, application));
        }
        self.write(record);
        self.note(Change::Ended {
            digest: ended.digest,
            handle: ended.handle,
            at,
            reason,
        });
        Some(ended)
    }

    /// What ends to make room for a new session of `subject`; or, where that is not enough, all that take it up.
    pub(super) fn make_room(&self, subject: &str, quota: &Quota) -> Result<Vec<Digest>, Vec<Record>> {
        let counted: Vec<&Record> = self
            .live()
            .filter(|record| {
                record.subject.as_ref() == subject
                    && quota.counted.includes(record.session.facts.application.as_deref())
            })
            .collect();
        let ending: Vec<Digest> = counted
            .iter()
            .filter(|record| quota.ending.contains(&record.handle))
            .map(|record| record.digest)
            .collect();
        if quota.has_room_beside(counted.len() - ending.len()) {
            Ok(ending)
        } else {
            Err(counted.into_iter().cloned().collect())
        }
    }

    /// What came of the request when it was served before.
    pub(super) fn claimed(&self, claim: Option<&Claim>) -> Option<Created> {
        let (made, outcome) = self.claims.get(&claim?.key)?;
        Some(Created::Claimed {
            request: made.request,
            outcome: outcome.clone(),
        })
    }

    pub(super) fn claim(&mut self, claim: Option<&Claim>, outcome: &str) {
        if let Some(claim) = claim {
            self.claims.insert(claim.key, (claim.clone(), outcome.into()));
        }
    }

    pub(super) fn forget_claims(&mut self, before: Instant, limit: usize) -> usize {
        let old = self.claims.values().filter(|(claim, _)| claim.at < before);
        let old: Vec<Digest> = old.map(|(claim, _)| claim.key).take(limit).collect();
        for key in &old {
            self.claims.remove(key);
        }
        old.len()
    }
}
