//! Links between the documents of the repository.

use super::Finding;
use super::files::{File, Repository};
use super::markdown;

/// Every relative link of a Markdown file leads to a file or directory, and its anchor to a heading.
pub(super) fn every_link_resolves(repository: &Repository) -> Vec<Finding> {
    let documents = repository.with_extension(&["md"]);
    documents.flat_map(|file| broken_links(file, repository)).collect()
}

fn broken_links(file: &File, repository: &Repository) -> Vec<Finding> {
    let links = markdown::read(&file.text)
        .links
        .into_iter()
        .filter(|(_, target)| is_relative(target));
    links
        .filter_map(|(line, target)| {
            let problem = problem_with(&target, &file.path, repository)?;
            Some(Finding::new(&file.path, line, problem))
        })
        .collect()
}

fn problem_with(target: &str, from: &str, repository: &Repository) -> Option<String> {
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    let path = if path.is_empty() {
        Some(from.to_owned())
    } else {
        resolve(from, path)
    };
    let Some(path) = path.filter(|path| repository.has(path)) else {
        return Some(format!("`{target}` leads nowhere: correct or remove the link"));
    };
    let document = repository
        .file(&path)
        .filter(|file| file.extension() == "md" && !anchor.is_empty())?;
    let anchors = markdown::read(&document.text).anchors;
    (!anchors.iter().any(|known| known == anchor))
        .then(|| format!("no heading of {path} gives `#{anchor}`: correct the link"))
}

/// A path seen from the directory of the document `from`; one that begins with a slash is seen from the root.
/// None where it leaves the repository.
pub(super) fn resolve(from: &str, path: &str) -> Option<String> {
    let directory = if path.starts_with('/') {
        ""
    } else {
        from.rsplit_once('/').map_or("", |(directory, _)| directory)
    };
    let mut resolved: Vec<&str> = Vec::new();
    for segment in directory.split('/').chain(path.split('/')) {
        match segment {
            "" | "." => {}
            ".." => {
                resolved.pop()?;
            }
            name => resolved.push(name),
        }
    }
    Some(resolved.join("/"))
}

/// Not an address with a scheme of its own.
fn is_relative(target: &str) -> bool {
    let scheme = target.split(['/', '#', '?']).next().unwrap_or_default();
    !scheme.contains(':') && !target.starts_with("//")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::assert_obeyed;

    #[test]
    fn every_link_here_resolves() {
        assert_obeyed(every_link_resolves);
    }

    #[test]
    fn a_link_needs_a_file_and_a_heading() {
        let repository = Repository::of([
            (
                "docs/a.md",
                "# Here\n[1](#here)\n[2](#gone)\n[3](../README.md#there)\n[4](../README.md#here)\n[5](b.md)\n[6](../..)\n",
            ),
            (
                "README.md",
                "# There\n[7](docs) [8](https://example.com/x.md) [9](/docs/a.md) [10](mailto:a@example.com)\n",
            ),
        ]);
        let findings = every_link_resolves(&repository);
        let places: Vec<_> = findings
            .iter()
            .map(|finding| (finding.path.as_str(), finding.line))
            .collect();
        assert_eq!(
            places,
            [("docs/a.md", 3), ("docs/a.md", 5), ("docs/a.md", 6), ("docs/a.md", 7)]
        );
    }

    #[test]
    fn paths_resolve_from_the_directory_of_the_document() {
        assert_eq!(resolve("docs/a.md", "../b/./c.rs").as_deref(), Some("b/c.rs"));
        assert_eq!(resolve("docs/a.md", "/b.md").as_deref(), Some("b.md"));
        assert_eq!(resolve("a.md", "..").as_deref(), None);
    }
}
