//! The text of the repository as the rules see it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use ignore::WalkBuilder;

use crate::workspace::{self, Package};

/// Every file that git would not ignore, and the packages of the workspace.
#[derive(Debug, Default)]
pub(super) struct Repository {
    /// Sorted by path.
    pub(super) files: Vec<File>,
    pub(super) packages: Vec<Package>,
    /// All files and directories, also those that are not text.
    paths: BTreeSet<String>,
}

/// A text file. The path is relative to the root and has forward slashes.
#[derive(Debug)]
pub(super) struct File {
    pub(super) path: String,
    pub(super) text: String,
}

impl Repository {
    pub(super) fn load() -> Result<Self> {
        let mut repository = Self {
            packages: workspace::metadata()?.packages,
            ..Self::default()
        };
        let root = workspace::root();
        let walk = WalkBuilder::new(root)
            .hidden(false)
            .parents(false)
            .git_global(false)
            .git_exclude(false)
            .require_git(false)
            .filter_entry(|entry| entry.file_name() != ".git")
            .build();
        for entry in walk {
            let entry = entry.context("cannot walk through the repository")?;
            let path = relative(root, entry.path());
            // A file that vanishes meanwhile (an editor's) is not part of the repository, nor is one without text.
            if let Ok(text) = fs::read_to_string(entry.path()) {
                repository.files.push(File {
                    path: path.clone(),
                    text,
                });
            }
            repository.paths.insert(path);
        }
        repository.files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(repository)
    }

    pub(super) fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    /// Whether there is a file or directory of this name.
    pub(super) fn has(&self, path: &str) -> bool {
        path.is_empty() || self.paths.contains(path)
    }

    pub(super) fn with_extension<'a>(&'a self, extensions: &'a [&str]) -> impl Iterator<Item = &'a File> {
        self.files
            .iter()
            .filter(move |file| extensions.contains(&file.extension()))
    }

    /// Rust sources below `directory`.
    pub(super) fn rust_below<'a>(&'a self, directory: &'a str) -> impl Iterator<Item = &'a File> {
        self.with_extension(&["rs"])
            .filter(move |file| file.path.starts_with(directory))
    }
}

impl File {
    pub(super) fn extension(&self) -> &str {
        Path::new(&self.path)
            .extension()
            .and_then(|extension| extension.to_str())
            .unwrap_or_default()
    }

    /// The line of this number, counted from one.
    pub(super) fn line(&self, number: usize) -> &str {
        self.text.lines().nth(number.saturating_sub(1)).unwrap_or_default()
    }
}

fn relative(root: &Path, path: &Path) -> String {
    let path = path.strip_prefix(root).unwrap_or(path);
    let segments: Vec<_> = path
        .components()
        .map(|segment| segment.as_os_str().to_string_lossy())
        .collect();
    segments.join("/")
}

#[cfg(test)]
impl Repository {
    /// A repository of the given files, for the tests of the rules.
    pub(super) fn of<const N: usize>(files: [(&str, &str); N]) -> Self {
        let mut repository = Self::default();
        for (path, text) in files {
            repository.files.push(File {
                path: path.to_owned(),
                text: text.to_owned(),
            });
            let ancestors = path.match_indices('/').map(|(end, _)| path[..end].to_owned());
            repository.paths.extend(ancestors.chain([path.to_owned()]));
        }
        repository
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_file_is_part_of_the_repository_and_nothing_built_is() {
        let repository = Repository::load().unwrap();
        assert!(repository.file("xtask/src/tidy/files.rs").is_some());
        assert!(repository.has(".ci/run") && repository.has("xtask/src/tidy"));
        assert!(
            repository
                .files
                .iter()
                .all(|file| !file.path.starts_with("target/") && !file.path.starts_with(".git/"))
        );
        assert!(repository.packages.iter().any(|package| package.name == "xtask"));
    }

    #[test]
    fn lines_count_from_one() {
        let file = File {
            path: "a.rs".to_owned(),
            text: "first\nsecond\n".to_owned(),
        };
        assert_eq!(
            (file.line(1), file.line(2), file.line(9), file.extension()),
            ("first", "second", "", "rs")
        );
    }
}
