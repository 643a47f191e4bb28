//! No circles between files. Two files that name each other are one concept, or have a third below them.

mod imports;
mod modules;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::Finding;
use super::files::Repository;

/// The files that a file names, each with the first line that does so.
type Named<'a> = BTreeMap<&'a str, usize>;

/// Which files name which, by path.
type Arrows<'a> = BTreeMap<&'a str, Named<'a>>;

/// Between the modules of one crate, and between the files of the SDK. Tests are left out. So is a file that names the module
/// it is a part of: `a/b.rs` belongs to `a.rs`.
pub(super) fn no_circles_between_files(repository: &Repository) -> Vec<Finding> {
    let mut arrows = modules::arrows(repository);
    arrows.extend(imports::arrows(repository));
    let mut told: BTreeSet<&str> = BTreeSet::new();
    let mut findings = Vec::new();
    for path in arrows.keys() {
        let Some(circle) = shortest_circle(&arrows, path) else {
            continue;
        };
        if circle.iter().any(|path| told.contains(path)) {
            continue;
        }
        told.extend(&circle);
        findings.push(finding(&arrows, &circle));
    }
    findings
}

/// The files of the shortest way from a file back to itself, beginning with it.
fn shortest_circle<'a>(arrows: &Arrows<'a>, start: &'a str) -> Option<Vec<&'a str>> {
    let named_by = |path: &str| arrows.get(path).into_iter().flat_map(BTreeMap::keys).copied();
    let mut came_from: BTreeMap<&str, &str> = BTreeMap::new();
    let mut next = VecDeque::from([start]);
    while let Some(path) = next.pop_front() {
        for named in named_by(path) {
            if named == start {
                let mut circle = vec![path];
                while let Some(&before) = circle.last().and_then(|last| came_from.get(last)) {
                    circle.push(before);
                }
                circle.reverse();
                return Some(circle);
            }
            if !came_from.contains_key(named) {
                came_from.insert(named, path);
                next.push_back(named);
            }
        }
    }
    None
}

fn finding(arrows: &Arrows<'_>, circle: &[&str]) -> Finding {
    let (first, second) = (circle[0], circle[1 % circle.len()]);
    let line = arrows[first][second];
    let around = [circle, &circle[..1]].concat().join(" -> ");
    let problem =
        format!("files name each other in a circle: {around}. Make them one file, or move what both need to a third");
    Finding::new(first, line, problem)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::assert_obeyed;

    #[test]
    fn no_two_files_name_each_other() {
        assert_obeyed(no_circles_between_files);
    }

    fn found<const N: usize>(files: [(&str, &str); N]) -> Vec<(String, usize)> {
        let findings = no_circles_between_files(&Repository::of(files));
        findings.into_iter().map(|found| (found.path, found.line)).collect()
    }

    #[test]
    fn a_circle_is_told_once_at_the_line_that_begins_it() {
        let files = [
            ("crates/core/src/a.rs", "use std::fmt;\nuse crate::b::B;\n"),
            ("crates/core/src/b.rs", "use super::c::{self, C};\n"),
            ("crates/core/src/c.rs", "fn f() { crate::a::g() }\n"),
            ("crates/core/src/d.rs", "use crate::{a::A, b::B, c::C};\n"),
        ];
        assert_eq!(found(files), [("crates/core/src/a.rs".to_owned(), 2)]);
        let findings = no_circles_between_files(&Repository::of(files));
        assert!(
            findings[0].problem.contains(
                "crates/core/src/a.rs -> crates/core/src/b.rs -> crates/core/src/c.rs -> crates/core/src/a.rs"
            )
        );
    }

    #[test]
    fn two_circles_are_told_both() {
        let files = [
            ("crates/core/src/a.rs", "use crate::b::B;\n"),
            ("crates/core/src/b.rs", "use crate::a::A;\n"),
            ("sdk/src/c.ts", "import { d } from './d.js';\n"),
            ("sdk/src/d.ts", "import type { C } from './c.js';\n"),
        ];
        let paths: Vec<_> = found(files).into_iter().map(|(path, _)| path).collect();
        assert_eq!(paths, ["crates/core/src/a.rs", "sdk/src/c.ts"]);
    }

    #[test]
    fn a_part_and_its_whole_are_no_circle_and_parts_among_themselves_are() {
        let whole = "mod b;\nmod c;\npub use b::B;\nfn f() { b::g() }\n";
        let part = "use super::A;\nuse super::c::C;\n";
        assert_eq!(
            found([
                ("crates/core/src/a.rs", whole),
                ("crates/core/src/a/b.rs", part),
                ("crates/core/src/a/c.rs", "pub(super) struct C;\n"),
            ]),
            []
        );
        assert_eq!(
            found([
                ("crates/core/src/a.rs", whole),
                ("crates/core/src/a/b.rs", part),
                ("crates/core/src/a/c.rs", "use super::B;\n"),
            ])
            .len(),
            1,
            "a name that the whole hands on is one of its part"
        );
    }

    #[test]
    fn a_circle_through_a_part_is_found() {
        let files = [
            ("crates/core/src/a.rs", "mod part;\nfn f() { part::g() }\n"),
            ("crates/core/src/a/part.rs", "use crate::b::B;\n"),
            ("crates/core/src/b.rs", "use crate::a::A;\n"),
        ];
        assert_eq!(found(files).len(), 1);
    }

    #[test]
    fn tests_may_name_what_names_them() {
        let files = [
            ("crates/core/src/a.rs", "#[cfg(test)] mod tests { use crate::b::B; }\n"),
            ("crates/core/src/b.rs", "use crate::a::A;\n"),
            ("crates/core/src/b/tests.rs", "use crate::a::A;\n"),
            ("crates/engine/src/a.rs", "use nightlatch_core::b::B;\n"),
        ];
        assert_eq!(found(files), []);
    }
}
