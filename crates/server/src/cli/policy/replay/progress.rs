//! A word on how far it is, for those who wait at a terminal.

use std::io::{IsTerminal as _, Write as _};

/// Reading so many rows takes less than a moment.
const ROWS: u64 = 100_000;

#[derive(Debug)]
pub(super) struct Progress {
    shown: bool,
    rows: u64,
}

impl Progress {
    pub(super) fn on_terminal() -> Self {
        Self {
            shown: std::io::stderr().is_terminal(),
            rows: 0,
        }
    }

    #[cfg(test)]
    pub(super) fn silent() -> Self {
        Self { shown: false, rows: 0 }
    }

    pub(super) fn row(&mut self) {
        self.rows += 1;
        if self.rows.is_multiple_of(ROWS) {
            self.say(&format!("read {} rows", self.rows));
        }
    }

    /// Of the policies to try.
    pub(super) fn policy(&self, done: usize, all: usize) {
        if self.rows >= ROWS {
            self.say(&format!("replayed {done} of {all} limits"));
        }
    }

    pub(super) fn finish(&self) {
        if self.rows >= ROWS {
            self.say("");
        }
    }

    /// In place of what was said before.
    fn say(&self, words: &str) {
        if self.shown {
            // Nobody is harmed where standard error is closed.
            let _ = write!(std::io::stderr(), "\r\x1b[K{words}");
        }
    }
}
