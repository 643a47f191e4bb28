//! A page of sessions, column by column.

use std::borrow::Cow;

use tokio_postgres::types::{ToSql, Type};
use uuid::Uuid;

use crate::connection::Param;
use crate::creating::NewRow;

pub(super) const INSERT: &str = "INSERT INTO sessions (facts, digest, handle, subject, amr, created, authenticated, seen,
        longest_absence, own, today, due, version, held_until, choice_ms, not_after, locked_at, ended_at, ended_reason,
        last_page, presence, ledger)
    SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::uuid[], $4::text[], $5::text[], $6::bigint[], $7::bigint[],
        $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[],
        $16::bigint[], $17::bigint[], $18::bigint[], $19::text[], $20::text[], $21::text[], $22::text[])
    ON CONFLICT DO NOTHING";

/// The columns, in the order of [`INSERT`].
pub(super) struct Rows<'r> {
    facts: &'r [i64],
    digest: Vec<&'r [u8]>,
    handle: Vec<Uuid>,
    subject: Vec<&'r Cow<'r, str>>,
    amr: Vec<&'r str>,
    numbers: [Vec<i64>; 8],
    optional: [Vec<Option<i64>>; 5],
    ended_reason: Vec<Option<&'static str>>,
    last_page: Vec<Option<&'r Cow<'r, str>>>,
    presence: Vec<Option<&'r str>>,
    ledger: Vec<Option<&'r str>>,
}

impl<'r> Rows<'r> {
    pub(super) fn of(facts: &'r [i64], rows: &'r [NewRow<'r>]) -> Self {
        Self {
            facts,
            digest: rows.iter().map(|row| row.digest).collect(),
            handle: rows.iter().map(|row| row.handle).collect(),
            subject: rows.iter().map(|row| &row.subject).collect(),
            amr: rows.iter().map(|row| row.amr.as_str()).collect(),
            numbers: std::array::from_fn(|column| rows.iter().map(|row| row.numbers[column]).collect()),
            optional: [
                rows.iter().map(|row| row.presence.held_until).collect(),
                rows.iter().map(|row| row.choice).collect(),
                rows.iter().map(|row| row.not_after).collect(),
                rows.iter().map(|row| row.locked_at).collect(),
                rows.iter().map(|row| row.ended.0).collect(),
            ],
            ended_reason: rows.iter().map(|row| row.ended.1).collect(),
            last_page: rows.iter().map(|row| row.presence.last_page.as_ref()).collect(),
            presence: rows.iter().map(|row| row.presence.presence.as_deref()).collect(),
            ledger: rows.iter().map(|row| row.ledger.as_deref()).collect(),
        }
    }

    pub(super) fn params(&self) -> Vec<Param<'_>> {
        let first: [Param<'_>; 5] = [
            (&self.facts as &(dyn ToSql + Sync), Type::INT8_ARRAY),
            (&self.digest, Type::BYTEA_ARRAY),
            (&self.handle, Type::UUID_ARRAY),
            (&self.subject, Type::TEXT_ARRAY),
            (&self.amr, Type::TEXT_ARRAY),
        ];
        let numbers = self
            .numbers
            .iter()
            .map(|column| (column as &(dyn ToSql + Sync), Type::INT8_ARRAY));
        let optional = self
            .optional
            .iter()
            .map(|column| (column as &(dyn ToSql + Sync), Type::INT8_ARRAY));
        let last: [Param<'_>; 4] = [
            (&self.ended_reason, Type::TEXT_ARRAY),
            (&self.last_page, Type::TEXT_ARRAY),
            (&self.presence, Type::TEXT_ARRAY),
            (&self.ledger, Type::TEXT_ARRAY),
        ];
        first.into_iter().chain(numbers).chain(optional).chain(last).collect()
    }
}
