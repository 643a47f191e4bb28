//! `nightlatch policy apply`.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::cli::client::{Connection, query};
use crate::cli::table::Colour;

/// Put a policy in force, where the server owns it
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  nightlatch policy plan strict.toml              see first what it would do
  nightlatch policy apply strict.toml --reason \"audit of May\"

Shorter limits act on every session at once, longer ones at the next sign-in. FILE is a configuration, or a policy on its
own, in TOML or JSON. Whoever changes the policy meanwhile is not overwritten.")]
pub(crate) struct Args {
    /// The policy
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Why, for the history
    #[arg(long)]
    reason: Option<String>,
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
    let (_, tag) = args.connection.document("policy").await?;
    let plan = args.connection.post("policy/plan?ending=0", &candidate).await?;
    let path = format!("policy?{}", query(&[("reason", args.reason.as_deref())]));
    args.connection.put(&path, &candidate, &tag).await?;
    let state = args.connection.get("policy/state").await?;
    let mut out = std::io::stdout().lock();
    super::plan::write_plan(&mut out, &plan, args.colour)?;
    writeln!(out, "Revision {} is in force.", state["revision"])?;
    Ok(ExitCode::SUCCESS)
}
