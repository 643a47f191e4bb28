//! Programs that run beside the measurement: building them, pinning them, what they use of the processor.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, ensure};

/// In which `/proc` counts processor time; the same on every Linux.
const TICK: Duration = Duration::from_millis(10);

/// The programs of this workspace, in one directory.
#[derive(Debug)]
pub(crate) struct Programs(PathBuf);

impl Programs {
    /// Those beside this one.
    pub(crate) fn as_built() -> anyhow::Result<Self> {
        let this = std::env::current_exe().context("cannot tell where this program is")?;
        Ok(Self(this.parent().context("this program is nowhere")?.to_owned()))
    }

    /// The same, built from the present state of the sources.
    pub(crate) fn build() -> anyhow::Result<Self> {
        // Asked first: a program that is built anew is nowhere afterwards.
        let programs = Self::as_built()?;
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args([
            "build",
            "--release",
            "--quiet",
            "--bins",
            "-p",
            "nightlatch",
            "-p",
            "nightlatch-bench",
        ]);
        let built = cargo
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .status()
            .context("cannot start cargo")?;
        ensure!(built.success(), "cargo build failed");
        Ok(programs)
    }

    /// The server.
    pub(crate) fn product(&self) -> PathBuf {
        self.0.join("nightlatch")
    }

    /// This program.
    pub(crate) fn bench(&self) -> PathBuf {
        self.0.join("nightlatch-bench")
    }

    /// The one that counts allocations.
    pub(crate) fn counted(&self) -> PathBuf {
        self.0.join("bench-counted")
    }
}

/// Runs a program to its end and reads the JSON it prints.
pub(crate) fn ask(program: &Path, arguments: &[&str]) -> anyhow::Result<serde_json::Value> {
    let output = Command::new(program).args(arguments).stderr(Stdio::inherit()).output();
    let output = output.with_context(|| format!("cannot start {}", program.display()))?;
    ensure!(output.status.success(), "{} failed", program.display());
    serde_json::from_slice(&output.stdout).with_context(|| format!("{} printed no JSON", program.display()))
}

/// A program that runs until this is dropped.
#[derive(Debug)]
pub(crate) struct Process(Child);

impl Process {
    /// Starts a program on one CPU. What it prints is the caller's to read.
    pub(crate) fn pinned<A: AsRef<OsStr>>(
        cpu: usize,
        program: &Path,
        arguments: impl IntoIterator<Item = A>,
    ) -> anyhow::Result<(Self, ChildStdout)> {
        let mut command = Command::new("taskset");
        command
            .args(["--cpu-list", &cpu.to_string()])
            .arg(program)
            .args(arguments);
        let mut child = command.stdout(Stdio::piped()).spawn().context(TASKSET)?;
        let stdout = child.stdout.take().context("the program has no standard output")?;
        Ok((Self(child), stdout))
    }

    /// User and system time so far.
    pub(crate) fn cpu_time(&self) -> anyhow::Result<Duration> {
        cpu_time(&self.0.id().to_string())
    }

    /// The most memory it has had so far, in bytes.
    pub(crate) fn peak_bytes(&self) -> anyhow::Result<u64> {
        memory(&self.0.id().to_string(), "VmHWM")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself; whoever waits for it has noticed.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

const TASKSET: &str = "cannot start `taskset`; it is in the package `util-linux`";

/// Keeps this process on one CPU until it is dropped.
#[derive(Debug)]
pub(crate) struct Pinned {
    before: String,
}

impl Pinned {
    pub(crate) fn to(cpu: usize) -> anyhow::Result<Self> {
        let told = Command::new("taskset")
            .args(["--cpu-list", "--pid", &own_id()])
            .output()
            .context(TASKSET)?;
        let told = String::from_utf8_lossy(&told.stdout).into_owned();
        let before = told
            .rsplit(": ")
            .next()
            .context("taskset says nothing")?
            .trim()
            .to_owned();
        pin(&cpu.to_string())?;
        Ok(Self { before })
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        let _ = pin(&self.before);
    }
}

fn pin(cpus: &str) -> anyhow::Result<()> {
    let pinned = Command::new("taskset")
        .args(["--all-tasks", "--cpu-list", "--pid", cpus, &own_id()])
        .output();
    ensure!(
        pinned.context(TASKSET)?.status.success(),
        "cannot run on CPU {cpus}: the measurement needs two CPUs"
    );
    Ok(())
}

fn own_id() -> String {
    std::process::id().to_string()
}

/// User and system time of this process so far.
pub(crate) fn own_cpu_time() -> anyhow::Result<Duration> {
    cpu_time("self")
}

fn cpu_time(process: &str) -> anyhow::Result<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).context("a measured program has ended")?;
    // The name, in brackets, may hold spaces; user and system time are the 12th and 13th field behind it.
    let behind_the_name = stat.rsplit(')').next().unwrap_or_default();
    ticks(behind_the_name.split_whitespace().skip(11).take(2))
}

/// User, nice and system time of the whole machine so far.
pub(crate) fn machine_cpu_time() -> anyhow::Result<Duration> {
    let stat = std::fs::read_to_string("/proc/stat").context("cannot read /proc/stat")?;
    ticks(stat.split_whitespace().skip(1).take(3))
}

fn ticks<'a>(counts: impl Iterator<Item = &'a str>) -> anyhow::Result<Duration> {
    let counts: Vec<u32> = counts
        .map(str::parse)
        .collect::<Result<_, _>>()
        .context("/proc counts differently")?;
    Ok(TICK * counts.iter().sum())
}

/// Resident memory of this process, in bytes.
pub(crate) fn resident_bytes() -> anyhow::Result<u64> {
    memory("self", "VmRSS")
}

fn memory(process: &str, field: &str) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).context("a measured program has ended")?;
    let value = status
        .lines()
        .find_map(|line| line.strip_prefix(field)?.strip_prefix(':'))
        .with_context(|| format!("no {field} in /proc"))?;
    let kibibytes: u64 = value
        .trim()
        .trim_end_matches(" kB")
        .parse()
        .with_context(|| format!("{field} is no number"))?;
    Ok(kibibytes * 1024)
}
