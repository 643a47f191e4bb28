//! `nightlatch policy export`.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use nightlatch_core::policy::report;

/// Write a policy down for an auditor
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  nightlatch policy export latch.toml > policy.md
  nightlatch policy export latch.toml --json

Every value with where it comes from, the ceilings of the preset with standard and section, deviations with their reasons,
and the justification. FILE is a configuration, or a policy on its own, in TOML or JSON.")]
pub(crate) struct Args {
    /// The policy
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Print JSON in place of Markdown
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let policy = match super::read(&args.file) {
        Ok(policy) => policy,
        Err(code) => return Ok(code),
    };
    let report = report(&policy);
    let mut out = std::io::stdout().lock();
    if args.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&report)?)?;
    } else {
        write!(out, "{}", report.to_markdown())?;
    }
    Ok(ExitCode::SUCCESS)
}
