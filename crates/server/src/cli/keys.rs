//! `nightlatch keys`: works on the store of a configuration, whether the server runs or not.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use nightlatch_core::time::Instant;
use nightlatch_engine::audit::{AuditEntry, AuditKind};
use nightlatch_engine::clock::Clock;
use nightlatch_engine::store::{Created, Store};

use crate::config::{Config, StoreKind};
use crate::management::keys::new_key;
use crate::management::rfc3339::rfc3339;
use crate::serve::open_store;

/// Make and revoke keys to the management API
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  nightlatch keys create billing --config latch.toml
  nightlatch keys list --config latch.toml
  nightlatch keys revoke billing --config latch.toml

A running server knows a new key at once and refuses a revoked one within a second.")]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Make a key and print its secret, which is never shown again
    Create(Named),
    /// List the keys by name
    List(Of),
    /// Revoke a key
    Revoke(Named),
}

#[derive(Debug, clap::Args)]
struct Of {
    /// The configuration file of the server
    #[arg(long, short, value_name = "FILE")]
    config: PathBuf,
}

#[derive(Debug, clap::Args)]
struct Named {
    /// What the audit calls its holder: letters, digits, `-`, `_` and `.`
    name: String,
    #[command(flatten)]
    of: Of,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let (Command::Create(Named { of, .. }) | Command::Revoke(Named { of, .. }) | Command::List(of)) = &args.command;
    let config = match super::read_config(&of.config) {
        Ok(config) => config,
        Err(code) => return Ok(code),
    };
    let store = lasting_store(&config)?;
    match &args.command {
        Command::Create(Named { name, .. }) => create(&*store, name).await?,
        Command::List(_) => list(&*store).await?,
        Command::Revoke(Named { name, .. }) => revoke(&*store, name).await?,
    }
    Ok(ExitCode::SUCCESS)
}

fn lasting_store(config: &Config) -> anyhow::Result<Arc<dyn Store>> {
    if config.store.kind == StoreKind::Memory {
        bail!("store.kind is `memory`: such keys live in the running server alone, which prints one at its start");
    }
    open_store(config)
}

async fn create(store: &dyn Store, name: &str) -> anyhow::Result<()> {
    let now = Clock::system(store.latest_instant().await?).now();
    let made = new_key(name, now);
    let (key, secret) = made.context("a name has 1 to 64 letters, digits, `-`, `_` and `.`, for example `billing`")?;
    let added = store.add_api_key(&key, None, audited(name, now)).await?;
    if !matches!(added, Created::Added(_)) {
        bail!("there is a key `{name}` already; take another name, or revoke it first");
    }
    // The secret alone goes to standard output, so that a script can keep it.
    super::complain(format_args!("Keep it: it is shown only now."));
    writeln!(std::io::stdout(), "{secret}")?;
    Ok(())
}

async fn list(store: &dyn Store) -> anyhow::Result<()> {
    let keys = store.api_keys().await?;
    let width = keys.iter().map(|key| key.name.len()).max().unwrap_or(0);
    let mut out = std::io::stdout().lock();
    if keys.is_empty() {
        writeln!(
            out,
            "There is no key; the next start of the server makes one, and so does `nightlatch keys create`."
        )?;
    }
    for key in keys {
        writeln!(out, "{:width$}  since {}", key.name, rfc3339(key.created))?;
    }
    Ok(())
}

fn audited(name: &str, now: Instant) -> AuditEntry {
    AuditEntry {
        detail: Some(name.into()),
        ..AuditEntry::new(now, AuditKind::ApiKey, "cli")
    }
}

async fn revoke(store: &dyn Store, name: &str) -> anyhow::Result<()> {
    let now = Clock::system(store.latest_instant().await?).now();
    if !store.remove_api_key(name, audited(name, now)).await? {
        bail!("there is no key `{name}`; `nightlatch keys list` shows which there are");
    }
    writeln!(std::io::stdout(), "{name} is revoked.")?;
    Ok(())
}
