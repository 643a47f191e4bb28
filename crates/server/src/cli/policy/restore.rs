//! `nightlatch policy restore`.

use std::io::Write as _;
use std::process::ExitCode;

use serde_json::json;

use crate::cli::client::Connection;

/// Bring an earlier policy back, where the server owns it
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  nightlatch policy restore 3 --reason \"too many people were interrupted\"")]
pub(crate) struct Args {
    /// The number of the policy; `nightlatch policy history` shows them
    #[arg(value_name = "REVISION")]
    revision: u32,
    /// Why, for the history
    #[arg(long)]
    reason: Option<String>,
    #[command(flatten)]
    connection: Connection,
}

pub(super) async fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let path = format!("policy/revisions/{}/restore", args.revision);
    args.connection.post(&path, &json!({ "reason": args.reason })).await?;
    let state = args.connection.get("policy/state").await?;
    writeln!(
        std::io::stdout(),
        "Revision {} is in force; its policy is that of revision {}.",
        state["revision"],
        args.revision
    )?;
    Ok(ExitCode::SUCCESS)
}
