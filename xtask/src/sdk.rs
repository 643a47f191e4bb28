//! The browser bundles that the server carries, and the reference of the npm package: built, and committed.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::step::{Step, WHOLE};
use crate::{install, workspace};

/// Where the bundles lie among other files.
const ASSETS: &str = "crates/server/assets";
const REFERENCE: &str = "docs/reference";

/// Whether the file is made from the sources of the SDK: a script beside the other assets, a part that scripts load on
/// demand, or a page of the reference.
pub(crate) fn is_built(path: &str) -> bool {
    let path = Path::new(path);
    let Ok(name) = path.strip_prefix(ASSETS) else {
        return path.starts_with(REFERENCE);
    };
    name.starts_with("sdk") || (name.components().count() == 1 && name.extension() == Some(OsStr::new("js")))
}

pub(crate) fn build() -> Result<()> {
    bundles()?;
    Step::new("write the reference of the SDK", "npm --prefix sdk run reference").run()
}

/// What the server carries, and what the package has: it is not committed, and the browser tests load it.
pub(crate) fn bundles() -> Result<()> {
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
        "not what the sources in sdk/ give: {}. They are built anew now; look at them and commit them",
        stale.join(", ")
    );
    Ok(())
}

/// Contents by path from the root.
type Files = BTreeMap<String, Vec<u8>>;

fn built() -> Result<Files> {
    let mut files = Files::new();
    for folder in [ASSETS, REFERENCE] {
        read(folder, &mut files).with_context(|| format!("cannot read {folder}"))?;
    }
    Ok(files)
}

fn read(folder: &str, files: &mut Files) -> io::Result<()> {
    for entry in fs::read_dir(workspace::root().join(folder))? {
        let entry = entry?;
        let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            read(&path, files)?;
        } else if is_built(&path) {
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
    Step::new("build the server", &format!("cargo build {WHOLE} --bins")).run()?;
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
    fn scripts_their_parts_and_the_reference_are_built_and_nothing_else_is() {
        let built = ["sdk.js", "worker.js", "frame.js", "signed-out.js", "sdk/part-A1.js"]
            .map(|name| format!("{ASSETS}/{name}"));
        assert!(built.iter().all(|path| is_built(path)));
        assert!(is_built("docs/reference/compat/index.md"));
        let others = ["page.css", "mark.svg", "demo/clock.js"].map(|name| format!("{ASSETS}/{name}"));
        assert!(!others.iter().any(|path| is_built(path)));
        assert!(!is_built("sdk/src/frame.js") && !is_built("docs/sdk.md"));
    }

    #[test]
    fn what_is_built_here_is_found() {
        let files = built().unwrap();
        let scripts = ["sdk.js", "worker.js", "frame.js", "signed-out.js"].map(|name| format!("{ASSETS}/{name}"));
        assert!(
            scripts.iter().all(|path| files.contains_key(path)),
            "{:?}",
            files.keys()
        );
        assert!(files.keys().any(|path| path.starts_with("crates/server/assets/sdk/")));
        assert!(files.contains_key("docs/reference/index.md"));
    }
}
