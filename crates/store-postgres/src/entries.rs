//! Entries of the audit on their way into `audit_new`.

use std::borrow::Cow;

use nightlatch_core::session::EndReason;
use nightlatch_core::time::Instant;
use nightlatch_store::audit::AuditEntry;
use tokio_postgres::types::{ToSql, Type};
use uuid::Uuid;

use crate::columns;
use crate::connection::Param;
use crate::text;

/// The columns of an entry.
macro_rules! entry_columns {
    () => {
        "at, kind, handle, subject, application, reason, last_activity, longest_absence, actor, detail, since, count, held"
    };
}
pub(super) use entry_columns;

/// Adds the entries of the first thirteen values of a statement, in their order. What follows may say when.
macro_rules! tell {
    () => {
        concat!(
            "INSERT INTO audit_new (",
            $crate::entries::entry_columns!(),
            ")
             SELECT told.* FROM unnest($1::bigint[], $2::text[], $3::uuid[], $4::text[], $5::text[], $6::text[],
                $7::bigint[], $8::bigint[], $9::text[], $10::text[], $11::bigint[], $12::bigint[], $13::bigint[]) AS told"
        )
    };
}
pub(super) use tell;

/// The columns of some entries.
#[derive(Default)]
pub(super) struct Entries<'a> {
    at: Vec<i64>,
    kind: Vec<&'a str>,
    handle: Vec<Option<Uuid>>,
    subject: Vec<Option<Cow<'a, str>>>,
    application: Vec<Option<Cow<'a, str>>>,
    reason: Vec<Option<&'a str>>,
    last_activity: Vec<Option<i64>>,
    longest_absence: Vec<Option<i64>>,
    actor: Vec<Cow<'a, str>>,
    detail: Vec<Option<Cow<'a, str>>>,
    since: Vec<Option<i64>>,
    count: Vec<Option<i64>>,
    held: Vec<Option<i64>>,
}

impl<'a> Entries<'a> {
    pub(super) fn of(entries: impl IntoIterator<Item = &'a AuditEntry>) -> Self {
        let mut columns = Self::default();
        for entry in entries {
            columns.at.push(entry.at.as_millis());
            columns.kind.push(entry.kind.as_str());
            columns.handle.push(entry.handle.as_ref().map(columns::handle));
            columns.subject.push(entry.subject.as_deref().map(text::stored));
            columns.application.push(entry.application.as_deref().map(text::stored));
            columns.reason.push(entry.reason.map(EndReason::as_str));
            columns.last_activity.push(entry.last_activity.map(Instant::as_millis));
            columns.longest_absence.push(entry.longest_absence.map(columns::millis));
            columns.actor.push(text::stored(&entry.actor));
            columns.detail.push(entry.detail.as_deref().map(text::stored));
            columns.since.push(entry.since.map(Instant::as_millis));
            let count = entry.count.map(|count| i64::try_from(count).unwrap_or(i64::MAX));
            columns.count.push(count);
            columns.held.push(entry.held.map(columns::millis));
        }
        columns
    }

    /// The values of a statement: the entries, then `others`.
    pub(super) fn and<'p>(&'p self, others: impl IntoIterator<Item = Param<'p>>) -> Vec<Param<'p>> {
        let own: [Param<'p>; 13] = [
            (&self.at as &(dyn ToSql + Sync), Type::INT8_ARRAY),
            (&self.kind, Type::TEXT_ARRAY),
            (&self.handle, Type::UUID_ARRAY),
            (&self.subject, Type::TEXT_ARRAY),
            (&self.application, Type::TEXT_ARRAY),
            (&self.reason, Type::TEXT_ARRAY),
            (&self.last_activity, Type::INT8_ARRAY),
            (&self.longest_absence, Type::INT8_ARRAY),
            (&self.actor, Type::TEXT_ARRAY),
            (&self.detail, Type::TEXT_ARRAY),
            (&self.since, Type::INT8_ARRAY),
            (&self.count, Type::INT8_ARRAY),
            (&self.held, Type::INT8_ARRAY),
        ];
        own.into_iter().chain(others).collect()
    }
}
