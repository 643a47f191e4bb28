//! Documents that a program wrote: what the compiler said meanwhile is no part of them.

use super::Finding;
use super::files::Repository;

/// No document has a line that a compiler prints.
pub(super) fn no_document_has_compiler_output(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in repository.with_extension(&["md", "toml", "csv", "json", "svg"]) {
        for (number, line) in (1..).zip(file.text.lines()) {
            if is_of_compiler(line) {
                let problem = format!("`{}` is output of the compiler: remove it", line.trim());
                findings.push(Finding::new(&file.path, number, problem));
            }
        }
    }
    findings
}

/// The place of a message (`--> src/main.rs:1:1`), its note, its error code, a panic, and what cargo says on its way.
fn is_of_compiler(line: &str) -> bool {
    let line = line.trim();
    let is_place = line.strip_prefix("--> ").is_some_and(|place| {
        let mut parts = place.rsplit(':');
        let mut number = || parts.next().is_some_and(|part| part.parse::<usize>().is_ok());
        number() && number()
    });
    let is_cargo = ["Compiling ", "Finished `", "Running `target/"]
        .iter()
        .any(|begin| line.starts_with(begin));
    is_place
        || is_cargo
        || line.starts_with("error[E")
        || line.starts_with("= note: `#[")
        || line.starts_with("= note: requested on the command line")
        || line.starts_with("thread 'main' panicked at")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::assert_obeyed;

    #[test]
    fn no_document_here_has_any() {
        assert_obeyed(no_document_has_compiler_output);
    }

    #[test]
    fn lines_of_the_compiler_are_known() {
        for line in [
            "  --> crates/core/examples/gen.rs:1:1",
            "error[E0277]: the trait bound",
            "   = note: requested on the command line with `-W missing-docs`",
            "   Compiling nightlatch v0.1.0",
            "    Finished `dev` profile",
            "thread 'main' panicked at src/main.rs:1:1:",
        ] {
            assert!(is_of_compiler(line), "{line}");
        }
        for line in ["--> see below", "a --> b", "warning: this is prose", "Finished by hand"] {
            assert!(!is_of_compiler(line), "{line}");
        }
    }
}
