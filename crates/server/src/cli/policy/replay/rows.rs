//! What is told of rows that make no sense, in both formats.

use std::fmt::Write as _;

use crate::cli::table::visible;

/// So many bad rows are told one by one.
const TOLD: usize = 5;

/// What is wrong with one row, and how to mend it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BadRow {
    pub(super) column: &'static str,
    pub(super) problem: String,
}

pub(super) fn bad(column: &'static str, problem: impl Into<String>) -> BadRow {
    BadRow {
        column,
        problem: problem.into(),
    }
}

/// The bad rows of one source.
#[derive(Debug, Default)]
pub(super) struct BadRows {
    told: Vec<(u64, BadRow)>,
    pub(super) count: u64,
}

impl BadRows {
    pub(super) fn add(&mut self, line: u64, row: BadRow) {
        self.count += 1;
        if self.told.len() < TOLD {
            self.told.push((line, row));
        }
    }

    /// One line for each of the first, and one for the rest.
    pub(super) fn describe(&self, source: &str) -> String {
        let mut text = String::new();
        for (line, BadRow { column, problem }) in &self.told {
            // Writing to a string does not fail.
            let _ = writeln!(text, "{source}:{line}: {column}: {}", visible(problem));
        }
        let more = self.count - self.told.len() as u64;
        if more > 0 {
            let _ = writeln!(text, "{source}: {more} more bad rows");
        }
        text
    }
}

/// Enough to recognise it.
pub(super) fn shortened(text: &str) -> String {
    let mut characters = text.chars();
    let mut short: String = characters.by_ref().take(40).collect();
    if characters.next().is_some() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_bad_rows_are_summarised() {
        let mut rows = BadRows::default();
        for line in 2..30 {
            rows.add(line, bad("at", "no\u{1b}[2Jinstant"));
        }
        let told = rows.describe("a.csv");
        assert_eq!(told.lines().count(), TOLD + 1);
        assert!(told.starts_with("a.csv:2: at: no\\u{1b}[2Jinstant\n"), "{told}");
        assert!(told.ends_with("a.csv: 23 more bad rows\n"), "{told}");
    }
}
