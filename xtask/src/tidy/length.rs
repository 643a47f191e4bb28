//! Short files: one concept each.

use std::fmt;

use super::Finding;
use super::files::{File, Repository};
use crate::sdk;

const LONGEST: usize = 700;
const MEDIAN: usize = 150;
const LONG: usize = 400;
/// Of a hundred files, how many may be long.
const LONG_SHARE: usize = 10;
const SOURCE: [&str; 9] = ["rs", "ts", "tsx", "js", "mjs", "jsx", "css", "html", "sql"];

/// No source file has more than 700 lines, its tests included.
pub(super) fn no_file_is_too_long(repository: &Repository) -> Vec<Finding> {
    let sources = repository
        .with_extension(&SOURCE)
        .filter(|file| !sdk::is_built(&file.path));
    sources
        .filter(|file| lines(file) > LONGEST)
        .map(|file| {
            let problem = format!("{} lines, {LONGEST} at most: split it by concept", lines(file));
            Finding::new(&file.path, LONGEST + 1, problem)
        })
        .collect()
}

/// The median of the crates' sources is at most 150 lines, and at most one in ten is above 400.
pub(super) fn most_files_are_short(repository: &Repository) -> Vec<Finding> {
    let sizes = Sizes::of(repository);
    let mut findings = Vec::new();
    if sizes.percentile(50) > MEDIAN {
        let problem = format!(
            "the median file has {} lines, {MEDIAN} at most: split the longer ones",
            sizes.percentile(50)
        );
        findings.push(Finding::new("crates", 0, problem));
    }
    if sizes.long() * 100 > sizes.0.len() * LONG_SHARE {
        let problem = format!(
            "{} of {} files have more than {LONG} lines, {LONG_SHARE} in a hundred at most: split some",
            sizes.long(),
            sizes.0.len()
        );
        findings.push(Finding::new("crates", 0, problem));
    }
    findings
}

/// The lengths of the files in `crates/*/src`, shortest first.
pub(super) struct Sizes(Vec<usize>);

impl Sizes {
    pub(super) fn of(repository: &Repository) -> Self {
        let sources = repository
            .rust_below("crates/")
            .filter(|file| file.path.split('/').nth(2) == Some("src"));
        let mut sizes: Vec<usize> = sources.map(lines).collect();
        sizes.sort_unstable();
        Self(sizes)
    }

    /// The smallest length that so many of a hundred files do not exceed.
    fn percentile(&self, share: usize) -> usize {
        let rank = (self.0.len() * share).div_ceil(100).max(1);
        self.0.get(rank - 1).copied().unwrap_or_default()
    }

    fn long(&self) -> usize {
        self.0.iter().filter(|lines| **lines > LONG).count()
    }
}

impl fmt::Display for Sizes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [median, upper, most, longest] = [50, 75, 90, 100].map(|share| self.percentile(share));
        write!(
            f,
            "crates/*/src: {} files, {} lines; median {median}, p75 {upper}, p90 {most}, longest {longest}; above {LONG}: {}",
            self.0.len(),
            self.0.iter().sum::<usize>(),
            self.long()
        )
    }
}

fn lines(file: &File) -> usize {
    file.text.lines().count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::assert_obeyed;

    #[test]
    fn no_file_here_is_too_long() {
        assert_obeyed(no_file_is_too_long);
    }

    #[test]
    fn most_files_here_are_short() {
        assert_obeyed(most_files_are_short);
    }

    #[test]
    fn the_701st_line_is_one_too_many() {
        let (fits, exceeds) = ("x\n".repeat(700), "x\n".repeat(701));
        let repository = Repository::of([
            ("sdk/src/fits.ts", &fits),
            ("sdk/src/exceeds.ts", &exceeds),
            ("crates/server/assets/sdk.js", &exceeds),
            ("crates/server/assets/demo/app.js", &fits),
            ("docs/book.md", &exceeds),
        ]);
        let findings = no_file_is_too_long(&repository);
        assert_eq!(findings.len(), 1);
        assert_eq!(
            (findings[0].path.as_str(), findings[0].line),
            ("sdk/src/exceeds.ts", 701)
        );
    }

    #[test]
    fn percentiles_count_whole_files() {
        let sizes = Sizes((1..=10).collect());
        assert_eq!(
            [0, 50, 75, 90, 100].map(|share| sizes.percentile(share)),
            [1, 5, 8, 9, 10]
        );
        assert_eq!(Sizes(Vec::new()).percentile(50), 0);
    }

    #[test]
    fn too_many_long_files_are_found() {
        let (short, long) = ("x\n".repeat(10), "x\n".repeat(401));
        let few = Repository::of([
            ("crates/a/src/1.rs", &short),
            ("crates/a/src/2.rs", &long),
            ("crates/a/src/3.rs", &short),
        ]);
        assert_eq!(most_files_are_short(&few).len(), 1);
        let many = Repository::of([("crates/a/src/1.rs", &long), ("crates/a/tests/2.rs", &short)]);
        assert_eq!(most_files_are_short(&many).len(), 2);
    }
}
