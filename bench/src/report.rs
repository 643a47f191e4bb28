//! What is told: Markdown on standard output, progress on standard error where that is a terminal.

use std::fmt::Display;
use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

/// Writes a line. Whoever closed the output does not want it.
pub(crate) fn say(line: impl Display) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// A heading, and the state of the machine below it.
pub(crate) fn heading(title: impl Display) {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default();
    let cpus = std::thread::available_parallelism().map_or(1, usize::from);
    say(format_args!(
        "\n## {title}\n\n{cpus} CPUs, load average {load} at the start.\n"
    ));
}

/// Whether a goal is met. A missed one is told, and fails nothing.
pub(crate) fn goal(what: &str, measured: f64, at_most: f64, unit: &str) {
    let word = if measured <= at_most { "met" } else { "MISSED" };
    say(format_args!(
        "- {what}: {measured:.2}{unit}, goal at most {at_most}{unit}: **{word}**"
    ));
}

/// A Markdown table.
#[derive(Debug)]
pub(crate) struct Table {
    columns: usize,
}

impl Table {
    /// Writes the head. The first column is text, the others are numbers.
    pub(crate) fn new(head: &[&str]) -> Self {
        let table = Self { columns: head.len() };
        table.row(head.iter().copied());
        say(format_args!("|---|{}", "--:|".repeat(table.columns - 1)));
        table
    }

    pub(crate) fn row(&self, cells: impl IntoIterator<Item = impl Display>) {
        let cells: Vec<String> = cells.into_iter().map(|cell| cell.to_string()).collect();
        debug_assert_eq!(cells.len(), self.columns);
        say(format_args!("| {} |", cells.join(" | ")));
    }
}

/// Overwrites one line of the terminal.
pub(crate) fn progress(line: impl Display) {
    let mut terminal = std::io::stderr();
    if terminal.is_terminal() {
        let _ = write!(terminal, "\r\x1b[K{line}");
        let _ = terminal.flush();
    }
}

/// Wipes the line of the progress.
pub(crate) fn progress_over() {
    progress("");
}

/// The middle of what was measured.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let half = values.len() / 2;
    match values.len() {
        0 => f64::NAN,
        length if length.is_multiple_of(2) => f64::midpoint(values[half - 1], values[half]),
        _ => values[half],
    }
}

/// The value that so many per mille of sorted values do not exceed.
pub(crate) fn per_mille(sorted: &[Duration], per_mille: usize) -> Duration {
    let index = (sorted.len() * per_mille).div_ceil(1000).saturating_sub(1);
    sorted.get(index).copied().unwrap_or_default()
}

pub(crate) fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

pub(crate) fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

/// Memory is small enough for what is shown of it.
#[expect(clippy::cast_precision_loss, reason = "shown with one digit")]
pub(crate) fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

/// Counts are small enough for what is shown of them.
#[expect(clippy::cast_precision_loss, reason = "shown with three digits")]
pub(crate) fn float(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle() {
        assert!((median(vec![3.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
        assert!((median(vec![4.0, 1.0, 2.0, 3.0]) - 2.5).abs() < f64::EPSILON);
    }

    #[test]
    fn a_percentile_is_a_value_that_was_measured() {
        let sorted: Vec<Duration> = (1..=1000).map(Duration::from_millis).collect();
        assert_eq!(per_mille(&sorted, 990), Duration::from_millis(990));
        assert_eq!(per_mille(&sorted, 1000), Duration::from_secs(1));
        assert_eq!(per_mille(&sorted[..1], 500), Duration::from_millis(1));
        assert_eq!(per_mille(&[], 990), Duration::ZERO);
    }
}
