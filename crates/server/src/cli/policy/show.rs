//! `nightlatch policy show`.

use std::io::Write as _;
use std::process::ExitCode;

use serde_json::Value;

use crate::cli::client::Connection;
use crate::cli::table::visible;

/// Show the policy in force
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Print the document as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

pub(super) async fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let document = args.connection.get("policy").await?;
    let mut out = std::io::stdout().lock();
    if args.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&document)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let state = args.connection.get("policy/state").await?;
    let text = |key: &str| visible(state[key].as_str().unwrap_or_default());
    writeln!(
        out,
        "# revision {} since {}, by {}",
        state["revision"],
        text("since"),
        text("actor")
    )?;
    match state["file"]["path"].as_str() {
        Some(file) => writeln!(out, "# owned by the file {}", visible(file))?,
        None => writeln!(out, "# owned by the server")?,
    }
    for problem in state["file"]["problems"].as_array().into_iter().flatten() {
        let told = visible(problem["message"].as_str().unwrap_or_default());
        writeln!(out, "# the file is not in force: line {}: {told}", problem["line"])?;
    }
    let table: toml::Table =
        serde_json::from_value(Value::Object([("policy".to_owned(), document)].into_iter().collect()))?;
    write!(out, "{}", toml::to_string(&table)?)?;
    Ok(ExitCode::SUCCESS)
}
