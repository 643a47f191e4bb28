//! `nightlatch check`.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

/// Find mistakes in a configuration
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  nightlatch check latch.toml\n\nExits with 0 when the file is valid and with 78 when it is not."
)]
pub(crate) struct Args {
    /// The configuration file
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let config = match super::read_config(&args.file) {
        Ok(config) => config,
        Err(code) => return Ok(code),
    };
    let policy = &config.policy;
    writeln!(
        std::io::stdout(),
        "{}: valid. Idle {}, absolute {}, warning {}; {} rules, {} gates, {} passive entries.",
        args.file.display(),
        policy.idle,
        policy.absolute,
        policy.warn_before,
        policy.rules.len(),
        policy.gates.len(),
        policy.passive.len(),
    )?;
    Ok(ExitCode::SUCCESS)
}
