//! The invariants that ARCHITECTURE.md states are tested.

use super::Finding;
use super::files::{File, Repository};
use super::links::resolve;
use super::rust_tokens::tokens;

const DOCUMENT: &str = "ARCHITECTURE.md";
const HEADING: &str = "## Invariants";
const FORM: &str = "- **3. text** … test: [`name`](path)";

/// Every item of the section "Invariants" is numbered and links to a test that exists.
pub(super) fn every_invariant_has_a_test(repository: &Repository) -> Vec<Finding> {
    let Some(document) = repository.file(DOCUMENT) else {
        return vec![Finding::new(
            DOCUMENT,
            1,
            "is missing: it states the invariants and links to their tests",
        )];
    };
    let items = items(&document.text);
    if items.is_empty() {
        return vec![Finding::new(
            DOCUMENT,
            1,
            format!("has no section `{HEADING}` with items of the form `{FORM}`"),
        )];
    }
    let problems = items.iter().zip(1..).flat_map(|(item, number)| {
        let problems = problems_with(item, number, repository);
        problems
            .into_iter()
            .map(|problem| Finding::new(DOCUMENT, item.line, problem))
    });
    problems.collect()
}

struct Item {
    line: usize,
    text: String,
}

/// The items of the section, each with its further lines.
fn items(text: &str) -> Vec<Item> {
    let lines = text
        .lines()
        .zip(1..)
        .skip_while(|(line, _)| line.trim_end() != HEADING)
        .skip(1);
    let mut items: Vec<Item> = Vec::new();
    for (line, number) in lines.take_while(|(line, _)| !line.starts_with("## ")) {
        if line.starts_with("- ") {
            items.push(Item {
                line: number,
                text: line.to_owned(),
            });
        } else if let Some(item) = items.last_mut().filter(|_| line.starts_with(' ')) {
            item.text.push_str(line);
        }
    }
    items
}

fn problems_with(item: &Item, number: usize, repository: &Repository) -> Vec<String> {
    if !item.text.starts_with(&format!("- **{number}. ")) {
        return vec![format!("expected invariant {number} here, as `{FORM}`")];
    }
    let tests = linked_tests(&item.text);
    if tests.is_empty() {
        return vec![format!(
            "invariant {number} has no test: end it with `test: [`name`](path)`"
        )];
    }
    let missing = tests
        .into_iter()
        .filter(|(name, path)| !test_exists(repository, DOCUMENT, path, name));
    missing
        .map(|(name, path)| format!("invariant {number}: there is no test `{name}` in {path}"))
        .collect()
}

/// The names and paths of the links behind the word `test:` or `tests:`.
fn linked_tests(item: &str) -> Vec<(&str, &str)> {
    let Some((_, mut rest)) = item.split_once("test: ").or_else(|| item.split_once("tests: ")) else {
        return Vec::new();
    };
    let mut tests = Vec::new();
    while let Some((name, after)) = rest.split_once("[`").and_then(|(_, link)| link.split_once("`](")) {
        let Some((path, after)) = after.split_once(')') else {
            break;
        };
        tests.push((name, path));
        rest = after;
    }
    tests
}

/// Whether the file at `path`, seen from the document, has a test of this name: a function in Rust, a title in script.
pub(super) fn test_exists(repository: &Repository, document: &str, path: &str, name: &str) -> bool {
    let path = path.split('#').next().unwrap_or_default();
    let file = resolve(document, path).and_then(|path| repository.file(&path));
    file.is_some_and(|file| {
        if file.extension() == "rs" {
            has_function(file, name)
        } else {
            file.text.contains(name)
        }
    })
}

fn has_function(file: &File, name: &str) -> bool {
    tokens(file)
        .windows(2)
        .any(|pair| pair[0].text == "fn" && pair[1].text == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::assert_obeyed;

    #[test]
    fn every_invariant_here_has_a_test() {
        assert_obeyed(every_invariant_has_a_test);
    }

    fn findings(architecture: &str) -> Vec<(usize, String)> {
        let test = "// fn commented() {}\n#[test] fn holds() {}\n";
        let repository = Repository::of([
            (DOCUMENT, architecture),
            ("crates/core/src/a.rs", test),
            ("sdk/a.ts", "it('x y')"),
        ]);
        every_invariant_has_a_test(&repository)
            .into_iter()
            .map(|finding| (finding.line, finding.problem))
            .collect()
    }

    #[test]
    fn an_invariant_with_its_tests_is_fine() {
        let text = "# A\n\n## Invariants\n\nIntro.\n\n- **1. a** because\n  b. test: [`holds`](crates/core/src/a.rs)\n\
                    - **2. c** tests: [`holds`](crates/core/src/a.rs), [`x y`](sdk/a.ts)\n\n## More\n\n- **9. d**\n";
        assert_eq!(findings(text), []);
    }

    #[test]
    fn a_missing_test_number_or_section_is_found() {
        let section = |items: &str| findings(&format!("## Invariants\n\n{items}"));
        let [(line, problem)] = &section("- **1. a** test: [`commented`](crates/core/src/a.rs)\n")[..] else {
            panic!()
        };
        assert_eq!(
            (*line, problem.as_str()),
            (3, "invariant 1: there is no test `commented` in crates/core/src/a.rs")
        );
        assert!(
            section("- **1. a** test: [`holds`](crates/core/src/gone.rs)\n")[0]
                .1
                .contains("no test `holds`")
        );
        assert!(section("- **1. a**\n")[0].1.contains("has no test"));
        assert!(
            section("- **2. a** test: [`holds`](crates/core/src/a.rs)\n")[0]
                .1
                .contains("expected invariant 1")
        );
        assert!(findings("# Other\n")[0].1.contains("no section"));
        assert_eq!(every_invariant_has_a_test(&Repository::default()).len(), 1);
    }
}
