//! A line that takes the place of the one before, for those who wait at a terminal.

use std::io::{IsTerminal as _, Write as _};

#[derive(Debug)]
pub(super) struct Line {
    shown: bool,
}

impl Line {
    pub(super) fn on_terminal() -> Self {
        Self {
            shown: std::io::stderr().is_terminal(),
        }
    }

    #[cfg(test)]
    pub(super) fn silent() -> Self {
        Self { shown: false }
    }

    pub(super) fn say(&self, words: &str) {
        if self.shown {
            // Nobody is harmed where standard error is closed.
            let _ = write!(std::io::stderr(), "\r\x1b[K{words}");
        }
    }
}
