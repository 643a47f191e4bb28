//! A command with text on its standard input, run to its end.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

/// Runs a command with `input` on its standard input.
///
/// # Panics
/// Where it cannot be started.
pub fn run(command: &mut Command, input: &str) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("piped");
    let input = input.to_owned();
    // A command that reads no input may have closed it already.
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()).is_ok());
    let output = child.wait_with_output().expect("the output");
    writer.join().expect("the writer");
    output
}
