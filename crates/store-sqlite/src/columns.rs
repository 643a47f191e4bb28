//! How values stand in columns.

use nightlatch_core::duration::Limit;
use nightlatch_core::time::{Instant, Span};
use rusqlite::Row;
use rusqlite::types::FromSql;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::failure::Failure;

/// `off` among the choices.
const OFF: i64 = -1;

/// The deadline of a session that has none: behind all others in the index.
pub(super) const NEVER: i64 = i64::MAX;

/// The columns of a row, taken one after the other.
pub(super) struct Columns<'r, 's> {
    row: &'r Row<'s>,
    next: usize,
}

impl<'r, 's> Columns<'r, 's> {
    pub(super) fn of(row: &'r Row<'s>) -> Self {
        Self { row, next: 0 }
    }

    pub(super) fn take<T: FromSql>(&mut self) -> Result<T, Failure> {
        let column = self.next;
        self.next += 1;
        self.row.get(column).map_err(|error| self.damaged(column, &error))
    }

    pub(super) fn instant(&mut self) -> Result<Instant, Failure> {
        self.take().map(Instant::from_millis)
    }

    pub(super) fn due(&mut self) -> Result<Option<Instant>, Failure> {
        let due = self.take()?;
        Ok((due != NEVER).then(|| Instant::from_millis(due)))
    }

    pub(super) fn choice(&mut self) -> Result<Option<Limit>, Failure> {
        let column = self.next;
        match self.take::<Option<i64>>()? {
            None => Ok(None),
            Some(OFF) => Ok(Some(Limit::OFF)),
            Some(millis) => {
                let millis = u64::try_from(millis).map_err(|error| self.damaged(column, &error))?;
                Ok(Some(Limit::after(Span::from_millis(millis))))
            }
        }
    }

    pub(super) fn json<T: DeserializeOwned>(&mut self) -> Result<T, Failure> {
        let column = self.next;
        self.optional_json()?
            .ok_or_else(|| self.damaged(column, &"nothing is there"))
    }

    pub(super) fn optional_json<T: DeserializeOwned>(&mut self) -> Result<Option<T>, Failure> {
        let column = self.next;
        self.next += 1;
        let text = self.row.get_ref(column)?;
        let text = text.as_str_or_null().map_err(|error| self.damaged(column, &error))?;
        text.map(serde_json::from_str)
            .transpose()
            .map_err(|error| self.damaged(column, &error))
    }

    /// A word of a fixed list, if there is one.
    pub(super) fn word<T>(&mut self, known: impl Fn(&str) -> Option<T>) -> Result<Option<T>, Failure> {
        let column = self.next;
        self.next += 1;
        let text = self.row.get_ref(column)?;
        let text = text.as_str_or_null().map_err(|error| self.damaged(column, &error))?;
        let Some(text) = text else {
            return Ok(None);
        };
        known(text)
            .map(Some)
            .ok_or_else(|| self.damaged(column, &format_args!("`{text}` is not one of its words")))
    }

    /// A value that should not be there; names the place, so that it can be found.
    fn damaged(&self, column: usize, why: &dyn std::fmt::Display) -> Failure {
        let name = self.row.as_ref().column_name(column).unwrap_or("?");
        Failure::Damaged(format!("column {name}: {why}"))
    }
}

/// A span as a column holds it; 292 million years are the longest.
pub(super) fn millis(span: Span) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

pub(super) fn choice(choice: Option<Limit>) -> Option<i64> {
    choice.map(|limit| limit.span().map_or(OFF, millis))
}

pub(super) fn due(due: Option<Instant>) -> i64 {
    due.map_or(NEVER, Instant::as_millis)
}

pub(super) fn json(value: &(impl Serialize + ?Sized)) -> Result<String, Failure> {
    serde_json::to_string(value).map_err(|error| Failure::Refused(error.to_string()))
}

pub(super) fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
