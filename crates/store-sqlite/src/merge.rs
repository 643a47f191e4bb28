//! Ranges of one index, read as if they were one in order: a few entries of each at a time, and more where they are used up.
//! A page costs what it takes to look into every range once, and then what it holds.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use rusqlite::types::Value;
use rusqlite::{CachedStatement, Connection, Row, ToSql, params_from_iter};

use crate::columns;
use crate::failure::Failure;

/// The most entries that are read of a range at once.
const AT_ONCE: usize = 512;

/// A session and its place in the order: when it falls due, where the order goes by that, and its handle.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) due: i64,
    pub(super) handle: Vec<u8>,
    pub(super) id: i64,
}

impl Place {
    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            due: row.get(0)?,
            handle: row.get(1)?,
            id: row.get(2)?,
        })
    }
}

pub(super) struct Merge<'c> {
    more: CachedStatement<'c>,
    values: Vec<Value>,
    ranges: Vec<Range>,
    /// The first entry of every range that has one.
    first: BinaryHeap<Reverse<(Place, usize)>>,
    /// The range whose first entry was taken last.
    taken: Option<usize>,
}

struct Range {
    key: Value,
    last: Place,
    waiting: VecDeque<Place>,
    at_once: usize,
    is_read: bool,
}

impl<'c> Merge<'c> {
    /// Reads the ranges of `keys` behind `after`. The statement takes a key (?1), the due instant and handle of the entry to
    /// start behind (?2, ?3) and how many are asked for (?4), then `values`; it answers due instant, handle and id.
    pub(super) fn new(
        connection: &'c Connection,
        sql: &str,
        keys: Vec<Value>,
        values: Vec<Value>,
        after: &Place,
        wanted: usize,
    ) -> Result<Self, Failure> {
        let at_once = (wanted / keys.len().max(1)).clamp(2, AT_ONCE);
        let ranges = keys.into_iter().map(|key| Range {
            key,
            last: after.clone(),
            waiting: VecDeque::new(),
            at_once,
            is_read: false,
        });
        let mut merge = Self {
            more: connection.prepare_cached(sql)?,
            values,
            ranges: ranges.collect(),
            first: BinaryHeap::new(),
            taken: None,
        };
        for range in 0..merge.ranges.len() {
            merge.advance(range)?;
        }
        Ok(merge)
    }

    /// The next entry of all.
    pub(super) fn next(&mut self) -> Result<Option<Place>, Failure> {
        if let Some(taken) = self.taken.take() {
            self.advance(taken)?;
        }
        let Some(Reverse((place, range))) = self.first.pop() else {
            return Ok(None);
        };
        self.taken = Some(range);
        Ok(Some(place))
    }

    fn advance(&mut self, index: usize) -> Result<(), Failure> {
        let range = &mut self.ranges[index];
        if range.waiting.is_empty() && !range.is_read {
            let at_once = columns::count(range.at_once);
            let place: [&dyn ToSql; 4] = [&range.key, &range.last.due, &range.last.handle, &at_once];
            let values = self.values.iter().map(|value| value as &dyn ToSql);
            let params = params_from_iter(place.into_iter().chain(values));
            for place in self.more.query_map(params, Place::of)? {
                range.waiting.push_back(place?);
            }
            range.is_read = range.waiting.len() < range.at_once;
            range.at_once = (range.at_once * 2).min(AT_ONCE);
            if let Some(last) = range.waiting.back() {
                range.last.clone_from(last);
            }
        }
        if let Some(place) = range.waiting.pop_front() {
            self.first.push(Reverse((place, index)));
        }
        Ok(())
    }
}
