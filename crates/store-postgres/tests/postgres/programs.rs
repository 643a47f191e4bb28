//! Where the programs of the tests are, and who runs them.

use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use nightlatch_programs::Process;
use tempfile::TempDir;

/// What brings the programs where they are missing.
pub(crate) const INSTALL: &str = "cargo xtask test rust, or on Debian: apt-get install postgresql pgbouncer";

/// Debian's `nobody` and `nogroup`. The server and the bouncer refuse to run as root.
const NOBODY: u32 = 65_534;

/// A program of the server. Debian keeps them where no shell looks; the newest counts.
pub(crate) fn postgres(program: &str) -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<(u32, PathBuf)> = versions
        .filter_map(|version| {
            let number = version.file_name().to_str()?.parse().ok()?;
            let path = version.path().join("bin").join(program);
            path.exists().then_some((number, path))
        })
        .collect();
    found.sort_unstable();
    found.pop().map_or_else(|| program.into(), |(_, path)| path)
}

/// A directory for `nobody`, in memory where there is enough: no test waits for a disk, and `fsync` can be on.
pub(crate) fn directory() -> TempDir {
    let mut builder = tempfile::Builder::new();
    builder.prefix("nightlatch-postgres-");
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
pub(crate) fn copy(from: &Path, to: &Path) {
    run(Command::new("cp").arg("-r").arg(from).arg(to));
    if is_root() {
        run(Command::new("chown").args(["-R", "65534:65534"]).arg(to));
    }
}

/// Gives a file or an empty directory to whoever runs the programs.
pub(crate) fn give(path: &Path) {
    if is_root() {
        chown(path, Some(NOBODY), Some(NOBODY)).expect("an owner");
    }
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

/// A command that runs as `nobody` where the test runs as root. It is told to stop when the thread that starts it ends.
pub(crate) fn command(program: &Path) -> Command {
    let setpriv = ["--reuid=65534", "--regid=65534", "--clear-groups"];
    let mut command = Command::new("setpriv");
    if is_root() {
        command.args(setpriv);
    }
    command.args(["--pdeathsig", "INT"]).arg(program).current_dir("/");
    command
}

/// Runs a command to its end.
pub(crate) fn run(command: &mut Command) {
    let output = command.output();
    let output =
        output.unwrap_or_else(|error| panic!("{command:?} cannot be started ({error}); install it: {INSTALL}"));
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {told}");
}

/// Starts a command.
pub(crate) fn start(command: &mut Command) -> Process {
    Process::start(command, INSTALL)
}
