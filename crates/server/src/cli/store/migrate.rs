//! `nightlatch store migrate`.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use nightlatch_core::time::Instant;
use nightlatch_engine::clock::Clock;
use nightlatch_store::Migration;
use nightlatch_store_postgres::PostgresStore;
use nightlatch_store_sqlite::SqliteStore;

use crate::cli::database::is_there;
use crate::cli::read_config;
use crate::config::{Config, StoreKind};
use crate::serve::postgres_options;

/// Bring the tables to what this version needs
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  nightlatch store migrate --config latch.toml --dry-run
  nightlatch store migrate --config latch.toml

Every start of a server does the same by itself. This is for those who want to choose the moment: large tables take a while. All of it
is one transaction. Make a backup first: an older version may not start on what a newer one has made.

Exits with 1 when the database cannot be used: it is not there, belongs to another program, or was made by a newer version.")]
pub(super) struct Args {
    /// The configuration file of the server
    #[arg(long, short, value_name = "FILE")]
    config: PathBuf,
    /// Only say what that would do
    #[arg(long, visible_alias = "check")]
    dry_run: bool,
}

pub(super) async fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let config = match read_config(&args.config) {
        Ok(config) => config,
        Err(code) => return Ok(code),
    };
    let clock = Clock::system(Instant::default());
    let begun = clock.uptime();
    let migration = migrate(&config, args).await?;
    let took = clock.uptime().since(begun);
    let place = config.store.place();
    let Migration { from, to } = migration;
    let told = match (migration.is_needed(), args.dry_run) {
        (false, _) => format!("{place}: schema {to}; there is nothing to do."),
        (true, true) if from == 0 => format!("{place}: empty; it would get schema {to}."),
        (true, true) => format!("{place}: schema {from}; it would become schema {to}."),
        (true, false) if from == 0 => format!("{place}: was empty, has schema {to} now; that took {took}."),
        (true, false) => format!("{place}: schema {from} has become schema {to}; that took {took}."),
    };
    writeln!(std::io::stdout(), "{told}")?;
    Ok(ExitCode::SUCCESS)
}

async fn migrate(config: &Config, args: &Args) -> anyhow::Result<Migration> {
    match config.store.kind {
        StoreKind::Memory => bail!("store.kind is `memory`: nothing is kept, so there are no tables"),
        StoreKind::Postgres => {
            let options = postgres_options(&config.store)?;
            let migration = if args.dry_run {
                PostgresStore::migration(&options).await
            } else {
                PostgresStore::migrate(&options).await
            };
            migration.context("store.url: the database cannot be used")
        }
        StoreKind::Sqlite => {
            is_there(config, &args.config, "start the server once, which makes it")?;
            let path = &config.store.path;
            let migration = if args.dry_run {
                SqliteStore::migration(path)
            } else {
                SqliteStore::migrate(path)
            };
            migration.with_context(|| format!("store.path: {} cannot be used", path.display()))
        }
    }
}
