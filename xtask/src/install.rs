//! Puts the programs in place that the tests need, and says so.

mod debian;
mod python;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Result, bail};

use self::python::proxies;
pub(crate) use self::python::{applications, fuzzing, schemathesis};
use crate::step::Step;
use crate::workspace;

const NODE_MAJOR: u32 = 20;

/// What the browser tests start, and the Debian packages it comes in. Packages and programs differ in name.
const BROWSERS: [(&str, &str); 5] = [
    ("chromium", "chromium"),
    ("chromedriver", "chromium-driver"),
    ("firefox-esr", "firefox-esr"),
    ("WebKitWebDriver", "webkit2gtk-driver"),
    ("Xvfb", "xvfb"),
];

/// What the gateway tests start, and the Debian packages it comes in.
const PROXIES: [(&str, &str); 4] = [
    ("nginx", "nginx-light"),
    ("caddy", "caddy"),
    ("haproxy", "haproxy"),
    ("apache2", "apache2"),
];

/// What the tests of the store on PostgreSQL start. Debian keeps the programs of the server where no shell looks.
const DATABASES: [(&str, &str); 2] = [("postgres", "postgresql"), ("pgbouncer", "pgbouncer")];

/// The servers of the tests of stores.
pub(crate) fn databases() -> Result<()> {
    debian::install(
        &packages_of_missing(&DATABASES, has_server),
        "the tests of the store on PostgreSQL start servers of their own",
    )
}

fn has_server(program: &str) -> bool {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions = versions.map(|version| version.path().join("bin").join(program));
    has(program) || Path::new("/usr/sbin").join(program).exists() || versions.any(|path| path.exists())
}

/// The browsers of the browser tests, and what drives them.
pub(crate) fn browsers() -> Result<()> {
    debian::install(
        &packages_of_missing(&BROWSERS, has),
        "the browser tests drive Chromium, Firefox and WebKitGTK",
    )
}

/// The proxies of the gateway tests; answers the directory of those that are not in the search path.
pub(crate) fn gateways() -> Result<PathBuf> {
    debian::install(
        &packages_of_missing(&PROXIES, has),
        "the gateway tests start nginx, Caddy, HAProxy and Apache",
    )?;
    proxies()
}

/// The packages of the programs that are not there.
fn packages_of_missing(wanted: &[(&str, &'static str)], is_there: impl Fn(&str) -> bool) -> Vec<&'static str> {
    let missing = wanted.iter().filter(|(program, _)| !is_there(program));
    missing.map(|(_, package)| *package).collect()
}

/// Node and the packages of `sdk/` at the versions of its lockfile.
pub(crate) fn node_modules() -> Result<()> {
    node()?;
    let sdk = workspace::root().join("sdk");
    // npm writes this file last, so an interrupted installation counts as missing.
    let installed = modified(&sdk.join("node_modules/.package-lock.json"));
    if installed.is_some() && installed >= modified(&sdk.join("package-lock.json")) {
        return Ok(());
    }
    println!("sdk/node_modules is missing or older than sdk/package-lock.json: installing it");
    Step::new(
        "install the packages of the SDK",
        "npm --prefix sdk ci --no-audit --no-fund",
    )
    .run()
}

pub(crate) fn cargo_deny() -> Result<()> {
    if has("cargo-deny") {
        return Ok(());
    }
    println!("cargo-deny checks licences and dependencies and is missing: building it takes some minutes");
    Step::new("install cargo-deny", "cargo install --locked cargo-deny").run()
}

/// Whether the shell would find `program`.
pub(crate) fn has(program: &str) -> bool {
    let found = Command::new("sh").args(["-c", "command -v \"$0\"", program]).output();
    found.is_ok_and(|output| output.status.success())
}

fn node() -> Result<()> {
    let version = Step::new("ask Node for its version", "node --version").first_line();
    match version.as_deref().map(major) {
        Some(Some(major)) if major >= NODE_MAJOR && has("npm") => Ok(()),
        _ => bail!(
            "the SDK is built with Node {NODE_MAJOR} or newer and its npm; found: {}. Install it from https://nodejs.org",
            version.as_deref().unwrap_or("none")
        ),
    }
}

/// The 20 of `v20.1.0`.
fn major(version: &str) -> Option<u32> {
    version.strip_prefix('v')?.split('.').next()?.parse().ok()
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|metadata| metadata.modified()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_of_node_is_read() {
        assert_eq!(major("v20.11.1"), Some(20));
        assert_eq!(major("20.11.1"), None);
        assert_eq!(major("v"), None);
    }

    #[test]
    fn packages_are_asked_for_by_their_own_names() {
        assert!(packages_of_missing(&BROWSERS, |_| true).is_empty());
        let without_webkit = packages_of_missing(&BROWSERS, |program| !program.starts_with('W'));
        assert_eq!(without_webkit, ["webkit2gtk-driver"]);
    }

    #[test]
    fn programs_are_looked_for_in_the_search_path() {
        assert!(has("cargo"));
        assert!(!has("nightlatch-no-such-program"));
    }
}
