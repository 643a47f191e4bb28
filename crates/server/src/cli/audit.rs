//! `nightlatch audit`.

mod export;
mod page;
mod show;

use std::process::ExitCode;

/// Show and export what happened
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Show the audit, oldest first
    Show(show::Args),
    /// Write the whole audit as JSON lines
    Export(export::Args),
}

pub(crate) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.command {
        Command::Show(args) => show::run(&args).await,
        Command::Export(args) => export::run(&args).await,
    }
}
