//! Programs that refuse to run as root run as nobody.

use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

/// Debian's `nobody` and `nogroup`.
const NOBODY: u32 = 65_534;

/// A directory for `nobody`, in memory where there is enough: no test waits for a disk, and `fsync` can be on.
///
/// # Panics
/// Where it cannot be made.
#[must_use]
pub fn directory(prefix: &str) -> TempDir {
    let mut builder = tempfile::Builder::new();
    builder.prefix(prefix);
    let directory = if has_room(MEMORY) {
        builder.tempdir_in(MEMORY)
    } else {
        builder.tempdir()
    };
    let directory = directory.expect("a directory");
    give(directory.path());
    directory
}

const MEMORY: &str = "/dev/shm";
/// Kilobytes that some servers at once surely do not fill. Containers often have no more than 64 MB there.
const ROOM: u64 = 2_000_000;

fn has_room(directory: &str) -> bool {
    let told = Command::new("df").args(["-k", "--output=avail", directory]).output();
    let text = told.map(|told| String::from_utf8_lossy(&told.stdout).into_owned());
    text.is_ok_and(|text| {
        text.lines()
            .last()
            .is_some_and(|last| last.trim().parse().is_ok_and(|free: u64| free > ROOM))
    })
}

/// Copies a directory for whoever runs the programs. They may not see where it comes from.
///
/// # Panics
/// Where that fails.
pub fn copy(from: &Path, to: &Path, install: &str) {
    run(Command::new("cp").arg("-r").arg(from).arg(to), install);
    if is_root() {
        run(Command::new("chown").args(["-R", "65534:65534"]).arg(to), install);
    }
}

/// Gives a file or an empty directory to whoever runs the programs.
///
/// # Panics
/// Where that fails.
pub fn give(path: &Path) {
    if is_root() {
        chown(path, Some(NOBODY), Some(NOBODY)).expect("an owner");
    }
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

/// A command that runs as `nobody` where this runs as root. It is told to stop when the thread that starts it ends.
#[must_use]
pub fn command(program: &Path) -> Command {
    let setpriv = ["--reuid=65534", "--regid=65534", "--clear-groups"];
    let mut command = Command::new("setpriv");
    if is_root() {
        command.args(setpriv);
    }
    command.args(["--pdeathsig", "INT"]).arg(program).current_dir("/");
    command
}

/// Runs a command to its end; answers what it printed. `install` is the command that brings it where it is missing.
///
/// # Panics
/// Where it cannot be started or fails.
pub fn run(command: &mut Command, install: &str) -> String {
    let output = command.output();
    let output =
        output.unwrap_or_else(|error| panic!("{command:?} cannot be started ({error}); install it: {install}"));
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {told}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
