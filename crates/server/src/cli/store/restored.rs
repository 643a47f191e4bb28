//! `nightlatch store restored`.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::ValueEnum;
use nightlatch_core::session::EndReason;
use nightlatch_core::time::Span;
use nightlatch_engine::clock::Clock;
use nightlatch_store::nodes::Nodes;
use nightlatch_store::{Changes as _, End, Filter, Selector, Sessions as _};
use nightlatch_store_postgres::PostgresStore;

use crate::cli::confirm;
use crate::cli::read_config;
use crate::config::StoreKind;
use crate::serve::open_postgres;

/// As the audit names whoever ends sessions here.
const ACTOR: &str = "cli:store-restored";
/// A node that has said nothing for so long is gone.
const GONE_AFTER: Span = Span::from_secs(30);
/// So many end in one transaction.
const AT_ONCE: usize = 500;

/// Say what becomes of the sessions of a database that was put back
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  nightlatch store restored --sessions end --config latch.toml
  nightlatch store restored --sessions keep --config latch.toml

A database that was put back to an earlier time knows nothing of the ends since: whoever was signed out then would be signed in again.
A server does not start on one before this was run, where it can tell: when a base backup was opened for writing (a new timeline), when
it is another server (a new system identifier), or when a dump was read in (new tables), and the database has heard of nothing for more
than five minutes. It cannot tell when the directory of the data, or its disk, was copied while the server stood still and was put back
as it was. Run this then by yourself, before the first node starts.

end ends every session, with the reason `admin`; the audit names cli:store-restored. keep leaves them as they are: for a standby that
took over, or a server that was moved, while no node was there for minutes. Both begin the life that the database is in with an empty
change log. Stop all nodes first.

Exits with 1 when nothing was done, or not all; then run it again.")]
pub(super) struct Args {
    /// The configuration file of the server
    #[arg(long, short, value_name = "FILE")]
    config: PathBuf,
    /// What becomes of them
    #[arg(long, value_enum)]
    sessions: Fate,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Fate {
    /// All end
    End,
    /// They stay as they are
    Keep,
}

pub(super) async fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let config = match read_config(&args.config) {
        Ok(config) => config,
        Err(code) => return Ok(code),
    };
    if config.store.kind != StoreKind::Postgres {
        bail!(
            "store.kind is not `postgres`: start the server, and end the sessions of a copy that was put back with nightlatch sessions \
             end --all --yes"
        );
    }
    let store = open_postgres(&config.store).await?;
    let nodes = Nodes::list(&store).await?;
    let there = nodes.iter().filter(|node| node.silent_for < GONE_AFTER);
    let there: Vec<_> = there.map(|node| &*node.name).collect();
    if !there.is_empty() {
        bail!(
            "nodes work with the database, or did within {GONE_AFTER}: {}; stop them and run this again",
            there.join(", ")
        );
    }
    let told = match args.sessions {
        Fate::End => {
            let ended = end_all(&store)
                .await
                .context("not all sessions have ended; run this again")?;
            format!("{} ended", confirm::sessions(ended))
        }
        Fate::Keep => "the sessions stay as they are".to_owned(),
    };
    store.begin_life().await.context("run this again")?;
    writeln!(
        std::io::stdout(),
        "{}: {told}; servers can start.",
        config.store.place()
    )?;
    Ok(ExitCode::SUCCESS)
}

async fn end_all(store: &PostgresStore) -> anyhow::Result<u64> {
    let end = End {
        reason: EndReason::Admin,
        at: Clock::system(store.latest_instant().await?).now(),
        actor: ACTOR.into(),
    };
    let all = Selector::Matching(Filter::default());
    let mut count = 0;
    loop {
        let ended = store.end(&all, &end, AT_ONCE).await?;
        count += ended.len() as u64;
        if ended.is_empty() {
            return Ok(count);
        }
    }
}
