//! The house rules. Each rule is a function from the repository to what breaks it, and a test beside it.

mod circles;
mod commands;
mod files;
mod invariants;
mod layering;
mod length;
mod links;
mod markdown;
mod names;
mod output;
mod paths;
mod programs;
mod purity;
mod rust_tokens;
mod sleeping;

use std::fmt;

use anyhow::{Result, ensure};
use files::Repository;

use crate::step::{closing, heading, timed};

/// One place where a rule is broken: where, what, and what to do instead.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    path: String,
    line: usize,
    problem: String,
}

impl Finding {
    fn new(path: &str, line: usize, problem: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line,
            problem: problem.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.problem)
    }
}

type Rule = fn(&Repository) -> Vec<Finding>;

const RULES: [(&str, Rule); 17] = [
    ("no file is too long", length::no_file_is_too_long),
    ("most files are short", length::most_files_are_short),
    ("modules have a name", names::modules_have_a_name),
    ("names say what a thing is", names::names_say_what_a_thing_is),
    ("no path of a developer's machine", paths::no_machine_path),
    ("files name each other in no circle", circles::no_circles_between_files),
    ("dependencies point inwards", layering::dependencies_point_inwards),
    (
        "the server alone knows HTTP paths",
        layering::only_the_server_knows_http_paths,
    ),
    (
        "the backends alone know drivers",
        layering::only_the_backends_know_drivers,
    ),
    ("the core is pure", purity::the_core_is_pure),
    ("no test sleeps", sleeping::no_test_sleeps),
    (
        "programs are started in one place",
        programs::programs_are_started_in_one_place,
    ),
    ("invariants have tests", invariants::every_invariant_has_a_test),
    ("links resolve", links::every_link_resolves),
    (
        "documents have no output of the compiler",
        output::no_document_has_compiler_output,
    ),
    ("documented commands are known", commands::every_command_is_known),
    (
        "known commands are documented and tested",
        commands::every_known_command_is_documented_and_tested,
    ),
];

/// Checks every rule, prints what breaks it and the sizes of the source files.
pub(crate) fn run() -> Result<()> {
    heading("house rules");
    let (broken, took) = timed(|| -> Result<usize> {
        let repository = Repository::load()?;
        println!("{}", length::Sizes::of(&repository));
        Ok(RULES
            .iter()
            .filter(|(name, rule)| !holds(name, *rule, &repository))
            .count())
    });
    let broken = broken?;
    ensure!(broken == 0, "{broken} of {} house rules are broken", RULES.len());
    closing("house rules", took);
    Ok(())
}

fn holds(name: &str, rule: Rule, repository: &Repository) -> bool {
    let findings = rule(repository);
    println!("{} {name}", if findings.is_empty() { "ok    " } else { "BROKEN" });
    for finding in &findings {
        println!("       {finding}");
    }
    findings.is_empty()
}

/// The test of a rule on this repository; what it finds is the message of the failure.
#[cfg(test)]
fn assert_obeyed(rule: Rule) {
    let findings: Vec<String> = rule(&Repository::load().unwrap())
        .iter()
        .map(ToString::to_string)
        .collect();
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}
