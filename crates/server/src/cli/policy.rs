//! `nightlatch policy`.

mod adopt;
mod apply;
mod change;
mod differences;
mod document;
mod export;
mod history;
mod plan;
mod replay;
mod restore;
mod show;

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use nightlatch_core::policy::{Policy, PolicyDocument};
use serde_json::Value;

use super::{CONFIGURATION, complain};

/// See what a policy is, what a change would do, and change it
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  nightlatch policy plan latch.toml               what would happen to the sessions that live now
  nightlatch policy apply strict.toml --reason \"audit of May\"
  nightlatch policy show
  nightlatch policy history
  nightlatch policy restore 1 --reason \"too strict\"
  nightlatch policy replay activity.csv --idle 15m --idle 30m
  nightlatch policy export > policy.md            the policy in force, for an auditor")]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Show the policy in force
    Show(show::Args),
    /// Say what a policy would do to the sessions that live now
    Plan(plan::Args),
    /// Put a policy in force, where the server owns it
    Apply(apply::Args),
    /// Show who changed the policy, when, why and what
    History(history::Args),
    /// Bring an earlier policy back, where the server owns it
    Restore(restore::Args),
    /// Hand the policy of a configuration over to the server
    Adopt(adopt::Args),
    /// Write a policy down for an auditor
    Export(export::Args),
    /// Say what a policy would have done to recorded sessions
    Replay(replay::Args),
}

pub(crate) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.command {
        Command::Show(args) => show::run(&args).await,
        Command::Plan(args) => plan::run(&args).await,
        Command::Apply(args) => apply::run(&args).await,
        Command::History(args) => history::run(&args).await,
        Command::Restore(args) => restore::run(&args).await,
        Command::Adopt(args) => adopt::run(&args).await,
        Command::Export(args) => export::run(&args).await,
        Command::Replay(args) => replay::run(&args),
    }
}

/// The policy of a configuration, or a policy on its own; complains about each mistake.
fn read(file: &Path) -> Result<Policy, ExitCode> {
    document::of_file(file).map_err(|mistakes| {
        for mistake in mistakes.lines() {
            complain(format_args!("error: {mistake}"));
        }
        ExitCode::from(CONFIGURATION)
    })
}

fn tell(line: &str) -> anyhow::Result<ExitCode> {
    writeln!(std::io::stdout(), "{line}")?;
    Ok(ExitCode::SUCCESS)
}

fn body(policy: Policy) -> anyhow::Result<Value> {
    let document: PolicyDocument = policy.into_document();
    Ok(serde_json::to_value(document)?)
}
