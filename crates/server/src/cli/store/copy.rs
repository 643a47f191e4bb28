//! `nightlatch store copy`.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use nightlatch_core::time::Instant;
use nightlatch_engine::clock::Clock;
use nightlatch_store::portable::{self, Counts, PAGE, Source as _};
use nightlatch_store_postgres::Receiver;
use nightlatch_store_sqlite::Giver;

use crate::cli::line::Line;
use crate::cli::read_config;
use crate::config::StoreKind;
use crate::serve::postgres_options;

/// Copy an SQLite database with all it holds to PostgreSQL
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  nightlatch store copy nightlatch.db --config latch.toml

Everything is copied: sessions, also those that are over, the audit with its numbers, policies, applications, API keys, and the secret
that draft keys are derived from. Nobody has to sign in again: a token is known by its digest, which is copied.

To move: stop the server; write [store] kind = \"postgres\" and its url into the configuration; run this; start the server. The SQLite
database is only read and stays as it is; no server can start on it meanwhile. The database of the configuration has to be empty, and
no server starts on it before everything has arrived and was counted. A copy that is stopped is repeated: it goes on where it was, or
begins again if a server has worked with the SQLite database since.

Exits with 1 when nothing was copied, or not all.")]
pub(super) struct Args {
    /// The SQLite database to copy
    #[arg(value_name = "DATABASE")]
    database: PathBuf,
    /// The configuration file with the PostgreSQL to copy it to
    #[arg(long, short, value_name = "FILE")]
    config: PathBuf,
}

pub(super) async fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let config = match read_config(&args.config) {
        Ok(config) => config,
        Err(code) => return Ok(code),
    };
    let database = args.database.display();
    if config.store.kind != StoreKind::Postgres {
        bail!(
            "{}: store.kind: the copy goes to a PostgreSQL; write kind = \"postgres\" and its url",
            args.config.display()
        );
    }
    if !args.database.is_file() {
        bail!("there is no database at {database}; it is what store.path named");
    }
    let source = Giver::open(&args.database).with_context(|| format!("{database} cannot be copied"))?;
    let all = source
        .head()
        .await
        .with_context(|| format!("{database} cannot be copied"))?
        .counts;
    let target = Receiver::connect(&postgres_options(&config.store)?).await;
    let target = target.context("store.url: the database cannot be used")?;

    let clock = Clock::system(Instant::default());
    let begun = clock.uptime();
    let line = Line::on_terminal();
    let copied = portable::copy(&source, &target, PAGE, |arrived| {
        line.say(&bar(arrived.sum(), all.sum()));
    })
    .await;
    line.say("");
    let Counts {
        sessions,
        audit,
        claims: _,
    } = copied
        .with_context(|| format!("{database} is not copied; run the same command again when this is mended"))?
        .counts;
    writeln!(
        std::io::stdout(),
        "{database}: {sessions} sessions and {audit} audit records are in {} now, counted; that took {}.",
        config.store.place(),
        clock.uptime().since(begun),
    )?;
    Ok(ExitCode::SUCCESS)
}

/// How wide a bar is.
const WIDTH: u64 = 40;

fn bar(arrived: u64, all: u64) -> String {
    let done = arrived.min(all).saturating_mul(WIDTH).checked_div(all).unwrap_or(WIDTH);
    let (done, rest) = (
        usize::try_from(done).unwrap_or(0),
        usize::try_from(WIDTH - done).unwrap_or(0),
    );
    format!("[{}{}] {arrived} of {all}", "=".repeat(done), " ".repeat(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_long_as_what_is_done() {
        let done = |arrived, all| bar(arrived, all).matches('=').count();
        assert_eq!(
            [done(0, 80), done(2, 80), done(40, 80), done(80, 80), done(90, 80)],
            [0, 1, 20, 40, 40]
        );
        assert_eq!(done(0, 0), 40, "nothing is all there is");
    }
}
