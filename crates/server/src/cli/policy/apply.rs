//! `nightlatch policy apply`.

use std::path::PathBuf;
use std::process::ExitCode;

use super::change::{Change, Reason};
use crate::cli::client::{Connection, query};
use crate::cli::table::Colour;

/// Put a policy in force, where the server owns it
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  nightlatch policy apply strict.toml --dry-run   only say what it would do
  nightlatch policy apply strict.toml --reason \"audit of May\"
  nightlatch policy apply strict.toml --reason \"audit of May\" --yes

Shorter limits act on every session at once, longer ones at the next sign-in. Where sessions would end or lock at once you are
asked; a script says --yes. FILE is a configuration, or a policy on its own, in TOML or JSON. Whoever changes the policy
meanwhile is not overwritten.")]
pub(crate) struct Args {
    /// The policy
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Why, for the history
    #[arg(long, value_name = "TEXT", required_unless_present = "dry_run")]
    reason: Option<Reason>,
    /// Only say what it would do
    #[arg(long)]
    dry_run: bool,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    colour: Colour,
    #[command(flatten)]
    connection: Connection,
}

pub(super) async fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let candidate = match super::read(&args.file) {
        Ok(policy) => super::body(policy)?,
        Err(code) => return Ok(code),
    };
    let connection = &args.connection;
    // Before the plan: what is planned is what is put in force, or nothing is.
    let (_, tag) = connection.document("policy").await?;
    let change = Change {
        candidate: &candidate,
        dry_run: args.dry_run,
        yes: args.yes,
        colour: args.colour,
    };
    if !change.is_wanted(connection).await? {
        return Ok(change.refused());
    }
    let reason = args.reason.as_ref().map(Reason::as_str);
    let path = format!("policy?{}", query(&[("reason", reason)]));
    connection.put(&path, &candidate, &tag).await?;
    let state = connection.get("policy/state").await?;
    super::tell(&format!("Revision {} is in force.", state["revision"]))
}
