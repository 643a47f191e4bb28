//! Other programs are started where there is the means to wait for what they do.

use super::Finding;
use super::files::{File, Repository};
use super::rust_tokens::tokens;

/// Where programs are started that go on running. Whoever needs one takes it from here.
const IN_RUST: [&str; 2] = ["programs/src/", "bench/src/processes.rs"];
const IN_SCRIPT: &str = "sdk/e2e/programs.ts";

const REMEDY_IN_RUST: &str = "a program that is started by hand: take `Process` of the crate `nightlatch-programs`, which waits for \
                              its port and never for a line of its log";
const REMEDY_IN_SCRIPT: &str = "a program that is started by hand: take `startProgram` of sdk/e2e/programs.ts, which waits for its port \
                                and never for a line of its log";
const REMEDY_FOR_PORTS: &str =
    "a port that was free a moment ago may be taken the next: reserve one with `Port::reserve` or `reservePort`";

/// Programs are started where their ports are waited for, and nowhere else.
pub(super) fn programs_are_started_in_one_place(repository: &Repository) -> Vec<Finding> {
    let rust = repository.with_extension(&["rs"]);
    let rust = rust.filter(|file| !IN_RUST.iter().any(|place| file.path.starts_with(place)));
    let script = repository.with_extension(&["ts", "tsx", "mjs"]);
    let script = script.filter(|file| file.path.starts_with("sdk/e2e/") && file.path != IN_SCRIPT);
    rust.flat_map(in_rust).chain(script.flat_map(in_script)).collect()
}

/// `Command::spawn` takes no argument, which tells it from the `spawn` of tasks and threads.
fn in_rust(file: &File) -> Vec<Finding> {
    let tokens = tokens(file);
    let started = tokens.windows(4).filter(|window| {
        let texts = [0, 1, 2, 3].map(|at| window[at].text.as_str());
        texts == [".", "spawn", "(", ")"]
    });
    started
        .map(|window| Finding::new(&file.path, window[1].line, REMEDY_IN_RUST))
        .collect()
}

fn in_script(file: &File) -> Vec<Finding> {
    let lines = file.text.lines().enumerate();
    let broken = lines.filter_map(|(index, line)| {
        let names_spawn = line
            .split(|letter: char| !letter.is_alphanumeric())
            .any(|word| word == "spawn");
        let remedy = if line.contains("node:child_process") && names_spawn {
            REMEDY_IN_SCRIPT
        } else if line.contains("function freePort") {
            REMEDY_FOR_PORTS
        } else {
            return None;
        };
        Some(Finding::new(&file.path, index + 1, remedy))
    });
    broken.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::assert_obeyed;

    #[test]
    fn programs_are_started_in_one_place_here() {
        assert_obeyed(programs_are_started_in_one_place);
    }

    #[test]
    fn a_program_that_is_started_by_hand_is_found() {
        let repository = Repository::of([
            (
                "crates/a/tests/a.rs",
                "fn a() { Command::new(b).spawn(); tokio::spawn(c); scope.spawn(|| ()); }",
            ),
            ("programs/src/process.rs", "fn a() { Command::new(b).spawn(); }"),
            ("sdk/e2e/a.ts", "import { spawn } from 'node:child_process';\n"),
            (
                "sdk/e2e/b.ts",
                "import { execFileSync } from 'node:child_process';\nasync function freePort() {\n",
            ),
            ("sdk/e2e/programs.ts", "import { spawn } from 'node:child_process';\n"),
        ]);
        let found: Vec<_> = programs_are_started_in_one_place(&repository)
            .into_iter()
            .map(|finding| (finding.path, finding.line))
            .collect();
        let expected = [("crates/a/tests/a.rs", 1), ("sdk/e2e/a.ts", 1), ("sdk/e2e/b.ts", 2)];
        assert_eq!(found, expected.map(|(path, line)| (path.to_owned(), line)));
    }
}
