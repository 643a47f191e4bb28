//! `nightlatch policy replay` as people and scripts call it.

#[path = "replay/document.rs"]
mod document;
#[path = "replay/office.rs"]
mod office;
#[path = "replay/report.rs"]
mod report;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Runs `nightlatch policy replay` in a directory, with nothing of this machine's terminal.
fn replay(directory: &Path, arguments: &[&str], input: &str, locale: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nightlatch"));
    command
        .args(["policy", "replay"])
        .args(arguments)
        .current_dir(directory)
        .env_remove("LC_ALL")
        .env_remove("LC_CTYPE")
        .env("LANG", locale);
    nightlatch_programs::run(&mut command, input)
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("UTF-8")
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn here() -> &'static Path {
    Path::new(".")
}
