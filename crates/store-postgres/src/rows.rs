//! Rows of everything but sessions.

use nightlatch_core::session::EndReason;
use nightlatch_store::audit::{AuditEntry, AuditKind, AuditRecord};
use nightlatch_store::{ApiKey, Application, PolicyRevision, Result};
use tokio_postgres::Row;

use crate::columns::Columns;
use crate::entries::entry_columns;
use crate::failure::damaged;

/// What [`audit`] reads, in its order.
pub(super) const AUDIT: &str = concat!("seq, ", entry_columns!());

pub(super) fn audit(row: &Row) -> Result<AuditRecord> {
    let mut columns = Columns::of(row);
    let seq = columns.number()?;
    let at = columns.instant()?;
    let kind = columns.word(AuditKind::from_word)?;
    let kind = kind.ok_or_else(|| damaged(format!("audit {seq} has no kind")))?;
    let entry = AuditEntry {
        at,
        kind,
        handle: columns.optional_handle()?,
        subject: columns.optional_text()?,
        application: columns.optional_text()?,
        reason: columns.word(EndReason::from_word)?,
        last_activity: columns.optional_instant()?,
        longest_absence: columns.optional_span()?,
        actor: columns.text()?,
        detail: columns.optional_text()?,
        since: columns.optional_instant()?,
        count: columns.optional_number()?,
        held: columns.optional_span()?,
    };
    Ok(AuditRecord { seq, entry })
}

pub(super) fn policy(row: &Row) -> Result<PolicyRevision> {
    let mut columns = Columns::of(row);
    Ok(PolicyRevision {
        revision: columns.number()?,
        since: columns.instant()?,
        document: columns.json()?,
        actor: columns.text()?,
        reason: columns.optional_text()?,
        restored: columns.optional_number()?,
    })
}

pub(super) fn application(row: &Row) -> Result<Application> {
    let mut columns = Columns::of(row);
    Ok(Application {
        id: columns.text()?,
        name: columns.text()?,
        origins: columns.json()?,
        logout_urls: columns.json()?,
        version: columns.number()?,
    })
}

pub(super) fn api_key(row: &Row) -> Result<ApiKey> {
    let mut columns = Columns::of(row);
    Ok(ApiKey {
        name: columns.text()?,
        digest: columns.digest()?,
        created: columns.instant()?,
        scopes: columns.json()?,
        applications: columns.optional_json()?,
    })
}
