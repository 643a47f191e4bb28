//! `nightlatch policy replay` as people and scripts call it.

#[path = "replay/document.rs"]
mod document;
#[path = "replay/office.rs"]
mod office;
#[path = "replay/report.rs"]
mod report;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Runs `nightlatch policy replay` in a directory, with nothing of this machine's terminal.
fn replay(directory: &Path, arguments: &[&str], input: &str, locale: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_nightlatch"))
        .args(["policy", "replay"])
        .args(arguments)
        .current_dir(directory)
        .env_remove("LC_ALL")
        .env_remove("LC_CTYPE")
        .env("LANG", locale)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut stdin = child.stdin.take().expect("piped");
    let input = input.to_owned();
    // A command that reads no input may have closed it already.
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()).is_ok());
    let output = child.wait_with_output().expect("the output");
    writer.join().expect("the writer");
    output
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
