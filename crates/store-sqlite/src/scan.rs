//! Live sessions in the order of handles, without those that have other facts than are meant. Where a filter means very many
//! facts, most pages are found sooner so than by looking into the range of each; where not, the scan is given up.

use std::collections::{HashSet, VecDeque};

use rusqlite::{CachedStatement, Connection};

use crate::columns;
use crate::failure::Failure;
use crate::merge::Place;

const AT_ONCE: usize = 512;

/// Twenty thousand entries are read in some milliseconds.
const READS: usize = 40;

pub(super) struct Scan<'c> {
    more: CachedStatement<'c>,
    pub(super) meant: HashSet<i64>,
    /// The last entry that was looked at.
    pub(super) last: Place,
    waiting: VecDeque<Place>,
    /// How often entries are read before the scan is given up.
    left: usize,
    /// Whether nothing is behind that entry.
    pub(super) is_over: bool,
}

impl<'c> Scan<'c> {
    pub(super) fn new(connection: &'c Connection, meant: HashSet<i64>, after: Place) -> Result<Self, Failure> {
        let more = connection.prepare_cached(
            "SELECT handle, id, facts FROM sessions INDEXED BY live
             WHERE ended_at IS NULL AND handle > ?1 ORDER BY handle LIMIT ?2",
        )?;
        Ok(Self {
            more,
            meant,
            last: after,
            waiting: VecDeque::new(),
            left: READS,
            is_over: false,
        })
    }

    /// Gives up after so many reads.
    #[cfg(test)]
    pub(super) fn patience(self, left: usize) -> Self {
        Self { left, ..self }
    }

    /// The next entry that is meant; `None` when there is none, or the scan is given up.
    pub(super) fn next(&mut self) -> Result<Option<Place>, Failure> {
        while self.waiting.is_empty() && !self.is_over && self.left > 0 {
            self.read()?;
        }
        Ok(self.waiting.pop_front())
    }

    fn read(&mut self) -> Result<(), Failure> {
        let mut rows = self.more.query((&self.last.handle, columns::count(AT_ONCE)))?;
        let mut read = 0;
        while let Some(row) = rows.next()? {
            read += 1;
            self.last = Place {
                due: 0,
                handle: row.get(0)?,
                id: row.get(1)?,
            };
            if self.meant.contains(&row.get(2)?) {
                self.waiting.push_back(self.last.clone());
            }
        }
        self.left -= 1;
        self.is_over = read < AT_ONCE;
        Ok(())
    }
}
