//! The command line.

pub(crate) mod audit;
mod backup;
mod capacity;
mod check;
mod client;
mod confirm;
mod database;
pub(crate) mod demo;
mod explain;
mod gateway;
pub(crate) mod keys;
mod line;
mod nodes;
mod policy;
mod postgres;
mod serve;
pub(crate) mod sessions;
mod simulate;
mod snippet;
mod store;
mod table;

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::{Config, ConfigError};

/// Bad input of the person who started the command (`EX_USAGE` of sysexits.h).
const USAGE: u8 = 64;
/// The data to work on is wrong (`EX_DATAERR`).
const DATA: u8 = 65;
/// The configuration is wrong (`EX_CONFIG`).
const CONFIGURATION: u8 = 78;

#[derive(Debug, Parser)]
#[command(name = "nightlatch", version, about = "Signs people out when they walk away", after_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "Examples:
  nightlatch demo                                 see it work, nothing to set up
  nightlatch check latch.toml                     find the mistakes in a configuration
  nightlatch serve --config latch.toml            run the server
  nightlatch explain latch.toml --role admin --path /billing
  nightlatch sessions list --subject ada";

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server
    Serve(serve::Args),
    /// See it work: a small bank, short limits, nothing left behind
    Demo(demo::Args),
    /// Find mistakes in a configuration
    Check(check::Args),
    /// Say which limits hold for somebody on a page, and why
    Explain(explain::Args),
    /// Run scenarios: a policy, a session and a timeline in, a trace out
    Simulate(simulate::Args),
    /// List and end sessions
    Sessions(sessions::Args),
    /// List the nodes that share the store
    Nodes(nodes::Args),
    /// Show what happened
    Audit(audit::Args),
    /// Make and revoke keys to the management API
    Keys(keys::Args),
    /// Work out what so many people ask of nodes and of PostgreSQL
    Capacity(capacity::Args),
    /// Copy the database of a server, running or not, into one file
    Backup(backup::Args),
    /// Look at what keeps the sessions, bring it up to date, move it
    Store(store::Args),
    /// Choose a policy by what it would do
    Policy(policy::Args),
    /// Print the configuration of a proxy, and try the one that runs
    Gateway(gateway::Args),
    /// Print the line that brings the warning into a page
    Snippet(snippet::Args),
}

pub(crate) fn run(cli: Cli) -> ExitCode {
    let outcome = match cli.command {
        Command::Simulate(args) => simulate::run(&args),
        Command::Snippet(args) => snippet::run(&args),
        Command::Backup(args) => backup::run(&args),
        Command::Capacity(args) => capacity::run(&args),
        command => block_on(command),
    };
    outcome.unwrap_or_else(|error| {
        complain(format_args!("error: {error:#}"));
        ExitCode::FAILURE
    })
}

fn block_on(command: Command) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match command {
            Command::Serve(args) => serve::run(args).await,
            Command::Explain(args) => explain::run(&args).await,
            Command::Demo(args) => demo::run(args).await,
            Command::Sessions(args) => sessions::run(args).await,
            Command::Nodes(args) => nodes::run(&args).await,
            Command::Audit(args) => audit::run(args).await,
            Command::Keys(args) => keys::run(args).await,
            Command::Policy(args) => policy::run(args).await,
            Command::Gateway(args) => gateway::run(args).await,
            Command::Check(args) => check::run(&args).await,
            Command::Store(args) => store::run(args).await,
            Command::Simulate(_) | Command::Snippet(_) | Command::Backup(_) | Command::Capacity(_) => {
                Ok(ExitCode::from(USAGE))
            }
        }
    })
}

/// Reads a configuration with the overrides of the environment; complains about each mistake.
pub(crate) fn read_config(path: &Path) -> Result<Config, ExitCode> {
    read_config_with(path, None)
}

/// The same with an option of the command line, which wins over the environment.
fn read_config_with(path: &Path, option: Option<(&str, &str)>) -> Result<Config, ExitCode> {
    warn_of_unread_variables();
    let option = option.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Config::read(path, environment().chain(option)).map_err(|errors| refuse(&errors))
}

fn warn_of_unread_variables() {
    let variables: Vec<_> = environment().map(|(name, _)| name).collect();
    for (name, meant) in Config::unread_variables(variables.iter().map(String::as_str)) {
        complain(format_args!(
            "warning: environment variable {name} sets nothing; write {meant}"
        ));
    }
}

/// The same where there may be no file: then every key has its default.
fn read_config_or_defaults(path: Option<&Path>) -> Result<Config, ExitCode> {
    match path {
        Some(path) => read_config(path),
        None => Config::parse("", "the defaults", environment()).map_err(|errors| refuse(&errors)),
    }
}

fn refuse(errors: &[ConfigError]) -> ExitCode {
    for error in errors {
        complain(format_args!("error: {error}"));
    }
    ExitCode::from(CONFIGURATION)
}

/// Variables that are not text cannot be ours.
#[expect(clippy::disallowed_methods, reason = "the one place where the environment enters")]
fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

/// Writes a line for people to standard error.
pub(crate) fn complain(line: std::fmt::Arguments<'_>) {
    // Where even standard error is closed there is nobody left to tell.
    let _ = writeln!(std::io::stderr(), "{line}");
}
