//! Records and calls with plain values, and fresh stores.

use std::sync::Arc;

use crate::audit::{AuditEntry, AuditFilter, AuditKind, AuditRecord};
use crate::token::{Digest, Handle};
use crate::{
    Amendment, Created, Creation, End, Expiry, Filter, Page, PolicyRevision, Record, Revision, Revisions, Selector,
    Store, Touch,
};
use nightlatch_core::facts::Facts;
use nightlatch_core::policy::PolicyDocument;
use nightlatch_core::session::{Activity, EndReason, Session, State};
use nightlatch_core::time::{Instant, Span};

/// A store of a case. Behind a pointer of its own, for cases in which several tasks use it.
pub type Shared = Arc<dyn Store>;

#[must_use]
pub fn at(millis: i64) -> Instant {
    Instant::from_millis(millis)
}

#[must_use]
pub fn digest(number: u32) -> Digest {
    let mut bytes = [0; 32];
    // What differs comes first, as in a real digest, and in no order.
    bytes[..4].copy_from_slice(&number.wrapping_mul(0x9E37_79B1).to_be_bytes());
    bytes[28..].copy_from_slice(&number.to_be_bytes());
    Digest::from_bytes(bytes)
}

/// In the order of their numbers.
#[must_use]
pub fn handle(number: u32) -> Handle {
    let mut bytes = [0; 16];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    Handle::from_bytes(bytes)
}

/// Session `number` of the person `subject`, signed in at 1000, due at 2000.
#[must_use]
pub fn record(number: u32, subject: &str) -> Record {
    Record {
        digest: digest(number),
        handle: handle(number),
        subject: subject.into(),
        amr: ["pwd".into(), "otp".into()].into(),
        created: at(1000),
        session: Session::sign_in(Arc::new(Facts::default()), None, at(1000), at(1000)),
        revisions: Revisions { own: 1, today: 1 },
        due: Some(at(2000)),
        version: 0,
        ledger: None,
    }
}

#[must_use]
pub fn record_with(
    number: u32,
    subject: &str,
    application: Option<&str>,
    device: Option<&str>,
    roles: &[&str],
) -> Record {
    let facts = Facts {
        application: application.map(Into::into),
        device: device.map(Into::into),
        roles: roles.iter().map(|role| (*role).into()).collect(),
    };
    let mut record = record(number, subject);
    record.session.facts = Arc::new(facts);
    record
}

#[must_use]
pub fn entry(record: &Record, kind: AuditKind, instant: Instant) -> AuditEntry {
    AuditEntry {
        handle: Some(record.handle),
        subject: Some(record.subject.as_ref().into()),
        application: record.session.facts.application.clone(),
        ..AuditEntry::new(instant, kind, "user")
    }
}

/// A creation without a quota that claims nothing, dated `instant` in the audit.
#[must_use]
pub fn creation(record: &Record, instant: Instant) -> Creation {
    Creation {
        record: record.clone(),
        audit: entry(record, AuditKind::SignIn, instant),
        quota: None,
        claim: None,
    }
}

/// Whether that was new.
pub async fn create(store: &dyn Store, record: &Record, instant: Instant) -> bool {
    match store.create(&creation(record, instant)).await.expect("store") {
        Created::Added(_) => true,
        Created::Exists => false,
        other => panic!("{other:?}"),
    }
}

/// Creates what must be new.
pub async fn add(store: &dyn Store, record: &Record) {
    assert!(create(store, record, record.created).await, "{record:?} is new");
}

pub async fn get(store: &dyn Store, number: u32) -> Record {
    store.get(&digest(number)).await.expect("store").expect("record")
}

#[must_use]
pub fn activity(seen: i64, longest_absence: u64) -> Activity {
    Activity {
        seen: at(seen),
        longest_absence: Span::from_millis(longest_absence),
    }
}

#[must_use]
pub fn touch(number: u32, seen: i64) -> Touch {
    Touch {
        digest: digest(number),
        first: at(seen),
        last: at(seen),
        page: None,
    }
}

/// An amendment that changes nothing yet.
#[must_use]
pub fn amendment(record: &Record) -> Amendment {
    Amendment {
        digest: record.digest,
        version: record.version,
        session: record.session.clone(),
        first: record.session.activity.seen,
        revisions: record.revisions,
        due: record.due,
        rotate_to: None,
        audit: Vec::new(),
        ledger: record.ledger.clone(),
    }
}

#[must_use]
pub fn expiry(record: &Record) -> Expiry {
    Expiry {
        digest: record.digest,
        version: record.version,
        first: record.session.activity.seen,
        seen: record.session.activity.seen,
        today: record.revisions.today,
        at: record.due.expect("deadline"),
        reason: EndReason::Idle,
    }
}

/// Adds a policy that is in force from `since` on.
pub async fn add_policy(store: &dyn Store, revision: Revision, since: i64) {
    let policy = PolicyRevision {
        revision,
        since: at(since),
        document: PolicyDocument::default(),
        actor: "file".into(),
        reason: None,
        restored: None,
    };
    let audit = AuditEntry::new(at(since), AuditKind::Policy, "file");
    assert!(store.add_policy(&policy, audit).await.expect("store"));
}

#[must_use]
pub fn end(reason: EndReason, instant: i64) -> End {
    End {
        reason,
        at: at(instant),
        actor: "api:test".into(),
    }
}

/// Ends what is selected; the handles of what that ended, in order.
pub async fn end_all(store: &dyn Store, selector: Selector, reason: EndReason, limit: usize) -> Vec<Handle> {
    let ended = store.end(&selector, &end(reason, 1500), limit).await.expect("store");
    let mut handles: Vec<_> = ended.into_iter().map(|ended| ended.handle).collect();
    handles.sort_unstable();
    handles
}

pub async fn end_one(store: &dyn Store, number: u32) -> bool {
    !end_all(store, Selector::Digest(digest(number)), EndReason::Admin, 1)
        .await
        .is_empty()
}

#[must_use]
pub fn everything() -> Filter {
    Filter::default()
}

#[must_use]
pub fn first(limit: usize) -> Page {
    Page { after: None, limit }
}

pub async fn list(store: &dyn Store, filter: &Filter, page: Page) -> Vec<Handle> {
    store
        .list(filter, page)
        .await
        .expect("store")
        .into_iter()
        .map(|record| record.handle)
        .collect()
}

pub async fn audit(store: &dyn Store, filter: AuditFilter) -> Vec<AuditRecord> {
    store.audit(&filter).await.expect("store")
}

#[must_use]
pub fn of_session(number: u32) -> AuditFilter {
    AuditFilter {
        handle: Some(handle(number)),
        limit: 100,
        ..AuditFilter::default()
    }
}

/// The reasons told by the audit for the end of a session: one at most, if all is well.
pub async fn reasons(store: &dyn Store, number: u32) -> Vec<Option<EndReason>> {
    let filter = AuditFilter {
        kind: Some(AuditKind::Ended),
        ..of_session(number)
    };
    audit(store, filter)
        .await
        .into_iter()
        .map(|record| record.entry.reason)
        .collect()
}

#[must_use]
pub fn is_active(record: &Record) -> bool {
    record.session.state == State::Active
}
