//! `nightlatch store`: works on the store of a configuration, beside the servers.

mod copy;
mod migrate;
mod restored;
mod status;

use std::process::ExitCode;

/// Look at what keeps the sessions, bring it up to date, move it
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Say which store it is, and how it stands
    Status(status::Args),
    /// Bring the tables to what this version needs
    Migrate(migrate::Args),
    /// Copy an SQLite database with all it holds to PostgreSQL
    Copy(copy::Args),
    /// Say what becomes of the sessions of a database that was put back
    Restored(restored::Args),
}

pub(crate) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.command {
        Command::Status(args) => status::run(&args).await,
        Command::Migrate(args) => migrate::run(&args).await,
        Command::Copy(args) => copy::run(&args).await,
        Command::Restored(args) => restored::run(&args).await,
    }
}
