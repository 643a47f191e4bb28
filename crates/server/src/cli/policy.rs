//! `nightlatch policy`.

mod replay;

use std::process::ExitCode;

/// Choose a policy by what it would do
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  nightlatch policy replay activity.csv --idle 15m --idle 30m")]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Say what a policy would have done to recorded sessions
    Replay(replay::Args),
}

pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.command {
        Command::Replay(args) => replay::run(&args),
    }
}
