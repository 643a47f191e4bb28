//! `nightlatch policy apply`.

use std::path::PathBuf;
use std::process::ExitCode;

use super::change::Change;
use crate::cli::client::query;

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
    #[command(flatten)]
    change: Change,
}

pub(super) async fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let candidate = match super::read(&args.file) {
        Ok(policy) => super::body(policy)?,
        Err(code) => return Ok(code),
    };
    let Args { change, .. } = args;
    let connection = &change.connection;
    // Before the plan: what is planned is what is put in force, or nothing is.
    let (_, tag) = connection.document("policy").await?;
    if !change.is_wanted(&candidate).await? {
        return Ok(change.refused());
    }
    let path = format!("policy?{}", query(&[("reason", change.reason())]));
    connection.put(&path, &candidate, &tag).await?;
    let state = connection.get("policy/state").await?;
    super::tell(&format!("Revision {} is in force.", state["revision"]))
}
