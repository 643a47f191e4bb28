//! The browser bundles that the server carries.

use std::collections::BTreeMap;
use std::fs;
use std::io;

use anyhow::{Context, Result, ensure};

use crate::step::Step;
use crate::{install, workspace};

/// Where the build of the SDK leaves what the server carries, among other files.
const ASSETS: &str = "crates/server/assets";

/// Whether the file is output of that build: a script beside the other assets, or a part that scripts load on demand.
pub(crate) fn is_built(path: &str) -> bool {
    path.strip_prefix(ASSETS)
        .and_then(|path| path.strip_prefix('/'))
        .is_some_and(|name| name.starts_with("sdk/") || (!name.contains('/') && name.ends_with(".js")))
}

pub(crate) fn build() -> Result<()> {
    install::node_modules()?;
    Step::new("build the SDK", "npm --prefix sdk run build").run()
}

/// Builds everything again and fails where the tree held something else than what the sources give.
pub(crate) fn is_fresh() -> Result<()> {
    let before = built()?;
    build()?;
    let after = built()?;
    let stale = stale(&before, &after);
    ensure!(
        stale.is_empty(),
        "not what the sources in sdk/ give: {}. They are rebuilt now; look at them and commit them",
        stale.join(", ")
    );
    Ok(())
}

type Files = BTreeMap<String, Vec<u8>>;

fn built() -> Result<Files> {
    let mut files = Files::new();
    for folder in [ASSETS.to_owned(), format!("{ASSETS}/sdk")] {
        read(&folder, &mut files).with_context(|| format!("cannot read {folder}"))?;
    }
    Ok(files)
}

/// What the build left directly in `folder`, which is a path from the root.
fn read(folder: &str, files: &mut Files) -> io::Result<()> {
    let absolute = workspace::root().join(folder);
    if !absolute.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(&absolute)? {
        let entry = entry?;
        let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
        if is_built(&path) && entry.file_type()?.is_file() {
            files.insert(path, fs::read(entry.path())?);
        }
    }
    Ok(())
}

/// The files that differ, are missing, or are left over from sources that are gone.
fn stale<'a>(before: &'a Files, after: &'a Files) -> Vec<&'a str> {
    let left_over = before.keys().filter(|path| !after.contains_key(*path));
    let differ = after
        .iter()
        .filter(|(path, bytes)| before.get(*path) != Some(bytes))
        .map(|(path, _)| path);
    left_over.chain(differ).map(String::as_str).collect()
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
    fn a_file_that_differs_is_missing_or_is_left_over_is_stale() {
        let files = |entries: &[(&str, u8)]| -> Files {
            entries
                .iter()
                .map(|(path, byte)| ((*path).to_owned(), vec![*byte]))
                .collect()
        };
        let before = files(&[("a", 1), ("c", 3), ("d", 4)]);
        let after = files(&[("a", 2), ("b", 2), ("d", 4)]);
        assert_eq!(stale(&before, &after), ["c", "a", "b"]);
    }

    #[test]
    fn scripts_and_their_parts_are_built_and_other_assets_are_not() {
        let built = ["sdk.js", "worker.js", "frame.js", "sdk/part-A1.js", "sdk/part-A1.css"];
        assert!(built.iter().all(|name| is_built(&format!("{ASSETS}/{name}"))));
        let others = ["page.css", "mark.svg", "demo/clock.js"];
        assert!(!others.iter().any(|name| is_built(&format!("{ASSETS}/{name}"))));
        assert!(!is_built("sdk/src/frame.js"));
    }

    #[test]
    fn the_scripts_of_the_server_are_found() {
        let files = built().unwrap();
        for name in ["sdk.js", "worker.js", "frame.js"] {
            assert!(files.contains_key(&format!("{ASSETS}/{name}")), "{name}");
        }
        assert!(files.keys().any(|path| path.starts_with(&format!("{ASSETS}/sdk/"))));
    }
}
