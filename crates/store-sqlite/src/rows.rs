//! Rows of everything but sessions.

use nightlatch_core::session::EndReason;
use nightlatch_core::time::{Instant, Span};
use nightlatch_store::audit::{AuditEntry, AuditKind, AuditRecord};
use nightlatch_store::secret::Secret;
use nightlatch_store::token::{Digest, Handle};
use nightlatch_store::{ApiKey, Application, PolicyRevision};
use rusqlite::Row;

use crate::columns::Columns;
use crate::failure::Failure;

/// What [`audit`] reads, in its order.
pub(super) const AUDIT: &str = "seq, at, kind, handle, subject, application, reason, last_activity, longest_absence, actor, detail, since, count, held";

pub(super) fn audit(row: &Row<'_>) -> Result<AuditRecord, Failure> {
    let mut columns = Columns::of(row);
    let seq = columns.take()?;
    let at = columns.instant()?;
    let kind = columns.word(AuditKind::from_word)?;
    let kind = kind.ok_or_else(|| Failure::Damaged(format!("audit {seq} has no kind")))?;
    let entry = AuditEntry {
        at,
        kind,
        handle: columns.take::<Option<_>>()?.map(Handle::from_bytes),
        subject: columns.take()?,
        application: columns.take()?,
        reason: columns.word(EndReason::from_word)?,
        last_activity: columns.take::<Option<_>>()?.map(Instant::from_millis),
        longest_absence: columns.take::<Option<_>>()?.map(Span::from_millis),
        actor: columns.take()?,
        detail: columns.take()?,
        since: columns.take::<Option<_>>()?.map(Instant::from_millis),
        count: columns.take()?,
        held: columns.take::<Option<_>>()?.map(Span::from_millis),
    };
    Ok(AuditRecord { seq, entry })
}

pub(super) fn policy(row: &Row<'_>) -> Result<PolicyRevision, Failure> {
    let mut columns = Columns::of(row);
    Ok(PolicyRevision {
        revision: columns.take()?,
        since: columns.instant()?,
        document: columns.json()?,
        actor: columns.take()?,
        reason: columns.take()?,
        restored: columns.take()?,
    })
}

pub(super) fn application(row: &Row<'_>) -> Result<Application, Failure> {
    let mut columns = Columns::of(row);
    Ok(Application {
        id: columns.take()?,
        name: columns.take()?,
        origins: columns.json()?,
        logout_urls: columns.json()?,
        version: columns.take()?,
    })
}

pub(super) fn api_key(row: &Row<'_>) -> Result<ApiKey, Failure> {
    let mut columns = Columns::of(row);
    Ok(ApiKey {
        name: columns.take()?,
        digest: Digest::from_bytes(columns.take()?),
        created: columns.instant()?,
        scopes: columns.json()?,
        applications: columns.optional_json()?,
    })
}

pub(super) fn secret(row: &Row<'_>) -> Result<Secret, Failure> {
    Ok(Secret::from_bytes(Columns::of(row).take()?))
}
