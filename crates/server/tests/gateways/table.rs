//! The table of the document is what this test has seen.

use std::fmt::Write as _;
use std::path::Path;

use crate::kit::Case;

const BEGIN: &str = "<!-- The table is written by crates/server/tests/gateways.rs. -->\n";
const END: &str = "<!-- The end of the table. -->\n";

/// One gateway.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) version: String,
    pub(crate) cases: Vec<Case>,
}

impl Row {
    pub(crate) fn failures(&self) -> Vec<String> {
        let failed = self.cases.iter().filter(|case| case.outcome == "failed");
        failed
            .map(|case| format!("{}: {}: {}", self.name, case.name, case.detail))
            .collect()
    }
}

/// Other versions are no difference, so that the test passes wherever the outcomes are the same. A table with other outcomes is
/// put in its place, and the test fails.
#[track_caller]
pub(crate) fn is_in_the_document(rows: &[Row]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/gateways.md");
    let document = std::fs::read_to_string(&path).expect("the document");
    let (before, rest) = document.split_once(BEGIN).expect("where the table begins");
    let (written, after) = rest.split_once(END).expect("where the table ends");
    let table = table(rows);
    let outcomes = |table: &str| table.lines().skip(1).map(str::to_owned).collect::<Vec<_>>();
    if outcomes(written.trim_start()) != outcomes(table.trim_start()) {
        std::fs::write(&path, format!("{before}{BEGIN}{table}{END}{after}")).expect("the document");
        panic!("docs/gateways.md had another table and has this one now: look at it, and commit it\n{table}");
    }
}

fn table(rows: &[Row]) -> String {
    let mut text = String::from("\n| what must hold |");
    for row in rows {
        write!(text, " {} {} |", row.name, row.version).expect("memory");
    }
    text.push_str("\n|---|");
    text.push_str(&":-:|".repeat(rows.len()));
    text.push('\n');
    for (at, case) in rows[0].cases.iter().enumerate() {
        write!(text, "| {} |", case.holds).expect("memory");
        for row in rows {
            let word = match row.cases[at].outcome.as_str() {
                "passed" => "yes",
                "skipped" => "no",
                _ => "FAILED",
            };
            write!(text, " {word} |").expect("memory");
        }
        text.push('\n');
    }
    text.push('\n');
    text
}
