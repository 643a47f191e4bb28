//! The browser bundles that the server carries.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result, ensure};

use crate::step::Step;
use crate::{install, workspace};

/// What the build of the SDK leaves in the server.
pub(crate) const BUNDLES: [&str; 2] = ["crates/server/assets/sdk.js", "crates/server/assets/worker.js"];

pub(crate) fn build() -> Result<()> {
    install::node_modules()?;
    Step::new("build the SDK", "npm --prefix sdk run build").run()
}

/// Builds the bundles again and fails where the tree held something else than what its sources give.
pub(crate) fn is_fresh() -> Result<()> {
    let before = bundles();
    build()?;
    let stale = stale(&before, &bundles());
    ensure!(
        stale.is_empty(),
        "not what the sources in sdk/ give: {}. They are rebuilt now; look at them and commit them",
        stale.join(", ")
    );
    Ok(())
}

fn bundles() -> BTreeMap<&'static str, Option<Vec<u8>>> {
    BUNDLES
        .into_iter()
        .map(|path| (path, fs::read(workspace::root().join(path)).ok()))
        .collect()
}

/// The bundles that are missing or differ.
fn stale<'a>(before: &BTreeMap<&'a str, Option<Vec<u8>>>, after: &BTreeMap<&'a str, Option<Vec<u8>>>) -> Vec<&'a str> {
    after
        .iter()
        .filter(|(path, bytes)| bytes.is_none() || before.get(*path) != Some(bytes))
        .map(|(path, _)| *path)
        .collect()
}

/// Builds the server for the browser tests and returns the path of the binary.
pub(crate) fn server_for_browsers() -> Result<String> {
    Step::new("build the server", "cargo build --package nightlatch").run()?;
    let binary = workspace::metadata()?.target_directory.join("debug/nightlatch");
    ensure!(
        binary.is_file(),
        "cargo did not leave the server at {}",
        binary.display()
    );
    binary
        .into_os_string()
        .into_string()
        .ok()
        .context("the target directory is not UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_that_changed_or_is_missing_is_stale() {
        let old = BTreeMap::from([
            ("a", Some(vec![1])),
            ("b", None),
            ("c", Some(vec![3])),
            ("d", Some(vec![4])),
        ]);
        let new = BTreeMap::from([
            ("a", Some(vec![2])),
            ("b", Some(vec![2])),
            ("c", None),
            ("d", Some(vec![4])),
        ]);
        assert_eq!(stale(&old, &new), ["a", "b", "c"]);
    }
}
