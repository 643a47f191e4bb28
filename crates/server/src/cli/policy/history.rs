//! `nightlatch policy history`.

use std::io::Write;
use std::process::ExitCode;

use serde_json::Value;

use super::differences::write_differences;
use crate::cli::client::Connection;
use crate::cli::table::visible;

/// Show who changed the policy, when, why and what
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// At most so many revisions, the latest first
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=500))]
    limit: u16,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

pub(super) async fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let page = args
        .connection
        .get(&format!("policy/revisions?limit={}", args.limit))
        .await?;
    let mut out = std::io::stdout().lock();
    if args.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&page)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    for revision in page["revisions"].as_array().into_iter().flatten() {
        write_revision(&mut out, revision)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn write_revision(out: &mut impl Write, revision: &Value) -> std::io::Result<()> {
    let text = |key: &str| visible(revision[key].as_str().unwrap_or_default());
    write!(
        out,
        "revision {}  {}  {}",
        revision["revision"],
        text("since"),
        text("actor")
    )?;
    if let Some(restored) = revision["restored"].as_u64() {
        write!(out, "  restores {restored}")?;
    }
    writeln!(out)?;
    if let Some(reason) = revision["reason"].as_str() {
        writeln!(out, "  {}", visible(reason))?;
    }
    write_differences(out, &revision["differences"])?;
    writeln!(out)
}
