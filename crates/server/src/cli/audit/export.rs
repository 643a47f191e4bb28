//! `nightlatch audit export`.

use std::io::{IsTerminal as _, Write};
use std::process::ExitCode;

use super::page::{Which, page};
use crate::cli::client::Connection;

/// Write the whole audit as JSON lines
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  nightlatch audit export > audit.jsonl
  nightlatch audit export --after 120000 >> audit.jsonl
  nightlatch audit export | nightlatch policy replay - --idle 15m --idle 30m

One record a line, oldest first; --after goes on behind the last one of an earlier export.")]
pub(super) struct Args {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    connection: Connection,
}

pub(super) async fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let (mut after, mut written) = (Some(args.which.after), 0_usize);
    while let Some(from) = after {
        let (records, next) = page(&args.connection, &args.which, from, usize::MAX).await?;
        for record in &records {
            writeln!(out, "{record}")?;
        }
        written += records.len();
        if std::io::stderr().is_terminal() && !std::io::stdout().is_terminal() {
            crate::cli::complain(format_args!("{written} records"));
        }
        after = next;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}
