//! The core reads no clock and does no I/O.

use super::Finding;
use super::files::{File, Repository};
use super::rust_tokens::{Purpose, Token, lines_naming, tokens};

/// Modules of the standard library that touch the world.
const WORLDLY: [&str; 5] = ["fs", "net", "env", "process", "thread"];

/// The sources of `crates/core` name no clock and no module that does I/O. Its tests may read their vectors.
pub(super) fn the_core_is_pure(repository: &Repository) -> Vec<Finding> {
    repository.rust_below("crates/core/src/").flat_map(impurities).collect()
}

fn impurities(file: &File) -> Vec<Finding> {
    let mut tokens = tokens(file);
    tokens.retain(|token| token.purpose == Purpose::Product);
    let worldly = WORLDLY.into_iter().flat_map(|module| {
        let lines = lines_naming(&tokens, "std", module).into_iter();
        lines.map(move |line| (line, format!("std::{module}")))
    });
    let instants = lines_naming(&tokens, "Instant", "now")
        .into_iter()
        .map(|line| (line, "Instant::now".to_owned()));
    let clocks = tokens
        .iter()
        .filter(|token| is_wall_clock(token))
        .map(|token| (token.line, token.text.clone()));
    worldly
        .chain(instants)
        .chain(clocks)
        .map(|(line, name)| {
            let problem = format!("`{name}` in the core, which takes the time and its input as arguments");
            Finding::new(&file.path, line, problem)
        })
        .collect()
}

fn is_wall_clock(token: &Token) -> bool {
    token.text == "SystemTime"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::assert_obeyed;

    #[test]
    fn the_core_reads_no_clock_and_does_no_io() {
        assert_obeyed(the_core_is_pure);
    }

    #[test]
    fn clocks_and_input_are_found_outside_of_tests() {
        let source = "//! No SystemTime here.\nuse std::time::{Duration, SystemTime};\nfn f() { Instant::now(); }\n\
                      use std::{collections::HashMap, fs};\n#[cfg(test)] mod tests { use std::fs; }\n";
        let repository = Repository::of([
            ("crates/core/src/a.rs", source),
            ("crates/core/tests/a.rs", source),
            ("crates/engine/src/a.rs", source),
        ]);
        let mut lines: Vec<usize> = the_core_is_pure(&repository)
            .into_iter()
            .map(|finding| finding.line)
            .collect();
        lines.sort_unstable();
        assert_eq!(lines, [2, 3, 4]);
    }
}
