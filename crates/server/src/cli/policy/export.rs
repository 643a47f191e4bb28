//! `nightlatch policy export`.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use nightlatch_core::policy::{Issued, report};
use nightlatch_core::time::Instant;
use nightlatch_engine::clock::Clock;

use crate::cli::client::Connection;
use crate::management::rfc3339::rfc3339;

/// Write a policy down for an auditor
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  nightlatch policy export > policy.md                      the policy that the server has in force, with its revision
  nightlatch policy export latch.toml > policy.md           the policy of a file
  nightlatch policy export latch.toml --json

When it was written and of what, every value with where it comes from, the ceilings of the preset with standard and section,
deviations with their reasons, and the justification. FILE is a configuration, or a policy on its own, in TOML or JSON.")]
pub(crate) struct Args {
    /// The policy; left out: the one that the running server has in force
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Print JSON in place of Markdown
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

pub(super) async fn run(args: &Args) -> anyhow::Result<ExitCode> {
    match &args.file {
        Some(file) => of_file(file, args.json),
        None => in_force(args).await,
    }
}

fn of_file(file: &Path, json: bool) -> anyhow::Result<ExitCode> {
    let policy = match super::read(file) {
        Ok(policy) => policy,
        Err(code) => return Ok(code),
    };
    let issued = Issued {
        at: rfc3339(Clock::system(Instant::from_millis(0)).now()),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        file: Some(file.display().to_string()),
        revision: None,
    };
    let report = report(&policy, issued);
    let mut out = std::io::stdout().lock();
    if json {
        writeln!(out, "{}", serde_json::to_string_pretty(&report)?)?;
    } else {
        write!(out, "{}", report.to_markdown())?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn in_force(args: &Args) -> anyhow::Result<ExitCode> {
    let text = if args.json {
        serde_json::to_string_pretty(&args.connection.get("policy/report").await?)? + "\n"
    } else {
        args.connection.text("policy/report.md").await?
    };
    write!(std::io::stdout().lock(), "{text}")?;
    Ok(ExitCode::SUCCESS)
}
