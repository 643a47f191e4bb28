//! `nightlatch policy restore`.

use std::process::ExitCode;

use serde_json::json;

use super::change::Change;

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
    #[command(flatten)]
    change: Change,
}

pub(super) async fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let Args { revision, change } = args;
    let connection = &change.connection;
    let kept = connection.get(&format!("policy/revisions/{revision}")).await?;
    if !change.is_wanted(&kept["policy"]).await? {
        return Ok(change.refused());
    }
    let path = format!("policy/revisions/{revision}/restore");
    connection.post(&path, &json!({ "reason": change.reason() })).await?;
    let state = connection.get("policy/state").await?;
    super::tell(&format!(
        "Revision {} is in force; its policy is that of revision {revision}.",
        state["revision"]
    ))
}
