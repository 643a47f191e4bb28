//! Nothing in the repository knows the machine it was written on.

use super::Finding;
use super::files::Repository;

// In two parts, so that this file obeys its own rule.
const MACHINE_PATHS: [&str; 4] = [
    concat!("/wo", "rk/"),
    concat!("/ho", "me/"),
    concat!("/ro", "ot/"),
    concat!("/Us", "ers/"),
];

/// No file names an absolute path that exists on one developer's machine alone.
pub(super) fn no_machine_path(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &repository.files {
        for (index, line) in file.text.lines().enumerate() {
            if let Some(path) = MACHINE_PATHS.into_iter().find(|path| names_path(line, path)) {
                let problem = format!("names `{path}`, a path of one machine: use a relative path or another example");
                findings.push(Finding::new(&file.path, index + 1, problem));
            }
        }
    }
    findings
}

/// Whether the path stands at the beginning of a word; inside of one it is part of an address or a longer path.
fn names_path(line: &str, path: &str) -> bool {
    let inside_a_word = |c: char| c.is_alphanumeric() || "._-*~}/>".contains(c);
    line.match_indices(path)
        .any(|(at, _)| !line[..at].ends_with(inside_a_word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::assert_obeyed;

    #[test]
    fn no_machine_path_is_named_here() {
        assert_obeyed(no_machine_path);
    }

    #[test]
    fn a_path_counts_at_the_beginning_of_a_word_alone() {
        let [_, path, ..] = MACHINE_PATHS;
        let text = format!("https://example.com{path}a\n$HOME/x ..{path}\nsee `{path}me/nightlatch`\n");
        let findings = no_machine_path(&Repository::of([("docs/a.md", &text)]));
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].line, 3);
    }
}
