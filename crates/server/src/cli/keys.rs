//! `nightlatch keys`: works on the store of a configuration, whether the server runs or not.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use nightlatch_engine::clock::Clock;
use nightlatch_store::{Created, Removed, Store};

use super::database::{NewDatabase, existing};
use crate::management::keys::{KeyName, beyond_applications, made, new_key, revoked};
use crate::management::name::Name;
use crate::management::rfc3339::rfc3339;
use crate::management::scope::{Scope, Scopes};

/// As the audit names whoever works here.
const ACTOR: &str = "cli";

/// Make and revoke keys to the management API
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  nightlatch keys create billing --config latch.toml
  nightlatch keys create wiki --application wiki --config latch.toml
  nightlatch keys create auditor --scope audit:read --scope policy:read --config latch.toml
  nightlatch keys list --config latch.toml
  nightlatch keys revoke billing --config latch.toml

The keys are in the database that store.path of the configuration names. A running server knows a new key at once and refuses
a revoked one within a second.")]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Make a key and print its secret, which is never shown again
    Create(New),
    /// List the keys by name, with their scopes
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
struct New {
    #[command(flatten)]
    named: Named,
    /// What it may do; may be given several times. Left out: what the back end of an application needs, sessions:read,
    /// sessions:create and sessions:end
    #[arg(long = "scope", value_name = "SCOPE", value_parser = scope())]
    scopes: Vec<Scope>,
    /// Let it do everything
    #[arg(long, conflicts_with_all = ["scopes", "applications"])]
    all_scopes: bool,
    /// Bind it to an application, whose sessions and audit are all that it reaches; may be given several times
    #[arg(long = "application", value_name = "NAME")]
    applications: Vec<Name>,
    #[command(flatten)]
    database: NewDatabase,
}

impl New {
    fn scopes(&self) -> Scopes {
        match (self.all_scopes, self.scopes.as_slice()) {
            (true, _) => Scopes::all(),
            (false, []) => Scopes::of_a_back_end(),
            (false, some) => some.iter().copied().collect(),
        }
    }

    fn applications(&self) -> Option<Vec<Box<str>>> {
        let bound = !self.applications.is_empty();
        bound.then(|| self.applications.iter().cloned().map(Name::into_inner).collect())
    }
}

fn scope() -> impl TypedValueParser<Value = Scope> {
    PossibleValuesParser::new(Scope::ALL.map(Scope::as_str)).try_map(|word| word.parse::<Scope>())
}

#[derive(Debug, clap::Args)]
struct Named {
    /// What the audit calls its holder: letters, digits, `-`, `_` and `.`
    name: KeyName,
    #[command(flatten)]
    of: Of,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let of = match &args.command {
        Command::Create(New { named, .. }) | Command::Revoke(named) => &named.of,
        Command::List(of) => of,
    };
    let config = match super::read_config(&of.config) {
        Ok(config) => config,
        Err(code) => return Ok(code),
    };
    let store = match &args.command {
        Command::Create(new) => new.database.open(&config, &of.config).await?,
        Command::List(_) | Command::Revoke(_) => {
            existing(&config, &of.config, "start the server once, which makes it").await?
        }
    };
    match &args.command {
        Command::Create(new) => {
            create(&*store, new).await?;
            super::complain(format_args!("It is a key of the servers on {}.", config.store.place()));
        }
        Command::List(_) => list(&*store).await?,
        Command::Revoke(Named { name, .. }) => revoke(&*store, name).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn create(store: &dyn Store, new: &New) -> anyhow::Result<()> {
    let (name, scopes, applications) = (&new.named.name, new.scopes(), new.applications());
    if applications.is_some()
        && let Some(beyond) = beyond_applications(&scopes)
    {
        bail!("{beyond}");
    }
    let bound = bound_to(applications.as_deref());
    let now = Clock::system(store.latest_instant().await?).now();
    let (key, secret) = new_key(name, &scopes, applications, now);
    let added = store.add_api_key(&key, None, made(&key, ACTOR)).await?;
    if !matches!(added, Created::Added(_)) {
        let name = name.as_str();
        bail!("there is a key `{name}` already; take another name, or revoke it first");
    }
    // The secret alone goes to standard output, so that a script can keep it.
    super::complain(format_args!(
        "Keep it: it is shown only now. It may do this: {scopes}{bound}"
    ));
    writeln!(std::io::stdout(), "{secret}")?;
    Ok(())
}

fn bound_to(applications: Option<&[Box<str>]>) -> String {
    applications.map_or_else(String::new, |applications| format!(" in {}", applications.join(", ")))
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
        let (since, scopes) = (rfc3339(key.created), Scopes::of_words(&key.scopes));
        let bound = bound_to(key.applications.as_deref());
        writeln!(out, "{:width$}  since {since}  {scopes}{bound}", key.name)?;
    }
    Ok(())
}

async fn revoke(store: &dyn Store, name: &KeyName) -> anyhow::Result<()> {
    let now = Clock::system(store.latest_instant().await?).now();
    let name = name.as_str();
    let removed = store.remove_api_key(name, &[], revoked(name, now, ACTOR)).await?;
    if removed == Removed::Missing {
        bail!("there is no key `{name}`; `nightlatch keys list` shows which there are");
    }
    writeln!(std::io::stdout(), "{name} is revoked.")?;
    Ok(())
}
