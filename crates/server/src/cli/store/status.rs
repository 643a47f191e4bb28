//! `nightlatch store status`.

mod view;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use nightlatch_store_postgres::Visit;
use nightlatch_store_sqlite::SqliteStore;

use self::view::View;
use crate::cli::database::is_there;
use crate::cli::{CONFIGURATION, read_config};
use crate::config::StoreKind;
use crate::serve::postgres_options;

/// Say which store it is, and how it stands
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  nightlatch store status --config latch.toml
  nightlatch store status --config latch.toml --json

It only reads: nothing is made or brought up to date, whoever works with the database meanwhile.

Exits with 0 when a server could start with the store as it is, with 78 when not (the output says why) or when the configuration is
wrong, and with 1 when the store cannot be reached.")]
pub(super) struct Args {
    /// The configuration file of the server
    #[arg(long, short, value_name = "FILE")]
    config: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let config = match read_config(&args.config) {
        Ok(config) => config,
        Err(code) => return Ok(code),
    };
    let view = match config.store.kind {
        StoreKind::Memory => bail!("store.kind is `memory`: only the running server knows it; ask GET /readyz"),
        StoreKind::Sqlite => {
            is_there(&config, &args.config, "start the server once, which makes it")?;
            let path = &config.store.path;
            let contents = SqliteStore::contents(path);
            let contents = contents.with_context(|| format!("store.path: {} cannot be used", path.display()))?;
            View::of_sqlite(path, &contents)
        }
        StoreKind::Postgres => {
            let unreachable = "store.url: the database cannot be reached";
            let visit = Visit::pay(&postgres_options(&config.store)?)
                .await
                .context(unreachable)?;
            let server = visit.server().await.context(unreachable)?;
            let findings = visit.findings().await.context(unreachable)?;
            let contents = visit
                .contents()
                .await
                .context("store.url: the database cannot be read")?;
            View::of_postgres(config.store.durability, &server, &findings, contents.as_ref())
        }
    };
    if args.json {
        writeln!(std::io::stdout(), "{:#}", view.json)?;
    } else {
        view.print()?;
    }
    Ok(if view.is_usable {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(CONFIGURATION)
    })
}
