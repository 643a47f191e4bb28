//! The tests that break real servers, each for as long as it takes to meet what happens seldom.

use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::{install, workspace};

/// With the features of everything else, so that nothing is built anew.
const PACKAGE: &str = "-p nightlatch --features nightlatch/envoy-grpc,nightlatch-store/conformance";

/// How long each fault is put in again and again where nobody says otherwise.
const SECONDS: u32 = 60;

/// What a test prints of itself begins so.
const ROW: &str = "| ";

/// Runs one after the other and prints what was found.
pub(crate) fn run(only: Option<&str>, seconds: Option<u32>) -> Result<()> {
    install::databases()?;
    let seconds = seconds.unwrap_or(SECONDS);
    let listed = cargo(&["--list"], seconds)?;
    let tests: Vec<&str> = listed.lines().filter_map(|line| line.strip_suffix(": test")).collect();
    let breaks = |name: &&&str| {
        ["faults::", "rolling::", "push::"]
            .iter()
            .any(|module| name.starts_with(module))
    };
    let wanted = tests
        .iter()
        .filter(breaks)
        .filter(|name| only.is_none_or(|only| name.contains(only)));
    println!(
        "| {:48} | {:>8} | {:>6} | {:>6} | {:>6} | {:>8} | {:>4} | {:>6} | {:>8} |",
        "fault", "requests", "ends", "503", "none", "too late", "lost", "other", "recovery"
    );
    let mut failed = Vec::new();
    for name in wanted {
        match cargo(&["--exact", name, "--nocapture"], seconds) {
            Ok(told) => row(&told),
            Err(error) => {
                println!("{error}");
                failed.push(*name);
            }
        }
    }
    ensure!(failed.is_empty(), "these failed: {}", failed.join(", "));
    Ok(())
}

fn row(told: &str) {
    let rows = told.lines().filter_map(|line| line.find(ROW).map(|at| &line[at..]));
    rows.for_each(|row| println!("{row}"));
}

/// What the tests print.
fn cargo(arguments: &[&str], seconds: u32) -> Result<String> {
    let mut command = Command::new("cargo");
    command.args(["test", "-q"]).args(PACKAGE.split_whitespace());
    command.args(["--test", "cluster", "--"]).args(arguments);
    command
        .env("NIGHTLATCH_FAULT_SECONDS", seconds.to_string())
        .env("RUST_BACKTRACE", "0");
    let output = command
        .current_dir(workspace::root())
        .output()
        .context("cargo cannot be started")?;
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(
        output.status.success(),
        "{told}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(told)
}
