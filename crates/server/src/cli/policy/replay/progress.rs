//! A word on how far it is, for those who wait at a terminal.

use crate::cli::line::Line;

/// Reading so many rows takes less than a moment.
const ROWS: u64 = 100_000;

#[derive(Debug)]
pub(super) struct Progress {
    line: Line,
    rows: u64,
}

impl Progress {
    pub(super) fn on_terminal() -> Self {
        Self {
            line: Line::on_terminal(),
            rows: 0,
        }
    }

    #[cfg(test)]
    pub(super) fn silent() -> Self {
        Self {
            line: Line::silent(),
            rows: 0,
        }
    }

    pub(super) fn row(&mut self) {
        self.rows += 1;
        if self.rows.is_multiple_of(ROWS) {
            self.line.say(&format!("read {} rows", self.rows));
        }
    }

    /// Of the policies to try.
    pub(super) fn policy(&self, done: usize, all: usize) {
        if self.rows >= ROWS {
            self.line.say(&format!("replayed {done} of {all} limits"));
        }
    }

    pub(super) fn finish(&self) {
        if self.rows >= ROWS {
            self.line.say("");
        }
    }
}
