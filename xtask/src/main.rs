//! The developer commands: `cargo xtask --help` lists them.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line tool talks to a terminal"
)]

mod faults;
mod install;
mod lint;
mod real_faults;
mod sdk;
mod step;
mod test;
mod tidy;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

#[derive(Parser)]
#[command(
    name = "cargo xtask",
    about = "The developer commands of nightlatch",
    disable_help_subcommand = true
)]
enum Command {
    /// Run all tests, or one part of them; installs what they need first
    Test {
        /// The part to run; all of them when left out
        part: Option<test::Part>,
    },
    /// Check format, lints, documentation and dependencies
    Lint,
    /// Everything that has to pass before a change is merged: lint, then test
    Ci,
    /// Build the browser bundles that the server carries, and the reference of the SDK
    Sdk,
    /// Put one deliberate fault after the other into a copy of the sources, and let the simulation of several nodes find it
    Faults {
        /// Only those whose name contains this
        name: Option<String>,
    },
    /// Break three real nodes and their database in one way after the other, under load, and hold what clients saw against what is promised
    RealFaults {
        /// Only those whose name contains this
        name: Option<String>,
        /// How long each goes on
        #[arg(long)]
        seconds: Option<u32>,
    },
    /// Check the house rules and print the sizes of the source files
    Tidy,
}

fn main() -> ExitCode {
    match run(&Command::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nFAILED");
            error.chain().for_each(|cause| eprintln!("  {cause}"));
            ExitCode::FAILURE
        }
    }
}

fn run(command: &Command) -> Result<()> {
    match command {
        Command::Test { part } => test::run(*part),
        Command::Lint => lint::run(),
        Command::Ci => lint::run().and_then(|()| test::run(None)),
        Command::Sdk => sdk::build(),
        Command::Faults { name } => faults::run(name.as_deref()),
        Command::RealFaults { name, seconds } => real_faults::run(name.as_deref(), *seconds),
        Command::Tidy => tidy::run(),
    }
}
