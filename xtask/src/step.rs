//! One command of a longer run: announced, timed, and named when it fails.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::workspace;

/// Everything there is, as every step builds it: with other features cargo would build it anew at every turn.
pub(crate) const WHOLE: &str = "--workspace --features nightlatch/envoy-grpc,nightlatch-store/conformance";

/// A command line that runs in the root of the repository with its output passed through.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    name: &'static str,
    directory: PathBuf,
    env: Vec<(&'static str, String)>,
    words: Vec<String>,
}

impl Step {
    /// The words of `line` are separated by blanks; none of them can contain one.
    pub(crate) fn new(name: &'static str, line: &str) -> Self {
        Self {
            name,
            directory: workspace::root().to_owned(),
            env: Vec::new(),
            words: line.split_whitespace().map(ToOwned::to_owned).collect(),
        }
    }

    pub(crate) fn env(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.env.push((key, value.into()));
        self
    }

    /// Runs in another directory than the root, for programs that leave things where they are called.
    pub(crate) fn within(mut self, directory: &Path) -> Self {
        directory.clone_into(&mut self.directory);
        self
    }

    /// Runs the command under a heading and prints how long it took.
    pub(crate) fn run(&self) -> Result<()> {
        heading(self.name);
        println!("$ {self}");
        let (status, took) = timed(|| self.command().status());
        let status = status.with_context(|| format!("cannot start: {self}"))?;
        ensure!(
            status.success(),
            "step \"{}\" failed ({status}); its command line:\n    {self}",
            self.name
        );
        closing(self.name, took);
        Ok(())
    }

    /// Runs the command unseen and tells whether it succeeded.
    pub(crate) fn succeeds(&self) -> bool {
        self.command().output().is_ok_and(|output| output.status.success())
    }

    /// The first line the command prints, if it succeeds.
    pub(crate) fn first_line(&self) -> Option<String> {
        let output = self.command().output().ok().filter(|output| output.status.success())?;
        String::from_utf8(output.stdout)
            .ok()?
            .lines()
            .next()
            .map(|line| line.trim().to_owned())
    }

    fn command(&self) -> Command {
        let mut words = self.words.iter();
        let mut command = Command::new(words.next().map_or("", String::as_str));
        command
            .args(words)
            .envs(self.env.iter().map(|(key, value)| (key, value)))
            .current_dir(&self.directory);
        command
    }
}

/// The line as it can be pasted into a shell.
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (key, value) in &self.env {
            write!(f, "{key}=\"{value}\" ")?;
        }
        f.write_str(&self.words.join(" "))
    }
}

pub(crate) fn heading(name: &str) {
    println!("\n=== {name}");
}

pub(crate) fn closing(name: &str, took: Duration) {
    println!("--- {name}: {:.1} s", took.as_secs_f64());
}

/// What `work` returns and how long it took.
#[expect(
    clippy::disallowed_methods,
    reason = "shows a developer how long a step took; nothing is decided by it"
)]
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = work();
    (result, start.elapsed())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_prints_as_a_line_for_the_shell() {
        let step = Step::new("loom", "cargo  test --release").env("RUSTFLAGS", "--cfg loom");
        assert_eq!(step.to_string(), r#"RUSTFLAGS="--cfg loom" cargo test --release"#);
    }

    #[test]
    fn a_failing_step_names_itself_and_its_command_line() {
        let error = Step::new("nothing works", "cargo no-such-subcommand")
            .run()
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("nothing works") && error.contains("cargo no-such-subcommand"),
            "{error}"
        );
    }

    #[test]
    fn the_first_line_is_had_from_a_success_alone() {
        assert!(
            Step::new("", "cargo --version")
                .first_line()
                .unwrap()
                .starts_with("cargo ")
        );
        assert_eq!(Step::new("", "cargo no-such-subcommand").first_line(), None);
    }
}
