//! `nightlatch policy restore`.

use std::process::ExitCode;

use serde_json::json;

use super::change::{Change, Reason};
use crate::cli::client::Connection;
use crate::cli::table::Colour;

/// Bring an earlier policy back, where the server owns it
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  nightlatch policy restore 1 --dry-run           only say what it would do
  nightlatch policy restore 1 --reason \"too many people were interrupted\"

Where sessions would end or lock at once you are asked; a script says --yes.")]
pub(crate) struct Args {
    /// The number of the policy; `nightlatch policy history` shows them
    #[arg(value_name = "REVISION")]
    revision: u32,
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
    let connection = &args.connection;
    let kept = connection.get(&format!("policy/revisions/{}", args.revision)).await?;
    let change = Change {
        candidate: &kept["policy"],
        dry_run: args.dry_run,
        yes: args.yes,
        colour: args.colour,
    };
    if !change.is_wanted(connection).await? {
        return Ok(change.refused());
    }
    let path = format!("policy/revisions/{}/restore", args.revision);
    let reason = args.reason.as_ref().map(Reason::as_str);
    connection.post(&path, &json!({ "reason": reason })).await?;
    let state = connection.get("policy/state").await?;
    super::tell(&format!(
        "Revision {} is in force; its policy is that of revision {}.",
        state["revision"], args.revision
    ))
}
