//! How values stand in columns.

use nightlatch_core::duration::Limit;
use nightlatch_core::path::Path;
use nightlatch_core::time::{Instant, Span};
use nightlatch_store::token::{Digest, Handle};
use nightlatch_store::{Result, StoreError};
use serde::de::{DeserializeOwned, IntoDeserializer as _};
use serde::{Deserialize as _, Serialize};
use tokio_postgres::Row;
use tokio_postgres::types::FromSql;
use uuid::Uuid;

use crate::failure::damaged;
use crate::text;

/// `off` among the choices.
const OFF: i64 = -1;

/// The deadline of a session that has none: behind all others in the index.
pub(super) const NEVER: i64 = i64::MAX;

/// The columns of a row, taken one after the other.
pub(super) struct Columns<'r> {
    row: &'r Row,
    next: usize,
}

impl<'r> Columns<'r> {
    pub(super) fn of(row: &'r Row) -> Self {
        Self::after(row, 0)
    }

    /// Those behind the first few.
    pub(super) fn after(row: &'r Row, next: usize) -> Self {
        Self { row, next }
    }

    pub(super) fn take<T: FromSql<'r>>(&mut self) -> Result<T> {
        let column = self.next;
        self.next += 1;
        self.row
            .try_get(column)
            .map_err(|error| self.damaged(column, &crate::failure::describe(&error)))
    }

    /// Leaves one out.
    pub(super) fn skip(&mut self) {
        self.next += 1;
    }

    /// A number that is never negative.
    pub(super) fn number<T: TryFrom<i64>>(&mut self) -> Result<T> {
        let column = self.next;
        self.optional_number()?
            .ok_or_else(|| self.damaged(column, "nothing is there"))
    }

    pub(super) fn optional_number<T: TryFrom<i64>>(&mut self) -> Result<Option<T>> {
        let column = self.next;
        let number = self.take::<Option<i64>>()?.map(T::try_from).transpose();
        number.map_err(|_| self.damaged(column, "it is out of its range"))
    }

    pub(super) fn instant(&mut self) -> Result<Instant> {
        self.take().map(Instant::from_millis)
    }

    pub(super) fn optional_instant(&mut self) -> Result<Option<Instant>> {
        Ok(self.take::<Option<_>>()?.map(Instant::from_millis))
    }

    pub(super) fn span(&mut self) -> Result<Span> {
        self.number().map(Span::from_millis)
    }

    pub(super) fn optional_span(&mut self) -> Result<Option<Span>> {
        Ok(self.optional_number()?.map(Span::from_millis))
    }

    pub(super) fn due(&mut self) -> Result<Option<Instant>> {
        let due = self.take()?;
        Ok((due != NEVER).then(|| Instant::from_millis(due)))
    }

    pub(super) fn digest(&mut self) -> Result<Digest> {
        self.bytes().map(Digest::from_bytes)
    }

    pub(super) fn optional_digest(&mut self) -> Result<Option<Digest>> {
        let column = self.next;
        let bytes = self.take::<Option<&[u8]>>()?.map(<[u8; 32]>::try_from).transpose();
        let bytes = bytes.map_err(|_| self.damaged(column, "it has not 32 bytes"))?;
        Ok(bytes.map(Digest::from_bytes))
    }

    /// So many bytes.
    pub(super) fn bytes<const N: usize>(&mut self) -> Result<[u8; N]> {
        let column = self.next;
        let bytes = self.take::<&[u8]>()?;
        bytes
            .try_into()
            .map_err(|_| self.damaged(column, &format!("{} bytes instead of {N}", bytes.len())))
    }

    pub(super) fn handle(&mut self) -> Result<Handle> {
        let handle: Uuid = self.take()?;
        Ok(Handle::from_bytes(handle.into_bytes()))
    }

    pub(super) fn optional_handle(&mut self) -> Result<Option<Handle>> {
        let handle: Option<Uuid> = self.take()?;
        Ok(handle.map(|handle| Handle::from_bytes(handle.into_bytes())))
    }

    pub(super) fn choice(&mut self) -> Result<Option<Limit>> {
        let column = self.next;
        match self.take::<Option<i64>>()? {
            None => Ok(None),
            Some(OFF) => Ok(Some(Limit::OFF)),
            Some(millis) => {
                let millis = u64::try_from(millis).map_err(|_| self.damaged(column, "it is out of its range"))?;
                Ok(Some(Limit::after(Span::from_millis(millis))))
            }
        }
    }

    pub(super) fn text(&mut self) -> Result<Box<str>> {
        let column = self.next;
        self.optional_text()?
            .ok_or_else(|| self.damaged(column, "nothing is there"))
    }

    pub(super) fn optional_text(&mut self) -> Result<Option<Box<str>>> {
        let column = self.next;
        let stored: Option<&str> = self.take()?;
        stored.map(|stored| self.read_text(column, stored)).transpose()
    }

    pub(super) fn optional_texts(&mut self) -> Result<Option<Vec<Box<str>>>> {
        let column = self.next;
        let Some(stored) = self.take::<Option<Vec<&str>>>()? else {
            return Ok(None);
        };
        let texts = stored.into_iter().map(|stored| self.read_text(column, stored));
        texts.collect::<Result<_>>().map(Some)
    }

    /// A path as it was, decoded already.
    pub(super) fn optional_page(&mut self) -> Result<Option<Path<'static>>> {
        let column = self.next;
        let Some(page) = self.optional_text()? else {
            return Ok(None);
        };
        let page = Path::deserialize(String::from(page).into_deserializer());
        page.map(Some)
            .map_err(|error: serde::de::value::Error| self.damaged(column, &error.to_string()))
    }

    fn read_text(&self, column: usize, stored: &str) -> Result<Box<str>> {
        let text = text::read(stored).map(|text| text.into_owned().into_boxed_str());
        text.ok_or_else(|| self.damaged(column, "it is not as nightlatch writes text"))
    }

    pub(super) fn json<T: DeserializeOwned>(&mut self) -> Result<T> {
        let column = self.next;
        self.optional_json()?
            .ok_or_else(|| self.damaged(column, "nothing is there"))
    }

    pub(super) fn optional_json<T: DeserializeOwned>(&mut self) -> Result<Option<T>> {
        let column = self.next;
        let text: Option<&str> = self.take()?;
        text.map(serde_json::from_str)
            .transpose()
            .map_err(|error| self.damaged(column, &error.to_string()))
    }

    /// A word of a fixed list, if there is one.
    pub(super) fn word<T>(&mut self, known: impl Fn(&str) -> Option<T>) -> Result<Option<T>> {
        let column = self.next;
        let Some(text) = self.take::<Option<&str>>()? else {
            return Ok(None);
        };
        known(text)
            .map(Some)
            .ok_or_else(|| self.damaged(column, &format!("`{text}` is not one of its words")))
    }

    /// A value that should not be there; names the place, so that it can be found.
    fn damaged(&self, column: usize, why: &str) -> StoreError {
        let name = self.row.columns().get(column).map_or("?", |column| column.name());
        damaged(format!("column {name}: {why}"))
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

/// Versions count from zero; one that no column holds is at no row.
pub(super) fn version(version: u64) -> i64 {
    i64::try_from(version).unwrap_or(-1)
}

pub(super) fn handle(handle: &Handle) -> Uuid {
    Uuid::from_bytes(*handle.as_bytes())
}

/// JSON writes a NUL as `\u0000`, so that it is text to PostgreSQL.
pub(super) fn json(value: &(impl Serialize + ?Sized)) -> Result<String> {
    serde_json::to_string(value).map_err(|error| StoreError::Unavailable(format!("it cannot be written: {error}")))
}

pub(super) fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
